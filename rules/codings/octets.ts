import type { JsonValue } from '../canonical.ts'
import { type Budget, type Inner, spend } from './coding.ts'
import { plain } from './plain-text.ts'

/** Nothing worth finding fits in fewer numbers. */
const SHORTEST = 8

/** Whether all are whole numbers of one octet, signed or not. Most arrays of measurements are told apart at the first. */
const areOctets = (items: readonly JsonValue[]): boolean => {
  let least = 0
  let most = 0
  for (const item of items) {
    if (typeof item !== 'number' || item < -128 || item > 255 || !Number.isInteger(item)) return false
    if (item < least) least = item
    else if (item > most) most = item
  }
  return least >= 0 || most <= 127
}

/** How often a symbol equals the one `lag` places before it, as a share. */
const repetition = (symbols: Uint8Array, lag: number): number => {
  let same = 0
  for (let index = lag; index < symbols.length; index++) if (symbols[index] === symbols[index - lag]) same++
  return same / (symbols.length - lag)
}

const LEAST_CODES = 48
const LONGEST_LAG = 12
const MOST_REPETITION = 0.5
/** Three states in turn give 1.58 bits at the most; a genome of 41 % G and C gives 1.98. */
const LEAST_ENTROPY = 1.7

const entropy = (symbols: Uint8Array): number => {
  const counts = new Uint32Array(256)
  for (const symbol of symbols) counts[symbol]!++
  let bits = 0
  for (const count of counts) if (count > 0) bits -= (count / symbols.length) * Math.log2(count / symbols.length)
  return bits
}

/**
 * Reads codes 0 to 3, perhaps with a 4 for N, or 1 to 4, as A C G T; null when they look like something else. Columns of lanes, reads and
 * surfaces are written in as few values: but they stand in blocks or in turn, so that with some lag of 1 to 12 most of them repeat.
 * In sequence about a quarter do, with any lag.
 */
const bases = (symbols: Uint8Array): string | null => {
  if (symbols.length < LEAST_CODES || symbols.some(symbol => symbol > 4)) return null
  if (entropy(symbols) < LEAST_ENTROPY) return null
  for (let lag = 1; lag <= LONGEST_LAG; lag++) if (repetition(symbols, lag) > MOST_REPETITION) return null
  const letters = symbols.includes(0) ? 'ACGTN' : 'NACGT'
  return Array.from(symbols, symbol => letters[symbol]).join('')
}

/**
 * What an array of numbers spells: octets, code points of ASCII, or nucleotides in codes of 0 to 3; null for other numbers.
 * @throws OverBudget when it is more than the budget allows
 */
export const spelledOctets = (items: readonly JsonValue[], budget: Budget): Inner | null => {
  if (items.length < SHORTEST || !areOctets(items)) return null
  spend(budget, items.length)
  const octets = Uint8Array.from(items as number[])
  const text = bases(octets)
  return text === null ? plain(octets) : { kind: 'text', text }
}
