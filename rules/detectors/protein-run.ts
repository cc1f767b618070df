import type { Span, TextDetector } from '../detector.ts'
import { spansOf } from './parts/pattern-spans.ts'

const LEAST = 40
const LEAST_DISTINCT = 12
const GROUP = 10

/** Bit of each amino-acid letter among A-Z; 0 for B J O U X Z. */
const acid = new Uint32Array(128)
for (const letter of 'ACDEFGHIKLMNPQRSTVWY') acid[letter.charCodeAt(0)] = 1 << (letter.charCodeAt(0) - 65)

const distinct = (mask: number): number => {
  let bits = 0
  for (let rest = mask; rest !== 0; rest &= rest - 1) bits++
  return bits
}

const CODES =
  'Ala|Arg|Asn|Asp|Cys|Gln|Glu|Gly|His|Ile|Leu|Lys|Met|Phe|Pro|Ser|Thr|Trp|Tyr|Val|' +
  'ALA|ARG|ASN|ASP|CYS|GLN|GLU|GLY|HIS|ILE|LEU|LYS|MET|PHE|PRO|SER|THR|TRP|TYR|VAL'
/** Fifteen three-letter codes; each step consumes a code that no separator can be mistaken for. */
const THREE_LETTER = new RegExp(`(?<![A-Za-z])(?:(?:${CODES})[-\\s,;.]{0,2}){15,400}(?![a-z])`, 'g')

const oneLetterSpans = (text: string): Span[] => {
  const spans: Span[] = []
  let start = 0
  let letters = 0
  let group = 0
  let mask = 0
  for (let index = 0; index <= text.length; index++) {
    const code = index < text.length ? text.charCodeAt(index) : 0
    const bit = code < 128 ? acid[code]! : 0
    if (bit !== 0) {
      if (letters++ === 0) start = index
      group++
      mask |= bit
      continue
    }
    const blank = code === 32 || code === 10 || code === 13
    if (blank && (group === 0 || group >= GROUP) && letters > 0) {
      group = 0
      continue
    }
    if (letters >= LEAST && distinct(mask) >= LEAST_DISTINCT) spans.push({ start, end: index })
    letters = group = mask = 0
  }
  return spans
}

/**
 * At least 40 upper-case amino-acid letters with 12 different ones and none of B J O U X Z, in one run or in groups of
 * 10 or more (as GenBank and FASTA print them); or 15 three-letter codes in a row.
 *
 * Chance of a false hit: base32 (20/32)^40 = 7e-9 a place; base64 (20/64)^40 = 6e-21; hexadecimal 0 (at most six
 * different letters); upper-case prose breaks at short words and at O and U.
 */
export const proteinRun = {
  kind: 'text',
  id: 'protein-run',
  title: 'Run of amino acids',
  category: 'sequence',
  source: 'IUPAC-IUB 1984, Eur J Biochem 138:9 (one- and three-letter codes)',
  needs: [{ upper: 15, letters: LEAST }],
  find: ({ text }) => [...oneLetterSpans(text), ...spansOf(text, THREE_LETTER)],
  examples: {
    match: [
      'MKVLAAGIVGLLLAQWERTYHDCNPSFKMKVLAAGIVGLLL',
      'MKVLAAGIVG LLLAQWERTY HDCNPSFKMK VLAAGIVGLL',
      'Met-Lys-Val-Leu-Ala-Ala-Gly-Ile-Val-Gly-Leu-Leu-Leu-Ala-Gln',
    ],
    noMatch: [
      'INSTRUMENT PERFORMANCE CALIBRATION TEMPERATURE REPORT',
      'MKVLAAGIVGLLLAQWERTYHDCNPSF',
      'ACDEACDEACDEACDEACDEACDEACDEACDEACDEACDEACDE',
      'Pro Met Ser',
    ],
  },
} as const satisfies TextDetector
