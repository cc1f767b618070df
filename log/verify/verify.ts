import type { Database } from 'better-sqlite3'
import type { Attached } from '../segments/attach.ts'
import { Worker } from 'node:worker_threads'
import { openCheckpoint, parseVerifierKey } from '../proofs/checkpoint.ts'
import type { Checkpoint, NoteKey } from '../proofs/checkpoint.ts'
import { collectEvidence } from './evidence.ts'
import type { Checked, Collector, Inconclusive, Purged, Verification } from './evidence.ts'
import { joinChunks } from './join-chunks.ts'
import { LogError } from '../log-error.ts'
import { loadVerifier } from '../writing/log-keys.ts'
import { emptyFrontier, encodeFrontier, rootOf } from '../proofs/merkle.ts'
import type { Frontier } from '../proofs/merkle.ts'
import { openExaminer, segmentState } from '../reading/reader.ts'
import type { DropEntry } from '../record.ts'
import { hasOriginalSchema } from '../schema.ts'
import { ORPHANED_SPOOL } from '../spool/spool-table.ts'
import { checkRequests } from './verify-requests.ts'
import { areInOrder, PIECE, pieceRoots, segmentsOf, treeOfPieces } from '../segments/segments.ts'
import type { Segment } from '../segments/segments.ts'
import type { ChunkResult, ChunkTask } from './examine-rows.ts'
import { examineChunks } from './verify-lanes.ts'

/** A place in the log: sequence of a record, or a time in RFC 3339, which stands for the first record from then on. */
export type Place = number | string

export type VerifyOptions = {
  /** Checkpoints of this log that were kept elsewhere. Only they show a whole log being replaced. */
  readonly anchors?: readonly string[]
  /** How old, in milliseconds, the newest of the records that the anchors cover may be. */
  readonly requireAnchor?: number
  /** The log's verifier key (the text in `checkpoint.pub`) from elsewhere; without it, the one beside the log is believed. */
  readonly verifierKey?: string
  /** Records are read from here up to, and without, there; of the others only the hashes are. Default: all of them. */
  readonly from?: Place
  readonly to?: Place
  /** Also have the database compare its indexes with its tables, so that no query can be lied to. Takes twice as long. */
  readonly deep?: boolean
  /** Called after every few thousand records. */
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void
}

/**
 * Checks a log from the first record to the last, also while it is being written; then up to its size at the start.
 * Faults of the log are answers; this throws for none of them.
 */
export const verifyLog = async (directory: string, options: VerifyOptions = {}): Promise<Verification> => {
  for (;;) {
    const evidence = collectEvidence()
    let examined: Examined = { tree: emptyFrontier, checked: nothing, isStill: true }
    try {
      const verifier =
        options.verifierKey === undefined ? loadVerifier(directory) : parseVerifierKey(options.verifierKey)
      const anchors = openAnchors(options, verifier, evidence)
      examined = await verifyDatabase(directory, verifier, anchors, evidence, options)
    } catch (fault) {
      evidence.doubt(reasonOf(fault))
    }
    // what was sealed or purged meanwhile was looked for where it is not any more
    if (examined.isStill) return evidence.verdict(examined.tree, examined.checked)
  }
}

const nothing: Checked = { from: 0, to: 0, anchored: null, purged: [], redacted: 0 }

/** `isStill`: whether no segment was sealed or purged from the beginning to the end. */
type Examined = { readonly tree: Frontier; readonly checked: Checked; readonly isStill: boolean }

/** Ascending by size. */
const openAnchors = (
  { anchors = [], requireAnchor }: VerifyOptions,
  verifier: NoteKey,
  evidence: Collector,
): readonly Checkpoint[] => {
  if (requireAnchor !== undefined && anchors.length === 0) evidence.doubt('anchor-missing')
  const opened = anchors.map(note => openCheckpoint(note, verifier))
  if (opened.some(({ kind }) => kind !== 'verified')) evidence.doubt('anchor-unusable')
  return opened
    .flatMap(anchor => (anchor.kind === 'verified' ? [anchor.checkpoint] : []))
    .sort((a, b) => a.size - b.size)
}

const verifyDatabase = async (
  directory: string,
  verifier: NoteKey,
  anchors: readonly Checkpoint[],
  evidence: Collector,
  options: VerifyOptions,
): Promise<Examined> => {
  const { database, segments } = openExaminer(directory)
  const state = segmentState(database)
  const integrity = options.deep === true ? startIntegrityCheck(directory) : null
  try {
    const [tree, checked] = await verifyRecords(directory, database, segments, verifier, anchors, evidence, options)
    const isWhole = integrity === null ? true : await integrity.answer
    if (isWhole === false) evidence.add('index-altered', null)
    if (isWhole === undefined) evidence.doubt('log-unreadable')
    return { tree, checked, isStill: segmentState(database) === state }
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

const verifyRecords = async (
  directory: string,
  database: Database,
  attached: readonly Attached[],
  verifier: NoteKey,
  anchors: readonly Checkpoint[],
  evidence: Collector,
  options: VerifyOptions,
): Promise<[Frontier, Checked]> => {
  if (!hasOriginalSchema(database)) evidence.add('schema-altered', null)
  const snapshot = takeSnapshot(database, verifier, evidence)
  const read = rangeOf(database, snapshot, options)
  const sizes = [...new Set(anchors.map(({ size }) => size))]
  const sealed = lookAtSegments(database, attached, evidence)
  const { tasks, known } = planSegments(sealed, attached, read, sizes)
  tasks.push(...planChunks(database, snapshot, endOf(sealed), read, sizes))
  let done = known.length * PIECE
  const onResult = ({ from }: ChunkResult): void => {
    done += Math.min(PIECE, Math.max(0, snapshot.end - from))
    options.onProgress?.({ done: Math.min(done, snapshot.end), total: snapshot.end })
  }
  const examined = await examineChunks(directory, database, tasks, onResult)
  const results = [...known, ...examined].sort((a, b) => a.from - b.from)
  compareRoots(sealed, results, evidence)
  const { tree, atSizes } = joinChunks(results, snapshot, evidence)
  if (results.some(({ isReadable }) => !isReadable)) {
    evidence.doubt('log-unreadable')
    return [tree, { ...nothing, ...read }]
  }
  checkEnd(tree, snapshot, evidence)
  // of a part of the log nobody can say how many decisions there are
  if (read.from <= 0 && read.to >= snapshot.end) checkRequests(results, isGone(sealed), evidence)
  const anchored = checkAnchors(anchors, atSizes, endOf(sealed), snapshot, evidence)
  if (options.requireAnchor !== undefined) checkAge(database, anchored ?? 0, options.requireAnchor, evidence)
  checkHeld(database, evidence)
  const redacted = results.reduce((sum, result) => sum + result.redacted, 0)
  return [tree, { ...read, anchored, purged: checkPurged(database, sealed, evidence), redacted }]
}

const endOf = (segments: readonly Segment[]): number => (segments.at(-1)?.last ?? -1) + 1

const isGone = (segments: readonly Segment[]): boolean => segments.some(({ isPurged }) => isPurged)

/** Tells of segments that are not there, or not what they were. @returns all segments, or none where they cannot be what they say */
const lookAtSegments = (database: Database, attached: readonly Attached[], evidence: Collector): readonly Segment[] => {
  const segments = segmentsOf(database)
  if (!areInOrder(segments)) {
    evidence.add('segment-altered', segments[0]?.first ?? null)
    return []
  }
  for (const { segment, schema, fault } of attached) {
    if (fault === 'unreadable') evidence.doubt('log-unreadable')
    else if (fault !== null) evidence.add(fault === 'missing' ? 'segment-missing' : 'segment-altered', segment.first)
    else if (!holdsOnly(database, schema, segment)) evidence.add('segment-altered', segment.first)
  }
  return segments
}

/** Whether there are no records in a segment that belong elsewhere. Which are missing shows when they are read. */
const holdsOnly = (database: Database, schema: string, { first, last }: Segment): boolean => {
  try {
    const others = database.prepare(`SELECT 1 FROM ${schema}.record WHERE sequence < ? OR sequence > ?`)
    return others.get(first, last) === undefined
  } catch {
    return false
  }
}

/**
 * The pieces of the segments: to be read where there is a file, and as their roots have it where there is none. Those roots are no hearsay:
 * the checkpoint signs them together with all the rest.
 */
const planSegments = (
  segments: readonly Segment[],
  attached: readonly Attached[],
  read: ChunkTask['read'],
  sizes: readonly number[],
): { readonly tasks: ChunkTask[]; readonly known: readonly ChunkResult[] } => {
  const tasks: ChunkTask[] = []
  const known: ChunkResult[] = []
  for (const segment of segments) {
    const schema = attached.find(({ segment: { first } }) => first === segment.first)?.schema ?? null
    for (const [index, root] of pieceRoots(segment).entries()) {
      const from = segment.first + index * PIECE
      const to = from + PIECE
      const cuts = sizes.filter(size => size > from && size <= to)
      if (schema !== null) tasks.push({ schema, from, to, read, cuts, isSigned: true })
      else known.push(knownPiece(from, root, cuts.includes(to)))
    }
  }
  return { tasks, known }
}

const knownPiece = (from: number, root: Buffer, isCutAtEnd: boolean): ChunkResult => {
  const tree = { size: PIECE, hashes: [root] }
  const counted = { decisions: 0, forwards: 0 }
  const atCuts = isCutAtEnd ? [tree] : []
  return { from, isReadable: true, tree, atCuts, gaps: [], evidence: [], redacted: 0, counted, marks: [] }
}

/** The records of a segment must be those that were sealed. */
const compareRoots = (segments: readonly Segment[], results: readonly ChunkResult[], evidence: Collector): void => {
  const found = new Map(results.map(({ from, tree }) => [from, tree]))
  for (const segment of segments) {
    const isSame = pieceRoots(segment).every((root, index) => {
      const tree = found.get(segment.first + index * PIECE)
      return tree?.size === PIECE && rootOf(tree).equals(root)
    })
    if (!isSame) evidence.add('segment-altered', segment.first)
  }
}

/** The newest purge vouches for everything before it: what it says the log's root was must be what the kept roots come to. */
const checkPurged = (database: Database, segments: readonly Segment[], evidence: Collector): readonly Purged[] => {
  const gone = segments.filter(({ isPurged }) => isPurged)
  if (gone.length === 0) return []
  const entries = database
    .prepare("SELECT body FROM record WHERE id >= 'purged-' AND id < 'purged.' AND kind = 'segment.purge'")
    .pluck()
    .all()
    .map(body => JSON.parse(body as string) as DropEntry)
  const root = rootOf(treeOfPieces(gone)).toString('base64')
  if (!entries.some(entry => entry.last + 1 === endOf(gone) && entry.root === root)) evidence.add('purge-forged', 0)
  return entries.map(({ first, last, time, actor }) => ({ first, last, time, actor })).sort((a, b) => a.first - b.first)
}

/** What the log said about itself at the start of the check. */
type Snapshot = {
  readonly checkpoint: Checkpoint | null
  readonly frontier: Buffer | null
  /** One more than the highest sequence. */
  readonly end: number
  /** Records that the checkpoint signs; without one, all there are. */
  readonly signed: number
}

const takeSnapshot = (database: Database, verifier: NoteKey, evidence: Collector): Snapshot => {
  const { frontier, checkpoint, end } = database
    .prepare(
      `SELECT (SELECT frontier FROM tree) AS frontier, (SELECT checkpoint FROM tree) AS checkpoint,
         (SELECT coalesce(max(sequence) + 1, 0) FROM main.record) AS end`,
    )
    .get() as { frontier: Buffer | null; checkpoint: string | null; end: number }
  const opened = checkpoint === null ? null : openCheckpoint(checkpoint, verifier)
  if (opened?.kind === 'verified') {
    return { checkpoint: opened.checkpoint, frontier, end, signed: opened.checkpoint.size }
  }
  if (opened === null) evidence.add('checkpoint-missing', null)
  else evidence.add(opened.kind === 'malformed' ? 'checkpoint-malformed' : 'checkpoint-forged', null)
  return { checkpoint: null, frontier, end, signed: end }
}

const rangeOf = (database: Database, { end }: Snapshot, { from, to }: VerifyOptions): { from: number; to: number } => {
  const find = database.prepare('SELECT min(sequence) FROM record WHERE time >= ?').pluck()
  const sequenceOf = (place: Place): number =>
    typeof place === 'number' ? place : ((find.get(place) as number | null) ?? end)
  return { from: from === undefined ? 0 : sequenceOf(from), to: to === undefined ? end : sequenceOf(to) }
}

/** The pieces behind the segments in which there is something. They begin at multiples of `PIECE`, and end where what is signed ends. */
const planChunks = (
  database: Database,
  { end, signed }: Snapshot,
  sealed: number,
  read: ChunkTask['read'],
  sizes: readonly number[],
): readonly ChunkTask[] => {
  const find = database.prepare('SELECT min(sequence) FROM main.record WHERE sequence >= ?').pluck()
  const first = (find.get(Number.MIN_SAFE_INTEGER) as number | null) ?? 0
  const tasks: ChunkTask[] = []
  // what stands before the beginning or behind the end is read, however little was asked for
  const outside = (from: number, to: number): number =>
    tasks.push({ schema: 'main', from, to, read: { from, to }, cuts: [], isSigned: false })
  if (first < 0) outside(first, 0)
  for (let next = find.get(sealed) as number | null; next !== null && next < Math.min(signed, end);) {
    const from = next - (next % PIECE)
    const to = Math.min(from + PIECE, signed, end)
    tasks.push({
      schema: 'main',
      from,
      to,
      read,
      cuts: sizes.filter(size => size > from && size <= to),
      isSigned: true,
    })
    next = find.get(to) as number | null
  }
  if (end > signed) outside(signed, end)
  return tasks
}

const checkEnd = (tree: Frontier, { checkpoint, frontier, end }: Snapshot, evidence: Collector): void => {
  if (checkpoint !== null && end < checkpoint.size) evidence.add('log-truncated', end)
  if (evidence.has('record-missing') || evidence.has('log-truncated')) return
  if (checkpoint !== null && !rootOf(tree).equals(checkpoint.root)) evidence.add('root-mismatch', null)
  if (frontier === null || !encodeFrontier(tree).equals(frontier)) evidence.add('frontier-mismatch', null)
}

/** Within what is purged, or lost with its segment, no anchor can be compared. @returns size of the largest anchor that fits, `null` when none does */
const checkAnchors = (
  anchors: readonly Checkpoint[],
  atSizes: ReadonlyMap<number, Frontier>,
  sealed: number,
  { signed }: Snapshot,
  evidence: Collector,
): number | null => {
  let anchored: number | null = null
  for (const { size, root } of anchors) {
    const tree = atSizes.get(size)
    if (size > signed) evidence.add('rolled-back', signed)
    else if (tree === undefined && size < sealed) continue
    else if (tree === undefined || !rootOf(tree).equals(root)) evidence.add('anchor-mismatch', size - 1)
    else anchored = size
  }
  return anchored
}

/** An anchor is as old as the newest of the records that it covers: a time that the anchor itself proves. */
const checkAge = (database: Database, anchored: number, most: number, evidence: Collector): void => {
  // what was redacted has no time
  const covered = database
    .prepare('SELECT time, sequence FROM record WHERE sequence < ? AND time IS NOT NULL ORDER BY sequence DESC LIMIT 1')
    .get(anchored) as { readonly time: string } | undefined
  const age = covered === undefined ? Number.POSITIVE_INFINITY : Date.now() - Date.parse(covered.time)
  if (!(age <= most)) evidence.doubt('anchor-too-old')
}

const checkHeld = (database: Database, evidence: Collector): void => {
  const orphans = database
    .prepare(
      `SELECT 1 FROM held WHERE NOT EXISTS
         (SELECT 1 FROM record r WHERE r.id = held.decision AND r.kind = 'decision' AND r.held = 1)`,
    )
    .all()
  for (const _ of orphans) evidence.add('held-orphan', null)
  for (const _ of database.prepare(`SELECT 1 FROM spool WHERE ${ORPHANED_SPOOL}`).all())
    evidence.add('spool-orphan', null)
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
