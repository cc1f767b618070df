/** A value as JSON.parse makes it. */
export type JsonValue = null | boolean | number | string | JsonValue[] | { [key: string]: JsonValue }

/**
 * Writes a value in the JSON Canonicalization Scheme: members sorted by the UTF-16 code units of their names, no white
 * space, numbers and strings spelled as ECMAScript spells them. Two values are equal exactly when their texts are.
 * @throws TypeError for what has no canonical form: a non-finite number, a lone surrogate. The message names no value.
 * @see RFC 8785
 */
export const canonicalize = (value: JsonValue): string => {
  switch (typeof value) {
    case 'string':
      if (!value.isWellFormed()) throw new TypeError('a string holds a lone surrogate')
      return JSON.stringify(value)
    case 'number':
      if (!Number.isFinite(value)) throw new TypeError('a number is not finite')
      return JSON.stringify(value)
    case 'boolean':
      return value ? 'true' : 'false'
    default:
      return value === null ? 'null' : Array.isArray(value) ? ofArray(value) : ofObject(value)
  }
}

const ofArray = (items: readonly JsonValue[]): string => `[${items.map(canonicalize).join(',')}]`

const ofObject = (object: { readonly [key: string]: JsonValue }): string => {
  const members = Object.keys(object)
    .sort()
    .map(key => `${canonicalize(key)}:${canonicalize(object[key]!)}`)
  return `{${members.join(',')}}`
}
