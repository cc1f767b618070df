import type { Collector } from './evidence.ts'
import type { RequestCounts } from '../record.ts'
import type { ChunkResult, DecisionCount } from './examine-rows.ts'

/**
 * Compares what each run of the appliance counted itself with the decisions that it left in the log. Requests that are still open, or
 * could not be recorded, may have a decision all the same: one that was written, but not acknowledged.
 * @param isPurged - whether the oldest records are gone: then the beginning of the first run may be among them
 */
export const checkRequests = (results: readonly ChunkResult[], isPurged: boolean, evidence: Collector): void => {
  let total: DecisionCount = { decisions: 0, forwards: 0 }
  let atStart: DecisionCount | null = null
  for (const { counted, marks } of results) {
    for (const { sequence, requests, before } of marks) {
      const here = sum(total, before)
      if (requests === null) atStart = here
      else if (atStart === null ? !isPurged : !isAccounted(requests, difference(here, atStart))) {
        evidence.add('requests-unaccounted', sequence)
      }
    }
    total = sum(total, counted)
  }
}

const sum = (a: DecisionCount, b: DecisionCount): DecisionCount => ({
  decisions: a.decisions + b.decisions,
  forwards: a.forwards + b.forwards,
})

const difference = (a: DecisionCount, b: DecisionCount): DecisionCount => ({
  decisions: a.decisions - b.decisions,
  forwards: a.forwards - b.forwards,
})

const isAccounted = (requests: RequestCounts, { decisions, forwards }: DecisionCount): boolean => {
  const { accepted, open, decided, refused, sent } = requests
  const areAnswered = decided + refused >= accepted - open && decided + refused <= accepted
  const areRecorded = decisions >= decided && decisions <= decided + refused + open
  return areAnswered && areRecorded && sent <= forwards
}
