import { bitsOfMarks, countTraits, emptyCounts, LOOKS, MARKS, type Trait, traitNames } from './traits.ts'
import { WordLooks } from './word-looks.ts'

/**
 * What a text must have, at the least, before it is worth looking through: counts of traits, marks that occur, and names that lead
 * to it. All of it has to be there.
 */
export type Need = { readonly [trait in Trait]?: number } & {
  /** How words must look (`word-looks.ts`): for each pattern there is one. */
  readonly looks?: readonly RegExp[]
  /** Marks that must occur, each at least once; see `marks` in `traits.ts`. */
  readonly has?: string
  /** What the property names that lead to the text must say, outermost first. Asked once for each sequence of names. */
  readonly under?: (keys: readonly string[]) => boolean
}

/** Something that looks through texts: it need not look at one that meets none of its needs. */
export type Needy = { readonly needs: readonly Need[] }

/** Bits, 32 to a word: those of the needs that count where the keys are what they are. */
export type Armed = Int32Array

const BYTES = 4

/**
 * Tells which of many needs a text meets. Every need is a bit. For each trait there is a table that gives, for each count, the bits of
 * the needs that this count meets; what is left after AND over all tables are the needs that are met. For nearly every clean text
 * nothing is left after the first few.
 */
export class Sieve {
  readonly #needs: readonly Need[]
  /** Those of them that ask for names and that a number can meet. */
  readonly #ofNumbers: readonly Need[]
  /** For each bit, which of the needy it stands for. */
  readonly #owners: readonly number[]
  readonly #width: number
  /** Tables of all traits that any need asks about, most telling first: where each begins, its last row, its place in the counts. */
  readonly #table: Int32Array
  readonly #starts: Int32Array
  readonly #caps: Int32Array
  readonly #traits: Int32Array
  /** Four tables each of marks and of looks, one for each byte of their bits. */
  readonly #marks: Int32Array
  readonly #looks: Int32Array
  readonly #wordLooks: WordLooks
  readonly #counts = emptyCounts()
  /** The needs that the text at hand meets. */
  readonly #passed: Int32Array
  readonly #answers = new Answers(passed => this.#ownersOf(passed))

  constructor(needy: readonly Needy[]) {
    const bits = needy.flatMap(({ needs }, owner) => needs.map(need => ({ need, owner })))
    const telling = mostTelling(bits.map(({ need }) => need))
    // Needs that fail for the same reason share a word, which is then empty after one step.
    bits.sort((left, right) => firstUnmet(left.need, telling) - firstUnmet(right.need, telling))
    this.#needs = bits.map(({ need }) => need)
    this.#owners = bits.map(({ owner }) => owner)
    this.#ofNumbers = this.#needs.filter(asksOfNumbers)
    this.#width = Math.ceil(bits.length / 32)
    this.#passed = new Int32Array(this.#width)
    this.#traits = Int32Array.from(telling, trait => traitNames.indexOf(trait))
    const minimums = telling.map(trait => this.#needs.map(need => need[trait] ?? 0))
    this.#caps = Int32Array.from(minimums, ofTrait => Math.max(...ofTrait))
    this.#starts = new Int32Array(telling.length)
    let rows = 0
    for (const [at, cap] of this.#caps.entries()) {
      this.#starts[at] = rows
      rows += cap + 1
    }
    this.#table = new Int32Array(rows * this.#width)
    for (const [at, ofTrait] of minimums.entries())
      for (let count = 0; count <= this.#caps[at]!; count++)
        this.#fill(this.#table, this.#starts[at]! + count, bit => ofTrait[bit]! <= count)
    this.#marks = this.#tableOfBits(need => bitsOfMarks(need.has ?? ''))
    const patterns = [
      ...new Map(this.#needs.flatMap(({ looks }) => looks ?? []).map(look => [look.source, look])).values(),
    ]
    const sources = patterns.map(({ source }) => source)
    this.#wordLooks = new WordLooks(patterns)
    this.#looks = this.#tableOfBits(({ looks = [] }) =>
      looks.reduce((bits, { source }) => bits | (1 << sources.indexOf(source)), 0),
    )
  }

  /** For each byte of some bits that a text has, the needs whose required bits are all among them. */
  #tableOfBits(requiredBy: (need: Need) => number): Int32Array {
    const table = new Int32Array(BYTES * 256 * this.#width)
    const required = this.#needs.map(requiredBy)
    for (let byte = 0; byte < BYTES; byte++)
      for (let present = 0; present < 256; present++)
        this.#fill(table, byte * 256 + present, bit => ((required[bit]! >>> (8 * byte)) & 255 & ~present) === 0)
    return table
  }

  #fill(table: Int32Array, row: number, isMet: (bit: number) => boolean): void {
    for (let bit = 0; bit < this.#needs.length; bit++)
      if (isMet(bit)) table[row * this.#width + (bit >> 5)]! |= 1 << (bit & 31)
  }

  /** Which needs count under these names: those that ask for no name, and those whose names these are. */
  armedBy(keys: readonly string[]): Armed {
    return this.#select(({ under }) => under === undefined || under(keys))
  }

  /** Of the needs that ask for names, and whose names these are, those that a number can meet; null when there are none. */
  arousedBy(keys: readonly string[]): Armed | null {
    if (!this.#ofNumbers.some(({ under }) => under?.(keys))) return null
    return this.#select(need => need.under?.(keys) === true && this.#ofNumbers.includes(need))
  }

  #select(isChosen: (need: Need) => boolean): Armed {
    const armed = new Int32Array(this.#width)
    this.#fill(armed, 0, bit => isChosen(this.#needs[bit]!))
    return armed
  }

  /** The places, in ascending order, of the needy that have to look at a text; null, and that is what matters, when there are none. */
  sift(text: string, armed: Armed): readonly number[] | null {
    countTraits(text, this.#wordLooks, this.#counts)
    const passed = this.#passed
    let any = 0
    for (let word = 0; word < this.#width; word++) any |= passed[word] = this.#left(word, armed[word]!)
    return any === 0 ? null : this.#answers.of(passed)
  }

  #left(word: number, armed: number): number {
    const counts = this.#counts
    const width = this.#width
    let left = armed
    for (let at = 0; at < this.#traits.length && left !== 0; at++) {
      const count = counts[this.#traits[at]!]!
      const cap = this.#caps[at]!
      left &= this.#table[(this.#starts[at]! + (count < cap ? count : cap)) * width + word]!
    }
    if (left === 0) return 0
    const found = counts[MARKS]!
    const seen = counts[LOOKS]!
    for (let byte = 0; byte < BYTES && left !== 0; byte++) {
      left &= this.#marks[(byte * 256 + ((found >>> (8 * byte)) & 255)) * width + word]!
      left &= this.#looks[(byte * 256 + ((seen >>> (8 * byte)) & 255)) * width + word]!
    }
    return left
  }

  #ownersOf(passed: Int32Array): number[] {
    const owners = new Set<number>()
    for (const [word, bits] of passed.entries())
      for (let rest = bits; rest !== 0; rest &= rest - 1)
        owners.add(this.#owners[word * 32 + 31 - Math.clz32(rest & -rest)]!)
    return [...owners].sort((left, right) => left - right)
  }
}

/** More combinations of needs than this seldom come; telemetry has some hundreds. */
const MOST_ANSWERS = 4096

/** Remembers who has to look where some needs are met: to gather and sort them each time takes longer than to sift. */
class Answers {
  readonly #ownersOf: (passed: Int32Array) => readonly number[]
  readonly #known = new Map<number, { readonly passed: Int32Array; readonly owners: readonly number[] }>()

  constructor(ownersOf: (passed: Int32Array) => readonly number[]) {
    this.#ownersOf = ownersOf
  }

  of(passed: Int32Array): readonly number[] {
    let hash = 0
    for (let word = 0; word < passed.length; word++) hash = (Math.imul(hash, 0x9e3779b1) + passed[word]!) | 0
    const known = this.#known.get(hash)
    if (known !== undefined && isSame(known.passed, passed)) return known.owners
    const owners = this.#ownersOf(passed)
    if (known === undefined && this.#known.size < MOST_ANSWERS)
      this.#known.set(hash, { passed: passed.slice(), owners })
    return owners
  }
}

const isSame = (left: Int32Array, right: Int32Array): boolean => {
  for (let word = 0; word < left.length; word++) if (left[word] !== right[word]) return false
  return true
}

/** The most that the spelling of a JSON number has of traits that it has little of: `-1.5e+21`. */
const mostInNumbers: { readonly [trait in Trait]?: number } = {
  blanks: 0, words: 4, colons: 0, brackets: 0, letters: 1, lower: 1, upper: 0, nonHex: 0, letterRun: 1, letterWord: 0,
  noDigits: 0, bases: 0, baseRun: 0, baseWord: 0, beyond: 0,
} // prettier-ignore
const marksOfNumbers = bitsOfMarks('+-.')

/** Whether a need asks for names, and a number under these can meet it: no others are asked about numbers. */
export const asksOfNumbers = (need: Need): boolean =>
  need.under !== undefined &&
  traitNames.every(name => (need[name] ?? 0) <= (mostInNumbers[name] ?? Infinity)) &&
  (bitsOfMarks(need.has ?? '') & ~marksOfNumbers) === 0

/** What most texts are that come anew with each message. */
const typical = '230912_A00187_1009_AHK33MDRX3'

const typicalCounts = emptyCounts()
countTraits(typical, new WordLooks([]), typicalCounts)
const isMetByTypical = (need: Need, trait: Trait): boolean =>
  (need[trait] ?? 0) <= typicalCounts[traitNames.indexOf(trait)]!

/** The traits that are asked about: first the one for want of which a typical text fails most needs, then that which fails most others. */
const mostTelling = (needs: readonly Need[]): readonly Trait[] => {
  const rest = new Set(traitNames.filter(trait => needs.some(need => (need[trait] ?? 0) > 0)))
  const order: Trait[] = []
  let open = needs
  while (rest.size > 0) {
    const unmet = (trait: Trait): number => open.filter(need => !isMetByTypical(need, trait)).length
    const best = [...rest].reduce((one, other) => (unmet(other) > unmet(one) ? other : one))
    order.push(best)
    rest.delete(best)
    open = open.filter(need => isMetByTypical(need, best))
  }
  return order
}

const firstUnmet = (need: Need, order: readonly Trait[]): number => {
  const first = order.findIndex(trait => !isMetByTypical(need, trait))
  return first < 0 ? order.length : first
}
