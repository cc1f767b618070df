import type { DecisionEntry, LogRecord, OutcomeEntry } from '../record.ts'
import type { StoredLine } from '../reading/record-source.ts'

/** Whose log it is: name of the log, and version of sluice that hands it on. */
export type Sender = { readonly origin: string; readonly version: string }

/** Writes records in a form that another system reads: each as one or more lines of text without line breaks. */
export type Encoder = {
  /** What stands in front of the first record, such as the names of columns. */
  readonly heading: string | null
  readonly lines: (stored: StoredLine, sender: Sender) => readonly string[]
  /** A signed checkpoint as a line; absent from forms that do not keep what it signs. */
  readonly checkpoint?: (note: string) => string
}

/** Members that every record has, whatever its kind. */
export type AnyRecord = {
  readonly kind: string
  readonly time: string
  readonly sequence: number
} & Readonly<Record<string, unknown>>

/** What is to be told: a decision, how one ended (`about` null when its record is gone), or another event of the log. */
export type Telling =
  | { readonly kind: 'decision'; readonly record: LogRecord & DecisionEntry }
  | { readonly kind: 'outcome'; readonly record: LogRecord & OutcomeEntry; readonly about: DecisionEntry | null }
  | { readonly kind: 'other'; readonly record: AnyRecord; readonly about: DecisionEntry | null }

export const tellingOf = ({ body, about: aboutBody }: StoredLine): Telling => {
  const record = JSON.parse(body) as LogRecord
  const about = aboutBody === null ? null : (JSON.parse(aboutBody) as DecisionEntry)
  if (record.kind === 'decision') return { kind: 'decision', record }
  if (record.kind === 'outcome') return { kind: 'outcome', record, about }
  return { kind: 'other', record: record as unknown as AnyRecord, about }
}

/** Names a record among all logs: the same however often it is handed on, so that repeats can be dropped. */
export const uidOf = (sequence: number, { origin }: Sender): string => `${origin}#${sequence}`

export const hexOf = (leaf: Uint8Array): string => Buffer.from(leaf).toString('hex')

/** Host and port of `host:port`; brackets of an IPv6 address are taken off. */
export const endpointOf = (destination: string): { readonly host: string; readonly port: number } => {
  const colon = destination.lastIndexOf(':')
  return { host: destination.slice(0, colon).replaceAll(/^\[|\]$/g, ''), port: Number(destination.slice(colon + 1)) }
}

/** The members that have a value: schemas know absent ones, but no null. */
export const present = <T extends object>(members: T): { [K in keyof T]: NonNullable<T[K]> } =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== null && value !== undefined)) as {
    [K in keyof T]: NonNullable<T[K]>
  }

/** How many findings were left out of a record because a message would have been too long; null when none were. */
export const omittedFindings = (record: object): number | null =>
  'findingsOmitted' in record ? (record.findingsOmitted as number) : null
