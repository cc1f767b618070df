import type { Database } from 'better-sqlite3'
import { boundValues, conditionOf, type DecisionFilter } from '../reading/decision-filter.ts'
import { openReader } from '../reading/reader.ts'
import { partLengths, periodOf, type Period } from './period.ts'
import { newGroups, none, sum, type Ranked, type Tally } from './tally.ts'

/** Groups, the largest first, and the sum of those beyond the most that are kept apart. */
export type Ranking = { readonly groups: readonly Ranked[]; readonly rest: Tally }

/** Somewhere in requests that something was stopped for. */
export type StoppedField = {
  readonly route: string | null
  /** Surface and JSON Pointer, with `*` for the indexes of arrays. */
  readonly field: string
  /** Detector or, with no category, the rule that was broken. */
  readonly what: string
  readonly category: string | null
  readonly requests: number
  readonly instruments: number
}

/** What an exception of the policy let pass. */
export type Excepted = {
  readonly exception: string
  readonly detector: string
  readonly category: string
  readonly route: string | null
  readonly requests: number
  readonly instruments: number
}

/** What a person did with held payloads. */
export type Reviewed = { readonly actor: string; readonly action: string; readonly times: number }

export type PolicyInForce = {
  readonly number: number
  readonly time: string
  readonly until: string | null
  readonly policy: string
  readonly cause: string
  readonly actor: string
}

/** `refused`: requests that were turned away; null when nobody counted. */
export type Gap = {
  readonly since: string
  readonly time: string
  readonly cause: string
  readonly refused: number | null
}

/** What left and what was stopped in some time. */
export type Figures = {
  /** Name, number of records and signed checkpoint of the log at the time of asking. */
  readonly log: { readonly origin: string; readonly size: number; readonly checkpoint: string }
  readonly filter: DecisionFilter
  readonly period: Period
  readonly total: Tally
  /** One for each part of the period. */
  readonly overTime: readonly Tally[]
  readonly instruments: Ranking & {
    /** For each group, its requests in each part of the period: let out, then stopped. */
    readonly courses: readonly (readonly (readonly [number, number])[])[]
  }
  readonly destinations: Ranking
  readonly routes: Ranking
  readonly reasons: Ranking
  /** The largest first; `fieldsBeyond` more are left out. */
  readonly fields: readonly StoppedField[]
  readonly fieldsBeyond: number
  readonly excepted: readonly Excepted[]
  readonly policies: readonly PolicyInForce[]
  readonly reviews: readonly Reviewed[]
  readonly gaps: readonly Gap[]
}

/**
 * Counts the decisions of some time in one pass, and their findings in another.
 * @param filter - with `since` and `until`
 * @throws LogError `ERR_LOG_MISSING`, `ERR_LOG_VERSION`, `ERR_LOG_UNREADABLE`
 */
export const figuresOf = (
  directory: string,
  filter: DecisionFilter & { readonly since: string; readonly until: string },
): Figures => {
  const database = openReader(directory)
  try {
    const period = periodOf(filter.since, filter.until)
    return database.transaction(() => ({
      log: logOf(database),
      filter,
      period,
      ...tallies(database, filter, period),
      ...stoppedFields(database, filter),
      excepted: exceptedOf(database, filter),
      ...happenings(database, period),
    }))()
  } finally {
    database.close()
  }
}

const logOf = (database: Database): Figures['log'] => {
  const checkpoint = database.prepare('SELECT checkpoint FROM tree').pluck().get() as string
  const [origin = '', size] = checkpoint.split('\n')
  return { origin, size: Number(size), checkpoint }
}

type Cell = {
  readonly part: string
  readonly instrument: string | null
  readonly destination: string | null
  readonly route: string | null
  readonly reason: string | null
  readonly verdict: 'forward' | 'block'
  readonly requests: number
  readonly answered: number
  readonly sensitive: number
  readonly octets: number
}

const tallyOf = ({ verdict, requests, answered, sensitive, octets }: Cell): Tally => {
  const isOut = verdict === 'forward'
  return {
    requests,
    letOut: isOut ? requests : 0,
    answered,
    stopped: isOut ? 0 : requests,
    sensitive,
    octetsOut: octets,
  }
}

const tallies = (database: Database, filter: DecisionFilter, { unit, parts }: Period) => {
  const cells = database
    .prepare(
      `SELECT substr(time, 1, ${partLengths[unit]}) AS part, instrument, destination, route, reason, verdict,
         count(*) AS requests, count(iif(result IN ('relayed', 'delivered'), 1, NULL)) AS answered,
         count(iif(verdict = 'block' AND reason = 'sensitive-content', 1, NULL)) AS sensitive,
         coalesce(sum(iif(verdict = 'forward', bytes_out, 0)), 0) AS octets
       FROM decisions WHERE ${conditionOf(filter)}
       GROUP BY part, instrument, destination, route, reason, verdict`,
    )
    .iterate(boundValues(filter)) as IterableIterator<Cell>
  const [instruments, destinations, routes, reasons] = [newGroups(), newGroups(), newGroups(), newGroups()]
  const overTime = new Map<string, Tally>()
  const courses = new Map<string | null, Map<string, readonly [number, number]>>()
  let total = none
  for (const cell of cells) {
    const tally = tallyOf(cell)
    total = sum(total, tally)
    overTime.set(cell.part, sum(overTime.get(cell.part) ?? none, tally))
    instruments.add(cell.instrument, tally)
    destinations.add(cell.destination, tally)
    routes.add(cell.route, tally)
    if (cell.verdict === 'block') reasons.add(cell.reason, tally)
    const course = courses.get(cell.instrument) ?? new Map<string, readonly [number, number]>()
    const [letOut, stopped] = course.get(cell.part) ?? [0, 0]
    courses.set(cell.instrument, course.set(cell.part, [letOut + tally.letOut, stopped + tally.stopped]))
  }
  const rankedInstruments = instruments.ranked()
  return {
    total,
    overTime: parts.map(part => overTime.get(part) ?? none),
    instruments: {
      groups: rankedInstruments,
      rest: instruments.rest(),
      courses: rankedInstruments.map(({ name }) =>
        parts.map(part => courses.get(name)?.get(part) ?? ([0, 0] as const)),
      ),
    },
    destinations: { groups: destinations.ranked(), rest: destinations.rest() },
    routes: { groups: routes.ranked(), rest: routes.rest() },
    reasons: { groups: reasons.ranked(), rest: reasons.rest() },
  }
}

type FieldRow = {
  readonly sequence: number
  readonly route: string | null
  readonly instrument: string | null
  readonly field: string
  readonly what: string
  readonly category: string | null
}

const MOST_FIELDS = 2_000

type Counting = Omit<StoppedField, 'requests' | 'instruments'> & {
  requests: number
  last: number
  readonly instruments: Set<string | null>
}

/** What detectors found, and what the schema or another rule was broken by. */
const stoppedFields = (database: Database, filter: DecisionFilter) => {
  const rows = database
    .prepare(
      `SELECT sequence, route, instrument, surface || ' ' || pointer AS field, detector AS what, category
       FROM findings WHERE verdict = 'block' AND ${conditionOf(filter)}
       UNION ALL
       SELECT sequence, route, instrument, place, coalesce(rule, reason), NULL FROM decisions
       WHERE verdict = 'block' AND place IS NOT NULL AND reason <> 'sensitive-content' AND ${conditionOf(filter)}`,
    )
    .iterate(boundValues(filter)) as IterableIterator<FieldRow>
  const counted = new Map<string, Counting>()
  let beyond = 0
  for (const { sequence, instrument, ...row } of rows) {
    const place = { ...row, field: withoutIndexes(row.field) }
    const key = JSON.stringify(place)
    const known = counted.get(key)
    if (known === undefined && counted.size >= MOST_FIELDS) {
      beyond++
      continue
    }
    const counting = known ?? { ...place, requests: 0, last: -1, instruments: new Set() }
    // Findings of one decision follow each other: several in one field are one request.
    if (counting.last !== sequence) counting.requests++
    counting.last = sequence
    counting.instruments.add(instrument)
    counted.set(key, counting)
  }
  const fields = [...counted.values()]
    .map(({ last: _last, instruments, ...field }) => ({ ...field, instruments: instruments.size }))
    .sort((a, b) => b.requests - a.requests)
  return { fields, fieldsBeyond: beyond }
}

/** `/lanes/3/note` is `/lanes/*\/note`, and `/lanes/#3`, a name that the policy does not spell, is `/lanes/#*`. */
const withoutIndexes = (field: string): string => field.replaceAll(/\/(#?)\d+(?=\/|$)/g, '/$1*')

const exceptedOf = (database: Database, filter: DecisionFilter): readonly Excepted[] =>
  database
    .prepare(
      `SELECT exception, detector, category, route, count(DISTINCT sequence) AS requests,
         count(DISTINCT instrument) AS instruments
       FROM exceptions WHERE verdict = 'forward' AND ${conditionOf(filter)}
       GROUP BY 1, 2, 3, 4 ORDER BY requests DESC LIMIT 500`,
    )
    .all(boundValues(filter)) as Excepted[]

const happenings = (database: Database, { since, until }: Period) => ({
  policies: database
    .prepare(
      `SELECT number, time, until, policy, cause, actor FROM policies
       WHERE time < @until AND (until IS NULL OR until > @since) ORDER BY number DESC LIMIT 100`,
    )
    .all({ since, until }) as PolicyInForce[],
  reviews: database
    .prepare(
      `SELECT actor, action, count(*) AS times FROM reviews
       WHERE time >= @since AND time < @until GROUP BY actor, action ORDER BY actor, action LIMIT 500`,
    )
    .all({ since, until }) as Reviewed[],
  gaps: database
    .prepare(
      `SELECT since, time, cause, refused FROM operations
       WHERE kind = 'gap' AND time >= @since AND since < @until ORDER BY sequence DESC LIMIT 500`,
    )
    .all({ since, until }) as Gap[],
})
