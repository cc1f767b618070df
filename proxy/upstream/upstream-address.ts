import { lookup, type LookupAddress, type LookupAllOptions } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import { isPublicAddress, networkHolds, normalizeAddress } from '../../rules/address.ts'
import type { Endpoint } from '../../rules/policy.ts'
import { UpstreamError, type UpstreamFault } from './upstream-fault.ts'

/** Whether a connection may be made to this address: a public one, or one that the policy names. */
export const isAllowedTarget = ({ addresses, networks }: Pick<Endpoint, 'addresses' | 'networks'>, address: string) =>
  isPublicAddress(address) ||
  addresses.includes(normalizeAddress(address) ?? '') ||
  networks.some(network => networkHolds(network, address))

/** As `lookup` of node:dns. */
type Resolve = (
  host: string,
  options: LookupAllOptions,
  done: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void

/**
 * Resolves the host of an endpoint for one connection: every address is looked at between the DNS answer and the connect, so
 * that a name cannot be rebound to the lab's own network. What is not allowed is never dialled.
 * @param prohibited - the fault when no address is allowed
 */
export const guardedLookup =
  (endpoint: Endpoint, prohibited: UpstreamFault, resolve: Resolve = lookup): LookupFunction =>
  (host, options, callback) => {
    const answer = (addresses: readonly LookupAddress[]): void => {
      const allowed = addresses.filter(({ address }) => isAllowedTarget(endpoint, address))
      if (allowed.length === 0) callback(new UpstreamError(prohibited), '')
      else if (options.all === true) callback(null, allowed)
      else callback(null, allowed[0]!.address, allowed[0]!.family)
    }
    if (host !== endpoint.host) return callback(new UpstreamError(prohibited), '')
    if (endpoint.addresses.length > 0)
      return answer(endpoint.addresses.map(address => ({ address, family: isIP(address) })))
    resolve(host, { all: true }, (error, addresses) => (error ? callback(error, '') : answer(addresses)))
  }
