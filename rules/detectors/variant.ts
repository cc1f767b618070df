import type { TextDetector } from '../detector.ts'
import { spansOf } from './parts/pattern-spans.ts'

const ACID =
  '(?:Ala|Arg|Asn|Asp|Cys|Gln|Glu|Gly|His|Ile|Leu|Lys|Met|Phe|Pro|Ser|Thr|Trp|Tyr|Val|Ter|[ACDEFGHIKLMNPQRSTVWY])'
const REFERENCE = '(?:N[CGMPRTW]_\\d{4,9}|ENS[TGP]\\d{6,15}|LRG_\\d{1,5}|chr\\w{1,3}|[A-Z][A-Z0-9]{1,9})'
/** Reference, perhaps a version and a gene in parentheses, a coordinate kind, and a position. */
const HGVS = `\\b${REFERENCE}(?:[.pt]{1,2}\\d{1,3})?(?:\\([A-Z0-9_.-]{1,20}\\))?:[gcmnopr]\\.[(*-]?(?:\\d|${ACID}\\d|[?=])`
const DNA_CHANGE =
  '(?<![\\w.])[gcmnr]\\.[*-]?\\d{1,9}(?:[-+]\\d{1,6})?(?:_[*-]?\\d{1,9}(?:[-+]\\d{1,6})?)?(?:[ACGTUacgtu]{1,50}(?:>|&gt;|=)|del|dup|ins|inv|con)'
const PROTEIN_CHANGE = `(?<![\\w.])p\\.\\(?${ACID}\\d{1,5}(?:${ACID}|fs|del|dup|ins|=|\\*)(?![A-Za-z0-9])`
const SPDI = 'N[CMGRTW]_\\d{6,9}\\.\\d{1,3}:\\d{1,10}:[ACGTN\\d]{0,200}:[ACGTN]{0,200}'
const NUMBER = '(?:[1-9]|1\\d|2[0-2]|X|Y|MT?)'
const ALLELE = '[ACGTNacgtn]{1,200}'
const GAP = '[-:_.,;|\\s]{1,3}'
/** With `chr` in front, any separators, and perhaps an identifier between position and alleles. */
const PREFIXED = `(?<![A-Za-z0-9])[Cc][Hh][Rr]${NUMBER}${GAP}(?:[gm]\\.)?\\d{2,9}(?:${GAP})?(?:(?:\\.|rs\\d{1,12})${GAP})?(?<![a-z])${ALLELE}(?:[-:_.,;|/>\\s]{1,3}|->)${ALLELE}(?![A-Za-z0-9])`
/** Without it, only the joined forms of browsers and files: 7-140453136-A-T, 7:140453136:A:T, 7_140453136_A/T, 7:140453136A>T. */
const BARE = `(?<![A-Za-z0-9.:_-])${NUMBER}[-:_](?:\\d{5,9}[-:_][ACGT]{1,200}[-:_/>][ACGT]{1,200}|\\d{2,9}[-:_ ]?[ACGT]{1,200}>[ACGT]{1,200})(?![A-Za-z0-9])`

const VARIANT = new RegExp([HGVS, DNA_CHANGE, PROTEIN_CHANGE, SPDI, PREFIXED, BARE].join('|'), 'g')

/**
 * A named variant: HGVS, SPDI, or chromosome, position, reference and alternate allele. Ten common variants identify a
 * person, so one is enough to block. No hit in 1,561 real payloads.
 */
export const variant = {
  kind: 'text',
  id: 'variant',
  title: 'Genetic variant',
  category: 'sequence',
  source:
    'https://hgvs-nomenclature.org/ (v21); Holmes et al. 2020, Bioinformatics 36:1902 (SPDI); thresholds measured',
  needs: [
    { has: '.', letters: 2, digits: 1 },
    { has: ':.', letters: 3 },
    { baseWord: 1, digits: 2, length: 6 },
  ],
  find: ({ text }) => spansOf(text, VARIANT),
  examples: {
    match: [
      'NM_004333.6:c.1799T>A',
      'BRAF p.Val600Glu',
      'found c.68_69delAG today',
      'NC_000007.14:140753335:A:T',
      'chr7:140453136 A>T',
      'chr7\t140453136\t.\tA\tT',
      '7-140453136-A-T',
      'chr17:g.7674220C>T',
    ],
    noMatch: [
      'v.1.26.10',
      '1_1101_A',
      '1-1101-A-T',
      'chr7:140453136',
      'c.12 pumps',
      'NovaSeq_1.26.10',
      'LC4035429-LC3',
      'p.12',
      'COM3:c.log',
    ],
  },
} as const satisfies TextDetector
