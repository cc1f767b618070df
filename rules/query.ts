/**
 * Reads a query as `name=value` pairs (WHATWG URL, application/x-www-form-urlencoded).
 * @param query - what stands behind `?`, or '' for none
 * @returns null where readers differ: a broken escape, a pair without `=`, an empty pair, a name that comes twice, or a
 *   character that is not printable ASCII
 */
export const parseQuery = (query: string): Record<string, string> | null => {
  const parameters: Record<string, string> = Object.create(null)
  if (query === '') return parameters
  if (!/^[\x21-\x7e]*$/.test(query)) return null
  for (const pair of query.split('&')) {
    const equals = pair.indexOf('=')
    if (equals < 1) return null
    const name = decodeComponent(pair.slice(0, equals))
    const value = decodeComponent(pair.slice(equals + 1))
    if (name === null || value === null || name in parameters) return null
    parameters[name] = value
  }
  return parameters
}

const decodeComponent = (text: string): string | null => {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return null
  }
}

/** Writes inspected parameters as a query with its `?`, or '' for none. */
export const writeQuery = (parameters: Readonly<Record<string, string>>): string => {
  const pairs = Object.entries(parameters).map(([name, value]) => `${encode(name)}=${encode(value)}`)
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`
}

/** The apostrophe too, as the WHATWG URL standard does in a query: then every URL library leaves the text alone. */
const encode = (text: string): string => encodeURIComponent(text).replaceAll("'", '%27')
