import type { JsonValue } from '../canonical.ts'
import { isArray, isObject, type Container } from '../container.ts'
import type { Span, ValueDetector } from '../detector.ts'
import { baseAt } from './parts/nucleotides.ts'
import { readsAsSequence } from './parts/spread-bases.ts'

const LEAST = 16
/** Longer pieces are counted over the whole message, wherever they stand (`nucleotide-sum`). */
const MOST_LETTERS = 3

/** The bases of a text of one to three nucleotide letters; null for any other text. */
const basesOf = (text: string): readonly number[] | null => {
  if (text.length === 0 || text.length > MOST_LETTERS) return null
  const bases: number[] = []
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    const base = code < 128 ? baseAt[code]! : 0
    if (base === 0) return null
    bases.push(base - 1)
  }
  return bases
}

/** Stretches of letters, one to three in each member; what is neither text nor an array may stand in between. */
const stretches = function* (members: readonly (JsonValue | undefined)[], areRows = false): Iterable<Span> {
  let start = 0
  let bases: number[] = []
  for (let index = 0; index <= members.length; index++) {
    const member = members[index]
    const text = areRows && isArray(member) && member.length === 1 ? member[0] : member
    if (index < members.length && typeof text !== 'string') continue
    const more = typeof text === 'string' ? basesOf(text) : null
    if (more !== null) {
      if (bases.length === 0) start = index
      bases.push(...more)
      continue
    }
    if (readsAsSequence(bases, LEAST)) yield { start, end: index }
    bases = []
  }
}

/** Columns of records that hold letters, by the record in the middle. */
const columns = function* (members: readonly JsonValue[]): Iterable<readonly (JsonValue | undefined)[]> {
  const typical = members[members.length >> 1]
  if (!isObject(typical) && !isArray(typical)) return
  const cell = (row: JsonValue, name: string): JsonValue | undefined => {
    if (isArray(row)) return row[Number(name)]
    return isObject(row) && Object.hasOwn(row, name) ? row[name] : undefined
  }
  for (const [name, value] of Object.entries(typical).slice(0, MOST_COLUMNS))
    if (typeof value === 'string' && basesOf(value) !== null) yield members.map(member => cell(member, name))
}

const MOST_COLUMNS = 32

const find = function* ({ names, members }: Container): Iterable<Span> {
  yield* stretches(members, names === null)
  if (names !== null || members.length < LEAST / MOST_LETTERS) return
  for (const column of columns(members)) yield* stretches(column)
}

/**
 * Sixteen bases or more that stand one, two or three to a member: an array of letters or codons, one field for each base, a column of
 * records.
 *
 * False positives: sixteen random letters A to Z are all of A C G T U N with (6/26)^16 = 6e-11. Header rows (`A, C, G, T, N`, cycle after
 * cycle), blocks and states in turn are told apart by their period, bases sorted by share by being permutations. Nothing in the samples
 * of the shipped packs nor in 84,000 made-up payloads of telemetry (`npm run detection`).
 */
export const spreadLetters = {
  kind: 'value',
  id: 'spread-letters',
  title: 'Nucleotides, spread over an array or object',
  category: 'sequence',
  source: 'run statistics as for nucleotide-groups; guards of header rows and columns measured on InterOp metrics',
  needs: [
    { members: 6, holds: ['letters'] },
    { members: 6, isArray: true, holds: ['record', 'row'] },
  ],
  find,
  examples: {
    match: [
      { value: Array.from('GATTACACCGTAGGTCAA') },
      { value: ['GAT', 'TAC', 'ACC', 'GTA', 'GGT', 'CAA'] },
      { value: Object.fromEntries(Array.from('gattacaccgtaggtcaa').map((base, index) => [`c${index}`, base])) },
      { value: Array.from('GATTACACCGTAGGTCAA').map((call, cycle) => ({ cycle, call })) },
      { value: Array.from('GATTACACCGTAGGTCAA').map(base => [base]) },
    ],
    noMatch: [
      { value: ['A', 'C', 'G', 'T', 'N'] },
      { value: Array.from('ACGTACGTACGTACGTACGTACGT') },
      { value: Array.from('ACGTNACGTNACGTNACGTNACGTN') },
      { value: Array.from('AAAAAAAACCCCCCCCGGGGGGGGTTTTTTTT') },
      { value: Array.from('CTGACGATTACGGCTACATG') },
      { value: Array.from('ACACCAACACCAAACCAC') },
      { value: Array.from('GATTACACCGTAGGT') },
      { value: Array.from('ABCDEFGHIJKLMNOPQRST') },
    ],
  },
} as const satisfies ValueDetector
