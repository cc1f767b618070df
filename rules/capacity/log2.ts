/**
 * Arithmetic on numbers of possibilities, kept as their base-2 logarithms (bits): 0 is one possibility, `-Infinity` none,
 * `Infinity` without bound. Counts of a message have thousands of digits, their logarithms do not.
 */

const MANTISSA_BITS = 60

/** log2 of a count of any size; `-Infinity` for 0. */
export const log2OfCount = (count: bigint): number => {
  if (count <= 0n) return -Infinity
  const excess = Math.max(0, count.toString(16).length * 4 - MANTISSA_BITS)
  return Math.log2(Number(count >> BigInt(excess))) + excess
}

/** log2 of a sum of counts: one thing or another. */
export const eitherOf = (bits: readonly number[]): number => {
  const most = Math.max(-Infinity, ...bits)
  if (!Number.isFinite(most)) return most
  return most + Math.log2(bits.reduce((sum, one) => sum + 2 ** (one - most), 0))
}

/** log2 of a product of counts: one thing and another. Nothing at all is left where one of them is impossible. */
export const allOf = (bits: readonly number[]): number =>
  bits.includes(-Infinity) ? -Infinity : bits.reduce((sum, one) => sum + one, 0)

/** Below this the closed form of the series loses its digits; then every term counts as the largest. */
const NEARLY_ZERO = 1e-6

/**
 * log2 of the number of sequences of `least` to `most` elements, each of which has `bits`.
 * @param most - `Infinity` for no limit; below `least`, there is no sequence
 */
export const sequencesOf = (bits: number, least: number, most: number): number => {
  if (most < least) return -Infinity
  if (bits === -Infinity || most === 0) return least === 0 ? 0 : -Infinity
  if (bits === Infinity || most === Infinity) return Infinity
  const lengths = most - least + 1
  if (bits < NEARLY_ZERO) return most * bits + Math.log2(lengths)
  return most * bits + Math.log2((1 - 2 ** (-lengths * bits)) / (1 - 2 ** -bits))
}
