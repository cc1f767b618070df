import type { JsonValue } from '../canonical.ts'
import type { Path } from '../json-pointer.ts'

/** A JSON Pointer (RFC 6901) in which `*` stands for every element of an array: its reference tokens, unescaped. */
export type PlacePattern = readonly string[]

/** @param pointer - as `policy.schema.json` admits it, with at least one token */
export const parsePlacePattern = (pointer: string): PlacePattern =>
  pointer
    .split('/')
    .slice(1)
    .map(token => token.replaceAll('~1', '/').replaceAll('~0', '~'))

/** A value that stands somewhere, with what holds it, so that another can be put in its place. */
export type FoundPlace = { readonly path: Path; readonly value: JsonValue; readonly put: (value: JsonValue) => void }

/** Every place of a value that a pattern names, in the order of the value; a place that is not there is no place. */
export const findPlaces = (root: JsonValue, pattern: PlacePattern): readonly FoundPlace[] =>
  pattern.reduce<readonly FoundPlace[]>(
    (places, token) => places.flatMap(place => membersOf(place, token)),
    [{ path: [], value: root, put: () => undefined }],
  )

/** Whether a pattern leads to its end everywhere: no member is missing on the way, and `*` stands for arrays only. */
export const isComplete = (root: JsonValue, pattern: PlacePattern): boolean =>
  pattern.every((token, index) =>
    findPlaces(root, pattern.slice(0, index)).every(place =>
      token === '*' ? Array.isArray(place.value) : membersOf(place, token).length === 1,
    ),
  )

const membersOf = ({ path, value }: FoundPlace, token: string): readonly FoundPlace[] => {
  if (Array.isArray(value)) {
    const at = (index: number): FoundPlace => ({
      path: [...path, index],
      value: value[index]!,
      put: fresh => void (value[index] = fresh),
    })
    if (token === '*') return value.map((_, index) => at(index))
    return isIndex(token) && Number(token) < value.length ? [at(Number(token))] : []
  }
  if (token === '*' || value === null || typeof value !== 'object' || !Object.hasOwn(value, token)) return []
  return [{ path: [...path, token], value: value[token]!, put: fresh => void (value[token] = fresh) }]
}

const isIndex = (token: string): boolean => /^(?:0|[1-9]\d{0,8})$/.test(token)

/**
 * The pattern of an operand as seen from one place of the result: as far as both patterns are spelled alike, a `*` means the
 * same element in both.
 */
export const seenFrom = (path: Path, result: PlacePattern, operand: PlacePattern): PlacePattern =>
  operand.map((token, index) => (index < sharedTokens(result, operand) ? String(path[index]) : token))

/** Whether an operand names several places for one place of the result. */
export const isMany = (result: PlacePattern, operand: PlacePattern): boolean =>
  operand.slice(sharedTokens(result, operand)).includes('*')

const sharedTokens = (one: PlacePattern, other: PlacePattern): number => {
  const end = other.findIndex((token, index) => token !== one[index])
  return end < 0 ? other.length : end
}

/** Whether two patterns can name the same place. */
export const canCoincide = (one: PlacePattern, other: PlacePattern): boolean =>
  one.length === other.length && one.every((token, index) => isSameStep(token, other[index]!))

const isSameStep = (one: string, other: string): boolean =>
  one === other || (one === '*' && isIndex(other)) || (other === '*' && isIndex(one))
