import type { Database } from 'better-sqlite3'
import { openCheckpoint } from './checkpoint.ts'
import type { Checkpoint, NoteKey } from './checkpoint.ts'
import { LogError } from './log-error.ts'
import { loadVerifier } from './log-keys.ts'
import { inclusionProof } from './merkle.ts'
import { openReader } from './reader.ts'
import { formatProof } from './tlog-proof.ts'

/**
 * Proves that a record is in the log, as its last checkpoint signs it.
 * @param record - id of a decision, or the sequence of any record
 * @returns a proof in the format of `tlog-proof.ts`, with the record; `null` when there is no such record
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
  const { proof, size, root } = inclusionProof(leavesOf(database, opened.checkpoint), index)
  if (size !== opened.checkpoint.size || !root.equals(opened.checkpoint.root)) {
    throw damaged('the records are not those that were signed')
  }
  return formatProof({ record: body, index, hashes: proof, checkpoint: note })
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

const leavesOf = function* (database: Database, { size }: Checkpoint): Generator<Uint8Array> {
  const rows = database
    .prepare('SELECT leaf FROM record WHERE sequence >= 0 AND sequence < ? ORDER BY sequence')
    .pluck()
  for (const leaf of rows.iterate(size)) yield leaf as Uint8Array
}
