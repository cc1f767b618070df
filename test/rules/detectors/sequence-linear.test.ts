import t from 'tap'
import type { TextDetector } from '../../../rules/detector.ts'
import { growth, MOST_GROWTH } from '../../kit/growth.ts'
import { reaches } from '../../kit/reaches.ts'
import { hostileSequences } from './hostile-texts.ts'
import { sequenceDetectors } from './sequence-detectors.ts'

const HALF_A_MEGABYTE = 2 ** 19

const textDetectors: readonly TextDetector[] = sequenceDetectors.filter(detector => detector.kind === 'text')

const all = (text: string): void => {
  const subject = { text, role: 'value' as const, keys: [] }
  for (const detector of textDetectors)
    if (reaches(detector, subject)) Iterator.from(detector.find(subject)).forEach(() => undefined)
}

for (const piece of hostileSequences)
  t.test(`sequence detectors: time is linear on ${JSON.stringify(piece)} repeated`, async t => {
    t.ok(growth(piece, HALF_A_MEGABYTE, all) <= MOST_GROWTH)
  })
