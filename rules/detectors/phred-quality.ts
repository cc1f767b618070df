import type { Span, TextDetector } from '../detector.ts'

const LEAST = 36
const UUID = /^[0-9A-F]{8}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{12}$/

/** What a stretch of printable characters looks like. */
type Shape = {
  readonly length: number
  /** Share of neighbours at most 3 apart. */
  readonly near: number
  readonly distinct: number
  /** Different marks among ! " # $ % & ' ( ) * + ; < = > ? @, which number lists and identifiers seldom hold. */
  readonly marks: number
  readonly letters: number
  readonly digits: number
  /** Share of the commonest character, that character, and its longest run. */
  readonly top: number
  readonly topCode: number
  readonly longestRun: number
}

const isMark = (code: number): boolean => (code >= 33 && code <= 43) || (code >= 59 && code <= 64)

const shapeOf = (text: string, start: number, end: number): Shape => {
  const counts = new Uint32Array(128)
  let near = 0
  let run = 0
  let longestRun = 0
  let previous = 0
  for (let index = start; index < end; index++) {
    const code = text.charCodeAt(index)
    counts[code]!++
    if (index > start && Math.abs(code - previous) <= 3) near++
    run = code === previous ? run + 1 : 1
    if (run > longestRun) longestRun = run
    previous = code
  }
  let distinct = 0
  let marks = 0
  let letters = 0
  let digits = 0
  let topCode = 0
  for (let code = 33; code < 128; code++) {
    if (counts[code] === 0) continue
    distinct++
    if (isMark(code)) marks++
    if (code >= 65) letters += counts[code]!
    else if (code >= 48 && code <= 57) digits += counts[code]!
    if (counts[code]! > counts[topCode]!) topCode = code
  }
  const length = end - start
  return {
    length,
    near: near / (length - 1),
    distinct,
    marks,
    letters: letters / length,
    digits: digits / length,
    top: counts[topCode]! / length,
    topCode,
    longestRun,
  }
}

/** Full-range Phred+33: slow changes, and marks that only quality strings mix with letters and digits. */
const isFine = ({ near, marks, distinct, letters, digits }: Shape): boolean =>
  near > 0.45 && digits < (marks >= 5 ? 0.9 : 0.6) && distinct >= 5 && (marks >= 3 || (marks >= 1 && letters > 0.6))

/** Two to five bins, as real-time analysis writes since RTA3: long runs of one high letter. */
const isBinned = ({ distinct, top, topCode, longestRun, letters }: Shape): boolean =>
  distinct >= 2 && distinct <= 6 && top > 0.5 && topCode >= 68 && longestRun >= 6 && letters < 1

/** Letters only (Q32 and up): smooth, several levels, and not the zero padding of base64. */
const isHigh = ({ near, distinct, letters, top, topCode, longestRun }: Shape): boolean =>
  letters === 1 && near > 0.8 && distinct >= 3 && top < 0.95 && topCode !== 65 && longestRun >= 2

const isQuality = (text: string, start: number, end: number): boolean => {
  const shape = shapeOf(text, start, end)
  if (!isFine(shape) && !isBinned(shape) && !isHigh(shape)) return false
  return !(shape.length === 36 && UUID.test(text.slice(start, end)))
}

/**
 * A Phred quality string: at least 36 characters of `!` to `K` that change slowly, or the few levels of binned quality.
 *
 * Chance of a false hit: base64 leaves the alphabet within a few characters, (43/64)^36 = 6e-7 a place before the
 * shape is asked for; upper-case UUIDs and fingerprints hold no mark but `-` and `:` and change too fast; number lists and
 * time stamps hold digits and two or three marks of the same kind, none of them among those asked for. Not for number
 * arrays: mean qualities 36, 37, 38 are `$%&`. Quality above Q32 written in letters alone is only partly separable.
 */
export const phredQuality = {
  kind: 'text',
  id: 'phred-quality',
  title: 'Phred quality string',
  category: 'sequence',
  source: 'Cock et al. 2010, Nucleic Acids Res 38:1767 (Sanger FASTQ); shape thresholds measured',
  spelledByNumbers: false,
  needs: [{ nonLower: LEAST }],
  find({ text }) {
    const spans: Span[] = []
    let start = 0
    for (let index = 0; index <= text.length; index++) {
      const code = index < text.length ? text.charCodeAt(index) : 0
      if (code >= 33 && code <= 75) continue
      if (index - start >= LEAST && isQuality(text, start, index)) spans.push({ start, end: index })
      start = index + 1
    }
    return spans
  },
  examples: {
    match: [
      'CCCFFFFFHHHHHJJJJJIJJJJJJ@GHIJJ?DFHIJ#FG',
      'FFFFFFFFFFFF:FFFFFFFF,FFFFFFFFFFF#FFFFFFF',
      "$%&'()*+,-./0123/.-,+*)('&%$#$%&'()*+,-.",
      'IIIIIIIIIIHHHHHIIIIIIGGGGGHHHHIIIIIFFFFFGG',
      'IIGGHFEGGHHHIIHIIHHIIHIIGIIIHGFHIGFGHHII',
      '@>@?=<:86577988:999:;9:9768899889776888787531012',
    ],
    noMatch: [
      '550E8400-E29B-41D4-A716-446655440000',
      'FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF',
      '3A:F2:9C:00:11:22:AB:CD:EF:01:23:45:67:89:AB:CD',
      '2024-06-05,2024-06-06,2024-06-07,2024-06-08',
      '1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18',
      '<5.2.0.9.0.20030528094229.02924780@127.0.0.1>',
      '=====================================',
      'AAAABAAAACAAAADAAAAEAAAAFAAAAGAAAAHAAAAI',
      '########################################',
    ],
  },
} as const satisfies TextDetector
