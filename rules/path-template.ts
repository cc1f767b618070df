/** A path template: literal segments, and `{name}` for a segment that a schema decides on. */
export type PathTemplate = {
  readonly text: string
  readonly segments: readonly Segment[]
}

type Segment = { readonly literal: string } | { readonly parameter: string }

const literalSegment = /^[A-Za-z0-9._~!$&'()*+,;=:@-]*$/
const parameterSegment = /^\{([A-Za-z_][A-Za-z0-9_]{0,63})\}$/

/**
 * Reads a template such as `/v1/runs/{runId}/metrics`.
 * @returns null when it does not begin with `/`, has an empty or dot segment (a final empty one is a trailing slash and
 *   allowed), a character that a path would have to escape, or the same parameter twice
 */
export const parsePathTemplate = (text: string): PathTemplate | null => {
  if (!text.startsWith('/')) return null
  const segments: Segment[] = []
  const parts = text.slice(1).split('/')
  for (const [index, part] of parts.entries()) {
    const parameter = parameterSegment.exec(part)?.[1]
    if (parameter !== undefined) segments.push({ parameter })
    else if (isPlainSegment(part, index === parts.length - 1)) segments.push({ literal: part })
    else return null
  }
  const names = segments.flatMap(segment => ('parameter' in segment ? [segment.parameter] : []))
  return new Set(names).size === names.length ? { text, segments } : null
}

const isPlainSegment = (part: string, isLast: boolean): boolean =>
  literalSegment.test(part) && !dotSegment.test(part) && (part !== '' || isLast)

/** `.` and `..`, also with the parameters that servers of the servlet kind cut off before they look (`..;x=1`). */
const dotSegment = /^\.\.?(?:;|$)/
/** What a second decoding would change. */
const escapedTwice = /%[0-9A-Fa-f]{2}/

/**
 * Decodes the segments of a request path, once.
 * @returns null for what different servers read differently: an escape that is broken or hides `/`, `\`, a control
 *   character or another escape, dot segments, empty segments, or a character that RFC 3986 does not allow in a path
 */
export const decodePath = (path: string): readonly string[] | null => {
  if (!path.startsWith('/') || !/^[A-Za-z0-9._~!$&'()*+,;=:@%/-]*$/.test(path)) return null
  const segments: string[] = []
  const parts = path.slice(1).split('/')
  for (const [index, part] of parts.entries()) {
    const segment = decodeSegment(part)
    if (segment === null || (segment === '' && index < parts.length - 1)) return null
    segments.push(segment)
  }
  return segments
}

const decodeSegment = (part: string): string | null => {
  try {
    const segment = decodeURIComponent(part)
    return dotSegment.test(segment) || escapedTwice.test(segment) || /[/\\\p{Cc}]/u.test(segment) ? null : segment
  } catch {
    return null
  }
}

/** The parameters of a path under a template, or null when the path does not have its shape. */
export const matchPath = (template: PathTemplate, segments: readonly string[]): Record<string, string> | null => {
  if (segments.length !== template.segments.length) return null
  const parameters: Record<string, string> = Object.create(null)
  for (const [index, expected] of template.segments.entries()) {
    const segment = segments[index]!
    if ('parameter' in expected) {
      if (segment === '') return null
      parameters[expected.parameter] = segment
    } else if (segment !== expected.literal) return null
  }
  return parameters
}

/** Writes a path from a template and the inspected parameters. */
export const writePath = (template: PathTemplate, parameters: Readonly<Record<string, string>>): string =>
  template.segments
    .map(segment => `/${'parameter' in segment ? encodeURIComponent(parameters[segment.parameter]!) : segment.literal}`)
    .join('')
