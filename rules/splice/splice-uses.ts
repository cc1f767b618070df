import { SlidingSum, type RecentSum } from '../budget/sliding-sum.ts'

/** What was used of the budgets of one destination. */
export type SpliceUse = {
  /** Now, in milliseconds since the epoch, by a clock that never goes back. */
  readonly time: number
  /** Octets of connections that have ended. */
  readonly bytes: RecentSum
  /** Connections that have begun. */
  readonly connections: RecentSum
  /** Octets set aside for connections that are open, all of which count as used. */
  readonly reserved: number
  readonly open: number
}

type Account = { readonly bytes: SlidingSum; readonly connections: SlidingSum; readonly open: Map<string, number> }

/**
 * Keeps what connections that pass unopened use. What is set aside counts in full from the beginning, and what was used counts from the end
 * on, so that no sum is ever too small. Knows no clock: times are given, and never go back.
 */
export class SpliceUses {
  readonly #accounts = new Map<string, Account>()

  /** @param destination - `host:port`, which outlives the ids of a policy */
  reserve(destination: string, connection: string, bytes: number, time: number): void {
    const account = this.#accountOf(destination)
    account.connections.add(time, 1)
    account.open.set(connection, bytes)
  }

  /** A connection has ended, and this is what it used. One that is not open is left alone. */
  settle(destination: string, connection: string, bytes: number, time: number): void {
    const account = this.#accountOf(destination)
    if (account.open.delete(connection)) account.bytes.add(time, bytes)
  }

  at(destination: string, time: number): SpliceUse {
    const { bytes, connections, open } = this.#accountOf(destination)
    const reserved = [...open.values()].reduce((sum, one) => sum + one, 0)
    return { time, bytes, connections, reserved, open: open.size }
  }

  #accountOf(destination: string): Account {
    const account = this.#accounts.get(destination) ?? {
      bytes: new SlidingSum(),
      connections: new SlidingSum(),
      open: new Map<string, number>(),
    }
    this.#accounts.set(destination, account)
    return account
  }
}
