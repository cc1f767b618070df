export type SpoolTotal = { readonly items: number; readonly bytes: number }

const nothing: SpoolTotal = { items: 0, bytes: 0 }

/**
 * Shares out the room for what waits among instruments: none may take more than is left. So one that sends without end gets half of it, two of
 * them a third each, and one that has nothing yet finds room as long as there is any at all.
 * @see Choudhury and Hahne, Dynamic queue length thresholds for shared-memory packet switches, IEEE/ACM Transactions on Networking 6 (1998)
 */
export class SpoolRoom {
  readonly #most: SpoolTotal
  readonly #taken = new Map<string, SpoolTotal>()
  #total = nothing

  constructor(most: SpoolTotal) {
    this.#most = most
  }

  get total(): SpoolTotal {
    return this.#total
  }

  /** Takes room where there is some for this instrument. */
  take(instrument: string, bytes: number): boolean {
    const own = this.#taken.get(instrument) ?? nothing
    const left = { items: this.#most.items - this.#total.items, bytes: this.#most.bytes - this.#total.bytes }
    if (own.items + 1 > left.items || own.bytes + bytes > left.bytes) return false
    this.occupy(instrument, bytes)
    return true
  }

  /** Takes room in any case, for what is there already: bounds may have been lowered since. */
  occupy(instrument: string, bytes: number): void {
    this.#add(instrument, 1, bytes)
  }

  leave(instrument: string, bytes: number): void {
    this.#add(instrument, -1, -bytes)
  }

  #add(instrument: string, items: number, bytes: number): void {
    const own = this.#taken.get(instrument) ?? nothing
    const next = { items: own.items + items, bytes: own.bytes + bytes }
    if (next.items === 0) this.#taken.delete(instrument)
    else this.#taken.set(instrument, next)
    this.#total = { items: this.#total.items + items, bytes: this.#total.bytes + bytes }
  }
}
