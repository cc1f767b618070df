import type { JsonValue } from '../canonical.ts'
import type { Path } from '../json-pointer.ts'
import { LEAST_CLUSTERS, spellingCycle, type CycleCounts } from './base-composition.ts'
import { findPlaces, parsePlacePattern } from './place-pattern.ts'

/** Arrays that count the bases of one cycle in each element. */
export type Composition = { readonly at: string; readonly minimumClusters?: number }

export type CompositionFault = {
  /** `composition-form`: something there is no count of bases, so that nobody can say what it spells. */
  readonly rule: 'base-composition' | 'composition-form'
  readonly path: Path
}

/**
 * Looks for counts that spell a sequence, in each array by itself.
 *
 * An element is a record with the members `A`, `C`, `G`, `T` (or in lower case), `N` or `NC` for what was not called, and
 * `cycle`, by which the records are then sorted; or the counts of A, C, G and T, and of what was not called, in this order.
 * Shares are no counts: 25 % of a hundred clusters is as much as of a million.
 */
export const spellingPlace = (value: JsonValue, compositions: readonly Composition[]): CompositionFault | null => {
  for (const { at, minimumClusters = LEAST_CLUSTERS } of compositions)
    for (const { value: list, path } of findPlaces(value, parsePlacePattern(at))) {
      if (!Array.isArray(list)) return { rule: 'composition-form', path }
      const cycles = list.map(countsOf)
      const strange = cycles.indexOf(null)
      if (strange >= 0) return { rule: 'composition-form', path: [...path, strange] }
      const spelling = spellingCycle(cycles as readonly CycleCounts[], minimumClusters)
      if (spelling !== null) return { rule: 'base-composition', path: [...path, spelling] }
    }
  return null
}

const countsOf = (element: JsonValue, index: number): CycleCounts | null => {
  if (element === null || typeof element !== 'object') return null
  const [cycle, called, uncalled] = Array.isArray(element) ? fromList(element, index) : fromRecord(element, index)
  const counts = [cycle, ...called, uncalled]
  if (called.length !== 4 || !counts.every(isCount)) return null
  return { cycle: cycle as number, called: called as readonly number[], uncalled: uncalled as number }
}

type Raw = readonly [cycle: unknown, called: readonly unknown[], uncalled: unknown]

const fromList = (list: readonly JsonValue[], index: number): Raw => [
  index,
  list.length > 5 ? [] : list.slice(0, 4),
  list[4] ?? 0,
]

const fromRecord = (record: { readonly [name: string]: JsonValue }, index: number): Raw => {
  const member = (...names: readonly string[]): unknown => {
    const name = names.find(name => Object.hasOwn(record, name))
    return name === undefined ? undefined : record[name]
  }
  return [
    member('cycle', 'Cycle') ?? index,
    [member('A', 'a'), member('C', 'c'), member('G', 'g'), member('T', 't')],
    member('N', 'NC', 'n', 'nc') ?? 0,
  ]
}

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0
