import t from 'tap'
import type { TextDetector } from '../../../rules/detector.ts'
import { growth, MOST_GROWTH } from '../../kit/growth.ts'
import { reaches } from '../../kit/reaches.ts'
import { sequenceDetectors } from './sequence-detectors.ts'

const HALF_A_MEGABYTE = 2 ** 19

const textDetectors: readonly TextDetector[] = sequenceDetectors.filter(detector => detector.kind === 'text')

/** Pieces that, repeated, bring the worst out of patterns and loops that look ahead. */
const HOSTILE: readonly string[] = [
  'A-',
  'rs1234 ',
  '>a\n',
  '12M',
  '\t',
  'chr1:11:A',
  'ACGTRYN',
  '@a\nACGTACGT\n+\n',
  'MetLys',
  'I;FFFF:,#',
  '0123321',
  'abcde',
  '^!.,+1A',
  '1\t2\t3\t4\t5\t6\n',
  'r\t0\t1\t1\t1\t1\t9\t1,2,3',
  'MD:Z:1A1',
  'CYP2D6*',
  'm64011_190830_',
]

const all = (text: string): void => {
  const subject = { text, role: 'value' as const, keys: [] }
  for (const detector of textDetectors)
    if (reaches(detector, subject)) Iterator.from(detector.find(subject)).forEach(() => undefined)
}

for (const piece of HOSTILE)
  t.test(`sequence detectors: time is linear on ${JSON.stringify(piece)} repeated`, async t => {
    t.ok(growth(piece, HALF_A_MEGABYTE, all) <= MOST_GROWTH)
  })
