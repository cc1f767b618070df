import { spelledOctets } from './octets.ts'
import type { TextCoding } from './coding.ts'

/** Nothing worth finding fits in fewer numbers. */
const SHORTEST = 8
/** Marks in a row between two numbers: `, `, ` | `, `],[`. */
const LONGEST_GAP = 3

const isDigit = (code: number): boolean => code >= 48 && code <= 57

const separators = new Set(Array.from(' \t\r\n,;|/.:_-[](){}"\'', mark => mark.charCodeAt(0)))

/** Where the run of digits at `start` ends. */
const endOfDigits = (text: string, start: number): number => {
  let end = start
  while (end < text.length && isDigit(text.charCodeAt(end))) end++
  return end
}

/** Where the next number begins behind a few separators; -1 when something else follows. */
const nextNumber = (text: string, from: number): number => {
  let at = from
  while (at < text.length && at - from < LONGEST_GAP && separators.has(text.charCodeAt(at))) at++
  return at > from && at < text.length && isDigit(text.charCodeAt(at)) ? at : -1
}

/** An octet in decimal digits, or -1. */
const octetOf = (text: string, start: number, end: number): number => {
  const octet = end - start <= 3 ? Number(text.slice(start, end)) : -1
  return octet <= 255 ? octet : -1
}

/** The rows of numbers up to 255 with nothing but separators between them. */
const rowsOf = function* (text: string): Generator<number[]> {
  let row: number[] = []
  for (let start = 0, next = -1; start < text.length; start = next) {
    if (!isDigit(text.charCodeAt(start))) {
      next = start + 1
      continue
    }
    const end = endOfDigits(text, start)
    const octet = octetOf(text, start, end)
    next = octet < 0 ? -1 : nextNumber(text, end)
    if (octet >= 0) row.push(octet)
    if (next >= 0) continue
    if (row.length >= SHORTEST) yield row
    row = []
    next = end
  }
}

/**
 * Octets, ASCII codes or base codes as decimal numbers in a text (`71,65,84,84`, `71 65 84 84`, `[71, 65]` cut off). What they give is what
 * an array of the same numbers gives, and the same is not asked of it: hence the name. A list of measurements is read as well, and gives noise.
 */
export const decimalList = {
  id: 'octets',
  needs: [{ digitLed: SHORTEST, digits: SHORTEST, signs: SHORTEST - 1 }],
  *undo(text, budget) {
    for (const row of rowsOf(text)) {
      const inner = spelledOctets(row, budget)
      if (inner !== null) yield inner
    }
  },
} as const satisfies TextCoding
