import type { Database, Statement } from 'better-sqlite3'
import type { DeliveryPromise } from '../../rules/delivery.ts'
import type { Tampering } from './evidence.ts'
import { examineRows, recordExaminer } from './examine-rows.ts'
import type { ChunkResult, ChunkTask, Row } from './examine-rows.ts'
import { leafHash, leafHashOfText } from '../proofs/merkle.ts'
import type { LogRecord, RedactEntry, ReviewEntry, SpoolEntry } from '../record.ts'
import { isReviewEvent, stateAfter } from '../review/states.ts'
import { sealDigest } from '../held/seal.ts'
import { segmentsOf } from '../segments/segments.ts'
import { isKept, isSpoolEvent, spoolStateAfter } from '../spool/states.ts'
import { signatureCheck } from './verify-signatures.ts'

const PAGE = 1_024
/** The ids of as many recent decisions, and up to as many again, are kept at hand; older ones are looked up. */
const RECENT = 32_768

/** Looks at one piece after the other; pieces have to come in ascending order. */
export const chunkExaminer = (database: Database): ((task: ChunkTask) => ChunkResult) => {
  const statements = new Map<string, readonly [rows: Statement, leaves: Statement]>()
  const statementsOf = (schema: string): readonly [rows: Statement, leaves: Statement] => {
    const known = statements.get(schema) ?? [rowsIn(database, schema, 'body'), rowsIn(database, schema, 'NULL')]
    statements.set(schema, known)
    return known
  }
  const examine = recordExaminer({
    leafOf: leafHashes(database),
    redactionOf: redactions(database),
    namesDecision: decisionsBefore(database),
    payloadFault: payloadCheck(database),
    isSignedRightly: signatureCheck(database),
  })

  const rowsOf = function* ({ schema, from, to, read }: ChunkTask): Generator<readonly Row[]> {
    const [readRows, readLeaves] = statementsOf(schema)
    for (const [statement, start, end] of [
      [readLeaves, from, Math.min(to, read.from)],
      [readRows, Math.max(from, read.from), Math.min(to, read.to)],
      [readLeaves, Math.max(from, read.to), to],
    ] as const) {
      for (let next = start; next < end;) {
        const rows = pageOf(statement, next, end)
        if (rows === null) return yield* oneByOne(statement, next, end)
        yield rows
        next = rows.length < PAGE ? end : rows.at(-1)![0] + 1
      }
    }
  }

  return task => examineRows(task, rowsOf(task), examine)
}

const rowsIn = (database: Database, schema: string, body: string): Statement =>
  database
    .prepare(
      `SELECT sequence, ${body}, lower(hex(leaf)) FROM ${schema}.record
       WHERE sequence >= ? AND sequence < ? ORDER BY sequence LIMIT ${PAGE}`,
    )
    .raw()

const pageOf = (statement: Statement, from: number, to: number): readonly Row[] | null => {
  try {
    return statement.all(from, to) as Row[]
  } catch {
    return null
  }
}

/** The rows before one that cannot be read; then it throws. */
const oneByOne = function* (statement: Statement, from: number, to: number): Generator<readonly Row[]> {
  for (const row of statement.iterate(from, to)) yield [row as Row]
}

/** Octets that are no UTF-8 read as U+FFFD, of which the string keeps no more: then the octets themselves are hashed. */
const leafHashes = (database: Database): ((schema: string, sequence: number, body: Row[1]) => string) => {
  const find = (schema: string, sequence: number): unknown =>
    database.prepare(`SELECT CAST(body AS BLOB) FROM ${schema}.record WHERE sequence = ?`).pluck().get(sequence)
  return (schema, sequence, body) => {
    if (typeof body === 'string' && !body.includes('\u{FFFD}')) return leafHashOfText(body)
    return leafHash((find(schema, sequence) as Buffer | null | undefined) ?? Buffer.of()).toString('hex')
  }
}

/** The redaction that names a record and its stored hash. Whether it is in the signed tree shows when it is looked at itself. */
const redactions = (database: Database): ((sequence: number, stored: string) => RedactEntry | null) => {
  const find = database.prepare("SELECT body FROM record WHERE id = ? AND kind = 'redact'").pluck()
  return (sequence, stored) => {
    const bodies = find.all(`redacted-${sequence}`) as string[]
    const entries = bodies.map(body => JSON.parse(body) as RedactEntry)
    return entries.find(({ target, leaf }) => target === sequence && leaf === stored) ?? null
  }
}

/**
 * Whether a record that is an outcome names a decision before it. Few ids are kept; for others the record itself is read, or the one
 * that says that it was redacted. Where the oldest records are purged, a decision from their time may be one of them.
 */
const decisionsBefore = (database: Database): ((record: LogRecord, sequence: number) => boolean) => {
  let recent = new Set<string>()
  let older = recent
  const find = database.prepare("SELECT body FROM record WHERE id = ? AND kind = 'decision' AND sequence < ?").pluck()
  const wasRedacted = database.prepare(
    `SELECT 1 FROM record
     WHERE decision = ? AND kind = 'redact' AND body ->> '$.was' = 'decision' AND body ->> '$.target' < ?`,
  )
  const purgedUntil = endOfPurged(database)
  return (record, sequence) => {
    if (record.kind === 'decision') {
      if (recent.size === RECENT) [older, recent] = [recent, new Set()]
      recent.add(record.id)
      return true
    }
    if (record.kind !== 'outcome' || recent.has(record.decision) || older.has(record.decision)) return true
    if (typeof find.get(record.decision, sequence) === 'string') return true
    return wasRedacted.get(record.decision, sequence) !== undefined || timeOf(record.decision) <= purgedUntil
  }
}

/** Milliseconds since the epoch: as late as a decision can have come that is purged. A minute is for the order in which they were written. */
const endOfPurged = (database: Database): number => {
  const purged = segmentsOf(database).filter(({ isPurged }) => isPurged)
  if (purged.length === 0) return Number.NEGATIVE_INFINITY
  const next = database
    .prepare('SELECT time, sequence FROM record WHERE sequence > ? AND time IS NOT NULL ORDER BY sequence LIMIT 1')
    .get(purged.at(-1)!.last) as { readonly time: string } | undefined
  return next === undefined ? Number.NEGATIVE_INFINITY : Date.parse(next.time) + 60_000
}

/** When a UUIDv7 was made (RFC 9562 section 5.7), in milliseconds since the epoch. */
const timeOf = (id: string): number => Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16)

/** What is wrong with the payload that a record is about, in whichever of the two tables it is kept. */
const payloadCheck = (database: Database): ((record: LogRecord) => Tampering | null) => {
  const heldFault = heldCheck(database)
  const spoolFault = spoolCheck(database)
  return record => heldFault(record) ?? spoolFault(record)
}

/**
 * Whether a decision's held payload is the one that was sealed for it, and in the state that its records lead to; or was purged on the
 * record. Payload, state and records are read by one statement, because the log may be written meanwhile.
 * A redacted record stands for what it was, in its place.
 */
const heldCheck = (database: Database): ((record: LogRecord) => Tampering | null) => {
  const find = keptWithEvents(database, 'held')
  const isHeld = database.prepare(
    `SELECT 1 WHERE EXISTS (SELECT 1 FROM record WHERE id = @id AND kind = 'decision' AND held = 1)
       OR EXISTS (SELECT 1 FROM record WHERE decision = @id AND kind = 'redact' AND body ->> '$.was' = 'decision')`,
  )
  const purgedUntil = endOfPurged(database)
  return record => {
    if (isReviewEvent(record.kind)) {
      const { decision } = record as ReviewEntry
      const isBorneOut = isHeld.get({ id: decision }) !== undefined || timeOf(decision) <= purgedUntil
      return isBorneOut ? null : 'review-impossible'
    }
    return record.kind === 'decision' && record.held ? faultOf(record, find.get({ id: record.id }) as KeptState) : null
  }
}

/** A payload as it is kept, in one of the two tables, and the kinds of all records about its decision. */
const keptWithEvents = (database: Database, table: 'held' | 'spool'): Statement =>
  database.prepare(
    `SELECT h.nonce, h.ciphertext, h.state,
       (SELECT group_concat(event) FROM
         (SELECT iif(kind = 'redact', body ->> '$.was', kind) AS event FROM record WHERE decision = @id
          ORDER BY iif(kind = 'redact', body ->> '$.target', sequence))) AS kinds
     FROM (SELECT 1) LEFT JOIN ${table} h ON h.decision = @id`,
  )

type KeptState = {
  readonly nonce: Buffer | null
  readonly ciphertext: Buffer | null
  readonly state: string | null
  /** Kinds of all records about the decision, in their order. */
  readonly kinds: string | null
}

const faultOf = (
  { seal }: LogRecord & { readonly kind: 'decision' },
  { nonce, ciphertext, state, kinds }: KeptState,
): Tampering | null => {
  const borneOut = stateAfter((kinds ?? '').split(',').filter(isReviewEvent))
  if (borneOut === null) return 'review-impossible'
  if (nonce === null || ciphertext === null) return borneOut === 'purged' ? null : 'held-missing'
  if (sealDigest({ nonce, ciphertext }) !== seal) return 'held-altered'
  return state === borneOut ? null : 'held-state'
}

/**
 * The same of a decision's spooled payload: that it is the one that was sealed, in the state that its records lead to under its promise, or that they
 * say what became of it. So a record that lets it out a second time where that was not promised does not pass.
 */
const spoolCheck = (database: Database): ((record: LogRecord) => Tampering | null) => {
  const find = keptWithEvents(database, 'spool')
  const isSpooled = database.prepare(
    `SELECT 1 WHERE EXISTS
         (SELECT 1 FROM record WHERE id = @id AND kind = 'decision' AND body -> '$.spool' IS NOT NULL)
       OR EXISTS (SELECT 1 FROM record WHERE decision = @id AND kind = 'redact' AND body ->> '$.was' = 'decision')`,
  )
  const purgedUntil = endOfPurged(database)
  return record => {
    if (isSpoolEvent(record.kind)) {
      const { decision } = record as SpoolEntry
      const isBorneOut = isSpooled.get({ id: decision }) !== undefined || timeOf(decision) <= purgedUntil
      return isBorneOut ? null : 'spool-impossible'
    }
    return record.kind === 'decision' && record.spool
      ? spoolFaultOf(record.seal, record.spool.promise, find.get({ id: record.id }) as KeptState)
      : null
  }
}

const spoolFaultOf = (
  seal: string | null,
  promise: DeliveryPromise,
  { nonce, ciphertext, state, kinds }: KeptState,
): Tampering | null => {
  const borneOut = spoolStateAfter((kinds ?? '').split(',').filter(isSpoolEvent), promise)
  if (borneOut === null) return 'spool-impossible'
  if (nonce === null || ciphertext === null) return isKept(borneOut) ? 'spool-missing' : null
  if (sealDigest({ nonce, ciphertext }) !== seal) return 'spool-altered'
  return state === borneOut ? null : 'spool-state'
}
