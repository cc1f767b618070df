import type { Load } from '../../rules/budget/load.ts'

const SECOND = 1_000

/** Requests of one caller: those under way, and those of this second and the one before. */
type Count = { concurrent: number; second: number; here: number; before: number }

/**
 * Counts the requests of each caller. Those of the last second are reckoned from two counts, as if those of the second before had been
 * spread over it evenly, so that no caller costs more than one entry.
 */
export class RequestLoad {
  readonly #counts = new Map<string, Count>()
  readonly #clock: () => number
  #swept = 0

  /** @param clock - milliseconds that never go back */
  constructor(clock: () => number = () => performance.now()) {
    this.#clock = clock
  }

  /** A request of a caller begins. @returns the load with it, and what to call when it has ended */
  begin(caller: string): { readonly load: Load; readonly end: () => void } {
    const now = this.#clock()
    const second = Math.floor(now / SECOND)
    this.#sweep(second)
    const count = this.#counts.get(caller) ?? { concurrent: 0, second, here: 0, before: 0 }
    this.#counts.set(caller, count)
    if (count.second !== second) {
      count.before = count.second === second - 1 ? count.here : 0
      count.here = 0
      count.second = second
    }
    count.concurrent++
    count.here++
    const lastSecond = count.here + Math.floor(count.before * (1 - (now / SECOND - second)))
    return { load: { concurrent: count.concurrent, lastSecond }, end: () => void count.concurrent-- }
  }

  /** One that has ended as it begins: a tunnel that is asked for, or what was to be a request. */
  once(caller: string): Load {
    const { load, end } = this.begin(caller)
    end()
    return load
  }

  #sweep(second: number): void {
    if (second === this.#swept) return
    this.#swept = second
    for (const [caller, count] of this.#counts)
      if (count.concurrent === 0 && count.second < second - 1) this.#counts.delete(caller)
  }
}
