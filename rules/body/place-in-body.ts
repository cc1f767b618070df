import type { JsonValue } from '../canonical.ts'
import { referenceToken, type Path } from '../json-pointer.ts'
import type { Place } from '../verdict.ts'

/** A place in a body that repeats only names which the policy names; of others it gives the position. */
export const placeInBody = (path: Path, root: JsonValue, names: ReadonlySet<string>): Place => {
  let here: JsonValue | undefined = root
  let pointer = ''
  for (const step of path) {
    const keys: readonly string[] = here !== null && typeof here === 'object' ? Object.keys(here) : []
    const isRepeated = typeof step === 'number' || names.has(step)
    pointer += isRepeated ? referenceToken(step) : `/#${keys.indexOf(step)}`
    here = (here as Record<string, JsonValue> | undefined)?.[step]
  }
  return { surface: 'body', pointer }
}
