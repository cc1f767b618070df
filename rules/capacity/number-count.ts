import { decimalOf, type Decimal } from '../multiple-of.ts'
import { log2OfCount } from './log2.ts'

/** The keywords of JSON Schema that bound a number. */
export type NumberBounds = {
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: number
  readonly exclusiveMaximum?: number
  readonly multipleOf?: number
  readonly integer: boolean
}

/**
 * log2 of how many different numbers lie within bounds: doubles, as every JSON text that is let through holds them, or
 * multiples of a step in decimal, whichever are fewer. At most 64; `-Infinity` for none.
 */
export const numberBits = (bounds: NumberBounds): number => {
  const doubles = doublesWithin(bounds)
  const multiples = multiplesWithin(bounds)
  return log2OfCount(multiples !== null && multiples < doubles ? multiples : doubles)
}

const memory = new DataView(new ArrayBuffer(8))

/** Doubles in their order, numbered so that neighbours differ by 1; both zeros are 0. */
const ordinal = (value: number): bigint => {
  memory.setFloat64(0, Math.abs(value))
  const magnitude = memory.getBigUint64(0)
  return value < 0 ? -magnitude : magnitude
}

const greater = (a: bigint, b: bigint): bigint => (a > b ? a : b)
const lesser = (a: bigint, b: bigint): bigint => (a < b ? a : b)

const doublesWithin = ({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: NumberBounds): bigint => {
  const low = greater(
    ordinal(minimum ?? -Number.MAX_VALUE),
    exclusiveMinimum === undefined ? ordinal(-Number.MAX_VALUE) : ordinal(exclusiveMinimum) + 1n,
  )
  const high = lesser(
    ordinal(maximum ?? Number.MAX_VALUE),
    exclusiveMaximum === undefined ? ordinal(Number.MAX_VALUE) : ordinal(exclusiveMaximum) - 1n,
  )
  return greater(high - low + 1n, 0n)
}

const gcd = (a: bigint, b: bigint): bigint => (b === 0n ? a : gcd(b, a % b))

/** The step as digits × 10^-scale with a scale of 0 or more; whole numbers are multiples of 1 besides. */
const stepOf = ({ multipleOf, integer }: NumberBounds): Decimal | null => {
  if (multipleOf === undefined) return integer ? { digits: 1n, scale: 0 } : null
  const { digits, scale } = decimalOf(multipleOf)
  const step = scale < 0 ? { digits: digits * 10n ** BigInt(-scale), scale: 0 } : { digits, scale }
  const one = 10n ** BigInt(step.scale)
  return integer ? { digits: (step.digits * one) / gcd(step.digits, one), scale: step.scale } : step
}

const floorOf = (numerator: bigint, denominator: bigint): bigint =>
  numerator / denominator - (numerator % denominator !== 0n && numerator < 0n ? 1n : 0n)

/** A limit divided by the step: the whole part downwards, and whether nothing is left over. */
const divide = (limit: number, step: Decimal): { readonly whole: bigint; readonly isExact: boolean } => {
  const { digits, scale } = decimalOf(limit)
  const common = Math.max(scale, step.scale)
  const numerator = digits * 10n ** BigInt(common - scale)
  const denominator = step.digits * 10n ** BigInt(common - step.scale)
  return { whole: floorOf(numerator, denominator), isExact: numerator % denominator === 0n }
}

const multiplesWithin = (bounds: NumberBounds): bigint | null => {
  const step = stepOf(bounds)
  if (step === null) return null
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = bounds
  const from = (limit: number, isOpen: boolean): bigint => {
    const { whole, isExact } = divide(limit, step)
    return isExact && !isOpen ? whole : whole + 1n
  }
  const to = (limit: number, isOpen: boolean): bigint => {
    const { whole, isExact } = divide(limit, step)
    return isExact && isOpen ? whole - 1n : whole
  }
  const low = greater(
    from(minimum ?? -Number.MAX_VALUE, false),
    from(exclusiveMinimum ?? -Number.MAX_VALUE, exclusiveMinimum !== undefined),
  )
  const high = lesser(
    to(maximum ?? Number.MAX_VALUE, false),
    to(exclusiveMaximum ?? Number.MAX_VALUE, exclusiveMaximum !== undefined),
  )
  return greater(high - low + 1n, 0n)
}
