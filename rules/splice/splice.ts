import type { Authority } from '../message.ts'
import type { Destination, Policy } from '../policy.ts'

/**
 * The terms under which TLS connections to a destination pass unopened: the one way past inspection, for what cannot be inspected.
 * Octets are those of TCP content, both ways; budgets are of all instruments together.
 */
export type Splice = {
  /** Ids of the only instruments that it is open to. */
  readonly instruments: ReadonlySet<string>
  readonly bytesPerHour: number
  readonly bytesPerDay: number
  /** Connections that begin. */
  readonly connectionsPerHour: number
  /** Null: all that is left of the budget. */
  readonly maxBytesPerConnection: number | null
  /** A role or mailbox of the lab. */
  readonly owner: string
  readonly reason: string
  /** Milliseconds since the epoch; see `stateOf` in `exception.ts`. */
  readonly expires: number
}

/** Milliseconds after which any such connection is cut: what is not recorded of one is reckoned to have lasted so long. */
export const MAX_SPLICE_MS = 3_600_000

export type SplicedDestination = Destination & { readonly splice: Splice }

const isSpliced = (destination: Destination): destination is SplicedDestination => destination.splice !== null

/** The destinations to which connections pass unopened: none, in nearly every policy. */
export const splicedDestinations = ({ destinations }: Pick<Policy, 'destinations'>): readonly SplicedDestination[] =>
  destinations.filter(isSpliced)

/** The one that a name, and a port where it is known, stands for. */
export const splicedAt = (policy: Policy, host: string, port: number | null): SplicedDestination | null =>
  splicedDestinations(policy).find(to => to.host === host && (port === null || to.port === port)) ?? null

/** The same for what a CONNECT asked for. */
export const splicedTo = (policy: Policy, { host, port }: Authority): SplicedDestination | null =>
  splicedAt(policy, host, port)

/** An upper bound on what leaves unseen, in bits a second: every octet of the day, as if none of it came back. */
export const spliceBitsPerSecond = ({ bytesPerDay }: Pick<Splice, 'bytesPerDay'>): number => (bytesPerDay * 8) / 86_400
