import { referenceToken } from './json-pointer.ts'

/** A subschema that is an object, or any other JSON object. */
export type JsonObject = { readonly [key: string]: unknown }

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const own = (object: JsonObject, key: string): unknown => (Object.hasOwn(object, key) ? object[key] : undefined)

/** Keywords of JSON Schema (draft 2020-12) that hold subschemas, and how. */
export const applicators: ReadonlyMap<string, 'one' | 'list' | 'map'> = new Map([
  ['additionalProperties', 'one'],
  ['contains', 'one'],
  ['contentSchema', 'one'],
  ['else', 'one'],
  ['if', 'one'],
  ['items', 'one'],
  ['not', 'one'],
  ['propertyNames', 'one'],
  ['then', 'one'],
  ['allOf', 'list'],
  ['anyOf', 'list'],
  ['oneOf', 'list'],
  ['prefixItems', 'list'],
  ['$defs', 'map'],
  ['dependentSchemas', 'map'],
  ['patternProperties', 'map'],
  ['properties', 'map'],
])

/** A subschema directly inside another, and the keyword that it stands under. */
export type Child = { readonly pointer: string; readonly schema: unknown; readonly keyword: string }

/** The subschemas under one keyword; undefined where its value is not of the form that the keyword has. */
export const childrenUnder = (pointer: string, keyword: string, value: unknown): readonly Child[] | undefined => {
  const base = pointer + referenceToken(keyword)
  const shape = applicators.get(keyword)
  if (shape === 'one') return [{ pointer: base, schema: value, keyword }]
  if (shape === 'list' && Array.isArray(value) && value.length > 0)
    return value.map((schema: unknown, index) => ({ pointer: `${base}/${index}`, schema, keyword }))
  if (shape === 'map' && isObject(value))
    return Object.entries(value).map(([key, schema]) => ({ pointer: base + referenceToken(key), schema, keyword }))
  return undefined
}

/** The subschemas directly inside the one at a JSON Pointer. */
export const childrenOf = (pointer: string, schema: unknown): readonly Child[] =>
  isObject(schema)
    ? Object.entries(schema).flatMap(([keyword, value]) => childrenUnder(pointer, keyword, value) ?? [])
    : []

/** Every place of the document where a schema stands, in document order, by its JSON Pointer. */
export const positionsOf = (root: unknown): ReadonlyMap<string, unknown> => {
  const positions = new Map<string, unknown>()
  const visit = (pointer: string, schema: unknown): void => {
    positions.set(pointer, schema)
    for (const child of childrenOf(pointer, schema)) visit(child.pointer, child.schema)
  }
  visit('', root)
  return positions
}

/** The document with every subschema that is an object changed; of two, one inside the other, the inner one first. */
export const mapSchemas = (schema: unknown, change: (schema: JsonObject) => JsonObject): unknown => {
  if (!isObject(schema)) return schema
  const inner = (one: unknown): unknown => mapSchemas(one, change)
  return change(
    Object.fromEntries(
      Object.entries(schema).map(([keyword, value]) => {
        const shape = applicators.get(keyword)
        if (shape === 'one') return [keyword, inner(value)]
        if (shape === 'list' && Array.isArray(value)) return [keyword, value.map(inner)]
        if (shape !== 'map' || !isObject(value)) return [keyword, value]
        return [keyword, Object.fromEntries(Object.entries(value).map(([key, one]) => [key, inner(one)]))]
      }),
    ),
  )
}

export type Target =
  | { readonly pointer: string }
  | { readonly problem: 'malformed-keyword' | 'remote-reference' | 'unresolvable-reference' }

/** Pointers that are spelled the same in a URI fragment; with percent-encoding, two resolvers could go to two places. */
const plainPointer = /^(?:\/[\w$.~-]+)*$/

/** Where a `$ref` leads: to a place where a schema stands in this document, or nowhere. */
export const targetOf = (positions: ReadonlyMap<string, unknown>, reference: unknown): Target => {
  if (typeof reference !== 'string') return { problem: 'malformed-keyword' }
  if (!reference.startsWith('#')) return { problem: 'remote-reference' }
  const pointer = reference.slice(1)
  return positions.has(pointer) && plainPointer.test(pointer) ? { pointer } : { problem: 'unresolvable-reference' }
}
