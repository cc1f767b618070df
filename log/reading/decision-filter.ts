/** Which decisions are meant. All that are given must hold. */
export type DecisionFilter = {
  /** RFC 3339 in UTC with milliseconds; `since` is inclusive, `until` exclusive. */
  readonly since?: string
  readonly until?: string
  readonly instrument?: string
  readonly route?: string
  readonly verdict?: 'forward' | 'block'
  readonly reason?: string
  /** `host:port`. */
  readonly destination?: string
}

/** Parts of a filter by the column they look at. */
const comparisons = {
  since: ['time', '>='],
  until: ['time', '<'],
  instrument: ['instrument', '='],
  route: ['route', '='],
  verdict: ['verdict', '='],
  reason: ['reason', '='],
  destination: ['destination', '='],
} as const satisfies Record<keyof DecisionFilter, readonly [string, string]>

type Column = (typeof comparisons)[keyof DecisionFilter][0]

const parts = Object.keys(comparisons) as (keyof DecisionFilter)[]

/** The parts that are given, as values to bind to the condition of `conditionOf`. */
export const boundValues = (filter: DecisionFilter): Readonly<Record<string, string>> =>
  Object.fromEntries(parts.flatMap(part => (filter[part] === undefined ? [] : [[part, filter[part]]])))

/**
 * The filter as an SQL condition on bound values, `TRUE` for an empty one.
 * @param spell - how a column is named in the query; by default as it is
 */
export const conditionOf = (filter: DecisionFilter, spell: (column: Column) => string = column => column): string =>
  Object.keys(boundValues(filter))
    .map(part => {
      const [column, comparison] = comparisons[part as keyof DecisionFilter]
      return `${spell(column)} ${comparison} @${part}`
    })
    .join(' AND ') || 'TRUE'
