import { normalizeAddress, parseNetwork } from '../../rules/address.ts'
import { Failure } from '../failure.ts'
import { exitCodes } from '../exit-codes.ts'

/** The compose files: how the container gets its place on the lab's network. */
export const composeFiles = {
  ipvlan: 'compose.yaml',
  macvlan: 'compose.macvlan.yaml',
  published: 'compose.published.yaml',
} as const

export type ComposeKind = keyof typeof composeFiles

/** What a new appliance is to be, as far as somebody said: by flags, or by answers. */
export type Wishes = {
  /** Null: on this machine, as it is. */
  readonly compose: ComposeKind | null
  /** `address:port`. */
  readonly listen?: string
  /** Lab-side network card and its network, for a container that has an address of its own there. */
  readonly labInterface?: string
  readonly labSubnet?: string
  readonly name: readonly string[]
  /** Each `id=address` or `id=network`. */
  readonly instrument: readonly string[]
  readonly destination?: string
  /** Public files of reviewers. */
  readonly reviewer: readonly string[]
}

export type InstrumentWish = { readonly id: string; readonly address?: string; readonly network?: string }

/** @throws Failure (usage) for what is not of the form `id=address` or `id=network` */
export const parseInstrument = (text: string): InstrumentWish => {
  const [, id, place = ''] = /^([a-z0-9][a-z0-9-]{0,62})=(.+)$/.exec(text) ?? []
  const isPlace = place.includes('/') ? parseNetwork(place) !== null : normalizeAddress(place) !== null
  if (id === undefined || !isPlace)
    throw new Failure(
      `${text} is not of the form id=address`,
      'write for example --instrument novaseq-01=10.77.1.20, or =10.77.1.16/28; ids are of lower-case letters, digits and hyphens',
      exitCodes.usage,
    )
  return place.includes('/') ? { id, network: place } : { id, address: place }
}
