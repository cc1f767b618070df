/**
 * Raw deflate (RFC 1951) of a few octets, in plain code. Identifiers read as base64 give such octets by the thousand; hardly any are a
 * stream, and to have zlib say so takes a context of 40 KB and an exception for each. What it gives is what zlib gives.
 */

/** What was read: all of a stream, or what there was of one that was cut off. */
export type Inflated = {
  readonly bytes: Uint8Array
  /** Octets up to the end of the stream; -1 where it was cut off. */
  readonly consumed: number
}

/** Octets that are read, and given, at the most: longer streams are left to zlib. */
const MOST_INPUT = 2 ** 10
const MOST_OUTPUT = 2 ** 15

const ENDED = -1
const INVALID = -2
/** It gives more than is kept here. */
const LONG = -3
const LONGEST_CODE = 15

/** A canonical Huffman code: how many codes there are of each length, and their symbols in order. */
type Code = { readonly counts: Uint16Array; readonly symbols: Uint16Array; longest: number }

const emptyCode = (symbols: number): Code => ({
  counts: new Uint16Array(LONGEST_CODE + 1),
  symbols: new Uint16Array(symbols),
  longest: 1,
})

const offsets = new Uint16Array(LONGEST_CODE + 2)

/** Makes a code from the lengths of its symbols. @returns what is left of the codes: 0 when complete, less than 0 when over-subscribed */
const build = (code: Code, lengths: Uint8Array, from: number, count: number): number => {
  const { counts, symbols } = code
  counts.fill(0)
  for (let symbol = 0; symbol < count; symbol++) counts[lengths[from + symbol]!]!++
  counts[0] = 0
  let left = 1
  code.longest = 1
  for (let length = 1; length <= LONGEST_CODE; length++) {
    left = 2 * left - counts[length]!
    if (left < 0) return left
    if (counts[length]! > 0) code.longest = length
    offsets[length + 1] = (length === 1 ? 0 : offsets[length]!) + counts[length]!
  }
  offsets[1] = 0
  for (let symbol = 0; symbol < count; symbol++) {
    const length = lengths[from + symbol]!
    if (length > 0) symbols[offsets[length]!++] = symbol
  }
  return left
}

/** Only a code of one symbol, or none, may leave codes over. */
const isSound = (left: number, { longest }: Code): boolean => left === 0 || (left > 0 && longest === 1)

const LITERALS = 288
const DISTANCES = 30
const fixedLengths = new Uint8Array(LITERALS + DISTANCES)
fixedLengths.fill(8, 0, 144).fill(9, 144, 256).fill(7, 256, 280).fill(8, 280, LITERALS).fill(5, LITERALS)
const fixedLiterals = emptyCode(LITERALS)
const fixedDistances = emptyCode(DISTANCES)
build(fixedLiterals, fixedLengths, 0, LITERALS)
build(fixedDistances, fixedLengths, LITERALS, DISTANCES)

/** Of the block at hand. */
const literals = emptyCode(LITERALS)
const distances = emptyCode(32)
const lengthCode = emptyCode(19)
const lengths = new Uint8Array(LITERALS + 32)
/** The order of the lengths of the code of lengths (RFC 1951 section 3.2.7). */
const ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]

/** Bits behind the code of a length (257 to 285) and of a distance (0 to 29), and what they are added to (RFC 1951 section 3.2.5). */
const lengthBits = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0]
const lengthBases = lengthBits.map((bits, code) =>
  code < 8 ? code + 3 : code === 28 ? 258 : ((4 + (code & 3)) << bits) + 3,
)
const distanceBits = Array.from({ length: DISTANCES }, (_, code) => Math.max(0, (code >> 1) - 1))
const distanceBases = distanceBits.map((bits, code) => (code < 4 ? code + 1 : ((2 + (code & 1)) << bits) + 1))

const output = new Uint8Array(MOST_OUTPUT + 258)

class Reader {
  readonly #bytes: Uint8Array
  readonly #end: number
  /** The next bit. */
  #at = 0
  #written = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#end = 8 * bytes.length
  }

  read(): Inflated | 'invalid' | 'long' {
    for (;;) {
      const isLast = this.#take(1)
      const state = this.#block()
      if (state === INVALID) return 'invalid'
      if (state === LONG) return 'long'
      if (state === ENDED || isLast === 1) {
        const consumed = state === ENDED ? -1 : (this.#at + 7) >> 3
        return { bytes: output.slice(0, this.#written), consumed }
      }
    }
  }

  /** Bits as a number, the lowest first; `ENDED` when there are fewer. */
  #take(width: number): number {
    if (this.#at + width > this.#end) return ENDED
    let value = 0
    for (let bit = 0; bit < width; bit++, this.#at++)
      value |= ((this.#bytes[this.#at >> 3]! >> (this.#at & 7)) & 1) << bit
    return value
  }

  /** A symbol of a code, whose bits come the highest first. */
  #symbol({ counts, symbols, longest }: Code): number {
    let code = 0
    let first = 0
    let index = 0
    for (let length = 1; length <= longest; length++) {
      if (this.#at >= this.#end) return ENDED
      code |= (this.#bytes[this.#at >> 3]! >> (this.#at & 7)) & 1
      this.#at++
      const count = counts[length]!
      if (code - first < count) return symbols[index + code - first]!
      index += count
      first = (first + count) << 1
      code <<= 1
    }
    return INVALID
  }

  /** One block. @returns 0 when it is over */
  #block(): number {
    switch (this.#take(2)) {
      case 0:
        return this.#stored()
      case 1:
        return this.#symbols(fixedLiterals, fixedDistances)
      case 2: {
        const state = this.#codes()
        return state === 0 ? this.#symbols(literals, distances) : state
      }
      case 3:
        return INVALID
      default:
        return ENDED
    }
  }

  #stored(): number {
    this.#at = (this.#at + 7) & ~7
    const length = this.#take(16)
    const complement = this.#take(16)
    if (length < 0 || complement < 0) return ENDED
    if ((length ^ complement) !== 0xffff) return INVALID
    const from = this.#at >> 3
    const to = Math.min(from + length, this.#bytes.length)
    if (this.#written + to - from > MOST_OUTPUT) return LONG
    output.set(this.#bytes.subarray(from, to), this.#written)
    this.#written += to - from
    this.#at = 8 * to
    return to - from < length ? ENDED : 0
  }

  /** The codes of a block that brings its own (RFC 1951 section 3.2.7). */
  #codes(): number {
    const ofLiterals = this.#take(5) + 257
    const ofDistances = this.#take(5) + 1
    const ofLengths = this.#take(4) + 4
    if (ofLiterals < 257 || ofDistances < 1 || ofLengths < 4) return ENDED
    if (ofLiterals > 286 || ofDistances > DISTANCES) return INVALID
    lengths.fill(0, 0, 19)
    for (let index = 0; index < ofLengths; index++) {
      const length = this.#take(3)
      if (length < 0) return ENDED
      lengths[ORDER[index]!] = length
    }
    if (build(lengthCode, lengths, 0, 19) !== 0) return INVALID
    const state = this.#lengths(ofLiterals + ofDistances)
    if (state !== 0) return state
    if (lengths[256] === 0) return INVALID
    if (!isSound(build(literals, lengths, 0, ofLiterals), literals)) return INVALID
    return isSound(build(distances, lengths, ofLiterals, ofDistances), distances) ? 0 : INVALID
  }

  /** Lengths of codes, with runs: 16 repeats the one before, 17 and 18 are zeros. */
  #lengths(count: number): number {
    for (let index = 0; index < count;) {
      const symbol = this.#symbol(lengthCode)
      if (symbol < 0) return symbol
      if (symbol < 16) {
        lengths[index++] = symbol
        continue
      }
      const more = this.#take(symbol === 16 ? 2 : symbol === 17 ? 3 : 7)
      if (more < 0) return ENDED
      if (symbol === 16 && index === 0) return INVALID
      const times = more + (symbol === 18 ? 11 : 3)
      if (index + times > count) return INVALID
      lengths.fill(symbol === 16 ? lengths[index - 1]! : 0, index, index + times)
      index += times
    }
    return 0
  }

  /** Literals and copies up to the end of a block. */
  #symbols(ofLiterals: Code, ofDistances: Code): number {
    for (;;) {
      const symbol = this.#symbol(ofLiterals)
      if (symbol < 0) return symbol
      if (symbol === 256) return 0
      if (this.#written >= MOST_OUTPUT) return LONG
      if (symbol < 256) output[this.#written++] = symbol
      else {
        const state = this.#copy(symbol - 257, ofDistances)
        if (state !== 0) return state
      }
    }
  }

  /** Octets that were there before. */
  #copy(code: number, ofDistances: Code): number {
    if (code >= lengthBits.length) return INVALID
    const longer = this.#take(lengthBits[code]!)
    const symbol = longer < 0 ? ENDED : this.#symbol(ofDistances)
    if (symbol < 0) return symbol
    const farther = this.#take(distanceBits[symbol]!)
    if (farther < 0) return ENDED
    const distance = distanceBases[symbol]! + farther
    if (distance > this.#written) return INVALID
    for (let left = lengthBases[code]! + longer; left > 0; left--, this.#written++)
      output[this.#written] = output[this.#written - distance]!
    return 0
  }
}

/**
 * Reads octets as raw deflate. `invalid`: zlib would not have them either. `long`: it goes on beyond what is read here.
 * The same as zlib with `Z_SYNC_FLUSH`: a stream that was cut off gives what it holds so far.
 */
export const inflateShort = (bytes: Uint8Array): Inflated | 'invalid' | 'long' => {
  const read = new Reader(bytes.length > MOST_INPUT ? bytes.subarray(0, MOST_INPUT) : bytes).read()
  return typeof read === 'object' && read.consumed < 0 && bytes.length > MOST_INPUT ? 'long' : read
}
