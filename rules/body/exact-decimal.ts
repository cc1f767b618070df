import { decimalOf, type Decimal } from '../multiple-of.ts'

/**
 * Arithmetic on numbers as they are written in decimal, without the error of binary fractions: 0.1 + 0.2 is 0.3. What cannot be
 * held by a double is null.
 */

const powerOfTen = (exponent: number): bigint => 10n ** BigInt(exponent)

/** The double that is nearest to a decimal, or null beyond the largest. */
const numberOf = ({ digits, scale }: Decimal): number | null => {
  const number = Number(`${digits}e${-scale}`)
  return Number.isFinite(number) ? number : null
}

export const sumOf = (numbers: readonly number[]): number | null => {
  const rough = numbers.reduce((sum, number) => sum + Math.abs(number), 0)
  if (Number.isSafeInteger(rough) && numbers.every(Number.isInteger))
    return numbers.reduce((sum, number) => sum + number, 0)
  const decimals = numbers.map(decimalOf)
  const scale = decimals.reduce((most, one) => Math.max(most, one.scale), 0)
  const digits = decimals.reduce((sum, one) => sum + one.digits * powerOfTen(scale - one.scale), 0n)
  return numberOf({ digits, scale })
}

export const productOf = (numbers: readonly number[]): number | null => {
  const decimals = numbers.map(decimalOf)
  return numberOf({
    digits: decimals.reduce((product, one) => product * one.digits, 1n),
    scale: decimals.reduce((sum, one) => sum + one.scale, 0),
  })
}

/** More than a double has, so that the double is the one nearest to the quotient. */
const QUOTIENT_DIGITS = 25

/** @param over - not 0 */
export const ratioOf = (of: number, over: number, times: number): number | null => {
  const [one, factor, other] = [decimalOf(of), decimalOf(times), decimalOf(over)]
  const numerator = one.digits * factor.digits
  if (numerator === 0n) return 0
  const extra = Math.max(0, QUOTIENT_DIGITS + lengthOf(other.digits) - lengthOf(numerator))
  const digits = roundedQuotient(numerator * powerOfTen(extra), other.digits)
  return numberOf({ digits, scale: one.scale + factor.scale + extra - other.scale })
}

/** The multiple of a step that is nearest, of two equally near the even one. */
export const roundToStep = (number: number, step: number): number | null => {
  const [value, unit] = [decimalOf(number), decimalOf(step)]
  const scale = Math.max(value.scale, unit.scale)
  const size = unit.digits * powerOfTen(scale - unit.scale)
  const multiple = roundedQuotient(value.digits * powerOfTen(scale - value.scale), size)
  return numberOf({ digits: multiple * size, scale })
}

/** The number of so many significant digits that is nearest, of two equally near the one with the even last digit. */
export const roundToDigits = (number: number, digits: number): number | null => {
  const value = decimalOf(number)
  const excess = lengthOf(value.digits) - digits
  if (excess <= 0) return numberOf(value)
  return numberOf({ digits: roundedQuotient(value.digits, powerOfTen(excess)), scale: value.scale - excess })
}

/** Significant digits that the number needs when it is written in decimal. */
export const significantDigits = (number: number): number =>
  String(decimalOf(number).digits).replace(/^-/, '').replace(/0+$/, '').length

const magnitude = (integer: bigint): bigint => (integer < 0n ? -integer : integer)

const lengthOf = (integer: bigint): number => String(magnitude(integer)).length

/** Half to even (IEEE 754 section 4.3.1): it draws sums neither up nor down. */
const roundedQuotient = (numerator: bigint, denominator: bigint): bigint => {
  const [top, bottom] = [magnitude(numerator), magnitude(denominator)]
  const whole = top / bottom
  const twice = 2n * (top % bottom)
  const isUp = twice > bottom || (twice === bottom && whole % 2n === 1n)
  const quotient = isUp ? whole + 1n : whole
  return numerator < 0n === denominator < 0n ? quotient : -quotient
}
