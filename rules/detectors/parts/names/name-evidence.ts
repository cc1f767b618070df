import { fold } from '../context.ts'
import { commonWords } from './common-words.ts'
import { familyNames } from './family-names.ts'
import { givenNames } from './given-names.ts'
import { instrumentWords } from './instrument-words.ts'

/** `Jean-Pierre`, `O'Brien` and `D’Angelo` fold to the parts that the lists may hold. */
const partsOf = (token: string): readonly string[] =>
  fold(token)
    .split(/[-'’.]/)
    .filter(part => part.length > 1)

const some = (list: ReadonlySet<string>, token: string): boolean =>
  list.has(fold(token).replace(/['’-]/g, '')) || partsOf(token).some(part => list.has(part))

export const isGiven = (token: string): boolean => some(givenNames, token)
export const isFamily = (token: string): boolean => some(familyNames, token)
export const isCommon = (token: string): boolean => commonWords.has(fold(token))
export const isInstrument = (token: string): boolean => partsOf(token).some(part => instrumentWords.has(part))

/** In a list, and neither an ordinary word nor so short that it proves nothing. */
export const isStrong = (token: string): boolean =>
  token.length > 2 && !isCommon(token) && (isGiven(token) || isFamily(token))

/** Whether two words are a given name and a family name, at least one of which is nothing else. */
export const isPair = (given: string, family: string): boolean =>
  isGiven(given) && isFamily(family) && (isStrong(given) || isStrong(family))

/** Whether two words are a given name and a family name, and neither is an ordinary word. */
export const isSurePair = (given: string, family: string): boolean =>
  isGiven(given) && isFamily(family) && isStrong(given) && isStrong(family)

/** A word that may be a name that no list holds: written with a capital, no ordinary word, nothing of an instrument. */
export const mayBeName = (token: string): boolean =>
  /^\p{Lu}/u.test(token) && !isInstrument(token) && (!isCommon(token) || isGiven(token) || isFamily(token))
