import { parsePlacePattern, type PlacePattern } from '../body/place-pattern.ts'
import { admits, subschemasAt } from '../body/schema-at.ts'
import type { JsonValue } from '../canonical.ts'
import { propertyNames } from '../closed-schema.ts'
import type { Detector } from '../detector.ts'
import { decodedSchema } from '../embedded-places.ts'
import type { Exception } from '../exception.ts'
import type { Path } from '../json-pointer.ts'
import type { Instrument } from '../policy.ts'
import { detectors } from '../registry.ts'
import type { Proofreader } from './proofreader.ts'
import type { RawException, RawRoute } from './raw-policy.ts'
import { mandatory } from './read-detectors.ts'
import { instantOf } from './rfc3339.ts'

/** What an exception may refer to. */
type Known = {
  readonly instruments: readonly Instrument[]
  readonly routes: readonly RawRoute[]
  /** The schema of the body of a route; null when it cannot be read, which is reported elsewhere. */
  readonly bodySchema: (route: RawRoute) => JsonValue
}

const all: readonly Detector[] = detectors

/**
 * Nucleotides that one value may hold under an exception: as long as the adapters and index sequences that people write into run
 * settings (up to 34), and no more.
 */
export const MAX_SEQUENCE = 40

/** The named exceptions. Whether one has expired is not asked here: it depends on the time of each request. */
export const readExceptions = (
  raw: readonly RawException[] = [],
  known: Known,
  proof: Proofreader,
): readonly Exception[] => raw.map((exception, index) => readException(exception, ['exceptions', index], known, proof))

const readException = (raw: RawException, path: Path, known: Known, proof: Proofreader): Exception => {
  const { surface = 'body', instrument = null, maxLength = Infinity } = raw
  const report = (key: keyof RawException, message: string | null): void =>
    message === null ? undefined : proof.report([...path, key], message)
  const expires = instantOf(raw.expires)
  if (expires === null) report('expires', 'must be a date or date-time of RFC 3339, such as 2027-03-31')
  for (const [key, message] of detectorProblems(raw.detector, maxLength)) report(key, message)
  if (instrument !== null && !known.instruments.some(({ id }) => id === instrument))
    report('instrument', `no instrument has the id ${instrument}`)
  const route = known.routes.find(({ id }) => id === raw.route)
  if (!route) report('route', `no route has the id ${raw.route}`)
  const place = parsePlacePattern(raw.pointer)
  if (route) report('pointer', placeProblem(route, raw.detector, surface, place, known))
  const isInLines = surface === 'body' && route?.body.kind === 'ndjson'
  // What is no instant is reported, and would have expired.
  const end = expires ?? -Infinity
  return { ...raw, surface, instrument, maxLength, expires: end, pattern: isInLines ? ['*', ...place] : place }
}

const detectorProblems = function* (
  id: string,
  maxLength: number,
): Generator<readonly [key: 'detector' | 'maxLength', message: string]> {
  const detector = all.find(one => one.id === id)
  if (!detector) return void (yield ['detector', `there is no detector ${id}: docs/detectors.md lists those there are`])
  if (detector.mandatory) yield ['detector', `what ${id} finds cannot be excepted: ${mandatory}`]
  else if (detector.category === 'sequence' && maxLength > MAX_SEQUENCE)
    yield ['maxLength', `has to be ${MAX_SEQUENCE} at the most, because ${id} finds sequencing data`]
}

const parameterKeys = { path: 'pathParameters', query: 'query', header: 'headers' } as const

/** Why nothing that the policy names can stand at a place; null where it can. */
const placeProblem = (
  route: RawRoute,
  detector: string,
  surface: Exception['surface'],
  place: PlacePattern,
  { bodySchema }: Known,
): string | null => {
  if (surface === 'body') return placeInBodyProblem(route, detector, place, bodySchema)
  const named = Object.keys(route[parameterKeys[surface]] ?? {})
  const isNamed = place.length === 1 && named.includes(place[0]!)
  return isNamed ? null : `leads nowhere: the route names no such ${surface === 'header' ? 'field' : 'parameter'}`
}

/** What a detector looks at, by its kind. */
const looksAt = {
  text: { types: ['string', 'number'], otherwise: 'leads to what is neither text nor a number' },
  bytes: { types: ['string', 'number'], otherwise: 'leads to what is neither text nor a number' },
  value: { types: ['array', 'object'], otherwise: 'leads to what is neither an array nor an object' },
} as const satisfies Readonly<Record<Detector['kind'], unknown>>

const placeInBodyProblem = (
  route: RawRoute,
  detector: string,
  place: PlacePattern,
  bodySchema: Known['bodySchema'],
): string | null => {
  if (route.body.kind === 'none') return 'leads nowhere: the route has no body'
  const schema = bodySchema(route)
  if (schema === null) return null
  const found = subschemasAt(decodedSchema(schema), place)
  if (found.length === 0) return 'leads nowhere: no property of the schema can stand there'
  const names = propertyNames(schema)
  if (!place.every(token => /^(?:\*|\d+)$/.test(token) || names.has(token)))
    return 'leads through a name that the schema does not spell'
  const { types, otherwise } = looksAt[all.find(one => one.id === detector)?.kind ?? 'text']
  return types.some(type => found.some(one => admits(one, type))) ? null : otherwise
}
