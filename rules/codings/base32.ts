import type { TextCoding } from './coding.ts'
import { spend } from './coding.ts'
import { plain } from './plain-text.ts'

/** Fewer symbols hold at most nine octets. */
const SHORTEST = 16
/** Octets that are not text are worth a look only from here on: 20 of them. */
const SHORTEST_BINARY = 32
/** Symbols of a group, after which a blank or a line break may stand. */
const GROUP = 8

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
const quintets = new Int8Array(128).fill(-1)
for (const [value, symbol] of Array.from(ALPHABET).entries()) {
  quintets[symbol.charCodeAt(0)] = value
  quintets[symbol.toLowerCase().charCodeAt(0)] = value
}

const CAPITAL = 1
const SMALL = 2
const isBlank = (code: number): boolean => code === 32 || code === 10 || code === 13 || code === 45
const BLANKS = /[ \n\r-]/g
const caseOf = (code: number): number => (code < 65 ? 0 : code < 97 ? CAPITAL : SMALL)

/** Where the run at `start` ends, of one case: a word in mixed case is no base32. Blanks may stand between whole groups. */
const endOfRun = (text: string, start: number): number => {
  let cases = 0
  let from = start
  let at = start
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code < 128 && quintets[code]! >= 0) {
      cases |= caseOf(code)
      if (cases === (CAPITAL | SMALL)) break
    } else if (isBlank(code) && at > from && (at - from) % GROUP === 0) {
      while (at + 1 < text.length && isBlank(text.charCodeAt(at + 1))) at++
      from = at + 1
    } else break
  }
  return at
}

const decoded = (symbols: string): Uint8Array => {
  const bytes = new Uint8Array(Math.floor((symbols.length * 5) / 8))
  let bits = 0
  let held = 0
  let at = 0
  for (let index = 0; index < symbols.length; index++) {
    bits = ((bits << 5) | quintets[symbols.charCodeAt(index)]!) & 0xfff
    held += 5
    if (held < 8) continue
    held -= 8
    bytes[at++] = bits >> held
  }
  return bytes
}

/** Base32 (RFC 4648 section 6), in capitals or small letters, padded or not, in a longer text. */
export const base32 = {
  id: 'base32',
  needs: [{ base64Run: GROUP, length: SHORTEST }],
  *undo(text, budget) {
    for (let index = 0; index < text.length; index++) {
      const start = index
      index = endOfRun(text, start)
      if (index - start < SHORTEST) continue
      const symbols = text.slice(start, index).replaceAll(BLANKS, '')
      if (symbols.length < SHORTEST) continue
      spend(budget, Math.ceil((symbols.length * 5) / 8))
      const inner = plain(decoded(symbols))
      if (inner.kind === 'text' || symbols.length >= SHORTEST_BINARY) yield inner
    }
  },
} as const satisfies TextCoding
