import type { Subject, TextDetector } from '../../../rules/detector.ts'
import { detectors } from '../../../rules/registry.ts'
import { reaches } from '../../kit/reaches.ts'

/** The detectors of persons, their health and their secrets. */
export const identityDetectors: readonly TextDetector[] = detectors
  .filter(detector => detector.kind === 'text')
  .filter(({ category }) => category !== 'sequence')

/** The ids of the detectors that find something in one text, where it meets their needs, as the scanner runs them. */
export const hitsIn = (subject: Subject): string[] =>
  identityDetectors
    .filter(detector => reaches(detector, subject) && !Iterator.from(detector.find(subject)).next().done)
    .map(detector => detector.id)

/** Every text of a parsed JSON value, as the scanner would hand it over: values, numbers and property names. */
export const subjectsOf = function* (value: unknown, keys: readonly string[] = []): Iterable<Subject> {
  if (typeof value === 'string') yield { text: value, role: 'value', keys }
  else if (typeof value === 'number') yield { text: String(value), role: 'number', keys }
  else if (Array.isArray(value)) for (const item of value) yield* subjectsOf(item, keys)
  else if (value !== null && typeof value === 'object')
    for (const [name, item] of Object.entries(value)) {
      yield { text: name, role: 'key', keys }
      yield* subjectsOf(item, [...keys, name])
    }
}
