import { setTimeout } from 'node:timers/promises'
import { boundValues, conditionOf, type DecisionFilter } from './decision-filter.ts'
import { openLastingReader, type LastingReader } from './reader.ts'
import type { DecisionEntry, LogRecord } from '../record.ts'

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
  const reader = openLastingReader(directory)
  try {
    let size = sizeOf(reader)
    yield* eventsOf(reader, filter, 'DESC', { ...bounds(filter, -1, size), limit: last }).toReversed()
    if (follow === null) return
    while (!follow.aborted) {
      const now = sizeOf(reader)
      for (let first = size; first < now; first += PAGE) {
        const page = bounds(filter, first - 1, Math.min(first + PAGE, now))
        yield* eventsOf(reader, filter, 'ASC', { ...page, limit: PAGE })
      }
      size = now
      await setTimeout(INTERVAL, undefined, { signal: follow }).catch(() => undefined)
    }
  } finally {
    reader.close()
  }
}

const sizeOf = ({ read }: LastingReader): number =>
  read(database => database.prepare('SELECT coalesce(max(sequence) + 1, 0) FROM main.record').pluck().get() as number)

/** Records after `after` and before `before`. */
const bounds = (filter: DecisionFilter, after: number, before: number) => ({ ...boundValues(filter), after, before })

type Row = Pick<LogEvent, 'leaf' | 'decision'> & { readonly body: string; readonly about: string | null }

const eventOf = ({ body, about, leaf, decision }: Row): LogEvent => {
  const of = about === null ? null : (JSON.parse(about) as DecisionEntry)
  const { instrument = null, route = null, destination = null } = of ?? {}
  return { record: JSON.parse(body) as LogRecord, leaf, decision, instrument, route, destination }
}

/** A record that is about a decision has the columns of that decision, but its own time. */
const eventsOf = (
  { read }: LastingReader,
  filter: DecisionFilter,
  order: 'ASC' | 'DESC',
  values: Readonly<Record<string, string | number>>,
): readonly LogEvent[] => {
  const condition = conditionOf(filter, column => (column === 'time' ? 'time' : `about ->> '$.${column}'`))
  const rows = read(database =>
    database
      .prepare(
        `SELECT sequence, body, leaf, coalesce(about ->> '$.id', decision) AS decision, about FROM (${events})
         WHERE sequence > @after AND sequence < @before AND body <> '{}' AND ${condition} ORDER BY sequence ${order} LIMIT @limit`,
      )
      .all(values),
  )
  return (rows as Row[]).map(eventOf)
}

/** Records with the decisions that they are or are about: by a subquery and not a join, see `views.ts`. */
const events = `SELECT r.sequence, r.body, r.leaf, r.time, r.decision,
  CASE r.kind WHEN 'decision' THEN r.body
    ELSE (SELECT d.body FROM record d WHERE d.id = r.decision AND d.kind = 'decision' LIMIT 1) END AS about
  FROM record r`
