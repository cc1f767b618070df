import type { TextDetector } from '../detector.ts'
import { spansOf } from './parts/pattern-spans.ts'

const FIELDS = '\\*\\d{2,3}:\\d{2,3}(?::\\d{2,3}){0,2}[NLSCAQ]?'
const HLA = `HLA-[A-Z]{1,3}\\d?\\*\\d{2,3}|(?:[ABC]|D[PQR][AB]\\d?)${FIELDS}`
const PHARMACOGENE =
  '(?:CYP\\d[A-Z]\\d{1,2}|TPMT|NUDT15|UGT1A\\d|SLCO1B1|DPYD|NAT[12]|NUDT15|G6PD)[ _]?\\*\\d{1,3}[A-Z]?(?:x\\d|xN)?'
const ALLELE = new RegExp(`(?<![A-Za-z0-9])(?:${HLA}|${PHARMACOGENE})(?![A-Za-z0-9])`, 'g')

/**
 * An allele that a person has, by its name: HLA types and star alleles of pharmacogenes. One is enough: it is a result. The star behind
 * the name of a gene, with digits behind it, is in none of 830 generated telemetry payloads.
 */
export const alleleName = {
  kind: 'text',
  id: 'allele-name',
  title: 'HLA type or star allele',
  category: 'sequence',
  source:
    'https://hla.alleles.org/pages/nomenclature/naming_alleles/; https://www.pharmvar.org/ (Gaedigk et al. 2018, Clin Pharmacol Ther 103:399)',
  needs: [
    { upper: 1, digits: 4, signs: 2, colons: 1 },
    { letterRun: 3, upper: 3, digits: 1, signs: 1 },
    { upper: 2, digits: 2, signs: 1, length: 6 },
  ],
  find: ({ text }) => spansOf(text, ALLELE),
  examples: {
    match: ['HLA-B*57:01', 'A*02:01:01G B*07:02', 'DRB1*15:01', 'CYP2D6 *1/*4', 'TPMT*3A'],
    noMatch: ['A*2', '3*02:01', 'HLA-B', 'COM3 *1', 'XA*02:01', 'B*7:1', 'TPM *3'],
  },
} as const satisfies TextDetector
