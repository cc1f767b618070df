import Database from 'better-sqlite3'
import { chmodSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { hash } from 'node:crypto'
import { dirname } from 'node:path'
import { settle } from '../writing/exclusive-file.ts'
import { LogError } from '../log-error.ts'
import { HASH_BYTES, rootOf, treeOf } from '../proofs/merkle.ts'
import { openReader } from '../reading/reader.ts'
import { createSegmentSchema } from '../schema.ts'
import { PIECE, segmentFile } from './segments.ts'

/** The records to move: whole pieces. */
export type SegmentRange = { readonly first: number; readonly last: number }

/**
 * Copies records into a segment file, and reads them back from the disk. The file gets its name last, when it is durable and mode 0400, so
 * that one of that name is whole; until the log names it, it is superfluous, and made again.
 * @returns roots of its pieces: those of the records that the database has, to which every record that was read back was found to fit
 * @throws LogError (as a rejection) `ERR_LOG_SEGMENT` when the copy is not what was copied; NodeJS.ErrnoException
 */
export const writeSegment = async (directory: string, range: SegmentRange): Promise<Buffer> => {
  const file = segmentFile(directory, range)
  const aside = `${file}.new`
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  rmSync(aside, { force: true })
  const roots = copyRecords(directory, range, aside)
  await settle(aside)
  requireCopy(aside, range, roots)
  chmodSync(aside, 0o400)
  renameSync(aside, file)
  await settle(dirname(file))
  return roots
}

type Row = readonly [sequence: number, body: string, leaf: Buffer]

const copyRecords = (directory: string, { first, last }: SegmentRange, file: string): Buffer => {
  const source = openReader(directory)
  const target = new Database(file)
  try {
    // one that is not whole is thrown away, so nothing need be durable before the end
    target.pragma('journal_mode = OFF')
    target.pragma('synchronous = OFF')
    createSegmentSchema(target)
    const read = source
      .prepare('SELECT sequence, body, leaf FROM main.record WHERE sequence >= ? AND sequence < ? ORDER BY sequence')
      .raw()
    const insert = target.prepare('INSERT INTO record (sequence, body, leaf) VALUES (?, ?, ?)')
    const copyPiece = target.transaction((rows: readonly Row[]) => rows.forEach(row => insert.run(...row)))
    const roots: Uint8Array[] = []
    for (let from = first; from <= last; from += PIECE) {
      const rows = read.all(from, from + PIECE) as Row[]
      copyPiece(rows)
      roots.push(rootOf(treeOf(Buffer.concat(rows.map(([, , leaf]) => leaf)))))
    }
    return Buffer.concat(roots)
  } finally {
    target.close()
    source.close()
  }
}

/** Every record has to be there and fit its hash, every piece its root, and SQLite has to find the file in order. */
const requireCopy = (file: string, { first, last }: SegmentRange, roots: Buffer): void => {
  const copy = new Database(file, { readonly: true, fileMustExist: true })
  try {
    const read = copy
      .prepare('SELECT sequence, body, leaf FROM record WHERE sequence >= ? AND sequence < ? ORDER BY sequence')
      .raw()
    const isPieceRight = (from: number, index: number): boolean => {
      const rows = read.all(from, from + PIECE) as Row[]
      const root = rootOf(treeOf(Buffer.concat(rows.map(leafOf))))
      return rows.length === PIECE && root.equals(roots.subarray(index * HASH_BYTES, (index + 1) * HASH_BYTES))
    }
    const count = copy.prepare('SELECT count(*) FROM record').pluck().get()
    const pieces = Array.from({ length: (last + 1 - first) / PIECE }, (_, index) => first + index * PIECE)
    const isWhole = count === last + 1 - first && copy.pragma('integrity_check(1)', { simple: true }) === 'ok'
    if (!isWhole || !pieces.every(isPieceRight))
      throw new LogError('ERR_LOG_SEGMENT', 'the copy of the records is not what was copied')
  } finally {
    copy.close()
  }
}

/** The hash of a body; of one that was redacted, which `seal-segment.ts` has had verified, the hash that stayed. */
const leafOf = ([, body, leaf]: Row): Buffer => (body === '{}' ? leaf : hash('sha256', `\0${body}`, 'buffer'))
