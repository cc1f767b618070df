import { findPlaces } from '../body/place-pattern.ts'
import type { JsonValue } from '../canonical.ts'
import { normalize } from '../normalize.ts'
import { detectors } from '../registry.ts'
import type { Scanned, ScanLimits } from '../scan.ts'
import { OverBudget, unwrap, unwrapBytes, type Budget, type Unwrapped } from '../unwrap.ts'
import { countFragments, countInCredential, countPlain, NOT_PLAIN } from './fragments.ts'

/** Fragments that the policy itself spells, such as the indexes of a kit in an `enum`. They are not counted. */
export type Fixed = ReadonlySet<string>

const none: Fixed = new Set()

/**
 * How many nucleotides the parts of a request spell in pieces too short for any detector, all together. The names that the policy
 * spells are left out; so are `fixed` texts, wherever they stand.
 * @throws OverBudget where nested encodings unfold to more than the limits; `scan` says so too
 */
export const spelledNucleotides = (parts: readonly Scanned[], limits: ScanLimits, fixed: Fixed = none): number => {
  const budget = { remaining: limits.maxUnfolded }
  return parts.reduce((sum, part) => sum + new Counter(part, limits.maxNesting, budget, fixed).count(), 0)
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

class Counter {
  readonly #part: Scanned
  readonly #isCredential: boolean
  readonly #fixed: Fixed
  readonly #budget: Budget
  readonly #maxNesting: number
  readonly #chain: string[] = []

  constructor(part: Scanned, maxNesting: number, budget: Budget, fixed: Fixed) {
    this.#part = part
    this.#isCredential = part.isCredential ?? false
    this.#maxNesting = maxNesting
    this.#budget = budget
    this.#fixed = fixed
  }

  count(): number {
    const { value } = this.#part
    return value instanceof Uint8Array ? this.#bytes(value) : this.#value(value)
  }

  #value(value: JsonValue): number {
    if (typeof value === 'string') return this.#text(value)
    if (typeof value !== 'object' || value === null) return 0
    let sum = 0
    if (Array.isArray(value)) for (const item of value) sum += this.#value(item)
    else
      for (const name of Object.keys(value)) {
        if (!this.#part.names?.has(name)) sum += this.#text(name)
        sum += this.#value(value[name]!)
      }
    return sum
  }

  #text(text: string): number {
    if (this.#isCredential) return countInCredential(text)
    const plain = countPlain(text)
    const count = plain === NOT_PLAIN ? this.#wrapped(normalize(text)) : plain
    return count > 0 && this.#fixed.has(text) ? 0 : count
  }

  /** As it stands, or as it is meant: what is written plainly stands in both. */
  #wrapped(text: string): number {
    return Math.max(countFragments(text), this.#inside(unwrap(text, this.#chain, this.#budget)))
  }

  #bytes(bytes: Uint8Array): number {
    return this.#inside(unwrapBytes(bytes, this.#budget))
  }

  /** Several codings may be undone that lead to the same letters: the one that shows most counts. */
  #inside(unwrapped: Iterable<Unwrapped>): number {
    const sums = new Map<string, number>()
    for (const inner of unwrapped) {
      if (this.#chain.length >= this.#maxNesting) throw new OverBudget('encodings are nested too deeply')
      this.#chain.push(inner.coding)
      sums.set(inner.coding, (sums.get(inner.coding) ?? 0) + this.#layer(inner))
      this.#chain.pop()
    }
    return Math.max(0, ...sums.values())
  }

  #layer(inner: Unwrapped): number {
    if (inner.kind === 'bytes') return this.#bytes(inner.bytes)
    return inner.kind === 'json' ? this.#value(inner.value) : this.#text(inner.text)
  }
}
