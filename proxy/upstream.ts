import { lookup as resolve, type LookupAddress } from 'node:dns'
import { Agent } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import { trustFor } from '../certs/trust.ts'
import { isPublicAddress, networkHolds, normalizeAddress } from '../rules/address.ts'
import type { Destination } from '../rules/policy.ts'
import { UpstreamError } from './upstream-fault.ts'

/** Connections to one destination that are kept open, and how long an idle one is. */
const MAX_SOCKETS = 64
const IDLE_MS = 15_000

/**
 * The connections to one destination: verified TLS only, and only to addresses that the policy allows. The address is checked
 * between the DNS answer and the connect, so that a name cannot be rebound to the lab's own network.
 * @throws CertError when the CA file or a pin of the policy is not usable
 */
export const upstreamAgent = (destination: Destination): Agent => {
  const extraCaPem = destination.ca === null ? {} : { extraCaPem: destination.ca }
  const trust = trustFor(destination.host, { ...extraCaPem, pins: destination.pins })
  return new Agent({
    ...trust,
    keepAlive: true,
    maxSockets: MAX_SOCKETS,
    maxFreeSockets: MAX_SOCKETS,
    timeout: IDLE_MS,
    ALPNProtocols: ['http/1.1'],
    lookup: guardedLookup(destination),
  })
}

/** Whether a connection may be made to this address: a public one, or one that the policy names. */
export const isAllowedTarget = (destination: Destination, address: string): boolean =>
  isPublicAddress(address) ||
  destination.addresses.includes(normalizeAddress(address) ?? '') ||
  destination.networks.some(network => networkHolds(network, address))

const guardedLookup =
  (destination: Destination): LookupFunction =>
  (host, options, callback) => {
    const answer = (addresses: readonly LookupAddress[]): void => {
      const allowed = addresses.filter(({ address }) => isAllowedTarget(destination, address))
      if (allowed.length === 0) callback(new UpstreamError('destination_ip_prohibited'), '')
      else if (options.all === true) callback(null, allowed)
      else callback(null, allowed[0]!.address, allowed[0]!.family)
    }
    if (destination.addresses.length > 0)
      return answer(destination.addresses.map(address => ({ address, family: isIP(address) })))
    resolve(host, { all: true }, (error, addresses) => (error ? callback(error, '') : answer(addresses)))
  }
