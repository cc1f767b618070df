import { Buffer } from 'node:buffer'
import type { TextCoding } from './coding.ts'

/**
 * Ways to write a text with its own letters, which a person undoes by looking: ROT13, and from the end to the beginning. To undo them always
 * would be to look at everything twice, so they are undone where something says that they were used. They make a text no longer, so they cost nothing of the
 * budget.
 */

/** What stands before a digit in identifiers of variants, markers, transcripts and archives. */
const prefixes = [
  'chr',
  'rs',
  'NM_',
  'NC_',
  'NP_',
  'NG_',
  'XM_',
  'ENST',
  'ENSG',
  'ENSP',
  'SRR',
  'ERR',
  'DRR',
  'EGAN',
  'SAMN',
  'SQ.',
]
/** Words of file formats, reports and addresses. */
const words = [
  'fileformat=VCF',
  'CIGAR',
  'gff-version',
  'MD:Z:',
  'slow5_version',
  'sequence',
  'sample',
  'patient',
  'runid=',
  'refget',
  'CODIS',
  'NON_REF',
  'HLA-',
  'DRB1',
  'CYP2C',
  'CYP2D',
]

const rotatedCode = (code: number): number => {
  const letter = code | 32
  if (letter < 97 || letter > 122) return code
  return letter < 110 ? code + 13 : code - 13
}

const rotateAny = (text: string): string => {
  const codes = new Uint16Array(text.length)
  for (let index = 0; index < text.length; index++) codes[index] = rotatedCode(text.charCodeAt(index))
  return Buffer.from(codes.buffer).toString('utf16le')
}

const scratch = Buffer.alloc(256)

/** Identifiers, which come anew with each message, are turned without an allocation but the result's: four times as fast. */
const rotate = (text: string): string => {
  if (text.length > scratch.length) return rotateAny(text)
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code > 127) return rotateAny(text)
    scratch[index] = rotatedCode(code)
  }
  return scratch.toString('latin1', 0, text.length)
}

const reverse = (text: string): string => Array.from(text).toReversed().join('')

const literal = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
const anyOf = (texts: readonly string[]): string => texts.map(literal).join('|')

const SHORTEST_ROT13 = 8
/** What letters of a kind become: read names of MGI and PacBio, a change of an amino acid or of a base. */
const turnedShapes = [
  String.raw`[A-Z]{1,3}\d{6,12}Y\dP\d{3}E\d`,
  String.raw`z\d{5}r?H?_\d{6}_\d{6}(?:_f\d)?/\d{1,12}/`,
  String.raw`p\.[A-Z][a-z]{2}\d+[A-Z][a-z]{2}`,
  '[NPGT]>[NPGT](?![A-Za-z])',
]
const turnedWords = new RegExp(
  String.raw`(?<![A-Za-z])(?:(?:${anyOf(prefixes.map(rotate))})\d|(?:${anyOf(words.map(rotate))})|${turnedShapes.join('|')})`,
)
/**
 * What quality of `!` to `K` and the one-letter codes of 20 amino acids become. By chance, base32 has a run of the first with (17/32)^36 = 1e-10 a place, of
 * the second with (20/32)^40 = 7e-9; then it is looked at once more.
 */
const turnedStrings = /[N-X][!-@N-X]{35}|[ACDEFGIJLNPQRSTUVXYZ]{40}/

const isVowel = (letter: number): boolean =>
  letter === 97 || letter === 101 || letter === 105 || letter === 111 || letter === 117
/** What A, C, G, T, U and N become. */
const isTurnedBase = (letter: number): boolean =>
  letter === 110 || letter === 112 || letter === 116 || letter === 103 || letter === 104 || letter === 97

const TURNED_RUN = 8

/** What each letter says: a vowel, what becomes a vowel, and what becomes a base. */
const VOWEL = 1
const TURNED_VOWEL = 2
const TURNED_BASE = 4
const letters = new Uint8Array(128)
for (let code = 65; code <= 122; code++) {
  const letter = code | 32
  if (letter < 97 || letter > 122) continue
  if (isVowel(letter)) letters[code]! |= VOWEL
  if (isVowel(rotatedCode(letter))) letters[code]! |= TURNED_VOWEL
  if (isTurnedBase(letter)) letters[code]! |= TURNED_BASE
}

/** Whether turning makes it look more like language, or like nucleotides, than it does as it stands. */
const looksTurned = (text: string): boolean => {
  let balance = 0
  let run = 0
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    const says = code < 128 ? letters[code]! : 0
    if (says & VOWEL) balance--
    else if (says & TURNED_VOWEL) balance++
    run = says & TURNED_BASE ? run + 1 : 0
    if (run === TURNED_RUN) return true
  }
  return balance > 0 || turnedWords.test(text) || turnedStrings.test(text)
}

/** ROT13, where turning gives more vowels than there are, a run of bases, or a word or a shape that tells. */
export const rot13 = {
  id: 'rot13',
  once: true,
  needs: [{ letters: 2, length: SHORTEST_ROT13 }],
  *undo(text) {
    if (!looksTurned(text)) return
    yield { kind: 'text', text: rotate(text) }
  },
} as const satisfies TextCoding

/** RIGHT-TO-LEFT OVERRIDE and the like make a reader see the end first. */
const override = /[\u202b\u202e\u2067]/
const controls = /[\u202a-\u202e\u2066-\u2069]/g

/** Two words that end in capitals (`enaJ eoD`), a mail address from behind, the other end of an operation string, a read name or a locus. */
const shapes = [
  String.raw`[a-z][A-Z](?![A-Za-z])[^A-Za-z]{1,3}[a-z]+[A-Z](?![A-Za-z])`,
  String.raw`(?<![A-Za-z])(?:moc|gro|ude|ten|vog|rf|ed|se|ku|ac|ti)\.[A-Za-z.-]{2,40}@`,
  String.raw`(?<![A-Za-z0-9])(?:[MIDNSHPX=]\d{1,3}){3}`,
  String.raw`\d:\d{4,5}:[1-8]:[A-Z0-9]{5}`,
  String.raw`scc/\d|1/\d{9,}R`,
  String.raw`[12]/[0-9A-Z+]{1,30}#\d{1,6}:\d`,
  String.raw`(?<![A-Za-z0-9])\d{2,5}S(?:\d{1,2}|X|Y)D(?![A-Za-z0-9])`,
]
const backward = new RegExp(
  String.raw`\d(?:${anyOf(prefixes.map(reverse))})(?![A-Za-z])|${anyOf(words.map(reverse))}|${shapes.join('|')}`,
)

/** A text from its end to its beginning. Reversed runs of bases need no turning: they are found as they stand. */
export const reversed = {
  id: 'reversed',
  once: true,
  needs: [{ letters: 2, length: 8 }],
  *undo(text) {
    if (!override.test(text) && !backward.test(text)) return
    yield { kind: 'text', text: reverse(text.replace(controls, '')) }
  },
} as const satisfies TextCoding
