import { decodedSchema } from '../embedded-places.ts'
import { parsePlacePattern, type PlacePattern } from '../body/place-pattern.ts'
import { isSchemaObject, subschemasAt } from '../body/schema-at.ts'
import type { Detector, Subject } from '../detector.ts'
import { MAX_DAYS, stateOf, type ExceptionState } from '../exception.ts'
import type { Path } from '../json-pointer.ts'
import { readDetectors } from '../policy/read-detectors.ts'
import { instantOf } from '../policy/rfc3339.ts'
import { detectors } from '../registry.ts'
import type { DraftPolicy, DraftRoute } from './draft-policy.ts'
import { asksOfNumbers } from '../sieve.ts'

/** What there is to say of the exceptions and the detectors of a policy, at a key of it. */
export type ExceptionNote = {
  readonly severity: 'error' | 'warning'
  readonly code: ExceptionCode
  readonly path: Path
  readonly detail: string
}

export const exceptionHints = {
  'exception-expired': 'it does nothing any more: remove it, or give it a new date if the reason still holds',
  'exception-too-long': `an exception lasts ${MAX_DAYS} days at the most, and does nothing while its end is further away: bring it nearer`,
  'exception-ends-soon': 'what it lets pass will be blocked from then on: see that it is no longer needed, or renew it',
  'exception-any-instrument':
    'it holds for every instrument of the route: name the one whose messages are blocked under "instrument"',
  'exception-any-length':
    'whatever the detector finds there may pass, a whole list of it too: say with "maxLength" how long it really is',
  'exception-never-matches': 'it lets nothing pass: remove it',
  'detector-off': 'what only this detector finds leaves: prefer an exception for the place of the false alarm',
} as const satisfies Record<string, string>

export type ExceptionCode = keyof typeof exceptionHints

/** @param time - milliseconds since the epoch, by which exceptions expire */
export const exceptionNotes = (policy: DraftPolicy, time: number): readonly ExceptionNote[] => [
  ...policy.exceptions.flatMap(exception => [...notesOn(exception, policy, time)]),
  ...switchedOff(policy),
]

type DraftException = DraftPolicy['exceptions'][number]

const all: readonly Detector[] = detectors

const switchedOff = function* ({ detectors: entries }: DraftPolicy): Generator<ExceptionNote> {
  for (const { id, onByDefault } of all)
    if (onByDefault !== false && entries[id]?.enabled === false)
      yield { severity: 'warning', code: 'detector-off', path: ['detectors', id], detail: entries[id].reason ?? '' }
}

const codes = {
  expired: ['error', 'exception-expired'],
  'too-long': ['error', 'exception-too-long'],
  'ends-soon': ['warning', 'exception-ends-soon'],
} as const satisfies Record<Exclude<ExceptionState, 'in-force'>, readonly [ExceptionNote['severity'], ExceptionCode]>

const notesOn = function* (exception: DraftException, policy: DraftPolicy, time: number): Generator<ExceptionNote> {
  const { id, path, instrument, maxLength } = exception
  const warning = (code: ExceptionCode, detail: string): ExceptionNote => ({ severity: 'warning', code, path, detail })
  const expires = instantOf(exception.expires)
  const state = expires === null ? 'in-force' : stateOf({ expires }, time)
  if (state !== 'in-force') {
    const [severity, code] = codes[state]
    yield { severity, code, path: [...path, 'expires'], detail: `${id}: ${exception.expires}` }
  }
  if (instrument === undefined) yield warning('exception-any-instrument', id)
  if (maxLength === undefined) yield warning('exception-any-length', id)
  const cause = neverMatches(exception, policy)
  if (cause !== null) yield warning('exception-never-matches', `${id}: ${cause}`)
}

/** Why an exception can let nothing pass; null where it can, and where something else is wrong with it. */
const neverMatches = (exception: DraftException, policy: DraftPolicy): string | null => {
  const route = policy.routes.find(({ id }) => id === exception.route)
  if (!route || !all.some(({ id }) => id === exception.detector)) return null
  const detector = readDetectors(policy.detectors).asked.find(({ id }) => id === exception.detector)
  if (!detector) return 'the detector is switched off'
  if (exception.instrument !== undefined && route.instruments?.includes(exception.instrument) === false)
    return 'the route is not open to the instrument'
  return detector.kind === 'text' ? nothingToFind(detector, valuesAt(exception, route)) : null
}

/** What can stand at a place: the schemas of it, and the names that lead there. */
type Values = { readonly schemas: readonly unknown[]; readonly keys: readonly string[]; readonly isSecret: boolean }

const valuesAt = ({ surface = 'body', pointer }: DraftException, route: DraftRoute): Values => {
  const place = parsePlacePattern(pointer)
  const keys = place.filter(token => !/^(?:\*|\d+)$/.test(token))
  if (surface === 'body') return { schemas: schemasOfBody(route, place), keys, isSecret: false }
  const parameters = { path: route.pathParameters, query: route.query, header: route.headers }[surface]
  const found = parameters.filter(({ name }) => name === place[0])
  return {
    schemas: found.flatMap(({ schema }) => subschemasAt(schema, [])),
    keys,
    isSecret: found.some(({ credential }) => credential),
  }
}

const schemasOfBody = ({ body }: DraftRoute, place: PlacePattern): readonly unknown[] =>
  body?.schema ? subschemasAt(decodedSchema(body.schema), place) : []

const nothingToFind = (
  detector: Extract<Detector, { kind: 'text' }>,
  { schemas, keys, isSecret }: Values,
): string | null => {
  if (isSecret && detector.category !== 'sequence') return 'credentials are looked through for sequencing data only'
  const types = new Set(schemas.flatMap(typesOf))
  if (!detector.needs.some(asksOfNumbers) && types.size > 0 && !types.has('string'))
    return 'only numbers can stand there, and it finds nothing in numbers'
  const literals = literalsOf(schemas)
  if (literals === null) return null
  const subjects = literals.flatMap((value): Subject[] => {
    if (typeof value === 'string') return [{ text: value, role: 'value', keys }]
    return typeof value === 'number' ? [{ text: String(value), role: 'number', keys }] : []
  })
  const isFound = subjects.some(subject => !Iterator.from(detector.find(subject)).next().done)
  return isFound ? null : 'the detector finds nothing in any of the values that the schema lists'
}

const typesOf = (schema: unknown): readonly unknown[] => {
  if (!isSchemaObject(schema)) return []
  const values = listed(schema)
  return values ? values.map(value => typeof value) : schema.type === undefined ? [] : [schema.type].flat()
}

/** All values that can stand there, where the schemas list them; null where they leave it open. */
const literalsOf = (schemas: readonly unknown[]): readonly unknown[] | null => {
  const telling = schemas.filter(isSchemaObject).filter(schema => listed(schema) || Object.hasOwn(schema, 'type'))
  const lists = telling.map(listed)
  return lists.length > 0 && lists.every(list => list !== null) ? lists.flat() : null
}

const listed = (schema: { readonly [keyword: string]: unknown }): readonly unknown[] | null => {
  if (Object.hasOwn(schema, 'const')) return [schema.const]
  return Array.isArray(schema.enum) ? (schema.enum as readonly unknown[]) : null
}
