import { randomUUID } from 'node:crypto'

/**
 * A new UUIDv7: 48 bits of Unix time in milliseconds, then 74 random bits. Sorts by the millisecond it was made in.
 * @param now - milliseconds since 1970
 * @see RFC 9562 section 5.7
 */
export const uuidV7 = (now: number = Date.now()): string => {
  const time = now.toString(16).padStart(12, '0')
  // Those bits of a UUIDv4 are random as well, and Node draws them in batches.
  const random = randomUUID()
  return `${time.slice(0, 8)}-${time.slice(8)}-7${random.slice(15)}`
}
