/** Milliseconds for which repetitions are counted instead of recorded one by one. */
const WINDOW_MS = 60_000
/** Kinds at a time. */
const MAX_KINDS = 4_096

type Kind<T> = { readonly first: Promise<T>; readonly record: (times: number) => Promise<T>; times: number }

/**
 * Keeps a flood of the same out of the log: the first is recorded at once, what repeats it is counted, and the count is recorded at the
 * end of each minute, as long as there is one. Nothing that was counted is forgotten, but by a process that dies within the minute.
 */
export class Gathering<T> {
  readonly #kinds = new Map<string, Kind<T>>()
  readonly #timer: NodeJS.Timeout
  readonly #maxKinds: number

  /** @param maxKinds - how many at a time, as far as callers ask `hasRoom` */
  constructor({ windowMs = WINDOW_MS, maxKinds = MAX_KINDS } = {}) {
    this.#maxKinds = maxKinds
    this.#timer = setInterval(() => void this.flush(), windowMs)
    this.#timer.unref()
  }

  /** Whether a kind is one of those that are told apart, or may become one. What is not has to be taken as a kind of which there are few. */
  hasRoom(kind: string): boolean {
    return this.#kinds.has(kind) || this.#kinds.size < this.#maxKinds
  }

  /**
   * @param kind - what the same have in common
   * @param record - makes the record: of the first (null), or of so many that repeat it
   * @returns what `record` gave for the first of its kind, and whether this one repeats it
   */
  async take(
    kind: string,
    record: (times: number | null) => Promise<T>,
  ): Promise<{ readonly first: T; readonly repeats: boolean }> {
    const known = this.#kinds.get(kind)
    if (known) {
      known.times++
      return { first: await known.first, repeats: true }
    }
    const first = record(null)
    this.#kinds.set(kind, { first, record, times: 0 })
    return { first: await first, repeats: false }
  }

  /** Records what was counted, and begins anew for kinds of which nothing was. */
  async flush(): Promise<void> {
    const counted: Promise<T>[] = []
    for (const [name, kind] of this.#kinds) {
      if (kind.times === 0) this.#kinds.delete(name)
      else counted.push(kind.record(kind.times))
      kind.times = 0
    }
    await Promise.all(counted)
  }

  /** Records what is left to be recorded. */
  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.flush()
  }
}
