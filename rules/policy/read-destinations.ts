import { spellAuthority } from '../framing.ts'
import type { Path } from '../json-pointer.ts'
import { normalizeAddress } from '../address.ts'
import type { Destination, Endpoint, UpstreamProxy } from '../policy.ts'
import type { Proofreader } from './proofreader.ts'
import type { RawDestination, RawProxy } from './raw-policy.ts'
import { readAddress, readNetwork } from './read-instruments.ts'
import { readSplice, type Known } from './read-splice.ts'

/**
 * The destinations of a policy. Two of one name could not be told apart: that is reported.
 * @param known - what a destination to which connections pass unopened has to fit
 * @param rawProxy - by which all are reached that do not say otherwise
 */
export const readDestinations = (
  raw: readonly RawDestination[],
  rawProxy: RawProxy | undefined,
  known: Known,
  proof: Proofreader,
): readonly Destination[] => {
  const proxy = rawProxy === undefined ? null : readProxy(rawProxy, ['proxy'], proof)
  const destinations = raw.map((one, index) => readDestination(one, proxy, ['destinations', index], known, proof))
  for (const [index, destination] of destinations.entries()) {
    const name = spellAuthority(destination)
    const other = destinations.slice(0, index).find(earlier => spellAuthority(earlier) === name)
    if (other) proof.report(['destinations', index, 'host'], `${name} is the host and port of ${other.id} already`)
  }
  return destinations
}

const readDestination = (
  raw: RawDestination,
  usual: UpstreamProxy | null,
  path: Path,
  known: Known,
  proof: Proofreader,
): Destination => {
  const proxy = raw.proxy === undefined ? usual : ownProxy(raw.proxy, [...path, 'proxy'], proof)
  if (proxy !== null)
    for (const key of ['addresses', 'networks'] as const)
      if (raw[key]) proof.report([...path, key], 'the proxy resolves the host: remove this, or say "proxy: direct"')
  return {
    id: raw.id,
    ...readEndpoint(raw, path, proof),
    pins: raw.pins ?? [],
    revocation: { staple: raw.revocation?.staple ?? null, crls: raw.revocation?.crls ?? [] },
    clientCertificate: raw.clientCertificate ?? null,
    proxy,
    splice: raw.splice === undefined ? null : readSplice(raw, raw.splice, [...path, 'splice'], known, proof),
  }
}

const readEndpoint = (raw: Omit<RawDestination, 'id' | 'proxy'>, path: Path, proof: Proofreader): Endpoint => ({
  host: raw.host,
  port: raw.port ?? 443,
  addresses: (raw.addresses ?? []).map((text, index) => readAddress(text, [...path, 'addresses', index], proof)),
  networks: (raw.networks ?? []).map((text, index) => readNetwork(text, [...path, 'networks', index], proof)),
  ca: raw.ca === undefined ? null : proof.reference(raw.ca, [...path, 'ca']),
})

const ownProxy = (raw: 'direct' | RawProxy, path: Path, proof: Proofreader): UpstreamProxy | null =>
  raw === 'direct' ? null : readProxy(raw, path, proof)

const readProxy = (raw: RawProxy, path: Path, proof: Proofreader): UpstreamProxy => {
  if (raw.ca !== undefined && raw.tls !== true)
    proof.report([...path, 'ca'], 'says nothing without "tls: true": the certificate of the proxy is not looked at')
  const endpoint = readEndpoint(raw, path, proof)
  // an address in place of a name is one that the policy names
  const address = normalizeAddress(raw.host)
  const addresses = address === null || raw.addresses ? endpoint.addresses : [address]
  return { ...endpoint, addresses, tls: raw.tls ?? false, credentials: raw.credentials ?? null }
}
