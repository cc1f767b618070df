import { normalizeAddress } from '../../rules/address.ts'
import type { OpenSocket, Route } from './facts.ts'

/** TCP state LISTEN and UDP state "not connected", as /proc/net spells them (include/net/tcp_states.h of Linux). */
const openStates = { tcp: '0A', udp: '07', raw: '07' } as const

/**
 * Open sockets of a table such as /proc/net/tcp6.
 * @see proc_net_tcp(5): addresses are hexadecimal, in words of the byte order of the machine, which is taken to be little-endian
 */
export const readSocketTable = (protocol: OpenSocket['protocol'], text: string): readonly OpenSocket[] =>
  rowsOf(text)
    .slice(1)
    .filter(([, , , state]) => state === openStates[protocol])
    .map(([, local = '']) => {
      const [address = '', port = ''] = local.split(':')
      return { protocol, address: spellAddress(address), port: Number.parseInt(port, 16) }
    })

/** /proc/net/route: the mask is a word of the byte order of the machine. */
export const readRoutes4 = (text: string): readonly Route[] =>
  rowsOf(text)
    .slice(1)
    .map(columns => ({ interface: columns[0]!, family: 4, prefix: bitsIn(columns[7] ?? '') }))

/** /proc/net/ipv6_route; routes that only say what is refused (on lo) are left out. */
export const readRoutes6 = (text: string): readonly Route[] =>
  rowsOf(text)
    .filter(columns => columns[9] !== 'lo')
    .map(columns => ({ interface: columns[9]!, family: 6, prefix: Number.parseInt(columns[1] ?? '', 16) }))

const rowsOf = (text: string): readonly (readonly string[])[] =>
  text
    .split('\n')
    .filter(line => line.trim() !== '')
    .map(line => line.trim().split(/\s+/))

const spellAddress = (hexadecimal: string): string => {
  const words = hexadecimal.match(/.{8}/g) ?? []
  const octets = words.flatMap(word => word.match(/../g)!.toReversed())
  const text =
    octets.length === 4
      ? octets.map(octet => Number.parseInt(octet, 16)).join('.')
      : (octets.join('').match(/.{4}/g) ?? []).join(':')
  return normalizeAddress(text) ?? text
}

const bitsIn = (hexadecimal: string): number => Number.parseInt(hexadecimal, 16).toString(2).replaceAll('0', '').length
