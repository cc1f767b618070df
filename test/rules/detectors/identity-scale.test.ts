import t from 'tap'
import type { TextDetector } from '../../../rules/detector.ts'
import { traitsOf } from '../../../rules/traits.ts'
import { hostileText, hostileUnits } from './hostile-texts.ts'
import { identityDetectors } from './identity-detectors.ts'

/** Milliseconds that one detector takes, gate included, to look through a whole text. */
const time = (detector: TextDetector, text: string): number => {
  const subject = { text, keys: [], role: 'value' } as const
  const traits = traitsOf(text)
  const start = performance.now()
  if (detector.gate(traits, subject)) Iterator.from(detector.find(subject)).forEach(() => undefined)
  return performance.now() - start
}

/** The text that keeps a detector busiest, found on a small piece of each; the long texts are too many to try all. */
const samples = hostileUnits.map(unit => ({ unit, text: hostileText(unit, 1 / 32) }))
const worstUnit = (detector: TextDetector): string =>
  samples
    .map(({ unit, text }) => ({ unit, ms: Math.min(time(detector, text), time(detector, text)) }))
    .reduce((worst, next) => (next.ms > worst.ms ? next : worst)).unit

/** Linear work grows 8 times, quadratic work 64 times; between them there is room for a busy machine. */
const MOST_GROWTH = 24

for (const detector of identityDetectors)
  t.test(`${detector.id}: eight times the hostile text no more than linear work can explain`, async t => {
    const unit = worstUnit(detector)
    const one = time(detector, hostileText(unit, 1))
    if (one < 20) {
      t.pass(`${JSON.stringify(unit.slice(0, 24))}: too quick at 1 MB to compare`)
      return
    }
    const text = hostileText(unit, 8)
    const first = time(detector, text)
    const eight = first <= MOST_GROWTH * one ? first : Math.min(first, time(detector, text)) // a busy machine gets a second chance
    t.ok(
      eight <= MOST_GROWTH * one,
      `${JSON.stringify(unit.slice(0, 24))}: ${eight.toFixed(0)} ms at 8 MB, ${one.toFixed(0)} ms at 1 MB`,
    )
  })
