import type { TextDetector } from '../detector.ts'
import { spansOf } from './parts/pattern-spans.ts'

const LINE =
  /^(?:LOCUS {2,12}\S{1,40} {1,40}\d{1,12} (?:bp|aa)\b|ORIGIN(?:[ \t]{1,80}$|(?=[\r\n\u2028\u2029])|(?<=[\r\n\u2028\u2029]ORIGIN)$)|ID {3}[^\n]{1,200}(?:BP|AA)\.|SQ {3}(?:Sequence|SEQUENCE) {1,3}\d|ACCESSION {3}[A-Z]{1,6}_?\d{5,10}|FEATURES {13}Location|FT {3}(?:source|CDS|gene|mRNA) {2,14}\S{0,3}\d| {0,9}\d{1,9} [acgtun]{10}(?: [acgtun]{1,10}){0,5}\s{0,2}$)/gm

/** GenBank, GenPept and EMBL flat files: their fixed-column lines (`ORIGIN` alone is a word), or numbered lines of lower-case bases in tens. */
export const flatFile = {
  kind: 'text',
  id: 'genbank-embl',
  title: 'GenBank or EMBL record',
  category: 'sequence',
  mandatory: true,
  source:
    'https://www.ncbi.nlm.nih.gov/genbank/release/current/ section 3.4; https://ena-docs.readthedocs.io/en/latest/submit/fileprep/flat-file-example.html',
  needs: [
    { blanks: 3, upper: 2 },
    { has: ' ', upper: 6 },
    { has: '\t', upper: 6 },
    { has: '\n', upper: 6 },
    { has: ' ', digits: 1, bases: 10 },
  ],
  find: ({ text }) => spansOf(text, LINE),
  examples: {
    match: [
      'LOCUS       SCU49845     5028 bp    DNA             PLN       21-JUN-1999',
      'ORIGIN      \n        1 gatcctccat atacaacggt atctccacct',
      'ID   X56734; SV 1; linear; mRNA; STD; PLN; 1859 BP.',
      'SQ   Sequence 1859 BP; 609 A; 314 C; 355 G; 581 T; 0 other;',
    ],
    noMatch: ['ORIGIN', 'ID   A00187', 'the origin of the fault', 'LOCUS of control', '1 instrument'],
  },
} as const satisfies TextDetector
