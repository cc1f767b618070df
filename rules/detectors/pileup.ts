import type { TextDetector } from '../detector.ts'
import { isCount, rowsWhere } from './parts/rows.ts'

/** Reads that have to cover a place, so that two columns of that length are no chance. */
const LEAST_DEPTH = 4

const REFERENCE = /^[ACGTN*]$/i
/** Matches, mismatches, gaps, beginnings with a mapping quality, ends, insertions and deletions. */
const READS = /^(?:\^[!-~]|[.,ACGTNacgtn*#$<>]|[+-]\d{1,3}[ACGTNacgtn*#]{1,200}){1,4000}$/

/** Name, position, reference base, depth, bases of the reads, and as many qualities. */
const isPileup = ([name, position, reference, depth, reads, qualities]: readonly string[]): boolean =>
  qualities !== undefined &&
  name !== '' &&
  isCount(position) &&
  isCount(depth) &&
  Number(depth) >= LEAST_DEPTH &&
  qualities.length === Number(depth) &&
  REFERENCE.test(reference!) &&
  reads!.length >= Number(depth) &&
  READS.test(reads!.slice(0, 4000))

/**
 * samtools pileup: a row whose depth is the length of its qualities, and whose reads are written in dots, commas and bases. That a
 * count of 4 and more is the length of a field by chance, a base stands before it, and a field of such marks between: none in 830 generated telemetry payloads.
 */
export const pileup = {
  kind: 'text',
  id: 'pileup',
  title: 'Pileup of reads',
  category: 'sequence',
  mandatory: true,
  source: 'https://www.htslib.org/doc/samtools-mpileup.html (pileup format)',
  needs: [{ has: '\t', digits: 2, length: 18 }],
  find: ({ text }) => rowsWhere(text, 1, isPileup),
  examples: {
    match: ['chr7\t140453136\tA\t6\t.,.T,.\tFFF:F,', 'seq1 280 C 5 ..,^F.$, <<<+;\nseq1\t281\tG\t4\t.+1A,.,\tFF#F'],
    noMatch: ['lane\t1101\tA\t4\tidle\tbusy', 'x\t1\tC\t5\t.,.,.\tFFF', 'x\t1\tB\t4\t.,.,\tFFFF'],
  },
} as const satisfies TextDetector
