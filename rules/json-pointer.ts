import type { JsonValue } from './canonical.ts'

/** A place inside a value: property names and array indexes from the root. */
export type Path = readonly (string | number)[]

/** One reference token of a JSON Pointer, with the `/` in front of it (RFC 6901 section 3). */
export const referenceToken = (step: string | number): string =>
  `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`

/** Reads a JSON Pointer into a value, with array indexes as numbers. */
export const pathOf = (pointer: string, root: JsonValue): Path => {
  const path: (string | number)[] = []
  let here: JsonValue | undefined = root
  for (const token of pointer.split('/').slice(1)) {
    const name = token.replaceAll('~1', '/').replaceAll('~0', '~')
    path.push(Array.isArray(here) ? Number(name) : name)
    here = here !== null && typeof here === 'object' ? (here as Record<string, JsonValue>)[name] : undefined
  }
  return path
}
