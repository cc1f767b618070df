import type { PlacePattern } from './place-pattern.ts'
import { positionsOf, targetOf } from '../schema-positions.ts'

export type SchemaObject = { readonly [keyword: string]: unknown }

type Change = (schema: unknown) => unknown

/**
 * A schema (draft 2020-12) that says something else of the values at one place, and the same of all others. References on the way
 * there are resolved, because others may share what they lead to. Where a pattern of property names or further properties may
 * lead there, nothing is changed, but `change` is asked.
 */
export const changeSchemaAt = (root: unknown, pattern: PlacePattern, change: Change): unknown =>
  new Walk(root, change).visit(root, pattern, new Set())

/** Every subschema that may describe a place. */
export const subschemasAt = (root: unknown, pattern: PlacePattern): readonly unknown[] => {
  const found: unknown[] = []
  changeSchemaAt(root, pattern, schema => {
    found.push(schema)
    return schema
  })
  return found
}

export const isSchemaObject = (value: unknown): value is SchemaObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Whether a schema may let a value of the type pass. Where it does not say so itself, a branch of it does, which was found too. */
export const admits = (schema: unknown, type: string): boolean => {
  if (!isSchemaObject(schema)) return schema !== false
  const { type: named, enum: values } = schema
  const types = [named].flat()
  if (types.includes(type) || (type === 'number' && types.includes('integer'))) return true
  const literals = Object.hasOwn(schema, 'const') ? [schema.const] : Array.isArray(values) ? values : []
  return literals.some((literal: unknown) => (Array.isArray(literal) ? 'array' : typeof literal) === type)
}

class Walk {
  readonly #positions: ReadonlyMap<string, unknown>
  readonly #change: Change

  constructor(root: unknown, change: Change) {
    this.#positions = positionsOf(root)
    this.#change = change
  }

  /** @param references - that were followed since the last step: one that comes again leads nowhere */
  visit(schema: unknown, pattern: PlacePattern, references: ReadonlySet<string>): unknown {
    if (!isSchemaObject(schema)) return schema
    const changed = this.#branches(schema, pattern, references)
    const [token, ...rest] = pattern
    return token === undefined ? this.#change(changed) : this.#members(changed, token, rest)
  }

  #branches(schema: SchemaObject, pattern: PlacePattern, references: ReadonlySet<string>): SchemaObject {
    const { $ref, ...rest } = schema
    const changed: { [keyword: string]: unknown } = rest
    for (const keyword of ['allOf', 'anyOf', 'oneOf'])
      if (Array.isArray(changed[keyword]))
        changed[keyword] = changed[keyword].map((branch: unknown) => this.visit(branch, pattern, references))
    for (const keyword of ['then', 'else', 'contentSchema'])
      if (Object.hasOwn(changed, keyword)) changed[keyword] = this.visit(changed[keyword], pattern, references)
    if ($ref === undefined) return changed
    const target = targetOf(this.#positions, $ref)
    if ('problem' in target || references.has(target.pointer)) return schema
    const inner = this.visit(this.#positions.get(target.pointer), pattern, new Set([...references, target.pointer]))
    return { ...changed, allOf: [...(Array.isArray(changed.allOf) ? (changed.allOf as unknown[]) : []), inner] }
  }

  #members(schema: SchemaObject, token: string, rest: PlacePattern): SchemaObject {
    const changed: { [keyword: string]: unknown } = { ...schema }
    const { properties, prefixItems, items, patternProperties, additionalProperties } = schema
    const inner = (one: unknown): unknown => this.visit(one, rest, new Set())
    if (token !== '*' && isSchemaObject(properties) && Object.hasOwn(properties, token))
      changed.properties = { ...properties, [token]: inner(properties[token]) }
    else if (token !== '*')
      for (const open of [...Object.values(patternProperties ?? {}), additionalProperties]) inner(open)
    if (Array.isArray(prefixItems))
      changed.prefixItems = prefixItems.map((one: unknown, index) =>
        token === '*' || token === String(index) ? inner(one) : one,
      )
    // The other elements share the schema of this one.
    if (token === '*') {
      if (items !== undefined) changed.items = inner(items)
    } else if (/^\d+$/.test(token)) inner(items)
    return changed
  }
}
