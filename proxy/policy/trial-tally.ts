import type { Policy } from '../../rules/policy.ts'
import type { BlockReason, Trial } from '../../rules/verdict.ts'

/** What one route on trial would have done. */
export type TrialCount = {
  readonly route: string
  readonly wouldAllow: number
  readonly wouldBlock: Readonly<Partial<Record<BlockReason, number>>>
}

/** Counts of recorded trials, kept in memory. The log has them all. */
export type TrialTally = {
  /** RFC 3339: since when is counted. */
  readonly since: string
  readonly add: (trial: Trial) => void
  /** One for each route on trial, in the order of the policy. */
  readonly counts: () => readonly TrialCount[]
}

type Counting = { wouldAllow: number; wouldBlock: Partial<Record<BlockReason, number>> }

export const openTally = ({ candidates }: Policy): TrialTally => {
  const byRoute = new Map(candidates.map(({ id }): [string, Counting] => [id, { wouldAllow: 0, wouldBlock: {} }]))
  return {
    since: new Date().toISOString(),
    add: ({ route, reason }) => {
      const counting = byRoute.get(route)
      if (!counting) return
      if (reason === null) counting.wouldAllow++
      else counting.wouldBlock[reason] = (counting.wouldBlock[reason] ?? 0) + 1
    },
    counts: () => [...byRoute].map(([route, counting]) => ({ route, ...structuredClone(counting) })),
  }
}
