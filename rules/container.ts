import type { JsonValue } from './canonical.ts'
import { baseAt } from './detectors/parts/nucleotides.ts'

/** An array or an object as a whole: what its members say together, where each of them alone says nothing. */
export type Container = {
  /** Of the members, in their order; null in an array. */
  readonly names: readonly string[] | null
  readonly members: readonly JsonValue[]
  /** Property names that lead to the container, outermost first. */
  readonly keys: readonly string[]
}

export type JsonObject = { readonly [name: string]: JsonValue }

export const isObject = (value: JsonValue | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** @param keys - that lead to it */
export const containerOf = (value: readonly JsonValue[] | JsonObject, keys: readonly string[] = []): Container =>
  isArray(value)
    ? { names: null, members: value, keys }
    : { names: Object.keys(value), members: Object.values(value), keys }

export const isArray = (value: JsonValue | readonly JsonValue[] | undefined): value is readonly JsonValue[] =>
  Array.isArray(value)

/**
 * What a member is at a glance. `letters`: one to three nucleotide letters; `bases`: four or more; `marker`: begins as an rsID does;
 * `text`: any other string; `row`: an array; `record`: an object.
 */
const kinds = ['letters', 'bases', 'marker', 'text', 'number', 'row', 'record'] as const
export type MemberKind = (typeof kinds)[number]

/**
 * What a container must be, at the least, before it is worth looking at: all of it has to hold.
 */
export type ContainerNeed = {
  /** Least number of members. */
  readonly members: number
  /** It is an array, not an object. */
  readonly isArray?: true
  /** The first member, the last or one in five between them is of one of these kinds. */
  readonly holds?: readonly MemberKind[]
  /** For each of these patterns there is a name of a member that it fits. Patterns are anchored, and asked once for each name. */
  readonly named?: readonly RegExp[]
}

const MOST_LETTERS = 3
/** Odd, so that members of two kinds in turn are both seen. */
const STRIDE = 5

const kindOfText = (text: string): MemberKind => {
  if (text.length >= 3 && (text.charCodeAt(0) | 32) === 114 && (text.charCodeAt(1) | 32) === 115) return 'marker'
  if (text === '') return 'text'
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code > 127 || baseAt[code] === 0) return 'text'
  }
  return text.length > MOST_LETTERS ? 'bases' : 'letters'
}

const bitOf = (kind: MemberKind): number => 1 << kinds.indexOf(kind)

const NUMBER = bitOf('number')
const ROW = bitOf('row')
const RECORD = bitOf('record')

const kindBit = (value: JsonValue | undefined): number => {
  if (typeof value === 'number') return NUMBER
  if (typeof value === 'string') return bitOf(kindOfText(value))
  if (typeof value !== 'object' || value === null) return 0
  return Array.isArray(value) ? ROW : RECORD
}

type Compiled = {
  readonly members: number
  readonly isArray: boolean
  readonly kinds: number
  readonly marks: number
  readonly owner: number
}

/** Tells which of many detectors have to look at a container: for nearly every one, after a few comparisons, none. */
export class ContainerSieve {
  readonly #patterns: readonly RegExp[]
  readonly #needs: readonly Compiled[]
  /** Fewest members with which an array, and an object whose names say nothing, meet any need. */
  readonly #leastOfArrays: number
  readonly #leastOfObjects: number

  constructor(needy: readonly { readonly needs: readonly ContainerNeed[] }[]) {
    const needs = needy.flatMap(({ needs: own }, owner) => own.map(need => ({ ...need, owner })))
    this.#patterns = [...new Set(needs.flatMap(({ named }) => named ?? []))]
    if (this.#patterns.length > 31) throw new Error('the names of members have too many patterns')
    this.#needs = needs.map(({ members, isArray = false, holds = [], named = [], owner }) => ({
      members,
      isArray,
      owner,
      kinds: holds.reduce((bits, kind) => bits | bitOf(kind), 0),
      marks: named.reduce((bits, pattern) => bits | (1 << this.#patterns.indexOf(pattern)), 0),
    }))
    const nameless = this.#needs.filter(({ marks }) => marks === 0)
    this.#leastOfArrays = Math.min(...nameless.map(({ members }) => members))
    this.#leastOfObjects = Math.min(...nameless.filter(({ isArray }) => !isArray).map(({ members }) => members))
  }

  /** The patterns that a name fits, as bits. Asked once for each sequence of names. */
  marksOf(name: string): number {
    let bits = 0
    for (const [bit, pattern] of this.#patterns.entries()) if (pattern.test(name)) bits |= 1 << bit
    return bits
  }

  /**
   * @param names - of the members of an object; null for an array
   * @param marks - of all the names together
   * @returns places of the detectors that have to look at it; null, and that is what matters, when none has
   */
  sift(
    value: readonly JsonValue[] | JsonObject,
    names: readonly string[] | null,
    marks: number,
  ): readonly number[] | null {
    const size = names === null ? (value as readonly JsonValue[]).length : names.length
    if (marks === 0 && size < (names === null ? this.#leastOfArrays : this.#leastOfObjects)) return null
    const at = (place: number): JsonValue | undefined =>
      names === null ? (value as readonly JsonValue[])[place] : (value as JsonObject)[names[place]!]
    let bits = kindBit(at(size - 1))
    for (let place = 0; place < size; place += STRIDE) bits |= kindBit(at(place))
    let passed: number[] | null = null
    for (const need of this.#needs) {
      if (size < need.members || (need.isArray && names !== null)) continue
      if ((need.kinds === 0 || need.kinds & bits) && (need.marks & ~marks) === 0)
        if (!(passed ??= []).includes(need.owner)) passed.push(need.owner)
    }
    return passed
  }
}
