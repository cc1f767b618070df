import type { ContainerSieve } from './container.ts'
import type { Subject } from './detector.ts'
import { KnownTexts, MAX_LENGTH } from './known-texts.ts'
import type { Armed, Sieve } from './sieve.ts'

type Role = Subject['role']

/** One sequence of property names, and what is known of what stands under it: it comes again in every message of a kind. */
export class Path {
  readonly name: string
  /** The names, outermost first. */
  readonly keys: readonly string[]
  /** The needs that count for a text here, and those that count for a number: only a name makes a bare number mean anything. */
  readonly armed: Armed
  readonly aroused: Armed | null
  /** What the last name says of the object that has it. */
  readonly marks: number
  /** Whether every detector has looked at the last name and found nothing. */
  hasCleanName = false
  readonly below = new Map<string, Path>()
  /** The name that came first below this one, and the name that came after this one, when they were met last: a good guess. */
  first: Path | null = null
  next: Path | null = null
  /** Texts that are clean here, in each role; null before there is one. */
  readonly clean: Record<Role, KnownTexts | null> = { value: null, key: null, number: null }

  constructor(name: string, keys: readonly string[], sieve: Sieve, containers: ContainerSieve) {
    this.name = name
    this.keys = keys
    this.aroused = sieve.arousedBy(keys)
    this.armed = sieve.armedBy(keys)
    this.marks = containers.marksOf(name)
  }

  isClean(role: Role, text: string): boolean {
    const known = this.clean[role]
    return known !== null && known.has(text)
  }
}

/**
 * Remembers sequences of property names, and which texts under them were looked through by every detector and found clean.
 * Telemetry says the same few words again and again, under the same names, and a detector sees nothing but the text, its role and
 * those names: so it would only come to the same answer. Findings are never remembered.
 */
export class Paths {
  readonly #sieve: Sieve
  readonly #containers: ContainerSieve
  readonly #capacity: number
  #count = 0
  #root: Path

  /** @param capacity - paths and texts that are remembered; beyond it everything is forgotten, and learnt anew */
  constructor(sieve: Sieve, containers: ContainerSieve, capacity: number) {
    this.#sieve = sieve
    this.#containers = containers
    this.#capacity = capacity
    this.#root = this.#empty()
  }

  get root(): Path {
    return this.#root
  }

  #empty(): Path {
    return new Path('', [], this.#sieve, this.#containers)
  }

  /** The path with one more name. */
  under(path: Path, name: string): Path {
    const known = path.below.get(name)
    if (known) return known
    const made = new Path(name, [...path.keys, name], this.#sieve, this.#containers)
    if (name.length <= MAX_LENGTH && this.#hasRoom(1)) path.below.set(name, made)
    return made
  }

  /** Remembers that every detector has looked through a text under this path, in this role, and found nothing. */
  addClean(path: Path, role: Role, text: string): void {
    if (text.length > MAX_LENGTH) return
    const known = path.clean[role] ?? this.#knownAs(role, path)
    if (known === null) return
    if (known.isCrowded && this.#count + known.size <= this.#capacity) {
      this.#count += known.size
      known.grow()
    }
    known.add(text)
  }

  /** Room for the texts of a path in one role. */
  #knownAs(role: Role, path: Path): KnownTexts | null {
    const known = new KnownTexts()
    return this.#hasRoom(known.size) ? (path.clean[role] = known) : null
  }

  /** Takes room, or has everything forgotten when there is none. */
  #hasRoom(amount: number): boolean {
    this.#count += amount
    if (this.#count <= this.#capacity) return true
    this.#root = this.#empty()
    this.#count = 0
    return false
  }
}
