/**
 * A finite language over single UTF-16 code units: what a log parameter, or a whole log template, can look like. There is no
 * unbounded repetition, so every shape has a longest text.
 */
export type Shape =
  /** One of these code units. */
  | { readonly kind: 'set'; readonly units: string }
  | { readonly kind: 'sequence'; readonly parts: readonly Shape[] }
  | { readonly kind: 'choice'; readonly options: readonly Shape[] }
  | { readonly kind: 'repeat'; readonly part: Shape; readonly min: number; readonly max: number }

export const anyOf = (units: string): Shape => ({ kind: 'set', units })
export const sequence = (...parts: readonly Shape[]): Shape => ({ kind: 'sequence', parts })
export const choice = (...options: readonly Shape[]): Shape => ({ kind: 'choice', options })
export const repeat = (part: Shape, min: number, max: number): Shape => ({ kind: 'repeat', part, min, max })
export const optional = (part: Shape): Shape => repeat(part, 0, 1)
export const literal = (text: string): Shape => sequence(...text.split('').map(anyOf))

/** Code units of the longest text. */
export const longest = (shape: Shape): number => {
  switch (shape.kind) {
    case 'set':
      return 1
    case 'sequence':
      return shape.parts.reduce((sum, part) => sum + longest(part), 0)
    case 'choice':
      return Math.max(0, ...shape.options.map(longest))
    case 'repeat':
      return shape.max * longest(shape.part)
  }
}

/** A regular expression, without anchors, that RE2 and ECMAScript read alike. */
export const patternOf = (shape: Shape): string => {
  switch (shape.kind) {
    case 'set':
      return shape.units.length === 1 ? quote(shape.units) : `[${shape.units.split('').map(quote).join('')}]`
    case 'sequence':
      return shape.parts.map(patternOf).join('')
    case 'choice':
      return `(?:${shape.options.map(patternOf).join('|')})`
    case 'repeat':
      return `(?:${patternOf(shape.part)}){${shape.min},${shape.max}}`
  }
}

const quote = (unit: string): string => (/[\w ]/.test(unit) ? unit : `\\${unit}`)

/** A state reads one of `units` and goes on, or (null) goes on without reading. State 0 is the end. */
type State = { readonly units: string | null; readonly next: readonly number[] }

/** A shape as a finite automaton without cycles. */
export type Automaton = {
  readonly states: readonly State[]
  /** For each state, the states that read, or the end, which it leads to without reading. */
  readonly closures: readonly (readonly number[])[]
  readonly start: number
}

const END = 0

/** @throws RangeError when it would have more than 20,000 states */
export const automatonOf = (shape: Shape): Automaton => {
  const states: State[] = [{ units: null, next: [] }]
  const add = (units: string | null, next: readonly number[]): number => {
    if (states.length > 20_000) throw new RangeError('the shape is too large')
    return states.push({ units, next }) - 1
  }
  const build = (part: Shape, next: number): number => {
    switch (part.kind) {
      case 'set':
        return add(part.units, [next])
      case 'sequence':
        return part.parts.reduceRight((after, one) => build(one, after), next)
      case 'choice':
        return add(
          null,
          part.options.map(option => build(option, next)),
        )
      case 'repeat':
        return Array.from({ length: part.max }, (_, index) => part.max - index).reduce((after, nth) => {
          const entry = build(part.part, after)
          return nth > part.min ? add(null, [entry, next]) : entry
        }, next)
    }
  }
  const start = build(shape, END)
  return { states, closures: closuresOf(states), start }
}

/** States are made from the end to the start, so whatever one leads to is known before it. */
const closuresOf = (states: readonly State[]): readonly (readonly number[])[] => {
  const closures: number[][] = []
  for (const [index, { units, next }] of states.entries())
    closures.push(units !== null || index === END ? [index] : [...new Set(next.flatMap(state => closures[state]!))])
  return closures
}

/**
 * A text that both can read, or null when there is none. It holds only what the shapes themselves spell.
 */
export const overlap = (one: Automaton, other: Automaton): string | null => {
  const seen = new Set<number>()
  const pairs: (readonly [number, number, string])[] = [[one.start, other.start, '']]
  for (let pair = pairs.pop(); pair; pair = pairs.pop()) {
    const [left, right, text] = pair
    for (const a of one.closures[left]!)
      for (const b of other.closures[right]!) {
        const key = a * other.states.length + b
        if (seen.has(key)) continue
        seen.add(key)
        if (a === END && b === END) return text
        const shared = sharedUnit(one.states[a]!, other.states[b]!)
        if (shared !== null) pairs.push([one.states[a]!.next[0]!, other.states[b]!.next[0]!, text + shared])
      }
  }
  return null
}

const sharedUnit = (one: State, other: State): string | null => {
  if (one.units === null || other.units === null) return null
  const { units } = other
  return one.units.split('').find(unit => units.includes(unit)) ?? null
}

/** Deterministic, so that a text is read in one pass: where each code unit below 128 leads from each state, or -1. */
type Table = { readonly moves: Int16Array; readonly ends: readonly boolean[] }

const UNITS = 128
const MAX_STATES = 2_000

/** Reads the longest text of a shape that stands somewhere. */
export class ShapeReader {
  readonly #table: Table

  /**
   * @param shape - of code units below 128
   * @throws RangeError when it would take more than 2,000 states
   */
  constructor(shape: Shape) {
    this.#table = tableOf(automatonOf(shape))
  }

  /** Index behind the longest text of the shape that begins at `start`, or -1. */
  end(text: string, start: number): number {
    const { ends } = this.#table
    let state = 0
    let end = ends[0] ? start : -1
    for (let at = start; at < text.length; at++) {
      state = this.#move(state, text.charCodeAt(at))
      if (state < 0) break
      if (ends[state]) end = at + 1
    }
    return end
  }

  /**
   * Whether text of the shape may be followed by more of itself where `next` should follow: then its end is not clear.
   * @param isLast - whether nothing follows `next`
   */
  mayRunInto(next: string, isLast: boolean): boolean {
    return this.#table.ends.some((isEnd, state) => isEnd && this.#runsInto(state, next, isLast))
  }

  #runsInto(start: number, next: string, isLast: boolean): boolean {
    let state = start
    for (let at = 0; at < next.length; at++) {
      state = this.#move(state, next.charCodeAt(at))
      if (state < 0) return false
      if (this.#table.ends[state]) return true
    }
    return !isLast
  }

  #move(state: number, unit: number): number {
    return unit < UNITS ? this.#table.moves[state * UNITS + unit]! : -1
  }
}

const tableOf = ({ states, closures, start }: Automaton): Table => {
  const rows: Int16Array[] = []
  const ends: boolean[] = []
  const known = new Map<string, number>()
  const found: (readonly number[])[] = []
  const numberOf = (members: readonly number[]): number => {
    const key = members.join()
    const before = known.get(key)
    if (before !== undefined) return before
    if (known.size >= MAX_STATES) throw new RangeError('the shape is too large')
    known.set(key, found.push(members) - 1)
    return found.length - 1
  }
  numberOf(closures[start]!)
  for (let at = 0; at < found.length; at++) {
    const row = new Int16Array(UNITS).fill(-1)
    for (const [unit, target] of targetsOf(found[at]!, states, closures)) row[unit.charCodeAt(0)] = numberOf(target)
    rows.push(row)
    ends.push(found[at]!.includes(END))
  }
  const moves = new Int16Array(rows.length * UNITS)
  for (const [index, row] of rows.entries()) moves.set(row, index * UNITS)
  return { moves, ends }
}

/** Where each code unit leads from a set of states. */
const targetsOf = (
  members: readonly number[],
  states: readonly State[],
  closures: readonly (readonly number[])[],
): ReadonlyMap<string, readonly number[]> => {
  const targets = new Map<string, Set<number>>()
  for (const member of members) {
    const { units, next } = states[member]!
    for (const unit of units ?? '') {
      const target = targets.get(unit) ?? new Set()
      for (const state of closures[next[0] ?? END]!) target.add(state)
      targets.set(unit, target)
    }
  }
  return new Map([...targets].map(([unit, target]) => [unit, [...target].sort((a, b) => a - b)]))
}
