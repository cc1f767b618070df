import { Buffer } from 'node:buffer'
import type { TextCoding } from './coding.ts'
import { spend } from './coding.ts'
import { textOf } from './plain-text.ts'

/** Digits of a group or of groups together; fewer hold at most 7 octets. */
const SHORTEST = 16
const SHORTEST_BINARY = 32
const LONGEST_GAP = 4

const isHex = (code: number): boolean =>
  (code >= 48 && code <= 57) || (code >= 65 && code <= 70) || (code >= 97 && code <= 102)
const isWord = (code: number): boolean =>
  (code >= 48 && code <= 57) || (code >= 65 && code <= 90) || (code >= 97 && code <= 122)

const separators = new Set(Array.from(' ,:;.-_|"\'[]()\n\r\t', mark => mark.charCodeAt(0)))

const endOfDigits = (text: string, start: number): number => {
  let end = start
  while (end < text.length && isHex(text.charCodeAt(end))) end++
  return end
}

const skipPrefix = (text: string, at: number): number =>
  text.charCodeAt(at) === 48 && (text.charCodeAt(at + 1) | 32) === 120 ? at + 2 : at

/** Where the next group of octets begins after a few separators and perhaps `0x`; -1 when something else follows. */
const nextGroup = (text: string, from: number): number => {
  let at = from
  while (at < text.length && at - from < LONGEST_GAP && separators.has(text.charCodeAt(at))) at++
  return at === from || !isHex(text.charCodeAt(at)) ? -1 : skipPrefix(text, at)
}

/** Where the groups of whole octets end that begin with the digits from `start` to `end`. */
const endOfGroups = (text: string, start: number, end: number): number => {
  let next = end
  if ((end - start) % 2 === 1) return next
  for (;;) {
    const from = nextGroup(text, next)
    if (from < 0) return next
    const to = endOfDigits(text, from)
    if (to === from || (to - from) % 2 === 1 || (to < text.length && isWord(text.charCodeAt(to)))) return next
    next = to
  }
}

/** The digits of all groups from `start`, whose first ends at `end`, to `next`. */
const digitsOf = (text: string, start: number, end: number, next: number): string => {
  const groups = [text.slice(start, end)]
  for (let at = end; at < next;) {
    const from = nextGroup(text, at)
    at = endOfDigits(text, from)
    groups.push(text.slice(from, at))
  }
  return groups.join('')
}

/** Text, or octets that are long enough to be worth a look; a run of odd length is tried from both ends. */
const innerOf = function* (digits: string) {
  const whole = Buffer.from(digits, 'hex')
  const text = textOf(whole)
  if (text !== undefined) yield { kind: 'text', text } as const
  else if (digits.length >= SHORTEST_BINARY) yield { kind: 'bytes', bytes: whole } as const
  if (digits.length % 2 === 0) return
  const shifted = textOf(Buffer.from(digits.slice(1), 'hex'))
  if (shifted !== undefined) yield { kind: 'text', text: shifted } as const
}

/** Hexadecimal octets: one run, or groups with `0x`, blanks, colons, dashes or commas between them. */
export const hexadecimal = {
  id: 'hex',
  needs: [{ hexRun: SHORTEST }, { digits: SHORTEST / 2, length: SHORTEST + 7 }],
  *undo(text, budget) {
    for (let index = 0; index < text.length; index++) {
      if (!isHex(text.charCodeAt(index))) continue
      const start = skipPrefix(text, index)
      const end = endOfDigits(text, start)
      const glued =
        (index > 0 && isWord(text.charCodeAt(index - 1))) || (end < text.length && isWord(text.charCodeAt(end)))
      const next = glued ? end : endOfGroups(text, start, end)
      index = Math.max(index, next - 1)
      if (next - start < SHORTEST) continue
      const digits = digitsOf(text, start, end, next)
      if (digits.length < SHORTEST) continue
      spend(budget, digits.length >> 1)
      yield* innerOf(digits)
    }
  },
} as const satisfies TextCoding
