import { peopleFromFakerJs } from './people-from-faker-js.ts'
import { peopleFromPython } from './people-from-python.ts'
import type { People } from './person.ts'

/**
 * The persons of a half, always the same.
 * @param count - persons for each language, or group of languages
 * @returns null for half b where its generator is not installed
 */
export const peopleOf = (half: 'a' | 'b', count: number): People | null =>
  half === 'a' ? peopleFromFakerJs(count, 11) : peopleFromPython(count, 11)
