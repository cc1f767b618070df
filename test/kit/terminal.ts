import { execFile, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { promisify } from 'node:util'
import { byHand } from './by-hand.ts'

const run = promisify(execFile)
const main = join(import.meta.dirname, '..', '..', 'cli', 'main.ts')

export const hasTmux = spawnSync('tmux', ['-V']).status === 0

/** Milliseconds, so that a test that waits in vain can say for what. */
const PATIENCE = 25_000

/** A command that runs on a real terminal, in front of which a test sits. */
export type Terminal = {
  /** What is on the screen once it matches. @throws what is there instead, when the command has ended or nothing comes any more */
  readonly sees: (pattern: RegExp) => Promise<string>
  /** Presses keys, by their names in tmux. */
  readonly press: (...keys: readonly string[]) => Promise<void>
  readonly type: (text: string) => Promise<void>
  readonly resize: (columns: number, rows: number) => Promise<void>
  /** Exit code of the command, once it has ended. */
  readonly ended: () => Promise<number>
  /** All octets that were written to the terminal so far. */
  readonly written: () => string
  /** What a program can set with an escape sequence. */
  readonly title: () => Promise<string>
}

type Test = { readonly teardown: (done: () => Promise<unknown> | void) => void }

type Setting = {
  readonly columns?: number
  readonly rows?: number
  readonly env?: Readonly<Record<string, string>>
  /** What is on the screen already when the command starts. */
  readonly before?: string
}

/** Starts the command line on a terminal of its own. */
export const startTerminal = async (
  t: Test,
  args: readonly string[],
  { columns = 80, rows = 24, env = {}, before = '' }: Setting = {},
): Promise<Terminal> => {
  const folder = mkdtempSync(join(tmpdir(), 'tmux-'))
  const copy = join(folder, 'written')
  const tmux = async (...words: readonly string[]): Promise<string> =>
    (await run('tmux', ['-u', '-f', '/dev/null', '-S', join(folder, 'socket'), ...words], { env: byHand })).stdout
  t.teardown(async () => {
    await tmux('kill-server').catch(() => undefined)
    rmSync(folder, { recursive: true, force: true })
  })
  const variables = Object.entries({ LC_ALL: 'C.UTF-8', ...env }).flatMap(([name, value]) => ['-e', `${name}=${value}`])
  const size = ['-x', String(columns), '-y', String(rows)]
  // Its exit code comes by a file: tmux at times never learns it.
  const ending = join(folder, 'code')
  const script = `trap : INT; read go; echo '${before}'; "$0" "$@"; echo $? > '${ending}.new'; mv '${ending}.new' '${ending}'`
  const command = ['sh', '-c', script, process.execPath, main, ...args]
  await tmux('new-session', '-d', ...size, ...variables, ...command, ';', 'set', '-g', 'remain-on-exit', 'on')
  await tmux('pipe-pane', '-o', `cat > '${copy}'`)
  await tmux('send-keys', 'Enter')
  const screen = (): Promise<string> => tmux('capture-pane', '-p')
  const ask = async (format: string): Promise<string> => (await tmux('display-message', '-p', format)).trim()
  return {
    sees: async pattern => {
      for (const end = Date.now() + PATIENCE; ;) {
        const wasDead = await ask('#{pane_dead}')
        const seen = await screen()
        if (pattern.test(seen)) return seen
        if (wasDead === '1' || Date.now() > end) throw new Error(`the terminal does not show ${pattern}, but:\n${seen}`)
        await setTimeout(40)
      }
    },
    press: async (...keys) => void (await tmux('send-keys', ...keys)),
    type: async text => void (await tmux('send-keys', '-l', text)),
    resize: async (width, height) => void (await tmux('resize-window', '-x', String(width), '-y', String(height))),
    ended: async () => {
      while (!existsSync(ending)) await setTimeout(40)
      return Number(readFileSync(ending, 'utf8'))
    },
    written: () => readFileSync(copy, 'utf8'),
    title: () => ask('#{pane_title}'),
  }
}
