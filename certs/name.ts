import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'
import { CertError } from './cert-error.ts'

/** A name that a certificate can vouch for, in its one spelling. `octets` are 4 or 16 in network order. */
export type Name =
  | { readonly kind: 'dns'; readonly text: string }
  | { readonly kind: 'ip'; readonly text: string; readonly octets: Buffer }

const LABEL = /^[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?$/

const isDnsName = (text: string): boolean => {
  const labels = text.split('.')
  return text.length <= 253 && labels.every(label => LABEL.test(label)) && !/^\d+$/.test(labels.at(-1) ?? '')
}

/**
 * Reads a DNS name (letters, digits, hyphens; lower-cased) or an IP literal (no brackets, no zone).
 * A last label of digits only is refused, because some resolvers read such a name as an IPv4 address.
 * @throws CertError ERR_NAME_INVALID; the message says `what` was read and never repeats the text
 * @see RFC 1123 section 2.1 (host names), RFC 5952 (one spelling of an IPv6 address)
 */
export const parseName = (text: string, what = 'the name'): Name => {
  if (isIP(text) !== 0 && !text.includes('%')) {
    const address = ipaddr.parse(text)
    return { kind: 'ip', text: address.toString(), octets: Buffer.from(address.toByteArray()) }
  }
  const lower = text.toLowerCase()
  if (!isDnsName(lower)) throw new CertError('ERR_NAME_INVALID', `${what} is not a DNS name or an IP address`)
  return { kind: 'dns', text: lower }
}
