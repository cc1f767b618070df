import { emitKeypressEvents, type Key } from 'node:readline'
import { createInterface } from 'node:readline/promises'
import { exitCodes } from '../exit-codes.ts'
import { Failure } from '../failure.ts'
import { interruption } from './interruption.ts'

/** The keyboard of a terminal, one key at a time. Everything on it rejects with an interruption once Ctrl-C was pressed. */
export type Keyboard = {
  /** Name of the next key: a character, or such as `return`, `space`, `down`. What is typed while nobody waits counts for nothing. */
  readonly key: () => Promise<string>
  /** A line of text. */
  readonly line: (question: string) => Promise<string>
  /** Lets something else ask on the terminal. */
  readonly lend: <Result>(ask: () => Promise<Result>) => Promise<Result>
  /** Throws once Ctrl-C was pressed: for what is begun without a key. */
  readonly requireOn: () => void
  readonly close: () => void
}

/** @throws Failure `usage` where there is no terminal: nobody would be there to answer */
export const openKeyboard = (whatFor: string, instead: string): Keyboard => {
  const { stdin, stdout } = process
  if (!stdin.isTTY || !stdout.isTTY) throw new Failure(`${whatFor} needs a terminal`, instead, exitCodes.usage)
  const stopped = interruption()
  let isOver = false
  let waiting: PromiseWithResolvers<string> | null = null

  const stop = (): void => {
    isOver = true
    waiting?.reject(interrupted())
    waiting = null
  }
  const take = (_text: string | undefined, key: Key): void => {
    if (key.ctrl === true && key.name === 'c') return stop()
    waiting?.resolve(nameOf(key))
    waiting = null
  }
  const listen = (): void => {
    stdin.setRawMode(true)
    stdin.on('keypress', take).resume()
  }
  const rest = (): void => {
    stdin.off('keypress', take).pause()
    stdin.setRawMode(false)
  }

  emitKeypressEvents(stdin)
  stopped.addEventListener('abort', stop)
  stdin.once('end', stop)
  listen()

  const requireOn = (): void => {
    if (isOver) throw interrupted()
  }
  const lend: Keyboard['lend'] = async ask => {
    requireOn()
    rest()
    try {
      return await ask()
    } finally {
      listen()
    }
  }
  return {
    key: async () => {
      requireOn()
      waiting = Promise.withResolvers()
      return waiting.promise
    },
    line: question => lend(() => askLine(question, stopped)),
    lend,
    requireOn,
    close: () => {
      stopped.removeEventListener('abort', stop)
      stdin.off('end', stop)
      rest()
    },
  }
}

const nameOf = ({ ctrl, name, sequence = '' }: Key): string => {
  if (ctrl === true) return `ctrl-${name ?? ''}`
  return /^[\x21-\x7e]$/.test(sequence) ? sequence : (name ?? sequence)
}

const interrupted = (): Failure =>
  new Failure(
    'interrupted',
    'what was recorded before stays as it is, and nothing else was done',
    exitCodes.interrupted,
  )

const askLine = async (question: string, signal: AbortSignal): Promise<string> => {
  const lines = createInterface({ input: process.stdin, output: process.stdout, historySize: 0 })
  const left = Promise.withResolvers<string>()
  lines.once('SIGINT', () => left.reject(interrupted()))
  signal.addEventListener('abort', () => left.reject(interrupted()))
  // Ctrl-D: nothing is said.
  lines.once('close', () => left.resolve(''))
  try {
    return await Promise.race([lines.question(question), left.promise])
  } finally {
    lines.close()
  }
}
