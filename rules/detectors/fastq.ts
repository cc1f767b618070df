import type { Span, TextDetector } from '../detector.ts'
import { isBases, linesOf } from './parts/rows.ts'

const LEAST_BASES = 4
const LEAST_NAMELESS = 8
const IUPAC = /^[ACGTUNRYSWKMBDHV.]+$/i
const PRINTABLE = /^[!-~]+$/

const trimmed = (text: string, { start, end }: Span): Span => {
  let from = start
  let to = end
  while (from < to && text.charCodeAt(from) <= 32) from++
  while (to > from && text.charCodeAt(to - 1) <= 32) to--
  return { start: from, end: to }
}

/** Words between blanks or vertical bars: how a record looks when its line breaks were replaced. */
const wordsOf = (text: string): Span[] => {
  const words: Span[] = []
  let start = 0
  for (let index = 0; index <= text.length; index++) {
    const code = index < text.length ? text.charCodeAt(index) : 32
    if (code > 32 && code !== 124) continue
    if (index > start) words.push({ start, end: index })
    start = index + 1
  }
  return words
}

/** Whether a quality of `length` characters starts the last line; text may follow it after a mark or a blank. */
const hasQuality = (text: string, last: Span, length: number): boolean =>
  last.end - last.start >= length &&
  (last.end - last.start === length || /[\s"',;|)\]}]/.test(text.charAt(last.start + length))) &&
  PRINTABLE.test(text.slice(last.start, last.start + length))

/** A record seen from its `+`: bases before it, a quality of the same length after it. The name line may say anything. */
const recordAt = (text: string, pieces: readonly Span[], plus: number): Span | undefined => {
  const name = pieces[plus - 2]
  const bases = pieces[plus - 1]
  const quality = pieces[plus + 1]
  if (!bases || !quality) return undefined
  const length = bases.end - bases.start
  const letters = text.slice(bases.start, bases.end)
  const named = name !== undefined && text.slice(name.start, name.end).includes('@')
  const fits = named ? length >= LEAST_BASES && isBases(letters) : length >= LEAST_NAMELESS
  if (!fits || !IUPAC.test(letters) || !hasQuality(text, quality, length)) return undefined
  return { start: (name ?? bases).start, end: quality.start + length }
}

const recordsIn = (text: string, pieces: readonly Span[]): Span[] => {
  const spans: Span[] = []
  for (let index = 1; index < pieces.length - 1; index++) {
    if (text.charCodeAt(pieces[index]!.start) !== 43) continue
    const record = recordAt(text, pieces, index)
    if (record) spans.push(record)
  }
  return spans
}

/**
 * FASTQ: bases, a line that starts with `+`, and a quality exactly as long as the bases. The `@name` line is not
 * needed (names may be altered, or other text may stand before them); without it the bases must be at least 8 letters.
 * Also on one line, with blanks, tabs or bars in place of line breaks.
 * `@` alone is common (mentions, e-mail); a hit needs equal lengths around a `+`: no hit in 1,561 real payloads.
 */
export const fastq = {
  kind: 'text',
  id: 'fastq',
  title: 'FASTQ record',
  category: 'sequence',
  mandatory: true,
  source: 'Cock et al. 2010, Nucleic Acids Res 38:1767',
  needs: [
    { has: '+', bases: LEAST_BASES, blanks: 2 },
    { has: '+|', bases: LEAST_BASES },
  ],
  find({ text }) {
    const lines = linesOf(text).map(line => trimmed(text, line))
    const framed = lines.length >= 3 ? recordsIn(text, lines) : []
    return framed.length > 0 ? framed : recordsIn(text, wordsOf(text))
  },
  examples: {
    match: [
      '@r1\nGATTACA\n+\nIIIIIII',
      '@r1 1:N:0\r\nGATTACAGA\r\n+r1\r\nFFFF:FFF#\r\n',
      'warn: dump follows @A00187\nACGTNACGT\n+\n!!!!IIIII',
      'sample-7\nNNNNNNNN\n+\nIIIIIIII',
      'dump @r1 GATTACAG + IIIIIIII end',
    ],
    noMatch: [
      'a\ndata\n+\nmore',
      '@ops please check\n+\n1',
      'current + voltage',
      'GATTACAG\n+\nIIII',
      '@team\nACGT\nplus\nIIII',
    ],
  },
} as const satisfies TextDetector
