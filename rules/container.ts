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

const bitOf = (kind: MemberKind): number => 1 << kinds.indexOf(kind)

const NUMBER = bitOf('number')
const LETTERS = bitOf('letters')
const BASES = bitOf('bases')
const MARKER = bitOf('marker')
const TEXT = bitOf('text')
const ROW = bitOf('row')
const RECORD = bitOf('record')

const bitOfText = (text: string): number => {
  if (text.length >= 3 && (text.charCodeAt(0) | 32) === 114 && (text.charCodeAt(1) | 32) === 115) return MARKER
  if (text === '') return TEXT
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code > 127 || baseAt[code] === 0) return TEXT
  }
  return text.length > MOST_LETTERS ? BASES : LETTERS
}

const kindBit = (value: JsonValue | undefined): number => {
  if (typeof value === 'number') return NUMBER
  if (typeof value === 'string') return bitOfText(value)
  if (typeof value !== 'object' || value === null) return 0
  return Array.isArray(value) ? ROW : RECORD
}

type Compiled = {
  readonly members: number
  readonly kinds: number
  readonly marks: number
  readonly owner: number
}

/** The needs of arrays, or those of objects. */
class Needs {
  readonly #all: readonly Compiled[]
  /** Fewest members with which a container whose names say nothing meets any of them. */
  readonly #least: number

  constructor(all: readonly Compiled[]) {
    this.#all = all
    this.#least = Math.min(...all.filter(({ marks }) => marks === 0).map(({ members }) => members))
  }

  /** Whether so many members, with names that say so much, can meet any. */
  mayBeMet(size: number, marks: number): boolean {
    return marks !== 0 || size >= this.#least
  }

  /** Owners of those that are met; null when there are none. @param kinds - that members at some places have */
  metBy(size: number, marks: number, kinds: number): readonly number[] | null {
    let owners: number[] | null = null
    for (const need of this.#all) {
      if (size < need.members || (need.marks & ~marks) !== 0) continue
      if (need.kinds !== 0 && (need.kinds & kinds) === 0) continue
      if (!(owners ??= []).includes(need.owner)) owners.push(need.owner)
    }
    return owners
  }
}

/** Tells which of many detectors have to look at a container: for nearly every one, after a few comparisons, none. */
export class ContainerSieve {
  readonly #patterns: readonly RegExp[]
  readonly #ofArrays: Needs
  readonly #ofObjects: Needs

  constructor(needy: readonly { readonly needs: readonly ContainerNeed[] }[]) {
    const needs = needy.flatMap(({ needs: own }, owner) => own.map(need => ({ ...need, owner })))
    this.#patterns = [...new Set(needs.flatMap(({ named }) => named ?? []))]
    if (this.#patterns.length > 31) throw new Error('the names of members have too many patterns')
    const compiled = ({ members, holds = [], named = [], owner }: (typeof needs)[number]): Compiled => ({
      members,
      owner,
      kinds: holds.reduce((bits, kind) => bits | bitOf(kind), 0),
      marks: named.reduce((bits, pattern) => bits | (1 << this.#patterns.indexOf(pattern)), 0),
    })
    this.#ofArrays = new Needs(needs.filter(({ named = [] }) => named.length === 0).map(compiled))
    this.#ofObjects = new Needs(needs.filter(need => !need.isArray).map(compiled))
  }

  /** The patterns that a name fits, as bits. Asked once for each sequence of names. */
  marksOf(name: string): number {
    let bits = 0
    for (const [bit, pattern] of this.#patterns.entries()) if (pattern.test(name)) bits |= 1 << bit
    return bits
  }

  /**
   * @param size - the number of members
   * @param marks - of all their names together; 0 for an array
   * @returns places of the detectors that have to look at it; null, and that is what matters, when none has
   */
  sift(value: readonly JsonValue[] | JsonObject, size: number, marks: number): readonly number[] | null {
    const isList = isArray(value)
    const needs = isList ? this.#ofArrays : this.#ofObjects
    if (!needs.mayBeMet(size, marks)) return null
    return needs.metBy(size, marks, isList ? kindsIn(value) : kindsOf(value))
  }
}

/** Kinds of the last member and of one in five, as bits. */
const kindsIn = (items: readonly JsonValue[]): number => {
  let bits = kindBit(items[items.length - 1])
  for (let place = 0; place < items.length; place += STRIDE) bits |= kindBit(items[place])
  return bits
}

const kindsOf = (object: JsonObject): number => {
  const names = Object.keys(object)
  let bits = kindBit(object[names[names.length - 1]!])
  for (let place = 0; place < names.length; place += STRIDE) bits |= kindBit(object[names[place]!])
  return bits
}
