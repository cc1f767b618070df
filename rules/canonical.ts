/** A value as JSON.parse makes it. */
export type JsonValue = null | boolean | number | string | JsonValue[] | { [key: string]: JsonValue }

/**
 * Writes a value in the JSON Canonicalization Scheme: members sorted by the UTF-16 code units of their names, no white
 * space, numbers and strings spelled as ECMAScript spells them. Two values are equal exactly when their texts are.
 * @throws TypeError for what has no canonical form: a non-finite number, a lone surrogate. The message names no value.
 * @see RFC 8785
 */
export const canonicalize = (value: JsonValue): string => {
  if (typeof value === 'string') return ofString(value)
  if (typeof value === 'number') return ofNumber(value)
  if (value === null || typeof value === 'boolean') return String(value)
  return Array.isArray(value) ? ofArray(value) : ofObject(value)
}

/** Printable ASCII without `"` and `\\`: spelled as it is. Most names and values are. */
const plain = /^[ !#-[\]-~]*$/

const ofString = (text: string): string => {
  if (plain.test(text)) return `"${text}"`
  if (!text.isWellFormed()) throw new TypeError('a string holds a lone surrogate')
  return JSON.stringify(text)
}

/** `String` spells a finite number as JSON.stringify does, -0 as 0 among them. */
const ofNumber = (number: number): string => {
  if (!Number.isFinite(number)) throw new TypeError('a number is not finite')
  return String(number)
}

const ofArray = (items: readonly JsonValue[]): string => {
  let text = '['
  for (const item of items) text += (text.length > 1 ? ',' : '') + canonicalize(item)
  return `${text}]`
}

const ofObject = (object: { readonly [key: string]: JsonValue }): string => {
  let text = '{'
  for (const key of Object.keys(object).sort())
    text += `${text.length > 1 ? ',' : ''}${ofString(key)}:${canonicalize(object[key]!)}`
  return `${text}}`
}
