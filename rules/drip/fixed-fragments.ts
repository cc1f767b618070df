import { positionsOf } from '../schema-positions.ts'
import { countFragments } from './fragments.ts'

/** The texts that `enum` and `const` of a schema spell and that would be counted as nucleotides: mostly none. */
export const fixedFragments = (schema: unknown): ReadonlySet<string> => {
  const texts = [...positionsOf(schema).values()].flatMap(part => textsIn(fixedValues(part)))
  return new Set(texts.filter(text => countFragments(text) > 0))
}

const fixedValues = (schema: unknown): readonly unknown[] => {
  if (typeof schema !== 'object' || schema === null) return []
  const { enum: values, const: value } = schema as { readonly enum?: unknown; readonly const?: unknown }
  return [values, value]
}

const textsIn = (value: unknown): readonly string[] => {
  if (typeof value === 'string') return [value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : []
}
