import type { JsonValue } from '../../canonical.ts'
import type { Path } from '../../json-pointer.ts'
import { scan, type Scan, type ScanLimits } from '../../scan.ts'

/** A place in which a detector found something. */
export type Flag = {
  readonly path: Path
  /** Null when the place could not be looked through to the end. */
  readonly detector: string | null
  /** Whether the name is what must not be repeated. */
  readonly isName: boolean
}

/** A scan that ends with this many findings may have left some out. */
const MANY = 100

/**
 * Every place of a payload in which any detector finds anything. Where a scan is cut short (too many findings, too much to
 * unfold, a fault), its parts are scanned one by one, so that no place goes unseen.
 */
export const flagsOf = (value: JsonValue, limits: ScanLimits): readonly Flag[] =>
  flagsWithin(value, inner => inner, [], limits)

type Wrap = (inner: JsonValue) => JsonValue

const flagsWithin = (value: JsonValue, wrap: Wrap, path: Path, limits: ScanLimits): readonly Flag[] => {
  const whole = wrap(value)
  const result = scanSafely(whole, limits)
  if (result !== null && !result.overBudget && result.findings.length < MANY)
    return result.findings.map(({ detector, pointer }) => ({ ...placeOf(pointer, whole), detector }))
  if (value === null || typeof value !== 'object') return [{ path, detector: null, isName: false }]
  const isArray = Array.isArray(value)
  return Object.entries(value).flatMap(([name, member]) =>
    flagsWithin(member, inner => wrap(isArray ? [inner] : { [name]: inner }), [...path, isArray ? 0 : name], limits),
  )
}

const scanSafely = (value: JsonValue, limits: ScanLimits): Scan | null => {
  try {
    return scan([{ surface: 'body', value, names: null }], limits)
  } catch {
    return null
  }
}

/**
 * The place that a finding points to. A name that is not repeated stands as `#` and its position; what is behind a string comes
 * from something encoded in it, and is the string's.
 */
const placeOf = (pointer: string, root: JsonValue): Pick<Flag, 'path' | 'isName'> => {
  const path: (string | number)[] = []
  let here: JsonValue | undefined = root
  let isName = false
  for (const token of pointer.split('/').slice(1)) {
    if (here === null || here === undefined || typeof here !== 'object') break
    isName = !Array.isArray(here) && token.startsWith('#')
    const step: string = isName
      ? Object.keys(here)[Number(token.slice(1))]!
      : token.replaceAll('~1', '/').replaceAll('~0', '~')
    path.push(Array.isArray(here) ? Number(step) : step)
    here = (here as Record<string, JsonValue>)[step]
  }
  return { path, isName }
}
