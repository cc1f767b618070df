import type { JsonValue } from '../canonical.ts'
import { decodeContent } from '../decode.ts'
import { plainMediaType } from '../media-type.ts'
import { fieldValues, type Content, type Head, type Message } from '../message.ts'
import type { BodyRule, Limits } from '../policy.ts'
import { Stop, stop } from '../stop.ts'
import { readBodyValue, type BodyValue, type ValueRule } from './read-body-value.ts'

export type ValueBody = BodyValue & {
  readonly kind: 'value'
  /** The octets as received, with the content coding still on. */
  readonly received: Uint8Array
  readonly coding: string | null
  readonly contentType: string
  /** Property names that findings may repeat. */
  readonly names: ReadonlySet<string>
}

export type Body = { readonly kind: 'none' } | ValueBody

/** Reads the content of a request by the rule of its route. */
export const readBody = (head: Head, content: Content, rule: BodyRule, limits: Limits): Body | Stop => {
  if (content.kind === 'incomplete') return stop('request-incomplete')
  if (content.kind === 'too-large' || content.bytes.length > limits.maxBodyBytes)
    return stop('body-too-large', { rule: 'maxBodyBytes' })
  if (content.trailers > 0) return stop('request-malformed', { rule: 'trailers' })
  if (rule.kind === 'none') return content.bytes.length === 0 ? { kind: 'none' } : stop('body-not-allowed')
  return readValueBody(head, content.bytes, rule, limits)
}

/** What a request says by the rule of a route, as the schema is asked about it; undefined when it cannot be read so. */
export const bodyValue = ({ head, content }: Message, rule: BodyRule, limits: Limits): JsonValue | undefined => {
  const body = readBody(head, content, rule, limits)
  return body instanceof Stop || body.kind === 'none' ? undefined : body.value
}

const readValueBody = (head: Head, received: Uint8Array, rule: ValueRule, limits: Limits): Body | Stop => {
  const contentType = plainMediaType(fieldValues(head, 'content-type')[0] ?? '')
  if (contentType === null || !rule.contentTypes.includes(contentType)) return stop('content-type-not-allowed')
  const codings = fieldValues(head, 'content-encoding')
  if (codings.length > 1) return stop('content-encoding-not-allowed')
  const coding = codings[0] ?? null
  const decoded = decodeContent(received, coding, limits)
  if (!decoded.ok) return stop(decoded.fault)
  if (decoded.bytes.length > limits.maxDecodedBytes) return stop('decoded-too-large', { rule: 'maxDecodedBytes' })
  const read = readBodyValue(decoded.bytes, rule, limits)
  if (read instanceof Stop) return read
  return { kind: 'value', received, coding, contentType, names: rule.names, ...read }
}
