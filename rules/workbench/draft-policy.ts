import type { Rate } from '../budget/rate.ts'
import { derivedBelow, type DeriveSource } from '../body/derived-field.ts'
import type { ValueRulesSource } from '../body/read-value-rules.ts'
import type { JsonValue } from '../canonical.ts'
import { referenceToken, type Path } from '../json-pointer.ts'
import { parsePathTemplate, type PathTemplate } from '../path-template.ts'
import { defaultLimits } from '../policy.ts'
import { bodySchema } from '../policy/body-schema.ts'
import type { ReadReference } from '../policy/proofreader.ts'
import type {
  CapacityBudget,
  RawBody,
  RawDetector,
  RawException,
  RawMultipart,
  RawParameters,
  RawPart,
  RawPolicy,
  RawRoute,
  RawSplice,
} from '../policy/raw-policy.ts'

/** A schema where the policy has it. */
export type DraftSchema = {
  /** Where it stands in the policy, for `locate` and `keyOf`. */
  readonly path: Path
  /** As its author wrote it; null when it cannot be read, which `parsePolicy` reports. */
  readonly schema: JsonValue
}

export type DraftParameter = DraftSchema & {
  readonly name: string
  readonly required: boolean
  readonly credential: boolean
}

export type DraftBody = DraftSchema & {
  readonly contentTypes: number
  /** Most lines of newline-delimited JSON, of each of which the schema speaks; absent for other bodies. */
  readonly maxLines?: number
  /** What is rounded or recomputed before it leaves. */
  readonly derive?: readonly DeriveSource[]
  /** log2 of the number of ways in which the parts of a form may be said to be of one of their media types. */
  readonly partTypeBits?: number
}

export type DraftRoute = {
  readonly id: string
  readonly mode: 'enforce' | 'report-only'
  readonly path: Path
  readonly destination: string
  /** Null: every instrument of the policy. */
  readonly instruments: readonly string[] | null
  readonly method: string
  readonly template: PathTemplate | null
  readonly pathParameters: readonly DraftParameter[]
  readonly query: readonly DraftParameter[]
  readonly headers: readonly DraftParameter[]
  readonly body: DraftBody | null
  readonly rate: Rate | null
  readonly capacity: CapacityBudget | null
  readonly forward: 'canonical' | 'exact'
  /** Null: its requests are sent at once. */
  readonly spool: NonNullable<RawRoute['spool']> | null
}

/** `splice`: null where connections do not pass unopened. */
export type DraftDestination = {
  readonly id: string
  readonly path: Path
  readonly splice: RawSplice | null
}

/**
 * A policy as its author wrote it, with the schemas it refers to, before anything is checked or compiled: what is looked at
 * to say how good a policy is. Nothing is decided by it; see `parsePolicy` for that.
 */
export type DraftPolicy = {
  readonly instruments: readonly { readonly id: string; readonly enabled: boolean; readonly path: Path }[]
  readonly destinations: readonly DraftDestination[]
  readonly routes: readonly DraftRoute[]
  readonly detectors: Readonly<Record<string, RawDetector>>
  readonly exceptions: readonly (RawException & { readonly path: Path })[]
}

/** @param document - the value of a `readPolicyDocument` that was ok, so it has the shape of `policy.schema.json` */
export const readDraftPolicy = (document: JsonValue, readReference: ReadReference): DraftPolicy => {
  const raw = document as unknown as RawPolicy
  const maxMembers = raw.limits?.maxMembers ?? defaultLimits.maxMembers
  return {
    instruments: raw.instruments.map(({ id, enabled = true }, index) => ({
      id,
      enabled,
      path: ['instruments', index],
    })),
    destinations: raw.destinations.map(({ id, splice = null }, index) => ({
      id,
      path: ['destinations', index],
      splice,
    })),
    routes: raw.routes.map((route, index) => readRoute(route, ['routes', index], readReference, maxMembers)),
    detectors: raw.detectors ?? {},
    exceptions: (raw.exceptions ?? []).map((exception, index) => ({ ...exception, path: ['exceptions', index] })),
  }
}

const readRoute = (raw: RawRoute, path: Path, readReference: ReadReference, maxMembers: number): DraftRoute => ({
  id: raw.id,
  mode: raw.mode ?? 'enforce',
  path,
  destination: raw.destination,
  instruments: raw.instruments ?? null,
  method: raw.method,
  template: parsePathTemplate(raw.path),
  pathParameters: readParameters(raw.pathParameters, [...path, 'pathParameters']),
  query: readParameters(raw.query, [...path, 'query']),
  headers: readParameters(raw.headers, [...path, 'headers']),
  body: readBody(raw.body, [...path, 'body'], readReference, maxMembers),
  rate: raw.rate ?? null,
  capacity: raw.capacity ?? null,
  forward: raw.forward ?? 'canonical',
  spool: raw.delivery === 'spool' ? (raw.spool ?? {}) : null,
})

const readParameters = (raw: RawParameters = {}, path: Path): readonly DraftParameter[] =>
  Object.entries(raw).map(([name, { schema, required = false, credential = false }]) => ({
    name,
    required,
    credential,
    schema: schema as JsonValue,
    path: [...path, name, 'schema'],
  }))

const readBody = (raw: RawBody, path: Path, readReference: ReadReference, maxMembers: number): DraftBody | null => {
  if (raw.kind === 'none') return null
  // A line is at least one member.
  const schema = bodySchema(raw, readReference, maxMembers)
  if (raw.kind === 'log' && schema === null) return null
  return {
    path: [...path, schemaKey(raw)],
    contentTypes: ('contentTypes' in raw && raw.contentTypes?.length) || 1,
    schema,
    ...('derive' in raw && derivationOf(raw)),
    ...(raw.kind === 'multipart' && ofParts(raw)),
    ...(raw.kind === 'ndjson' && { maxLines: raw.maxLines }),
  }
}

/** The key of a body that says what it may hold. */
const schemaKey = (raw: Exclude<RawBody, { kind: 'none' }>): string => {
  switch (raw.kind) {
    case 'json':
    case 'ndjson':
      return 'schema'
    case 'form':
      return 'parameters'
    case 'interop':
      return raw.schema === undefined ? 'metric' : 'schema'
    case 'log':
      return 'templates'
    case 'multipart':
      return 'parts'
  }
}

/** What is said of single parts, as of places of the form. */
const ofParts = ({ parts }: RawMultipart): Pick<DraftBody, 'derive' | 'partTypeBits'> => {
  const derive = Object.entries(parts).flatMap(([name, part]) => derivationOfPart(name, part))
  const bits = Object.values(parts).map(({ maxItems = 1, body }) => {
    const types = ('contentTypes' in body && body.contentTypes?.length) || 1
    return maxItems * Math.log2(types)
  })
  return { partTypeBits: bits.reduce((sum, one) => sum + one, 0), ...(derive.length > 0 && { derive }) }
}

const derivationOfPart = (name: string, { maxItems, body }: RawPart): readonly DeriveSource[] => {
  const item = `${referenceToken(name)}${maxItems === undefined ? '' : '/*'}/content`
  const prefix = body.kind === 'ndjson' ? `${item}/*` : item
  return ('derive' in body ? (body.derive ?? []) : []).map(rule => derivedBelow(prefix, rule))
}

const derivationOf = ({ derive }: ValueRulesSource): Pick<DraftBody, 'derive'> => (derive ? { derive } : {})

/** Every schema of a route. */
export const schemasOf = ({ pathParameters, query, headers, body }: DraftRoute): readonly DraftSchema[] => [
  ...pathParameters,
  ...query,
  ...headers,
  ...(body ? [body] : []),
]
