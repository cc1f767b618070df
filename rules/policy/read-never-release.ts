import { neverReleasedCategories } from '../releasable.ts'
import { detectors } from '../registry.ts'
import type { Proofreader } from './proofreader.ts'

/** Reads what no approval can let out; a name that is neither a category nor a detector would keep nothing back. */
export const readNeverRelease = (names: readonly string[], proof: Proofreader): ReadonlySet<string> => {
  for (const [index, name] of names.entries())
    if (!Object.hasOwn(neverReleasedCategories, name) && !detectors.some(({ id }) => id === name))
      proof.report(['neverRelease', index], `${name} is neither a category nor a detector: see docs/detectors.md`)
  return new Set(names)
}
