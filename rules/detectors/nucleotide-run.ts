import type { Span, TextDetector } from '../detector.ts'
import type { Tally } from './parts/nucleotides.ts'
import { baseAt, beyondHex, called, count, distinctBases, emptyTally, minority, reset } from './parts/nucleotides.ts'

const LEAST = 12
const LEAST_OF_TWO = 24

/** Three or four different bases in 12 letters, or a long two-letter repeat (`GTGTGT…`) that cannot be hexadecimal. */
const isSequence = (tally: Tally): boolean =>
  called(tally) >= 8 &&
  (distinctBases(tally) >= 3
    ? minority(tally) >= 3
    : tally.total >= LEAST_OF_TWO && distinctBases(tally) === 2 && beyondHex(tally) && minority(tally) >= 8)

/**
 * A run of at least 12 nucleotide letters A C G T U N, either case, DNA or RNA, with three different bases.
 *
 * Chance of such a run in a value that is not sequence:
 * - hexadecimal (SHA-1, UUID, trace id, MAC): 0, because only A and C are hexadecimal digits and three bases are asked for;
 * - 44 characters of base64: below 5e-10; 1 KiB of base64: 2e-8; 32 characters of base32: 3e-10;
 * - a serial of 12 characters A-Z 0-9: below 1e-7 (longest run seen in 300,000: 6);
 * - English words: 0 of 348,454 (longest runs: 6 of A C G T, 8 with U and N); 12 words glued together: longest 8;
 * - 1,561 real telemetry payloads: longest run 7; 32,000 log lines of 16 systems: 6.
 * Zero-padded base64 (`AAAAAAAAGAAC`) and flags (`TTTTTTTTTTTT`) are kept out by asking for three letters beside the commonest.
 */
export const nucleotideRun = {
  kind: 'text',
  id: 'nucleotide-run',
  title: 'Run of nucleotides',
  category: 'sequence',
  source:
    'Cornish-Bowden 1985, Nucleic Acids Res 13:3021 (IUPAC codes); thresholds measured on random identifiers and words',
  needs: [{ baseRun: LEAST }],
  find({ text }) {
    const spans: Span[] = []
    const tally = emptyTally()
    for (let index = 0; index <= text.length; index++) {
      const code = index < text.length ? text.charCodeAt(index) : 0
      const base = code < 128 ? baseAt[code]! : 0
      if (base !== 0) {
        count(tally, base)
        continue
      }
      if (tally.total >= LEAST && isSequence(tally)) spans.push({ start: index - tally.total, end: index })
      if (tally.total > 0) reset(tally)
    }
    return spans
  },
  examples: {
    match: ['GATTACAGATTACA', 'read: acgtnnacgtta.', 'AUGGCUUACGGA', 'xxCAGCAGCAGCAGxx', 'GTGTGTGTGTGTGTGTGTGTGTGTGT'],
    noMatch: [
      'ACACACACACACACAC',
      'da39a3ee5e6b4b0d3255bfef95601890afd80709',
      'AAAAAAAAAAAAAAAAGAAC',
      'TTTTTTTTTTTTTTTTTTTTTTTTTTTTTT',
      'Antananarivo, Guantanamo',
      'ACGTACGTACG',
    ],
  },
} as const satisfies TextDetector
