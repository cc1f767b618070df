import type { JsonValue } from '../canonical.ts'
import { normalize } from '../normalize.ts'
import { OverBudget, unwrap, unwrapBytes, type Budget, type Unwrapped } from '../unwrap.ts'
import { countFragments, countInCredential, countPlain, NOT_PLAIN } from './fragments.ts'

/** What is left out of the count. */
type Known = {
  /** Property names that the policy spells. */
  readonly names?: ReadonlySet<string> | null
  /** Texts that are not counted, wherever they stand. */
  readonly fixed?: ReadonlySet<string>
  /** True: words of eight letters or more alone count, as the rest of a credential is random by nature. */
  readonly isCredential?: boolean | undefined
}

/**
 * Counts the nucleotides that texts spell in pieces too short for any detector, through nested encodings.
 * Every method throws OverBudget where these unfold to more than the limits.
 */
export class NucleotideCounter {
  readonly #known: Known
  readonly #budget: Budget
  readonly #maxNesting: number
  readonly #chain: string[] = []

  constructor(maxNesting: number, budget: Budget, known: Known = {}) {
    this.#maxNesting = maxNesting
    this.#budget = budget
    this.#known = known
  }

  value(value: JsonValue): number {
    if (typeof value === 'string') return this.text(value)
    if (typeof value !== 'object' || value === null) return 0
    let sum = 0
    if (Array.isArray(value)) for (const item of value) sum += this.value(item)
    else
      for (const name of Object.keys(value)) {
        if (!this.#known.names?.has(name)) sum += this.text(name)
        sum += this.value(value[name]!)
      }
    return sum
  }

  text(text: string): number {
    if (this.#known.isCredential) return countInCredential(text)
    const plain = countPlain(text)
    const count = plain === NOT_PLAIN ? this.#wrapped(normalize(text)) : plain
    return count > 0 && this.#known.fixed?.has(text) ? 0 : count
  }

  bytes(bytes: Uint8Array): number {
    return this.#inside(unwrapBytes(bytes, this.#budget))
  }

  /** As it stands, or as it is meant: what is written plainly stands in both. */
  #wrapped(text: string): number {
    return Math.max(countFragments(text), this.#inside(unwrap(text, this.#chain, this.#budget)))
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
    if (inner.kind === 'bytes') return this.bytes(inner.bytes)
    return inner.kind === 'json' ? this.value(inner.value) : this.text(inner.text)
  }
}
