import type { TextDetector } from '../detector.ts'
import { spansOf } from './parts/pattern-spans.ts'
import { isCount, rowsWhere } from './parts/rows.ts'

const PRAGMA = /##(?:gff-version|sequence-region|gtf-version)\b/gi
const FEATURE =
  /^(?:gene|pseudogene|transcript|primary_transcript|exon|intron|CDS|(?:start|stop)_codon|(?:five|three)_prime_(?:UTR|utr)|5?3?UTR|[mtr]RNA|sn?o?RNA|[lm]i?n?cRNA|miRNA|ncRNA|region|match(?:_part)?|repeat_region|chromosome|contig|scaffold|SNV|SNP|insertion|deletion|similarity|promoter|enhancer|Selenocysteine)$/
const STRAND = /^[-+.?]$/

/** Columns 3, 4, 5 and 7 of nine: feature type, start, end, strand. */
const isFeature = (fields: readonly string[]): boolean =>
  FEATURE.test(fields[2] ?? '') && isCount(fields[3]) && isCount(fields[4]) && STRAND.test(fields[6] ?? '')

/** GFF3 and GTF: a pragma, or at least two feature rows. */
export const gff = {
  kind: 'text',
  id: 'gff',
  title: 'Genome annotation (GFF, GTF)',
  category: 'sequence',
  mandatory: true,
  source: 'https://github.com/The-Sequence-Ontology/Specifications/blob/master/gff3.md',
  needs: [
    { has: '#', letters: 10 },
    { has: '\n\t', digits: 4 },
    { has: '\n ', digits: 4 },
  ],
  find({ text }) {
    const marked = spansOf(text, PRAGMA)
    return marked.length > 0 ? marked : rowsWhere(text, 2, isFeature)
  },
  examples: {
    match: [
      '##gff-version 3',
      'chr1\tsrc\tgene\t100\t900\t.\t+\t.\tID=g1\nchr1\tsrc\texon\t100\t300\t.\t+\t.\tParent=g1',
    ],
    noMatch: [
      'a\tb\tgene\t1\t2\t.\t+\t.\tx',
      '## region\n## match',
      'L001 read region 5 6 x y\nL002 read region 5 6 x y',
    ],
  },
} as const satisfies TextDetector
