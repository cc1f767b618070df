import type { DeriveSource } from '../body/derived-field.ts'
import { interopMetrics } from '../body/interop-layout.ts'
import { interopSchema } from '../body/interop-schema.ts'
import { compileTemplates, logSchema } from '../body/log-lines.ts'
import type { JsonValue } from '../canonical.ts'
import { readJson } from '../json.ts'
import type { Path } from '../json-pointer.ts'
import type { ReadReference } from '../parse-policy.ts'
import { parsePathTemplate, type PathTemplate } from '../path-template.ts'
import { defaultLimits } from '../policy.ts'

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
}

export type DraftRoute = {
  readonly id: string
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
  readonly forward: 'canonical' | 'exact'
}

/**
 * A policy as its author wrote it, with the schemas it refers to, before anything is checked or compiled: what is looked at
 * to say how good a policy is. Nothing is decided by it; see `parsePolicy` for that.
 */
export type DraftPolicy = {
  readonly instruments: readonly { readonly id: string; readonly enabled: boolean; readonly path: Path }[]
  readonly destinations: readonly { readonly id: string; readonly path: Path }[]
  readonly routes: readonly DraftRoute[]
}

type Members = { readonly [key: string]: JsonValue }
type Raw = {
  readonly instruments: readonly { readonly id: string; readonly enabled?: boolean }[]
  readonly destinations: readonly { readonly id: string }[]
  readonly routes: readonly RawRoute[]
  readonly limits?: { readonly maxMembers?: number }
}
type RawRoute = {
  readonly id: string
  readonly destination: string
  readonly instruments?: readonly string[]
  readonly method: string
  readonly path: string
  readonly pathParameters?: RawParameters
  readonly query?: RawParameters
  readonly headers?: RawParameters
  readonly body: RawBody
  readonly forward?: 'canonical' | 'exact'
}
type RawBody = {
  readonly contentTypes?: readonly string[]
  readonly schema?: Members | string
  readonly parameters?: RawParameters
  readonly maxLines?: number
  readonly derive?: readonly DeriveSource[]
  readonly metric?: string
  readonly version?: number
  readonly templates?: Readonly<Record<string, string>>
}
type RawParameters = Readonly<
  Record<string, { readonly schema: JsonValue; readonly required?: boolean; readonly credential?: boolean }>
>

/** @param document - the value of a `readPolicyDocument` that was ok, so it has the shape of `policy.schema.json` */
export const readDraftPolicy = (document: JsonValue, readReference: ReadReference): DraftPolicy => {
  const raw = document as unknown as Raw
  const maxMembers = raw.limits?.maxMembers ?? defaultLimits.maxMembers
  return {
    instruments: raw.instruments.map(({ id, enabled = true }, index) => ({
      id,
      enabled,
      path: ['instruments', index],
    })),
    destinations: raw.destinations.map(({ id }, index) => ({ id, path: ['destinations', index] })),
    routes: raw.routes.map((route, index) => readRoute(route, ['routes', index], readReference, maxMembers)),
  }
}

const readRoute = (raw: RawRoute, path: Path, readReference: ReadReference, maxMembers: number): DraftRoute => ({
  id: raw.id,
  path,
  destination: raw.destination,
  instruments: raw.instruments ?? null,
  method: raw.method,
  template: parsePathTemplate(raw.path),
  pathParameters: readParameters(raw.pathParameters, [...path, 'pathParameters']),
  query: readParameters(raw.query, [...path, 'query']),
  headers: readParameters(raw.headers, [...path, 'headers']),
  body: readBody(raw.body, [...path, 'body'], readReference, maxMembers),
  forward: raw.forward ?? 'canonical',
})

const readParameters = (raw: RawParameters = {}, path: Path): readonly DraftParameter[] =>
  Object.entries(raw).map(([name, { schema, required = false, credential = false }]) => ({
    name,
    required,
    credential,
    schema,
    path: [...path, name, 'schema'],
  }))

const readBody = (raw: RawBody, path: Path, readReference: ReadReference, maxMembers: number): DraftBody | null => {
  const { schema, maxLines, derive } = raw
  const contentTypes = raw.contentTypes?.length ?? 1
  if (schema === undefined) {
    const builtIn = builtInSchema(raw, maxMembers)
    return builtIn && { path: [...path, builtIn.key], contentTypes, schema: builtIn.schema as JsonValue }
  }
  return {
    path: [...path, 'schema'],
    contentTypes,
    schema: typeof schema === 'string' ? readSchema(schema, readReference) : schema,
    ...(maxLines !== undefined && { maxLines }),
    ...(derive && { derive }),
  }
}

/** What a body without a schema of its own admits, and the key that says so; null for no body, or what `parsePolicy` reports. */
const builtInSchema = (
  { parameters, metric, version, templates }: RawBody,
  maxMembers: number,
): { readonly key: string; readonly schema: object | null } | null => {
  if (parameters) return { key: 'parameters', schema: formSchema(parameters) as object }
  const known = interopMetrics.find(name => name === metric)
  if (known) return { key: 'metric', schema: interopSchema(known, version) }
  const compiled = templates && compileTemplates(templates)
  // A line is at least one member.
  return compiled?.ok ? { key: 'templates', schema: logSchema(compiled.templates, maxMembers) } : null
}

/** A form is an object of strings. */
const formSchema = (parameters: RawParameters): JsonValue => ({
  type: 'object',
  additionalProperties: false,
  required: Object.keys(parameters).filter(name => parameters[name]!.required === true),
  properties: Object.fromEntries(Object.entries(parameters).map(([name, { schema }]) => [name, schema])),
})

/** As `parsePolicy` reads them. */
const schemaLimits = { maxDepth: 128, maxMembers: 1_000_000, maxStringLength: 1_000_000 }

const readSchema = (reference: string, readReference: ReadReference): JsonValue => {
  const text = readReference(reference)
  const reading = text === null ? null : readJson(text, schemaLimits)
  return reading?.ok ? reading.value : null
}

/** Every schema of a route. */
export const schemasOf = ({ pathParameters, query, headers, body }: DraftRoute): readonly DraftSchema[] => [
  ...pathParameters,
  ...query,
  ...headers,
  ...(body ? [body] : []),
]
