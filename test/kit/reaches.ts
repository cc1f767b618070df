import { ContainerSieve, type Container } from '../../rules/container.ts'
import type { Subject, TextDetector, ValueDetector } from '../../rules/detector.ts'
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

/** The same of an array or object. */
export const reachesContainer = (detector: ValueDetector, { names, members }: Container): boolean => {
  const sieve = new ContainerSieve([detector])
  const marks = (names ?? []).reduce((bits, name) => bits | sieve.marksOf(name), 0)
  const value = names === null ? members : Object.fromEntries(names.map((name, at) => [name, members[at]!]))
  return sieve.sift(value, members.length, marks) !== null
}
