import type { Database } from 'better-sqlite3'
import { boundValues, conditionOf, type DecisionFilter } from './decision-filter.ts'
import { openReader } from './reader.ts'

/** What decisions can be counted by, with the SQL that says it. `d` is a decision, `f` one of its findings, `x` one that an exception let pass. */
const dimensions = {
  reason: 'd.reason',
  instrument: 'd.instrument',
  route: 'd.route',
  destination: 'd.destination',
  verdict: 'd.verdict',
  method: 'd.method',
  client: 'd.client',
  ingress: 'd.ingress',
  policy: 'd.policy',
  rule: 'd.rule',
  place: 'd.place',
  result: 'd.result',
  error: 'd.error',
  status: 'd.response_status',
  hour: "substr(d.time, 1, 13) || ':00:00.000Z'",
  day: 'substr(d.time, 1, 10)',
  month: 'substr(d.time, 1, 7)',
  detector: 'f.detector',
  category: 'f.category',
  pointer: "f.surface || ' ' || f.pointer",
  exception: 'x.exception',
} as const

export type Dimension = keyof typeof dimensions

export const dimensionNames = Object.keys(dimensions) as readonly Dimension[]

/** How many decisions of a group there were and what they let out. Octets are those of bodies. */
export type Counted = {
  readonly requests: number
  readonly forwarded: number
  readonly blocked: number
  readonly bytes_in: number
  /** Of what was forwarded, as it was to be sent. */
  readonly bytes_out: number
  readonly first: string
  readonly last: string
}

/** A group: its value for each dimension, then what was counted. */
export type StatsRow = Readonly<Partial<Record<Dimension, string | number | null>>> & Counted

/**
 * Counts decisions in groups, the largest group first. A decision with findings of several detectors counts once in the group of each.
 * @throws LogError `ERR_LOG_MISSING`, `ERR_LOG_VERSION`, `ERR_LOG_UNREADABLE`
 */
export const statsOf = (
  directory: string,
  by: readonly Dimension[],
  filter: DecisionFilter,
  limit: number,
): readonly StatsRow[] => {
  const database = openReader(directory)
  try {
    return count(database, by, filter, limit)
  } finally {
    database.close()
  }
}

const count = (database: Database, by: readonly Dimension[], filter: DecisionFilter, limit: number): StatsRow[] => {
  const names = by.map(name => `"${name}"`)
  const group = names.length === 0 ? '' : `GROUP BY ${names.join(', ')}`
  const order = ['requests DESC', ...names].join(', ')
  return database
    .prepare(
      `SELECT ${[...names, counts].join(', ')} FROM (${decisionsBy(by, filter)}) ${group}
       HAVING requests > 0 ORDER BY ${order} LIMIT @limit`,
    )
    .all({ ...boundValues(filter), limit }) as StatsRow[]
}

const counts = `count(*) AS requests, sum(_verdict = 'forward') AS forwarded, sum(_verdict = 'block') AS blocked,
  sum(_bytes_in) AS bytes_in, coalesce(sum(_bytes_out), 0) AS bytes_out, min(_time) AS first, max(_time) AS last`

/** One row for each decision and group; findings multiply the rows of a decision, so those are made distinct again. */
const decisionsBy = (by: readonly Dimension[], filter: DecisionFilter): string => {
  const joins = [
    by.some(name => dimensions[name].startsWith('f.')) ? 'LEFT JOIN findings f ON f.sequence = d.sequence' : '',
    by.some(name => dimensions[name].startsWith('x.')) ? 'LEFT JOIN exceptions x ON x.sequence = d.sequence' : '',
  ].join(' ')
  const groups = by.map(name => `, ${dimensions[name]} AS "${name}"`).join('')
  return `SELECT ${joins.trim() === '' ? '' : 'DISTINCT'} d.sequence AS _sequence, d.verdict AS _verdict, d.time AS _time,
      d.bytes_in AS _bytes_in, d.bytes_out AS _bytes_out ${groups}
    FROM decisions d ${joins}
    WHERE ${conditionOf(filter, column => `d.${column}`)}`
}
