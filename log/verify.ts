import type { Database } from 'better-sqlite3'
import { setImmediate } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { openCheckpoint, parseVerifierKey } from './checkpoint.ts'
import type { Checkpoint, NoteKey } from './checkpoint.ts'
import { LogError } from './log-error.ts'
import { loadVerifier } from './log-keys.ts'
import { appendLeaf, emptyFrontier, encodeFrontier, leafHash, rootOf } from './merkle.ts'
import type { Frontier } from './merkle.ts'
import { openReader } from './reader.ts'
import type { LogRecord } from './record.ts'
import { hasOriginalSchema } from './schema.ts'
import { sealDigest } from './seal.ts'

/** What tampering leaves behind. Codes are stable. */
export const tamperings = {
  'record-missing': 'records are missing from the middle of the log; the first of them is given',
  'log-truncated': 'the last records are missing; the first of them is given',
  'record-edited': 'the record is not the one whose hash was stored',
  'record-misplaced': 'the record says that it belongs elsewhere: records were moved, inserted or renumbered',
  'record-malformed': 'the record is not one that sluice writes',
  'record-not-canonical': 'the record is not in canonical form',
  'record-unsigned': 'the record was added behind the signed end of the log',
  'root-mismatch': 'all records together are not those that the checkpoint signs',
  'frontier-mismatch': 'the stored tree is not the tree of the records',
  'checkpoint-missing': 'the log has no checkpoint',
  'checkpoint-malformed': 'the checkpoint is not a checkpoint',
  'checkpoint-forged': 'the checkpoint was not signed by the key of the log',
  'schema-altered': 'tables, columns, triggers or views were changed, so that queries could lie',
  'index-altered': 'the database contradicts itself, so that queries could lie',
  'outcome-orphan': 'the outcome names no earlier decision',
  'held-missing': 'a held payload is gone, and no record says that it was purged',
  'held-altered': 'a held payload is not the one that was sealed for the decision',
  'held-orphan': 'a payload is held for which there is no decision',
  'rolled-back': 'the log is shorter than the anchor says it was: an older copy was put in its place',
  'anchor-mismatch': 'the log does not begin with the records that the anchor signs: they were written anew',
} as const

export type Tampering = keyof typeof tamperings

export type Evidence = { readonly sequence: number | null; readonly what: Tampering }

/** Why nothing can be said, with `intact` and `tampered` both possible. */
export type Inconclusive = 'log-unreadable' | 'key-unreadable' | 'version-unknown' | 'anchor-unusable'

export type Verification =
  | { readonly kind: 'intact'; readonly size: number; readonly root: string }
  | { readonly kind: 'tampered'; readonly evidence: readonly [Evidence, ...Evidence[]] }
  | { readonly kind: 'inconclusive'; readonly why: Inconclusive }

export type VerifyOptions = {
  /** A checkpoint of this log that was kept elsewhere. Only that shows a whole log being replaced. */
  readonly anchor?: string
  /** The log's verifier key (the text in `checkpoint.pub`) from elsewhere; without it, the one beside the log is believed. */
  readonly verifierKey?: string
  /** Also have the database compare its indexes with its tables, so that no query can be lied to. Takes twice as long. */
  readonly deep?: boolean
  /** Called after every few hundred records. */
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void
}

const CHUNK = 512
/** Evidence of one kind that is listed; a shifted log would otherwise list every record. */
const MAX_EVIDENCE = 100
/** The ids of as many recent decisions, and up to as many again, are kept at hand; older ones are looked up. */
const RECENT = 32_768

/**
 * Checks a log from the first record to the last, also while it is being written; then up to its size at the start.
 * `root` of an intact log is in base64, as in its checkpoints. Faults of the log are answers; this throws for none of them.
 */
export const verifyLog = async (directory: string, options: VerifyOptions = {}): Promise<Verification> => {
  const evidence = collect()
  let tree = emptyFrontier
  try {
    const verifier = options.verifierKey === undefined ? loadVerifier(directory) : parseVerifierKey(options.verifierKey)
    const anchor = options.anchor === undefined ? null : openCheckpoint(options.anchor, verifier)
    if (anchor !== null && anchor.kind !== 'verified') evidence.doubt('anchor-unusable')
    const verified = anchor?.kind === 'verified' ? anchor.checkpoint : null
    tree = await verifyDatabase(directory, verifier, verified, evidence, options)
  } catch (fault) {
    evidence.doubt(reasonOf(fault))
  }
  return evidence.verdict(tree)
}

const verifyDatabase = async (
  directory: string,
  verifier: NoteKey,
  anchor: Checkpoint | null,
  evidence: Collector,
  { deep = false, onProgress }: VerifyOptions,
): Promise<Frontier> => {
  const database = openReader(directory)
  const integrity = deep ? startIntegrityCheck(directory) : null
  try {
    const tree = await verifyRecords(database, verifier, anchor, evidence, onProgress)
    const isWhole = integrity === null ? true : await integrity.answer
    if (isWhole === false) evidence.add('index-altered', null)
    if (isWhole === undefined) evidence.doubt('log-unreadable')
    return tree
  } finally {
    await integrity?.stop()
    database.close()
  }
}

const reasonOf = (fault: unknown): Inconclusive => {
  if (!(fault instanceof LogError)) return 'log-unreadable'
  if (fault.code === 'ERR_LOG_KEY') return 'key-unreadable'
  return fault.code === 'ERR_LOG_VERSION' ? 'version-unknown' : 'log-unreadable'
}

type Collector = {
  readonly add: (what: Tampering, sequence: number | null) => void
  readonly has: (what: Tampering) => boolean
  readonly doubt: (why: Inconclusive) => void
  readonly verdict: (tree: Frontier) => Verification
}

/** Evidence outweighs doubt: a log that is part unreadable and part forged is forged. */
const collect = (): Collector => {
  const found: Evidence[] = []
  const counts = new Map<Tampering, number>()
  let doubt: Inconclusive | null = null
  return {
    add: (what, sequence) => {
      const count = (counts.get(what) ?? 0) + 1
      counts.set(what, count)
      if (count <= MAX_EVIDENCE) found.push({ sequence, what })
    },
    has: what => counts.has(what),
    doubt: why => {
      doubt = why
    },
    verdict: tree => {
      const [first, ...others] = found
      if (first !== undefined) return { kind: 'tampered', evidence: [first, ...others] }
      if (doubt !== null) return { kind: 'inconclusive', why: doubt }
      return { kind: 'intact', size: tree.size, root: rootOf(tree).toString('base64') }
    },
  }
}

/** What the log said about itself at the start of the check. */
type Snapshot = { readonly checkpoint: Checkpoint | null; readonly frontier: Buffer | null; readonly end: number }

const takeSnapshot = (database: Database, verifier: NoteKey, evidence: Collector): Snapshot => {
  const { frontier, checkpoint, end } = database
    .prepare(
      `SELECT (SELECT frontier FROM tree) AS frontier, (SELECT checkpoint FROM tree) AS checkpoint,
         (SELECT coalesce(max(sequence) + 1, 0) FROM record) AS end`,
    )
    .get() as { frontier: Buffer | null; checkpoint: string | null; end: number }
  const opened = checkpoint === null ? null : openCheckpoint(checkpoint, verifier)
  if (opened?.kind === 'verified') return { checkpoint: opened.checkpoint, frontier, end }
  if (opened === null) evidence.add('checkpoint-missing', null)
  else evidence.add(opened.kind === 'malformed' ? 'checkpoint-malformed' : 'checkpoint-forged', null)
  return { checkpoint: null, frontier, end }
}

const verifyRecords = async (
  database: Database,
  verifier: NoteKey,
  anchor: Checkpoint | null,
  evidence: Collector,
  onProgress: VerifyOptions['onProgress'],
): Promise<Frontier> => {
  if (!hasOriginalSchema(database)) evidence.add('schema-altered', null)
  const snapshot = takeSnapshot(database, verifier, evidence)
  const examine = examiner(database, snapshot, evidence)
  const checkAnchor = anchorCheck(anchor, evidence)
  const read = database.prepare(
    `SELECT sequence, CAST(body AS BLOB), leaf FROM record WHERE sequence >= ? AND sequence < ? ORDER BY sequence LIMIT ${CHUNK}`,
  )
  let tree = emptyFrontier
  checkAnchor(tree)
  for (let next = Math.min(0, lowest(database)); next < snapshot.end;) {
    const rows = read.raw().all(next, snapshot.end) as Row[]
    for (const row of rows) {
      tree = examine(row, tree)
      checkAnchor(tree)
    }
    next = rows.length === 0 ? snapshot.end : rows.at(-1)![0] + 1
    onProgress?.({ done: next, total: snapshot.end })
    await setImmediate()
  }
  checkEnd(tree, snapshot, anchor, evidence)
  checkHeld(database, evidence)
  return tree
}

const lowest = (database: Database): number =>
  (database.prepare('SELECT min(sequence) FROM record').pluck().get() as number | null) ?? 0

type Row = readonly [sequence: number, body: Buffer, leaf: Buffer]

/** Looks at records one after the other, in order; answers with the tree that they make. */
const examiner = (database: Database, { checkpoint, end }: Snapshot, evidence: Collector) => {
  const namesDecision = decisionsBefore(database)
  const isHeldRight = heldCheck(database)
  const signed = checkpoint?.size ?? end
  let expected = 0

  return ([sequence, body, leaf]: Row, tree: Frontier): Frontier => {
    if (sequence > expected) evidence.add('record-missing', expected)
    expected = Math.max(expected, sequence + 1)
    if (sequence >= signed || sequence < 0) evidence.add('record-unsigned', sequence)
    const computed = leafHash(body)
    if (!computed.equals(leaf)) evidence.add('record-edited', sequence)
    const record = parseRecord(body, sequence, evidence)
    if (record !== null) {
      if (record.sequence !== sequence) evidence.add('record-misplaced', sequence)
      if (!namesDecision(record, sequence)) evidence.add('outcome-orphan', sequence)
      const wrong = isHeldRight(record)
      if (wrong !== null) evidence.add(wrong, sequence)
    }
    return sequence >= signed || sequence < 0 ? tree : appendLeaf(tree, computed)
  }
}

/** Reads a body; anything but the exact canonical form of an object is evidence. */
const parseRecord = (body: Buffer, sequence: number, evidence: Collector): LogRecord | null => {
  const text = body.toString()
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    value = null
  }
  if (typeof value !== 'object' || value === null || !('v' in value) || value.v !== 1) {
    evidence.add('record-malformed', sequence)
    return null
  }
  // cheaper than writing it anew: JSON.stringify spells scalars as RFC 8785 does, and keeps the order of members
  if (JSON.stringify(value) !== text || !isSorted(value)) evidence.add('record-not-canonical', sequence)
  return value as LogRecord
}

/** Whether the members of every object within are in the order of their UTF-16 code units. */
const isSorted = (value: unknown): boolean => {
  if (typeof value !== 'object' || value === null) return true
  if (Array.isArray(value)) return value.every(isSorted)
  let previous = ''
  for (const name of Object.keys(value)) {
    if (name < previous || !isSorted((value as Record<string, unknown>)[name])) return false
    previous = name
  }
  return true
}

/** Whether a record that is an outcome names a decision before it. Few ids are kept; for others the record itself is read. */
const decisionsBefore = (database: Database): ((record: LogRecord, sequence: number) => boolean) => {
  let recent = new Set<string>()
  let older = recent
  const find = database.prepare("SELECT body FROM record WHERE id = ? AND kind = 'decision' AND sequence < ?").pluck()
  return (record, sequence) => {
    if (record.kind === 'decision') {
      if (recent.size === RECENT) [older, recent] = [recent, new Set()]
      recent.add(record.id)
      return true
    }
    if (record.kind !== 'outcome' || recent.has(record.decision) || older.has(record.decision)) return true
    return typeof find.get(record.decision, sequence) === 'string'
  }
}

/** Whether a decision's held payload is the one that was sealed for it, or was purged on the record. */
const heldCheck = (database: Database): ((record: LogRecord) => Tampering | null) => {
  const find = database.prepare('SELECT nonce, ciphertext FROM held WHERE decision = ?')
  const purge = database.prepare("SELECT 1 FROM record WHERE decision = ? AND kind = 'purge'")
  return record => {
    if (record.kind !== 'decision' || !record.held) return null
    const row = find.get(record.id) as { nonce: Buffer; ciphertext: Buffer } | undefined
    if (row !== undefined) return sealDigest(row) === record.seal ? null : 'held-altered'
    return purge.get(record.id) === undefined ? 'held-missing' : null
  }
}

/** Compares the tree with the anchor when it has grown to the anchor's size. */
const anchorCheck =
  (anchor: Checkpoint | null, evidence: Collector) =>
  (tree: Frontier): void => {
    if (anchor?.size === tree.size && !rootOf(tree).equals(anchor.root) && !evidence.has('anchor-mismatch')) {
      evidence.add('anchor-mismatch', null)
    }
  }

const checkEnd = (tree: Frontier, snapshot: Snapshot, anchor: Checkpoint | null, evidence: Collector): void => {
  const { checkpoint, frontier, end } = snapshot
  if (anchor !== null && (checkpoint?.size ?? end) < anchor.size) evidence.add('rolled-back', checkpoint?.size ?? end)
  if (checkpoint !== null && end < checkpoint.size) evidence.add('log-truncated', end)
  const isWhole = !evidence.has('record-missing') && !evidence.has('log-truncated')
  if (isWhole && checkpoint !== null && !rootOf(tree).equals(checkpoint.root)) evidence.add('root-mismatch', null)
  if (isWhole && (frontier === null || !encodeFrontier(tree).equals(frontier))) evidence.add('frontier-mismatch', null)
}

const checkHeld = (database: Database, evidence: Collector): void => {
  const orphans = database
    .prepare(
      `SELECT 1 FROM held WHERE NOT EXISTS
         (SELECT 1 FROM record r WHERE r.id = held.decision AND r.kind = 'decision' AND r.held = 1)`,
    )
    .all()
  for (const _ of orphans) evidence.add('held-orphan', null)
}

/** Starts the check of the indexes in a thread of its own. `undefined` when it came to no result. */
const startIntegrityCheck = (
  directory: string,
): { answer: Promise<boolean | undefined>; stop: () => Promise<unknown> } => {
  const thread = new Worker(new URL('./integrity-check.ts', import.meta.url), { workerData: directory })
  const answer = new Promise<boolean | undefined>(resolve => {
    thread.once('message', resolve)
    thread.once('error', () => resolve(undefined))
    thread.once('exit', () => resolve(undefined))
  })
  return { answer, stop: async () => thread.terminate() }
}
