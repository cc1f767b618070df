import type { JsonValue } from '../canonical.ts'

/**
 * The value with every number that is not whole in the shortest decimal that names the same float32: 1.61 where a double
 * spells 1.6100000143051147. That is for the detectors: the digits behind are no choice of the sender's, and fifteen of them
 * look like an insured person's number now and then.
 * @param value - all its numbers are float32 or integers
 * @returns a value of the same structure
 */
export const shortFloats = (value: JsonValue): JsonValue => {
  if (typeof value === 'number') return Number.isInteger(value) ? value : shortest(value)
  if (value === null || typeof value !== 'object') return value
  if (Array.isArray(value)) return value.map(shortFloats)
  const short: { [name: string]: JsonValue } = {}
  for (const name of Object.keys(value)) short[name] = shortFloats(value[name]!)
  return short
}

/** Nine significant digits tell any two float32 numbers apart. */
const DIGITS = 9

const shortest = (number: number): number => {
  for (let digits = 1; digits < DIGITS; digits++) {
    const decimal = Number(number.toPrecision(digits))
    if (Math.fround(decimal) === number) return decimal
  }
  return Number(number.toPrecision(DIGITS))
}
