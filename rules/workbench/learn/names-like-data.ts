import type { Observed } from './observed.ts'
import { isSupported, type Demand } from './support.ts'

/** No record has more fields of its own than this. */
const MAX_NAMES = 160
/** Up to here nothing is said of the names. */
const FEW = 12
/** Lone names, each from one source, have to come from so many sources to count: one source alone could plant them. */
const LONE_SOURCES = 4

/**
 * Whether the property names of an object are data rather than fields (sample ids, tile names, barcodes as keys): there are too
 * many of them, or more than a dozen that differ in their digits only or are all nucleotide letters, or more than a dozen of
 * which most came from one source alone each; or detectors found something in most of them, or in more than a dozen.
 */
export const dataNamesIn = (members: ReadonlyMap<string, Observed>, demand: Demand): boolean => {
  const lone = [...members].filter(([, { tally }]) => tally.sources === 1)
  const isEverywhere = new Set(lone.flatMap(([, { tally }]) => [...tally.keys])).size >= LONE_SOURCES
  const names = [...members].filter(([, { tally }]) => isEverywhere || isSupported(tally, demand)).map(([name]) => name)
  const flagged = names.filter(name => members.get(name)!.isNameFlagged).length
  if (flagged > FEW || flagged * 2 > names.length) return true
  if (names.length <= FEW) return false
  return names.length > MAX_NAMES || mostAlike(names) > FEW || (isEverywhere && lone.length * 2 > names.length)
}

/** How many names are the same but for their digits, or are nothing but nucleotide letters. */
const mostAlike = (names: readonly string[]): number => {
  const alike = new Map<string, number>()
  for (const name of names) {
    const shape = /^[ACGTUN]+$/i.test(name) ? 'nucleotides' : name.replaceAll(/[0-9]+/g, '0')
    alike.set(shape, (alike.get(shape) ?? 0) + 1)
  }
  return Math.max(...alike.values())
}
