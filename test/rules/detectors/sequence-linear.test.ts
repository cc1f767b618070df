import t from 'tap'
import { cpuTime } from '../../kit/cpu-time.ts'
import type { TextDetector } from '../../../rules/detector.ts'
import { normalize } from '../../../rules/normalize.ts'
import { reaches } from '../../kit/reaches.ts'
import { OverBudget, textCodings, unwrapBytes } from '../../../rules/unwrap.ts'
import { sequenceDetectors } from './sequence-detectors.ts'

const SMALL = 2 ** 19
const LARGE = 8 * SMALL
/** Below this the clock says more about the machine than about the code. */
const FLOOR_MS = 15
/** Linear work grows 8 times, quadratic work 64 times. */
const MOST_GROWTH = 10

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

/** Time for 4 MB over time for half a MB, the least of up to three tries; 1 when half a MB takes too short to tell. */
const growth = (piece: string, work: (text: string) => void): number => {
  const small = piece.repeat(SMALL / piece.length)
  const before = cpuTime(() => work(small))
  if (before < FLOOR_MS) return 1
  const large = piece.repeat(LARGE / piece.length)
  let least = cpuTime(() => work(large)) / before
  for (let tries = 1; tries < 3 && least > MOST_GROWTH; tries++)
    least = Math.min(least, cpuTime(() => work(large)) / cpuTime(() => work(small)))
  return least
}

const all = (text: string): void => {
  const subject = { text, role: 'value' as const, keys: [] }
  for (const detector of textDetectors)
    if (reaches(detector, subject)) Iterator.from(detector.find(subject)).forEach(() => undefined)
}

const undo = (text: string): void => {
  try {
    for (const { undo } of textCodings)
      for (const layer of undo(text, { remaining: 4 * LARGE }))
        if (layer.kind === 'bytes') Array.from(unwrapBytes(layer.bytes, { remaining: 4 * LARGE }))
  } catch (error) {
    if (!(error instanceof OverBudget)) throw error
  }
}

for (const piece of HOSTILE)
  t.test(`sequence detectors: time is linear on ${JSON.stringify(piece)} repeated`, async t => {
    t.ok(growth(piece, all) <= MOST_GROWTH)
  })

for (const piece of [
  'A-',
  'QUJD',
  '4',
  '41 ',
  '%41',
  '{"',
  '["a",',
  '\\u0041',
  '&#6',
  '=41',
  'H4sI',
  'QUJDREVGR0hJSktM\n',
  'éＡ',
  'GEZDGNBV ',
  '2aB',
  '<~!!',
  '87cUR/',
  'ef12 ',
  'eoD enaJ ',
  '\u202e',
  '65,',
  '65 66 67 68 69 70 71 72 x',
])
  t.test(`unwrap and normalize: time is linear on ${JSON.stringify(piece)} repeated`, async t => {
    t.ok(growth(piece, undo) <= MOST_GROWTH)
    t.ok(growth(piece, normalize) <= MOST_GROWTH)
  })
