import type { TextDetector } from '../detector.ts'
import { spansOf } from './parts/pattern-spans.ts'
import { isCount, rowsWhere } from './parts/rows.ts'

const HEADER = /@(?:HD\tVN:|SQ\tSN:|RG\tID:|PG\tID:|CO\t)/g
const CIGAR = /^(?:\*|(?:\d{1,9}[MIDNSHP=X]){1,1000})$/
const LONG_CIGAR = /^(?:\d{1,9}[MIDNSHP=X]){300}/
const LONGEST = 3000

const isCigar = (field: string): boolean => (field.length > LONGEST ? LONG_CIGAR : CIGAR).test(field)
/** What a header or a CIGAR holds. */
const MARK = /@|\*|\d[MIDNSHP=X]/
const SIGNED = /^-?\d{1,10}$/

/** Columns 2 to 9 of an alignment line, wherever it starts: text may stand before the read's name, and names may be altered. */
const isAlignment = (fields: readonly string[]): boolean => {
  for (let cigar = 5; cigar + 3 < fields.length; cigar++)
    if (
      isCigar(fields[cigar]!) &&
      isCount(fields[cigar - 1]) &&
      isCount(fields[cigar - 2]) &&
      isCount(fields[cigar - 4]) &&
      isCount(fields[cigar + 2]) &&
      SIGNED.test(fields[cigar + 3]!)
    )
      return true
  return false
}

/** A row cut short after CIGAR still counts when it is separated by tabs, as the format asks. */
const TABBED = /\S\t\d{1,5}\t\S{1,200}\t\d{1,10}\t\d{1,3}\t(?:\*|(?:\d{1,9}[MIDNSHP=X]){1,200})(?=[\t\r\n]|$)/g

/** SAM: a header line, or an alignment row by the types of its columns. No hit in 1,561 real payloads. */
export const sam = {
  kind: 'text',
  id: 'sam',
  title: 'SAM alignment',
  category: 'sequence',
  mandatory: true,
  source: 'https://samtools.github.io/hts-specs/SAMv1.pdf section 1.3, 1.4',
  needs: [{ has: '\t' }, { has: ' ', blanks: 8, digits: 4 }],
  find({ text }) {
    if (!MARK.test(text)) return []
    const marked = [...spansOf(text, HEADER), ...spansOf(text, TABBED)]
    return marked.length > 0 ? marked : rowsWhere(text, 1, isAlignment)
  },
  examples: {
    match: [
      '@SQ\tSN:chr1\tLN:248956422',
      'r1\t0\tchr1\t100\t60\t36M\t*\t0\t0\tACGT\tIIII',
      'r1\t4\t*\t0\t0\t*',
      'log: x7 16 chr1 100 60 5S31M = 250 -186 *',
    ],
    noMatch: ['a\t1\tb\t2\t3\t151T8B8B151T', 'L001\t1101\t2204\t1\t2\t3', 'disk 5 used 100 50 5M of 12', '@SQL server'],
  },
} as const satisfies TextDetector
