import type { TextDetector } from '../detector.ts'
import { isCount, rowsWhere } from './parts/rows.ts'

const STRAND = /^[-+]$/
const CHROMOSOME = /^chr(?:\d{1,2}|[XYMU]|MT|Un_\w{1,30})(?:_\w{1,30})?$/i

const isInterval = ([name, start, end, , , strand, ...rest]: readonly string[]): boolean =>
  isCount(start) &&
  isCount(end) &&
  (CHROMOSOME.test(name ?? '') ||
    (Number(start) <= Number(end) && strand !== undefined && rest.length <= 6 && STRAND.test(strand)))

/** `chrom start end strand name`, as Picard writes target lists. */
const isTarget = ([name, start, end, strand]: readonly string[]): boolean =>
  name !== undefined && isCount(start) && isCount(end) && Number(start) <= Number(end) && STRAND.test(strand ?? '')

/** BEDPE: two intervals, as structural variants are written. */
const isPair = ([from, start, end, to, first, last]: readonly string[]): boolean =>
  CHROMOSOME.test(from ?? '') && CHROMOSOME.test(to ?? '') && [start, end, first, last].every(isCount)

/** PAF: query name, length, start, end, strand, target name, length, start, end, matches, block, quality. */
const isOverlap = (fields: readonly string[]): boolean =>
  fields.length >= 12 &&
  STRAND.test(fields[4]!) &&
  [1, 2, 3, 6, 7, 8, 9, 10, 11].every(column => isCount(fields[column]))

const isRow = (fields: readonly string[]): boolean => isInterval(fields) || isTarget(fields)

/**
 * BED, BEDPE, interval lists and PAF. Two rows are asked for, with a chromosome name or a strand: three columns of
 * `name int int` alone are lane, tile and cycle tables. One PAF row is enough: nine integer columns and a strand; likewise one of BEDPE.
 */
export const bed = {
  kind: 'text',
  id: 'bed',
  title: 'Genome intervals (BED, BEDPE, interval list, PAF)',
  category: 'sequence',
  source: 'https://samtools.github.io/hts-specs/BEDv1.pdf; https://github.com/lh3/miniasm/blob/master/PAF.md',
  needs: [
    { has: '\n', digits: 4 },
    { has: '\t', digits: 4 },
  ],
  find({ text }) {
    const overlaps = rowsWhere(text, 1, fields => isOverlap(fields) || isPair(fields))
    return overlaps.length > 0 ? overlaps : rowsWhere(text, 2, isRow)
  },
  examples: {
    match: [
      'chr1\t100\t200\nchr1\t300\t400',
      'chrX 100 200 exon1\r\nchrX 300 400 exon2',
      '1\t100\t200\t+\tt1\n1\t300\t400\t-\tt2',
      'chr7,55019017,55211628\nchr7,140719327,140924929',
      'chr1\t100\t200\tchr5\t300\t400',
      'q1\t5000\t10\t4900\t-\tt9\t90000\t100\t5000\t4500\t4900\t60',
    ],
    noMatch: ['L001\t1101\t2204\nL001\t1102\t2204', 'chr1\t100\t200', 'lane 1 2\nlane 3 4'],
  },
} as const satisfies TextDetector
