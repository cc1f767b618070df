import type { TextDetector } from '../detector.ts'
import { spansOf } from './parts/pattern-spans.ts'
import { isBases, isChromosome, isCount, rowsWhere } from './parts/rows.ts'

const META =
  /##file[Ff]ormat=VCF|#[Cc][Hh][Rr][Oo][Mm]\s{1,4}POS|##(?:INFO|FORMAT|FILTER|ALT)=<ID=|##contig=<ID=|<NON_REF>|\bGT:(?:AD|DP|GQ|PL|FT|DS|GP|PS)\b/g
/** What every meta line holds. */
const MARK = /[#<]|GT:/
const ALTERNATE =
  /^(?:[ACGTN*]+(?:,(?:[ACGTN*]+|<[\w:*-]{1,30}>))*|\.|<[\w:*-]{1,30}>(?:,<[\w:*-]{1,30}>)*|[ACGTN.]*[[\]][\w.:]{1,60}[[\]][ACGTN.]*)$/i
const QUALITY = /^(?:\.|\d{1,9}(?:\.\d{1,9})?)$/
const INFO = /^(?:\.|[A-Za-z_][\w.]{0,40}(?:=[^;]{0,400})?(?:;.*)?)$/

const LONGEST = 4096

/** Alternate alleles; of very long ones the front has to do, because the whole pattern would pile up steps to go back to. */
const isAlternate = (field: string): boolean =>
  field.length > LONGEST ? /^[ACGTN*]+$/i.test(field.slice(0, LONGEST)) : ALTERNATE.test(field)

/** Where `chrom pos id ref alt` begins in a row, or -1. */
const siteIn = (fields: readonly string[]): number => {
  for (let at = 0; at + 4 < fields.length; at++)
    if (isCount(fields[at + 1]) && isChromosome(fields[at]) && isBases(fields[at + 3]) && isAlternate(fields[at + 4]!))
      return at
  return -1
}

const isSite = (fields: readonly string[]): boolean => siteIn(fields) >= 0

/** A site followed by QUAL, FILTER and INFO: enough on its own. */
const isFullRow = (fields: readonly string[]): boolean => {
  const at = siteIn(fields)
  const [quality, filter, info] = at < 0 ? [] : fields.slice(at + 5, at + 8)
  return quality !== undefined && filter !== undefined && info !== undefined && QUALITY.test(quality) && INFO.test(info)
}

/**
 * VCF and gVCF: a meta line, `<NON_REF>`, a genotype FORMAT, one row of eight columns, or three rows of
 * `chrom pos id REF ALT` (a single such row is the business of `variant`). No hit in 1,561 real payloads.
 */
export const vcf = {
  kind: 'text',
  id: 'vcf',
  title: 'VCF variants',
  category: 'sequence',
  mandatory: true,
  source: 'https://samtools.github.io/hts-specs/VCFv4.5.pdf section 1.2 to 1.6',
  needs: [
    { has: '#' },
    { has: '<', upper: 6 },
    { has: ':', upper: 4, bases: 2 },
    { has: '\n', digits: 2, length: 9 },
    { blanks: 7, digits: 2, bases: 1 },
  ],
  find({ text }) {
    const marked = MARK.test(text) ? spansOf(text, META) : []
    if (marked.length > 0) return marked
    const full = rowsWhere(text, 1, isFullRow)
    return full.length > 0 ? full : rowsWhere(text, 3, isSite)
  },
  examples: {
    match: [
      '##fileformat=VCFv4.2',
      '#CHROM\tPOS\tID\tREF\tALT',
      'chr7\t140453136\t.\tA\tT\t50\tPASS\tDP=100',
      '1 101 . A C\r\n1 205 . G T\r\n2 300 . C <*>',
      'chr1\t10\t.\tG\t<NON_REF>\t.\t.\tEND=99',
    ],
    noMatch: ['1 1101 x 5 C', '1,1101,.,A,C', 'lane 1 tile 1101 A C G T', '## notes\n# chapter'],
  },
} as const satisfies TextDetector
