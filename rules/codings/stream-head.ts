/** Cheap looks at the first bits of streams without magic, so that few octets that are no such stream are tried at all. */

/** Reads little-endian bit fields, as deflate and brotli write them; 0 beyond the end. */
const bitsOf = (bytes: Uint8Array): ((width: number) => number) => {
  let at = 0
  return width => {
    let value = 0
    for (let bit = 0; bit < width; bit++, at++) value |= (((bytes[at >> 3] ?? 0) >> (at & 7)) & 1) << bit
    return value
  }
}

/** Whether the code length code of a dynamic block is complete: the sum of 2^-length is 1 (RFC 1951 section 3.2.7). */
const hasCompleteCode = (take: (width: number) => number): boolean => {
  const literals = take(5)
  const distances = take(5)
  const lengths = take(4) + 4
  let sum = 0
  for (let index = 0; index < lengths; index++) {
    const length = take(3)
    if (length > 0) sum += 128 >> length
  }
  return literals <= 29 && distances <= 29 && sum === 128
}

/** Bits behind the code of a length (257 to 285) and of a distance (0 to 29) (RFC 1951 section 3.2.5). */
const lengthBits = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0]
const lengthBases = lengthBits.map((bits, code) =>
  code < 8 ? code + 3 : code === 28 ? 258 : ((4 + (code & 3)) << bits) + 3,
)
const distanceBits = Array.from({ length: 30 }, (_, code) => Math.max(0, (code >> 1) - 1))
const distanceBases = distanceBits.map((bits, code) => (code < 4 ? code + 1 : ((2 + (code & 1)) << bits) + 1))

/** Symbols that are looked at: by then, hardly any random bits have not reached behind the beginning. */
const MOST_SYMBOLS = 48

/** A Huffman code begins with its highest bit, unlike everything else in deflate. */
const takeCode = (take: (width: number) => number, width: number, code = 0): number => {
  let value = code
  for (let bit = 0; bit < width; bit++) value = (value << 1) | take(1)
  return value
}

/** A symbol of the fixed code (RFC 1951 section 3.2.6): a literal, 256 for the end, or the code of a length. */
const fixedSymbol = (take: (width: number) => number): number => {
  const seven = takeCode(take, 7)
  if (seven <= 0b001_0111) return 256 + seven
  const eight = takeCode(take, 1, seven)
  if (eight <= 0b1011_1111) return eight - 0b0011_0000
  return eight <= 0b1100_0111 ? 280 + eight - 0b1100_0000 : takeCode(take, 1, eight) - 0b1_1001_0000 + 144
}

/** Whether a block with the fixed code begins with symbols that there are, and copies nothing from before its beginning. */
const hasSoundSymbols = (take: (width: number) => number): boolean => {
  for (let symbols = 0, written = 0; symbols < MOST_SYMBOLS; symbols++) {
    const symbol = fixedSymbol(take)
    if (symbol === 256) return symbols > 0
    if (symbol < 256) {
      written++
      continue
    }
    if (symbol > 285) return false
    const length = lengthBases[symbol - 257]! + take(lengthBits[symbol - 257]!)
    const code = takeCode(take, 5)
    if (code > 29 || distanceBases[code]! + take(distanceBits[code]!) > written) return false
    written += length
  }
  return true
}

/** Whether octets can be the head of a raw deflate stream. */
export const mayBeDeflate = (bytes: Uint8Array): boolean => {
  const take = bitsOf(bytes)
  take(1)
  switch (take(2)) {
    case 0:
      return (bytes[1]! ^ bytes[3]!) === 255 && (bytes[2]! ^ bytes[4]!) === 255
    case 1:
      return hasSoundSymbols(take)
    case 2:
      return hasCompleteCode(take)
    default:
      return false
  }
}

/** Skips the window size. False for the encoding that only large-window brotli has. */
const skipWindow = (take: (width: number) => number): boolean => take(1) === 0 || take(3) !== 0 || take(3) !== 1

/** Encoders cut meta-blocks no shorter than this while there is more to come. */
const SHORTEST_META_BLOCK = 2 ** 10
/** So few octets are compressed with one kind of block each for literals, commands and distances: more would cost more than they save. */
const MOST_SIMPLE = 256

/** Whether octets can be the head of a brotli stream whose first meta-block is no shorter than their number allows (RFC 7932 section 9). */
export const mayBeBrotli = (bytes: Uint8Array): boolean => {
  const take = bitsOf(bytes)
  if (!skipWindow(take)) return false
  const isLast = take(1) === 1
  if (isLast && take(1) === 1) return false
  const nibbles = take(2)
  if (nibbles === 3) return !isLast && take(1) === 0
  let length = 1
  for (let nibble = 0; nibble < nibbles + 4; nibble++) {
    const digit = take(4)
    if (nibble > 3 && nibble === nibbles + 3 && digit === 0) return false
    length += digit * 16 ** nibble
  }
  if (length < Math.min(bytes.length / 2, SHORTEST_META_BLOCK)) return false
  const isStored = !isLast && take(1) === 1
  if (isStored) return length <= bytes.length
  return bytes.length > MOST_SIMPLE || (take(1) | take(1) | take(1)) === 0
}
