/**
 * Equality as JSON Schema has it: numbers by value, arrays by order, objects by their members, whatever these are called. The
 * package that ajv compares with throws on an object that has a member `toString` or `valueOf`.
 * @see JSON Schema draft 2020-12, core, section 4.2.2
 */
import { canonicalize, type JsonValue } from './canonical.ts'

const isComposed = (value: JsonValue): boolean => typeof value === 'object' && value !== null

/** Whether a value is one of those listed. */
export const isOneOf = (listed: readonly JsonValue[]): ((value: JsonValue) => boolean) => {
  const plain = new Set(listed.filter(value => !isComposed(value)))
  const texts = new Set(listed.filter(isComposed).map(canonicalize))
  return value => (isComposed(value) ? texts.size > 0 && texts.has(canonicalize(value)) : plain.has(value))
}

/** Whether no two of the values are equal. */
export const areDistinct = (values: readonly JsonValue[]): boolean =>
  new Set(values.map(canonicalize)).size === values.length
