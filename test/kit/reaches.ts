import type { Subject, TextDetector } from '../../rules/detector.ts'
import { Sieve } from '../../rules/sieve.ts'

const sieves = new WeakMap<TextDetector, Sieve>()

const sieveOf = (detector: TextDetector): Sieve => {
  const known = sieves.get(detector) ?? new Sieve([detector])
  sieves.set(detector, known)
  return known
}

/** Whether the scanner would ask a detector about a text: it meets one of the detector's needs. */
export const reaches = (detector: TextDetector, { text, role, keys }: Subject): boolean => {
  const sieve = sieveOf(detector)
  const armed = role === 'number' ? sieve.arousedBy(keys) : sieve.armedBy(keys)
  return armed !== null && sieve.sift(text, armed) !== null
}
