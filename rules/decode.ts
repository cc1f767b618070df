import {
  brotliDecompressSync,
  constants,
  gunzipSync,
  inflateSync,
  zstdDecompressSync,
  type InputType,
  type ZstdOptions,
} from 'node:zlib'
import type { BlockReason } from './verdict.ts'

export type DecodeLimits = {
  /** Octets after decompression. */
  readonly maxDecodedBytes: number
  /** Octets out for one octet in. */
  readonly maxRatio: number
}

export type Decoded =
  | { readonly ok: true; readonly bytes: Uint8Array }
  | {
      readonly ok: false
      readonly fault: Extract<BlockReason, 'content-encoding-not-allowed' | 'decoded-too-large' | 'body-undecodable'>
    }

type Inflate = (input: InputType, options: Pick<ZstdOptions, 'maxOutputLength' | 'info'>) => unknown
/** What node:zlib gives for `info: true`, which its types leave out: the output, and how much of the input it took. */
type Inflated = { readonly buffer: Buffer; readonly engine: { readonly bytesWritten: number } }

/** A few octets of zstd may ask for a window of 128 MiB; 8 MiB is what a content coding may ask for (RFC 9659). */
const zstdWindow = { [constants.ZSTD_d_windowLogMax]: 23 }

const codings: Readonly<Record<string, Inflate>> = {
  gzip: gunzipSync,
  'x-gzip': gunzipSync,
  deflate: inflateSync,
  br: brotliDecompressSync,
  zstd: (input, options) => zstdDecompressSync(input, { ...options, params: zstdWindow }),
}

/**
 * Undoes the content coding.
 * @param coding - value of Content-Encoding, or null when the field is absent
 * @param limits - both bounds hold; small bodies may always grow to 64 KiB
 * @returns `content-encoding-not-allowed` for a stacked or unknown coding, `decoded-too-large` past the limits (a bomb is
 *   never inflated further), `body-undecodable` for broken data, a truncated stream or octets behind its end. Never throws.
 * @see RFC 9110 section 8.4, RFC 8878 and RFC 9659 (zstd), RFC 7932 (br)
 */
export const decodeContent = (bytes: Uint8Array, coding: string | null, limits: DecodeLimits): Decoded => {
  const name = (coding ?? 'identity').trim().toLowerCase()
  if (name === 'identity') return { ok: true, bytes }
  const inflate = Object.hasOwn(codings, name) ? codings[name] : undefined
  if (!inflate) return { ok: false, fault: 'content-encoding-not-allowed' }
  const maxOutputLength = Math.min(limits.maxDecodedBytes, Math.max(65_536, bytes.length * limits.maxRatio))
  try {
    const { buffer, engine } = inflate(bytes, { maxOutputLength, info: true }) as Inflated
    return engine.bytesWritten === bytes.length ? { ok: true, bytes: buffer } : { ok: false, fault: 'body-undecodable' }
  } catch (error) {
    const tooLarge = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE'
    return { ok: false, fault: tooLarge ? 'decoded-too-large' : 'body-undecodable' }
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The text that UTF-8 octets spell, or null where they are not UTF-8. A byte order mark is kept: JSON has none. */
export const decodeText = (bytes: Uint8Array): string | null => {
  try {
    return utf8.decode(bytes)
  } catch {
    return null
  }
}
