/** Longer texts seldom come twice. In UTF-16 code units. */
export const MAX_LENGTH = 128

/** Buckets of two texts each. */
const FEWEST = 8
const MOST = 8192
/** So many are enough to see whether texts come again at all. */
const PROBE = 128
/** Texts given up, as a share of the buckets, after which there are twice as many of these. */
const PATIENCE = 1 / 4

/** Stands where no text is: longer than any text that is asked for. */
const NONE = '-'.repeat(MAX_LENGTH + 1)

/** Characters, from the end, that tell where a text is kept; of those before them a few do. */
const TOLD_BY = 32

/** Where a text is kept: two sums in turn, so that a processor reckons both at once. */
const spotOf = (text: string): number => {
  const { length } = text
  let even = length
  let odd = 0
  let index = 0
  if (length > TOLD_BY) {
    index = length - TOLD_BY
    for (let front = 0; front < index; front += 8) odd = Math.imul(odd, 33) + text.charCodeAt(front)
  }
  for (; index + 1 < length; index += 2) {
    even = Math.imul(even, 31) + text.charCodeAt(index)
    odd = Math.imul(odd, 33) + text.charCodeAt(index + 1)
  }
  if (index < length) even = Math.imul(even, 31) + text.charCodeAt(index)
  const hash = Math.imul(even, 0x9e3779b1) ^ Math.imul(odd, 0x85ebca6b)
  return hash ^ (hash >>> 16)
}

/** The other bucket in which a text may be. */
const otherOf = (spot: number): number => (spot >>> 13) ^ 1

/**
 * Texts that are known to be clean, in a table whose buckets are told by a few characters: to ask costs less than a `Set`, and to add costs
 * next to nothing. Every bucket has two places. A text that is met again takes the first; new ones take the second from each other, so
 * that what comes again outlives what comes once. Texts are compared as a whole: who makes many share a bucket gains nothing but that
 * some of them are looked through again.
 */
export class KnownTexts {
  #places: string[]
  #mask: number
  #evicted = 0
  /** Whether any text was met again since the table grew: where every text is new, more room would be wasted. */
  #wasMet = false

  constructor(buckets = FEWEST) {
    this.#places = emptyPlaces(buckets)
    this.#mask = buckets - 1
  }

  /** Texts that there is room for. */
  get size(): number {
    return this.#places.length
  }

  has(text: string): boolean {
    if (text.length > MAX_LENGTH) return false
    const spot = spotOf(text)
    const place = (spot & this.#mask) << 1
    const isKnown = this.#places[place] === text || this.#hasBehind(text, place, (otherOf(spot) & this.#mask) << 1)
    if (isKnown) this.#wasMet = true
    return isKnown
  }

  /** Whether a text is in any place but the first of its first bucket. */
  #hasBehind(text: string, place: number, other: number): boolean {
    if (this.#places[other] === text) return true
    return this.#promote(text, place) || this.#promote(text, other)
  }

  /** Moves a text that is met again from the second place of a bucket to the first. */
  #promote(text: string, place: number): boolean {
    const places = this.#places
    if (places[place + 1] !== text) return false
    places[place + 1] = places[place]!
    places[place] = text
    return true
  }

  /** @param text - of at most `MAX_LENGTH` code units, which `has` does not have */
  add(text: string): void {
    const spot = spotOf(text)
    const bucket = (spot & this.#mask) << 1
    const other = (otherOf(spot) & this.#mask) << 1
    const free = this.#freeAt(bucket) ?? this.#freeAt(other)
    if (free === null) this.#evicted++
    this.#places[free ?? bucket + 1] = text
  }

  #freeAt(bucket: number): number | null {
    if (this.#places[bucket] === NONE) return bucket
    return this.#places[bucket + 1] === NONE ? bucket + 1 : null
  }

  /** Whether it forgets so much that twice the room would pay. */
  get isCrowded(): boolean {
    const most = this.#wasMet ? MOST : PROBE
    return this.#evicted > PATIENCE * this.#mask && this.#mask < most - 1
  }

  /** Doubles the room. */
  grow(): void {
    const texts = this.#places
    const buckets = 2 * (this.#mask + 1)
    this.#places = emptyPlaces(buckets)
    this.#mask = buckets - 1
    this.#evicted = 0
    this.#wasMet = false
    // Those that were met again first: they take the first places.
    for (let place = 0; place < texts.length; place += 2) if (texts[place] !== NONE) this.add(texts[place]!)
    for (let place = 1; place < texts.length; place += 2) if (texts[place] !== NONE) this.add(texts[place]!)
  }
}

const emptyPlaces = (buckets: number): string[] => Array.from<string>({ length: 2 * buckets }).fill(NONE)
