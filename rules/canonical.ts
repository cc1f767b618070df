/** A value as JSON.parse makes it. */
export type JsonValue = null | boolean | number | string | JsonValue[] | { [key: string]: JsonValue }

/**
 * Writes a value in the JSON Canonicalization Scheme: members sorted by the UTF-16 code units of their names, no white
 * space, numbers and strings spelled as ECMAScript spells them. Two values are equal exactly when their texts are.
 * @throws TypeError for what has no canonical form: a non-finite number, a lone surrogate. The message names no value.
 * @see RFC 8785
 */
export const canonicalize = (value: JsonValue): string => {
  // JSON.stringify spells as the scheme asks, and fast; it only has to be given the members in their order.
  const ordered = inOrder(value)
  if (ordered === undefined) return textOf(value)
  const text = JSON.stringify(ordered)
  return text.includes(String.raw`\ud`) ? textOf(value) : text
}

/** Member names of the object that was put in order last, and how: objects of one kind mostly come in a row. */
type Order = { readonly names: readonly string[]; readonly sorted: readonly string[]; readonly isKept: boolean }

let order: Order = { names: [], sorted: [], isKept: true }

/** An engine puts members whose names are array indices before all others, and takes `__proto__` for something else. */
const isMoved = (name: string): boolean => name === '__proto__' || /^(?:0|[1-9]\d{0,9})$/.test(name)

const orderOf = (names: readonly string[]): Order => {
  const { length } = names
  let same = 0
  while (same < length && names[same] === order.names[same]) same++
  if (same === length && length === order.names.length) return order
  order = { names, sorted: names.toSorted(byCodeUnits), isKept: !names.some(isMoved) }
  return order
}

const byCodeUnits = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0)

/**
 * The same value with the members of every object in their order; parts that are so already are not copied.
 * @returns undefined where an object of the engine cannot keep the order
 */
const inOrder = (value: JsonValue): JsonValue | undefined => {
  if (typeof value === 'number' && !Number.isFinite(value)) throw new TypeError('a number is not finite')
  if (typeof value !== 'object' || value === null) return value
  return Array.isArray(value) ? itemsInOrder(value) : membersInOrder(value)
}

const itemsInOrder = (items: JsonValue[]): JsonValue[] | undefined => {
  let copy: JsonValue[] | null = null
  for (let at = 0; at < items.length; at++) {
    const item = inOrder(items[at]!)
    if (item === undefined) return undefined
    if (copy === null && item !== items[at]) copy = items.slice(0, at)
    copy?.push(item)
  }
  return copy ?? items
}

const membersInOrder = (object: { [key: string]: JsonValue }): JsonValue | undefined => {
  const { sorted, isKept } = orderOf(Object.keys(object))
  if (!isKept) return undefined
  const copy: { [key: string]: JsonValue } = {}
  for (const name of sorted) {
    const member = inOrder(object[name]!)
    if (member === undefined) return undefined
    copy[name] = member
  }
  return copy
}

/** The same text, written member by member. */
const textOf = (value: JsonValue): string => {
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
  for (const item of items) text += (text.length > 1 ? ',' : '') + textOf(item)
  return `${text}]`
}

const ofObject = (object: { readonly [key: string]: JsonValue }): string => {
  let text = '{'
  for (const key of Object.keys(object).sort())
    text += `${text.length > 1 ? ',' : ''}${ofString(key)}:${textOf(object[key]!)}`
  return `${text}}`
}
