import type { DeriveSource } from '../body/derived-field.ts'
import type { JsonValue } from '../canonical.ts'
import { readJson } from '../json.ts'
import type { Path } from '../json-pointer.ts'
import type { ReadReference } from '../parse-policy.ts'
import { parsePathTemplate, type PathTemplate } from '../path-template.ts'

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
}
type RawParameters = Readonly<
  Record<string, { readonly schema: JsonValue; readonly required?: boolean; readonly credential?: boolean }>
>

/** @param document - the value of a `readPolicyDocument` that was ok, so it has the shape of `policy.schema.json` */
export const readDraftPolicy = (document: JsonValue, readReference: ReadReference): DraftPolicy => {
  const raw = document as unknown as Raw
  return {
    instruments: raw.instruments.map(({ id, enabled = true }, index) => ({
      id,
      enabled,
      path: ['instruments', index],
    })),
    destinations: raw.destinations.map(({ id }, index) => ({ id, path: ['destinations', index] })),
    routes: raw.routes.map((route, index) => readRoute(route, ['routes', index], readReference)),
  }
}

const readRoute = (raw: RawRoute, path: Path, readReference: ReadReference): DraftRoute => ({
  id: raw.id,
  path,
  destination: raw.destination,
  instruments: raw.instruments ?? null,
  method: raw.method,
  template: parsePathTemplate(raw.path),
  pathParameters: readParameters(raw.pathParameters, [...path, 'pathParameters']),
  query: readParameters(raw.query, [...path, 'query']),
  headers: readParameters(raw.headers, [...path, 'headers']),
  body: readBody(raw.body, [...path, 'body'], readReference),
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

const readBody = (raw: RawBody, path: Path, readReference: ReadReference): DraftBody | null => {
  const { schema, parameters, contentTypes, maxLines, derive } = raw
  if (parameters)
    return { path: [...path, 'parameters'], contentTypes: contentTypes?.length ?? 1, schema: formSchema(parameters) }
  if (schema === undefined) return null
  return {
    path: [...path, 'schema'],
    contentTypes: contentTypes?.length ?? 1,
    schema: typeof schema === 'string' ? readSchema(schema, readReference) : schema,
    ...(maxLines !== undefined && { maxLines }),
    ...(derive && { derive }),
  }
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
