import { MAX_EVIDENCE } from './evidence.ts'
import type { Evidence, Tampering } from './evidence.ts'
import { isCanonical } from './is-canonical.ts'
import { appendLeaf, emptyFrontier, HASH_BYTES, treeOf } from '../proofs/merkle.ts'
import type { Frontier } from '../proofs/merkle.ts'
import type { LogRecord, RedactEntry, RequestCounts } from '../record.ts'

/**
 * What is found in the rows of one piece, wherever they are kept: in the SQLite files of a log (`verify-chunk.ts`), or in the PostgreSQL store of a
 * fleet (`fleet/verify.ts`).
 */

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

/** Hexadecimal, because Node makes and compares such strings in a third of the time that it takes for buffers. */
export type Row = readonly [sequence: number, body: string | Buffer | null, leaf: string]

/**
 * Examines the rows of a piece.
 * @param pages - rows in ascending order; when it throws, what was found before counts
 * @param examine - looks at one record; from `recordExaminer`
 */
export const examineRows = (task: ChunkTask, pages: Iterable<readonly Row[]>, examine: ExamineRecord): ChunkResult => {
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
    for (const rows of pages) rows.forEach(take)
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

/** Looks at one record. @returns hash of the record that is there, in hexadecimal */
export type ExamineRecord = (sequence: number, body: Row[1], stored: string, examiner: Examiner) => string

/** What has to be looked up elsewhere to judge one record. */
export type Lookups = {
  /** Leaf hash of a body, in hexadecimal. */
  readonly leafOf: (schema: string, sequence: number, body: Row[1]) => string
  /** The redaction that names a record and its stored hash. */
  readonly redactionOf: (sequence: number, stored: string) => RedactEntry | null
  /** Whether a record that is an outcome names a decision before it. */
  readonly namesDecision: (record: LogRecord, sequence: number) => boolean
  /** What is wrong with the payload that a record is about. */
  readonly payloadFault: (record: LogRecord) => Tampering | null
  /** Whether the signature of a person under a record, where there is one, is theirs. */
  readonly isSignedRightly: (record: LogRecord) => boolean
}

/** Looks at records one after the other, in order. */
export const recordExaminer =
  ({ leafOf, redactionOf, namesDecision, payloadFault, isSignedRightly }: Lookups): ExamineRecord =>
  (sequence, body, stored, { schema, add, see, redacted }) => {
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
      const wrong = payloadFault(record)
      if (wrong !== null) add(wrong, sequence)
      if (!isSignedRightly(record)) add('signature-forged', sequence)
      see(record)
    }
    return leaf
  }

const parseRecord = (text: string): LogRecord | null => {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && 'v' in value && value.v === 1 ? (value as LogRecord) : null
  } catch {
    return null
  }
}
