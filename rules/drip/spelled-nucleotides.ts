import { findPlaces } from '../body/place-pattern.ts'
import { detectors } from '../registry.ts'
import type { Scanned, ScanLimits } from '../scan.ts'
import { NucleotideCounter } from './nucleotide-counter.ts'

/** Fragments that the policy itself spells, such as the indexes of a kit in an `enum`. They are not counted. */
export type Fixed = ReadonlySet<string>

const none: Fixed = new Set()

/**
 * How many nucleotides the parts of a request spell in pieces too short for any detector, all together. The names that the policy
 * spells are left out; so are `fixed` texts, wherever they stand. `scan` counts without `fixed`, in its own pass.
 * @throws OverBudget where nested encodings unfold to more than the limits; `scan` says so too
 */
export const spelledNucleotides = (parts: readonly Scanned[], limits: ScanLimits, fixed: Fixed = none): number => {
  const budget = { remaining: limits.maxUnfolded }
  return parts.reduce((sum, { value, names, isCredential }) => {
    const counter = new NucleotideCounter(limits.maxNesting, budget, { names, fixed, isCredential })
    return sum + (value instanceof Uint8Array ? counter.bytes(value) : counter.value(value))
  }, 0)
}

/** What stands at a place where the lab has excepted a detector of sequence by name: nobody counts what may be a whole sequence. */
export const exceptedTexts = ({ value, exceptions = [] }: Scanned): readonly string[] =>
  value instanceof Uint8Array
    ? []
    : exceptions
        .filter(({ detector }) => sequenceDetectors.has(detector))
        .flatMap(({ pattern }) => findPlaces(value, pattern).map(place => place.value))
        .filter(text => typeof text === 'string')

const sequenceDetectors: ReadonlySet<string> = new Set(
  detectors.filter(({ category }) => category === 'sequence').map(({ id }) => id),
)
