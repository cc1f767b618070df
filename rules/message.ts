import type { History } from './budget/history.ts'

/** One HTTP request as the pipeline sees it: values only, nothing that holds a socket. */

/** A host (lower-case DNS name or IP literal without brackets) and a port. */
export type Authority = { readonly host: string; readonly port: number }

/**
 * How a request came to the appliance.
 * - `connect`: TLS inside a CONNECT tunnel (RFC 9110 section 9.3.6)
 * - `gateway`: TLS to one of the appliance's own names
 * - `redirect`: TLS to the vendor's name (SNI), steered here by DNS or a packet filter
 * - `plain`: HTTP without TLS
 * - `replay`: a payload blocked earlier, sent again by a reviewer; `destination` is `host:port` if it was known then
 */
export type Ingress =
  | { readonly kind: 'connect'; readonly authority: Authority; readonly serverName: string | null }
  | { readonly kind: 'gateway'; readonly names: readonly string[]; readonly port: number }
  | { readonly kind: 'redirect'; readonly serverName: string; readonly port: number }
  | { readonly kind: 'plain' }
  | { readonly kind: 'replay'; readonly instrument: string; readonly destination: string | null }

/** One field line of the header section, as received. */
export type Field = readonly [name: string, value: string]

/** Request line and header section (RFC 9112 sections 3 and 5). */
export type Head = {
  readonly method: string
  /** The request-target exactly as received. */
  readonly target: string
  readonly version: string
  readonly fields: readonly Field[]
}

/** Who sends requests and by which way: the same for all that come through one connection. */
export type Caller = {
  /** Address of the peer, without zone. */
  readonly client: string
  readonly ingress: Ingress
  /** Public key of the client certificate that is valid now and whose key the peer proved to hold: `sha256/…` (RFC 7469). */
  readonly clientKey?: string
}

/** Who sent the request, by which way and when. */
export type Arrival = Caller & {
  /** Milliseconds since the epoch, by the clock of whoever took the request: `rules/` has none. */
  readonly time: number
}

/** What became of reading the request content. `trailers` is the number of trailer fields that came with it. */
export type Content =
  | { readonly kind: 'complete'; readonly bytes: Uint8Array; readonly trailers: number }
  | { readonly kind: 'too-large' }
  | { readonly kind: 'incomplete'; readonly cause: Incomplete }

/**
 * Why the rest of a request did not come: the client went away (`closed`), took too long (`timeout`), sent fewer octets a second than it
 * must (`minimum-rate`), or what it sent is no content of HTTP/1.1 (`http-parser`).
 */
export type Incomplete = 'closed' | 'timeout' | 'minimum-rate' | 'http-parser'

export type Message = {
  readonly arrival: Arrival
  readonly head: Head
  readonly content: Content
  /** What left before. Absent where nothing is going to leave, as when a policy is tried out: then no budget is reckoned with. */
  readonly history?: History
}

/** All values of a field, by its lower-case name, without the white space around them. */
export const fieldValues = (head: Head, name: string): readonly string[] => {
  const values: string[] = []
  // Lower case is as long, but for İ, and what that becomes is in no name that is asked for.
  for (const [key, value] of head.fields)
    if (key.length === name.length && key.toLowerCase() === name) values.push(withoutMargin(value))
  return values
}

const isBlank = (character: string | undefined): boolean => character === ' ' || character === '\t'

/** Optional white space is SP and HTAB only (RFC 9110 section 5.6.3); `trim` takes off more, such as U+00A0. */
const withoutMargin = (value: string): string => {
  let start = 0
  let end = value.length
  while (isBlank(value[start])) start++
  while (end > start && isBlank(value[end - 1])) end--
  return value.slice(start, end)
}
