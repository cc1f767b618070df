/** The limit that keeps a connection out. */
export type ShareLimit = 'maxConnections' | 'maxConnectionsPerAddress'

export type ShareLimits = { readonly maxConnections: number; readonly maxConnectionsPerAddress: number }

/**
 * Shares out the connections among addresses: none may hold more than its own limit, nor more than there are places left. So
 * whoever takes all they can leaves half of the places to others, two of them a third, and an address that has none gets one as long as there
 * is one at all.
 * @see Choudhury and Hahne, Dynamic queue length thresholds for shared-memory packet switches, IEEE/ACM Transactions on Networking 6 (1998)
 */
export class ConnectionShares {
  readonly #limits: ShareLimits
  readonly #held = new Map<string, number>()
  #open = 0

  constructor(limits: ShareLimits) {
    this.#limits = limits
  }

  get open(): number {
    return this.#open
  }

  /** Takes a place for a connection from an address; the limit that forbids it where there is none for it. */
  take(address: string): ShareLimit | null {
    const held = this.#held.get(address) ?? 0
    if (held >= this.#limits.maxConnectionsPerAddress) return 'maxConnectionsPerAddress'
    if (held >= this.#limits.maxConnections - this.#open) return 'maxConnections'
    this.#held.set(address, held + 1)
    this.#open++
    return null
  }

  /** Gives back a place that was taken. */
  leave(address: string): void {
    const held = this.#held.get(address)! - 1
    if (held === 0) this.#held.delete(address)
    else this.#held.set(address, held)
    this.#open--
  }
}
