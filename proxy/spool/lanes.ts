/** What has its place in a lane: payloads of one instrument for one destination leave in the order in which they were accepted. */
export type Queued = {
  readonly instrument: string
  readonly destination: string
  /** Position among all that was accepted. */
  readonly place: number
}

/**
 * What comes after an attempt. `gone`: the first of the lane has left it. `later`: it is tried again after some milliseconds, and nothing behind
 * it before. `held`: something other than its destination holds the lane, until the next look.
 */
export type Next =
  { readonly kind: 'gone' } | { readonly kind: 'later'; readonly ms: number } | { readonly kind: 'held' }

/** A lane as people see it. */
export type LaneView<Item> = {
  readonly items: readonly Item[]
  /** When the first is tried again, in milliseconds since the epoch; null where it is tried now, or held. */
  readonly next: number | null
}

type Lane<Item> = {
  readonly items: Item[]
  isBusy: boolean
  next: number | null
  timer: NodeJS.Timeout | undefined
}

/**
 * Order and time of what is to be sent: a lane for each instrument and destination, in each of which one attempt is made at a time, so that what
 * waits holds back what came after it, and nothing else. Knows nothing of how a payload is sent.
 */
export class Lanes<Item extends Queued> {
  readonly #attempt: (item: Item) => Promise<Next>
  readonly #lanes = new Map<string, Lane<Item>>()
  readonly #under = new Set<Promise<void>>()
  #isRunning = false

  /** @param attempt - makes one attempt; a rejection holds the lane until the next look */
  constructor(attempt: (item: Item) => Promise<Next>) {
    this.#attempt = attempt
  }

  /** Begins to send. */
  open(): void {
    this.#isRunning = true
    this.look()
  }

  /** Begins nothing any more. @returns when what is under way has ended */
  async close(): Promise<void> {
    this.#isRunning = false
    for (const { timer } of this.#lanes.values()) clearTimeout(timer)
    await Promise.all(this.#under)
  }

  /** At its place: behind all that was accepted before. */
  add(item: Item): void {
    const key = keyOf(item)
    const lane = this.#lanes.get(key) ?? { items: [], isBusy: false, next: null, timer: undefined }
    this.#lanes.set(key, lane)
    const at = lane.items.findLastIndex(({ place }) => place < item.place)
    lane.items.splice(at + 1, 0, item)
    this.#run(key, lane)
  }

  remove(item: Item): void {
    const key = keyOf(item)
    const lane = this.#lanes.get(key)
    const at = lane?.items.indexOf(item) ?? -1
    if (!lane || at < 0) return
    lane.items.splice(at, 1)
    if (lane.items.length > 0 || lane.isBusy) return
    clearTimeout(lane.timer)
    this.#lanes.delete(key)
  }

  /** Tries the first of a lane now. */
  hurry(item: Queued): void {
    const key = keyOf(item)
    const lane = this.#lanes.get(key)
    if (!lane) return
    lane.next = null
    this.#run(key, lane)
  }

  hurryAll(): void {
    for (const { items } of this.#lanes.values()) if (items[0]) this.hurry(items[0])
  }

  /** Looks after all lanes that do not wait for their time. */
  look(): void {
    for (const [key, lane] of this.#lanes) this.#run(key, lane)
  }

  views(): readonly LaneView<Item>[] {
    return [...this.#lanes.values()].map(({ items, next }) => ({ items, next }))
  }

  #run(key: string, lane: Lane<Item>): void {
    if (!this.#isRunning || lane.isBusy || lane.next !== null || lane.items.length === 0) return
    clearTimeout(lane.timer)
    lane.isBusy = true
    const run = this.#drain(lane).then(isDrained => {
      lane.isBusy = false
      this.#under.delete(run)
      if (lane.items.length === 0) this.#lanes.delete(key)
      else if (lane.next !== null) this.#sleep(key, lane, lane.next)
      // what came in the same moment
      else if (isDrained) this.#run(key, lane)
    })
    this.#under.add(run)
  }

  /** One after the other, until one has to wait. @returns whether none had to */
  async #drain(lane: Lane<Item>): Promise<boolean> {
    while (this.#isRunning && lane.items.length > 0) {
      const first = lane.items[0]!
      const next = await this.#attempt(first).catch((): Next => ({ kind: 'held' }))
      if (next.kind === 'gone') this.#leave(lane, first)
      else {
        lane.next = next.kind === 'later' ? Date.now() + next.ms : null
        return false
      }
    }
    return true
  }

  #leave(lane: Lane<Item>, item: Item): void {
    const at = lane.items.indexOf(item)
    if (at >= 0) lane.items.splice(at, 1)
  }

  #sleep(key: string, lane: Lane<Item>, until: number): void {
    if (!this.#isRunning) return
    lane.timer = setTimeout(
      () => {
        lane.next = null
        this.#run(key, lane)
      },
      Math.max(0, until - Date.now()),
    ).unref()
  }
}

/** Ids hold no space. */
const keyOf = ({ instrument, destination }: Queued): string => `${instrument} ${destination}`
