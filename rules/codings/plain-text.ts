import { Buffer, isUtf8 } from 'node:buffer'
import type { BytesCoding, Inner } from './coding.ts'
import { spend } from './coding.ts'

/** Whether an octet is printable ASCII, a tab or a line break. */
export const isPrintable = (octet: number): boolean =>
  (octet >= 32 && octet < 127) || octet === 10 || octet === 13 || octet === 9

const isControl = (octet: number): boolean => octet < 32 && !isPrintable(octet)

/** How many octets are looked at before a blob is called binary. */
const SAMPLE = 64

const hasControls = (bytes: Uint8Array, end: number): boolean => {
  let controls = 0
  for (let index = 0; index < end; index++) if (isControl(bytes[index]!)) controls++
  return controls * 16 > end
}

/** The text that the octets are in UTF-8, or undefined: not UTF-8, or more than one control character in 16. */
export const textOf = (bytes: Uint8Array): string | undefined => {
  if (bytes.length === 0 || hasControls(bytes, Math.min(bytes.length, SAMPLE)) || !isUtf8(bytes)) return undefined
  if (hasControls(bytes, bytes.length)) return undefined
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8')
}

/** Text if the octets are text, else the octets. Costs their length. */
export const plain = (bytes: Uint8Array): Inner => {
  const text = textOf(bytes)
  return text === undefined ? { kind: 'bytes', bytes } : { kind: 'text', text }
}

export const utf8 = {
  id: 'utf-8',
  gate: (bytes, isText) => isText && bytes.length >= 8,
  *undo(bytes, budget) {
    const text = textOf(bytes)
    if (text === undefined) return
    spend(budget, text.length)
    yield { kind: 'text', text }
  },
} as const satisfies BytesCoding

type Order = 'utf-16le' | 'utf-16be'

/** The octet order of UTF-16: by its mark, or because one octet of nearly every pair is 0, as in Latin text. */
const orderOf = (bytes: Uint8Array): Order | undefined => {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le'
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be'
  const pairs = Math.min(bytes.length >> 1, 256)
  let high = 0
  let low = 0
  for (let index = 0; index < pairs; index++) {
    if (bytes[2 * index] === 0 && isPrintable(bytes[2 * index + 1]!)) high++
    if (bytes[2 * index + 1] === 0 && isPrintable(bytes[2 * index]!)) low++
  }
  if (low > 0.9 * pairs) return 'utf-16le'
  return high > 0.9 * pairs ? 'utf-16be' : undefined
}

export const utf16 = {
  id: 'utf-16',
  gate: bytes => bytes.length >= 16,
  *undo(bytes, budget) {
    const order = orderOf(bytes)
    if (order === undefined) return
    spend(budget, bytes.length >> 1)
    yield { kind: 'text', text: new TextDecoder(order).decode(bytes) }
  },
} as const satisfies BytesCoding

const SHORTEST = 12

/** Runs of at least 12 printable characters within octets that are not text, as strings(1) shows them, one a line. */
export const strings = {
  id: 'strings',
  gate: (bytes, isText) => !isText && bytes.length >= SHORTEST,
  *undo(bytes, budget) {
    const runs: string[] = []
    let start = 0
    for (let index = 0; index <= bytes.length; index++) {
      if (index < bytes.length && isPrintable(bytes[index]!)) continue
      if (index - start >= SHORTEST) {
        spend(budget, index - start + 1)
        runs.push(Buffer.from(bytes.buffer, bytes.byteOffset + start, index - start).toString('latin1'))
      }
      start = index + 1
    }
    if (runs.length > 0) yield { kind: 'text', text: runs.join('\n') }
  },
} as const satisfies BytesCoding
