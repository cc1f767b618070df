/** What has its place in a lane: payloads of one instrument for one destination leave in the order in which they were accepted. */
export type Queued = {
  readonly instrument: string
  readonly destination: string
  /** Position among all that was accepted. */
  readonly place: number
}

/**
 * What comes after an attempt. `gone`: the first of the lane has left it, and the one behind it is tried after some milliseconds. `later`: it is
 * tried again after some, and nothing behind it before. `held`: something other than its destination holds the lane, until the next look.
 */
export type Next =
  | { readonly kind: 'gone'; readonly ms: number }
  | { readonly kind: 'later'; readonly ms: number }
  | { readonly kind: 'held' }

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
    if (!lane) return
    this.#leave(lane, item)
    // one that waits for its time stays, so that its destination is not asked earlier for what comes next
    if (lane.items.length === 0 && !lane.isBusy && lane.next === null) this.#lanes.delete(key)
  }

  /** Tries the first of a lane now. */
  hurry(item: Queued): void {
    const key = keyOf(item)
    const lane = this.#lanes.get(key)
    if (lane) this.#hurry(key, lane)
  }

  /** The same of all lanes. */
  hurryAll(): void {
    for (const [key, lane] of this.#lanes) this.#hurry(key, lane)
  }

  /** Looks after all lanes that do not wait for their time. */
  look(): void {
    for (const [key, lane] of this.#lanes) this.#run(key, lane)
  }

  /** Those in which something is. */
  views(): readonly LaneView<Item>[] {
    return [...this.#lanes.values()].filter(({ items }) => items.length > 0).map(({ items, next }) => ({ items, next }))
  }

  #hurry(key: string, lane: Lane<Item>): void {
    lane.next = null
    clearTimeout(lane.timer)
    if (lane.items.length === 0 && !lane.isBusy) this.#lanes.delete(key)
    else this.#run(key, lane)
  }

  #run(key: string, lane: Lane<Item>): void {
    if (!this.#isRunning || lane.isBusy || lane.next !== null || lane.items.length === 0) return
    lane.isBusy = true
    const run = this.#drain(lane).then(isDrained => {
      lane.isBusy = false
      this.#under.delete(run)
      if (lane.next !== null) this.#sleep(key, lane, lane.next)
      else if (lane.items.length === 0) this.#lanes.delete(key)
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
      if (next.kind === 'gone' && next.ms === 0) continue
      lane.next = next.kind === 'held' ? null : Date.now() + next.ms
      return false
    }
    return true
  }

  #leave(lane: Lane<Item>, item: Item): void {
    const at = lane.items.indexOf(item)
    if (at >= 0) lane.items.splice(at, 1)
  }

  #sleep(key: string, lane: Lane<Item>, until: number): void {
    if (!this.#isRunning) return
    const wait = Math.max(0, until - Date.now())
    lane.timer = setTimeout(() => this.#hurry(key, lane), wait).unref()
  }
}

/** Ids hold no space. */
const keyOf = ({ instrument, destination }: Queued): string => `${instrument} ${destination}`
