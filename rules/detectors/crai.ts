import type { Span, TextDetector } from '../detector.ts'
import { linesOf, rowOf } from './parts/rows.ts'

/** Steps from one container to the next that have to be right. */
const LEAST = 2
/** Octets of a container's own header. */
const LONGEST_HEADER = 255

const FIELD = /^-?\d{1,15}$/

/** The six whole numbers of a slice, or null for another line. */
const sliceOf = (fields: readonly string[]): readonly number[] | null =>
  fields.length === 6 && fields.every(field => FIELD.test(field)) ? fields.map(Number) : null

/** Whether a container begins where the one before ends: behind its header, the way to its last slice, and that slice. */
const follows = ([, , , offset]: readonly number[], [, , , from, landmark, size]: readonly number[]): boolean => {
  const header = offset! - from! - landmark! - size!
  return size! > 0 && landmark! >= 0 && header > 0 && header <= LONGEST_HEADER
}

/**
 * The index of a CRAM file, unpacked: sequence, start, span, offset of the container, offset and size of the slice. Tables of six whole
 * numbers are common: what is asked for is that each offset is the sum of three numbers in the row before and a header of at most 255 octets. For
 * numbers below a million that are anything else, twice in a row: below (255 / 10^6)^2 = 7e-8.
 */
export const crai = {
  kind: 'text',
  id: 'crai',
  title: 'Index of a CRAM file',
  category: 'sequence',
  mandatory: true,
  source: 'https://samtools.github.io/hts-specs/CRAMv3.pdf section 12 (CRAI)',
  needs: [{ has: '\t', digits: 18, words: 18 }],
  find({ text }) {
    let before: readonly number[] | null = null
    let steps = 0
    let last: Span | undefined
    for (const line of linesOf(text)) {
      const slice = sliceOf(rowOf(text, line).fields)
      if (slice === null || before === null || !follows(slice, before)) steps = 0
      else if (++steps >= LEAST) last = line
      before = slice
    }
    return last === undefined ? [] : [last]
  },
  examples: {
    match: ['0\t1\t9500\t500\t120\t4000\n0\t9001\t9100\t4640\t118\t5012\n1\t1\t800\t9791\t121\t77'],
    noMatch: [
      '1\t1101\t2204\t500\t120\t4000\n1\t1102\t2204\t5000\t120\t4000\n1\t1103\t2204\t9000\t120\t4000',
      '0\t1\t9500\t500\t120\t4000\n0\t9001\t9100\t4640\t118\t5012',
    ],
  },
} as const satisfies TextDetector
