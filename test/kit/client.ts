import { spawn } from 'node:child_process'
import type { Reachable } from './appliance.ts'

/** The three ways to the appliance. */
export type Way = 'connect' | 'gateway' | 'redirect'

export type Job = {
  readonly way: Way
  readonly method: string
  readonly path: string
  readonly fields: Readonly<Record<string, string>>
  /** Null for a request without content. */
  readonly body: string | null
}

export type Reply = { readonly status: number; readonly body: string }

/** A client that the project did not write, in a process of its own. Jobs are done one after the other. */
export type Client = {
  readonly name: string
  /** Arguments that make the program show its version, which says whether the machine has it. */
  readonly probe: readonly [program: string, ...args: string[]]
  readonly send: (appliance: Reachable, vendorPort: number, jobs: readonly Job[]) => Promise<readonly Reply[]>
}

/** Runs a program to its end; `code` null when there is no such program. */
export const run = (
  program: string,
  args: readonly string[],
  input: string,
  env: NodeJS.ProcessEnv = {},
): Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }> =>
  new Promise(resolve => {
    const child = spawn(program, args, { env: { ...process.env, ...env } })
    const stdout: Buffer[] = []
    const stderr: Buffer[] = []
    const text = (chunks: readonly Buffer[]): string => Buffer.concat(chunks).toString()
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk))
    child.once('error', () => resolve({ code: null, stdout: '', stderr: '' }))
    child.once('close', code => resolve({ code, stdout: text(stdout), stderr: text(stderr) }))
    child.stdin.on('error', () => undefined).end(input)
  })

export const isPresent = async ({ probe: [program, ...args] }: Client): Promise<boolean> =>
  (await run(program, args, '')).code === 0

/** Runs a program that prints one reply a line, as a status code, a tab and the body in base64. */
export const replies = async (
  program: string,
  args: readonly string[],
  input: string,
  env: NodeJS.ProcessEnv = {},
): Promise<readonly Reply[]> => {
  const { code, stdout, stderr } = await run(program, args, input, env)
  if (code !== 0) throw new Error(`${program} ended with ${code}: ${stderr}`)
  return stdout
    .trimEnd()
    .split('\n')
    .map(line => {
      const [status, body = ''] = line.split('\t')
      return { status: Number(status), body: Buffer.from(body, 'base64').toString() }
    })
}
