import { pathOf, type Path } from '../json-pointer.ts'

/** A subschema that is an object. */
export type SchemaObject = { readonly [keyword: string]: unknown }

const isSchema = (value: unknown): value is SchemaObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const own = (schema: SchemaObject, key: string): unknown => (Object.hasOwn(schema, key) ? schema[key] : undefined)

/** The subschema that a `$ref` within the document leads to. */
const resolved = (root: unknown, reference: string): unknown =>
  pathOf(reference.slice(1), root as never).reduce<unknown>(
    (here, step) => (isSchema(here) || Array.isArray(here) ? (here as SchemaObject)[step] : undefined),
    root,
  )

const together = ['allOf', 'anyOf', 'oneOf'] as const
const conditional = ['then', 'else'] as const

/** A schema and all that apply, or may apply, to the same value: what it refers to, and the branches of its compositions. */
export const appliedAlike = (root: unknown, schema: unknown): readonly SchemaObject[] => {
  if (!isSchema(schema)) return []
  if (Object.hasOwn(schema, 'contentSchema')) return appliedInString(root, schema)
  const reference = own(schema, '$ref')
  const branches = [
    ...together.flatMap(keyword => (own(schema, keyword) as readonly unknown[] | undefined) ?? []),
    ...conditional.map(keyword => own(schema, keyword)),
    ...(typeof reference === 'string' && reference.startsWith('#') ? [resolved(root, reference)] : []),
  ]
  return [schema, ...branches.flatMap(branch => appliedAlike(root, branch))]
}

/** A string that holds JSON has its place: what applies to the value is said there, and beside it in what the value is encoded. */
const appliedInString = (root: unknown, { contentSchema, contentEncoding = 'none' }: SchemaObject) => {
  const [first, ...more] = appliedAlike(root, contentSchema)
  return first === undefined ? [] : [{ ...first, contentEncoding }, ...more]
}

const childOf = (schema: SchemaObject, step: string | number): unknown => {
  if (typeof step === 'number') {
    const prefix = own(schema, 'prefixItems')
    return Array.isArray(prefix) && step < prefix.length ? (prefix[step] as unknown) : own(schema, 'items')
  }
  const properties = own(schema, 'properties')
  return isSchema(properties) ? own(properties, step) : undefined
}

/** Every subschema of a closed schema that says something of the value at a place of a payload. */
export const schemasAt = (root: unknown, path: Path): readonly SchemaObject[] => {
  let here = appliedAlike(root, root)
  for (const step of path) here = here.flatMap(schema => appliedAlike(root, childOf(schema, step)))
  return here
}

/** The names that an object may have at a place. */
export const namesAt = (root: unknown, path: Path): ReadonlySet<string> =>
  new Set(schemasAt(root, path).flatMap(schema => Object.keys((own(schema, 'properties') as object | undefined) ?? {})))
