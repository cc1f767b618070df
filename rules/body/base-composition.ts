import type { InteropValue } from './interop.ts'

/** Clusters that a count of bases has to cover: with fewer, the counts come near to single reads. */
export const LEAST_CLUSTERS = 10_000
/** Cycles in a row that are looked at together. */
const WINDOW = 20
/** A base that more of the clusters call than this is what the cycle spells. */
const DOMINANT = 0.9

/** How often each base was called in one cycle. */
export type CycleCounts = {
  /** What the cycles are sorted by. */
  readonly cycle: number
  /** Of A, C, G and T. */
  readonly called: readonly number[]
  /** Clusters without a call. */
  readonly uncalled: number
}

/**
 * Where called bases spell a sequence: a tile of few clusters turns `calledCounts` into the reads themselves, a lane of one
 * amplicon into its consensus. A diverse library has no base beyond 90 % in half of any 20 cycles in a row.
 * @param value - as `decodeInterop` gives it; all metrics but `CorrectedIntMetrics` spell nothing
 * @returns index of a record at fault, or null
 */
export const spellingRecord = ({ kind, records }: InteropValue): number | null => {
  if (kind !== 'CorrectedIntMetrics') return null
  const tiles = new Map<string, (CycleCounts & { readonly record: number })[]>()
  for (const [record, { lane, tile, cycle, calledCounts }] of records.entries()) {
    const { NC = 0, ...bases } = calledCounts as Record<string, number>
    const key = `${Number(lane)} ${Number(tile)}`
    const cycles = tiles.get(key) ?? []
    if (cycles.length === 0) tiles.set(key, cycles)
    cycles.push({ cycle: Number(cycle), called: Object.values(bases), uncalled: NC, record })
  }
  for (const cycles of tiles.values()) {
    const spelling = spellingCycle(cycles, LEAST_CLUSTERS)
    if (spelling !== null) return cycles[spelling]!.record
  }
  return null
}

/**
 * The same for the cycles of one tile, lane or library.
 * @param minimumClusters - that each cycle has to cover
 * @returns index of a cycle that covers too few, or else of the last cycle of a window in which half of the cycles or more are
 *   spelled (fewer cycles than a window are one); null where nothing is spelled
 */
export const spellingCycle = (cycles: readonly CycleCounts[], minimumClusters: number): number | null => {
  const counted = cycles.map(({ cycle, called, uncalled }, index) => {
    const clusters = called.reduce((sum, count) => sum + count, 0)
    const isSpelled = Math.max(...called) > DOMINANT * clusters
    return { cycle, index, isSpelled, isFew: clusters + uncalled < minimumClusters }
  })
  const few = counted.findIndex(({ isFew }) => isFew)
  if (few >= 0) return few
  const inOrder = counted.toSorted((a, b) => a.cycle - b.cycle)
  const length = Math.min(WINDOW, inOrder.length)
  let spelled = 0
  for (const [at, { index, isSpelled }] of inOrder.entries()) {
    spelled += Number(isSpelled) - Number(inOrder[at - length]?.isSpelled ?? false)
    if (at + 1 >= length && 2 * spelled >= length) return index
  }
  return null
}
