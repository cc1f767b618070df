import type { TextDetector } from '../detector.ts'
import { spansOf, spansOfDistinct } from './parts/pattern-spans.ts'

const SURE =
  /(?<![A-Za-z0-9])(?:SAM(?:N|EA|D)\d{6,12}|PRJ(?:NA|EB|DB)\d{3,9}|EGA[A-Z]\d{11}|phs\d{6}(?:\.v\d{1,3}\.p\d{1,3})?|JGA[A-Z]\d{6,12})(?![A-Za-z0-9])/g
const ARCHIVE = /(?<![A-Za-z0-9])[SED]R[RXSPZA]\d{6,9}(?![A-Za-z0-9])/g

/**
 * Accessions of archived samples, studies and reads. Two different read-archive numbers are asked for, because one looks
 * like an error code (`ERR100234`); the others are told by their prefix (`SAMD51`, a microcontroller, is too short).
 */
export const accession = {
  kind: 'text',
  id: 'accession',
  title: 'Archive accession',
  category: 'sequence',
  source:
    'https://www.ncbi.nlm.nih.gov/sra/docs/; https://ena-docs.readthedocs.io/en/latest/submit/general-guide/accessions.html; https://ega-archive.org/',
  needs: [{ looks: [/^(?:A{3,5}0{6,12}|A{5}0{3,5})$/] }],
  find: ({ text }) => [...spansOf(text, SURE), ...spansOfDistinct(text, ARCHIVE, 2)],
  examples: {
    match: ['SAMN12345678', 'PRJNA257197', 'EGAD00001000001', 'phs000178.v11.p8', 'SRR1234567,SRR1234568'],
    noMatch: ['ERR100234', 'ERR100234 ERR100234', 'SAMD51', 'PRJ12', 'A00187'],
  },
} as const satisfies TextDetector
