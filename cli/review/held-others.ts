import type { LogReader } from '../../log/reading/query.ts'
import { isSameKind, similarCases, type SimilarCase } from '../../log/review/similar-cases.ts'
import type { HeldCase } from './held-case.ts'

const DEFAULT_SIMILAR = 10

/** `waiting`: payloads of exactly the same kind about which nothing has been decided yet. `more`: similar cases that are left out. */
export type Others = { readonly similar: readonly SimilarCase[]; readonly more: number; readonly waiting: number }

/** The cases like one, without opening any. */
export const othersLike = (
  reader: Pick<LogReader, 'pastCases' | 'heldList'>,
  found: HeldCase,
  limit: number | true = true,
): Others => {
  const subject = { ...found, id: found.decision }
  const similar = similarCases(reader.pastCases(), subject)
  const { reason } = found
  const held = reader.heldList({ ...(reason !== null && { reason }), limit: Number.MAX_SAFE_INTEGER })
  const waiting = held.filter(
    ({ decision, state, ...row }) =>
      decision !== found.decision && (state === 'held' || state === 'in-review') && isSameKind(row, found),
  )
  const most = limit === true ? DEFAULT_SIMILAR : limit
  return { similar: similar.slice(0, most), more: Math.max(0, similar.length - most), waiting: waiting.length }
}
