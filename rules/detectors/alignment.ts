import type { TextDetector } from '../detector.ts'
import { spansOf } from './parts/pattern-spans.ts'

const OPENING =
  /(?:^|(?<=[>"'`]))(?:CLUSTAL(?: [OXW]\b|W|\s+multiple)|#\s{0,2}STOCKHOLM 1|##maf version|psLayout version|AS {1,3}\d{1,9} {1,3}\d{1,9}\s{0,3}$|CO {1,3}\S{1,60} {1,3}\d{1,9} {1,3}\d{1,9} {1,3}\d{1,9} {1,3}[UC]\b|BEGIN_(?:SEQUENCE|DNA)\b|H\tVN:Z:|S\t\S{1,60}\t[ACGTN*]{1,200}\b|L\t\S{1,60}\t[-+]\t\S{1,60}\t[-+]\t\S|#slow5_version|s\s{1,4}\S{1,60}\s{1,12}\d{1,12}\s{1,12}\d{1,12}\s{1,4}[-+]\s{1,12}\d{1,12}\s[ACGTNacgtn-]|#NEXUS\b|!!N[AS]_SEQUENCE|\s{0,8}MATRIX\s{1,4}\S{1,60}\s{1,4}[ACGTN-]{6})/gm

/**
 * Alignment, assembly and signal formats by their opening words: Clustal, Stockholm, MAF, PSL, ACE, PHD, GFA, Nexus, SLOW5.
 * Each needs the exact words at the start of a line, of an element or of a quoted field; none occurs in 1,561 real payloads.
 */
export const alignment = {
  kind: 'text',
  id: 'alignment',
  title: 'Alignment or assembly',
  category: 'sequence',
  source:
    'https://genome.ucsc.edu/FAQ/FAQformat.html (MAF, PSL); https://gfa-spec.github.io/GFA-spec/GFA1.html; https://hasindu2008.github.io/slow5specs/',
  needs: [
    { has: '\n' },
    { has: '\t', upper: 1 },
    { has: '#', letters: 5 },
    { blanks: 1, letterRun: 7 },
    { blanks: 3, digits: 2, letters: 1 },
    { blanks: 2, bases: 6, letterRun: 6 },
    { letterRun: 8, upper: 8 },
    { has: '_', upper: 8, letterRun: 5 },
  ],
  find: ({ text }) => spansOf(text, OPENING),
  examples: {
    match: [
      'CLUSTAL W (1.83) multiple sequence alignment',
      '# STOCKHOLM 1.0\n',
      '##maf version=1',
      'H\tVN:Z:1.0',
      's hg38.chr7 27578828 38 + 158545518 AAA-GGGAATGTTAACCAAATGA',
      '#slow5_version\t0.2.0',
      'BEGIN_SEQUENCE read7',
      '<note>#slow5_version\t0.2.0',
    ],
    noMatch: ['CLUSTER_1', 'AS expected', 's 5 was high', 'S\tstate\trunning', 'clusters passing filter'],
  },
} as const satisfies TextDetector
