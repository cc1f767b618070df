import type { Database } from 'better-sqlite3'
import type { DecisionEntry, LogRecord, ReviewEntry } from '../record.ts'

/** A payload that was held, is so or is no more, and what people said and decided about it. */
export type PastCase = {
  readonly decision: LogRecord & DecisionEntry
  /** Oldest first; never empty. Mere looks are left out. */
  readonly events: readonly (LogRecord & ReviewEntry)[]
}

/** What says something about a payload, or decides about it. */
const telling = [
  'review.note',
  'review.approve',
  'review.reject',
  'review.expire',
  'review.release',
  'review.released',
  'review.release-failed',
  'review.release-unknown',
  'review.replay',
  'review.unsent',
  'review.blocked',
] as const satisfies ReviewEntry['kind'][]

/**
 * All of them, the one that was said something about first coming first. What a decision was is taken from its record, so purged payloads are
 * among them, and those whose record was redacted or is in a purged segment are not. By the index of what befell held payloads; its
 * condition has to stand in the query for that.
 */
export const pastCases = (database: Database): readonly PastCase[] => {
  const bodies = database
    .prepare(
      `SELECT body, sequence FROM record WHERE kind >= 'review.' AND kind < 'review/' AND kind IN (${telling.map(() => '?').join(', ')})
       ORDER BY sequence`,
    )
    .pluck()
    .all(...telling) as string[]
  const events = Map.groupBy(
    bodies.map(body => JSON.parse(body) as LogRecord & ReviewEntry),
    ({ decision }) => decision,
  )
  const find = database.prepare("SELECT body FROM record WHERE id = ? AND kind = 'decision'").pluck()
  return [...events].flatMap(([id, events]) => {
    const body = find.get(id) as string | undefined
    return body === undefined ? [] : [{ decision: JSON.parse(body) as PastCase['decision'], events }]
  })
}
