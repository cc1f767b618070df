import { Buffer, isUtf8 } from 'node:buffer'
import type { TextCoding } from './coding.ts'
import { spend } from './coding.ts'

const BACKSLASH =
  /\\(?:u\{([\dA-Fa-f]{1,6})\}|u([\dA-Fa-f]{4})|U([\dA-Fa-f]{8})|x([\dA-Fa-f]{2})|([0-3][0-7]{2})|([nrtbfv0"'\\/]))/g
const NAMED: Record<string, string> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f', v: '\v', '0': '\0' }

/** The character of a code point; the replacement character for a number that is none. */
const character = (digits: string, radix: number): string => {
  const point = Number.parseInt(digits, radix)
  return point <= 0x10ffff ? String.fromCodePoint(point) : '\ufffd'
}

/** `\\360` and `\\xf0`: such escapes write octets, and several of them a character in UTF-8. */
const WIDE_OCTET = /\\(?:x[89A-Fa-f][\dA-Fa-f]|[23][0-7]{2})/

/** The text that octets in the place of characters spell in UTF-8; as it is when they spell none. */
const readAsOctets = (text: string): string => {
  if (/[\u0100-\uffff]/.test(text)) return text
  const octets = Buffer.from(text, 'latin1')
  return isUtf8(octets) ? octets.toString('utf8') : text
}

/** Backslash escapes left in a text: those of JSON, of C, and of shells. */
export const backslash = {
  id: 'backslash',
  needs: [{ has: '\\', length: 8 }],
  *undo(text, budget) {
    const plain = text.replace(
      BACKSLASH,
      (_, braced?: string, short?: string, long?: string, octet?: string, octal?: string, named?: string) => {
        const hex = braced ?? short ?? long ?? octet
        if (hex !== undefined) return character(hex, 16)
        return octal === undefined ? (NAMED[named!] ?? named!) : character(octal, 8)
      },
    )
    if (plain === text) return
    spend(budget, plain.length)
    yield { kind: 'text', text: WIDE_OCTET.test(text) ? readAsOctets(plain) : plain }
  },
} as const satisfies TextCoding

const ENTITY = /&(?:#(\d{1,7})|#[xX]([\dA-Fa-f]{1,6})|(amp|lt|gt|quot|apos|nbsp|Tab|NewLine));?/g
const ENTITIES: Record<string, string> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
  Tab: '\t',
  NewLine: '\n',
}

/** Character references of HTML and XML. */
export const entity = {
  id: 'entity',
  needs: [{ has: '&', length: 8 }],
  *undo(text, budget) {
    const plain = text.replace(ENTITY, (_, decimal?: string, hex?: string, name?: string) => {
      if (name !== undefined) return ENTITIES[name]!
      return decimal === undefined ? character(hex!, 16) : character(decimal, 10)
    })
    if (plain === text) return
    spend(budget, plain.length)
    yield { kind: 'text', text: plain }
  },
} as const satisfies TextCoding

const QUOTED = /=(?:[\dA-F]{2}|\r?\n)/g
const FEWEST = 4

/** Quoted-printable (RFC 2045 section 6.7): at least four escapes, because `a=12` is common elsewhere. */
export const quotedPrintable = {
  id: 'quoted-printable',
  needs: [{ has: '=', length: 12 }],
  *undo(text, budget) {
    let escapes = 0
    const octets = text.replace(QUOTED, escape => {
      escapes++
      return escape.length === 3 && escape.charCodeAt(1) > 32
        ? String.fromCharCode(Number.parseInt(escape.slice(1), 16))
        : ''
    })
    if (escapes < FEWEST) return
    spend(budget, octets.length)
    yield {
      kind: 'text',
      text: /[\u0100-\uffff]/.test(octets) ? octets : Buffer.from(octets, 'latin1').toString('utf8'),
    }
  },
} as const satisfies TextCoding
