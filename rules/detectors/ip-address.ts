import ipaddr from 'ipaddr.js'
import type { Span, Subject, TextDetector } from '../detector.ts'
import { inContext, keywords } from './parts/context.ts'

/** Four numbers of up to three digits with dots between, which neither go on nor stand in a word or a longer number. */
const quad = /(?<![\p{L}\p{N}_.-]|\d[,:])(?:\d{1,3}\.){3}\d{1,3}(?![\p{L}\p{N}_]|\.\d|-\d)/gu

/** Groups of an IPv6 address (RFC 4291 section 2.2), the last of them perhaps as an IPv4 address. */
const groups =
  /(?<![\p{L}\p{N}_:.-])[\da-f]{1,4}(?::[\da-f]{0,4}){2,7}(?::(?:\d{1,3}\.){3}\d{1,3})?(?![\p{L}\p{N}_:]|\.\d)/giu

const ofAddresses = keywords(
  'ip(?: ?v?[46])?(?: ?addr\\p{L}*)?',
  'addr(?:ess(?:es)?)?',
  'adresse',
  'direccion',
  'indirizzo',
  'host(?: ?name)?',
  'peer',
  'remote(?: ?addr\\p{L}*)?',
  'client',
  'server',
  'proxy',
  'gateway',
  'router',
  'subnet',
  'netmask',
  'dns',
  'dhcp',
  'ping',
  'inet6?',
  'listening (?:on|at)',
  'connect\\p{L}* (?:to|from)',
  'tcp',
  'udp',
)

const ofVersions = keywords(
  'v',
  'ver',
  'version(?:en|s)?',
  'versie',
  'firmware',
  'software',
  'driver',
  'build',
  'release',
  'revision',
  'rev',
  'update',
  'patch',
  'sdk',
  'fpga',
  'rta',
  'oid',
)

/** IPv4 ranges that stand for no machine, or for an example in a text (RFC 5737). */
const nobodys: ReadonlySet<string> = new Set(['unspecified', 'broadcast', 'loopback', 'multicast', 'reserved'])

/** Ranges that the internet does not carry. */
const privates: ReadonlySet<string> = new Set(['private', 'linkLocal', 'uniqueLocal', 'carrierGradeNat'])

const globalUnicast = ipaddr.IPv6.parseCIDR('2000::/3')
const examples = ipaddr.IPv6.parseCIDR('2001:db8::/32')

type Settings = { readonly privateAddresses: boolean }

const isSomebodys4 = (written: string, { privateAddresses }: Settings): boolean => {
  const spelled = written.replaceAll(/(?<![1-9])0+(?=\d)/g, '')
  if (!ipaddr.IPv4.isValidFourPartDecimal(spelled)) return false
  const address = ipaddr.IPv4.parse(spelled)
  const range = address.range()
  // A netmask is no address.
  if (nobodys.has(range) || address.prefixLengthFromSubnetMask() !== null) return false
  return privateAddresses || !privates.has(range)
}

/** In a range that is handed out: eight pairs of digits with colons between are more often a time. */
const isSomebodys6 = (written: string, { privateAddresses }: Settings): boolean => {
  if (!ipaddr.IPv6.isValid(written)) return false
  const address = ipaddr.IPv6.parse(written)
  if (privates.has(address.range())) return privateAddresses
  // NAT64 addresses hold an IPv4 address (RFC 6052).
  return (address.match(globalUnicast) && !address.match(examples)) || address.range() === 'rfc6052'
}

/**
 * Whether four numbers that stand for themselves are an address rather than a version. Version numbers are small: real ones of
 * instruments with four parts (1.18.54.4) stay below 100 or exceed 255. Of addresses chosen at random, 97.7 % have a part from
 * 100 to 255 (1 - (100/256)^4); the others, and those in private networks that look so, are found beside a word of networks.
 */
const isAddressAlone = (written: string): boolean =>
  written.startsWith('10.') || written.split('.').some(part => Number(part) >= 100)

/** Behind `//` or `@`, or before a port or the length of a prefix. */
const isPointedAt = ({ text }: Subject, { start, end }: Span): boolean =>
  /(?:\/\/|@|\\\\)$/.test(text.slice(Math.max(0, start - 2), start)) ||
  /^(?::\d{2,5}|\/\d{1,2})(?!\d)/.test(text.slice(end, end + 7))

const isQuad = (subject: Subject, span: Span, written: string): boolean => {
  if (isPointedAt(subject, span)) return true
  const isAmongAddresses = inContext(subject, span, ofAddresses)
  const isAmongVersions = inContext(subject, span, ofVersions)
  return isAddressAlone(written) ? isAmongAddresses || !isAmongVersions : isAmongAddresses && !isAmongVersions
}

const findWith = (settings: Settings) =>
  function* (subject: Subject): Iterable<Span> {
    const { text } = subject
    for (const { 0: written, index } of text.matchAll(quad)) {
      const span = { start: index, end: index + written.length }
      if (isSomebodys4(written, settings) && isQuad(subject, span, written)) yield span
    }
    for (const { 0: written, index } of text.matchAll(groups))
      if (isSomebodys6(written, settings)) yield { start: index, end: index + written.length }
  }

export const ipAddress = {
  kind: 'text',
  id: 'ip-address',
  title: 'IP address',
  category: 'identity',
  source: '45 CFR 164.514(b)(2)(i)(O): IP address numbers; RFC 791, RFC 4291 section 2.2; ranges: RFC 6890',
  onByDefault: false,
  // Every IPv6 address that is somebody's has a group of four digits.
  needs: [
    { has: '.', digits: 4, words: 4 },
    { colons: 2, hexRun: 4 },
  ],
  find: findWith({ privateAddresses: true }),
  settings: {
    schema: {
      type: 'object',
      additionalProperties: false,
      properties: {
        privateAddresses: {
          description:
            'Also addresses of networks that the internet does not carry (RFC 1918, RFC 6598, RFC 4193, link-local).',
          type: 'boolean',
          default: true,
        },
      },
    },
    find: findWith,
  },
  examples: {
    match: [
      '10.77.1.20',
      '192.168.004.017',
      'connected to 172.16.3.9:8443',
      'http://9.9.9.9/status',
      'GET from 81.2.69.142',
      'peer 5.6.7.8 closed the connection',
      '2a00:1450:4001:82a::200e',
      'fe80::21b:44ff:fe11:3ab7',
      '[fd12:3456:789a:1::1]:443',
      '64:ff9b::10.77.1.20',
      { text: '1.8.1.2', keys: ['network', 'ipAddress'] },
    ],
    noMatch: [
      '1.8.1.2',
      '1.18.54.4',
      '1.1.0.18335',
      'RTA 3.4.4.101',
      'server version 1.8.1.2',
      'v10.2.1.4',
      { text: '10.0.22.4', keys: ['instrument', 'softwareVersion'] },
      '0.0.0.0',
      '127.0.0.1',
      '::1',
      '255.255.255.0',
      '192.0.2.7',
      '2001:db8::7',
      '23:18:07',
      '00:1b:44:11:3a:b7',
      'std::vector',
      'a:b:c:d:e:f:a:b',
      '20:26:11:23:16:06:42:00',
      '1.3.6.1.4.1.311.21',
    ],
  },
} as const satisfies TextDetector
