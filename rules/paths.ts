import type { ContainerSieve } from './container.ts'
import type { Subject } from './detector.ts'
import type { Armed, Sieve } from './sieve.ts'

type Role = Subject['role']

/** Longer texts seldom come twice. In UTF-16 code units. */
const MAX_LENGTH = 128
/** Texts of one generation; two are remembered. */
const GENERATION = 256

/**
 * The texts of one role that came last under one path and are known to be clean. Where every message brings new ones, those that
 * come again outlive them: a text that is met again moves to the younger generation, and the older one is dropped as a whole.
 */
class Known {
  #recent = new Set<string>()
  #older = new Set<string>()

  get size(): number {
    return this.#recent.size + this.#older.size
  }

  has(text: string): boolean {
    if (text.length > MAX_LENGTH) return false
    if (this.#recent.has(text)) return true
    if (!this.#older.delete(text)) return false
    this.#recent.add(text)
    return true
  }

  add(text: string): void {
    if (this.#recent.size >= GENERATION) {
      this.#older = this.#recent
      this.#recent = new Set()
    }
    this.#recent.add(text)
  }
}

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
  #clean: Record<Role, Known> | null = null

  constructor(name: string, keys: readonly string[], sieve: Sieve, containers: ContainerSieve) {
    this.name = name
    this.keys = keys
    this.aroused = sieve.arousedBy(keys)
    this.armed = sieve.armedBy(keys)
    this.marks = containers.marksOf(name)
  }

  isClean(role: Role, text: string): boolean {
    return this.#clean !== null && this.#clean[role].has(text)
  }

  /** What is known of texts in a role; made when it is asked for first. */
  knownAs(role: Role): Known {
    this.#clean ??= { value: new Known(), key: new Known(), number: new Known() }
    return this.#clean[role]
  }
}

/**
 * Remembers sequences of property names, and which texts under them were looked through by every detector and found clean.
 * Telemetry says the same few words again and again, under the same names, and a detector sees nothing but the text, its role and
 * those names: so it would only come to the same answer. Findings are never remembered. Texts in which no detector has any business
 * are not remembered either: to tell is as quick as to remember.
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
    if (name.length <= MAX_LENGTH && this.#hasRoom()) path.below.set(name, made)
    return made
  }

  /** Remembers that every detector has looked through a text under this path, in this role, and found nothing. */
  addClean(path: Path, role: Role, text: string): void {
    if (text.length > MAX_LENGTH || !this.#hasRoom()) return
    const known = path.knownAs(role)
    // Those that it forgets make room: else a stream of identifiers would have all paths forgotten again and again.
    const before = known.size
    known.add(text)
    this.#count += known.size - before - 1
  }

  #hasRoom(): boolean {
    if (++this.#count <= this.#capacity) return true
    this.#root = this.#empty()
    this.#count = 0
    return false
  }
}
