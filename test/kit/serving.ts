import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const main = join(import.meta.dirname, '..', '..', 'cli', 'main.ts')

/** A running `sluice serve` with everything that it has printed so far. */
export type Serving = {
  readonly output: () => string
  /** Sends a signal and waits for the end. */
  readonly stop: (signal?: NodeJS.Signals) => Promise<number | null>
}

/** Starts the appliance as a process and waits until it has said a line that matches. */
export const serving = (
  args: readonly string[],
  until: RegExp,
  cwd?: string,
): Promise<Serving & { readonly line: string }> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [main, 'serve', ...args], { stdio: ['ignore', 'pipe', 'pipe'], cwd })
    const exit = new Promise<number | null>(done => child.once('close', code => done(code)))
    let output = ''
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
    createInterface({ input: child.stdout }).on('line', line => {
      output += `${line}\n`
      if (!until.test(line)) return
      resolve({
        line,
        output: () => output,
        stop: (signal = 'SIGINT') => {
          child.kill(signal)
          return exit
        },
      })
    })
    void exit.then(code => reject(new Error(`sluice serve ended with ${code}: ${output}`)))
  })
