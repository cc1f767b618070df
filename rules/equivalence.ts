import type { JsonValue } from './canonical.ts'

/**
 * Whether a JSON text says no more than its value does, so that it may leave as it is: it must be exactly what one of a few
 * ordinary serializers writes for that value. White space, key order, number and string spelling then carry no freely chosen
 * information beyond the choice of the serializer.
 *
 * Layouts: compact; `", "` and `": "` as Python writes by default; indented by two or four spaces or a tab, with LF or CRLF. One final
 * line break is let pass. Numbers and strings as ECMAScript spells them. Members throughout sorted as RFC 8785 does, or
 * throughout in the order in which the schema lists its properties: a choice for each object would be a bit for each object.
 * @param orders - the property lists of the schema, in document order; an object follows the first that has all its names
 */
export const isPlainlyWritten = (text: string, value: JsonValue, orders: readonly (readonly string[])[]): boolean => {
  if (!isInOneOrder(value, orders)) return false
  const bare = text.replace(/\r?\n$/, '')
  return layouts.some(write => write(value) === bare)
}

/**
 * The same for newline-delimited JSON: all lines in one layout that has no line breaks, members of all lines in one order, LF behind
 * each line, if need be except the last.
 */
export const areLinesPlainlyWritten = (
  text: string,
  values: readonly JsonValue[],
  orders: readonly (readonly string[])[],
): boolean => {
  if (!isInOneOrder(values as JsonValue[], orders)) return false
  const bare = text.replace(/\n$/, '')
  return [compact, spaced].some(write => values.map(write).join('\n') === bare)
}

/**
 * The same for JSON that strings of a value hold: all of it in one layout, all with a final line feed or all without one, members in one
 * order with those around them. What writes the strings may be another serializer than what writes the rest.
 * @param value - the whole, with what the strings held in their places
 */
export const areEmbeddedPlainlyWritten = (
  texts: readonly { readonly text: string; readonly value: JsonValue }[],
  value: JsonValue,
  orders: readonly (readonly string[])[],
): boolean =>
  texts.length === 0 ||
  (isInOneOrder(value, orders) &&
    ['', '\n'].some(end => layouts.some(write => texts.every(({ text, value }) => write(value) + end === text))))

const isInOneOrder = (value: JsonValue, orders: readonly (readonly string[])[]): boolean => {
  const ranks = orders.map(rankOf)
  return isOrdered(value, isSorted) || isOrdered(value, names => follows(names, ranks))
}

type Layout = (value: JsonValue) => string

const compact: Layout = value => JSON.stringify(value)

const indented =
  (indent: string, lineBreak: string): Layout =>
  value => {
    const text = JSON.stringify(value, null, indent)
    return lineBreak === '\n' ? text : text.replaceAll('\n', lineBreak)
  }

const spaced: Layout = value => {
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(spaced).join(', ')}]`
  return `{${Object.keys(value)
    .map(key => `${JSON.stringify(key)}: ${spaced(value[key]!)}`)
    .join(', ')}}`
}

const layouts: readonly Layout[] = [
  compact,
  spaced,
  ...['\n', '\r\n'].flatMap(lineBreak => ['  ', '    ', '\t'].map(indent => indented(indent, lineBreak))),
]

type Rank = ReadonlyMap<string, number>

const rankOf = (order: readonly string[]): Rank => new Map(order.map((name, index) => [name, index]))

const isOrdered = (value: JsonValue, inOrder: (names: readonly string[]) => boolean): boolean => {
  if (value === null || typeof value !== 'object') return true
  if (Array.isArray(value)) return value.every(item => isOrdered(item, inOrder))
  return inOrder(Object.keys(value)) && Object.values(value).every(item => isOrdered(item, inOrder))
}

const isSorted = (names: readonly string[]): boolean => isAscending(names, (a, b) => a < b)

const follows = (names: readonly string[], ranks: readonly Rank[]): boolean => {
  const rank = ranks.find(rank => names.every(name => rank.has(name)))
  return rank !== undefined && isAscending(names, (a, b) => rank.get(a)! < rank.get(b)!)
}

const isAscending = (names: readonly string[], precedes: (a: string, b: string) => boolean): boolean =>
  names.every((name, index) => index === 0 || precedes(names[index - 1]!, name))
