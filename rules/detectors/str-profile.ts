import type { TextDetector } from '../detector.ts'
import { spansOfDistinct } from './parts/pattern-spans.ts'

const LOCUS =
  '(?:D(?:[1-9]|1\\d|2[0-2]|X|Y)S\\d{2,5}|DYS\\d{3}(?:\\.\\d|a/b|I{1,2})?|DYF\\d{3}|v[Ww][Aa]|VWA|TH01|TPOX|CSF1PO|FGA|Penta ?[DE]|SE33|Y-?GATA-?H4)'
const LOCI = new RegExp(`(?<![A-Za-z0-9])${LOCUS}(?![A-Za-z0-9])`, 'g')
const REPEATS = '\\d{1,2}(?:\\.[1-3])?'
const TYPED = new RegExp(
  `(?<![A-Za-z0-9])${LOCUS}[^A-Za-z0-9]{1,5}(?:${REPEATS}\\s{0,1}[-,/;|]\\s{0,1}${REPEATS}|X\\s?[,/]?\\s?[XY])(?![A-Za-z0-9])`,
  'g',
)

/** A forensic STR profile: five different loci, or three loci with their pair of alleles. */
export const strProfile = {
  kind: 'text',
  id: 'str-profile',
  title: 'STR profile',
  category: 'sequence',
  mandatory: true,
  source:
    'https://www.fbi.gov/how-we-can-help-you/dna-fingerprint-act-of-2005-expungement-policy/codis-and-ndis-fact-sheet (CODIS core loci); https://strbase.nist.gov/',
  needs: [{ words: 5, upper: 6, digits: 3, length: 19 }],
  find({ text }) {
    const typed = spansOfDistinct(text, TYPED, 3)
    return typed.length > 0 ? typed : spansOfDistinct(text, LOCI, 5)
  },
  examples: {
    match: [
      'D3S1358 15,17; vWA 16,18; FGA 21,24',
      'D8S1179 D21S11 D7S820 CSF1PO TH01',
      'TH01: 6/9.3 TPOX: 8/11 D5S818: 11/12',
    ],
    noMatch: ['FGA 21,24', 'D3S1358 vWA', 'D00450 D5 S818 FPGA FPGA CPLD', 'FGA FGA FGA FGA FGA FGA FGA'],
  },
} as const satisfies TextDetector
