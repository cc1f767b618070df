import { arrivingNow } from '../proxy/arrivals.ts'
import type { HeldPayload } from '../proxy/held-payload.ts'
import { bodyValue } from '../rules/body/read-body.ts'
import type { JsonValue } from '../rules/canonical.ts'
import { spellAuthority } from '../rules/framing.ts'
import type { Field, Message } from '../rules/message.ts'
import type { Policy, RouteRules } from '../rules/policy.ts'
import { writtenRoutes } from '../rules/workbench/judge.ts'
import { exitCodes } from './exit-codes.ts'
import { Failure } from './failure.ts'

/** How a payload would come. */
export type Way = {
  readonly route: string
  /** Id of the policy; the first one that the route is open to when absent. */
  readonly instrument?: string | undefined
  /** Path and query; the route's own path when absent. */
  readonly path?: string | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
}

/**
 * The message in which a payload would come, as the gate would see it if it came now.
 * @throws Failure when the policy has no such route
 */
export const messageFor = (policy: Policy, way: Way, bytes: Uint8Array): Message => {
  const route = routeNamed(policy, way.route)
  const instrument =
    way.instrument ?? policy.instruments.find(({ id, enabled }) => enabled && (route.instruments?.has(id) ?? true))?.id
  const destination = spellAuthority(route.destination)
  return {
    arrival: arrivingNow({
      client: '127.0.0.1',
      ingress: { kind: 'replay', instrument: instrument ?? '', destination },
    }),
    head: {
      method: route.method,
      target: way.path ?? route.path.text,
      version: '1.1',
      fields: [['host', destination], ...fieldsOf(route, way.headers ?? {}, bytes)],
    },
    content: { kind: 'complete', bytes, trailers: 0 },
  }
}

const routeNamed = (policy: Policy, name: string): RouteRules => {
  const routes = writtenRoutes(policy)
  const route = routes.find(({ id }) => id === name)
  if (route) return route
  throw new Failure(
    `the policy has no route ${name}`,
    `it has: ${routes.map(({ id }) => id).join(', ')}`,
    exitCodes.notFound,
  )
}

/** What a message says by the rule of a route; undefined where it cannot be read so, or there is no such route. */
export const bodyOf = (message: Message, policy: Policy, route: string | null): JsonValue | undefined => {
  const rule = writtenRoutes(policy).find(({ id }) => id === route)?.body
  return rule && bodyValue(message, rule, policy.limits)
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
const boundaryIn = (bytes: Uint8Array): string =>
  /^--([^\r\n"]{1,70})\r\n/.exec(Buffer.from(bytes.subarray(0, 80)).toString('latin1'))?.[1] ?? ''

/** The message that a held payload came in, as a replay would send it now. */
export const messageOfHeld = ({ client, instrument, destination, head, content }: HeldPayload): Message => ({
  arrival: arrivingNow({ client, ingress: { kind: 'replay', instrument, destination } }),
  head,
  content: { kind: 'complete', bytes: content, trailers: 0 },
})
