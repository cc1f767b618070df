import type { Span, TextDetector } from '../detector.ts'

const LEAST = 48
const MOST_DISTINCT = 5
/** Three states in turn give 1.58 bits at the most; four bases of which two are four in five give 1.72. */
const LEAST_ENTROPY = 1.7
const LONGEST_LAG = 12
/** How much of a stretch may equal what stands some places before it: about a quarter of sequence does, most of tables and bars. */
const MOST_REPETITION = 0.5

/** What may stand between symbols, and the invisible joints of emoji. */
const isBetween = (point: number): boolean =>
  point <= 32 || point === 34 || point === 39 || point === 44 || point === 59 || point === 0x200d || point === 0xfe0f

/** Letters of either case are the same symbol. */
const folded = (point: number): number => (point >= 97 && point <= 122 ? point - 32 : point)

/** Every stretch that is long enough holds one whole block of this many code units. */
const BLOCK = LEAST / 2
const kinds = new Int32Array(2 * MOST_DISTINCT)

/** Whether one block holds no more kinds of symbols than a stretch may; nearly any text has that many within ten characters. */
const isPoorBlock = (text: string, from: number): boolean => {
  let found = 0
  for (let index = from; index < from + BLOCK; index++) {
    const unit = folded(text.charCodeAt(index))
    if (isBetween(unit)) continue
    let known = 0
    while (known < found && kinds[known] !== unit) known++
    if (known < found) continue
    // Beyond ASCII a symbol may be two code units.
    if (found === (unit < 128 ? MOST_DISTINCT : kinds.length)) return false
    kinds[found++] = unit
  }
  return true
}

const mayHoldStretch = (text: string): boolean => {
  for (let from = 0; from + BLOCK <= text.length; from += BLOCK) if (isPoorBlock(text, from)) return true
  return false
}

/** The symbols of a text: code points and where they stand, without what stands between them. */
type Symbols = { readonly points: Int32Array; readonly places: Int32Array; readonly count: number }

const symbolsOf = (text: string): Symbols => {
  const points = new Int32Array(text.length)
  const places = new Int32Array(text.length)
  let count = 0
  for (let index = 0; index < text.length; index++) {
    const place = index
    const point = text.codePointAt(index)!
    if (point > 0xffff) index++
    if (isBetween(point)) continue
    points[count] = folded(point)
    places[count++] = place
  }
  return { points, places, count }
}

/** Shannon entropy of a stretch in bits a symbol. */
const entropy = (counts: ReadonlyMap<number, number>, length: number): number => {
  let bits = 0
  for (const count of counts.values()) bits -= (count / length) * Math.log2(count / length)
  return bits
}

/** Whether at some short lag most symbols come again: blocks, bars, columns of numbers, anything in turn. */
const repeats = (points: Int32Array, start: number, end: number): boolean => {
  for (let lag = 1; lag <= LONGEST_LAG; lag++) {
    let same = 0
    for (let index = start + lag; index < end; index++) if (points[index] === points[index - lag]) same++
    if (same > MOST_REPETITION * (end - start - lag)) return true
  }
  return false
}

const DIGIT = 0
const LETTER = 1
const OTHER = 2
const BEYOND = 3

const classOf = (point: number): number => {
  if (point > 127) return BEYOND
  if (point >= 65 && point <= 90) return LETTER
  return point >= 48 && point <= 57 ? DIGIT : OTHER
}

/** Symbols of one class; one in ten may belong to what stands around them. */
const LEAST_OF_CLASS = 0.9
/** Digits in groups of two to five are numbers: tiles, times, counts. */
const LONGEST_NUMBER = 6
const SHORTEST_NUMBER = 1.2

/** Whether symbols are of one class, and digits stand one by one or in long rows. */
const areOfOneClass = ({ points, places }: Symbols, start: number, end: number): boolean => {
  const classes = [0, 0, 0, 0]
  let groups = 1
  for (let index = start; index < end; index++) {
    classes[classOf(points[index]!)]!++
    if (index > start && places[index]! > places[index - 1]! + 1) groups++
  }
  const length = end - start
  if (Math.max(...classes) < LEAST_OF_CLASS * length) return false
  return classes[DIGIT]! < length / 2 || length / groups >= LONGEST_NUMBER || length / groups <= SHORTEST_NUMBER
}

/**
 * The longest stretches of at most five different symbols. No place is in more than five of them: each further one takes in a
 * symbol that was not there yet.
 */
const stretchesOf = function* ({ points, count }: Symbols): Generator<{
  readonly start: number
  readonly end: number
  readonly counts: ReadonlyMap<number, number>
}> {
  const counts = new Map<number, number>()
  let start = 0
  for (let end = 0; end <= count; end++) {
    const isNew = end === count || !counts.has(points[end]!)
    if (isNew && (end === count || counts.size === MOST_DISTINCT)) {
      if (end - start >= LEAST) yield { start, end, counts }
      while (counts.size === MOST_DISTINCT && start < end) drop(counts, points[start++]!)
    }
    if (end < count) counts.set(points[end]!, (counts.get(points[end]!) ?? 0) + 1)
  }
}

const drop = (counts: Map<number, number>, point: number): void => {
  const left = counts.get(point)! - 1
  if (left === 0) counts.delete(point)
  else counts.set(point, left)
}

/**
 * Sequence in other symbols than its own: digits, other letters, emoji, one of the 25 rotations. At least 48 symbols of four or
 * five kinds and one class, at 1.7 bits or more, and no repetition at any distance up to 12.
 *
 * Chance that 48 symbols have at most five kinds, C(n,5)·(5/n)^48: base64 (n = 64) 2e-46, hexadecimal (16) 2e-21, decimal digits (10) 9e-13; a
 * megabyte of random digits holds one with 9e-7. Bits and three states have too little entropy; progress bars, rulers, tables, tile lists and
 * columns of numbers come again at some distance; digits in groups are numbers, and clocks mix digits with marks. What states of four kinds do at random, one a place, is the same thing as
 * sequence: 48 of them in a string are found. Not for number arrays, where lanes and bins are columns.
 */
export const lowAlphabet = {
  kind: 'text',
  id: 'low-alphabet',
  title: 'Sequence in another alphabet',
  category: 'sequence',
  source:
    'Shannon 1951, Bell System Technical Journal 30:50 (entropy of symbols); thresholds measured on random identifiers, tile lists and traces of states',
  spelledByNumbers: false,
  needs: [{ length: LEAST }],
  find({ text }) {
    if (!mayHoldStretch(text)) return []
    const spans: Span[] = []
    const symbols = symbolsOf(text)
    for (const { start, end, counts } of stretchesOf(symbols))
      if (
        entropy(counts, end - start) >= LEAST_ENTROPY &&
        areOfOneClass(symbols, start, end) &&
        !repeats(symbols.points, start, end)
      )
        spans.push({ start: symbols.places[start]!, end: symbols.places[end - 1]! + 1 })
    return spans
  },
  examples: {
    match: [
      '3300202232310233111330022200200203132232022310132000021000001031',
      'WXZZYWXYYZXWWZYXXWYZZXWYZWXXYZWWYXZYXWZZWYXYWZXZWYXXWYZW',
      '0 3 2 2 1 0 3 1 1 2 0 0 3 2 1 1 0 2 3 3 1 0 2 1 3 0 0 1 2 3 3 2 0 1 0 3 1 2 2 0 3 1 1 0 2 3 0 2',
      '🍎🍋🍇🍉🍉🍎🍋🍋🍇🍎🍉🍇🍋🍎🍎🍇🍉🍋🍇🍇🍎🍉🍋🍎🍇🍉🍋🍋🍎🍇🍇🍉🍎🍋🍉🍎🍇🍋🍋🍉🍎🍎🍇🍉🍇🍋🍎🍉',
    ],
    noMatch: [
      '[==================>                             ] 38 %',
      '0110100010111010011101001010001110101010010111010001011010111010',
      '01201120210021201201120012102012201021120012102210201201',
      '1101,1102,1103,1201,1202,1203,1301,1302,1303,2101,2102,2103,2201,2202,2203',
      '1101,2203,1102,1213,2112,1301,2102,2311,1203,1312,2101,2213,1103,2302,1211,2313',
      '10:32:01 12:13:20 11:30:13 10:02:31 12:21:03 13:10:22 10:12:30 11:03:21',
      '1234123412341234123412341234123412341234123412341234',
      'aaaaaaaaaaaabbbbbbbbbbbbccccccccccccccdddddddddddddddaaaaaaaaa',
      '+------+------+------+------+------+------+------+------+|      |',
      '0.1, 0.2, 0.3, 0.1, 0.3, 0.2, 0.2, 0.1, 0.3, 0.1, 0.2, 0.3, 0.2, 0.1, 0.1, 0.3',
    ],
  },
} as const satisfies TextDetector
