import { bodyValue } from '../body/read-body.ts'
import type { JsonValue } from '../canonical.ts'
import { spellAuthority } from '../framing.ts'
import type { Field, Message } from '../message.ts'
import type { Policy, RouteRules } from '../policy.ts'
import { writtenRoutes } from './judge.ts'

/** How a payload would come by a route. */
export type CaseWay = {
  /** Id of the policy; the first one that the route is open to when absent. */
  readonly instrument?: string | undefined
  /** Path and query; the route's own path when absent. */
  readonly path?: string | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
}

/**
 * The message in which a payload would come by a route, as the gate would see it.
 * @param time - milliseconds since the epoch, when it would come
 */
export const caseMessage = (
  policy: Policy,
  route: RouteRules,
  way: CaseWay,
  bytes: Uint8Array,
  time: number,
): Message => {
  const destination = spellAuthority(route.destination)
  const instrument =
    way.instrument ?? policy.instruments.find(({ id, enabled }) => enabled && (route.instruments?.has(id) ?? true))?.id
  return {
    arrival: { client: '127.0.0.1', ingress: { kind: 'replay', instrument: instrument ?? '', destination }, time },
    head: {
      method: route.method,
      target: way.path ?? route.path.text,
      version: '1.1',
      fields: [['host', destination], ...fieldsOf(route, way.headers ?? {}, bytes)],
    },
    content: { kind: 'complete', bytes, trailers: 0 },
  }
}

/** The fields that are given; the content type that the route expects when none is. */
const fieldsOf = (
  { body }: RouteRules,
  headers: Readonly<Record<string, string>>,
  bytes: Uint8Array,
): readonly Field[] => {
  const given = Object.entries(headers)
  const hasType = given.some(([name]) => name.toLowerCase() === 'content-type')
  if (hasType || !('contentTypes' in body)) return given
  const boundary = body.kind === 'multipart' ? `; boundary="${boundaryIn(bytes)}"` : ''
  return [...given, ['content-type', body.contentTypes[0]! + boundary]]
}

/** A form of parts begins with its boundary, which a file does not say otherwise. */
const boundaryIn = (bytes: Uint8Array): string => {
  const start = String.fromCharCode(...bytes.subarray(0, 80))
  return /^--([^\r\n"]{1,70})\r\n/.exec(start)?.[1] ?? ''
}

/** What a message says by the rule of a route; undefined where it cannot be read so, or there is no such route. */
export const bodyOf = (message: Message, policy: Policy, route: string | null): JsonValue | undefined => {
  const rule = writtenRoutes(policy).find(({ id }) => id === route)?.body
  return rule && bodyValue(message, rule, policy.limits)
}
