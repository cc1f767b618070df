import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Finished } from './sluice.ts'

type Test = { readonly teardown: (done: () => Promise<unknown> | void) => void }

/**
 * The command line in one process of its own for a whole test, one command after the other: a start costs more than most commands. What
 * ends a process, or asks on a terminal, is for `sluice.ts` and `terminal.ts`.
 * @param options - `cwd`: where the process runs; `env`: what it has in its environment besides
 */
export const startCommands = (
  t: Test,
  { cwd, env = {} }: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv } = {},
): ((args: readonly string[]) => Promise<Omit<Finished, 'bytes'>>) => {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'command-runner.ts')], {
    stdio: ['pipe', 'pipe', 'inherit'],
    cwd,
    env: { ...process.env, ...env },
  })
  const ended = once(child, 'close')
  t.teardown(async () => {
    child.stdin.end()
    await ended
  })
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return async args => {
    child.stdin.write(`${JSON.stringify(args)}\n`)
    const { value } = await answers.next()
    return JSON.parse(value as string) as Omit<Finished, 'bytes'>
  }
}
