import { Buffer } from 'node:buffer'
import type { BytesDetector, Span } from '../detector.ts'

const latin1 = (text: string): Uint8Array => Buffer.from(text, 'latin1')
const hex = (digits: string): Uint8Array => Buffer.from(digits.replaceAll(' ', ''), 'hex')

const startsWith = (bytes: Uint8Array, magic: Uint8Array, at = 0): boolean => {
  if (bytes.length < at + magic.length) return false
  for (let index = 0; index < magic.length; index++) if (bytes[at + index] !== magic[index]) return false
  return true
}

/** Magic at the very start, four octets or more: by chance 2^-32 or less on octets that are anything else. */
const STARTS: readonly Uint8Array[] = [
  // SAM/BAM, CRAM and VCF/BCF specifications: BAM, its indexes, BCF 1 and 2
  ...['BAM\x01', 'BAI\x01', 'CSI\x01', 'TBI\x01', 'BCF\x02', 'BCF\x04'].map(latin1),
  // UCSC genome browser: 2bit, nib, bigBed, bigWig, in both octet orders
  ...['1a412743', '4327411a', '3a3de96b', '6be93d3a', '8789f2eb', 'ebf28987', '888ffc26', '26fc8f88'].map(hex),
  // signal and trace files: BLOW5, SFF, ABIF, SCF, ZTR, POD5, Arrow
  ...['BLOW5\x01', '.sff\0\0\0\x01', 'ABIF', '.scf', 'ARROW1\0\0', 'crypt4gh', 'COREARRAYx0A', 'NCBI.sra'].map(latin1),
  ...['ae5a54520d0a1a0a', '8b504f440d0a1a0a', '497c8000 0000', '6434dddd'].map(hex),
  ...['IDAT\x03\0\0\0'].map(latin1),
]

/** Magic of six octets or more that is looked for anywhere: a header may stand in front. */
const ANYWHERE: readonly Uint8Array[] = [
  // BGZF: the extra subfield `BC` of length 2, behind any gzip header
  hex('1f8b0804 00000000 00ff 0600 4243 0200'),
  hex('89484446 0d0a1a0a'),
  hex('8b504f44 0d0a1a0a'),
  latin1('crypt4gh\x01\0\0\0'),
]

const GZIP_WITH_EXTRA = hex('1f8b0804')
const BGZF_SUBFIELD = hex('42430200')
const CRAM = latin1('CRAM')
const GTC = latin1('gtc')
const LOCS = hex('01000000 0000803f')
const SNAPGENE = hex('09 0000000e 536e617047656e65')

/** A gzip member with the BGZF subfield, whatever time, level and system its header names. */
const isBgzf = (bytes: Uint8Array): boolean =>
  bytes.length >= 18 && startsWith(bytes, GZIP_WITH_EXTRA) && startsWith(bytes, BGZF_SUBFIELD, 12)

const isCram = (bytes: Uint8Array): boolean =>
  bytes.length >= 6 && startsWith(bytes, CRAM) && bytes[4]! >= 1 && bytes[4]! <= 7 && bytes[5]! <= 7

/** PLINK 1 .bed (mode 0 or 1) and PLINK 2 .pgen (storage modes 2 to 0x11, 0x20, 0x21); two or three octets, so a length is asked for. */
const isPlink = (bytes: Uint8Array): boolean =>
  bytes.length > 12 &&
  bytes[0] === 0x6c &&
  bytes[1] === 0x1b &&
  (bytes[2]! <= 0x11 || bytes[2] === 0x20 || bytes[2] === 0x21)

/** Illumina genotype calls: `gtc` and a version of 3 to 5. */
const isGtc = (bytes: Uint8Array): boolean =>
  bytes.length >= 16 && startsWith(bytes, GTC) && bytes[3]! >= 3 && bytes[3]! <= 5

/** SnapGene: a first segment of 14 octets, tag 9, with the name in it. */
const isSnapGene = (bytes: Uint8Array): boolean => startsWith(bytes, SNAPGENE)

const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length)

/** A .bcl of the old kind: the cluster count is exact, and every octet holds a base and a quality of at most 45. */
const isBcl = (bytes: Uint8Array): boolean => {
  if (bytes.length < 24 || view(bytes).getUint32(0, true) !== bytes.length - 4) return false
  let low = 0
  for (let index = 4; index < bytes.length; index++) if (bytes[index]! >> 2 <= 45) low++
  return low > 0.98 * (bytes.length - 4)
}

/** A .cbcl header: version 1, a header that fits, 2 bits a base, 2 to 8 bits a quality, and the bins that go with it. */
const isCbcl = (bytes: Uint8Array): boolean => {
  if (bytes.length < 24) return false
  const header = view(bytes)
  return (
    header.getUint16(0, true) === 1 &&
    header.getUint32(2, true) >= 12 &&
    header.getUint32(2, true) < 2 ** 24 &&
    bytes[6] === 2 &&
    bytes[7]! >= 1 &&
    bytes[7]! <= 8 &&
    header.getUint32(8, true) >= 2 &&
    header.getUint32(8, true) <= 64
  )
}

/** A .filter file: 0, version 3, the cluster count, and one octet of 0 or 1 for each cluster; it may be cut off. */
const isFilter = (bytes: Uint8Array): boolean => {
  if (bytes.length < 28) return false
  const header = view(bytes)
  if (header.getUint32(0, true) !== 0 || header.getUint32(4, true) !== 3) return false
  return header.getUint32(8, true) >= bytes.length - 12 && bytes.subarray(12).every(passes => passes <= 1)
}

/** A .locs file: 1, the number 1.0, the cluster count, and two numbers for each cluster. */
const isLocs = (bytes: Uint8Array): boolean => bytes.length >= 20 && startsWith(bytes, LOCS)

const FEWEST_BINS = 8

/** A .clocs file: 1, the number of bins, and for each its clusters and two octets for each of them, to the very end. */
const isClocs = (bytes: Uint8Array): boolean => {
  if (bytes.length < 64 || bytes[0] !== 1) return false
  const bins = view(bytes).getUint32(1, true)
  if (bins < FEWEST_BINS || bins > bytes.length) return false
  let at = 5
  for (let bin = 0; bin < bins && at < bytes.length; bin++) at += 1 + 2 * bytes[at]!
  return at === bytes.length
}

/** Whether a length-prefixed string of printable characters stands at `at`; its end, or -1. */
const endOfName = (bytes: Uint8Array, at: number): number => {
  if (at + 2 > bytes.length) return -1
  const end = at + 2 + view(bytes).getUint16(at, true)
  if (end > bytes.length) return -1
  for (let index = at + 2; index < end; index++) if (bytes[index]! < 32 || bytes[index]! > 126) return -1
  return end
}

/** The first record of InterOp IndexMetricsOut: lane, tile and read, index, count, sample, project. */
const isIndexMetrics = (bytes: Uint8Array): boolean => {
  const version = bytes[0]
  if (bytes.length < 20 || (version !== 1 && version !== 2)) return false
  const lane = view(bytes).getUint16(1, true)
  const index = endOfName(bytes, version === 1 ? 7 : 9)
  if (lane < 1 || lane > 8 || index < 0) return false
  const sample = endOfName(bytes, index + (version === 1 ? 4 : 8))
  const project = sample < 0 ? -1 : endOfName(bytes, sample)
  return project >= 0 && index > 12
}

const TESTS = [isBgzf, isCram, isPlink, isGtc, isSnapGene, isBcl, isCbcl, isFilter, isLocs, isClocs, isIndexMetrics]

const foundAnywhere = (bytes: Uint8Array): number => {
  const haystack = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  for (const magic of ANYWHERE) {
    const at = haystack.indexOf(magic)
    if (at >= 0) return at
  }
  return -1
}

/** First octets of everything in STARTS, so that most blobs are told apart by one look-up. */
const firstOctets = new Set(STARTS.map(magic => magic[0]))

/**
 * Files of sequencing data by their magic and structure. Four octets of magic hit arbitrary octets with 2^-32 each, 30 of
 * them 7e-9 a blob; the 2 to 3 octets of PLINK with 4e-6 of blobs longer than 12 octets; structures less.
 */
export const genomicMagic = {
  kind: 'bytes',
  id: 'genomic-magic',
  title: 'File of sequencing data',
  category: 'sequence',
  mandatory: true,
  source:
    'https://samtools.github.io/hts-specs/ (SAM, CRAM, VCF, tabix, crypt4gh); https://genome.ucsc.edu/FAQ/FAQformat.html; https://www.cog-genomics.org/plink/1.9/formats; https://github.com/Illumina/interop',
  find(bytes): Span[] {
    const end = bytes.length
    if (firstOctets.has(bytes[0]) && STARTS.some(magic => startsWith(bytes, magic))) return [{ start: 0, end }]
    if (TESTS.some(test => test(bytes))) return [{ start: 0, end }]
    const start = foundAnywhere(bytes)
    return start < 0 ? [] : [{ start, end }]
  },
  examples: {
    match: [
      // BGZF end-of-file block
      'H4sIBAAAAAAA/wYAQkMCABsAAwAAAAAAAAAAAA==',
      // BAM, CRAM 3.1, BCF 2.2, PLINK bed, HDF5, POD5, 2bit, crypt4gh
      'QkFNARAAAABASEQJVk46MS42Cg==',
      'Q1JBTQMBdGVzdC5jcmFtAAAA',
      'QkNGAgIAAAAA',
      'bBsBAQIDBAUGBwgJCgsMDQ==',
      'iUhERg0KGgoAAAAAAAgIAA==',
      'i1BPRA0KGgoAAAAA',
      'QydBGgAAAAABAAAA',
      'Y3J5cHQ0Z2gBAAAAAQAAAA==',
      // a header of four octets, then HDF5
      'AAECA4lIREYNChoKAAAA',
      // InterOp index metrics: lane 1, tile 1101, read 1, index, count, sample, project
      'AQEATQQBAAgAQVRUQUNUQ0cKAAAAAgBTMQIAUDE=',
      // a filter of 16 clusters, positions of one
      'AAAAAAMAAAAQAAAAAQEAAQEBAQABAQEBAQABAQ==',
      'AQAAAAAAgD8BAAAAAADIQgAASEM=',
    ],
    noMatch: [
      // gzip without the BGZF subfield, PNG, text, zeros, "BAM!" and a short 6c 1b
      'H4sIAAAAAAAAA8vIBACsKpPYAgAAAA==',
      'iVBORw0KGgoAAAANSUhEUgAA',
      'aW5zdHJ1bWVudCByZWFkeQ==',
      'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
      'QkFNIQ==',
      'bBsB',
      // 0, 3, 16, then something else than 0 and 1
      'AAAAAAMAAAAQAAAAAQEAAgEBAQABAQEBAQABAQ==',
    ],
  },
} as const satisfies BytesDetector
