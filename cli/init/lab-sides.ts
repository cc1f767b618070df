import { networkInterfaces } from 'node:os'
import ipaddr from 'ipaddr.js'
import { isPublicAddress, networkHolds, parseNetwork } from '../../rules/address.ts'

/** An address of this machine on which an appliance could listen, and the network it is in. */
export type LabSide = {
  readonly interface: string
  readonly address: string
  /** In CIDR form, such as 10.77.1.0/24. */
  readonly network: string
}

type Interfaces = ReturnType<typeof networkInterfaces>

/** Addresses of this machine that are neither public nor its own alone; those of IPv4 first, link-local ones not at all. */
export const labSides = (interfaces: Interfaces = networkInterfaces()): readonly LabSide[] =>
  Object.entries(interfaces)
    .flatMap(([name, list = []]) => list.map(entry => ({ name, ...entry })))
    .filter(({ internal, address, scopeid }) => !internal && !scopeid && !isPublicAddress(address))
    .toSorted((a, b) => a.family.localeCompare(b.family))
    .map(({ name, address, cidr }) => ({ interface: name, address, network: networkOf(cidr ?? `${address}/32`) }))

/** The network of an address with its prefix length: 10.77.1.10/24 is in 10.77.1.0/24. */
const networkOf = (cidr: string): string => {
  const [address, length] = ipaddr.parseCIDR(cidr)
  const base =
    address.kind() === 'ipv4' ? ipaddr.IPv4.networkAddressFromCIDR(cidr) : ipaddr.IPv6.networkAddressFromCIDR(cidr)
  return `${base.toString()}/${length}`
}

/** The side whose network holds an address. */
export const sideOf = (sides: readonly LabSide[], address: string): LabSide | undefined =>
  sides.find(({ network }) => networkHolds(parseNetwork(network)!, address))
