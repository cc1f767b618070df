import type { JsonValue } from '../../rules/canonical.ts'

type Place = readonly (string | number)[]

/** Every value inside a value, itself included, with the way to it. */
export const placesOf = (value: JsonValue, at: Place = []): readonly { at: Place; value: JsonValue }[] => [
  { at, value },
  ...(typeof value === 'object' && value !== null
    ? Object.entries(value).flatMap(([key, inner]) =>
        placesOf(inner, [...at, Array.isArray(value) ? Number(key) : key]),
      )
    : []),
]

/** A copy of a value with another one at a place. */
export const replacedAt = (value: JsonValue, at: Place, by: JsonValue): JsonValue => {
  const [first, ...rest] = at
  if (first === undefined) return by
  if (Array.isArray(value))
    return value.map((inner: JsonValue, index) => (index === first ? replacedAt(inner, rest, by) : inner))
  const object = value as Readonly<Record<string, JsonValue>>
  return { ...object, [first]: replacedAt(object[first]!, rest, by) }
}

const valueAt = (value: JsonValue, at: Place): JsonValue =>
  at.reduce<JsonValue>((here, step) => (here as Readonly<Record<string, JsonValue>>)[step]!, value)

/** A copy with one more member; spelled as JSON, so that `__proto__` is a member like any other. */
export const memberAdded = (value: JsonValue, at: Place, name: string, member: JsonValue): JsonValue => {
  const members = JSON.stringify(valueAt(value, at)).slice(1, -1)
  const object = `{${members}${members === '' ? '' : ','}${JSON.stringify(name)}:${JSON.stringify(member)}}`
  return replacedAt(value, at, JSON.parse(object) as JsonValue)
}
