import { SlidingSum, type RecentSum } from './sliding-sum.ts'

/** A message that was let out. */
export type Departure = {
  /** Milliseconds since the epoch. */
  readonly time: number
  readonly instrument: string
  readonly route: string
  /** Nucleotides that it spells in fragments too short to be blocked; see `rules/drip/`. */
  readonly nucleotides: number
}

/** What left before a message, as far as budgets go: a value that `inspect` is given, because it keeps nothing itself. */
export type History = {
  /** Now, in milliseconds since the epoch, by a clock that never goes back. */
  readonly time: number
  /** Messages of an instrument on a route. */
  readonly messages: (instrument: string, route: string) => RecentSum
  /** Nucleotides of an instrument, over all routes. */
  readonly nucleotides: (instrument: string) => RecentSum
}

/** Gathers what leaves. Pure as a map is: it knows no clock and no log; whoever keeps one adds each departure once. */
export class Departures {
  readonly #messages = new Map<string, SlidingSum>()
  readonly #nucleotides = new Map<string, SlidingSum>()

  add({ time, instrument, route, nucleotides }: Departure): void {
    sumOf(this.#messages, keyOf(instrument, route)).add(time, 1)
    if (nucleotides > 0) sumOf(this.#nucleotides, instrument).add(time, nucleotides)
  }

  /** What there is at a time. */
  at(time: number): History {
    return {
      time,
      messages: (instrument, route) => this.#messages.get(keyOf(instrument, route)) ?? nothing,
      nucleotides: instrument => this.#nucleotides.get(instrument) ?? nothing,
    }
  }
}

const nothing: RecentSum = new SlidingSum()

/** Ids hold no space. */
const keyOf = (instrument: string, route: string): string => `${instrument} ${route}`

const sumOf = (sums: Map<string, SlidingSum>, key: string): SlidingSum => {
  const sum = sums.get(key) ?? new SlidingSum()
  sums.set(key, sum)
  return sum
}
