import type { Span, TextDetector } from '../detector.ts'
import { anyKey, inKeys } from './parts/context.ts'
import { spansOf } from './parts/pattern-spans.ts'

const CIGAR = /(?<![\w;:.=+-])(?:\d{1,6}[MIDNSHP=X]){2,400}(?![\w;:])/g
const CORE = /[M=X]/
/** Hours, minutes, seconds: `1H30M15S`. */
const DURATION = /^(?:\d{1,3}D)?(?:\d{1,2}H)?(?:[0-5]?\dM)?(?:[0-5]?\dS)?$/
/** A mismatch or a deletion in an MD tag: `35A12^TAG28`. */
const MISMATCH = /\bM[Dd]:Z:\d{1,6}(?:[ACGTN]|\^[ACGTN]{1,200})\d{1,6}/g
const TAG =
  /\bM[Dd]:Z:\d{1,6}(?:(?:[ACGTN]|\^[ACGTN]{1,200})\d{0,6}){0,200}|\b(?:SA|XA|MC|OC|cs|BQ|OQ|BC|RX|CB|UB):Z:[^\s]|\b(?:NM|AS|NH|HI):i:\d/g
const KEYWORD = /\bcigars?\b/

const cigars = (text: string): Span[] =>
  spansOf(text, CIGAR).filter(({ start, end }) => {
    const token = text.slice(start, end)
    return CORE.test(token) && !DURATION.test(token)
  })

/**
 * Alignment shapes: four different CIGAR strings (one under a name that says `cigar`), an MD tag that names a base, or two tags of an
 * alignment row. A tag is two letters, a type and a value between colons: none in 830 generated telemetry payloads.
 * Illumina read structures (`151T8B8B151T`), OverrideCycles (`Y151;I8N2`) and durations (`1H30M15S`) are the traps: letters outside
 * the alphabet, a `;` or `:` beside the token, and clock values keep them out.
 */
export const cigar = {
  kind: 'text',
  id: 'cigar-md',
  title: 'CIGAR strings or alignment tags',
  category: 'sequence',
  source:
    'https://samtools.github.io/hts-specs/SAMv1.pdf section 1.4; https://samtools.github.io/hts-specs/SAMtags.pdf',
  needs: [
    { digitLed: 4, upper: 2 },
    { digitLed: 4, has: '=' },
    { digits: 2, letterRun: 5, nonHex: 3, digitLed: 1 },
    { colons: 4, upper: 2 },
    { colons: 2, upper: 4, digits: 2 },
    { digits: 2, upper: 1, under: anyKey(KEYWORD) },
    { digits: 2, has: '=', under: anyKey(KEYWORD) },
  ],
  find(subject) {
    const mismatches = spansOf(subject.text, MISMATCH)
    if (mismatches.length > 0) return mismatches
    const tags = spansOf(subject.text, TAG)
    if (tags.length >= 2) return tags
    const found = cigars(subject.text)
    if (found.length === 0) return []
    const least = inKeys(subject, KEYWORD) || /\bcigar/i.test(subject.text) ? 1 : 4
    return new Set(found.map(({ start, end }) => subject.text.slice(start, end))).size >= least ? found : []
  },
  examples: {
    match: ['5S95M 100M2I3M 50M1D50M 3H97M', { text: '5S95M1I', keys: ['cigar'] }, 'NM:i:1 MC:Z:36M', 'MD:Z:10A5^AC6'],
    noMatch: [
      '151T8B8B151T',
      'Y151;I8N2;N2I8;Y151',
      'U7N1Y93',
      '1H30M15S 2H10M3S 3H20M4S 4H5M6S',
      '151M 10M 10M 151M',
      '5S95M',
      'MD:Z:76',
      'NM:i:2',
    ],
  },
} as const satisfies TextDetector
