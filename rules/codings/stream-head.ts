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

/** Whether octets can be the head of a raw deflate stream. One in four random blobs can, those of type 1. */
export const mayBeDeflate = (bytes: Uint8Array): boolean => {
  const take = bitsOf(bytes)
  take(1)
  switch (take(2)) {
    case 0:
      return (bytes[1]! ^ bytes[3]!) === 255 && (bytes[2]! ^ bytes[4]!) === 255
    case 1:
      return true
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

/** Whether octets can be the head of a brotli stream whose first meta-block is no shorter than their number allows (RFC 7932 section 9). */
export const mayBeBrotli = (bytes: Uint8Array): boolean => {
  const take = bitsOf(bytes)
  if (!skipWindow(take)) return false
  if (take(1) === 1 && take(1) === 1) return false
  const nibbles = take(2)
  if (nibbles === 3) return take(1) === 0
  let length = 1
  for (let nibble = 0; nibble < nibbles + 4; nibble++) {
    const digit = take(4)
    if (nibble > 3 && nibble === nibbles + 3 && digit === 0) return false
    length += digit * 16 ** nibble
  }
  return length >= Math.min(bytes.length / 2, SHORTEST_META_BLOCK)
}
