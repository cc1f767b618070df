/** digits × 10^-scale. */
export type Decimal = { readonly digits: bigint; readonly scale: number }

/** The decimal number that ECMAScript and RFC 8785 write for a double: digits × 10^-scale. */
export const decimalOf = (number: number): Decimal => {
  const [mantissa = '', exponent = '0'] = String(number).split('e')
  const [whole = '', fraction = ''] = mantissa.split('.')
  return { digits: BigInt(whole + fraction), scale: fraction.length - Number(exponent) }
}

/** Powers of ten up to this exponent are doubles exactly, and so are integers up to this bound with room to spare. */
const EXACT_POWERS = 22
const EXACT_INTEGERS = 1e15

/**
 * Whether a finite number is a multiple of a step as both are written in decimal: 0.07 is a multiple of 0.01, though neither is
 * a binary fraction, and 12.340000000001 is none. A tolerance would let through digits that nobody counted.
 * @param step - greater than 0
 * @see JSON Schema draft 2020-12, validation, section 6.2.1
 */
export const multipleOf = (step: number): ((value: number) => boolean) => {
  const unit = decimalOf(step)
  const isExact = (value: number): boolean => {
    const { digits, scale } = decimalOf(value)
    const common = Math.max(scale, unit.scale)
    return (digits * 10n ** BigInt(common - scale)) % (unit.digits * 10n ** BigInt(common - unit.scale)) === 0n
  }
  if (unit.scale < 0 || unit.scale > EXACT_POWERS || unit.digits > EXACT_INTEGERS) return isExact
  const power = Number(`1e${unit.scale}`)
  const size = Number(unit.digits)
  return value => {
    const scaled = Math.round(value * power)
    if (Math.abs(scaled) > EXACT_INTEGERS) return isExact(value)
    // The quotient of two exact doubles is the double nearest to it: the one that the decimal spelling stands for.
    return scaled / power === value && scaled % size === 0
  }
}
