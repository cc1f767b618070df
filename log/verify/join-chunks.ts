import type { Collector } from './evidence.ts'
import type { ChunkResult } from './examine-rows.ts'
import { appendLeaf, emptyFrontier } from '../proofs/merkle.ts'
import type { Frontier } from '../proofs/merkle.ts'
import { PIECE } from '../segments/segments.ts'

export type Joined = { readonly tree: Frontier; readonly atSizes: ReadonlyMap<number, Frontier> }

/**
 * Puts the subtrees together, and tells of what is missing between and within them.
 * @param start - the tree of whole pieces that stands before the first result
 * @param end - one more than the highest sequence; `signed`: how many records are signed
 */
export const joinChunks = (
  results: readonly ChunkResult[],
  { signed, end }: { readonly signed: number; readonly end: number },
  evidence: Collector,
  start: Frontier = emptyFrontier,
): Joined => {
  const atSizes = new Map([[start.size, start]])
  /** A tree of whole pieces, of which each counts as one leaf. */
  let pieces: Frontier = { size: start.size / PIECE, hashes: start.hashes }
  let last = emptyFrontier
  let expected = start.size
  let gapEnd = -1
  for (const { from, tree, atCuts, gaps, evidence: found } of results) {
    for (const { what, sequence } of found) evidence.add(what, sequence)
    if (from < 0 || from >= signed) continue
    const before = pieces.hashes
    for (const cut of atCuts)
      atSizes.set(from + cut.size, { size: from + cut.size, hashes: [...before, ...cut.hashes] })
    const missing = from > expected ? [[expected, from] as const, ...gaps] : gaps
    for (const [start, stop] of missing) {
      // a gap that only goes on was told of where it began
      if (start !== gapEnd) evidence.add('record-missing', start)
      gapEnd = stop
    }
    expected = Math.min(from + PIECE, signed, end)
    if (tree.size === PIECE) pieces = appendLeaf(pieces, tree.hashes[0]!)
    else last = tree
  }
  const tree = { size: pieces.size * PIECE + last.size, hashes: [...pieces.hashes, ...last.hashes] }
  return { tree, atSizes }
}
