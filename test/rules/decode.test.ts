import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import t from 'tap'
import { decodeContent, decodeText } from '../../rules/decode.ts'

const limits = { maxDecodedBytes: 200_000, maxRatio: 100 }
const text = Buffer.from(JSON.stringify({ runId: '230912_A00187_1009_AHK33MDRX3', cycles: [1, 2, 3] }))

const codings = {
  gzip: gzipSync,
  'x-gzip': gzipSync,
  deflate: deflateSync,
  br: brotliCompressSync,
  zstd: zstdCompressSync,
} as const

const outcomeOf = (bytes: Uint8Array, coding: string | null, within = limits): string => {
  const decoded = decodeContent(bytes, coding, within)
  return decoded.ok ? Buffer.from(decoded.bytes).toString() : decoded.fault
}

for (const [coding, compress] of Object.entries(codings)) {
  const packed = compress(text)
  t.test(`decode: ${coding}, undone`, async t => {
    t.equal(outcomeOf(packed, coding), text.toString())
    t.equal(outcomeOf(packed, ` ${coding.toUpperCase()} `), text.toString(), 'names of codings have no case')
    t.equal(outcomeOf(compress(Buffer.alloc(0)), coding), '', 'of nothing')
  })
  t.test(`decode: ${coding} that is broken, body-undecodable`, async t => {
    for (const length of [0, 1, packed.length >> 1, packed.length - 1])
      t.equal(outcomeOf(packed.subarray(0, length), coding), 'body-undecodable', `cut off after ${length}`)
    t.equal(outcomeOf(Buffer.concat([packed, Buffer.from('ACGT')]), coding), 'body-undecodable', 'octets behind')
    t.equal(outcomeOf(Buffer.concat([packed, Buffer.alloc(2)]), coding), 'body-undecodable', 'zeros behind')
    t.equal(outcomeOf(text, coding), 'body-undecodable', 'not compressed at all')
    for (const [other, compressOther] of Object.entries(codings))
      if (compressOther !== compress) t.equal(outcomeOf(compressOther(text), coding), 'body-undecodable', other)
  })
  t.test(`decode: ${coding} bombs, decoded-too-large`, async t => {
    const zeros = (size: number) => compress(Buffer.alloc(size))
    t.equal(outcomeOf(zeros(200_001), coding), 'decoded-too-large', 'by size')
    t.equal(outcomeOf(zeros(65_537), coding, { ...limits, maxRatio: 1 }), 'decoded-too-large', 'by ratio')
    t.equal(outcomeOf(zeros(65_536), coding, { ...limits, maxRatio: 1 }).length, 65_536, 'small ones may grow')
    t.equal(outcomeOf(zeros(10_000_000), coding), 'decoded-too-large', 'far beyond')
  })
}

t.test('decode: codings that are stacked, unknown or empty, content-encoding-not-allowed', async t => {
  const twice = gzipSync(gzipSync(text))
  const names = ['gzip, gzip', 'gzip,br', 'compress', 'aws-chunked', '', '*', 'constructor', '__proto__', 'gzip;q=1']
  for (const coding of names) t.equal(outcomeOf(twice, coding), 'content-encoding-not-allowed', coding)
})

t.test('decode: no coding or identity, the octets as they are', async t => {
  for (const coding of [null, 'identity', 'IDENTITY']) t.equal(outcomeOf(text, coding), text.toString())
})

t.test('decode: deflate without its zlib frame, body-undecodable', async t => {
  t.equal(outcomeOf(deflateRawSync(text), 'deflate'), 'body-undecodable')
})

t.test('decode: a second gzip member or zstd frame, part of the content or refused, never left aside', async t => {
  t.equal(outcomeOf(Buffer.concat([gzipSync('a'), gzipSync('b')]), 'gzip'), 'ab')
  const skippable = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 4, 0, 0, 0, 65, 67, 71, 84])
  for (const parts of [
    [zstdCompressSync('a'), zstdCompressSync('b')],
    [skippable, zstdCompressSync('a')],
    [zstdCompressSync('a'), skippable],
  ])
    t.equal(outcomeOf(Buffer.concat(parts), 'zstd'), 'body-undecodable')
})

/** A zstd frame (RFC 8878 section 3.1.1) with one raw block, that asks for a window of 2^`log` octets. */
const zstdFrame = (log: number): Buffer =>
  Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, (log - 10) << 3, (2 << 3) | 1, 0, 0, 0x7b, 0x7d])

t.test('decode: zstd that asks for a window beyond 8 MiB, body-undecodable', async t => {
  t.equal(outcomeOf(zstdFrame(23), 'zstd'), '{}')
  t.equal(outcomeOf(zstdFrame(24), 'zstd'), 'body-undecodable')
  t.equal(outcomeOf(zstdFrame(27), 'zstd'), 'body-undecodable')
})

t.test('decode: text in UTF-8, read; anything else null', async t => {
  t.equal(decodeText(Buffer.from('é𝄞\0')), 'é𝄞\0')
  t.equal(
    decodeText(Buffer.from([0xef, 0xbb, 0xbf, 0x7b, 0x7d])),
    '\uFEFF{}',
    'a byte order mark stays, and is no JSON',
  )
  const broken = {
    'a lone continuation': [0x80],
    'an overlong solidus': [0xc0, 0xaf],
    'an overlong NUL': [0xc0, 0x80],
    'a surrogate': [0xed, 0xa0, 0x80],
    'beyond Unicode': [0xf4, 0x90, 0x80, 0x80],
    'cut off': [0xe2, 0x82],
    'Latin-1': [0x4d, 0xfc, 0x6c],
    'UTF-16': [0xff, 0xfe, 0x7b, 0x00],
  }
  for (const [name, octets] of Object.entries(broken)) t.equal(decodeText(Uint8Array.from(octets)), null, name)
})
