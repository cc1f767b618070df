import { hash } from 'node:crypto'
import { openCheckpoint } from '../log/proofs/checkpoint.ts'
import { isCanonical } from '../log/verify/is-canonical.ts'
import { leafHashOfText } from '../log/proofs/merkle.ts'
import type { LogRecord } from '../log/record.ts'
import { appliancesOf, type FleetAppliance } from './appliances.ts'
import type { Finding } from './findings.ts'
import { FleetError } from './fleet-error.ts'
import { readLine, type Arrival } from './read-line.ts'
import type { FleetStore } from './store.ts'

/** What came of the lines of a delivery. */
export type Loaded = {
  /** Records that are new in the store, and those that it had already. */
  readonly records: number
  readonly repeated: number
  readonly checkpoints: number
  /** What could not be taken, and is kept as evidence. */
  readonly refused: number
  /** Names that nobody enrolled, of which nothing was taken. */
  readonly strangers: readonly string[]
}

export type LoadOptions = {
  /** Whose records they are where the lines do not say so. */
  readonly log?: string
  readonly onBatch?: (records: number) => void
}

type Refused = { readonly id: number; readonly what: Finding; readonly sequence: number | null; readonly text: string }
type Row = { readonly id: number; readonly sequence: number; readonly leaf: string; readonly body: string | null }

type Batch = {
  readonly rows: Row[]
  readonly notes: { readonly id: number; readonly size: number; readonly note: string }[]
  readonly refused: Refused[]
  readonly strangers: Map<string, number>
  octets: number
}

const emptyBatch = (): Batch => ({ rows: [], notes: [], refused: [], strangers: new Map(), octets: 0 })

/** Of one transaction. */
const MAX_ROWS = 4_000
const MAX_OCTETS = 8 * 1024 ** 2
/** Longest text that is kept of what could not be taken; a record has at most as many octets. */
const MAX_TEXT = 1024 ** 2
/** Longest checkpoint, and longest name of a log. */
const MAX_NOTE = 2_000
const MAX_NAME = 255

/**
 * Loads what appliances handed on, in any order and as often as anybody likes: what the store has already stays as it is. Hashes are
 * computed here from what arrived. What contradicts the store is not taken in its place, but kept beside it.
 * @throws FleetError (as a rejection) `ERR_FLEET_NAMELESS`, `ERR_FLEET_LINE`, `ERR_FLEET_UNREACHABLE`. What was loaded before stays.
 */
export const loadLines = async (
  store: FleetStore,
  lines: AsyncIterable<string> | Iterable<string>,
  { log: named, onBatch }: LoadOptions = {},
): Promise<Loaded> => {
  const appliances = new Map((await appliancesOf(store)).map(one => [one.verifier.name, one]))
  const total = { records: 0, repeated: 0, checkpoints: 0, refused: 0 }
  const strangers = new Set<string>()
  /** Checkpoints stand in front of what they sign, and count when that has been read. */
  const announced = new Map<number, Batch['notes'][number]>()
  let batch = emptyBatch()
  let current = named ?? null

  const keep = async (full: Batch): Promise<void> => {
    const { records, conflicts } = await store.transaction('write', () => storeBatch(store, full))
    total.records += records
    total.repeated += full.rows.filter(({ body }) => body !== null).length - records - conflicts
    total.checkpoints += full.notes.length
    total.refused += full.refused.length + conflicts
    for (const log of full.strangers.keys()) strangers.add(log)
    onBatch?.(full.rows.length)
  }

  /** While the database takes one batch, the next one is read. */
  let underway: Promise<void> = Promise.resolve()
  const flush = async (): Promise<void> => {
    await underway
    underway = keep(batch)
    // told of by whoever awaits it next
    underway.catch(() => undefined)
    batch = emptyBatch()
  }

  const take = (arrival: Arrival): void => {
    if (arrival.kind === 'checkpoint') current = arrival.log
    const log = arrival.log ?? current
    if (log === null) throw namelessOrForeign(arrival)
    const appliance = appliances.get(log)
    if (appliance === undefined) {
      const name = log.slice(0, MAX_NAME)
      batch.strangers.set(name, (batch.strangers.get(name) ?? 0) + 1)
    } else if (arrival.kind === 'checkpoint') takeNote(appliance, arrival.note, batch, announced)
    else if (arrival.kind === 'record') takeRecord(appliance, arrival.body, batch)
    else refuse(batch, appliance, arrival.kind === 'cut' ? 'record-cut' : 'record-malformed', null, arrival.text)
  }

  for await (const line of lines) {
    for (const arrival of readLine(line)) take(arrival)
    batch.octets += line.length
    if (batch.rows.length >= MAX_ROWS || batch.octets >= MAX_OCTETS) await flush()
  }
  batch.notes.push(...announced.values())
  await flush()
  await underway
  return { ...total, strangers: [...strangers].sort() }
}

const namelessOrForeign = (arrival: Arrival): FleetError =>
  arrival.kind === 'record' && recordIn(arrival.body) !== null
    ? new FleetError('ERR_FLEET_NAMELESS', 'the lines do not say which log they are from')
    : new FleetError('ERR_FLEET_LINE', 'a line is no record of sluice, and no delivery of one')

const refuse = (batch: Batch, { id }: FleetAppliance, what: Finding, sequence: number | null, text: string): number =>
  batch.refused.push({ id, what, sequence, text: harmlessText(text).slice(0, MAX_TEXT) })

/** PostgreSQL has no text with a zero octet in it. */
const harmlessText = (text: string): string => text.toWellFormed().replaceAll('\0', '\u{FFFD}')

const takeNote = (
  appliance: FleetAppliance,
  note: string,
  batch: Batch,
  announced: Map<number, Batch['notes'][number]>,
): void => {
  const opened = openCheckpoint(note, appliance.verifier)
  if (opened.kind !== 'verified' || note.length > MAX_NOTE)
    return void refuse(batch, appliance, 'checkpoint-forged', null, note.slice(0, MAX_NOTE))
  const { id } = appliance
  const before = announced.get(id)
  if (before) batch.notes.push(before)
  announced.set(id, { id, size: opened.checkpoint.size, note })
}

const takeRecord = (appliance: FleetAppliance, body: string, batch: Batch): void => {
  const record = recordIn(body)
  if (record === null) return void refuse(batch, appliance, 'record-malformed', null, body)
  const { id } = appliance
  batch.rows.push({ id, sequence: record.sequence, leaf: leafHashOfText(body), body })
  // Of a record that was redacted before it was handed on only the hash is left, and that stands in the redaction.
  if (record.kind === 'redact' && Number.isSafeInteger(record.target) && /^[0-9a-f]{64}$/.test(record.leaf))
    batch.rows.push({ id, sequence: record.target, leaf: record.leaf, body: null })
}

/** A text that can be the record of a log, byte for byte: whether it is the one that was signed is for `verifyFleet` to say. */
const recordIn = (body: string): LogRecord | null => {
  // PostgreSQL cannot read this escape, and no record has it
  if (body.length > MAX_TEXT || body.includes(String.raw`\u0000`) || !body.isWellFormed()) return null
  try {
    const value: unknown = JSON.parse(body)
    const isRecord =
      typeof value === 'object' &&
      value !== null &&
      'v' in value &&
      value.v === 1 &&
      'sequence' in value &&
      Number.isSafeInteger(value.sequence) &&
      (value.sequence as number) >= 0 &&
      hasColumns(value) &&
      isShallow(value, MAX_DEPTH) &&
      isCanonical(value, body)
    return isRecord ? (value as unknown as LogRecord) : null
  } catch {
    return null
  }
}

/** What the database reads from a record has to be what its columns can hold. Kinds that this version does not know are welcome. */
const hasColumns = (value: object): boolean => {
  const { kind, time, id, decision } = value as Readonly<Record<string, unknown>>
  const named = kind === 'decision' ? id : decision
  const isTime =
    typeof time === 'string' && /^\d{4}-\d\d-\d\dT[\d:.]{12}Z$/.test(time) && !Number.isNaN(Date.parse(time))
  return typeof kind === 'string' && isTime && (named === undefined || (typeof named === 'string' && uuid.test(named)))
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** Deeper than any record is. */
const MAX_DEPTH = 16

const isShallow = (value: unknown, depth: number): boolean =>
  typeof value !== 'object' ||
  value === null ||
  (depth > 0 && Object.values(value).every(member => isShallow(member, depth - 1)))

type Stored = { readonly records: number; readonly conflicts: number }

const storeBatch = async (store: FleetStore, { rows, notes, refused, strangers }: Batch): Promise<Stored> => {
  const whole = rows.filter(({ body }) => body !== null)
  const records = await insertRecords(store, whole)
  const conflicts = records < whole.length ? await keepConflicts(store, whole) : 0
  const emptied = rows.filter(({ body }) => body === null)
  if (emptied.length > 0) await insertRecords(store, emptied)
  if (notes.length > 0)
    await store.change(
      `INSERT INTO sluice.checkpoint (appliance, size, note)
       SELECT * FROM unnest($1::int[], $2::bigint[], $3::text[]) ON CONFLICT DO NOTHING`,
      [notes.map(({ id }) => id), notes.map(({ size }) => size), notes.map(({ note }) => note)],
    )
  for (const one of refused) await keepRefused(store, one)
  for (const [log, count] of strangers)
    await store.change(
      `INSERT INTO sluice.stranger AS s (log, lines) VALUES ($1, $2)
       ON CONFLICT (log) DO UPDATE SET lines = s.lines + excluded.lines, last = now()`,
      [harmlessText(log), count],
    )
  return { records, conflicts }
}

const insertRecords = async (store: FleetStore, rows: readonly Row[]): Promise<number> =>
  rows.length === 0
    ? 0
    : store.change(
        `INSERT INTO sluice.record (appliance, sequence, leaf, body)
         SELECT appliance, sequence, leaf, nullif(body, '') FROM ${arrived} ON CONFLICT DO NOTHING`,
        columnsOf(rows),
      )

/** Rows as the database takes them fastest: a column is one text. No record has a line break in it. */
const columnsOf = (rows: readonly Row[]): readonly string[] => [
  rows.map(({ id }) => id).join(' '),
  rows.map(({ sequence }) => sequence).join(' '),
  rows.map(({ leaf }) => leaf).join(' '),
  rows.map(({ body }) => body ?? '').join('\n'),
]

const arrived = `(
  SELECT appliance, sequence, decode(leaf, 'hex') AS leaf, body
  FROM unnest(string_to_array($1, ' ')::int[], string_to_array($2, ' ')::bigint[], string_to_array($3, ' '),
              string_to_array($4, E'\\n')) AS n (appliance, sequence, leaf, body)) n`

/** Whatever was not new has to be what the store has. `OFFSET 0` keeps the planner from reading the whole table for a batch. */
const keepConflicts = (store: FleetStore, rows: readonly Row[]): Promise<number> =>
  store.change(
    `INSERT INTO sluice.refused (appliance, what, sequence, digest, text)
     SELECT n.appliance, 'record-conflict', n.sequence, n.leaf, n.body
     FROM ${arrived}
     CROSS JOIN LATERAL (
       SELECT r.leaf FROM sluice.record r WHERE r.appliance = n.appliance AND r.sequence = n.sequence OFFSET 0) r
     WHERE r.leaf <> n.leaf ON CONFLICT DO NOTHING`,
    columnsOf(rows),
  )

const keepRefused = (store: FleetStore, { id, what, sequence, text }: Refused): Promise<number> =>
  store.change(
    `INSERT INTO sluice.refused (appliance, what, sequence, digest, text) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT DO NOTHING`,
    [id, what, sequence, hash('sha256', text, 'buffer'), text],
  )
