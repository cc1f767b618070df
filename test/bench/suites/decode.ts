import {
  brotliCompressSync,
  brotliDecompressSync,
  constants,
  deflateSync,
  gunzipSync,
  gzipSync,
  inflateSync,
  zstdCompressSync,
  zstdDecompressSync,
} from 'node:zlib'
import type { JsonValue } from '../../../rules/canonical.ts'
import { readEmbedded } from '../../../rules/body/embedded-json.ts'
import { encodeInterop } from '../../../rules/body/encode-interop.ts'
import { decodeInterop } from '../../../rules/body/interop.ts'
import { readLines } from '../../../rules/body/json-lines.ts'
import { readMultipart, writeMultipart } from '../../../rules/body/multipart.ts'
import { decodeContent, decodeText } from '../../../rules/decode.ts'
import { embeddedPlaces } from '../../../rules/embedded-places.ts'
import { readJson } from '../../../rules/json.ts'
import { defaultLimits } from '../../../rules/policy.ts'
import { seeded, type Random } from '../../kit/random.ts'
import { runMessage } from '../bed/run-telemetry.ts'
import { measure, shareOf } from '../measure.ts'
import type { Report, Suite } from '../suite.ts'

const KIBIBYTE = 2 ** 10
const SIZE = 256 * KIBIBYTE
const ROUNDS = 10
/** Messages of a round. */
const COUNT = 24

const limits = { ...defaultLimits, maxMembers: 10_000_000, maxStringLength: 8 * 2 ** 20, maxDecodedBytes: 64 * 2 ** 20 }

/** One coding with the plain way of reading the same. */
type Case = {
  readonly name: string
  /** What the plain way is called. */
  readonly plain: string
  readonly encode: (random: Random) => Prepared
}
type Prepared = {
  /** Octets as they come. */
  readonly bytes: number
  readonly own: () => { readonly ok: boolean }
  readonly plain: () => unknown
}

const run = (random: Random): string => runMessage(random, SIZE)

const content = (coding: string, pack: (text: string) => Buffer, unpack: (bytes: Buffer) => Buffer): Case => ({
  name: `content coding ${coding}`,
  plain: 'zlib alone',
  encode: random => {
    const text = run(random)
    const packed = pack(text)
    return {
      bytes: text.length,
      own: () => decodeContent(packed, coding, limits),
      plain: () => unpack(packed),
    }
  },
})

const json: Case = {
  name: 'JSON',
  plain: 'JSON.parse',
  encode: random => {
    const bytes = Buffer.from(run(random))
    return {
      bytes: bytes.length,
      own: () => readJson(decodeText(bytes)!, limits),
      plain: () => JSON.parse(bytes.toString()) as JsonValue,
    }
  },
}

/** Messages of 1 KB, one on each line. */
const ndjson: Case = {
  name: 'ndjson of 1 KB lines',
  plain: 'JSON.parse of each line',
  encode: random => {
    const text = Array.from({ length: SIZE / KIBIBYTE }, () => `${runMessage(random, KIBIBYTE)}\n`).join('')
    return {
      bytes: text.length,
      own: () => readLines(text, 100_000, limits),
      plain: () =>
        text
          .trimEnd()
          .split('\n')
          .map(line => JSON.parse(line) as JsonValue),
    }
  },
}

/** Four files of JSON in a form: taking it apart, without reading what is in the parts. */
const multipart: Case = {
  name: 'multipart of four files',
  plain: 'JSON.parse of what is in it',
  encode: random => {
    const texts = Array.from({ length: 4 }, () => runMessage(random, SIZE / 4))
    const parts = texts.map((text, at) => ({
      name: `file${at}`,
      fileName: null,
      contentType: 'application/json',
      content: Buffer.from(text),
    }))
    const { boundary, content } = writeMultipart(parts)
    return {
      bytes: content.length,
      own: () => readMultipart(content, boundary, 100),
      plain: () => texts.map(text => JSON.parse(text) as JsonValue),
    }
  },
}

/** Tile metrics of version 3: 15 octets a record. */
const tiles = (random: Random, count: number): JsonValue => ({
  kind: 'TileMetrics',
  version: 3,
  density: Math.fround(0.5 + random.next()),
  records: Array.from({ length: count }, (_, at) => ({
    lane: 1 + (at % 4),
    tile: 1_101 + (at % 2_000),
    clusterCount: 4_000_000 + random.below(90_000),
    clusterCountPf: 3_000_000 + random.below(90_000),
  })),
})

const interop: Case = {
  name: 'InterOp tile metrics',
  plain: 'JSON.parse of the same records',
  encode: random => {
    const value = tiles(random, 4_000)
    const bytes = encodeInterop(value)
    const text = JSON.stringify(value)
    return {
      bytes: bytes.length,
      own: () => decodeInterop(bytes, 'TileMetrics', limits),
      plain: () => JSON.parse(text) as JsonValue,
    }
  },
}

const embeddedSchema = {
  type: 'object',
  properties: {
    items: {
      type: 'array',
      items: { type: 'string', contentMediaType: 'application/json', contentSchema: { type: 'object' } },
    },
  },
}

/** Messages of 1 KB, each as a string within one message. */
const embedded: Case = {
  name: 'JSON in strings',
  plain: 'JSON.parse, twice',
  encode: random => {
    const items = Array.from({ length: SIZE / KIBIBYTE }, () => runMessage(random, KIBIBYTE))
    const text = JSON.stringify({ items })
    const { places } = embeddedPlaces(embeddedSchema)
    if (places === null) throw new Error('bench: the schema has no strings that hold JSON')
    return {
      bytes: text.length,
      own: () => {
        const outer = readJson(text, limits)
        if (!outer.ok) return outer
        const { violation } = readEmbedded(outer.value, places, limits, { depth: 0, members: 0, bytes: text.length })
        return { ok: violation === null }
      },
      plain: () => (JSON.parse(text) as { items: string[] }).items.map(item => JSON.parse(item) as JsonValue),
    }
  },
}

const cases: readonly Case[] = [
  content('gzip', gzipSync, gunzipSync),
  content('deflate', deflateSync, inflateSync),
  content(
    'br',
    text => brotliCompressSync(text, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } }),
    brotliDecompressSync,
  ),
  content('zstd', zstdCompressSync, zstdDecompressSync),
  json,
  ndjson,
  multipart,
  interop,
  embedded,
]

const decode = (report: Report, { name, plain, encode }: Case): void => {
  const random = seeded(9)
  let bytes = 0
  const times = measure(ROUNDS, () => {
    const prepared = Array.from({ length: COUNT }, () => encode(random))
    bytes = prepared.reduce((sum, one) => sum + one.bytes, 0) / COUNT
    return {
      plain: () => prepared.forEach(one => one.plain()),
      own: () => {
        if (!prepared.every(one => one.own().ok)) throw new Error(`bench: ${name} was not read`)
      },
    }
  })
  const row = (what: string, way: 'plain' | 'own', ratio?: { to: string; value: number }): void =>
    report.row({
      name: `${name}: ${what}`,
      unit: 'us/message',
      time: shareOf(times[way], 1_000 / COUNT),
      bytes,
      ...(ratio && { ratio }),
    })
  row(plain, 'plain')
  row('sluice', 'own', { to: plain, value: times.own.mean / times.plain.mean })
}

export const decodeSuite: Suite = {
  name: 'decode',
  title: 'content codings, JSON, ndjson, forms of parts, InterOp files and JSON in strings, beside zlib and JSON.parse',
  run(report) {
    for (const one of cases) decode(report, one)
  },
}
