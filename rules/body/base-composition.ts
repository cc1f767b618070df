import type { InteropValue } from './interop.ts'

/** Clusters that a count of bases has to cover: with fewer, the counts come near to single reads. */
const LEAST_CLUSTERS = 10_000
/** Cycles in a row that are looked at together. */
const WINDOW = 20
/** A base that more of the clusters call than this is what the cycle spells. */
const DOMINANT = 0.9

type Cycle = { readonly cycle: number; readonly index: number; readonly isSpelled: boolean }

/**
 * Where called bases spell a sequence: a tile of few clusters turns `calledCounts` into the reads themselves, a lane of one
 * amplicon into its consensus. A diverse library has no base beyond 90 % in half of any 20 cycles in a row.
 * @param value - as `decodeInterop` gives it; all metrics but `CorrectedIntMetrics` spell nothing
 * @returns index of a record at fault, or null
 */
export const spellingRecord = ({ kind, records }: InteropValue): number | null => {
  if (kind !== 'CorrectedIntMetrics') return null
  const tiles = new Map<string, Cycle[]>()
  for (const [index, { lane, tile, cycle, calledCounts }] of records.entries()) {
    const { NC = 0, ...bases } = calledCounts as Record<string, number>
    const called = Object.values(bases)
    const clusters = called.reduce((sum, count) => sum + count, 0)
    if (clusters + NC < LEAST_CLUSTERS) return index
    const isSpelled = Math.max(...called) > DOMINANT * clusters
    const key = `${Number(lane)} ${Number(tile)}`
    const cycles = tiles.get(key) ?? []
    if (cycles.length === 0) tiles.set(key, cycles)
    cycles.push({ cycle: Number(cycle), index, isSpelled })
  }
  return [...tiles.values()].map(spelledIn).find(index => index !== null) ?? null
}

/** The last record of a window in which half of the cycles or more are spelled; fewer cycles than a window are one. */
const spelledIn = (cycles: readonly Cycle[]): number | null => {
  const inOrder = cycles.toSorted((a, b) => a.cycle - b.cycle)
  const length = Math.min(WINDOW, inOrder.length)
  let spelled = 0
  for (const [at, { index, isSpelled }] of inOrder.entries()) {
    spelled += Number(isSpelled) - Number(inOrder[at - length]?.isSpelled ?? false)
    if (at + 1 >= length && 2 * spelled >= length) return index
  }
  return null
}
