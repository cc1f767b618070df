import { spellAuthority } from '../framing.ts'
import type { Path } from '../json-pointer.ts'
import type { Destination } from '../policy.ts'
import type { Proofreader } from './proofreader.ts'
import type { RawDestination } from './raw-policy.ts'
import { readAddress, readNetwork } from './read-instruments.ts'

/** The destinations of a policy. Two of one name could not be told apart: that is reported. */
export const readDestinations = (raw: readonly RawDestination[], proof: Proofreader): readonly Destination[] => {
  const destinations = raw.map((destination, index) => readDestination(destination, ['destinations', index], proof))
  for (const [index, destination] of destinations.entries()) {
    const name = spellAuthority(destination)
    const other = destinations.slice(0, index).find(earlier => spellAuthority(earlier) === name)
    if (other) proof.report(['destinations', index, 'host'], `${name} is the host and port of ${other.id} already`)
  }
  return destinations
}

const readDestination = (raw: RawDestination, path: Path, proof: Proofreader): Destination => ({
  id: raw.id,
  host: raw.host,
  port: raw.port ?? 443,
  addresses: (raw.addresses ?? []).map((text, index) => readAddress(text, [...path, 'addresses', index], proof)),
  networks: (raw.networks ?? []).map((text, index) => readNetwork(text, [...path, 'networks', index], proof)),
  ca: raw.ca === undefined ? null : proof.reference(raw.ca, [...path, 'ca']),
  pins: raw.pins ?? [],
})
