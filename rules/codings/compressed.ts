import {
  brotliDecompressSync,
  constants,
  inflateRawSync,
  inflateSync,
  zstdDecompressSync,
  type ZlibOptions,
  type ZstdOptions,
} from 'node:zlib'
import type { Budget, BytesCoding, Inner } from './coding.ts'
import { OverBudget, spend } from './coding.ts'
import { plain, textOf } from './plain-text.ts'
import { inflateShort } from './short-inflate.ts'
import { mayBeBrotli } from './brotli-head.ts'

type Undone = { readonly bytes: Uint8Array; readonly consumed: number }
type Decompressor = (bytes: Uint8Array, maxOutputLength: number) => Undone

type WithInfo = { readonly buffer: Uint8Array; readonly engine: { readonly bytesWritten: number } }
/** Node answers `{ buffer, engine }` when `info` is set; its types do not say so. */
const undone = (answer: unknown): Undone => {
  const { buffer, engine } = answer as WithInfo
  return { bytes: buffer, consumed: engine.bytesWritten }
}

/** A stream that was cut off gives what it holds so far. */
const zlibOptions = (maxOutputLength: number): ZlibOptions => ({
  finishFlush: constants.Z_SYNC_FLUSH,
  maxOutputLength,
  info: true,
})
const zstdOptions = (maxOutputLength: number): ZstdOptions => ({
  finishFlush: constants.ZSTD_e_flush,
  maxOutputLength,
  info: true,
})
const inflateRaw: Decompressor = (bytes, most) => undone(inflateRawSync(bytes, zlibOptions(most)))
/** Nothing for a stream that was cut off. */
const inflateRawWhole: Decompressor = (bytes, most) =>
  undone(inflateRawSync(bytes, { maxOutputLength: most, info: true }))
const inflate: Decompressor = (bytes, most) => undone(inflateSync(bytes, zlibOptions(most)))
const unzstd: Decompressor = (bytes, most) => undone(zstdDecompressSync(bytes, zstdOptions(most)))

/** Runs a decompressor within the budget. Undefined: the octets are not such a stream, or broken. */
const attempt = (decompress: Decompressor, bytes: Uint8Array, budget: Budget): Undone | undefined => {
  if (budget.remaining < 1) throw new OverBudget('nothing left to decompress with')
  try {
    return decompress(bytes, budget.remaining)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE')
      throw new OverBudget('a compressed stream unfolds to more than the budget')
    return undefined
  }
}

const HALVINGS = 12

/** What a stream that breaks somewhere gives up to there: the longest front part that decompresses, to 1/4096 of its length. */
const salvage = (decompress: Decompressor, bytes: Uint8Array, budget: Budget): Undone | undefined => {
  let good = 0
  let best: Undone | undefined
  for (let step = bytes.length / 2, halving = 0; halving < HALVINGS && step >= 1; step /= 2, halving++) {
    const end = Math.floor(good + step)
    const part = attempt(decompress, bytes.subarray(0, end), budget)
    if (!part) continue
    spend(budget, part.bytes.length)
    best = part
    good = end
  }
  return best
}

const joined = (parts: readonly Uint8Array[]): Uint8Array => {
  if (parts.length === 1) return parts[0]!
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}

const isGzip = (bytes: Uint8Array, at: number): boolean =>
  bytes[at] === 0x1f && bytes[at + 1] === 0x8b && bytes[at + 2] === 8

const afterZero = (bytes: Uint8Array, from: number): number => {
  const zero = bytes.indexOf(0, from)
  return zero < 0 ? bytes.length : zero + 1
}

/** Where the deflate stream of the gzip member at `at` begins (RFC 1952 section 2.3). */
const deflateStart = (bytes: Uint8Array, at: number): number => {
  const flags = bytes[at + 3] ?? 0
  let start = at + 10
  if (flags & 4) start += 2 + (bytes[start] ?? 0) + 256 * (bytes[start + 1] ?? 0)
  if (flags & 8) start = afterZero(bytes, start)
  if (flags & 16) start = afterZero(bytes, start)
  return flags & 2 ? start + 2 : start
}

const TRAILER = 8

/** Members one after another; checksums are not looked at, so that a wrong one hides nothing. */
const members = (bytes: Uint8Array, budget: Budget): Uint8Array[] => {
  const parts: Uint8Array[] = []
  for (let at = 0; isGzip(bytes, at);) {
    const start = deflateStart(bytes, at)
    const rest = bytes.subarray(start)
    const part = attempt(inflateRaw, rest, budget)
    const rescued = part ?? salvage(inflateRaw, rest, budget)
    if (!rescued) break
    if (part) spend(budget, part.bytes.length)
    parts.push(rescued.bytes)
    if (!part || part.consumed === 0) break
    at = start + part.consumed + TRAILER
  }
  return parts
}

const given = function* (parts: readonly Uint8Array[]): Generator<Inner> {
  const bytes = parts.length > 0 ? joined(parts) : new Uint8Array()
  if (bytes.length > 0) yield plain(bytes)
}

/** gzip (RFC 1952), also in several members as BGZF writes it, also cut off or damaged. */
export const gzip = {
  id: 'gzip',
  gate: bytes => bytes.length >= 18 && isGzip(bytes, 0),
  *undo(bytes, budget) {
    yield* given(members(bytes, budget))
  },
} as const satisfies BytesCoding

/** zlib (RFC 1950). The header is two octets, one value in 1,000 by chance: what does not inflate is not zlib. */
export const zlib = {
  id: 'zlib',
  gate: bytes =>
    bytes.length >= 8 && (bytes[0]! & 15) === 8 && bytes[0]! >> 4 <= 7 && (256 * bytes[0]! + bytes[1]!) % 31 === 0,
  *undo(bytes, budget) {
    const whole = attempt(inflate, bytes, budget)
    if (whole) spend(budget, whole.bytes.length)
    const part = whole ?? salvage(inflate, bytes, budget)
    if (part) yield* given([part.bytes])
  },
} as const satisfies BytesCoding

const isZstd = (bytes: Uint8Array, at: number): boolean =>
  bytes[at + 1] === 0xb5 && bytes[at + 2] === 0x2f && bytes[at + 3] === 0xfd && bytes[at] === 0x28
const isSkippable = (bytes: Uint8Array, at: number): boolean =>
  bytes[at]! >> 4 === 5 && bytes[at + 1] === 0x2a && bytes[at + 2] === 0x4d && bytes[at + 3] === 0x18

/** Zstandard (RFC 8878), frame after frame, skippable ones left out. */
export const zstd = {
  id: 'zstd',
  gate: bytes => bytes.length >= 9 && (isZstd(bytes, 0) || isSkippable(bytes, 0)),
  *undo(bytes, budget) {
    const parts: Uint8Array[] = []
    for (let at = 0; at + 8 <= bytes.length;) {
      if (isSkippable(bytes, at)) {
        at += 8 + new DataView(bytes.buffer, bytes.byteOffset + at + 4).getUint32(0, true)
        continue
      }
      if (!isZstd(bytes, at)) break
      const frame = attempt(unzstd, bytes.subarray(at), budget)
      if (frame) spend(budget, frame.bytes.length)
      const part = frame ?? salvage(unzstd, bytes.subarray(at), budget)
      if (part) parts.push(part.bytes)
      if (!frame || frame.consumed === 0) break
      at += frame.consumed
    }
    yield* given(parts)
  },
} as const satisfies BytesCoding

const SHORTEST_OPAQUE = 12

const unbrotli: Decompressor = (bytes, most) =>
  undone(brotliDecompressSync(bytes, { maxOutputLength: most, info: true }))

/** By chance, one blob in some thousands ends where a stream ends: then the detectors of octets look at a little noise. */
const isWhole = ({ bytes, consumed }: Undone, from: number): boolean => consumed === from && bytes.length > 0

/** Text, or another known stream, at least as long as half of the octets. */
const isConvincing = ({ bytes }: Undone, from: number): boolean =>
  bytes.length >= Math.max(16, from / 2) && (textOf(bytes) !== undefined || isGzip(bytes, 0) || isZstd(bytes, 0))

/** Octets that are nothing else may be a stream without magic. */
const mayBeOpaque = (bytes: Uint8Array, isText: boolean): boolean =>
  bytes.length >= SHORTEST_OPAQUE && !isText && !isGzip(bytes, 0) && !isZstd(bytes, 0)

/** What a stream without magic held: it has to end where the octets end, or give something that convinces. */
const opaque = function* (found: Undone | undefined, from: number, budget: Budget): Generator<Inner> {
  if (!found || !(isWhole(found, from) || isConvincing(found, from))) return
  spend(budget, found.bytes.length)
  yield* given([found.bytes])
}

/** What zlib makes of raw deflate. What gives nothing in part gives nothing as a whole: most octets are tried once, and a failure is dear. */
const inflateLong = (bytes: Uint8Array, budget: Budget): Undone | undefined => {
  const part = attempt(inflateRaw, bytes, budget)
  if (!part || part.bytes.length === 0) return undefined
  const whole = attempt(inflateRawWhole, bytes, budget)
  return whole && isWhole(whole, bytes.length) ? whole : { bytes: part.bytes, consumed: -1 }
}

export const deflate = {
  id: 'deflate',
  gate: mayBeOpaque,
  *undo(bytes, budget) {
    const read = inflateShort(bytes)
    if (read === 'invalid') return
    yield* opaque(read === 'long' ? inflateLong(bytes, budget) : read, bytes.length, budget)
  },
} as const satisfies BytesCoding

export const brotli = {
  id: 'br',
  gate: (bytes, isText) => mayBeOpaque(bytes, isText) && mayBeBrotli(bytes),
  *undo(bytes, budget) {
    yield* opaque(attempt(unbrotli, bytes, budget), bytes.length, budget)
  },
} as const satisfies BytesCoding
