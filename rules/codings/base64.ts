import { Buffer } from 'node:buffer'
import type { Budget, Inner, TextCoding } from './coding.ts'
import { spend } from './coding.ts'
import { isPrintable, plain } from './plain-text.ts'

/** Shorter tokens hold at most 9 octets: no variant fits (`X-12345-A-G`). */
const SHORTEST = 14
/** Octets that are not text are worth a look only from here on: 14 of them, which a rsID and its genotype take when deflated. */
const SHORTEST_BINARY = 19
const SAMPLE = 32

const sextets = new Int8Array(128).fill(-1)
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
for (let value = 0; value < 64; value++) sextets[ALPHABET.charCodeAt(value)] = value
sextets['-'.charCodeAt(0)] = 62
sextets['_'.charCodeAt(0)] = 63

const isSextet = (code: number): boolean => code < 128 && sextets[code]! >= 0
const isBlank = (code: number): boolean => code === 32 || code === 10 || code === 13 || code === 9
const HEX = /^[\dA-Fa-f-]+$/

/** The end of the run of base64 characters at `start`. */
const endOfRun = (text: string, start: number): number => {
  let end = start
  while (end < text.length && isSextet(text.charCodeAt(end))) end++
  return end
}

/** Whether the octets written from `start` on are printable, as far as `end`; stops at the first that is not. */
export const isPrintableFrom = (text: string, start: number, end: number): boolean => {
  for (let index = start; index + 4 <= end; index += 4) {
    const bits =
      (sextets[text.charCodeAt(index)]! << 18) |
      (sextets[text.charCodeAt(index + 1)]! << 12) |
      (sextets[text.charCodeAt(index + 2)]! << 6) |
      sextets[text.charCodeAt(index + 3)]!
    if (!isPrintable(bits >> 16) || !isPrintable((bits >> 8) & 255) || !isPrintable(bits & 255)) return false
  }
  return true
}

const decoded = (token: string, budget: Budget): Uint8Array => {
  spend(budget, Math.ceil((token.length * 3) / 4))
  return Buffer.from(token, 'base64')
}

/** How well-known files begin, in base64: BGZF and gzip, zstd, zip, zlib, BAM, CRAM, BCF, HDF5, POD5, crypt4gh. */
const OPENINGS = ['H4sI', 'KLUv/', 'UEsDB', 'QkFNA', 'Q1JBTQ', 'QkNGA', 'iUhERg0KGgo', 'i1BPRA0KGgo', 'Y3J5cHQ0Z2g']

/** Base64 with other letters glued in front: found by the printable end that one of the other three phases gives, or by an opening. */
const glued = function* (token: string, budget: Budget): Generator<Inner> {
  const tail = Math.max(0, token.length - SAMPLE) & ~3
  for (let phase = 1; phase <= 3; phase++) {
    if (token.length - phase < SHORTEST - 4 || !isPrintableFrom(token, tail + phase, token.length)) continue
    yield plain(decoded(token.slice(phase), budget))
  }
  for (const opening of OPENINGS) {
    const at = token.indexOf(opening, 1)
    if (at > 0) yield { kind: 'bytes', bytes: decoded(token.slice(at), budget) }
  }
}

const undoToken = function* (token: string, budget: Budget): Generator<Inner> {
  if (HEX.test(token)) return
  if (token.length >= SHORTEST_BINARY || isPrintableFrom(token, 0, token.length)) {
    const inner = plain(decoded(token, budget))
    yield inner
    if (inner.kind === 'text') return
  }
  yield* glued(token, budget)
}

type Token = { readonly token: string; readonly next: number }

/** The run at `start` and, if blanks or line breaks follow, further runs of the same length and a shorter last one (RFC 2045). */
const tokenAt = (text: string, start: number, end: number): Token => {
  const width = end - start
  const lines = [text.slice(start, end)]
  let next = end
  for (;;) {
    let from = next
    while (from < text.length && from - next < 8 && isBlank(text.charCodeAt(from))) from++
    if (from === next) break
    const to = endOfRun(text, from)
    if (to - from > width || to === from) break
    if (to - from < width && !isWhole(text, to)) break
    lines.push(text.slice(from, to))
    next = to
    if (to - from < width) break
  }
  return { token: lines.join(''), next }
}

/** A short last line counts when nothing but padding, a mark or the end follows it. */
const isWhole = (text: string, at: number): boolean =>
  at >= text.length || !isBlank(text.charCodeAt(at)) || at + 2 >= text.length

/** Base64 and base64url (RFC 4648 sections 4 and 5), padded or not, in a longer text, and broken into lines. */
export const base64 = {
  id: 'base64',
  needs: [{ base64Run: SHORTEST }],
  *undo(text, budget) {
    for (let index = 0; index < text.length; index++) {
      if (!isSextet(text.charCodeAt(index))) continue
      const end = endOfRun(text, index)
      if (end - index < SHORTEST) {
        index = end
        continue
      }
      const { token, next } = tokenAt(text, index, end)
      yield* undoToken(token, budget)
      index = next
    }
  },
} as const satisfies TextCoding
