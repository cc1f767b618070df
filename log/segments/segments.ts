import type { Database } from 'better-sqlite3'
import { join } from 'node:path'
import { logFiles } from '../log-files.ts'
import { appendLeaf, emptyFrontier, HASH_BYTES, rootOf } from '../proofs/merkle.ts'
import type { Frontier } from '../proofs/merkle.ts'

/** Records that are checked, sealed and proven in one piece: a power of two, so that a piece is a perfect subtree of the log's tree. */
export const PIECE = 8_192

/**
 * Whole pieces of the log that were moved into a read-only file of their own. The roots of its pieces stay in the database for ever, so
 * that all other records can be proven, and the file be checked, or be deleted.
 */
export type Segment = {
  readonly first: number
  readonly last: number
  /** Root of each piece, 32 octets, one behind the other. */
  readonly roots: Buffer
  readonly isPurged: boolean
}

/** In the order of their records: they follow each other from record 0 on, and those that are purged come first. */
export const segmentsOf = (database: Database): readonly Segment[] => {
  const rows = database.prepare('SELECT first, last, roots, purged FROM main.segment ORDER BY first').all() as (Omit<
    Segment,
    'isPurged'
  > & { readonly purged: number })[]
  return rows.map(({ purged, ...segment }) => ({ ...segment, isPurged: purged === 1 }))
}

/** The root of each piece of a segment. */
export const pieceRoots = ({ roots }: Pick<Segment, 'roots'>): readonly Buffer[] =>
  Array.from({ length: Math.floor(roots.length / HASH_BYTES) }, (_, index) =>
    roots.subarray(index * HASH_BYTES, (index + 1) * HASH_BYTES),
  )

/** The tree over some pieces, of which each counts as one leaf: as high as the tree of the records less the height of a piece. */
export const treeOfPieces = (segments: readonly Pick<Segment, 'roots'>[]): Frontier =>
  segments.flatMap(pieceRoots).reduce(appendLeaf, emptyFrontier)

/** RFC 6962 root of the records of one segment alone, in base64. */
export const segmentRoot = (segment: Pick<Segment, 'roots'>): string =>
  rootOf(treeOfPieces([segment])).toString('base64')

/** Whether segments can be what they say: whole pieces that follow each other from record 0 on, the purged ones first. */
export const areInOrder = (segments: readonly Segment[]): boolean => {
  let next = 0
  let isKept = false
  for (const { first, last, roots, isPurged } of segments) {
    const count = last - first + 1
    if (first !== next || count <= 0 || count % PIECE !== 0 || roots.length !== (count / PIECE) * HASH_BYTES)
      return false
    if (isPurged && isKept) return false
    isKept = !isPurged
    next = last + 1
  }
  return true
}

/** Name of a segment's file: by name in the order of the records. */
const segmentName = ({ first, last }: Pick<Segment, 'first' | 'last'>): string =>
  `${digits(first)}-${digits(last)}.sqlite`

const digits = (sequence: number): string => String(sequence).padStart(12, '0')

/** Whether a file in the folder of segments is one of ours: a segment, or one that was being written. */
export const isSegmentName = (name: string): boolean => /^\d{12,}-\d{12,}\.sqlite(\.new(-journal)?)?$/.test(name)

/** @param directory - folder of the log */
export const segmentFile = (directory: string, segment: Pick<Segment, 'first' | 'last'>): string =>
  join(logFiles(directory).segments, segmentName(segment))
