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
/** Rows for each value that a byte can have. */
const ROWS_OF_BYTE = 256

/**
 * Tells which of many needs a text meets. Every need is a bit. For each trait there are rows of a table that give, for each count, the bits
 * of the needs that this count meets, and likewise for each byte of the bits of marks and of looks; what is left after AND over one row
 * for each of them are the needs that are met. Each word of the rows is gone through in an order of its own, most telling first: for nearly
 * every clean text nothing is left of most words after one or two steps.
 */
export class Sieve {
  readonly #needs: readonly Need[]
  /** Those of them that ask for names and that a number can meet. */
  readonly #ofNumbers: readonly Need[]
  /** For each bit, which of the needy it stands for. */
  readonly #owners: readonly number[]
  /** Words of a row. */
  readonly #width: number
  /** Rows of all traits that any need asks about, then those of marks and looks, byte by byte. */
  readonly #table: Int32Array
  /** Of each trait: where its rows begin, the count of the last of them, its place in the counts. */
  readonly #starts: Int32Array
  readonly #caps: Int32Array
  readonly #traits: Int32Array
  readonly #bytesStart: number
  readonly #wordLooks: WordLooks
  readonly #counts = emptyCounts()
  /** Where the rows begin that are for the text at hand. */
  readonly #rows: Int32Array
  /** Which of these rows to take for each word, one after the other, and where the list for each word ends. */
  readonly #order: Int32Array
  readonly #ends: Int32Array
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
    const traits = traitNames.filter(trait => this.#needs.some(need => (need[trait] ?? 0) > 0))
    this.#traits = Int32Array.from(traits, trait => traitNames.indexOf(trait))
    this.#rows = new Int32Array(traits.length + 2 * BYTES)
    const minimums = traits.map(trait => this.#needs.map(need => need[trait] ?? 0))
    this.#caps = Int32Array.from(minimums, ofTrait => Math.max(...ofTrait))
    this.#starts = new Int32Array(traits.length)
    let rows = 0
    for (const [at, cap] of this.#caps.entries()) {
      this.#starts[at] = rows * this.#width
      rows += cap + 1
    }
    this.#bytesStart = rows * this.#width
    this.#table = new Int32Array((rows + 2 * BYTES * ROWS_OF_BYTE) * this.#width)
    for (const [at, ofTrait] of minimums.entries())
      for (let count = 0; count <= this.#caps[at]!; count++)
        this.#fill(this.#table, this.#starts[at]! + count * this.#width, bit => ofTrait[bit]! <= count)
    const looks = [
      ...new Map(this.#needs.flatMap(({ looks }) => looks ?? []).map(look => [look.source, look])).values(),
    ]
    const sources = looks.map(({ source }) => source)
    this.#wordLooks = new WordLooks(looks)
    this.#fillBytes(0, need => bitsOfMarks(need.has ?? ''))
    this.#fillBytes(BYTES, need =>
      (need.looks ?? []).reduce((bits, { source }) => bits | (1 << sources.indexOf(source)), 0),
    )
    const orders = Array.from({ length: this.#width }, (_, word) => this.#orderOf(word))
    this.#order = Int32Array.from(orders.flat())
    this.#ends = Int32Array.from(orders, (_, word) => orders.slice(0, word + 1).flat().length)
  }

  /** The rows that take anything from a word, first the one that takes most from it of typical texts, then the one that takes most of the rest. */
  #orderOf(word: number): readonly number[] {
    const rowsOf = (text: string): readonly number[] => {
      this.#classify(text)
      return [...this.#rows]
    }
    const least = rowsOf('')
    const all = this.#select(() => true)[word]!
    const rest = new Set(least.keys().filter(at => (all & ~this.#table[least[at]! + word]!) !== 0))
    const open = typical.map(text => ({ rows: rowsOf(text), left: all }))
    const order: number[] = []
    while (rest.size > 0) {
      const taken = (at: number): number =>
        open.reduce((sum, { rows, left }) => sum + bitsIn(left & ~this.#table[rows[at]! + word]!), 0)
      const best = [...rest].reduce((one, other) => (taken(other) > taken(one) ? other : one))
      order.push(best)
      rest.delete(best)
      for (const one of open) one.left &= this.#table[one.rows[best]! + word]!
    }
    return order
  }

  /** For each byte of some bits that a text has, the needs whose required bits are all among them. @param from - the first of the bytes */
  #fillBytes(from: number, requiredBy: (need: Need) => number): void {
    const required = this.#needs.map(requiredBy)
    for (let byte = 0; byte < BYTES; byte++)
      for (let present = 0; present < ROWS_OF_BYTE; present++) {
        const row = this.#bytesStart + ((from + byte) * ROWS_OF_BYTE + present) * this.#width
        this.#fill(this.#table, row, bit => ((required[bit]! >>> (8 * byte)) & 255 & ~present) === 0)
      }
  }

  #fill(table: Int32Array, row: number, isMet: (bit: number) => boolean): void {
    for (let bit = 0; bit < this.#needs.length; bit++) if (isMet(bit)) table[row + (bit >> 5)]! |= 1 << (bit & 31)
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
    this.#classify(text)
    const table = this.#table
    const rows = this.#rows
    const order = this.#order
    const passed = this.#passed
    let any = 0
    let at = 0
    for (let word = 0; word < passed.length; word++) {
      const end = this.#ends[word]!
      let left = armed[word]!
      for (; at < end && left !== 0; at++) left &= table[rows[order[at]!]! + word]!
      at = end
      any |= passed[word] = left
    }
    return any === 0 ? null : this.#answers.of(passed)
  }

  /** Chooses the rows for a text. */
  #classify(text: string): void {
    const rows = this.#rows
    const counts = this.#counts
    const width = this.#width
    const { length } = this.#traits
    countTraits(text, this.#wordLooks, counts)
    for (let at = 0; at < length; at++) {
      const count = counts[this.#traits[at]!]!
      const cap = this.#caps[at]!
      rows[at] = this.#starts[at]! + (count < cap ? count : cap) * width
    }
    const found = counts[MARKS]!
    const seen = counts[LOOKS]!
    const stride = ROWS_OF_BYTE * width
    let start = this.#bytesStart
    for (let byte = 0; byte < BYTES; byte++, start += stride) {
      rows[length + byte] = start + ((found >>> (8 * byte)) & 255) * width
      rows[length + BYTES + byte] = start + BYTES * stride + ((seen >>> (8 * byte)) & 255) * width
    }
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
const typical = [
  '230912_A00187_1009_AHK33MDRX3',
  '2026-05-28T21:36:12Z',
  '2025-07-28',
  '9095714350689621348',
  'KP4811938-041J8',
  'a6e79370a9f3316bf4caa1c790001655e7260dad',
  '6f1f2a52-8d3b-4c07-9a55-0d4c7fb1e7aa',
  'Control Software 1.8.1',
]

const bitsIn = (word: number): number => {
  let count = 0
  for (let rest = word; rest !== 0; rest &= rest - 1) count++
  return count
}

const typicalCounts = emptyCounts()
countTraits(typical[0]!, new WordLooks([]), typicalCounts)
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
