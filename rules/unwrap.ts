import { tar, zip } from './codings/archives.ts'
import { ascii85 } from './codings/ascii85.ts'
import { base32 } from './codings/base32.ts'
import { base58 } from './codings/base58.ts'
import { base64 } from './codings/base64.ts'
import { backslash, entity, quotedPrintable } from './codings/escapes.ts'
import type { Budget, BytesCoding, Inner, TextCoding } from './codings/coding.ts'
import { brotli, deflate, gzip, zlib, zstd } from './codings/compressed.ts'
import { decimalList } from './codings/decimal-list.ts'
import { hexadecimal } from './codings/hexadecimal.ts'
import { jsonText } from './codings/json-text.ts'
import { percent } from './codings/percent.ts'
import { strings, textOf, utf16, utf8 } from './codings/plain-text.ts'
import { pngText } from './codings/png-text.ts'
import { reversed, rot13 } from './codings/turned.ts'
import { Sieve } from './sieve.ts'

export { OverBudget } from './codings/coding.ts'
export type { Budget, Inner } from './codings/coding.ts'

/** One layer of coding undone: which coding it was, and what was inside. */
export type Unwrapped = Inner & { readonly coding: string }

/** Every way of writing something as text that is undone. To add one, write it in `codings/` and name it here. */
export const textCodings: readonly TextCoding[] = [
  base64,
  hexadecimal,
  decimalList,
  percent,
  jsonText,
  backslash,
  entity,
  quotedPrintable,
  base32,
  base58,
  ascii85,
  rot13,
  reversed,
]

const sieve = new Sieve(textCodings)
const armed = sieve.armedBy([])

/**
 * Undoes one layer of whatever parts of a text are coded: base64, hexadecimal, percent-encoding, JSON, escapes. An
 * ordinary value gives nothing, or a few octets that are neither text nor compressed. `scan` does the same, with the detectors in one pass.
 * @param chain - the codings that were undone to get this text
 * @param budget - characters and octets still to be given; decremented
 * @throws OverBudget when a layer holds more than that; the caller must block
 */
export const unwrap = function* (text: string, chain: readonly string[], budget: Budget): Generator<Unwrapped> {
  for (const place of sieve.sift(text, armed) ?? []) {
    const { id, once, undo } = textCodings[place]!
    if (once && chain.includes(id)) continue
    for (const inner of undo(text, budget)) yield { coding: id, ...inner }
  }
}

/** Likewise for octets. */
const bytesCodings: readonly BytesCoding[] = [
  gzip,
  zlib,
  zstd,
  deflate,
  brotli,
  tar,
  zip,
  pngText,
  utf8,
  utf16,
  strings,
]

/**
 * Undoes one layer of octets: gzip, zlib, zstd, raw deflate, brotli (also cut off or damaged: what could be read is
 * given), and text in UTF-8, UTF-16 or between other octets.
 * @throws OverBudget as `unwrap` does; a compression bomb ends so
 */
export const unwrapBytes = function* (bytes: Uint8Array, budget: Budget): Generator<Unwrapped> {
  const isText = textOf(bytes) !== undefined
  for (const { id, gate, undo } of bytesCodings)
    if (gate(bytes, isText)) for (const inner of undo(bytes, budget)) yield { coding: id, ...inner }
}
