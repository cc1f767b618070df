import { Buffer } from 'node:buffer'
import type { TextCoding } from './coding.ts'
import { spend } from './coding.ts'
import { textOf } from './plain-text.ts'

const ESCAPE = /%[\dA-Fa-f]{2}/
const ESCAPES = /(?:%[\dA-Fa-f]{2})+/g

const octets = (escapes: string): Buffer => Buffer.from(escapes.replaceAll('%', ''), 'hex')

/** Percent-encoding (RFC 3986 section 2.1). Octets that are not UTF-8 stand as Latin-1 in the text, and are also given as bytes. */
export const percent = {
  id: 'percent',
  gate: (traits, text) => traits.hasPercent && ESCAPE.test(text),
  *undo(text, budget) {
    spend(budget, text.length)
    const binary: Buffer[] = []
    const plain = text.replace(ESCAPES, escapes => {
      const bytes = octets(escapes)
      const decoded = textOf(bytes)
      if (decoded !== undefined) return decoded
      if (bytes.length >= 8) binary.push(bytes)
      return bytes.toString('latin1')
    })
    yield { kind: 'text', text: plain }
    for (const bytes of binary) yield { kind: 'bytes', bytes }
  },
} as const satisfies TextCoding
