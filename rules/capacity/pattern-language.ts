import { compilePattern } from '../pattern.ts'
import { eitherOf, log2OfCount, sequencesOf } from './log2.ts'

/** Bounds on the length of a string in Unicode code points, as JSON Schema counts it. */
export type Lengths = { readonly minLength?: number; readonly maxLength?: number }

/** What a run consists of. */
export type RunOf = {
  /** The letters that may stand in the run. */
  readonly letters: string
  /** Groups of letters that count as one kind, and how many kinds have to occur; none when absent. At most 8 groups. */
  readonly kinds?: readonly string[]
  readonly distinct?: number
}

/** The set of strings that a pattern admits, as a deterministic automaton over Unicode scalar values. */
export type PatternLanguage = {
  /** Length of the shortest and the longest string; `Infinity` and `-Infinity` for a pattern that admits none. */
  readonly shortest: number
  readonly longest: number
  /** How many strings, exactly. `maxLength` is finite, unless `longest` is. The work grows with `maxLength`; see `bits` for lengths in the thousands. */
  readonly count: (lengths: Required<Lengths>) => bigint
  /** log2 of that number, exact to rounding; for lengths beyond reason an upper bound. `-Infinity` for none. */
  readonly bits: (lengths?: Lengths) => number
  /**
   * Most letters in a row, all of them from one alphabet, that stand in some string of the language.
   * @returns 0 for none; `Infinity` when there is no limit; the length limit itself where the reckoning would take more
   *   than `MOST_CELLS` (an upper bound then)
   */
  readonly longestRun: (run: RunOf, lengths?: Lengths) => number
}

/** States of the deterministic automaton, beyond which a pattern is given up. A pattern with `{1000}` has 1,000. */
export const MOST_STATES = 4096
/** Steps of the count in exact integers; beyond, the count is kept in doubles with a common exponent. */
const MOST_EXACT_STEPS = 200_000
/** Steps of the count at all; beyond, every string of the characters that occur in the language is counted. */
const MOST_STEPS = 50_000_000
/** States times lengths in the search for runs. */
export const MOST_CELLS = 20_000_000

/**
 * The language of an RE2 pattern as the validator applies it: a string belongs to it when the pattern is found somewhere in
 * it. It is read off the program that the same engine runs, so it means what validation means.
 * @returns null for a pattern that is not RE2, folds the case of k, s or what is not ASCII, has `^` and `$` by line or looks behind (a closed schema has
 *   none of these), or that needs more than `MOST_STATES` states
 */
export const patternLanguage = (pattern: string): PatternLanguage | null => {
  const program = programOf(pattern)
  const automaton = program && determinize(program)
  return automaton && languageOf(automaton)
}

// The instructions of a compiled program (re2js keeps those of Go's regexp/syntax).
const ALT = 1
const ALT_MATCH = 2
const EMPTY_WIDTH = 4
const FAIL = 5
const MATCH = 6
const RUNE = 8
const RUNE_ANY_NOT_NL = 11
const LOOK_BEHIND = 12
// The conditions of EMPTY_WIDTH.
const BY_LINE = 1 | 2
const BEGIN_TEXT = 4
const END_TEXT = 8
const WORD_BOUNDARY = 16
const NO_WORD_BOUNDARY = 32
const FOLD_CASE = 1

type Instruction = {
  readonly op: number
  readonly out: number
  readonly arg: number
  readonly runes: ArrayLike<number>
  readonly matchRune: (rune: number) => boolean
}
type Program = { readonly inst: readonly Instruction[]; readonly start: number }

const isRune = ({ op }: Instruction): boolean => op >= RUNE && op <= RUNE_ANY_NOT_NL

const foldsCase = (instruction: Instruction): boolean => isRune(instruction) && (instruction.arg & FOLD_CASE) !== 0

/** One letter in both cases, as the engine compiles `[Nn]`; k and s have a third form in Unicode. */
const isOneLetter = ({ runes }: Instruction): boolean =>
  runes.length === 1 && /^[a-jl-rt-z]$/i.test(String.fromCodePoint(runes[0]!))

const isUnderstood = (instruction: Instruction): boolean =>
  instruction.op < LOOK_BEHIND &&
  !(instruction.op === EMPTY_WIDTH && (instruction.arg & BY_LINE) !== 0) &&
  !(foldsCase(instruction) && !isOneLetter(instruction))

/** The program is no part of the engine's declared interface: where it is missing, nothing is known of the pattern. */
type Compiled = { readonly re2Input?: { readonly prog?: Program } }

const compile = (pattern: string): Compiled | null => {
  try {
    return compilePattern(pattern)
  } catch {
    return null
  }
}

const programOf = (pattern: string): Program | null => {
  const program = compile(pattern)?.re2Input?.prog
  return program?.inst.every(isUnderstood) ? program : null
}

/** Characters that no instruction of the program tells apart. */
type CharacterClass = { readonly ranges: [number, number][]; readonly sample: number; size: number; isWord: boolean }

const MAX_CODE_POINT = 0x10_ff_ff
/** No JSON text that is let through holds half a surrogate pair. */
const SURROGATES = [0xd8_00, 0xdf_ff] as const
const wordRanges = [
  [0x30, 0x39],
  [0x41, 0x5a],
  [0x5f, 0x5f],
  [0x61, 0x7a],
] as const

const isWordCharacter = (point: number): boolean => wordRanges.some(([low, high]) => point >= low && point <= high)

/** Between the cases of an ASCII letter. */
const OTHER_CASE = 0x20

const rangesOf = (instruction: Instruction): readonly (readonly [number, number])[] => {
  const { runes } = instruction
  const [first = 0] = Array.from(runes)
  if (foldsCase(instruction)) return [first, first ^ OTHER_CASE].map(rune => [rune, rune])
  if (runes.length === 1) return [[first, first]]
  return Array.from({ length: runes.length / 2 }, (_, index) => [runes[index * 2]!, runes[index * 2 + 1]!] as const)
}

const classesOf = ({ inst }: Program): readonly CharacterClass[] => {
  const consuming = inst.filter(isRune)
  const ranges = [SURROGATES, ...wordRanges, ...consuming.flatMap(rangesOf)]
  const starts = [...new Set([0, ...ranges.flatMap(([low, high]) => [low, high + 1])])].toSorted((a, b) => a - b)
  const classes = new Map<string, CharacterClass>()
  for (const [index, low] of starts.entries()) {
    const high = (starts[index + 1] ?? MAX_CODE_POINT + 1) - 1
    if (low > MAX_CODE_POINT || (low >= SURROGATES[0] && low <= SURROGATES[1])) continue
    const isWord = isWordCharacter(low)
    const key = `${isWord}${consuming.map(instruction => Number(instruction.matchRune(low))).join('')}`
    const known = classes.get(key) ?? { ranges: [], sample: low, size: 0, isWord }
    known.ranges.push([low, high])
    known.size += high - low + 1
    classes.set(key, known)
  }
  return [...classes.values()]
}

type Automaton = {
  readonly classes: readonly CharacterClass[]
  /** For each state and class the next state, or -1 when nothing accepted can follow. State 0 is the start. */
  readonly next: readonly Int32Array[]
  readonly accepts: readonly boolean[]
}

/** What stands beside a position: nothing, or a character that is or is not part of a word. */
type Neighbour = 'none' | 'word' | 'other'

const conditions = (before: Neighbour, after: Neighbour): number =>
  (before === 'none' ? BEGIN_TEXT : 0) |
  (after === 'none' ? END_TEXT : 0) |
  ((before === 'word') === (after === 'word') ? NO_WORD_BOUNDARY : WORD_BOUNDARY)

/** The instructions that are reached without consuming a character. */
const closure = ({ inst }: Program, from: Iterable<number>, holding: number): ReadonlySet<number> => {
  const reached = new Set(from)
  for (const at of reached) {
    const { op, out, arg } = inst[at]!
    if (op === FAIL || op === MATCH || isRune(inst[at]!)) continue
    if (op === EMPTY_WIDTH && (arg & holding) !== arg) continue
    reached.add(out)
    if (op === ALT || op === ALT_MATCH) reached.add(arg)
  }
  return reached
}

type Subset = { readonly at: readonly number[]; readonly before: Neighbour }
/** The pattern has been found: whatever follows, the string belongs to the language. */
type Place = Subset | 'found'

const keyOf = (place: Place): string => (place === 'found' ? place : `${place.before} ${place.at.join(' ')}`)

const step = (program: Program, place: Place, { sample, isWord }: CharacterClass): Place => {
  if (place === 'found') return place
  const after = isWord ? 'word' : 'other'
  const reached = closure(program, place.at, conditions(place.before, after))
  const next = new Set([program.start])
  for (const at of reached) {
    const instruction = program.inst[at]!
    if (instruction.op === MATCH) return 'found'
    if (isRune(instruction) && instruction.matchRune(sample)) next.add(instruction.out)
  }
  return { at: [...next].toSorted((a, b) => a - b), before: after }
}

const isAccepting = (program: Program, place: Place): boolean =>
  place === 'found' ||
  [...closure(program, place.at, conditions(place.before, 'none'))].some(at => program.inst[at]!.op === MATCH)

/** Subset construction (Rabin and Scott 1959), over classes of characters. */
const determinize = (program: Program): Automaton | null => {
  const classes = classesOf(program)
  const numbers = new Map<string, number>()
  const places: Place[] = []
  const numberOf = (place: Place): number => {
    const key = keyOf(place)
    const known = numbers.get(key)
    if (known !== undefined) return known
    numbers.set(key, places.length)
    return places.push(place) - 1
  }
  numberOf({ at: [program.start], before: 'none' })
  const next: Int32Array[] = []
  for (let state = 0; state < places.length; state++) {
    if (places.length > MOST_STATES) return null
    next.push(Int32Array.from(classes, one => numberOf(step(program, places[state]!, one))))
  }
  const accepts = places.map(place => isAccepting(program, place))
  return withoutDeadEnds({ classes, next, accepts })
}

const withoutDeadEnds = ({ classes, next, accepts }: Automaton): Automaton => {
  const before: number[][] = next.map(() => [])
  for (const [state, row] of next.entries()) for (const to of new Set(row)) before[to]!.push(state)
  const live = new Set(accepts.keys().filter(state => accepts[state]!))
  for (const state of live) for (const earlier of before[state]!) live.add(earlier)
  return { classes, accepts, next: next.map(row => row.map(to => (live.has(to) ? to : -1))) }
}

type Edge = { readonly to: number; readonly weight: number }

/** For each state, how many characters lead to which state. */
const edgesOf = ({ classes, next }: Automaton): readonly (readonly Edge[])[] =>
  next.map(row => {
    const weights = new Map<number, number>()
    for (const [index, to] of row.entries()) if (to >= 0) weights.set(to, (weights.get(to) ?? 0) + classes[index]!.size)
    return [...weights].map(([to, weight]) => ({ to, weight }))
  })

const languageOf = (automaton: Automaton): PatternLanguage => {
  const edges = edgesOf(automaton)
  const steps = edges.reduce((sum, row) => sum + row.length, 0)
  const { shortest, longest } = extremes(automaton, edges)
  const within = ({ minLength = 0, maxLength = Infinity }: Lengths): Required<Lengths> => ({
    minLength,
    maxLength: Math.min(maxLength, longest),
  })
  const count = ({ minLength, maxLength }: Required<Lengths>): bigint =>
    exactCount(automaton, edges, minLength, Math.min(maxLength, longest))
  return {
    shortest,
    longest,
    count,
    bits: (lengths = {}) => {
      const { minLength, maxLength } = within(lengths)
      if (maxLength < minLength) return -Infinity
      if (maxLength === Infinity) return Infinity
      if (steps * maxLength <= MOST_EXACT_STEPS) return log2OfCount(count({ minLength, maxLength }))
      return steps * maxLength <= MOST_STEPS
        ? roundedBits(automaton, edges, minLength, maxLength)
        : sequencesOf(Math.log2(alphabetSize(automaton)), minLength, maxLength)
    },
    longestRun: (run, lengths = {}) => longestRun(automaton, edges, run, within(lengths)),
  }
}

/** How many characters occur in the strings of the language. */
const alphabetSize = ({ classes, next }: Automaton): number =>
  classes.reduce((sum, { size }, index) => (next.some(row => row[index]! >= 0) ? sum + size : sum), 0)

type Edges = readonly (readonly Edge[])[]

const reachable = (edges: Edges): ReadonlySet<number> => {
  const reached = new Set([0])
  for (const state of reached) for (const { to } of edges[state]!) reached.add(to)
  return reached
}

const extremes = ({ accepts }: Automaton, edges: Edges): { shortest: number; longest: number } => {
  const states = reachable(edges)
  let shortest = Infinity
  let longest = -Infinity
  let layer: ReadonlySet<number> = new Set([0])
  // A string as long as there are states goes through one of them twice: then there is no longest.
  for (let length = 0; layer.size > 0; length++) {
    if (length > states.size) return { shortest, longest: Infinity }
    if ([...layer].some(state => accepts[state]!)) {
      shortest = Math.min(shortest, length)
      longest = length
    }
    layer = new Set([...layer].flatMap(state => edges[state]!.map(({ to }) => to)))
  }
  return { shortest, longest }
}

const exactCount = ({ accepts }: Automaton, edges: Edges, minLength: number, maxLength: number): bigint => {
  if (maxLength === Infinity) throw new RangeError('a language without a longest string has no count without maxLength')
  let total = 0n
  let layer = new Map([[0, 1n]])
  for (let length = 0; length <= maxLength && layer.size > 0; length++) {
    if (length >= minLength) for (const [state, ways] of layer) if (accepts[state]!) total += ways
    const following = new Map<number, bigint>()
    for (const [state, ways] of layer)
      for (const { to, weight } of edges[state]!) following.set(to, (following.get(to) ?? 0n) + ways * BigInt(weight))
    layer = following
  }
  return total
}

/** A double is off by at most this in each addition and multiplication of a count. */
const ROUNDING = 2 ** -50

/** The same in doubles with a common exponent. What rounding can lose is added again. */
const roundedBits = ({ accepts }: Automaton, edges: Edges, minLength: number, maxLength: number): number => {
  let layer = new Float64Array(edges.length)
  layer[0] = 1
  let exponent = 0
  let total = -Infinity
  for (let length = 0; length <= maxLength; length++) {
    const accepted = layer.reduce((sum, ways, state) => (accepts[state]! ? sum + ways : sum), 0)
    if (length >= minLength && accepted > 0) total = eitherOf([total, Math.log2(accepted) + exponent])
    const following = new Float64Array(edges.length)
    for (const [state, ways] of layer.entries())
      if (ways > 0) for (const { to, weight } of edges[state]!) following[to]! += ways * weight
    const most = following.reduce((most, ways) => Math.max(most, ways), 0)
    if (most === 0) break
    const shift = Math.floor(Math.log2(most))
    layer = following.map(ways => ways / 2 ** shift)
    exponent += shift
  }
  return total + ROUNDING * (maxLength + 1) * (edges.length + 2)
}

/** A step of a run: to which state, and which kind of letter it takes (one bit; 0 for a letter of no kind). */
type RunEdge = { readonly to: number; readonly kind: number }

const runEdgesOf = ({ classes, next }: Automaton, { letters, kinds = [] }: RunOf): readonly (readonly RunEdge[])[] => {
  const known = Array.from(letters, letter => {
    const point = letter.codePointAt(0)!
    const index = classes.findIndex(({ ranges }) => ranges.some(([low, high]) => point >= low && point <= high))
    return { index, kind: kinds.reduce((bits, kind, bit) => (kind.includes(letter) ? bits | (1 << bit) : bits), 0) }
  })
  return next.map(row => {
    const found = new Map<string, RunEdge>()
    for (const { index, kind } of known) {
      const to = row[index] ?? -1
      if (to >= 0) found.set(`${to} ${kind}`, { to, kind })
    }
    return [...found.values()]
  })
}

/** By length and state: whether a string that has come this far can still end within the lengths. */
const finishing = ({ accepts }: Automaton, edges: Edges, minLength: number, maxLength: number): Uint8Array => {
  const states = edges.length
  const can = new Uint8Array((maxLength + 2) * states)
  for (let length = maxLength; length >= 0; length--)
    for (let state = 0; state < states; state++) {
      const ends = accepts[state]! && length >= minLength
      if (ends || edges[state]!.some(({ to }) => can[(length + 1) * states + to] === 1))
        can[length * states + state] = 1
    }
  return can
}

const bitsSet = (mask: number): number => mask.toString(2).replaceAll('0', '').length

/** A run without limit goes through one state twice with the same kinds seen, so it shows within these lengths. */
const enoughLength = (states: number, { kinds = [] }: RunOf, minLength: number): number =>
  minLength + states * (kinds.length + 4)

const longestRun = (automaton: Automaton, edges: Edges, run: RunOf, lengths: Required<Lengths>): number => {
  const { minLength } = lengths
  const states = edges.length
  const isEndless = lengths.maxLength === Infinity
  const maxLength = isEndless ? enoughLength(states, run, minLength) : lengths.maxLength
  if (maxLength < minLength) return 0
  if (maxLength * states > MOST_CELLS) return lengths.maxLength
  const longest = longestWithin(automaton, edges, run, minLength, maxLength)
  return isEndless && longest > states * ((run.kinds?.length ?? 0) + 1) ? Infinity : longest
}

const longestWithin = (
  automaton: Automaton,
  edges: Edges,
  run: RunOf,
  minLength: number,
  maxLength: number,
): number => {
  const states = edges.length
  const masks = 1 << (run.kinds?.length ?? 0)
  const can = finishing(automaton, edges, minLength, maxLength)
  const runEdges = runEdgesOf(automaton, run)
  const enough = Array.from({ length: masks }, (_, mask) => bitsSet(mask) >= (run.distinct ?? 0))
  let longest = 0
  // By state and kinds seen: letters in the longest run that ends here; -1 where no string leads. Any place may begin one.
  let layer = new Int32Array(states * masks).fill(-1)
  if (can[0] === 1) layer[0] = 0
  for (let length = 0; length < maxLength; length++) {
    const following = new Int32Array(states * masks).fill(-1)
    const reach = (to: number, mask: number, letters: number): void => {
      if (can[(length + 1) * states + to] !== 1) return
      const at = to * masks + mask
      if (letters > following[at]!) following[at] = letters
      if (enough[mask]! && letters > longest) longest = letters
    }
    for (const [at, letters] of layer.entries()) {
      if (letters < 0) continue
      const state = Math.floor(at / masks)
      const mask = at % masks
      if (mask === 0) for (const { to } of edges[state]!) reach(to, 0, 0)
      for (const { to, kind } of runEdges[state]!) reach(to, mask | kind, letters + 1)
    }
    layer = following
  }
  return longest
}
