import type { JsonValue } from '../canonical.ts'
import type { Path } from '../json-pointer.ts'
import { multipleOf } from '../multiple-of.ts'
import { productOf, ratioOf, roundToDigits, roundToStep, significantDigits, sumOf } from './exact-decimal.ts'
import { cutToMinute } from './minute.ts'
import {
  canCoincide,
  findPlaces,
  isComplete,
  isMany,
  parsePlacePattern,
  seenFrom,
  type FoundPlace,
  type PlacePattern,
} from './place-pattern.ts'

/** A rule as the policy writes it: exactly one of the keys. All `at` and operands are pointers that may hold `*`. */
export type DeriveSource = {
  readonly roundedTo?: {
    readonly at: string
    readonly step?: number
    readonly significant?: number
    readonly unit?: 'minute'
  }
  readonly sumOf?: { readonly at: string; readonly of: string | readonly string[] }
  readonly ratioOf?: { readonly at: string; readonly of: string; readonly over: string; readonly times?: number }
  readonly productOf?: { readonly at: string; readonly of: readonly string[]; readonly times?: number }
}

/** The same rule for a value that stands below another, at a place that begins with so many tokens. */
export const derivedBelow = (prefix: string, { roundedTo, sumOf, ratioOf, productOf }: DeriveSource): DeriveSource => {
  const at = (pointer: string): string => prefix + pointer
  return {
    ...(roundedTo && { roundedTo: { ...roundedTo, at: at(roundedTo.at) } }),
    ...(sumOf && { sumOf: { at: at(sumOf.at), of: [sumOf.of].flat().map(at) } }),
    ...(ratioOf && { ratioOf: { ...ratioOf, at: at(ratioOf.at), of: at(ratioOf.of), over: at(ratioOf.over) } }),
    ...(productOf && { productOf: { ...productOf, at: at(productOf.at), of: productOf.of.map(at) } }),
  }
}

export type Rounding =
  | { readonly by: 'step'; readonly step: number }
  | { readonly by: 'digits'; readonly digits: number }
  | { readonly by: 'minute' }

/** A number that follows from others: the operands in the order of the policy. */
type Computed = {
  readonly kind: 'computed'
  readonly at: PlacePattern
  readonly operands: readonly { readonly pattern: PlacePattern; readonly key: Path }[]
  /** Whether an operand may name several places. */
  readonly takesMany: boolean
  /** `zero-divisor`: there is no such number. Null: a double does not reach that far. */
  readonly compute: (numbers: readonly number[]) => number | 'zero-divisor' | null
}

export type DerivedField = Computed | { readonly kind: 'rounded'; readonly at: PlacePattern; readonly to: Rounding }

/** Reads one rule; `key` is where `at` stands in it. */
export const readDerivedField = (source: DeriveSource): DerivedField & { readonly key: Path } => {
  if (source.roundedTo) {
    const { at } = source.roundedTo
    return { kind: 'rounded', at: parsePlacePattern(at), to: roundingOf(source.roundedTo), key: ['roundedTo', 'at'] }
  }
  return source.sumOf
    ? sumField(source.sumOf)
    : source.ratioOf
      ? ratioField(source.ratioOf)
      : productField(source.productOf!)
}

const roundingOf = ({ step, significant }: NonNullable<DeriveSource['roundedTo']>): Rounding => {
  if (step !== undefined) return { by: 'step', step }
  return significant === undefined ? { by: 'minute' } : { by: 'digits', digits: significant }
}

type Read = Computed & { readonly key: Path }

const operandsAt = (key: Path, of: string | readonly string[]): Computed['operands'] =>
  typeof of === 'string'
    ? [{ pattern: parsePlacePattern(of), key }]
    : of.map((pointer, index) => ({ pattern: parsePlacePattern(pointer), key: [...key, index] }))

const sumField = ({ at, of }: NonNullable<DeriveSource['sumOf']>): Read => ({
  kind: 'computed',
  at: parsePlacePattern(at),
  key: ['sumOf', 'at'],
  operands: operandsAt(['sumOf', 'of'], of),
  takesMany: true,
  compute: sumOf,
})

const ratioField = ({ at, of, over, times = 1 }: NonNullable<DeriveSource['ratioOf']>): Read => ({
  kind: 'computed',
  at: parsePlacePattern(at),
  key: ['ratioOf', 'at'],
  operands: [...operandsAt(['ratioOf', 'of'], of), ...operandsAt(['ratioOf', 'over'], over)],
  takesMany: false,
  compute: ([numerator, denominator]) =>
    denominator === 0 ? 'zero-divisor' : ratioOf(numerator!, denominator!, times),
})

const productField = ({ at, of, times = 1 }: NonNullable<DeriveSource['productOf']>): Read => ({
  kind: 'computed',
  at: parsePlacePattern(at),
  key: ['productOf', 'at'],
  operands: operandsAt(['productOf', 'of'], of),
  takesMany: false,
  compute: numbers => productOf([...numbers, times]),
})

/** What is wrong with a list of rules, at a key below the list. */
export type DeriveProblem = { readonly path: Path; readonly message: string }

/**
 * Rules are applied in the order of the list, so what one reads has to be finished before, and each place has one rule; only a
 * computed one may be rounded after.
 */
export const orderProblems = (fields: readonly (DerivedField & { readonly key: Path })[]): readonly DeriveProblem[] =>
  fields.flatMap((field, index) => [
    ...(fields.slice(0, index).some(earlier => collides(earlier, field))
      ? [{ path: [index, ...field.key], message: 'a rule above writes here already; only rounding may follow, once' }]
      : []),
    ...(field.kind === 'computed' ? operandProblems(field, fields.slice(index), index) : []),
  ])

const collides = (earlier: DerivedField, later: DerivedField): boolean =>
  canCoincide(earlier.at, later.at) && !(earlier.kind === 'computed' && later.kind === 'rounded')

const operandProblems = (field: Computed, fromHere: readonly DerivedField[], index: number): readonly DeriveProblem[] =>
  field.operands.flatMap(({ pattern, key }) => [
    ...(fromHere.some(({ at }) => canCoincide(at, pattern))
      ? [{ path: [index, ...key], message: 'is written by this rule or one below: put that one above' }]
      : []),
    ...(!field.takesMany && isMany(field.at, pattern)
      ? [{ path: [index, ...key], message: 'names several values: a "*" has to stand as in "at"' }]
      : []),
  ])

/** Why a value cannot be derived. */
export type DeriveFault = {
  readonly rule: 'operand-missing' | 'operand-not-a-number' | 'zero-divisor' | 'not-representable' | 'not-roundable'
  /** Of the derived value, also where an operand is at fault. */
  readonly path: Path
}

export type Derivation = { readonly isChanged: boolean; readonly fault: DeriveFault | null }

/**
 * Puts into a value what follows from it, in place. What is not there stays so: whether it has to be says the schema.
 * @returns at the first fault, with what came before it done
 */
export const deriveFields = (value: JsonValue, fields: readonly DerivedField[]): Derivation => {
  const changes = new Map<string, { readonly before: JsonValue; readonly now: JsonValue }>()
  // What is recomputed and then rounded may be again what it was.
  const isChanged = (): boolean => [...changes.values()].some(({ before, now }) => before !== now)
  for (const field of fields) {
    const derive =
      field.kind === 'rounded' ? (place: FoundPlace) => roundValue(place.value, field.to) : computer(value, field)
    for (const place of findPlaces(value, field.at)) {
      const derived = derive(place)
      if (isFault(derived)) return { isChanged: isChanged(), fault: { rule: derived.fault, path: place.path } }
      if (derived === place.value) continue
      const key = JSON.stringify(place.path)
      changes.set(key, { before: changes.get(key)?.before ?? place.value, now: derived })
      place.put(derived)
    }
  }
  return { isChanged: isChanged(), fault: null }
}

type Fault = { readonly fault: DeriveFault['rule'] }
type Derived = number | string | null | Fault

const isFault = (derived: Derived): derived is Fault => typeof derived === 'object' && derived !== null

/** Places that see the same operands share one computation: else the sum of a list, in each element of another, took its square. */
const computer = (root: JsonValue, field: Computed): ((place: FoundPlace) => Derived) => {
  const known = new Map<string, Derived>()
  return ({ path, value }) => {
    if (typeof value !== 'number') return { fault: 'operand-not-a-number' }
    const operands = field.operands.map(({ pattern }) => seenFrom(path, field.at, pattern))
    const key = JSON.stringify(operands)
    const computed = known.get(key) ?? compute(root, operands, field.compute)
    known.set(key, computed)
    return computed
  }
}

const compute = (root: JsonValue, operands: readonly PlacePattern[], formula: Computed['compute']): Derived => {
  const numbers: number[] = []
  for (const operand of operands) {
    if (!isComplete(root, operand)) return { fault: 'operand-missing' }
    for (const { value } of findPlaces(root, operand)) {
      if (typeof value !== 'number') return { fault: 'operand-not-a-number' }
      numbers.push(value)
    }
  }
  const computed = formula(numbers)
  if (computed === null) return { fault: 'not-representable' }
  return computed === 'zero-divisor' ? { fault: computed } : computed
}

/** `null` stays: it says that nothing was measured. */
const roundValue = (value: JsonValue, to: Rounding): Derived => {
  if (value === null) return null
  const rounded = roundedOf(value, to)
  return rounded === null ? { fault: 'not-roundable' } : rounded
}

const roundedOf = (value: JsonValue, to: Rounding): number | string | null => {
  if (to.by === 'minute') return typeof value === 'string' ? cutToMinute(value) : null
  if (typeof value !== 'number') return null
  const rounded = to.by === 'step' ? roundToStep(value, to.step) : roundToDigits(value, to.digits)
  // A multiple of more digits than a double has would come out as something else.
  return rounded !== null && isRounded(rounded, to) ? rounded : null
}

const isRounded = (number: number, to: Rounding): boolean => {
  if (to.by === 'step') return multipleOf(to.step)(number)
  return to.by === 'minute' || significantDigits(number) <= to.digits
}
