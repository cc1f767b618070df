import ipaddr from 'ipaddr.js'
import { extensionOf, type Extension } from './certificate.ts'
import { bytesOf, isTagged, itemsOf, sequence, tagged, type Der } from './der.ts'
import { parseName, type Name } from './name.ts'

/**
 * What an authority may vouch for. A DNS name stands for itself and for every name below it (that is what RFC 5280
 * says, section 4.2.1.10); an IP address for itself alone.
 */
export type Permitted = { readonly dns: readonly string[]; readonly addresses: readonly string[] }

const OID = '2.5.29.30'
/** GeneralName tags: RFC 5280 section 4.2.1.6. */
const DNS_NAME = 2
const IP_ADDRESS = 7

const subtree = (tag: number, base: Buffer): Der => sequence(tagged(tag, base))
const wholeFamily = (octets: 4 | 16): Der => subtree(IP_ADDRESS, Buffer.alloc(octets * 2))

const namesOf = (texts: readonly string[], kind: Name['kind']): readonly Name[] => {
  const names = texts.map((text, index) => {
    const what = `${kind === 'dns' ? 'host' : 'address'} number ${index + 1} of the permitted ones`
    const name = parseName(text, what)
    return name.kind === kind ? name : parseName('', what)
  })
  return [...new Map(names.map(name => [name.text, name])).values()]
}

/**
 * The critical extension that limits an authority to `permitted`. A type of name (DNS, IPv4, IPv6) of which none is
 * permitted is excluded as a whole: a type that is not mentioned would be free.
 * @param families - `together`: IPv4 and IPv6 are one type, as in RFC 5280, and excluded when neither is permitted. Java (17 at least)
 *   fails on an IPv4 name below an intermediate that excludes IPv6; what such a one leaves open the authority above it closes.
 * @throws CertError ERR_NAME_INVALID
 */
export const nameConstraints = (permitted: Permitted, families: 'apart' | 'together' = 'apart'): Extension => {
  const hosts = namesOf(permitted.dns, 'dns')
  const addresses = namesOf(permitted.addresses, 'ip').flatMap(name => (name.kind === 'ip' ? [name.octets] : []))
  const allowed = [
    ...hosts.map(host => subtree(DNS_NAME, Buffer.from(host.text))),
    ...addresses.map(octets => subtree(IP_ADDRESS, Buffer.concat([octets, Buffer.alloc(octets.length, 0xff)]))),
  ]
  const isPermitted = (size: number): boolean =>
    addresses.some(octets => octets.length === size || families === 'together')
  const shut = ([4, 16] as const).filter(size => !isPermitted(size))
  const excluded = [...(hosts.length === 0 ? [subtree(DNS_NAME, Buffer.alloc(0))] : []), ...shut.map(wholeFamily)]
  const parts = [allowed, excluded].flatMap((trees, tag) => (trees.length === 0 ? [] : [tagged(tag, trees)]))
  return { id: OID, critical: true, value: sequence(...parts) }
}

const basesOf = (constraints: Der, part: 0 | 1, tag: number): readonly Buffer[] =>
  itemsOf(constraints)
    .filter(item => isTagged(item, part))
    .flatMap(itemsOf)
    .flatMap(tree => itemsOf(tree).filter(base => isTagged(base, tag)))
    .map(bytesOf)

const isSingleAddress = (base: Buffer): boolean =>
  (base.length === 8 || base.length === 32) && base.subarray(base.length / 2).every(octet => octet === 0xff)

const addressText = (base: Buffer): string => ipaddr.fromByteArray([...base.subarray(0, base.length / 2)]).toString()

/**
 * Reads back what `nameConstraints` wrote, from one of our own certificates.
 * @returns undefined unless the constraints close every type of name: DNS, IPv4 and IPv6
 */
export const readPermitted = (certificateDer: Buffer): Permitted | undefined => {
  const constraints = extensionOf(certificateDer, OID)
  if (constraints === undefined) return undefined
  const dns = basesOf(constraints, 0, DNS_NAME).map(base => base.toString('latin1'))
  const addresses = basesOf(constraints, 0, IP_ADDRESS)
  const excluded = basesOf(constraints, 1, IP_ADDRESS)
  const isShut = (size: number): boolean =>
    addresses.some(base => base.length === size) || excluded.some(base => base.equals(Buffer.alloc(size)))
  const dnsShut = dns.length > 0 || basesOf(constraints, 1, DNS_NAME).some(base => base.length === 0)
  if (!dnsShut || !isShut(8) || !isShut(32) || !addresses.every(isSingleAddress)) return undefined
  return { dns, addresses: addresses.map(addressText) }
}

type Subtrees = { readonly dns: readonly string[]; readonly addresses: readonly Buffer[] }

/** The name constraints of any certificate, as far as they speak of DNS names and addresses. */
export type Constraints = { readonly permitted: Subtrees; readonly excluded: Subtrees }

const subtreesOf = (constraints: Der, part: 0 | 1): Subtrees => ({
  dns: basesOf(constraints, part, DNS_NAME).map(base => base.toString('latin1').toLowerCase()),
  addresses: basesOf(constraints, part, IP_ADDRESS),
})

/** Reads the name constraints of a certificate. Null when it has none, and so may vouch for every name. */
export const readConstraints = (certificateDer: Buffer): Constraints | null => {
  const constraints = extensionOf(certificateDer, OID)
  if (constraints === undefined) return null
  return { permitted: subtreesOf(constraints, 0), excluded: subtreesOf(constraints, 1) }
}

/** The empty base holds every name; one that begins with a dot holds what is below it, as OpenSSL reads it. */
const holdsHost = (base: string, host: string): boolean =>
  base === '' || host === base || host.endsWith(base.startsWith('.') ? base : `.${base}`)

/** A base is an address and a mask of as many octets. */
const holdsAddress = (base: Buffer, octets: Buffer): boolean =>
  base.length === octets.length * 2 &&
  octets.every((octet, index) => {
    const mask = base[octets.length + index]!
    return (octet & mask) === (base[index]! & mask)
  })

/** Whether a certificate for this name would stand under the constraints of one above it (RFC 5280 section 4.2.1.10). */
export const allows = (constraints: Constraints | null, name: Name): boolean => {
  if (constraints === null) return true
  const { permitted, excluded } = constraints
  if (name.kind === 'dns') {
    const isHeld = (base: string): boolean => holdsHost(base, name.text)
    return (permitted.dns.length === 0 || permitted.dns.some(isHeld)) && !excluded.dns.some(isHeld)
  }
  const isHeld = (base: Buffer): boolean => holdsAddress(base, name.octets)
  return (permitted.addresses.length === 0 || permitted.addresses.some(isHeld)) && !excluded.addresses.some(isHeld)
}
