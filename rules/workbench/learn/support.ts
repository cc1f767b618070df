/** Who was seen to send something, and when: one instrument on one day, however often it sends, is one source. */
export type Source = { readonly instrument: string; readonly day: string }

/** How often something was seen, and from which sources. */
export class Tally {
  count = 0
  readonly #sources = new Map<string, Source>()

  add(source: Source): void {
    this.count++
    this.#sources.set(JSON.stringify([source.instrument, source.day]), source)
  }

  /** What one tally counts and the other counts as well, as if it had been counted in one. */
  include(other: Tally): void {
    this.count += other.count
    for (const [key, source] of other.#sources) this.#sources.set(key, source)
  }

  get keys(): Iterable<string> {
    return this.#sources.keys()
  }

  get sources(): number {
    return this.#sources.size
  }

  get instruments(): number {
    return new Set([...this.#sources.values()].map(({ instrument }) => instrument)).size
  }

  get days(): number {
    return new Set([...this.#sources.values()].map(({ day }) => day)).size
  }
}

/** Counts by value. */
export type Tallies<T> = Map<T, Tally>

export const tallyIn = <T>(tallies: Tallies<T>, value: T): Tally => {
  const known = tallies.get(value)
  if (known) return known
  const fresh = new Tally()
  tallies.set(value, fresh)
  return fresh
}

/** Sources that have to agree: what one instrument sent on one day alone proves nothing, it may be a slip or a plant. */
export type Demand = 1 | 2

export const isSupported = (tally: Tally, demand: Demand): boolean => tally.sources >= demand

/** The part that enough sources show, and how many values were turned away. */
export const supported = <T>(tallies: Tallies<T>, demand: Demand): { kept: Tallies<T>; rejected: number } => {
  const kept = new Map([...tallies].filter(([, tally]) => isSupported(tally, demand)))
  return { kept, rejected: tallies.size - kept.size }
}

export const totalOf = (tallies: Tallies<unknown>): number =>
  [...tallies.values()].reduce((sum, { count }) => sum + count, 0)

/**
 * The range that enough sources reach: where two have to agree, the outermost source at each end does not count, so that no
 * single instrument on a single day can move a bound.
 */
export const agreedRange = (tallies: Tallies<number>, demand: Demand): readonly [low: number, high: number] => {
  const lows = new Map<string, number>()
  const highs = new Map<string, number>()
  for (const [value, tally] of tallies)
    for (const key of tally.keys) {
      lows.set(key, Math.min(value, lows.get(key) ?? value))
      highs.set(key, Math.max(value, highs.get(key) ?? value))
    }
  const at = Math.min(demand, lows.size) - 1
  const low = [...lows.values()].toSorted((a, b) => a - b)[at]!
  const high = [...highs.values()].toSorted((a, b) => b - a)[at]!
  return [Math.min(low, high), Math.max(low, high)]
}

/** The middle one of the middles of what each source sent: a source has one voice, however much it sends. */
export const agreedMiddle = (tallies: Tallies<number>): number => {
  const bySource = new Map<string, number[]>()
  for (const [value, tally] of tallies)
    for (const key of tally.keys) {
      const values = bySource.get(key) ?? []
      values.push(value)
      bySource.set(key, values)
    }
  return middleOf([...bySource.values()].map(middleOf))
}

const middleOf = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b)
  const upper = sorted[sorted.length >> 1]!
  const lower = sorted[(sorted.length - 1) >> 1]!
  return lower + (upper - lower) / 2
}
