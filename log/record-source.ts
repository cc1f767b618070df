import { openReader } from './reader.ts'

/** A record as it is stored, with the decision that it is about. */
export type StoredLine = {
  readonly sequence: number
  /** The exact text that is hashed: canonical JSON. */
  readonly body: string
  /** Leaf hash, 32 octets. */
  readonly leaf: Uint8Array
  /** Body of the decision that an outcome, a review or a purge is about; null for others, and when it is not there any more. */
  readonly about: string | null
}

/** The log from one record on, for whoever hands it on. No transaction is held between two calls. */
export type RecordSource = {
  /** Name of the log, as its checkpoints have it. */
  readonly origin: string
  /** How many records there are: the sequence that the next one will have. */
  readonly size: () => number
  /** Records from `sequence` on, at most `limit`, in order. */
  readonly batch: (sequence: number, limit: number) => readonly StoredLine[]
  readonly leafOf: (sequence: number) => Uint8Array | null
  /** Sequence of the decision with an id. */
  readonly sequenceOf: (decision: string) => number | null
  readonly close: () => void
}

/** @throws LogError `ERR_LOG_MISSING`, `ERR_LOG_VERSION`, `ERR_LOG_UNREADABLE` */
export const openRecordSource = (directory: string): RecordSource => {
  const database = openReader(directory)
  const checkpoint = database.prepare('SELECT checkpoint FROM tree').pluck().get() as string
  const size = database.prepare('SELECT coalesce(max(sequence) + 1, 0) FROM record').pluck()
  const batch = database.prepare(
    `SELECT r.sequence, r.body, r.leaf, d.body AS about
     FROM record r LEFT JOIN record d ON d.id = r.decision AND d.kind = 'decision'
     WHERE r.sequence >= ? ORDER BY r.sequence LIMIT ?`,
  )
  const leaf = database.prepare('SELECT leaf FROM record WHERE sequence = ?').pluck()
  const sequence = database.prepare("SELECT sequence FROM record WHERE id = ? AND kind = 'decision'").pluck()
  return {
    origin: checkpoint.slice(0, checkpoint.indexOf('\n')),
    size: () => size.get() as number,
    batch: (first, limit) => batch.all(first, limit) as StoredLine[],
    leafOf: index => (leaf.get(index) as Uint8Array | undefined) ?? null,
    sequenceOf: decision => (sequence.get(decision) as number | undefined) ?? null,
    close: () => void database.close(),
  }
}
