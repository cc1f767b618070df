import { normalizeAddress } from './address.ts'
import { fieldValues, type Authority, type Head } from './message.ts'

/** What is wrong with the framing of a request. Codes are stable: they stand in log records. */
export type FramingFault =
  | 'http-version'
  | 'target-form'
  | 'host-field'
  | 'transfer-encoding'
  | 'content-length'
  | 'content-type-repeated'
  | 'expect'
  | 'upgrade'
  | 'trailers'
  | 'header-fields'

/** The parts of a request-target; `authority` is set for the absolute and the authority form only. */
export type Target = { readonly authority: Authority | null; readonly path: string; readonly query: string }

export type Framing =
  | { readonly ok: true; readonly target: Target; readonly host: Authority }
  | { readonly ok: false; readonly fault: FramingFault }

/**
 * Checks what HTTP parsers disagree on, so that nothing downstream can read the request in another way than it is read here.
 * @param defaultPort - port meant by a Host without one: 443 over TLS, 80 without
 * @param maxFields - field lines of the header section
 * @see RFC 9112 sections 3.2, 6 and 11.2
 */
export const checkFraming = (head: Head, defaultPort: number, maxFields = Infinity): Framing => {
  const fault = head.fields.length > maxFields ? 'header-fields' : fieldFault(head)
  if (fault) return { ok: false, fault }
  const host = parseAuthority(fieldValues(head, 'host')[0]!, defaultPort)
  if (!host) return { ok: false, fault: 'host-field' }
  const target = parseTarget(head.target)
  if (!target) return { ok: false, fault: 'target-form' }
  if (target.authority && !sameAuthority(target.authority, host)) return { ok: false, fault: 'host-field' }
  return { ok: true, target, host }
}

const fieldFault = (head: Head): FramingFault | null => {
  const values = (name: string) => fieldValues(head, name)
  const codings = values('transfer-encoding')
  const lengths = values('content-length')
  const expectations = values('expect')
  if (head.version !== '1.1') return 'http-version'
  if (values('host').length !== 1) return 'host-field'
  if (codings.length > 1 || (codings.length === 1 && codings[0]!.toLowerCase() !== 'chunked'))
    return 'transfer-encoding'
  if (codings.length > 0 && lengths.length > 0) return 'transfer-encoding'
  if (lengths.length > 1 || (lengths.length === 1 && !/^\d{1,15}$/.test(lengths[0]!))) return 'content-length'
  if (values('content-type').length > 1) return 'content-type-repeated'
  if (expectations.some(value => value.toLowerCase() !== '100-continue')) return 'expect'
  if (values('upgrade').length > 0 || values('http2-settings').length > 0) return 'upgrade'
  return values('trailer').length > 0 ? 'trailers' : null
}

/** Reads `host` or `host:port`; user information, an empty host and anything else is null. */
export const parseAuthority = (text: string, defaultPort: number): Authority | null => {
  const match = /^(?<host>[A-Za-z0-9]([A-Za-z0-9._-]{0,252})|\[[0-9A-Fa-f:.]{2,45}\])(:(?<port>\d{1,5}))?$/.exec(text)
  if (!match?.groups) return null
  const { host, port } = match.groups
  if (host!.startsWith('[') && normalizeAddress(host!.slice(1, -1)) === null) return null
  const number = port === undefined ? defaultPort : Number(port)
  if (number < 1 || number > 65_535) return null
  return { host: host!.replace(/^\[|\]$/g, '').toLowerCase(), port: number }
}

/** Writes `host:port`, with an IPv6 address in brackets. */
export const spellAuthority = ({ host, port }: Authority): string =>
  `${host.includes(':') ? `[${host}]` : host}:${port}`

export const sameAuthority = (a: Authority, b: Authority): boolean => a.host === b.host && a.port === b.port

/** Origin form and absolute form (RFC 9112 sections 3.2.1 and 3.2.2). A fragment has no place in either. */
const parseTarget = (target: string): Target | null => {
  if (target.startsWith('/')) return splitPath(target, null)
  const match = /^(https?):\/\/([^/?#]+)(\/[^#]*)?$/i.exec(target)
  if (!match) return null
  const authority = parseAuthority(match[2]!, match[1]!.toLowerCase() === 'https' ? 443 : 80)
  return authority && splitPath(match[3] ?? '/', authority)
}

const splitPath = (text: string, authority: Authority | null): Target | null => {
  if (text.includes('#')) return null
  const mark = text.indexOf('?')
  return mark < 0
    ? { authority, path: text, query: '' }
    : { authority, path: text.slice(0, mark), query: text.slice(mark + 1) }
}
