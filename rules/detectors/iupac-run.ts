import type { Span, TextDetector } from '../detector.ts'
import { baseAt, distinctBases, emptyTally, count, minority, reset } from './parts/nucleotides.ts'

const LEAST = 40
const SHARE = 0.7

const ambiguous = new Uint8Array(128)
for (const letter of 'RYSWKMBDHVryswkmbdhv') ambiguous[letter.charCodeAt(0)] = 1

/**
 * A run of at least 40 letters of the whole IUPAC nucleotide alphabet, at least 70 % of them A C G T U N.
 *
 * The full alphabet is half of all letters, so short runs mean nothing: glued words reach 27, 1 KiB of base64
 * reaches 25. At 40 letters base64 has (32/64)^40 = 1e-12 a place before the 70 % is asked for; hexadecimal fails for
 * want of a third base.
 */
export const iupacRun = {
  kind: 'text',
  id: 'iupac-run',
  title: 'Run of nucleotides with ambiguity codes',
  category: 'sequence',
  source: 'Cornish-Bowden 1985, Nucleic Acids Res 13:3021 (IUPAC codes)',
  needs: [{ letterRun: LEAST, bases: LEAST * SHARE }],
  find({ text }) {
    const spans: Span[] = []
    const tally = emptyTally()
    let start = 0
    for (let index = 0; index <= text.length; index++) {
      const code = index < text.length ? text.charCodeAt(index) : 0
      const base = code < 128 ? baseAt[code]! : 0
      if (base !== 0) count(tally, base)
      else if (code > 127 || ambiguous[code] === 0) {
        const length = index - start
        if (length >= LEAST && tally.total >= SHARE * length && distinctBases(tally) >= 3 && minority(tally) >= 8)
          spans.push({ start, end: index })
        start = index + 1
        reset(tally)
      }
    }
    return spans
  },
  examples: {
    match: ['ACRTGCANTGMACGTACRTGCANTGMACGTACRTGCANTGMACGT'],
    noMatch: [
      'transductantstachyarrhythmia',
      'RYSWKMBDHVRYSWKMBDHVRYSWKMBDHVRYSWKMBDHVRYSWKMBDHV',
      'cabcabcabdabadbacbadbcabdcbadbcabdbcabdbacbdabcdbacb',
    ],
  },
} as const satisfies TextDetector
