import { openLastingReader } from './reader.ts'

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

/** Whether nothing is left of a record but its hash: there is nothing to hand on, and the redaction itself is a record. */
export const isRedacted = ({ body }: Pick<StoredLine, 'body'>): boolean => body === '{}'

/** A signed checkpoint (https://c2sp.org/tlog-checkpoint), and how many records it signs. */
export type SizedNote = { readonly note: string; readonly size: number }

/** The log from one record on, for whoever hands it on. No transaction is held between two calls. */
export type RecordSource = {
  /** Name of the log, as its checkpoints have it. */
  readonly origin: string
  /** How many records there are: the sequence that the next one will have. */
  readonly size: () => number
  /** The signed checkpoint of all records that there are, and their number. */
  readonly checkpoint: () => SizedNote
  /** Records from `sequence` on, at most `limit`, in order; see `isRedacted`. */
  readonly batch: (sequence: number, limit: number) => readonly StoredLine[]
  readonly leafOf: (sequence: number) => Uint8Array | null
  /** Sequence of the decision with an id. */
  readonly sequenceOf: (decision: string) => number | null
  readonly close: () => void
}

/** @throws LogError `ERR_LOG_MISSING`, `ERR_LOG_VERSION`, `ERR_LOG_UNREADABLE` */
export const openRecordSource = (directory: string): RecordSource => {
  const { read, close } = openLastingReader(directory)
  const pluck = (sql: string, ...values: readonly (string | number)[]): unknown =>
    read(database =>
      database
        .prepare(sql)
        .pluck()
        .get(...values),
    )
  const checkpoint = (): SizedNote => {
    const note = pluck('SELECT checkpoint FROM tree') as string
    return { note, size: Number(note.split('\n')[1]) }
  }
  const { note: first } = checkpoint()
  return {
    origin: first.slice(0, first.indexOf('\n')),
    checkpoint,
    size: () => pluck('SELECT coalesce(max(sequence) + 1, 0) FROM main.record') as number,
    batch: (first, limit) => read(database => database.prepare(batch).all(first, limit) as StoredLine[]),
    leafOf: index => (pluck('SELECT leaf FROM record WHERE sequence = ?', index) as Uint8Array | undefined) ?? null,
    sequenceOf: decision =>
      (pluck("SELECT sequence FROM record WHERE id = ? AND kind = 'decision'", decision) as number | undefined) ?? null,
    close,
  }
}

/** By a subquery and not a join: see `views.ts`. */
const batch = `SELECT r.sequence, r.body, r.leaf,
  (SELECT d.body FROM record d WHERE d.id = r.decision AND d.kind = 'decision' LIMIT 1) AS about
  FROM record r WHERE r.sequence >= ? ORDER BY r.sequence LIMIT ?`
