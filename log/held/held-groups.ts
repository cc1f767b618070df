import { placesOf, type HeldRow } from './held-list.ts'

/** What held payloads can be counted by: the values that one has, of which there may be several. */
const dimensions = {
  reason: row => [row.reason],
  rule: row => [row.rule],
  instrument: row => [row.instrument],
  route: row => [row.route],
  destination: row => [row.destination],
  state: row => [row.state],
  detector: row => row.findings.map(({ detector }) => detector),
  category: row => row.findings.map(({ category }) => category),
  place: placesOf,
  policy: row => [row.policy],
  reviewer: row => row.reviewers,
  day: row => [row.time.slice(0, 10)],
} as const satisfies Record<string, (row: HeldRow) => readonly (string | null)[]>

export type HeldDimension = keyof typeof dimensions

export const heldDimensions = Object.keys(dimensions) as readonly HeldDimension[]

export type HeldCounts = {
  readonly payloads: number
  /** Of which nobody has decided anything yet. */
  readonly waiting: number
  /** Octets of the sealed payloads. */
  readonly bytes: number
  readonly first: string
  readonly last: string
}

/** A group: its value for each dimension, then what was counted. */
export type HeldGroup = Readonly<Partial<Record<HeldDimension, string | null>>> & HeldCounts

/**
 * Counts held payloads in groups, the largest group first. One in which several detectors found something counts once in the group of each;
 * one in which none did, in that of `null`.
 */
export const groupHeld = (rows: readonly HeldRow[], by: readonly HeldDimension[]): readonly HeldGroup[] => {
  const groups = new Map<string, { readonly values: readonly (string | null)[]; readonly rows: HeldRow[] }>()
  for (const row of rows)
    for (const values of combinations(by.map(name => valuesOf(row, name)))) {
      const key = JSON.stringify(values)
      const group = groups.get(key) ?? { values, rows: [] }
      group.rows.push(row)
      groups.set(key, group)
    }
  return [...groups]
    .map(([key, { values, rows }]) => ({ key, group: { ...labelled(by, values), ...countsOf(rows) } }))
    .sort((a, b) => b.group.payloads - a.group.payloads || (a.key < b.key ? -1 : 1))
    .map(({ group }) => group)
}

const valuesOf = (row: HeldRow, name: HeldDimension): readonly (string | null)[] => {
  const values = [...new Set<string | null>(dimensions[name](row))]
  return values.length > 0 ? values : [null]
}

/** Every way to take one of each. */
const combinations = <T>(lists: readonly (readonly T[])[]): readonly (readonly T[])[] =>
  lists.reduce<readonly (readonly T[])[]>(
    (combined, list) => combined.flatMap(taken => list.map(one => [...taken, one])),
    [[]],
  )

const labelled = (
  by: readonly HeldDimension[],
  values: readonly (string | null)[],
): Partial<Record<HeldDimension, string | null>> => Object.fromEntries(by.map((name, index) => [name, values[index]!]))

const waiting: ReadonlySet<string> = new Set(['held', 'in-review'] satisfies HeldRow['state'][])

const countsOf = (rows: readonly HeldRow[]): HeldCounts => {
  const times = rows.map(({ time }) => time)
  const least = (a: string, b: string): string => (a < b ? a : b)
  const most = (a: string, b: string): string => (a > b ? a : b)
  return {
    payloads: rows.length,
    waiting: rows.filter(({ state }) => waiting.has(state)).length,
    bytes: rows.reduce((sum, { bytes }) => sum + bytes, 0),
    first: times.reduce(least),
    last: times.reduce(most),
  }
}
