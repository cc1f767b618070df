import { lookOf, MOST_RUNS, runOf, type WordLooks } from './word-looks.ts'

/**
 * What one pass over a text tells cheaply, so that most detectors need not run. Every trait is a count, so that more of it can
 * only let more detectors run. A word is a run of ASCII letters and digits; anything else stands between words.
 */
export const traitNames = [
  /** UTF-16 code units. */
  'length',
  /** White space. */
  'blanks',
  'words',
  'colons',
  'dashes',
  /** Opening brackets of any kind: ( [ { <. */
  'brackets',
  'letters',
  'lower',
  'upper',
  /** Letters that are no hexadecimal digits. */
  'nonHex',
  /** Longest run of letters, and longest word of letters alone. */
  'letterRun',
  'letterWord',
  'longestWord',
  'digits',
  /** Longest run of digits. */
  'digitRun',
  /** Most digits in a row of words of digits alone, with nothing but the separators of numbers between them. */
  'digitChain',
  /** The same, of rows of two words or more. */
  'digitGroups',
  /** Words that begin with a digit. */
  'digitLed',
  /** 1 when there is no digit. */
  'noDigits',
  'nonDigits',
  'nonLetters',
  /** All but lower-case letters. */
  'nonLower',
  /** All but letters and digits. */
  'signs',
  /** Nucleotide letters (A C G T U N, either case) in all, their longest run, and the longest word of them alone. */
  'bases',
  'baseRun',
  'baseWord',
  /** Longest run of characters of the base64 and base64url alphabets. */
  'base64Run',
  'hexRun',
  /** Code units beyond ASCII. */
  'beyond',
] as const

export type Trait = (typeof traitNames)[number]

/** Marks whose presence is noted, a bit for each. A carriage return counts as a line feed. */
export const marks = '\t\n @%.:/\\=#+"[{&>;^|-_(,<'

const DIGIT = 1
const UPPER = 2
const LOWER = 4
const BASE = 8
const HEX = 16
const BASE64 = 32
const LETTER = UPPER | LOWER
const WORD = LETTER | DIGIT
const BLANK = 64
const BRACKET = 128
/** What stands between the groups of a number: 030 / 901820, 123-45-6789, +44 (0)20 7946 0958. */
const JOINT = 256

const classes = new Uint16Array(128)
const assign = (characters: string, bits: number): void => {
  for (const character of characters) classes[character.charCodeAt(0)]! |= bits
}
assign('0123456789', DIGIT | BASE64 | HEX)
assign('ABCDEFGHIJKLMNOPQRSTUVWXYZ', UPPER | BASE64)
assign('abcdefghijklmnopqrstuvwxyz', LOWER | BASE64)
assign('ACGTUNacgtun', BASE)
assign('abcdefABCDEF', HEX)
assign('+/-_=', BASE64)
assign('\t\n\v\f\r ', BLANK)
assign('([{<', BRACKET)
assign(' .-/|()+', JOINT)

const markBits = new Int32Array(128)
for (let bit = 0; bit < marks.length; bit++) markBits[marks.charCodeAt(bit)] = 1 << bit
markBits[13] = markBits[10]!

/** The bits of some marks. @throws Error for a character that is none of `marks` */
export const bitsOfMarks = (characters: string): number => {
  let bits = 0
  for (const character of characters) {
    if (!marks.includes(character)) throw new Error(`the presence of ${JSON.stringify(character)} is not noted`)
    bits |= markBits[character.charCodeAt(0)]!
  }
  return bits
}

/** Marks for which Unicode has others that detectors take for them: dashes and blanks. */
const DISGUISED = bitsOfMarks('- ')

/** Every bit that a look may have. */
const ANY_LOOK = 0x7fff_ffff

/** What is counted of a text: `traitNames` in their order, then the bits of the marks that occur, and of the looks of its words. */
export type Counts = Int32Array
export const MARKS = traitNames.length
export const LOOKS = MARKS + 1
export const emptyCounts = (): Counts => new Int32Array(traitNames.length + 2)

/**
 * Classifies a text in one pass over its UTF-16 code units. In a text with characters beyond ASCII, which may be letters, digits or
 * separators, whatever depends on where words begin and end is estimated high.
 */
export const countTraits = (text: string, looks: WordLooks, counts: Counts): void => {
  const { length } = text
  let blanks = 0
  let words = 0
  let colons = 0
  let dashes = 0
  let brackets = 0
  let lower = 0
  let upper = 0
  let nonHex = 0
  let letterRun = 0
  let letterNow = 0
  let letterWord = 0
  let longestWord = 0
  let wordNow = 0
  let digits = 0
  let digitRun = 0
  let digitNow = 0
  let chain = 0
  let chainGroups = 0
  let digitChain = 0
  let digitGroups = 0
  let digitLed = 0
  let bases = 0
  let baseRun = 0
  let baseNow = 0
  let baseWord = 0
  let base64Run = 0
  let base64Now = 0
  let hexRun = 0
  let hexNow = 0
  let beyond = 0
  let found = 0
  let seen = 0
  let runs = 0
  let runCount = 0
  let startsWithDigit = false
  // One step beyond the end, as if a line ended there, closes the last word.
  for (let index = 0; index <= length; index++) {
    const code = index < length ? text.charCodeAt(index) : 0
    const bits = code < 128 ? classes[code]! : 0
    if ((bits & WORD) !== 0) {
      wordNow++
      if (++base64Now > base64Run) base64Run = base64Now
      if ((bits & HEX) !== 0) {
        if (++hexNow > hexRun) hexRun = hexNow
      } else {
        hexNow = 0
        nonHex++
      }
      if ((bits & DIGIT) !== 0) {
        digits++
        if (++digitNow > digitRun) digitRun = digitNow
        if (letterNow > 0) {
          if (runCount < MOST_RUNS) runs |= runOf(letterNow, runCount)
          runCount++
          letterNow = baseNow = 0
        }
        continue
      }
      if ((bits & UPPER) !== 0) upper++
      else lower++
      if (digitNow > 0) {
        if (runCount === 0) startsWithDigit = true
        if (runCount < MOST_RUNS) runs |= runOf(digitNow, runCount)
        runCount++
        digitNow = 0
      }
      if (++letterNow > letterRun) letterRun = letterNow
      if ((bits & BASE) === 0) baseNow = 0
      else {
        bases++
        if (++baseNow > baseRun) baseRun = baseNow
      }
      continue
    }
    if (wordNow > 0) {
      words++
      if (wordNow > longestWord) longestWord = wordNow
      if (digitNow === wordNow) {
        startsWithDigit = true
        chain += digitNow
        chainGroups++
        if (chain > digitChain) digitChain = chain
        if (chainGroups > 1 && chain > digitGroups) digitGroups = chain
      } else {
        chain = chainGroups = 0
        if (letterNow === wordNow && letterNow > letterWord) letterWord = letterNow
        if (baseNow === wordNow && baseNow > baseWord) baseWord = baseNow
      }
      if (startsWithDigit) digitLed++
      if (runCount < MOST_RUNS) runs |= runOf(digitNow + letterNow, runCount)
      seen |= looks.bits(lookOf(runs, startsWithDigit, runCount >= MOST_RUNS))
      runs = runCount = 0
      startsWithDigit = false
      wordNow = digitNow = letterNow = baseNow = hexNow = 0
    }
    if ((bits & JOINT) === 0) chain = chainGroups = 0
    if ((bits & BASE64) === 0) base64Now = 0
    else if (++base64Now > base64Run) base64Run = base64Now
    if (code > 127) {
      beyond++
      continue
    }
    found |= markBits[code]!
    if ((bits & BLANK) !== 0) blanks++
    else if ((bits & BRACKET) !== 0) brackets++
    else if (code === 58) colons++
    else if (code === 45) dashes++
  }
  const isAscii = beyond === 0
  counts[0] = length
  counts[1] = isAscii ? blanks : blanks + beyond
  counts[2] = isAscii ? words : length
  counts[3] = colons
  counts[4] = isAscii ? dashes : dashes + beyond
  counts[5] = brackets
  counts[6] = upper + lower + beyond
  counts[7] = lower + beyond
  counts[8] = upper + beyond
  counts[9] = nonHex + beyond
  counts[10] = isAscii ? letterRun : upper + lower + beyond
  counts[11] = isAscii ? letterWord : upper + lower + beyond
  counts[12] = isAscii ? longestWord : length
  counts[13] = digits
  counts[14] = digitRun
  counts[15] = isAscii ? digitChain : digits
  counts[16] = isAscii ? digitGroups : digits
  counts[17] = isAscii ? digitLed : digits
  counts[18] = digits === 0 ? 1 : 0
  counts[19] = length - digits
  counts[20] = length - upper - lower
  counts[21] = length - lower
  counts[22] = length - upper - lower - digits
  counts[23] = bases
  counts[24] = baseRun
  counts[25] = isAscii ? baseWord : bases
  counts[26] = base64Run
  counts[27] = hexRun
  counts[28] = beyond
  counts[MARKS] = isAscii ? found : found | DISGUISED
  counts[LOOKS] = isAscii ? seen : ANY_LOOK
}
