import type { TextCoding } from './coding.ts'
import { spend } from './coding.ts'
import { plain } from './plain-text.ts'

/** Fewer symbols hold at most 15 octets. */
const SHORTEST = 20

const isSymbol = (code: number): boolean => (code >= 33 && code <= 117) || code === 122
const isBlank = (code: number): boolean => code === 32 || (code >= 9 && code <= 13)
const isMark = (code: number): boolean => code < 48 || (code > 57 && code < 65) || (code > 90 && code < 97)

/** What stands between `<~` and `~>`, or behind a `<~` that nothing ends. */
const framed = function* (text: string): Generator<string> {
  for (let start = text.indexOf('<~'); start >= 0;) {
    let end = start + 2
    while (end < text.length && (isSymbol(text.charCodeAt(end)) || isBlank(text.charCodeAt(end)))) end++
    if (end - start - 2 >= SHORTEST / 2) yield text.slice(start + 2, end)
    start = text.indexOf('<~', end)
  }
}

/** Whether a whole value may be written so: no blanks, and more marks than identifiers and words have in their midst. */
const isBare = (text: string): boolean => {
  let marks = 0
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (!isSymbol(code) && code !== 10 && code !== 13) return false
    if (isMark(code)) marks++
  }
  return marks * 8 >= text.length
}

/** Symbols of one group of four octets. */
const GROUP = 5

/** The octets of groups of five symbols; null where a group stands for more than 32 bits. */
const decoded = (text: string): Uint8Array | null => {
  const bytes = new Uint8Array(text.length * 4)
  let at = 0
  let value = 0
  let held = 0
  const flush = (count: number): boolean => {
    if (value > 0xffff_ffff) return false
    for (let octet = 0; octet < count; octet++) bytes[at++] = (value >>> (24 - 8 * octet)) & 255
    value = held = 0
    return true
  }
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code < 33) continue
    if (code === 122) {
      if (held > 0) return null
      at += 4
      continue
    }
    value = value * 85 + code - 33
    if (++held === GROUP && !flush(4)) return null
  }
  if (held === 0) return bytes.subarray(0, at)
  const count = held - 1
  for (; held < GROUP; held++) value = value * 85 + 84
  return flush(count) ? bytes.subarray(0, at) : null
}

/** Ascii85 as Adobe writes it, between `<~` and `~>`, or as a whole value without them (PostScript Language Reference, section 3.13.3). */
export const ascii85 = {
  id: 'ascii85',
  needs: [
    { length: SHORTEST, signs: SHORTEST / 8 },
    { length: SHORTEST / 2 + 2, has: '<' },
  ],
  *undo(text, budget) {
    const inner = [...framed(text)]
    if (inner.length === 0 && isBare(text)) inner.push(text)
    for (const symbols of inner) {
      const bytes = decoded(symbols)
      if (bytes === null || bytes.length === 0) continue
      spend(budget, bytes.length)
      yield plain(bytes)
    }
  },
} as const satisfies TextCoding
