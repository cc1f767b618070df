import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { byHand } from './by-hand.ts'

const main = join(import.meta.dirname, '..', '..', 'cli', 'main.ts')

export type Finished = {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
  readonly bytes: Buffer
}

/** Runs the command line in a process of its own, to its end. */
export const sluice = (args: readonly string[], input = '', env: NodeJS.ProcessEnv = {}): Promise<Finished> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [main, ...args], { env: { ...byHand, ...env } })
    const stdout: Buffer[] = []
    const stderr: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk))
    child.once('error', reject)
    child.once('close', code =>
      resolve({
        code,
        bytes: Buffer.concat(stdout),
        stdout: Buffer.concat(stdout).toString(),
        stderr: Buffer.concat(stderr).toString(),
      }),
    )
    child.stdin.on('error', () => undefined).end(input)
  })
