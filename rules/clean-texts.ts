import type { Subject } from './detector.ts'

/** What is known of the texts that stand under one sequence of property names. */
export type Shelf = {
  readonly below: Map<string, Shelf>
  readonly clean: { readonly value: Set<string>; readonly key: Set<string>; readonly number: Set<number> }
}

const emptyShelf = (): Shelf => ({
  below: new Map(),
  clean: { value: new Set(), key: new Set(), number: new Set() },
})

/** Longer texts seldom come twice. In UTF-16 code units. */
const MAX_LENGTH = 64

/**
 * Remembers which texts were looked through by every detector and found clean. Telemetry says the same few words again and again,
 * under the same names, and a detector sees nothing but the text, its role and those names: so it would only come to the same
 * answer. Findings are never remembered.
 */
export class CleanTexts {
  readonly #capacity: number
  #count = 0
  #root = emptyShelf()

  /** @param capacity - texts and names that are remembered; beyond it everything is forgotten, and learnt anew */
  constructor(capacity: number) {
    this.#capacity = capacity
  }

  get root(): Shelf {
    return this.#root
  }

  /** The shelf for what stands under one more name. */
  under(shelf: Shelf, name: string): Shelf {
    const known = shelf.below.get(name)
    if (known) return known
    const made = emptyShelf()
    if (name.length > MAX_LENGTH || !this.#hasRoom()) return made
    shelf.below.set(name, made)
    return made
  }

  addText(shelf: Shelf, role: Exclude<Subject['role'], 'number'>, text: string): void {
    if (text.length <= MAX_LENGTH && this.#hasRoom()) shelf.clean[role].add(text)
  }

  addNumber(shelf: Shelf, number: number): void {
    if (this.#hasRoom()) shelf.clean.number.add(number)
  }

  #hasRoom(): boolean {
    if (++this.#count <= this.#capacity) return true
    this.#root = emptyShelf()
    this.#count = 0
    return false
  }
}
