import type { Field, Head, Message } from '../../rules/message.ts'
import { arrivingNow } from '../lab/arrivals.ts'

/** What a reviewer gets to see of a blocked request: enough to judge it and to send it again, and no credential. */
export type HeldPayload = {
  readonly client: string
  readonly instrument: string
  /** `host:port` that the request was for, or null when that was not known yet. */
  readonly destination: string | null
  readonly head: Head
  readonly content: Uint8Array
}

/** Header fields that describe the content; only these and those that the route names without `credential` are kept. */
const descriptive: ReadonlySet<string> = new Set(['content-type', 'content-encoding', 'host'])

/** Leaves out every header field that is not known to be free of credentials. */
export const withoutCredentials = (fields: readonly Field[], harmless: ReadonlySet<string>): readonly Field[] =>
  fields.filter(([name]) => descriptive.has(name.toLowerCase()) || harmless.has(name.toLowerCase()))

/** Writes a payload as one line of JSON, a line feed, and the content octets as received. */
export const encodeHeld = ({ content, ...rest }: HeldPayload): Uint8Array =>
  Buffer.concat([Buffer.from(`${JSON.stringify({ v: 1, ...rest })}\n`), content])

/**
 * Reads what `encodeHeld` wrote.
 * @throws Error when it is of another version; the message holds nothing of the payload
 */
export const decodeHeld = (bytes: Uint8Array): HeldPayload => {
  const end = bytes.indexOf(0x0a)
  const { v, client, instrument, destination, head } = readHeading(bytes.subarray(0, end))
  if (v !== 1) throw new Error('the held payload was written by another version of sluice')
  return { client, instrument, destination, head, content: bytes.subarray(end + 1) }
}

/** The request that a payload is, arriving anew: whose it is and where it goes was found out when it came. */
export const messageOfHeld = ({ client, instrument, destination, head, content }: HeldPayload): Message => ({
  arrival: arrivingNow({ client, ingress: { kind: 'replay', instrument, destination } }),
  head,
  content: { kind: 'complete', bytes: content, trailers: 0 },
})

type Heading = Omit<HeldPayload, 'content'> & { readonly v: number }

/** JSON.parse quotes what it cannot read in its error, and that would be a piece of the payload. */
const readHeading = (bytes: Uint8Array): Heading => {
  try {
    return JSON.parse(Buffer.from(bytes).toString()) as Heading
  } catch {
    throw new Error('the held payload cannot be read')
  }
}
