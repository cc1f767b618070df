import type { Span, TextDetector } from '../detector.ts'
import { isBaseToken } from './parts/nucleotides.ts'
import { linesOf } from './parts/rows.ts'

const RESIDUES = /^[A-Za-z*-]{20,}$/
const ACIDS_ONLY = /^[ACDEFGHIKLMNPQRSTVWYX*-]+$|^[acgtunryswkmbdhv*-]+$/
/** Other text may follow: the end of a field or an element that a file stands in. */
const QUALITIES = /^(?:\d{1,2} {1,2}){9}\d{1,2}(?!\d)/

/** A line below a header: 20 residues, a short line of plain bases, or the Phred numbers of a QUAL file. */
const isResidueLine = (line: string): boolean =>
  (RESIDUES.test(line) && ACIDS_ONLY.test(line)) || (line.length >= 6 && isBaseToken(line)) || QUALITIES.test(line)

const MOST = 200

/**
 * FASTA, or QUAL: a line that starts with `>` (or `;`) and a name, then a line of residues. The header may follow other
 * text on its line, as in a log message. `>` alone is common (XML, quotations): the second line decides.
 */
export const fasta = {
  kind: 'text',
  id: 'fasta',
  title: 'FASTA record',
  category: 'sequence',
  mandatory: true,
  source: 'https://www.ncbi.nlm.nih.gov/genbank/fastaformat/',
  needs: [
    { has: '\n>', length: 8 },
    { has: '\n;', length: 8 },
  ],
  find({ text }) {
    const spans: Span[] = []
    let header: Span | undefined
    for (const line of linesOf(text)) {
      const body = text.slice(line.start, Math.min(line.end, line.start + MOST)).trim()
      if (header && isResidueLine(body)) spans.push({ start: header.start, end: line.end })
      const at = body.search(/[>;]\S/)
      header = at >= 0 ? { start: line.start + at, end: line.end } : undefined
    }
    return spans
  },
  examples: {
    match: [
      '>read1\nACGTTGCAGA',
      'upload: >sp|P69905|HBA\r\nMVLSPADKTNVKAAWGKVGAHAGEYGAEALERM',
      '>r1\n40 40 38 37 40 40 36 35 34 33 2',
    ],
    noMatch: [
      '<a\n>text</a>',
      '>quoted reply\nthank you, the chiller works again',
      '> 5\nwarning',
      'x > y\nACGTTGCAGA',
    ],
  },
} as const satisfies TextDetector
