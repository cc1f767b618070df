import { Buffer } from 'node:buffer'
import { OverBudget, spend, type TextCoding } from './coding.ts'
import { plain } from './plain-text.ts'

/** Fewer symbols hold at most 11 octets. */
const SHORTEST = 17
/** Of what is longer, nobody has measured how long it takes to undo: the digits of one large number cannot be taken one by one. */
const LONGEST = 65_536
/** Symbols whose number is exact as a double: 58^8 < 2^53. */
const GROUP = 8

const values = new Int8Array(128).fill(-1)
const ALPHABET = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'
for (const [value, symbol] of Array.from(ALPHABET).entries()) values[symbol.charCodeAt(0)] = value

const isSymbol = (code: number): boolean => code < 128 && values[code]! >= 0
/** What would make a run a part of something else: base64, a path, a name. */
const isNeighbour = (code: number): boolean =>
  (code >= 47 && code <= 57) || code === 43 || code === 45 || code === 61 || code === 95 || (code >= 65 && code <= 122)

/** Runs of symbols that stand alone. */
const runsIn = function* (text: string): Generator<string> {
  for (let start = 0; start < text.length; start++) {
    let end = start
    while (end < text.length && isSymbol(text.charCodeAt(end))) end++
    const isAlone =
      (start === 0 || !isNeighbour(text.charCodeAt(start - 1))) &&
      (end === text.length || !isNeighbour(text.charCodeAt(end)))
    if (end - start >= SHORTEST && isAlone) yield text.slice(start, end)
    start = end
  }
}

/** Numbers, words and hexadecimal digits are no base58: what is has all three kinds of symbols. */
const isMixed = (symbols: string): boolean => /\d/.test(symbols) && /[A-Z]/.test(symbols) && /[a-z]/.test(symbols)

/** The number that symbols stand for, put together in halves: multiplication of large numbers is faster than linear work on each symbol. */
const numberOf = (symbols: string, from: number, to: number, powers: Map<number, bigint>): bigint => {
  if (to - from <= GROUP) {
    let number = 0
    for (let index = from; index < to; index++) number = number * 58 + values[symbols.charCodeAt(index)]!
    return BigInt(number)
  }
  const half = GROUP * 2 ** Math.floor(Math.log2((to - from - 1) / GROUP))
  const low = numberOf(symbols, to - half, to, powers)
  return numberOf(symbols, from, to - half, powers) * powerOf(half, powers) + low
}

const powerOf = (exponent: number, powers: Map<number, bigint>): bigint => {
  const known = powers.get(exponent)
  if (known !== undefined) return known
  const power = exponent === GROUP ? 58n ** BigInt(GROUP) : powerOf(exponent / 2, powers) ** 2n
  powers.set(exponent, power)
  return power
}

const decoded = (symbols: string): Uint8Array => {
  const digits = numberOf(symbols, 0, symbols.length, new Map()).toString(16)
  const zeros = /^1*/.exec(symbols)![0].length
  return Buffer.concat([Buffer.alloc(zeros), Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, 'hex')])
}

/**
 * Base58 as Bitcoin writes it: one large number, so that it has no groups that could be undone one by one.
 * @see https://datatracker.ietf.org/doc/html/draft-msporny-base58
 */
export const base58 = {
  id: 'base58',
  needs: [{ base64Run: SHORTEST, digits: 1, upper: 1, lower: 1 }],
  *undo(text, budget) {
    for (const symbols of runsIn(text)) {
      if (!isMixed(symbols)) continue
      if (symbols.length > LONGEST) throw new OverBudget('base58 that is longer than can be undone')
      spend(budget, symbols.length)
      yield plain(decoded(symbols))
    }
  },
} as const satisfies TextCoding
