import type { Rule } from './number-rule.ts'
import { patternRule } from './shape.ts'
import { supported, totalOf, type Demand, type Tallies } from './support.ts'

/** A vocabulary holds at most so many words … */
const MAX_WORDS = 24
/** … of at most so many characters … */
const MAX_WORD_LENGTH = 48
/** … each seen this often on average … */
const REPEATS = 4
/** … and of all strings, at most one in so many is a word that was turned away. */
const STRAY_SHARE = 10

const printable = /^[\x20-\x7e]+$/

/** Five digits in a row number things; they are no word, even where few of them were seen. */
const isNumbered = (text: string): boolean => /\d{5}/.test(text)

/**
 * Strings: an `enum` for a small closed vocabulary, else an anchored pattern by shape. Strings that number things get the pattern
 * where there is one, since the next number is not in the list.
 */
export const stringRule = (strings: Tallies<string>, demand: Demand): Rule => {
  const words = vocabularyRule(strings, demand)
  if (words.ok && !words.schema.enum.some(isNumbered)) return words
  const pattern = patternRule(strings, demand)
  return pattern.ok || !words.ok ? pattern : words
}

type Vocabulary =
  | { readonly ok: true; readonly schema: { readonly enum: readonly string[] }; readonly rejected: number }
  | { readonly ok: false }

const vocabularyRule = (strings: Tallies<string>, demand: Demand): Vocabulary => {
  const { kept, rejected } = supported(strings, demand)
  const seen = totalOf(kept)
  const strays = totalOf(strings) - seen
  const words = [...kept.keys()].sort()
  const isClosed =
    words.length > 0 &&
    words.length <= MAX_WORDS &&
    seen >= REPEATS * words.length &&
    strays * STRAY_SHARE <= seen &&
    words.every(word => word.length <= MAX_WORD_LENGTH && printable.test(word))
  return isClosed ? { ok: true, schema: { enum: words }, rejected } : { ok: false }
}
