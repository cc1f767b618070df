import { constants, deflateRawSync, inflateRawSync, type ZlibOptions } from 'node:zlib'
import t from 'tap'
import { inflateShort } from '../../../rules/codings/short-inflate.ts'
import { seeded, type Random } from '../../kit/random.ts'

type WithInfo = { readonly buffer: Buffer; readonly engine: { readonly bytesWritten: number } }

const undone = (bytes: Uint8Array, options: ZlibOptions): WithInfo | null => {
  try {
    return inflateRawSync(bytes, { ...options, info: true }) as unknown as WithInfo
  } catch {
    return null
  }
}

/** What zlib says of the same octets. */
const zlibSays = (bytes: Uint8Array) => {
  const part = undone(bytes, { finishFlush: constants.Z_SYNC_FLUSH })
  if (part === null) return 'invalid'
  return { bytes: part.buffer.toString('hex'), consumed: undone(bytes, {})?.engine.bytesWritten ?? -1 }
}

const says = (bytes: Uint8Array) => {
  const read = inflateShort(bytes)
  return typeof read === 'string' ? read : { ...read, bytes: Buffer.from(read.bytes).toString('hex') }
}

const differences = (count: number, make: () => Uint8Array): readonly string[] => {
  const wrong: string[] = []
  for (let many = 0; many < count; many++) {
    const bytes = make()
    const read = says(bytes)
    if (read !== 'long' && JSON.stringify(read) !== JSON.stringify(zlibSays(bytes)))
      wrong.push(Buffer.from(bytes).toString('hex'))
  }
  return wrong
}

const octets = (length: number, random: Random): Buffer => Buffer.from(Array.from({ length }, () => random.below(256)))

t.test('short inflate: random octets, read as zlib reads them', async t => {
  const random = seeded(5)
  t.same(
    differences(4_000, () => {
      const bytes = octets(1 + random.below(60), random)
      // The bits of the last block and of its kind, so that every kind is met often.
      bytes[0] = (bytes[0]! & ~7) | random.below(6)
      return bytes
    }),
    [],
  )
})

const alphabets = ['ACGT', 'abcdefghij klmnop', 'a', '0123456789', ' the pump was replaced'] as const

const streamOf = (random: Random): Buffer => {
  const alphabet = random.pick(alphabets)
  const text = Array.from({ length: random.below(900) }, () => alphabet[random.below(alphabet.length)]).join('')
  return deflateRawSync(text, { level: random.pick([0, 1, 6, 9]), strategy: random.pick([0, 1, 2, 3, 4]) })
}

/** The stream as it is, cut off, with something behind it, or with a bit that fell over near its head. */
const damaged = (stream: Buffer, random: Random): Buffer => {
  switch (random.below(4)) {
    case 0:
      return stream
    case 1:
      return stream.subarray(0, 1 + random.below(stream.length))
    case 2:
      return Buffer.concat([stream, Buffer.from('tail')])
    default:
      stream[random.below(Math.min(60, stream.length))]! ^= 1 << random.below(8)
      return stream
  }
}

t.test('short inflate: streams of every kind of block, also damaged, read as zlib reads them', async t => {
  const random = seeded(6)
  t.same(
    differences(2_000, () => damaged(streamOf(random), random)),
    [],
  )
})

t.test('short inflate: what is longer, or gives more, is left to zlib', async t => {
  t.equal(says(deflateRawSync(Buffer.alloc(100_000))), 'long', 'much from little')
  t.equal(says(deflateRawSync(octets(5_000, seeded(7)))), 'long')
  t.equal(says(Buffer.concat([Buffer.of(7), octets(5_000, seeded(7))])), 'invalid', 'a wrong head tells')
  t.match(says(Buffer.concat([deflateRawSync('ACGT'), octets(5_000, seeded(7))])), { bytes: '41434754', consumed: 6 })
})
