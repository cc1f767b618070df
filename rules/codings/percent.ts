import { Buffer } from 'node:buffer'
import type { TextCoding } from './coding.ts'
import { spend } from './coding.ts'
import { plain } from './plain-text.ts'

const ESCAPE = /%[\dA-Fa-f]{2}/
const PERCENT = 37

/** The value of a hexadecimal digit; not a number when it is none. */
const nibble = (octet: number | undefined): number => Number.parseInt(String.fromCharCode(octet ?? 0), 16)

const octetsOf = (text: string): Uint8Array => {
  const octets = Buffer.from(text)
  let length = 0
  for (let index = 0; index < octets.length; index++) {
    const value = octets[index] === PERCENT ? 16 * nibble(octets[index + 1]) + nibble(octets[index + 2]) : Number.NaN
    if (Number.isNaN(value)) octets[length++] = octets[index]!
    else {
      octets[length++] = value
      index += 2
    }
  }
  return octets.subarray(0, length)
}

/** Percent-encoding (RFC 3986 section 2.1). What is not UTF-8 then is given as bytes. */
export const percent = {
  id: 'percent',
  needs: [{ has: '%', length: 8 }],
  *undo(text, budget) {
    if (!ESCAPE.test(text)) return
    spend(budget, text.length)
    yield plain(octetsOf(text))
  },
} as const satisfies TextCoding
