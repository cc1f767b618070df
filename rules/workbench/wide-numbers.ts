import { readDerivedField, type DerivedField, type DeriveSource } from '../body/derived-field.ts'
import { changeSchemaAt } from '../body/schema-at.ts'
import { capacityAt } from '../capacity/capacity.ts'
import { derivedAt } from '../capacity/derived-schema.ts'
import { childrenOf, isObject, mapSchemas, own, positionsOf, targetOf, type JsonObject } from '../schema-positions.ts'

/** 33 bits name one person of all that live. */
const MOST_BITS = 33

/**
 * Numbers that leave with enough digits to carry a message: bits by the pointer of their schema. One that a rule of the policy
 * rounds or recomputes, wherever it stands, leaves with fewer.
 */
export const wideNumbers = (schema: unknown, derive: readonly DeriveSource[]): ReadonlyMap<string, number> => {
  const marked = mapSchemas(schema, one => one) // a copy, in which no two places share an object
  for (const [pointer, one] of positionsOf(marked)) if (isObject(one)) Object.assign(one, { $comment: pointer })
  const derived = derive.map(readDerivedField).reduce<unknown>(narrow, marked)
  return new Map(
    reachable(derived).flatMap(one => {
      const bits = numberBits(one)
      return bits > MOST_BITS ? [[one.$comment as string, bits] as const] : []
    }),
  )
}

/** What is narrow enough is told no further. */
const narrow = (schema: unknown, field: DerivedField): unknown =>
  changeSchemaAt(schema, field.at, one => {
    const derived = derivedAt(one, field)
    return capacityAt(derived)('').bits > MOST_BITS ? derived : { const: 0 }
  })

/** Log2 of how many numbers a schema admits by its own keywords; 0 for what it writes out, and for what is no number. */
const numberBits = (schema: JsonObject): number => {
  const types = [schema.type].flat()
  const isWritten = Object.hasOwn(schema, 'enum') || Object.hasOwn(schema, 'const')
  if (isWritten || !(types.includes('number') || types.includes('integer'))) return 0
  return capacityAt({ ...schema, type: types.includes('number') ? 'number' : 'integer' })('').bits
}

const conditions: ReadonlySet<string> = new Set(['not', 'if', '$defs'])

/** Every subschema that values are held to, also by reference. */
const reachable = (root: unknown): readonly JsonObject[] => {
  const positions = positionsOf(root)
  const found = new Map<string, JsonObject>()
  const visit = (pointer: string): void => {
    const schema = positions.get(pointer)
    if (!isObject(schema) || found.has(pointer)) return
    found.set(pointer, schema)
    for (const child of childrenOf(pointer, schema)) if (!conditions.has(child.keyword)) visit(child.pointer)
    const target = Object.hasOwn(schema, '$ref') ? targetOf(positions, own(schema, '$ref')) : null
    if (target && 'pointer' in target) visit(target.pointer)
  }
  visit('')
  return [...found.values()]
}
