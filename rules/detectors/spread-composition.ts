import type { JsonValue } from '../canonical.ts'
import { isArray, isObject, type Container, type JsonObject } from '../container.ts'
import type { Span, ValueDetector } from '../detector.ts'
import { readsAsSequence } from './parts/spread-bases.ts'

const LEAST_CYCLES = 16
const CALLS = 4
/** A base that more of the clusters call than this is what the cycle spells. */
const DOMINANT = 0.9
const WINDOW = 20
/** Cycles of a window that have to be spelled; of rows in which nothing says that they are bases, more: rows of flags are like them. */
const NAMED_SHARE = 0.5
const SHARE = 0.8

/** How often, or with what share, each of A C G T was called, and perhaps N; and whether names say which is which. */
type Calls = { readonly counts: readonly number[]; readonly isNamed: boolean }

/** `A`, `percentA`, `a_count`, `base A`. */
const BASE_NAME =
  /^(?:bases?|percent(?:age)?|pct|frac(?:tion)?|count|called|calls|num|n|p|%)?[ _-]?([acgt])[ _-]?(?:counts?|percent(?:age)?|pct|frac(?:tion)?|calls?|%)?$/i

const isCall = (value: JsonValue | undefined): value is number => typeof value === 'number' && value >= 0

const callsOfRow = (row: readonly JsonValue[], isNamed: boolean): Calls | null =>
  (row.length === CALLS || row.length === CALLS + 1) && row.every(isCall) ? { counts: row, isNamed } : null

/** Values under names of the four bases, each of them once. */
const byBase = (record: JsonObject): readonly JsonValue[] | null => {
  const found: JsonValue[] = []
  for (const name of Object.keys(record)) {
    const base = BASE_NAME.exec(name)?.[1]
    if (base === undefined) continue
    const place = 'acgt'.indexOf(base.toLowerCase())
    if (found[place] !== undefined) return null
    found[place] = record[name]!
  }
  return found.length === CALLS && !found.includes(undefined as never) ? found : null
}

/** What a member says of the calls of one cycle: as numbers under the bases, as a row, or as either one step further in. */
const callsOf = (member: JsonValue, depth = 1): Calls | null => {
  if (isArray(member)) return callsOfRow(member, false)
  if (!isObject(member)) return null
  const named = byBase(member)
  if (named !== null) return callsOfRow(named, true)
  if (depth === 0) return null
  for (const inner of Object.values(member).slice(0, MOST_FIELDS)) {
    const calls = typeof inner === 'object' ? callsOf(inner, depth - 1) : null
    if (calls !== null) return calls
  }
  return null
}

const MOST_FIELDS = 32

/** The cycles of a container, whichever way it is turned: one member for each cycle, one for each base, or four numbers in turn. */
const cyclesOf = ({ names, members }: Container): readonly Calls[] => {
  if (names === null && members.length >= CALLS * LEAST_CYCLES && typeof members[members.length >> 1] === 'number')
    return inFours(members)
  const tracks = names === null ? members : byBase(Object.fromEntries(names.map((name, at) => [name, members[at]!])))
  if (tracks !== null && (tracks.length === CALLS || tracks.length === CALLS + 1)) return turned(tracks, names !== null)
  if (members.length < LEAST_CYCLES || callsOf(members[members.length >> 1]!) === null) return []
  return members.map(member => callsOf(member)).filter(calls => calls !== null)
}

const turned = (tracks: readonly JsonValue[], isNamed: boolean): readonly Calls[] => {
  const [first] = tracks
  if (!isArray(first) || first.length < LEAST_CYCLES) return []
  if (!tracks.every(track => isArray(track) && track.length === first.length && track.every(isCall))) return []
  return first.map((_, cycle) => ({ counts: tracks.map(track => (track as readonly number[])[cycle]!), isNamed }))
}

/** One-hot without brackets: of each four numbers one is 1, the others 0. */
const inFours = (members: readonly JsonValue[]): readonly Calls[] => {
  if (members.length % CALLS !== 0) return []
  const cycles: Calls[] = []
  for (let index = 0; index < members.length; index += CALLS) {
    const four = members.slice(index, index + CALLS)
    if (!four.every(one => one === 0 || one === 1) || four.filter(one => one === 1).length !== 1) return []
    cycles.push({ counts: four, isNamed: false })
  }
  return cycles
}

/** The base that nearly all clusters call; null where there is none. */
const dominant = ({ counts }: Calls): number | null => {
  const most = Math.max(...counts)
  const sum = counts.reduce((total, count) => total + count, 0)
  return most > DOMINANT * sum ? counts.indexOf(most) : null
}

/** Whether in some 20 cycles in a row (fewer are one window) this share or more is spelled. */
const isSpelled = (bases: readonly (number | null)[], share: number): boolean => {
  const length = Math.min(WINDOW, bases.length)
  let spelled = 0
  for (let at = 0; at < bases.length; at++) {
    spelled += Number(bases[at] !== null) - Number(at >= length && bases[at - length] !== null)
    if (at + 1 >= length && spelled >= share * length) return true
  }
  return false
}

const find = (container: Container): readonly Span[] => {
  const cycles = cyclesOf(container)
  if (cycles.length < LEAST_CYCLES) return []
  const bases = cycles.map(dominant)
  if (!isSpelled(bases, cycles.every(({ isNamed }) => isNamed) ? NAMED_SHARE : SHARE)) return []
  const spelled = bases.filter(base => base !== null)
  return readsAsSequence(spelled, LEAST_CYCLES / 2) ? [{ start: 0, end: container.members.length }] : []
}

/**
 * Base composition, cycle by cycle, in which nearly all clusters call the same base: one-hot matrices and records, the composition of an
 * amplicon, and the calls of a tile of few clusters.
 *
 * Within some 20 cycles in a row half or more have a base beyond 90 % (the rule of `base-composition.ts`, which also asks for clusters),
 * and these bases read as sequence: a diverse library has none, a run whose dark cycles all read G has one base only. Of rows of four
 * numbers without names four fifths are asked for: of four random flags just one is set in a quarter of the rows, so 16 of 20 with 4e-7.
 * Nothing in the samples of the shipped packs nor in 84,000 made-up payloads of telemetry (`npm run detection`).
 */
export const spreadComposition = {
  kind: 'value',
  id: 'spread-composition',
  title: 'Base composition that spells a sequence',
  category: 'sequence',
  source:
    'measured on per-cycle base composition of real runs: no diverse library has a base beyond 90 % in half of 20 cycles',
  needs: [
    { members: CALLS, isArray: true, holds: ['row'] },
    { members: CALLS, holds: ['row'], named: [BASE_NAME] },
    { members: LEAST_CYCLES, holds: ['row', 'record'] },
    { members: CALLS * LEAST_CYCLES, isArray: true, holds: ['number'] },
  ],
  find,
  examples: {
    match: [
      { value: Array.from('GATTACACCGTAGGTCAA').map(base => Array.from('ACGT', one => Number(one === base))) },
      { value: Array.from('GATTACACCGTAGGTCAA').flatMap(base => Array.from('ACGT', one => Number(one === base))) },
      { value: Array.from('ACGT', one => Array.from('GATTACACCGTAGGTCAA').map(base => (one === base ? 97.5 : 0.8))) },
      {
        value: Array.from('GATTACACCGTAGGTCAA').map((base, cycle) => ({
          cycle,
          percent: Object.fromEntries(Array.from('ACGT').map(one => [one, one === base ? 96 : 1])),
        })),
      },
    ],
    noMatch: [
      { value: Array.from('ACGTACGTACGTACGTACGT').map(base => Array.from('ACGT', one => Number(one === base))) },
      { value: Array.from({ length: 40 }, () => ({ A: 1200, C: 800, G: 1_900_000, T: 900 })) },
      { value: Array.from({ length: 40 }, (_, cycle) => ({ cycle, A: 26.1, C: 24.2, G: 23.8, T: 25.9 })) },
      { value: Array.from({ length: 40 }, (_, row) => [1_700_000_000 + row, 3, 2, 1]) },
      {
        value: [
          [1, 0, 0, 0],
          [0, 1, 0, 0],
          [0, 0, 1, 0],
          [0, 0, 0, 1],
        ],
      },
    ],
  },
} as const satisfies ValueDetector
