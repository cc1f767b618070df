import type { Database } from 'better-sqlite3'
import { openCheckpoint } from './checkpoint.ts'
import type { Checkpoint, NoteKey } from './checkpoint.ts'
import { LogError } from '../log-error.ts'
import { loadVerifier } from '../writing/log-keys.ts'
import { inclusionProof, rootOf, treeOf } from './merkle.ts'
import { openReader } from '../reading/reader.ts'
import { PIECE, pieceRoots, segmentsOf } from '../segments/segments.ts'
import { formatProof } from './tlog-proof.ts'

/**
 * Proves that a record is in the log, as its last checkpoint signs it.
 * @param record - id of a decision, or the sequence of any record
 * @returns a proof in the format of `tlog-proof.ts`, with the record; `null` when there is no such record, or it was redacted
 * @throws LogError `ERR_LOG_MISSING`, `ERR_LOG_VERSION`, `ERR_LOG_UNREADABLE`, `ERR_LOG_KEY`; `ERR_LOG_DAMAGED` when the log is not
 *   what was signed: then there is nothing that could be proven
 */
export const proveRecord = (directory: string, record: string | number): string | null => {
  const verifier = loadVerifier(directory)
  const database = openReader(directory)
  try {
    // one view of the log, however much is written meanwhile
    return database.transaction(() => prove(database, verifier, record))()
  } finally {
    database.close()
  }
}

const prove = (database: Database, verifier: NoteKey, record: string | number): string | null => {
  const found = findRecord(database, record)
  if (found === null) return null
  const note = database.prepare('SELECT checkpoint FROM tree').pluck().get() as string | undefined
  const opened = note === undefined ? null : openCheckpoint(note, verifier)
  if (note === undefined || opened?.kind !== 'verified') throw damaged('the log has no valid checkpoint')
  const { index, body } = found
  if (body.toString() === '{}') return null
  const proof = proofOf(database, index, opened.checkpoint)
  if (proof === null || !proof.root.equals(opened.checkpoint.root)) {
    throw damaged('the records are not those that were signed')
  }
  return formatProof({ record: body, index, hashes: proof.hashes, checkpoint: note })
}

const damaged = (message: string): LogError => new LogError('ERR_LOG_DAMAGED', message)

const findRecord = (
  database: Database,
  record: string | number,
): { readonly index: number; readonly body: Buffer } | null => {
  const where = typeof record === 'number' ? 'sequence = ?' : "id = ? AND kind = 'decision'"
  const row = database
    .prepare(`SELECT sequence AS "index", CAST(body AS BLOB) AS body FROM record WHERE ${where}`)
    .get(record) as { index: number; body: Buffer } | undefined
  return row ?? null
}

/**
 * Within the piece that has the record, then from piece to piece: they are perfect subtrees (but for the last, which is where RFC 6962 splits
 * as well), and of those in segments, purged or not, the roots are at hand.
 * @returns `null` when there is no such record in what is signed
 */
const proofOf = (
  database: Database,
  index: number,
  { size }: Checkpoint,
): { readonly hashes: readonly Uint8Array[]; readonly root: Buffer } | null => {
  const sealed = segmentsOf(database).flatMap(pieceRoots)
  const own = Math.floor(index / PIECE)
  const leaves = leavesOf(database, own, size)
  if (index >= size || leaves[index - own * PIECE] === undefined) return null
  const within = inclusionProof(leaves, index - own * PIECE)
  const roots = Array.from(
    { length: Math.ceil(size / PIECE) },
    (_, piece) => sealed[piece] ?? rootOfPiece(database, piece, size),
  )
  const above = inclusionProof(roots, own)
  return { hashes: [...within.proof, ...above.proof], root: above.root }
}

const bounds = (piece: number, size: number): readonly [number, number] => [
  piece * PIECE,
  Math.min((piece + 1) * PIECE, size),
]

const leavesOf = (database: Database, piece: number, size: number): readonly Uint8Array[] =>
  (
    database
      .prepare('SELECT leaf, sequence FROM record WHERE sequence >= ? AND sequence < ? ORDER BY sequence')
      .all(...bounds(piece, size)) as { readonly leaf: Uint8Array }[]
  ).map(({ leaf }) => leaf)

const rootOfPiece = (database: Database, piece: number, size: number): Uint8Array =>
  rootOf(treeOf(Buffer.concat(leavesOf(database, piece, size))))
