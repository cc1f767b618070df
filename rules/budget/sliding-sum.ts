import { windows } from './rate.ts'

/** Amounts over time, read only: what `inspect` is shown. */
export type RecentSum = Pick<SlidingSum, 'within' | 'fallsTo'>

/**
 * What was added within the last minute, hour or day. No clock: all times are given, in milliseconds since the epoch.
 * Amounts are kept in slots of a second for an hour and of a minute for a day, and a slot counts until it has passed as a
 * whole, so that a sum is never too small.
 */
export class SlidingSum {
  readonly #recent = new Slots(1_000, windows.hour)
  readonly #lasting = new Slots(60_000, windows.day)

  /** @param time - no earlier than that of any amount before; an earlier one counts as that */
  add(time: number, amount: number): void {
    this.#recent.add(time, amount)
    this.#lasting.add(time, amount)
  }

  /** The sum of what was added in the `window` milliseconds, a day at the most, that end at `time`. */
  within(window: number, time: number): number {
    return this.#slotsFor(window).after(time - window)
  }

  /** When the sum over `window` milliseconds will have fallen to `most`, if nothing is added until then. */
  fallsTo(most: number, window: number): number {
    return this.#slotsFor(window).endBefore(most) + window
  }

  #slotsFor(window: number): Slots {
    return window <= windows.hour ? this.#recent : this.#lasting
  }
}

/** Slots of time, of equal width, that something was added in. */
class Slots {
  readonly #width: number
  readonly #span: number
  /** When each slot ends, ascending, and the sum of all amounts up to its end. */
  #ends: number[] = []
  #totals: number[] = []
  /** Slots at the front that are older than the span: cut off when they are half of all. */
  #outdated = 0

  constructor(width: number, span: number) {
    this.#width = width
    this.#span = span
  }

  add(time: number, amount: number): void {
    const last = this.#ends.at(-1) ?? -Infinity
    const end = Math.max(last, (Math.floor(time / this.#width) + 1) * this.#width)
    const total = (this.#totals.at(-1) ?? 0) + amount
    if (end === last) this.#totals[this.#totals.length - 1] = total
    else {
      this.#ends.push(end)
      this.#totals.push(total)
      this.#forget(time)
    }
  }

  /** The sum of the slots that end after `time`. */
  after(time: number): number {
    const index = firstIndex(this.#ends, end => end > time)
    return this.#total - (this.#totals[index - 1] ?? 0)
  }

  /** The end of the earliest slot behind which no more than `most` was added. */
  endBefore(most: number): number {
    const index = firstIndex(this.#totals, total => this.#total - total <= most)
    return this.#ends[index] ?? -Infinity
  }

  get #total(): number {
    return this.#totals.at(-1) ?? 0
  }

  /** The totals that stay are sums from the beginning, so nothing has to be subtracted. */
  #forget(now: number): void {
    while (this.#ends[this.#outdated]! <= now - this.#span) this.#outdated++
    // The last one that is outdated stays: its total is what the first one that is not goes on from.
    const cut = this.#outdated - 1
    if (cut < this.#ends.length / 2) return
    this.#ends = this.#ends.slice(cut)
    this.#totals = this.#totals.slice(cut)
    this.#outdated -= cut
  }
}

/** The first index of which `holds` is true, in a list where it is true of all that follow; the length when of none. */
const firstIndex = (list: readonly number[], holds: (value: number) => boolean): number => {
  let low = 0
  let high = list.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (holds(list[middle]!)) high = middle
    else low = middle + 1
  }
  return low
}
