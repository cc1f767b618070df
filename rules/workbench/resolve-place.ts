import type { JsonValue } from '../canonical.ts'
import type { Path } from '../json-pointer.ts'

/** A place of a verdict with the names that stand there. `isHidden`: the verdict gave a position instead of a name. */
export type ResolvedPlace = { readonly path: Path; readonly isHidden: boolean }

/**
 * Reads the pointer of a verdict, in which a name that the policy does not name stands as `#` and its position. The result may
 * hold names of the payload: it is for comparing, not for printing.
 */
export const resolvePlace = (pointer: string, root: JsonValue | undefined): ResolvedPlace => {
  const path: (string | number)[] = []
  let here = root
  let isHidden = false
  for (const token of pointer.split('/').slice(1)) {
    const name = token.replaceAll('~1', '/').replaceAll('~0', '~')
    const members = here !== null && typeof here === 'object' ? here : {}
    const position = /^#\d+$/.test(name) && !Object.hasOwn(members, name) ? Number(name.slice(1)) : null
    isHidden ||= position !== null
    const step = position === null ? name : (Object.keys(members)[position] ?? name)
    path.push(Array.isArray(members) ? Number(step) : step)
    here = (members as Record<string, JsonValue>)[step]
  }
  return { path, isHidden }
}
