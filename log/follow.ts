import { setTimeout } from 'node:timers/promises'
import type { Database } from 'better-sqlite3'
import { boundValues, conditionOf, type DecisionFilter } from './decision-filter.ts'
import { openReader } from './reader.ts'
import type { LogRecord } from './record.ts'

/** A record as it comes up, with what the decision that it is about says of itself. Null where there is none. */
export type LogEvent = {
  readonly record: LogRecord
  /** 32 octets. */
  readonly leaf: Uint8Array
  readonly decision: string | null
  readonly instrument: string | null
  readonly route: string | null
  readonly destination: string | null
}

/** How often a quiet log is looked at, in milliseconds. */
const INTERVAL = 250
const PAGE = 1_000

/**
 * Records in the order of the log: the last ones there are and, when `follow` is given, each new one as soon as it is durable,
 * until that is aborted. Under a filter: the decisions that fit it and the records about them.
 * @param last - how many of those that are there
 * @throws LogError `ERR_LOG_MISSING`, `ERR_LOG_VERSION`, `ERR_LOG_UNREADABLE`
 */
export const tailLog = async function* (
  directory: string,
  filter: DecisionFilter,
  last: number,
  follow: AbortSignal | null = null,
): AsyncGenerator<LogEvent> {
  const database = openReader(directory)
  try {
    let size = sizeOf(database)
    for (const row of eventsOf(database, filter, 'DESC')
      .all({ ...bounds(filter, -1, size), limit: last })
      .toReversed())
      yield eventOf(row as Row)
    if (follow === null) return
    const next = eventsOf(database, filter, 'ASC')
    while (!follow.aborted) {
      const now = sizeOf(database)
      for (let first = size; first < now; first += PAGE) {
        const page = bounds(filter, first - 1, Math.min(first + PAGE, now))
        for (const row of next.all({ ...page, limit: PAGE })) yield eventOf(row as Row)
      }
      size = now
      await setTimeout(INTERVAL, undefined, { signal: follow }).catch(() => undefined)
    }
  } finally {
    database.close()
  }
}

const sizeOf = (database: Database): number =>
  database.prepare('SELECT coalesce(max(sequence) + 1, 0) FROM record').pluck().get() as number

/** Records after `after` and before `before`. */
const bounds = (filter: DecisionFilter, after: number, before: number) => ({ ...boundValues(filter), after, before })

type Row = Omit<LogEvent, 'record'> & { readonly body: string }

const eventOf = ({ body, ...event }: Row): LogEvent => ({ record: JSON.parse(body) as LogRecord, ...event })

/** A record that is about a decision has the columns of that decision, but its own time. */
const eventsOf = (database: Database, filter: DecisionFilter, order: 'ASC' | 'DESC') =>
  database.prepare(
    `SELECT r.body, r.leaf, coalesce(d.id, r.decision) AS decision, d.instrument, d.route, d.destination
     FROM record r LEFT JOIN record d
       ON d.kind = 'decision' AND d.id = CASE r.kind WHEN 'decision' THEN r.id ELSE r.decision END
     WHERE r.sequence > @after AND r.sequence < @before
       AND ${conditionOf(filter, column => (column === 'time' ? 'r.time' : `d.${column}`))}
     ORDER BY r.sequence ${order} LIMIT @limit`,
  )
