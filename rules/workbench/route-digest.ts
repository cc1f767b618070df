import { createHash } from 'node:crypto'
import { canonicalize, type JsonValue } from '../canonical.ts'
import { schemasOf, type DraftRoute } from './draft-policy.ts'
import type { WrittenPolicy } from './policy-diff.ts'

/** Keys of a route that say who may use it, what is answered, or what lint holds it to, but not what fits it. */
const beside = new Set([
  'id',
  'mode',
  'destination',
  'instruments',
  'response',
  'delivery',
  'spool',
  'onBlock',
  'capacity',
])

/** Keys of a policy that are looked at by themselves, when it is asked which route a request finds. */
const separate = new Set(['version', 'instruments', 'destinations', 'routes', 'exceptions'])

/** Keys of an exception that are for people, or say what is known already. */
const forPeople = new Set(['id', 'owner', 'reason', 'route'])

/**
 * A digest, for each route, of all that decides over what fits it: its own keys, its schemas wherever they stand, and what the
 * policy says for all routes (limits, detectors) or makes an exception of. With the same digest, a request that finds the route
 * meets the same verdict at the same time.
 * @returns `sha256:` and 64 hexadecimal digits, by the id of the route
 */
export const routeDigests = ({ document, draft }: WrittenPolicy): ReadonlyMap<string, string> => {
  const policy = document as {
    readonly routes: readonly JsonObject[]
    readonly exceptions?: readonly JsonObject[]
  } & JsonObject
  const shared = without(policy, separate)
  return new Map(
    draft.routes.map((route, index) => {
      const excepted = (policy.exceptions ?? []).filter(exception => exception.route === route.id)
      const exceptions = excepted.map(exception => without(exception, forPeople))
      return [route.id, digestOf({ shared, exceptions, route: rulesOf(policy.routes[index]!, route) })]
    }),
  )
}

type JsonObject = { readonly [key: string]: JsonValue }

const without = (object: JsonObject, keys: ReadonlySet<string>): JsonObject =>
  Object.fromEntries(Object.entries(object).filter(([key]) => !keys.has(key)))

/** As it would be written with every schema in place. */
const rulesOf = (written: JsonObject, draft: DraftRoute): JsonObject => {
  const body = written.body as JsonObject
  const inPlace = typeof body.schema === 'string' ? without(body, new Set(['schema'])) : body
  return { ...without(written, beside), body: inPlace, schemas: schemasOf(draft).map(({ schema }) => schema) }
}

const digestOf = (value: JsonValue): string =>
  `sha256:${createHash('sha256').update(canonicalize(value)).digest('hex')}`
