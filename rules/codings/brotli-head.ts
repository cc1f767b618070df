/** A cheap look at the first bits of a brotli stream, which has no magic, so that few octets that are none are tried at all. */

/** Reads little-endian bit fields; 0 beyond the end. */
const bitsOf = (bytes: Uint8Array): ((width: number) => number) => {
  let at = 0
  return width => {
    let value = 0
    for (let bit = 0; bit < width; bit++, at++) value |= (((bytes[at >> 3] ?? 0) >> (at & 7)) & 1) << bit
    return value
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
