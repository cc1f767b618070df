import ipaddr from 'ipaddr.js'

type Parsed = ipaddr.IPv4 | ipaddr.IPv6

/** A range of addresses in CIDR form. */
export type Network = readonly [Parsed, number]

/** Reads an IPv4 or IPv6 address; an IPv4 address mapped into IPv6 is the IPv4 address. Null for anything else. */
const parseAddress = (text: string): Parsed | null => {
  // ipaddr.js also reads forms that only inet_aton knows ("127.1", "0x7f.1"); a policy has no use for them.
  if (!ipaddr.IPv4.isValidFourPartDecimal(text) && !ipaddr.IPv6.isValid(text)) return null
  return ipaddr.process(text)
}

/** The one spelling of an address that is compared and recorded, or null when it is not an address. */
export const normalizeAddress = (text: string): string | null => parseAddress(text)?.toString() ?? null

/** Reads a network such as 10.77.1.0/28 or fd00::/64, or null. */
export const parseNetwork = (text: string): Network | null => {
  try {
    const [address, length] = ipaddr.parseCIDR(text)
    // A network of mapped addresses would hold none: an address that comes in such a form is read as the IPv4 address.
    return parseAddress(text.slice(0, text.lastIndexOf('/')))?.kind() === address.kind() ? [address, length] : null
  } catch {
    return null
  }
}

/** Whether two networks are the same one, however they are written. */
export const sameNetwork = (a: Network, b: Network): boolean => a[1] === b[1] && holds(a, b[0])

const holds = ([network, length]: Network, address: Parsed): boolean =>
  address.kind() === network.kind() && address.match(network, length)

export const networkHolds = (network: Network, address: string): boolean => {
  const parsed = parseAddress(address)
  return parsed !== null && holds(network, parsed)
}

/** What IANA hands out of IPv6 for the public internet (RFC 4291 section 2.5.4). */
const globalUnicast = ipaddr.IPv6.parseCIDR('2000::/3')

/**
 * Whether an address is a public unicast address: nothing private, loopback, link-local, multicast, reserved, nor an IPv6 form
 * that stands for such an IPv4 address (mapped, compatible, NAT64, 6to4, Teredo).
 * @see RFC 6890, RFC 6052, RFC 3056, RFC 4380
 */
export const isPublicAddress = (text: string): boolean => {
  const address = parseAddress(text)
  if (address?.range() !== 'unicast') return false
  return address.kind() === 'ipv4' || address.match(globalUnicast)
}

/** Whether an address names every interface at once (0.0.0.0 or ::). */
export const isWildcardAddress = (text: string): boolean => parseAddress(text)?.range() === 'unspecified'

/** Of this computer alone. */
export const isLoopbackAddress = (text: string): boolean => parseAddress(text)?.range() === 'loopback'
