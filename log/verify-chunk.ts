import type { Database, Statement } from 'better-sqlite3'
import { hash } from 'node:crypto'
import type { DeliveryPromise } from '../rules/delivery.ts'
import { MAX_EVIDENCE } from './evidence.ts'
import type { Evidence, Tampering } from './evidence.ts'
import { isCanonical } from './is-canonical.ts'
import { appendLeaf, emptyFrontier, HASH_BYTES, leafHash, treeOf } from './merkle.ts'
import type { Frontier } from './merkle.ts'
import type { LogRecord, RedactEntry, RequestCounts, ReviewEntry, SpoolEntry } from './record.ts'
import { isReviewEvent, stateAfter } from './review/states.ts'
import { sealDigest } from './seal.ts'
import { segmentsOf } from './segments.ts'
import { isKept, isSpoolEvent, spoolStateAfter } from './spool/states.ts'
import { signatureCheck } from './verify-signatures.ts'

/** A piece of the log. Sequences `from` up to, and without, `to`, which is at most `from` + `PIECE` where they are signed. */
export type ChunkTask = {
  /** Where the records are: `main`, or the name of an attached segment. */
  readonly schema: string
  readonly from: number
  readonly to: number
  /** The records to be read; of the others only the hashes are. */
  readonly read: { readonly from: number; readonly to: number }
  /** Sizes of the log within the piece at which its tree has to be known. In ascending order. */
  readonly cuts: readonly number[]
  /** Whether the checkpoint covers the piece. Others are no part of the tree. */
  readonly isSigned: boolean
}

export type ChunkResult = {
  readonly from: number
  /** False when the database could not be read to the end of the piece: then it says nothing but what evidence there is. */
  readonly isReadable: boolean
  /** Subtree of the records that are there, as if `from` were 0; and the same at each of the cuts. */
  readonly tree: Frontier
  readonly atCuts: readonly Frontier[]
  /** Missing sequences: the first of each gap, and the first after it. */
  readonly gaps: readonly (readonly [from: number, to: number])[]
  readonly evidence: readonly Evidence[]
  /** How many of the records that were read are redacted. */
  readonly redacted: number
  /** Of the records that were read. */
  readonly counted: DecisionCount
  /** The records in it at which a run begins or counts its requests. */
  readonly marks: readonly Mark[]
}

/** How many decisions there are, and how often something was let out: at once by a decision, or later by an attempt to send what was spooled. */
export type DecisionCount = { readonly decisions: number; readonly forwards: number }

/** `requests` is null where a run begins; `before` counts what stands before it in the piece. */
export type Mark = {
  readonly sequence: number
  readonly requests: RequestCounts | null
  readonly before: DecisionCount
}

const PAGE = 1_024
/** The ids of as many recent decisions, and up to as many again, are kept at hand; older ones are looked up. */
const RECENT = 32_768

/** Hexadecimal, because Node makes and compares such strings in a third of the time that it takes for buffers. */
type Row = readonly [sequence: number, body: string | Buffer | null, leaf: string]

/** Looks at one piece after the other; pieces have to come in ascending order. */
export const chunkExaminer = (database: Database): ((task: ChunkTask) => ChunkResult) => {
  const statements = new Map<string, readonly [rows: Statement, leaves: Statement]>()
  const statementsOf = (schema: string): readonly [rows: Statement, leaves: Statement] => {
    const known = statements.get(schema) ?? [rowsIn(database, schema, 'body'), rowsIn(database, schema, 'NULL')]
    statements.set(schema, known)
    return known
  }
  const examine = recordExaminer(database)

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

  return task => {
    const { from, to, read, cuts, isSigned } = task
    const leaves = Buffer.alloc(isSigned ? (to - from) * HASH_BYTES : 0)
    const gaps: [number, number][] = []
    const evidence = chunkEvidence()
    const counter = decisionCounter()
    let redacted = 0
    const examiner: Examiner = {
      schema: task.schema,
      add: evidence.add,
      see: counter.see,
      redacted: () => void redacted++,
    }
    let expected = from
    let count = 0
    const take = ([sequence, body, stored]: Row): void => {
      if (isSigned && sequence > expected) gaps.push([expected, sequence])
      expected = sequence + 1
      if (!isSigned) evidence.add('record-unsigned', sequence)
      const isRead = sequence >= read.from && sequence < read.to
      const leaf = isRead ? examine(sequence, body, stored, examiner) : stored
      if (isSigned) leaves.write(leaf, HASH_BYTES * count++, HASH_BYTES, 'hex')
    }
    const isReadable = canRead(() => {
      for (const rows of rowsOf(task)) rows.forEach(take)
    })
    if (isReadable && isSigned && expected < to) gaps.push([expected, to])
    const whole = leaves.subarray(0, count * HASH_BYTES)
    return {
      from,
      isReadable,
      ...treesOf(whole, cuts, from),
      gaps,
      evidence: evidence.found,
      redacted,
      ...counter.seen(),
    }
  }
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

/** A page that cannot be read must not hide what was found before it: that would turn evidence into doubt. */
const canRead = (read: () => void): boolean => {
  try {
    read()
    return true
  } catch {
    return false
  }
}

/** The tree of some leaves. One leaf after the other only where a tree in between is asked for: levels are faster. */
const treesOf = (leaves: Buffer, cuts: readonly number[], from: number): Pick<ChunkResult, 'tree' | 'atCuts'> => {
  if (cuts.length === 0) return { tree: treeOf(leaves), atCuts: [] }
  const wanted = cuts.map(size => size - from)
  const atCuts: Frontier[] = []
  let tree = emptyFrontier
  for (let at = 0; at < leaves.length; at += HASH_BYTES) {
    // copied, because the whole buffer would go from thread to thread with each part of it
    tree = appendLeaf(tree, Uint8Array.from(leaves.subarray(at, at + HASH_BYTES)))
    if (wanted[atCuts.length] === tree.size) atCuts.push(tree)
  }
  return { tree, atCuts }
}

type AddEvidence = (what: Tampering, sequence: number) => void

const chunkEvidence = (): { readonly found: readonly Evidence[]; readonly add: AddEvidence } => {
  const found: Evidence[] = []
  const counts = new Map<Tampering, number>()
  return {
    found,
    add: (what, sequence) => {
      const count = (counts.get(what) ?? 0) + 1
      counts.set(what, count)
      if (count <= MAX_EVIDENCE) found.push({ what, sequence })
    },
  }
}

/** Counts decisions, and says where runs begin and what they counted themselves. */
const decisionCounter = (): {
  readonly see: (record: Countable) => void
  readonly seen: () => Pick<ChunkResult, 'counted' | 'marks'>
} => {
  const marks: Mark[] = []
  let decisions = 0
  let forwards = 0
  return {
    see: record => {
      if (record.kind === 'decision' || record.kind === 'redacted decision') {
        decisions++
        if (record.verdict === 'forward' && !('spool' in record)) forwards++
      } else if (record.kind === 'spool.send') {
        forwards++
      } else if (record.kind === 'start' || record.kind === 'stop' || record.kind === 'anchor') {
        const requests: RequestCounts | null | undefined = record.kind === 'start' ? null : record.requests
        if (requests !== undefined) marks.push({ sequence: record.sequence, requests, before: { decisions, forwards } })
      }
    },
    seen: () => ({ counted: { decisions, forwards }, marks }),
  }
}

/** A record, or what a redaction says that it was. */
type Countable = LogRecord | (Pick<RedactEntry, 'decision' | 'verdict'> & { readonly kind: 'redacted decision' })

/** Whom a piece tells what was found in its records. */
type Examiner = {
  readonly schema: string
  readonly add: AddEvidence
  readonly see: (record: Countable) => void
  readonly redacted: () => void
}

/** Looks at records one after the other, in order; answers with the hash of the record that is there. */
const recordExaminer = (database: Database) => {
  const leafOf = leafHashes(database)
  const redactionOf = redactions(database)
  const namesDecision = decisionsBefore(database)
  const heldFault = heldCheck(database)
  const isSignedRightly = signatureCheck(database)
  const spoolFault = spoolCheck(database)

  return (sequence: number, body: Row[1], stored: string, { schema, add, see, redacted }: Examiner): string => {
    if (body === '{}') {
      const redaction = redactionOf(sequence, stored)
      if (redaction === null) add('redaction-forged', sequence)
      else {
        redacted()
        const { was, decision, verdict } = redaction
        if (was === 'decision') see({ kind: 'redacted decision', decision, verdict })
        return stored
      }
    }
    const leaf = leafOf(schema, sequence, body)
    if (leaf !== stored) add('record-edited', sequence)
    const record = typeof body === 'string' ? parseRecord(body) : null
    if (record === null) add('record-malformed', sequence)
    else {
      if (!isCanonical(record, body as string)) add('record-not-canonical', sequence)
      if (record.sequence !== sequence) add('record-misplaced', sequence)
      if (!namesDecision(record, sequence)) add('outcome-orphan', sequence)
      const wrong = heldFault(record) ?? spoolFault(record)
      if (wrong !== null) add(wrong, sequence)
      if (!isSignedRightly(record)) add('signature-forged', sequence)
      see(record)
    }
    return leaf
  }
}

/** Octets that are no UTF-8 read as U+FFFD, of which the string keeps no more: then the octets themselves are hashed. */
const leafHashes = (database: Database): ((schema: string, sequence: number, body: Row[1]) => string) => {
  const find = (schema: string, sequence: number): unknown =>
    database.prepare(`SELECT CAST(body AS BLOB) FROM ${schema}.record WHERE sequence = ?`).pluck().get(sequence)
  return (schema, sequence, body) => {
    if (typeof body === 'string' && !body.includes('\u{FFFD}')) return hash('sha256', `\0${body}`, 'hex')
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

const parseRecord = (text: string): LogRecord | null => {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && 'v' in value && value.v === 1 ? (value as LogRecord) : null
  } catch {
    return null
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
