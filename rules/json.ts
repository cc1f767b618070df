import type { JsonValue } from './canonical.ts'
import type { BlockReason } from './verdict.ts'

export type JsonLimits = {
  /** Levels of nesting. */
  readonly maxDepth: number
  /** Members and elements in the whole text. */
  readonly maxMembers: number
  /** UTF-16 code units of one string as spelled in the text. */
  readonly maxStringLength: number
}

export type JsonFault = Extract<BlockReason, `json-${string}`>
export type JsonReading =
  | {
      readonly ok: true
      readonly value: JsonValue
      /** As `maxMembers` counts them. */
      readonly members: number
    }
  | { readonly ok: false; readonly fault: JsonFault }

const QUOTE = 0x22
const BACKSLASH = 0x5c

/**
 * Reads a JSON text (RFC 8259) that means the same to every reader: no member twice, no number that a double cannot
 * hold, no lone surrogate (RFC 7493, I-JSON), within limits. Never throws.
 */
export const readJson = (text: string, limits: JsonLimits): JsonReading => {
  const survey = surveyTokens(text, limits)
  if (typeof survey === 'string') return { ok: false, fault: survey }
  let value: JsonValue
  try {
    value = JSON.parse(text) as JsonValue
  } catch {
    return { ok: false, fault: 'json-malformed' }
  }
  // Half a surrogate pair comes from an escape, or stands in a text that was never decoded from UTF-8.
  const names = tally(value, text.includes('\\u') || !text.isWellFormed())
  if (names === 'json-lone-surrogate') return { ok: false, fault: names }
  // JSON.parse keeps the last of two members of one name: then the text has more name separators than the value has names.
  return names === survey.nameSeparators
    ? { ok: true, value, members: survey.members }
    : { ok: false, fault: 'json-duplicate-name' }
}

type Survey = { readonly nameSeparators: number; readonly members: number }

/** Walks the tokens without checking the grammar, which JSON.parse does: counts, depth, lengths and numbers. */
const surveyTokens = (text: string, limits: JsonLimits): Survey | JsonFault => {
  let depth = 0
  let nameSeparators = 0
  let members = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) {
      const end = endOfString(text, at)
      if (end < 0) return 'json-malformed'
      if (end - at - 1 > limits.maxStringLength) return 'json-string-too-long'
      at = end
    } else if (code === 0x3a) nameSeparators++
    else if (code === 0x2c) members++
    else if (code === 0x7b || code === 0x5b) {
      members++
      if (++depth > limits.maxDepth) return 'json-too-deep'
    } else if (code === 0x7d || code === 0x5d) depth--
    else if (code === 0x2d || (code >= 0x30 && code <= 0x39)) {
      const end = endOfNumber(text, at)
      if (!isSurelyHeld(text, at, end) && !isRepresentable(text.slice(at, end))) return 'json-number-not-representable'
      at = end - 1
    }
    if (members > limits.maxMembers) return 'json-too-large'
  }
  return { nameSeparators, members }
}

/** Index of the closing quote of the string that opens at `start`, or -1. */
const endOfString = (text: string, start: number): number => {
  let at = text.indexOf('"', start + 1)
  while (at > 0) {
    let backslashes = 0
    while (text.charCodeAt(at - 1 - backslashes) === BACKSLASH) backslashes++
    if (backslashes % 2 === 0) return at
    at = text.indexOf('"', at + 1)
  }
  return -1
}

const endOfNumber = (text: string, start: number): number => {
  let at = start + 1
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at)
    // + - . 0-9 E e
    if (!(code === 0x2b || code === 0x2d || code === 0x2e || (code >= 0x30 && code <= 0x39) || (code | 0x20) === 0x65))
      break
  }
  return at
}

/** Up to four characters reach 9e99 at the most; up to fifteen without an exponent are exact as integers, and no fraction becomes 0. */
const isSurelyHeld = (text: string, start: number, end: number): boolean => {
  if (end - start <= 4) return true
  if (end - start > 15) return false
  for (let at = start; at < end; at++) if ((text.charCodeAt(at) | 0x20) === 0x65) return false
  return true
}

/** Whether a double holds the number: neither too large nor too small for one, and exact where it is spelled as an integer. */
const isRepresentable = (token: string): boolean => {
  const number = Number(token)
  if (Number.isNaN(number)) return true // not a number at all: JSON.parse says so
  if (!Number.isFinite(number)) return false
  if (number === 0) return !/[1-9]/.test(token.split(/e/i)[0]!) // 1e-400 is not 0
  if (!isSpelledExactly(number)) return false
  return token.length <= 15 || !/^-?\d+$/.test(token) || BigInt(number) === BigInt(token)
}

/**
 * Whether the canonical spelling is the same number to readers that keep more digits than a double. Integers below 10^21 are spelled in full,
 * with zeros behind the digits that matter: 2^60, however it was spelled, becomes 1152921504606847000 (RFC 8785 section 3.2.2.3).
 */
const isSpelledExactly = (number: number): boolean =>
  Math.abs(number) >= 1e21 ||
  !Number.isInteger(number) ||
  Number.isSafeInteger(number) ||
  BigInt(String(number)) === BigInt(number)

/**
 * Number of member names in a value; a lone surrogate in a name or string is its own answer.
 * @param mayBeHalf - whether there may be lone surrogates at all
 */
const tally = (value: JsonValue, mayBeHalf: boolean): number | 'json-lone-surrogate' => {
  if (typeof value === 'string') return mayBeHalf && !value.isWellFormed() ? 'json-lone-surrogate' : 0
  if (value === null || typeof value !== 'object') return 0
  if (Array.isArray(value)) return tallyAll(value, mayBeHalf)
  const names = Object.keys(value)
  if (mayBeHalf && !names.every(name => name.isWellFormed())) return 'json-lone-surrogate'
  let count = names.length
  for (const name of names) {
    const inner = tally(value[name]!, mayBeHalf)
    if (typeof inner === 'string') return inner
    count += inner
  }
  return count
}

const tallyAll = (values: readonly JsonValue[], mayBeHalf: boolean): number | 'json-lone-surrogate' => {
  let names = 0
  for (const value of values) {
    if (typeof value === 'number') continue
    const inner = tally(value, mayBeHalf)
    if (typeof inner === 'string') return inner
    names += inner
  }
  return names
}
