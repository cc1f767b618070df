import type { Span, TextDetector } from '../detector.ts'
import type { Tally } from './parts/nucleotides.ts'
import { baseAt, called, count, distinctBases, emptyTally, minority, reset } from './parts/nucleotides.ts'

const LEAST = 16
/** Longest stretch between two groups: a line break, nine blanks or digits of a line number, a blank, and a few marks. */
const LONGEST_GAP = 14
const LONGEST_PERIOD = 6

const isLetter = (code: number): boolean =>
  (code >= 65 && code <= 90) || (code >= 97 && code <= 122) || (code >= 0xc0 && code < 0x2000)

/** Counts, for periods 1 to 6, how often a base equals the one that many places before it. */
class Periods {
  readonly #last = new Uint8Array(LONGEST_PERIOD)
  readonly #same = new Uint32Array(LONGEST_PERIOD + 1)
  #seen = 0

  add(base: number): void {
    for (let period = 1; period <= LONGEST_PERIOD && period <= this.#seen; period++)
      if (this.#last[(this.#seen - period) % LONGEST_PERIOD] === base) this.#same[period]!++
    this.#last[this.#seen++ % LONGEST_PERIOD] = base
  }

  /** Whether one period explains more than four fifths of the letters, as in header rows `A,C,G,T,A,C,G,T`. */
  explain(): boolean {
    for (let period = 1; period <= LONGEST_PERIOD; period++)
      if (this.#same[period]! > 0.8 * (this.#seen - period)) return true
    return false
  }

  clear(): void {
    this.#same.fill(0)
    this.#seen = 0
  }
}

type Stretch = { start: number; end: number; groups: number; readonly tally: Tally; readonly periods: Periods }

const isSequence = ({ tally, groups, periods }: Stretch): boolean =>
  groups > 1 &&
  called(tally) >= LEAST &&
  distinctBases(tally) >= 3 &&
  minority(tally) >= 4 &&
  (tally.total > groups || !periods.explain())

/** Reads the word at `start` into the stretch if it is made of bases alone. Returns its end, and whether it was. */
const readWord = (text: string, start: number, stretch: Stretch): { end: number; bases: boolean } => {
  let end = start
  let bases = true
  for (let code = text.charCodeAt(end); end < text.length && isLetter(code); code = text.charCodeAt(++end))
    if (code > 127 || baseAt[code] === 0) bases = false
  if (!bases) return { end, bases }
  for (let index = start; index < end; index++) {
    const base = baseAt[text.charCodeAt(index)]!
    count(stretch.tally, base)
    stretch.periods.add(base)
  }
  if (stretch.groups++ === 0) stretch.start = start
  stretch.end = end
  return { end, bases }
}

/**
 * At least 16 nucleotides in groups: spaces, line breaks, tabs, line numbers, dashes, dots, commas, quotes, brackets
 * or any other marks (at most 14 characters) stand between groups; each group is a whole word of A C G T U N.
 *
 * Chance of a false hit: hexadecimal in groups 0 (three bases asked for, hexadecimal has A and C only); random
 * A-Z 0-9 with digits as separators (16/36)^16 times the spread, below 1e-6 in 100 characters; words made of these
 * letters alone ("a", "at", "can", "act", "gnat", "nut") never summed to more than 10 in 1,561 real payloads. Single letters in a fixed
 * order (base-composition header rows `A,C,G,T,N`, channel lists) are left alone: one period of 1 to 6 explains them.
 * N fills up a run but is not counted towards the 16.
 */
export const nucleotideGroups = {
  kind: 'text',
  id: 'nucleotide-groups',
  title: 'Nucleotides in groups',
  category: 'sequence',
  source: 'thresholds measured on 1,561 real telemetry payloads (longest separator-tolerant run: 10)',
  needs: [{ bases: LEAST, nonLetters: 1 }],
  find({ text }) {
    const spans: Span[] = []
    const stretch: Stretch = { start: 0, end: 0, groups: 0, tally: emptyTally(), periods: new Periods() }
    const close = (): void => {
      if (stretch.groups === 0) return
      if (isSequence(stretch)) spans.push({ start: stretch.start, end: stretch.end })
      reset(stretch.tally)
      stretch.periods.clear()
      stretch.groups = 0
    }
    for (let index = 0; index < text.length;) {
      if (!isLetter(text.charCodeAt(index))) {
        if (++index - stretch.end > LONGEST_GAP) close()
        continue
      }
      const word = readWord(text, index, stretch)
      if (!word.bases) close()
      index = word.end
    }
    close()
    return spans
  },
  examples: {
    match: [
      'GATTACAG TCCAGATT',
      'G-A-T-T-A-C-A-G-G-T-C-C-A-T-A-C',
      'ACGTTGCA+TGCAACGT',
      '        1 gatcctccat\n       11 atacaacggt',
      '"G","A","T","T","A","C","A","G","T","C","C","A","T","A","C","C"',
      'AUG.GCU.UAC.GGA.UCC.AGA',
    ],
    noMatch: [
      'A,C,G,T,N\nA,C,G,T,N\nA,C,G,T,N\nA,C,G,T,N',
      'A 24.1 C 25.9 G 25.2 T 24.8 A 24.2 C 25.8 G 25.1 T 24.9 A 24.0 C 26.0 G 25.0 T 25.0',
      'N/A, N/A, N/A, N/A, N/A, N/A, N/A, N/A, N/A, N/A, N/A, N/A, N/A',
      'CA-CA-AC-CC-AA-CA-AC-AC-CA-AA-CC',
      'A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12 B1 B2 C1 C2 C3',
      'an act at a can',
    ],
  },
} as const satisfies TextDetector
