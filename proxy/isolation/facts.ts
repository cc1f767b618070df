import type { Confinement } from '../confinement.ts'

/**
 * What is known of the machine on which an appliance stands, as far as its isolation goes. `gather-facts.ts` reads it here;
 * `judge-isolation.ts` judges it, wherever it comes from. Null: could not be read.
 */
export type Facts = {
  /** Where the appliance listens, and the interfaces of its two sides: by name when they were given or found. */
  readonly listen: { readonly address: string; readonly port: number }
  readonly lab: string | null
  readonly egress: readonly string[]
  readonly interfaces: readonly NetworkInterface[]
  readonly sockets: readonly OpenSocket[] | null
  readonly routes: readonly Route[] | null
  /** By name, such as `net.ipv4.ip_forward`. */
  readonly sysctls: Readonly<Record<string, number | null>>
  readonly nftables: Ruleset
  /** The kind of container in which this runs, and null outside of one. */
  readonly container: 'docker' | 'podman' | null
  readonly control: ControlFacts | null
  /** Of the running appliance; null when none runs. */
  readonly confinement: Confinement | null
}

export type NetworkInterface = { readonly name: string; readonly addresses: readonly string[] }

/** A socket on which anybody may begin a conversation: TCP that listens, UDP without a peer, raw. */
export type OpenSocket = {
  readonly protocol: 'tcp' | 'udp' | 'raw'
  /** `0.0.0.0` and `::` mean all. */
  readonly address: string
  readonly port: number
}

/** `prefix` is 0 for the default route. */
export type Route = { readonly interface: string; readonly family: 4 | 6; readonly prefix: number }

/** What `nft -j list ruleset` says, or why it says nothing. */
export type Ruleset =
  { readonly kind: 'read'; readonly document: unknown } | { readonly kind: 'unreadable'; readonly why: string }

/** Modes of the control socket and its folder in octal digits (0o777), and whether both belong to this user. */
export type ControlFacts = {
  readonly mode: number
  readonly folderMode: number
  readonly isOwn: boolean
}
