/**
 * How words look: `A` for each letter, `0` for each digit, so that AB123456C looks like AA000000A. A run of 15 or more is written as 15,
 * and what follows the fourth run as `~`. Identifiers are told from serial numbers by how their words look.
 */

const RUNS = 4
const BITS = 4
const LONGEST = 15
const STARTS_WITH_DIGIT = 1 << (RUNS * BITS)
const HAS_MORE = STARTS_WITH_DIGIT << 1

/** A look as a number: the lengths of up to four runs, 4 bits each, and two flags. */
export const lookOf = (runs: number, startsWithDigit: boolean, hasMore: boolean): number =>
  runs | (startsWithDigit ? STARTS_WITH_DIGIT : 0) | (hasMore ? HAS_MORE : 0)

/** The run of `length` characters that comes after `before` others. */
export const runOf = (length: number, before: number): number => Math.min(length, LONGEST) << (before * BITS)
export const MOST_RUNS = RUNS

const spelled = (look: number): string => {
  let text = ''
  for (let run = 0; run < RUNS; run++) {
    const isDigits = (run % 2 === 0) === ((look & STARTS_WITH_DIGIT) !== 0)
    text += (isDigits ? '0' : 'A').repeat((look >> (run * BITS)) & LONGEST)
  }
  return (look & HAS_MORE) === 0 ? text : `${text}~`
}

/** Patterns of looks, a bit for each; what is known of a look is remembered, as there are no more than 2^18 of them. */
export class WordLooks {
  readonly #patterns: readonly RegExp[]
  readonly #known = new Int32Array(2 * HAS_MORE).fill(-1)

  /** @param patterns - at most 31, with no `g` or `y` flag */
  constructor(patterns: readonly RegExp[]) {
    if (patterns.length > 31) throw new Error('more than 31 looks of words are asked for')
    this.#patterns = patterns
  }

  /** The patterns that a look matches, as bits. */
  bits(look: number): number {
    const known = this.#known[look]!
    return known === -1 ? (this.#known[look] = this.#match(spelled(look))) : known
  }

  #match(text: string): number {
    let bits = 0
    for (const [bit, pattern] of this.#patterns.entries()) if (pattern.test(text)) bits |= 1 << bit
    return bits
  }
}
