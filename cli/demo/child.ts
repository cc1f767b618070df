import { spawn, type ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const main = join(import.meta.dirname, '..', 'main.ts')

/** A process that reports by lines of JSON. */
export class Child {
  readonly #process: ChildProcess
  readonly #exit: Promise<number | null>
  readonly #lines: object[] = []
  #wake: (() => void) | null = null

  constructor(script: string, args: readonly string[]) {
    this.#process = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
    this.#exit = new Promise(resolve => this.#process.once('exit', code => resolve(code)))
    void this.#exit.then(() => this.#wake?.())
    createInterface({ input: this.#process.stdout! }).on('line', text => {
      this.#lines.push(JSON.parse(text) as object)
      this.#wake?.()
    })
  }

  /** Everything that it has reported so far of one kind. */
  reported<Line>(kind: string): readonly Line[] {
    return this.#lines.filter(line => (line as { kind?: string }).kind === kind) as Line[]
  }

  /** Waits for the first report of a kind. @throws Error when the process ends without it */
  async wait<Line>(kind: string): Promise<Line> {
    for (;;) {
      const [line] = this.reported<Line>(kind)
      if (line) return line
      if (this.#process.exitCode !== null) throw new Error(`a process of the demo ended with ${this.#process.exitCode}`)
      await new Promise<void>(resolve => (this.#wake = resolve))
    }
  }

  /** Asks it to end, and gives its exit code; null when it had to be killed. */
  stop(): Promise<number | null> {
    this.#process.kill('SIGTERM')
    return this.#exit
  }
}

/** A sluice process that goes on. */
export const startSluice = (args: readonly string[]): Child => new Child(main, args)

type Result = { readonly status: number | null; readonly stdout: string }

const finish = (child: ChildProcess): Promise<Result> =>
  new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk))
    child.once('error', reject)
    child.once('close', status => resolve({ status, stdout: Buffer.concat(chunks).toString() }))
  })

/** Runs a sluice command to its end; what it prints is shown, as its user would see it. */
export const showSluice = async (args: readonly string[]): Promise<number | null> => {
  const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'inherit', 'inherit'] })
  return (await finish(child)).status
}

/** Runs a script to its end. */
export const run = (script: string, args: readonly string[], input = ''): Promise<Result> => {
  const child = spawn(process.execPath, [script, ...args], { stdio: ['pipe', 'pipe', 'inherit'] })
  child.stdin.end(input)
  return finish(child)
}

/** Runs a sluice command to its end, for what it prints. */
export const runSluice = (args: readonly string[]): Promise<Result> => run(main, args)
