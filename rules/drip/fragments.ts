import { isPrintableFrom } from '../codings/base64.ts'
import type { Needy } from '../sieve.ts'

/**
 * Pieces of sequence that are too short for any detector, in one text. Alone each is chance, or an index of a kit; sent one after
 * the other they are a read, so they are counted (see `drip-rules.ts`).
 */

/** Letters of a whole word from which on it counts; in a credential, which is random by nature, from eight. */
const LEAST = 4
const LEAST_IN_CREDENTIAL = 8
/** A run inside a longer word counts from here on, and as so much at the least: it is rare by chance. */
const LEAST_INSIDE = 8
const INSIDE = 12
/** Characters of base64 without padding, and of hexadecimal, that hold four letters; and the most that are tried. */
const LEAST_BASE64 = 6
const LEAST_HEX = 8
const MOST_CODED = 64
/** Upper and lower case mixed: one number of eight digits in 10,000 reads so in hexadecimal, one of twelve in a million. */
const LEAST_MIXED_HEX = 12

const WORD = 1
const BASE = 2
/** G, T and U, which no hexadecimal number holds. */
const BEYOND_HEX = 4
/** Joins letters and digits to a longer stretch of base64. */
const JOINER = 8
/** Something may be written in another way here: an escape, markup, JSON, or a character beyond ASCII. */
const MARK = 16

const ASCII = 128
/** Between them letters, of which no base is one; general punctuation begins where they end. */
const FIRST_LETTER = 0xc0
const FIRST_SYMBOL = 0x2000
const classes = new Uint8Array(ASCII)
const mark = (characters: string, bits: number): void => {
  for (const character of characters) classes[character.charCodeAt(0)]! |= bits
}
mark('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz', WORD)
mark('ACGTUacgtu', BASE)
mark('GTUgtu', BEYOND_HEX)
mark('+/_-', JOINER)
const MARKS = '%\\&={["'
mark(MARKS, MARK)

/** A text that meets none of these spells nothing, and `countPlain` says 0 of it: a whole word, a coded one, or not plain. */
export const fragments: Needy = {
  needs: [
    { baseWord: LEAST },
    { longestWord: LEAST_BASE64 },
    { base64Run: MOST_CODED + 1 },
    { beyond: 1 },
    ...Array.from(MARKS, has => ({ has })),
  ],
}

/** What `countPlain` says of a text that may be coded as a whole: undo that first, or ask `countFragments`. */
export const NOT_PLAIN = -1

/**
 * How many nucleotides a text spells in such pieces:
 * - the letters of each whole word of four or more of A C G T U, either case, that holds G, T or U;
 * - those in a word of 8 to 64 characters that is base64 (with its padding) or hexadecimal of such words;
 * - for a run of eight or more with G, T or U inside a longer word its letters, but 12 at the least.
 *
 * A and C alone are left out everywhere: they are hexadecimal, and zeros are `AAAA` in base64. Linear in the text.
 */
export const countFragments = (text: string): number => count(text, false)

/** The same, or `NOT_PLAIN` for a text that holds more than words, plain punctuation and short base64. */
export const countPlain = (text: string): number => count(text, true)

/** The whole words of eight letters or more alone: for credentials, which are random by nature. */
export const countInCredential = (text: string): number =>
  text
    .split(/[^\p{L}\p{N}]+/u)
    .filter(word => word.length >= LEAST_IN_CREDENTIAL && /^[ACGTUacgtu]+$/.test(word) && /[GTUgtu]/.test(word))
    .reduce((sum, { length }) => sum + length, 0)

/** One pass, without any allocation for ordinary texts: it runs over all that every message says. */
const count = (text: string, mustBePlain: boolean): number => {
  let total = 0
  /** Where the word and the stretch of base64 that are under way begin. */
  let start = 0
  let stretch = 0
  let run = 0
  let longest = 0
  let all = ~0
  let any = 0
  for (let index = 0; index <= text.length; index++) {
    const bits = classAt(text, index)
    if (bits & MARK && mustBePlain) return NOT_PLAIN
    if (bits & WORD) {
      all &= bits
      any |= bits
      run = bits & BASE ? run + 1 : 0
      if (run > longest) longest = run
      continue
    }
    if (index - stretch > MOST_CODED && !(bits & JOINER) && mustBePlain) return NOT_PLAIN
    if (index - start >= LEAST) total += countWord(text, start, index, longest, all, any)
    start = index + 1
    if (!(bits & JOINER)) stretch = start
    run = longest = any = 0
    all = ~0
  }
  return total
}

/** Letters beyond ASCII are letters of a word. */
const classAt = (text: string, index: number): number => {
  const code = text.charCodeAt(index)
  if (code < ASCII) return classes[code]!
  if (index === text.length) return 0
  return code >= FIRST_LETTER && code < FIRST_SYMBOL ? WORD | MARK : MARK
}

/** @param run - of bases, the longest in the word; `all` and `any`: the classes that all and any of its characters have */
const countWord = (text: string, start: number, end: number, run: number, all: number, any: number): number => {
  if (all & BASE) return any & BEYOND_HEX ? end - start : 0
  if (run >= LEAST_INSIDE && any & BEYOND_HEX) {
    const inside = countInside(text.slice(start, end))
    if (inside > 0) return inside
  }
  return countCoded(text, start, end)
}

/** Runs of bases in a longer word. */
const countInside = (word: string): number =>
  (word.match(/[ACGTUacgtu]{8,}/g) ?? [])
    .filter(letters => /[GTUgtu]/.test(letters))
    .reduce((sum, { length }) => sum + Math.max(INSIDE, length), 0)

/** What a word holds once it is decoded, where that is text. */
const countCoded = (text: string, start: number, end: number): number => {
  const length = end - start
  if (length > MOST_CODED || length < LEAST_BASE64) return 0
  if (isPrintableFrom(text, start, end)) {
    const decoded = Buffer.from(text.slice(start, end), 'base64').toString('latin1')
    if (PRINTABLE.test(decoded)) return countFragments(decoded)
  }
  const mayBeHex = length >= LEAST_HEX && length % 2 === 0 && HEX_STARTS.includes(text[start]!)
  return mayBeHex ? countHex(text.slice(start, end)) : 0
}

const PRINTABLE = /^[\t\n\r\x20-\x7e]+$/

/** Nucleotides in hexadecimal are decimal digits: 41 43 47 54 55, and 61 63 67 74 75 for the lower case. */
const HEX_STARTS = '4567'
const HEX_LETTERS = /^(?:4[137]|5[45]|6[137]|7[45])+$/
const HEX_OF_ONE_CASE = /^(?:(?:4[137]|5[45])+|(?:6[137]|7[45])+)$/

const countHex = (word: string): number => {
  const form = word.length < LEAST_MIXED_HEX ? HEX_OF_ONE_CASE : HEX_LETTERS
  return form.test(word) ? countFragments(Buffer.from(word, 'hex').toString('latin1')) : 0
}
