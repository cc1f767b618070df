import type { Database } from 'better-sqlite3'
import type { DecisionEntry, Entry } from '../record.ts'

/** Decisions that agree in all that the log knows of how a request came and what was decided, counted. */
export type Traffic = Pick<
  DecisionEntry,
  'instrument' | 'client' | 'ingress' | 'destination' | 'method' | 'route' | 'path' | 'verdict' | 'reason' | 'policy'
> & {
  readonly count: number
  /** Of how many the payload is still held. */
  readonly held: number
}

export type TrafficProgress = { readonly done: number; readonly total: number }

const PROGRESS_EVERY = 5_000

/**
 * Counts the decisions from a time on.
 * @param since - RFC 3339 in UTC with milliseconds
 * @param onProgress - hears of records, not of decisions
 */
export const countTraffic = (
  database: Database,
  since: string,
  onProgress: (progress: TrafficProgress) => void = () => undefined,
): readonly Traffic[] => {
  const { total } = database.prepare('SELECT count(*) AS total FROM record WHERE time >= ?').get(since) as {
    readonly total: number
  }
  const held = new Set(database.prepare('SELECT decision FROM held').pluck().all() as string[])
  const counted = new Map<string, { -readonly [key in keyof Traffic]: Traffic[key] }>()
  let done = 0
  // Each body is parsed once, here: each column that is asked of the table would parse it anew.
  for (const body of database.prepare('SELECT body FROM record WHERE time >= ?').pluck().iterate(since)) {
    const entry = JSON.parse(body as string) as Entry
    if (entry.kind === 'decision') {
      const way = wayOf(entry)
      const key = JSON.stringify(way)
      const sum = counted.get(key) ?? { ...way, count: 0, held: 0 }
      sum.count++
      if (held.has(entry.id)) sum.held++
      counted.set(key, sum)
    }
    if (++done % PROGRESS_EVERY === 0) onProgress({ done, total })
  }
  return [...counted.values()]
}

const wayOf = ({
  instrument,
  client,
  ingress,
  destination,
  method,
  route,
  path,
  verdict,
  reason,
  policy,
}: DecisionEntry): Omit<Traffic, 'count' | 'held'> => ({
  instrument,
  client,
  ingress,
  destination,
  method,
  route,
  path,
  verdict,
  reason,
  policy,
})
