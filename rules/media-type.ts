/** A media type with its parameters, names in lower case (RFC 9110 section 8.3). */
export type MediaType = { readonly type: string; readonly parameters: ReadonlyMap<string, string> }

/** `name=token` or `name="quoted"`, nothing escaped within. */
const parameterForm = /^([\w!#$%&'*+.^`|~-]+)=(?:([\w!#$%&'*+.^`|~-]+)|"([^"\\;\x00-\x1f\x7f]*)")$/
const typeForm = /^[a-z0-9.+-]{1,60}\/[a-z0-9.+-]{1,60}$/

/** Reads a Content-Type field; null where readers could differ: a parameter that is broken, escaped or there twice. */
export const parseMediaType = (field: string): MediaType | null => {
  const [type = '', ...rest] = field.split(';').map(part => part.replaceAll(/^[ \t]+|[ \t]+$/g, ''))
  if (!typeForm.test(type.toLowerCase())) return null
  const parameters = new Map<string, string>()
  for (const part of rest) {
    const [, name, plain, quoted] = parameterForm.exec(part) ?? []
    if (name === undefined || parameters.has(name.toLowerCase())) return null
    parameters.set(name.toLowerCase(), plain ?? quoted!)
  }
  return { type: type.toLowerCase(), parameters }
}

/** The type of text or octets that need no more said than that they are UTF-8; null where more is said. */
export const plainMediaType = (field: string): string | null => {
  const media = parseMediaType(field)
  const isPlain = media && [...media.parameters].every(([name, value]) => name === 'charset' && /^utf-8$/i.test(value))
  return isPlain ? media.type : null
}
