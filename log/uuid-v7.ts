import { randomBytes } from 'node:crypto'

/**
 * A new UUIDv7: 48 bits of Unix time in milliseconds, then 74 random bits. Sorts by the millisecond it was made in.
 * @param now - milliseconds since 1970
 * @see RFC 9562 section 5.7
 */
export const uuidV7 = (now: number = Date.now()): string => {
  const bytes = randomBytes(16)
  bytes.writeUIntBE(now, 0, 6)
  bytes[6] = (bytes[6]! & 0x0f) | 0x70
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  const hex = bytes.toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}
