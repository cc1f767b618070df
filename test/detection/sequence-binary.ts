import { deflateRawSync, gzipSync } from 'node:zlib'
import type { Random } from '../kit/random.ts'
import { genome, letters } from './genome.ts'

/** Ways to write sequencing data as octets: the beginning of a file of each format, with content behind it. */
export type BinaryFamily = (random: Random) => Buffer

const noise = (random: Random, length: number): Buffer => Buffer.from(Array.from({ length }, () => random.below(256)))

const u32 = (...values: readonly number[]): Buffer => {
  const bytes = Buffer.alloc(values.length * 4)
  values.forEach((value, index) => bytes.writeUInt32LE(value >>> 0, index * 4))
  return bytes
}

const text = (value: string): Buffer => Buffer.from(value, 'latin1')

/** Four bits a base, as BAM packs them (SAM specification, section 4.2.3). */
const packed4 = (sequence: string): Buffer => {
  const codes = Array.from(sequence).map(base => '=ACMGRSVTWYHKDBN'.indexOf(base))
  return Buffer.from(codes.flatMap((code, index) => (index % 2 === 0 ? [(code << 4) | (codes[index + 1] ?? 0)] : [])))
}

const bamRecord = (random: Random): Buffer => {
  const sequence = genome(random, 76)
  const name = text(`r${letters(random, 8)}\0`)
  const body = Buffer.concat([
    u32(0, random.below(1e6), (name.length << 0) | (60 << 8) | (4681 << 16), 1 | (99 << 16), 76, 0, 0, 250),
    name,
    u32((76 << 4) | 0),
    packed4(sequence),
    Buffer.from(Array.from({ length: 76 }, () => 30 + random.below(10))),
  ])
  return Buffer.concat([u32(body.length), body])
}

const bam = (random: Random): Buffer => {
  const header = text('@HD\tVN:1.6\n@SQ\tSN:chr1\tLN:248956422\n')
  return Buffer.concat([
    text('BAM\x01'),
    u32(header.length),
    header,
    u32(1, 5),
    text('chr1\0'),
    u32(248956422),
    bamRecord(random),
    bamRecord(random),
  ])
}

/** A gzip member with the extra field BC (SAM specification, section 4.1). */
export const bgzf = (data: Uint8Array): Buffer => {
  const deflated = deflateRawSync(data)
  const head = Buffer.from('1f8b08040000000000ff0600424302000000', 'hex')
  head.writeUInt16LE(deflated.length + 25, 16)
  const member = gzipSync(data)
  return Buffer.concat([head, deflated, member.subarray(-8)])
}

/** Slices of a CRAM file, one in each container: where one container ends, the next begins (CRAM 3.1, section 12). */
const crai = (random: Random): string => {
  let offset = 300 + random.below(900)
  return Array.from({ length: 9 }, (_, index) => {
    const landmark = 100 + random.below(200)
    const size = 4000 + random.below(90_000)
    const row = `0\t${1 + index * 10_000}\t${9000 + random.below(2000)}\t${offset}\t${landmark}\t${size}`
    offset += 19 + random.below(6) + landmark + size
    return row
  }).join('\n')
}

const swapped = (bytes: Buffer): Buffer => Buffer.from(bytes.toReversed())

export const binaryFamilies = {
  bam,
  'bam-bgzf': random => bgzf(bam(random)),
  cram: random => Buffer.concat([text('CRAM\x03\x00'), noise(random, 60)]),
  bcf: random => Buffer.concat([text('BCF\x02\x02'), u32(40), text('##fileformat=VCFv4.2\n'), noise(random, 40)]),
  'vcf-bgzf': random =>
    bgzf(text(`##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\nchr1\t${1000 + random.below(9000)}\t.\tA\tG\n`)),
  bai: random => Buffer.concat([text('BAI\x01'), u32(2, 1, 4681), noise(random, 40)]),
  csi: random => Buffer.concat([text('CSI\x01'), u32(14, 5, 0), noise(random, 40)]),
  tbi: random =>
    bgzf(Buffer.concat([text('TBI\x01'), u32(1, 2, 1, 2, 0, 35, 0, 5), text('chr1\0'), noise(random, 20)])),
  'crai-gz': random => gzipSync(crai(random)),
  '2bit': random => Buffer.concat([u32(0x1a412743, 0, 1, 0), noise(random, 60)]),
  '2bit-swapped': random => Buffer.concat([swapped(u32(0x1a412743)), noise(random, 60)]),
  nib: random => Buffer.concat([u32(0x6be93d3a, 200), noise(random, 100)]),
  bcl: random => {
    const clusters = Array.from({ length: 400 }, () => (random.below(4) | ((2 + random.below(38)) << 2)) & 0xff)
    return Buffer.concat([u32(400), Buffer.from(clusters)])
  },
  cbcl: random =>
    Buffer.concat([
      Buffer.from([1, 0]),
      u32(48),
      Buffer.from([2, 4]),
      u32(4),
      u32(0, 0, 1, 11, 2, 25, 3, 37),
      noise(random, 80),
    ]),
  filter: random => Buffer.concat([u32(0, 3, 120), Buffer.from(Array.from({ length: 120 }, () => random.below(2)))]),
  locs: random => {
    const bytes = Buffer.alloc(12 + 30 * 8)
    bytes.writeUInt32LE(1, 0)
    bytes.writeFloatLE(1, 4)
    bytes.writeUInt32LE(30, 8)
    for (let index = 0; index < 60; index++) bytes.writeFloatLE(random.next() * 2000, 12 + index * 4)
    return bytes
  },
  clocs: random =>
    Buffer.concat([
      Buffer.from([1]),
      u32(40),
      ...Array.from({ length: 40 }, () => {
        const clusters = random.below(4)
        return Buffer.concat([Buffer.from([clusters]), noise(random, 2 * clusters)])
      }),
    ]),
  'interop-index': random => {
    const named = (value: string): Buffer => Buffer.concat([Buffer.from([value.length, 0]), text(value)])
    const record = (): Buffer =>
      Buffer.concat([
        Buffer.from([1, 0, 0x4d, 4, 1, 0]),
        named(`${genome(random, 8)}-${genome(random, 8)}`),
        u32(random.below(1e6)),
        named(`S${letters(random, 4)}`),
        named('project'),
      ])
    return Buffer.concat([Buffer.from([1]), ...Array.from({ length: 8 }, record)])
  },
  fast5: random => Buffer.concat([Buffer.from('894844460d0a1a0a', 'hex'), noise(random, 88)]),
  pod5: random =>
    Buffer.concat([Buffer.from('8b504f440d0a1a0a', 'hex'), noise(random, 16), text('ARROW1\0\0'), noise(random, 60)]),
  blow5: random => Buffer.concat([text('BLOW5\x01'), noise(random, 60)]),
  sff: random => Buffer.concat([text('.sff\0\0\0\x01'), noise(random, 60)]),
  ab1: random => Buffer.concat([text('ABIF\x00\x65tdir'), noise(random, 60)]),
  scf: random => Buffer.concat([text('.scf'), noise(random, 100)]),
  ztr: random => Buffer.concat([Buffer.from('ae5a54520d0a1a0a0102', 'hex'), noise(random, 60)]),
  'plink-bed': random => Buffer.concat([Buffer.from('6c1b01', 'hex'), noise(random, 60)]),
  pgen: random => Buffer.concat([Buffer.from('6c1b10', 'hex'), noise(random, 60)]),
  gds: random => Buffer.concat([text('COREARRAYx0A'), noise(random, 60)]),
  ora: random => Buffer.concat([Buffer.from('497c800000000000', 'hex'), noise(random, 60)]),
  'bigbed-big-endian': random =>
    Buffer.concat([swapped(u32(0x8789f2eb)), Buffer.from([0, 4, 0, 10]), noise(random, 60)]),
  bigwig: random => Buffer.concat([u32(0x888ffc26), Buffer.from([4, 0, 10, 0]), noise(random, 60)]),
  idat: random => Buffer.concat([text('IDAT\x03\0\0\0'), u32(0, 9, 1000), noise(random, 60)]),
  gtc: random => Buffer.concat([text('gtc\x05'), u32(30, 1, 4), noise(random, 60)]),
  sra: random => Buffer.concat([text('NCBI.sra'), Buffer.from('05031988', 'hex'), u32(1, 24), noise(random, 60)]),
  d4: random => Buffer.concat([Buffer.from('6434dddd', 'hex'), noise(random, 80)]),
  arrow: random => Buffer.concat([text('ARROW1\0\0'), u32(0xffff_ffff, 200), noise(random, 60)]),
  crypt4gh: random => Buffer.concat([text('crypt4gh'), u32(1, 1), noise(random, 100)]),
  snapgene: random =>
    Buffer.concat([
      Buffer.from([9, 0, 0, 0, 14]),
      text('SnapGene'),
      Buffer.from([0, 1, 0, 15, 0, 20, 0]),
      noise(random, 60),
    ]),
  'fastq-gz': random => gzipSync(`@r\n${genome(random, 80)}\n+\n${'F'.repeat(80)}\n`),
} as const satisfies Readonly<Record<string, BinaryFamily>>
