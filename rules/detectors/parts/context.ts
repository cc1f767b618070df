import type { Span, Subject } from '../../detector.ts'

/** How far, in UTF-16 code units, a keyword may stand from what it gives meaning to. */
const REACH = 30

/** Texts from here on are worth remembering one, in UTF-16 code units. */
const LONG = 128

/** Property names repeat without end in telemetry, so their words are remembered, up to this many names. */
const REMEMBERED = 4096
const remembered = new Map<string, string>()

/** The text that was folded last: one detector after the other asks for the same. */
let last = ''
let lastFolded = ''

/** Lower case, without accents: `Geschäft`, `Née`, `STRASSE` and `straße` give `geschaft`, `nee`, `strasse`. */
export const fold = (text: string): string => {
  if (text.length < LONG) return foldAny(text)
  if (text !== last) {
    lastFolded = foldAny(text)
    last = text
  }
  return lastFolded
}

const foldAny = (text: string): string => {
  const lower = text.toLowerCase()
  if (!/[^\0-\x7f]/.test(lower)) return lower
  return lower
    .normalize('NFD')
    .replace(/\p{M}+/gu, '')
    .replace(/ß/g, 'ss')
    .replace(/ø/g, 'o')
    .replace(/æ/g, 'ae')
    .replace(/œ/g, 'oe')
    .replace(/ł/g, 'l')
}

const splitWords = (name: string): string =>
  fold(
    name
      .replace(/(\p{Ll}|\d)(\p{Lu})/gu, '$1 $2')
      .replace(/(\p{Lu})(\p{Lu}\p{Ll})/gu, '$1 $2')
      .replace(/[^\p{L}\p{M}\p{N}]+/gu, ' ')
      .trim(),
  )

/**
 * Splits a property name into its words, folded: `patientDOB` and `patient_dob` give `patient dob`, `né(e)` gives `ne e`.
 * The words are joined by single spaces, so that a pattern with `\b` matches whole words only.
 */
export const wordsOf = (name: string): string => {
  const known = remembered.get(name)
  if (known !== undefined) return known
  const words = splitWords(name)
  if (remembered.size >= REMEMBERED) remembered.clear()
  if (name.length <= 128) remembered.set(name, words)
  return words
}

/**
 * A pattern that matches any of the words, whole, in folded text: write them in lower case and without accents.
 * Each word is a piece of a regular expression; ` ?` stands for a space, a hyphen, an underscore, a full stop and a space, or nothing, so
 * `date ?of ?birth` matches `date-of-birth` and `dateofbirth` as well.
 */
export const keywords = (...words: readonly string[]): RegExp =>
  new RegExp(`(?<![\\p{L}\\p{N}])(?:${words.join('|').replaceAll(' ?', '(?:[ _-]|\\. ?)?')})(?![\\p{L}\\p{N}])`, 'u')

/** The same words wherever they stand, also in the midst of others: a text without them is near to none of them. */
const anywhere = new WeakMap<RegExp, RegExp>()

/** Whether a text may hold a keyword: false only where no part of it does. */
export const mayHold = (text: string, keyword: RegExp): boolean => {
  let loose = anywhere.get(keyword)
  if (loose === undefined) anywhere.set(keyword, (loose = new RegExp(keyword.source.replaceAll(LOOKAROUND, ''), 'u')))
  return loose.test(fold(text))
}
/** With groups in it one deep. */
const LOOKAROUND = /\(\?<?[=!](?:\[[^\]]*\]|\([^()]*\)|[^()[\]])*\)/g

/** What a keyword said of a property name before; as many names as `REMEMBERED` for each keyword. */
const answers = new WeakMap<RegExp, Map<string, boolean>>()

const says = (keyword: RegExp, known: Map<string, boolean>, key: string): boolean => {
  const answer = known.get(key)
  if (answer !== undefined) return answer
  const found = keyword.test(wordsOf(key)) || keyword.test(key.toLowerCase())
  if (known.size >= REMEMBERED) known.clear()
  if (key.length <= 128) known.set(key, found)
  return found
}

/**
 * Whether one of the names that lead to the text holds a keyword. `keyword` is matched on folded whole words; it must
 * be one object for the life of the process and have no `g` or `y` flag, because its answers are remembered.
 */
export const inKeys = ({ keys }: Pick<Subject, 'keys'>, keyword: RegExp): boolean => {
  if (keys.length === 0) return false
  const known = answersTo(keyword)
  for (const key of keys) if (says(keyword, known, key)) return true
  return false
}

const answersTo = (keyword: RegExp): Map<string, boolean> => {
  let known = answers.get(keyword)
  if (known === undefined) answers.set(keyword, (known = new Map()))
  return known
}

/** As `inKeys`, for the last name only: the one that the text stands under. */
export const inLastKey = ({ keys }: Pick<Subject, 'keys'>, keyword: RegExp): boolean => {
  const key = keys.at(-1)
  return key !== undefined && says(keyword, answersTo(keyword), key)
}

/** `inKeys` and `inLastKey` as needs ask: what the names that lead to a text must say. */
export const anyKey =
  (keyword: RegExp) =>
  (keys: readonly string[]): boolean =>
    inKeys({ keys }, keyword)
export const lastKey =
  (keyword: RegExp) =>
  (keys: readonly string[]): boolean =>
    inLastKey({ keys }, keyword)

/** Whether a keyword stands within 30 characters of the span, on either side. */
export const nearby = ({ text }: Subject, { start, end }: Span, keyword: RegExp): boolean =>
  keyword.test(fold(text.slice(Math.max(0, start - REACH), start))) || keyword.test(fold(text.slice(end, end + REACH)))

/** Whether a keyword stands within 30 characters of the span, on either side, or in the names that lead to the text. */
export const inContext = (subject: Subject, span: Span, keyword: RegExp): boolean =>
  nearby(subject, span, keyword) || inKeys(subject, keyword)
