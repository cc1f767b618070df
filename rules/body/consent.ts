import type { JsonValue } from '../canonical.ts'
import type { Path } from '../json-pointer.ts'
import { findPlaces, isComplete, parsePlacePattern } from './place-pattern.ts'

/** A value that has to stand in a body for it to leave, such as the consent that a run was started with. */
export type Requirement = { readonly at: string; readonly equals: string | number | boolean }

/**
 * Whether all that is required is there. A `*` means every element, and at least one.
 * @returns the place of what is missing or different, without its `*`s and what is behind them; null when nothing is
 */
export const lacking = (value: JsonValue, required: readonly Requirement[]): Path | null => {
  for (const { at, equals } of required) {
    const pattern = parsePlacePattern(at)
    const places = findPlaces(value, pattern)
    const different = places.find(place => place.value !== equals)
    if (different) return different.path
    if (places.length === 0 || !isComplete(value, pattern)) return beforeStar(pattern)
  }
  return null
}

const beforeStar = (pattern: readonly string[]): Path => {
  const star = pattern.indexOf('*')
  return star < 0 ? pattern : pattern.slice(0, star)
}
