import { readDerivedField, type DerivedField, type DeriveSource } from '../body/derived-field.ts'
import { minutePattern } from '../body/minute.ts'
import { decodedSchema } from '../embedded-places.ts'
import { changeSchemaAt, isSchemaObject, type SchemaObject } from '../body/schema-at.ts'
import { eitherOf } from './log2.ts'
import { numberBits, type NumberBounds } from './number-count.ts'

/**
 * A schema with as many values, or more, as leave through another once the rules of a policy were applied: what is recomputed
 * follows from the rest and chooses nothing, what is rounded is one of fewer values. It is for counting, not for validating.
 */
export const derivedSchema = (schema: unknown, derive: readonly DeriveSource[]): unknown =>
  derive
    .map(readDerivedField)
    .reduce((changed, field) => changeSchemaAt(changed, field.at, one => derivedAt(one, field)), decodedSchema(schema))

/** The same for the schema of one place, and one rule about it. */
export const derivedAt = (schema: unknown, field: DerivedField): unknown => {
  if (!isSchemaObject(schema)) return schema
  // Only a number is recomputed; what stands there instead is blocked.
  if (field.kind === 'computed') return { const: 0 }
  const { to } = field
  if (to.by === 'minute') return { allOf: [schema, { type: ['string', 'null'], ...minutePattern }] }
  return to.by === 'step' ? asStepped(schema, to.step) : asSignificant(schema, to.digits)
}

const isNumber = ({ type }: SchemaObject): boolean => {
  const types = [type].flat()
  return types.includes('number') || types.includes('integer')
}

/** Both steps hold, so each alone bounds what passes. */
const asStepped = (schema: SchemaObject, step: number): SchemaObject => {
  if (!isNumber(schema)) return schema
  const { multipleOf } = schema
  return { ...schema, multipleOf: typeof multipleOf === 'number' ? Math.max(multipleOf, step) : step }
}

/** Integers stand in for the numbers, one for each. */
const asSignificant = (schema: SchemaObject, digits: number): SchemaObject => {
  if (!isNumber(schema)) return schema
  const count = 2 ** significantBits(schema, digits)
  if (!Number.isSafeInteger(Math.ceil(count))) return schema
  // The logarithm is off by a few units in its last place.
  const most = Math.ceil(count * (1 - 1e-12)) - 1
  const types = [schema.type].flat().map(type => (type === 'number' ? 'integer' : type))
  // Where the schema admits more than numbers, the stand-in has no bound, and the schema itself is the lesser.
  return {
    allOf: [schema, { type: types.length === 1 ? types[0] : types, minimum: 0, maximum: most }],
  }
}

const boundKeys = ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'] as const

const boundsOf = (schema: SchemaObject): NumberBounds => ({
  integer: ![schema.type].flat().includes('number'),
  ...Object.fromEntries(
    boundKeys.flatMap(key => (typeof schema[key] === 'number' ? [[key, schema[key]] as const] : [])),
  ),
})

const SMALLEST_EXPONENT = -324
const LARGEST_EXPONENT = 308

/** log2 of how many numbers of so many significant digits lie within bounds: decade by decade, each with its own step. */
const significantBits = (schema: SchemaObject, digits: number): number => {
  const bounds = boundsOf(schema)
  const low = Math.max(bounds.minimum ?? -Infinity, bounds.exclusiveMinimum ?? -Infinity)
  const high = Math.min(bounds.maximum ?? Infinity, bounds.exclusiveMaximum ?? Infinity)
  const decades: number[] = [low <= 0 && high >= 0 ? 0 : -Infinity]
  for (let exponent = SMALLEST_EXPONENT; exponent <= LARGEST_EXPONENT; exponent++) {
    const [from, to] = [Math.max(Number(`1e${exponent}`), Number.MIN_VALUE), Number(`1e${exponent + 1}`)]
    const step = Number(`1e${exponent - digits + 1}`)
    if (high >= from && low < to) decades.push(decadeBits(above(bounds, from, to), step))
    if (low <= -from && high > -to) decades.push(decadeBits(below(bounds, -to, -from), step))
  }
  return eitherOf(decades)
}

const above = (bounds: NumberBounds, from: number, to: number): NumberBounds => ({
  ...bounds,
  minimum: Math.max(bounds.minimum ?? from, from),
  ...(Number.isFinite(to) && { exclusiveMaximum: Math.min(bounds.exclusiveMaximum ?? to, to) }),
})

const below = (bounds: NumberBounds, from: number, to: number): NumberBounds => ({
  ...bounds,
  maximum: Math.min(bounds.maximum ?? to, to),
  ...(Number.isFinite(from) && { exclusiveMinimum: Math.max(bounds.exclusiveMinimum ?? from, from) }),
})

/** Each step alone bounds what there is; a decade below the smallest step counts its doubles. */
const decadeBits = (bounds: NumberBounds, step: number): number =>
  Math.min(numberBits(bounds), step > 0 ? numberBits({ ...bounds, multipleOf: step }) : Infinity)
