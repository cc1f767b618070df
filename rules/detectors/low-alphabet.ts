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
 * five kinds, at 1.7 bits or more, and no repetition at any distance up to 12.
 *
 * Chance that 48 symbols have at most five kinds, C(n,5)·(5/n)^48: base64 (n = 64) 2e-46, hexadecimal (16) 2e-21, decimal digits (10) 9e-13; a
 * megabyte of random digits holds one with 9e-7. Bits and three states have too little entropy; progress bars, rulers, tables, tile lists and
 * columns of numbers come again at some distance. What states of four kinds do at random, one a place, is the same thing as
 * sequence: 48 of them in a string are found. Not for number arrays, where lanes and bins are columns.
 */
export const lowAlphabet = {
  kind: 'text',
  id: 'low-alphabet',
  title: 'Sequence in another alphabet',
  category: 'sequence',
  source:
    'Shannon 1951, Bell System Technical Journal 30:50 (entropy of symbols); thresholds measured on InterOp columns and random identifiers',
  spelledByNumbers: false,
  needs: [{ length: LEAST }],
  find({ text }) {
    const spans: Span[] = []
    const symbols = symbolsOf(text)
    for (const { start, end, counts } of stretchesOf(symbols))
      if (entropy(counts, end - start) >= LEAST_ENTROPY && !repeats(symbols.points, start, end))
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
      '1234123412341234123412341234123412341234123412341234',
      'aaaaaaaaaaaabbbbbbbbbbbbccccccccccccccdddddddddddddddaaaaaaaaa',
      '+------+------+------+------+------+------+------+------+|      |',
      '0.1, 0.2, 0.3, 0.1, 0.3, 0.2, 0.2, 0.1, 0.3, 0.1, 0.2, 0.3, 0.2, 0.1, 0.1, 0.3',
    ],
  },
} as const satisfies TextDetector
