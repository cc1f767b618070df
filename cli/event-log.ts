import { setTimeout } from 'node:timers/promises'
import { stripVTControlCharacters, styleText } from 'node:util'
import { destination as openDestination, pino, type DestinationStream } from 'pino'
import type { Notice } from '../proxy/watch/notice.ts'
import type { RequestNotice } from '../proxy/watch/request-notice.ts'
import { logLevels, type LogFormat, type LogLevel } from './log-level.ts'

/** What the serving process says of itself: notices, and what its command line adds. */
export type ServeEvent =
  | Notice
  | {
      readonly kind: 'ready'
      readonly address: string
      readonly port: number
      readonly connections: number
      readonly data: string
      readonly policy: { readonly number: number; readonly digest: string; readonly file: string }
    }
  | { readonly kind: 'stopped' }
  /** So many lines before this one are missing, because nobody took them in time. */
  | { readonly kind: 'lines-lost'; readonly lines: number }

export type EventLog = {
  readonly tell: (event: ServeEvent) => void
  /** A text for people, which is part of no event. */
  readonly write: (text: string) => void
  /** How many lines nobody has taken. */
  readonly lost: () => number
  /** Gives whoever reads a moment to take what is left. */
  readonly close: () => Promise<void>
}

const requestLevels = {
  forwarded: 'debug',
  spooled: 'debug',
  spliced: 'info',
  blocked: 'warn',
  failed: 'warn',
  overtaken: 'warn',
  unrecorded: 'error',
} satisfies Record<RequestNotice['verdict'], LogLevel>

const levels = {
  ready: 'info',
  stopped: 'info',
  anchor: 'info',
  'segment-sealed': 'info',
  'policy-activated': 'info',
  'log-recovered': 'info',
  'handshake-failed': 'warn',
  drip: 'warn',
  delivery: 'warn',
  'delivery-ended': 'warn',
  bundle: 'warn',
  'held-swept': 'warn',
  'lines-lost': 'warn',
  'anchor-failed': 'error',
  'anchor-unread': 'error',
  'metrics-failed': 'error',
  'segment-failed': 'error',
  'log-failed': 'error',
  'decision-failed': 'error',
} satisfies Record<Exclude<ServeEvent['kind'], 'request' | 'disk'>, LogLevel>

const diskLevels = { enough: 'info', low: 'warn', refusing: 'error' } as const

const levelOf = (event: ServeEvent): LogLevel => {
  if (event.kind === 'request') return requestLevels[event.verdict]
  if (event.kind === 'disk') return diskLevels[event.state]
  return levels[event.kind]
}

/** Characters that may wait for a slow reader; then lines about requests are left out, and with twice as many any line. */
const MAX_WAITING = 1024 * 1024
/** How often, and how many milliseconds apart, it is looked whether a reader has taken what was left at the end. */
const LAST_LOOKS = 50
const LOOK_MS = 20

/**
 * Writes events to a descriptor: lines of JSON, or of text for a terminal. It never waits for whoever reads: what is not taken is left out
 * and counted, because neither a full pipe nor one that nobody holds any more may stop the way of requests.
 * @param descriptor - 1 is standard output
 */
export const openEventLog = (format: LogFormat, level: LogLevel, descriptor = 1): EventLog => {
  let lost = 0
  let untold = 0
  let waiting = 0
  const lose = (): void => {
    lost++
    untold++
  }
  let isClosed = false
  const out = openDestination({
    dest: descriptor,
    sync: false,
    maxLength: 2 * MAX_WAITING,
    retryEAGAIN: () => !isClosed,
  })
  const write = (text: string): void => {
    waiting += Buffer.byteLength(text)
    out.write(text)
  }
  out.on('drop', (text: string) => {
    waiting -= Buffer.byteLength(text)
    lose()
  })
  out.on('write', (bytes: number) => (waiting -= bytes))
  // Nobody holds the other end any more, or its disk is full: what was to be written stays, and is too much at some time.
  out.on('error', () => undefined)
  const enter = format === 'json' ? jsonLines({ write }, level) : textLines(write, level)
  return {
    write,
    tell: event => {
      if (event.kind === 'request' && waiting > MAX_WAITING) return lose()
      if (untold > 0 && waiting < MAX_WAITING) {
        enter({ kind: 'lines-lost', lines: untold })
        untold = 0
      }
      enter(event)
    },
    lost: () => lost,
    close: async () => {
      const isTaken = (): boolean => waiting === 0
      for (let looks = 0; looks < LAST_LOOKS && !isTaken(); looks++) await setTimeout(LOOK_MS)
      isClosed = true
      out.destroy()
    },
  }
}

type Enter = (event: ServeEvent) => void

const jsonLines = (out: DestinationStream, level: LogLevel): Enter => {
  const logger = pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: label => ({ level: label }) },
    },
    out,
  )
  return event => logger[levelOf(event)](event)
}

const colours = { debug: 'grey', info: 'green', warn: 'yellow', error: 'red' } as const

const textLines =
  (write: (text: string) => void, least: LogLevel): Enter =>
  event => {
    const level = levelOf(event)
    if (logLevels.indexOf(level) < logLevels.indexOf(least)) return
    // a checkpoint has several lines, and is for whoever keeps the lines of JSON
    const { kind, ...members } = { ...event, checkpoint: null }
    // styleText leaves colours out where there is no terminal, and with NO_COLOR
    const label = styleText(colours[level], level.padEnd(5), { stream: process.stdout })
    const said = Object.entries(members).flatMap(([name, value]) => (isTold(value) ? [`${name}=${spell(value)}`] : []))
    write(`${[new Date().toISOString(), label, kind, ...said].join(' ')}\n`)
  }

const isTold = (value: unknown): boolean => value !== null && value !== undefined

const spell = (value: unknown): string => {
  if (typeof value === 'number') return String(Math.round(value * 1_000) / 1_000)
  const text = typeof value === 'string' ? stripVTControlCharacters(value) : JSON.stringify(value)
  return /^[\w.:/+=@%-]+$/.test(text) ? text : JSON.stringify(text)
}
