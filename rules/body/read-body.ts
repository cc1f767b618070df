import type { JsonValue } from '../canonical.ts'
import { decodeContent } from '../decode.ts'
import { parseMediaType, plainMediaType } from '../media-type.ts'
import { fieldValues, type Content, type Head, type Incomplete, type Message } from '../message.ts'
import type { BodyRule, Limits } from '../policy.ts'
import { Stop, stop } from '../stop.ts'
import { isBoundary } from './multipart.ts'
import { readBodyValue, type BodyValue } from './read-body-value.ts'
import { readMultipartValue } from './read-multipart.ts'

/** Content, and the Content-Type that says what it is. */
export type Written = { readonly contentType: string; readonly content: Uint8Array }

export type ValueBody = Pick<BodyValue, 'value' | 'shown' | 'invalid' | 'differs' | 'linesDropped'> & {
  readonly kind: 'value'
  /** The octets as received, with the content coding still on. */
  readonly received: Written
  readonly coding: string | null
  /** The one spelling of the value. */
  readonly write: () => Written
  /** Property names that findings may repeat. */
  readonly names: ReadonlySet<string>
}

export type Body = { readonly kind: 'none' } | ValueBody

/** Reads the content of a request by the rule of its route. */
export const readBody = (head: Head, content: Content, rule: BodyRule, limits: Limits): Body | Stop => {
  if (content.kind === 'incomplete') return incomplete(content.cause)
  if (content.kind === 'too-large' || content.bytes.length > limits.maxBodyBytes)
    return stop('body-too-large', { rule: 'maxBodyBytes' })
  if (content.trailers > 0) return stop('request-malformed', { rule: 'trailers' })
  if (rule.kind === 'none') return content.bytes.length === 0 ? { kind: 'none' } : stop('body-not-allowed')
  return readValueBody(head, content.bytes, rule, limits)
}

const incomplete = (cause: Incomplete): Stop =>
  stop(cause === 'http-parser' ? 'request-malformed' : 'request-incomplete', { rule: cause })

/** What a request says by the rule of a route, as the schema is asked about it; undefined when it cannot be read so. */
export const bodyValue = ({ head, content }: Message, rule: BodyRule, limits: Limits): JsonValue | undefined => {
  const body = readBody(head, content, rule, limits)
  return body instanceof Stop || body.kind === 'none' ? undefined : body.value
}

type ContentRule = Exclude<BodyRule, { kind: 'none' }>

const readValueBody = (head: Head, received: Uint8Array, rule: ContentRule, limits: Limits): Body | Stop => {
  const media = readContentType(fieldValues(head, 'content-type')[0] ?? '', rule)
  if (media === null) return stop('content-type-not-allowed')
  const codings = fieldValues(head, 'content-encoding')
  if (codings.length > 1) return stop('content-encoding-not-allowed')
  const coding = codings[0] ?? null
  const decoded = decodeContent(received, coding, limits)
  if (!decoded.ok) return stop(decoded.fault)
  if (decoded.bytes.length > limits.maxDecodedBytes) return stop('decoded-too-large', { rule: 'maxDecodedBytes' })
  const read = readWritten(decoded.bytes, media, rule, limits)
  if (read instanceof Stop) return read
  const { contentType } = media
  return { kind: 'value', received: { contentType, content: received }, coding, names: rule.names, ...read }
}

/** `boundary`: of a form of parts. */
type Media = { readonly contentType: string; readonly boundary: string }

/** The media type without parameters, as one that the rule names; null where it is none, or where more is said. */
const readContentType = (field: string, { kind, contentTypes }: ContentRule): Media | null => {
  const media = kind === 'multipart' ? parseMediaType(field) : null
  const boundary = media?.parameters.size === 1 ? (media.parameters.get('boundary') ?? '') : ''
  if (kind === 'multipart' && !isBoundary(boundary)) return null
  const contentType = media ? media.type : plainMediaType(field)
  return contentType !== null && contentTypes.includes(contentType) ? { contentType, boundary } : null
}

const readWritten = (
  bytes: Uint8Array,
  { contentType, boundary }: Media,
  rule: ContentRule,
  limits: Limits,
): Pick<ValueBody, 'value' | 'shown' | 'invalid' | 'differs' | 'linesDropped' | 'write'> | Stop => {
  if (rule.kind !== 'multipart') {
    const read = readBodyValue(bytes, rule, limits)
    return read instanceof Stop ? read : { ...read, write: () => ({ contentType, content: read.write() }) }
  }
  const read = readMultipartValue(bytes, boundary, rule, limits)
  if (read instanceof Stop) return read
  const write = (): Written => {
    const { boundary, content } = read.write()
    return { contentType: `${contentType}; boundary=${boundary}`, content }
  }
  // What stands between parts is the sender's choice; a policy that forwards it unchanged is refused.
  return { ...read, write, differs: () => 'spelling' }
}
