import type { Database } from 'better-sqlite3'
import type { DeliveryPromise } from '../../rules/delivery.ts'
import type { SpoolSealed } from './spool-seal.ts'
import type { SpoolState } from './states.ts'

/** A payload that is spooled, without its content. */
export type SpoolRow = {
  readonly decision: string
  readonly state: SpoolState
  readonly promise: DeliveryPromise
  /** When it was accepted, and until when it waits. */
  readonly time: string
  readonly expires: string
  readonly instrument: string
  /** `host:port`. */
  readonly destination: string
  readonly route: string
  /** Octets of the sealed payload. */
  readonly bytes: number
  /** Attempts to send it so far. */
  readonly attempts: number
  /** What the vendor, or the way to it, said last; null before the first attempt has ended. */
  readonly status: number | null
  readonly error: string | null
}

export type SpoolFilter = {
  readonly ids?: readonly string[]
  readonly state?: SpoolState
  readonly instrument?: string
}

/** In the order in which they were accepted. */
export const spoolRows = (
  database: Database,
  { ids, state, instrument }: SpoolFilter,
  limit: number,
): readonly SpoolRow[] => {
  const conditions = [
    ...(ids ? ['s.decision IN (SELECT value FROM json_each(@ids))'] : []),
    ...(state ? ['s.state = @state'] : []),
    ...(instrument ? ['r.instrument = @instrument'] : []),
  ]
  const last = (member: string): string =>
    `(SELECT e.body ->> '$.${member}' FROM record e WHERE e.decision = s.decision
       AND e.kind IN ('spool.unsent', 'spool.again', 'spool.unknown', 'spool.stuck') ORDER BY e.sequence DESC LIMIT 1)`
  return database
    .prepare(
      `SELECT s.decision, s.state, s.promise, r.time, r.body ->> '$.spool.expires' AS expires, r.instrument, r.destination,
         r.route, length(s.ciphertext) AS bytes,
         (SELECT count(*) FROM record e WHERE e.decision = s.decision AND e.kind = 'spool.send') AS attempts,
         ${last('status')} AS status, ${last('error')} AS error
       FROM main.spool s JOIN record r ON r.id = s.decision AND r.kind = 'decision'
       WHERE ${conditions.join(' AND ') || 'TRUE'}
       ORDER BY r.sequence LIMIT @limit`,
    )
    .all({
      limit,
      ...(ids && { ids: JSON.stringify(ids) }),
      ...(state && { state }),
      ...(instrument && { instrument }),
    }) as SpoolRow[]
}

/** One that is spooled, still sealed. */
export const spoolGet = (database: Database, decision: string): SpoolSealed | null =>
  (database.prepare('SELECT nonce, ciphertext FROM main.spool WHERE decision = ?').get(decision) as
    SpoolSealed | undefined) ?? null
