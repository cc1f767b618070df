import { canonicalize } from '../../rules/canonical.ts'
import type { JsonValue } from '../../rules/canonical.ts'

/**
 * Whether a text is the canonical JSON (RFC 8785) of the value that was parsed from it. Most records are seen to be so in one
 * pass over their text; what has escapes, fractions or very large numbers is compared with what would be written.
 */
export const isCanonical = (value: object, text: string): boolean => {
  try {
    return isPlain(text) || canonicalize(value as JsonValue) === text
  } catch {
    // nested so deeply that the stack does not suffice: nothing that sluice writes
    return false
  }
}

const QUOTE = 0x22
const COMMA = 0x2c
const COLON = 0x3a
const OPEN_LIST = 0x5b
const CLOSE_LIST = 0x5d
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d
const escaping = /[\\\u0000-\u001f]/
const scalar = /(?:null|true|false|0|-?[1-9][0-9]{0,14})(?=[,\]}])/y

/** Whether a text of valid JSON is canonical and has only strings without escapes, and integers. False says nothing. */
const isPlain = (text: string): boolean => !escaping.test(text) && afterValue(text, 0) === text.length

/** @returns where the value that begins at `at` ends, or -1 when it is not plain */
const afterValue = (text: string, at: number): number => {
  switch (text.charCodeAt(at)) {
    case QUOTE:
      return text.indexOf('"', at + 1) + 1 || -1
    case OPEN_OBJECT:
      return afterObject(text, at + 1)
    case OPEN_LIST:
      return afterList(text, at + 1)
    default:
      scalar.lastIndex = at
      return scalar.test(text) ? scalar.lastIndex : -1
  }
}

const afterObject = (text: string, start: number): number => {
  if (text.charCodeAt(start) === CLOSE_OBJECT) return start + 1
  let previous: string | null = null
  for (let at = start; ;) {
    const end = text.indexOf('"', at + 1)
    const name = text.substring(at + 1, end)
    const isNext = text.charCodeAt(at) === QUOTE && text.charCodeAt(end + 1) === COLON
    if (!isNext || (previous !== null && name <= previous)) return -1
    previous = name
    at = afterValue(text, end + 2)
    if (at < 0) return -1
    if (text.charCodeAt(at) === CLOSE_OBJECT) return at + 1
    if (text.charCodeAt(at++) !== COMMA) return -1
  }
}

const afterList = (text: string, start: number): number => {
  if (text.charCodeAt(start) === CLOSE_LIST) return start + 1
  for (let at = start; ;) {
    at = afterValue(text, at)
    if (at < 0) return -1
    if (text.charCodeAt(at) === CLOSE_LIST) return at + 1
    if (text.charCodeAt(at++) !== COMMA) return -1
  }
}
