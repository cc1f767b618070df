import type { JsonValue } from '../canonical.ts'
import type { DraftParameter, DraftRoute } from './draft-policy.ts'
import { dripRules } from '../drip/drip-rules.ts'
import { referenceToken } from '../json-pointer.ts'
import { writtenRoutes } from './judge.ts'
import { nearestName } from './nearest-name.ts'
import type { Policy } from '../policy.ts'
import { detectors } from '../registry.ts'
import { resolvePlace } from './resolve-place.ts'
import { namesAt, schemasAt, type SchemaObject } from './schema-place.ts'
import { blockReasons, type Block, type Finding, type Place } from '../verdict.ts'

/** What would be allowed at the place of a block, in the words of the policy. */
export type Allowed = {
  /** The name of the policy that is nearest to the one that stands there. */
  readonly nearest: string | null
  /** All names that the policy has there; empty where the name is not what is wrong. */
  readonly names: readonly string[]
  /** Forms of values, content types, destinations or routes: whatever has its place there. */
  readonly forms: readonly string[]
}

export type ExplainedFinding = Finding & { readonly title: string; readonly source: string }

/** Why a payload does not leave, and what would: everything here is from the policy or the registry, nothing from the payload. */
export type Explanation = Pick<Block, 'reason' | 'rule' | 'place'> & {
  readonly explanation: string
  readonly allowed: Allowed
  readonly findings: readonly ExplainedFinding[]
}

/** What the block is about, as far as it is known. */
export type ExplainContext = {
  readonly policy: Policy
  /** The route as its author wrote it; null when none was recognised. */
  readonly route: DraftRoute | null
  /** The body as the schema is asked about it; undefined when it could not be read. */
  readonly body: JsonValue | undefined
}

export const explain = (block: Block, context: ExplainContext): Explanation => ({
  reason: block.reason,
  explanation: blockReasons[block.reason],
  rule: block.rule,
  place: block.place,
  allowed: allowedFor(block, context),
  findings: block.findings.map(finding => {
    const detector = [...detectors, ...Object.values(dripRules)].find(({ id }) => id === finding.detector)
    return { ...finding, title: detector?.title ?? finding.detector, source: detector?.source ?? '' }
  }),
})

const nothing: Allowed = { nearest: null, names: [], forms: [] }

const allowedFor = ({ reason, rule, place, destination }: Block, context: ExplainContext): Allowed => {
  const { policy, route } = context
  if (place !== null && route !== null) return allowedAt(place, rule, route, context.body)
  const compiled = writtenRoutes(policy).find(({ id }) => id === route?.id)
  if (reason === 'content-type-not-allowed' && compiled && 'contentTypes' in compiled.body)
    return { ...nothing, forms: compiled.body.contentTypes }
  if (reason === 'destination-not-allowed')
    return { ...nothing, forms: policy.destinations.map(({ host, port }) => `${host}:${port}`) }
  if (reason === 'path-not-allowed' || reason === 'method-not-allowed')
    return { ...nothing, forms: routesOf(policy, destination) }
  return nothing
}

const routesOf = ({ routes }: Policy, destination: string | null): readonly string[] =>
  routes
    .filter(({ destination: { host, port } }) => destination === null || destination === `${host}:${port}`)
    .map(({ method, path }) => `${method} ${path.text}`)

const allowedAt = (place: Place, rule: string | null, route: DraftRoute, body: JsonValue | undefined): Allowed => {
  if (place.surface !== 'body') return allowedParameter(place.pointer, rule, parametersOf(route, place.surface))
  const schema = route.body?.schema
  if (!schema) return nothing
  const { path: inBody, isHidden } = resolvePlace(place.pointer, body)
  // The schema of newline-delimited JSON speaks of one line.
  const path = route.body?.maxLines === undefined ? inBody : inBody.slice(1)
  if (rule === 'additionalProperties' || isHidden) return unknownName(namesAt(schema, path.slice(0, -1)), path.at(-1))
  return { ...nothing, forms: formsOf(schemasAt(schema, path), rule) }
}

const parametersOf = (route: DraftRoute, surface: Place['surface']): readonly DraftParameter[] =>
  surface === 'path' ? route.pathParameters : surface === 'query' ? route.query : route.headers

/** Names of parameters that the policy does not name are not at hand here, so there is no nearest one. */
const allowedParameter = (pointer: string, rule: string | null, parameters: readonly DraftParameter[]): Allowed => {
  const parameter = parameters.find(({ name }) => pointer === referenceToken(name))
  if (!parameter) return { ...nothing, names: parameters.map(({ name }) => name) }
  return { ...nothing, forms: formsOf(schemasAt(parameter.schema, []), rule) }
}

const unknownName = (names: ReadonlySet<string>, name: string | number | undefined): Allowed => ({
  nearest: typeof name === 'string' && !name.startsWith('#') ? nearestName(name, names) : null,
  names: [...names],
  forms: [],
})

/** The keywords that say what a value may be, in the order in which they are told. */
const telling = [
  'const',
  'enum',
  'type',
  'contentEncoding',
  'pattern',
  'minLength',
  'maxLength',
  'minimum',
  'exclusiveMinimum',
  'maximum',
  'exclusiveMaximum',
  'multipleOf',
  'minItems',
  'maxItems',
  'uniqueItems',
  'minProperties',
  'maxProperties',
] as const

/** What each subschema says of a value. */
const formsOf = (schemas: readonly SchemaObject[], rule: string | null): readonly string[] => {
  const forms = schemas.map(schema =>
    telling
      .filter(keyword => Object.hasOwn(schema, keyword))
      .map(keyword => `${keyword} ${spell(schema[keyword])}`)
      .join(', '),
  )
  const distinct = [...new Set(forms)].filter(form => form !== '')
  return rule === 'required' ? ['must be there', ...distinct] : distinct
}

const spell = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))
