import t from 'tap'
import { cpuTime } from '../../kit/cpu-time.ts'
import { MOST_GROWTH } from '../../kit/growth.ts'
import type { TextDetector } from '../../../rules/detector.ts'
import { reaches } from '../../kit/reaches.ts'
import { hostileText, hostileUnits } from './hostile-texts.ts'
import { identityDetectors } from './identity-detectors.ts'

/** Milliseconds that one detector takes, needs included, to look through a whole text. */
const time = (detector: TextDetector, text: string): number => {
  const subject = { text, keys: [], role: 'value' } as const
  return cpuTime(() => {
    if (reaches(detector, subject)) Iterator.from(detector.find(subject)).forEach(() => undefined)
  })
}

/** The text that keeps a detector busiest, found on a small piece of each; the long texts are too many to try all. */
const samples = hostileUnits.map(unit => ({ unit, text: hostileText(unit, 1 / 32) }))
const worstUnit = (detector: TextDetector): string =>
  samples
    .map(({ unit, text }) => ({ unit, ms: Math.min(time(detector, text), time(detector, text)) }))
    .reduce((worst, next) => (next.ms > worst.ms ? next : worst)).unit

for (const detector of identityDetectors)
  t.test(`${detector.id}: eight times the hostile text no more than linear work can explain`, async t => {
    const unit = worstUnit(detector)
    const small = hostileText(unit, 1)
    const one = time(detector, small)
    if (one < 20) {
      t.pass(`${JSON.stringify(unit.slice(0, 24))}: too quick at 1 MB to compare`)
      return
    }
    const large = hostileText(unit, 8)
    let growth = time(detector, large) / one
    for (let tries = 1; tries < 3 && growth > MOST_GROWTH; tries++)
      growth = Math.min(growth, time(detector, large) / time(detector, small))
    t.ok(growth <= MOST_GROWTH, `${JSON.stringify(unit.slice(0, 24))}: ${growth.toFixed(1)} times as long`)
  })
