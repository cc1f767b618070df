/**
 * How much freely chosen information a message can carry through a closed schema: log2 of the number of different values
 * that the schema admits, in bits, as an upper bound. Canonical writing adds nothing to it, because a value has one text.
 * Where keywords hold at once, each alone bounds what passes, so the least of their bounds holds; what merely narrows (`not`,
 * `if` without both branches, `contains`, `uniqueItems`, `dependentRequired`, `format`) is left out.
 */
import { canonicalize, type JsonValue } from '../canonical.ts'
import { positionsOf, targetOf } from '../schema-positions.ts'
import { referenceToken } from '../json-pointer.ts'
import { allOf, eitherOf, sequencesOf } from './log2.ts'
import { numberBits } from './number-count.ts'
import { patternLanguage } from './pattern-language.ts'

/** What one place of a message adds. */
export type FieldCapacity = {
  /** JSON Pointer into the message, `*` for every element of an array or every name that a pattern admits. */
  readonly pointer: string
  /** In one message; all elements of an array together. */
  readonly bits: number
  /** Why there is no bound; only with `Infinity`. */
  readonly unbounded?: string
}

export type Capacity = {
  /** log2 of the number of values; `Infinity` without bound, `-Infinity` when no value passes. */
  readonly bits: number
  /** By bits, most first; what adds nothing is left out. They add up to `bits`, or to more where `maxProperties` binds. */
  readonly fields: readonly FieldCapacity[]
}

/** An upper bound on the information in one value that the schema (draft 2020-12) admits. */
export const capacityOf = (schema: unknown): Capacity => sorted(capacityAt(schema)(''))

/** The same for any subschema of a document, by its JSON Pointer; a place where no schema stands bounds nothing. */
export const capacityAt = (root: unknown): ((pointer: string) => Capacity) => {
  const positions = positionsOf(root)
  const known = new Map<string, Capacity>()
  const at = (pointer: string): Capacity => {
    const before = known.get(pointer)
    if (before !== undefined) return before
    known.set(pointer, unbounded('the schema contains itself')) // stands while this place is being asked about
    const found = ofSchema({ pointer, positions, at }, positions.get(pointer))
    known.set(pointer, found)
    return found
  }
  return at
}

type Schema = { readonly [key: string]: unknown }

/** A place in a schema, and how to ask about others. */
type Here = {
  readonly pointer: string
  readonly positions: ReadonlyMap<string, unknown>
  readonly at: (pointer: string) => Capacity
}

const sorted = ({ bits, fields }: Capacity): Capacity => {
  const byPointer = new Map<string, FieldCapacity>()
  for (const field of fields) {
    const before = byPointer.get(field.pointer)
    byPointer.set(field.pointer, before ? { ...before, ...field, bits: before.bits + field.bits } : field)
  }
  const present = [...byPointer.values()].filter(field => field.bits > 0)
  return { bits, fields: present.toSorted((a, b) => (a.bits === b.bits ? 0 : b.bits - a.bits)) }
}

const leaf = (bits: number): Capacity => ({ bits, fields: bits === -Infinity ? [] : [{ pointer: '', bits }] })

const unbounded = (reason: string): Capacity => ({
  bits: Infinity,
  fields: [{ pointer: '', bits: Infinity, unbounded: reason }],
})

const impossible: Capacity = { bits: -Infinity, fields: [] }

const under = (prefix: string, { fields }: Capacity, times = 1): readonly FieldCapacity[] =>
  times === 0 ? [] : fields.map(field => ({ ...field, pointer: prefix + field.pointer, bits: times * field.bits }))

/** What a place adds beyond its parts: the choice between them, or of their number. */
const withChoice = (bits: number, parts: readonly FieldCapacity[]): Capacity => {
  if (bits === -Infinity) return impossible
  const inParts = parts.reduce((sum, part) => sum + part.bits, 0)
  const own = bits === Infinity ? 0 : Math.max(0, bits - inParts)
  return { bits, fields: [{ pointer: '', bits: own }, ...parts] }
}

const isSchema = (value: unknown): value is Schema =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const own = (schema: Schema, key: string): unknown => (Object.hasOwn(schema, key) ? schema[key] : undefined)

const numberAt = (schema: Schema, key: string): number | undefined => {
  const value = own(schema, key)
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined
}

const listAt = (schema: Schema, key: string): readonly unknown[] => {
  const value = own(schema, key)
  return Array.isArray(value) ? value : []
}

const keysAt = (schema: Schema, key: string): readonly string[] => {
  const value = own(schema, key)
  return isSchema(value) ? Object.keys(value) : []
}

const least = (capacities: readonly Capacity[]): Capacity =>
  capacities.reduce((best, one) => (one.bits < best.bits ? one : best))

const ofSchema = (here: Here, schema: unknown): Capacity => {
  if (schema === false) return impossible
  if (!isSchema(schema)) return unbounded('no schema bounds it')
  const ways = [...waysOf(here, schema)]
  return ways.length === 0 ? unbounded('no "type"') : least(ways)
}

const waysOf = function* (here: Here, schema: Schema): Generator<Capacity> {
  if (Object.hasOwn(schema, 'const')) yield ofValues([own(schema, 'const')], schema)
  if (Array.isArray(own(schema, 'enum'))) yield ofValues(listAt(schema, 'enum'), schema)
  if (Object.hasOwn(schema, 'type')) yield ofTypes(here, schema)
  // The value that a string holds; it is written again in one way.
  if (Object.hasOwn(schema, 'contentSchema')) yield here.at(`${here.pointer}/contentSchema`)
  if (Object.hasOwn(schema, '$ref')) yield ofReference(here, own(schema, '$ref'))
  for (const keyword of ['anyOf', 'oneOf'])
    if (Array.isArray(own(schema, keyword))) yield ofUnion(branchesOf(here, keyword, listAt(schema, keyword)))
  yield* branchesOf(here, 'allOf', listAt(schema, 'allOf'))
  if (Object.hasOwn(schema, 'if') && Object.hasOwn(schema, 'then') && Object.hasOwn(schema, 'else'))
    yield ofUnion([here.at(`${here.pointer}/then`), here.at(`${here.pointer}/else`)])
}

const branchesOf = ({ pointer, at }: Here, keyword: string, branches: readonly unknown[]): readonly Capacity[] =>
  branches.map((_, index) => at(`${pointer}/${keyword}/${index}`))

/** A value may pass more than one branch; then it is counted in each. */
const ofUnion = (branches: readonly Capacity[]): Capacity => {
  const bits = eitherOf(branches.map(branch => branch.bits))
  const widest = branches.reduce((most, branch) => (branch.bits > most.bits ? branch : most), impossible)
  return withChoice(bits, widest.fields)
}

const ofReference = ({ positions, at }: Here, reference: unknown): Capacity => {
  const target = targetOf(positions, reference)
  return 'problem' in target ? unbounded('a "$ref" leads nowhere') : at(target.pointer)
}

const typesOf = (schema: Schema): readonly unknown[] => {
  const type = own(schema, 'type')
  const types = new Set<unknown>(Array.isArray(type) ? type : [type])
  if (types.has('number')) types.delete('integer')
  return [...types]
}

const isOfType = (value: unknown, type: unknown): boolean => {
  if (type === 'integer') return Number.isInteger(value)
  if (type === 'array') return Array.isArray(value)
  if (type === 'null') return value === null
  return type === 'object' ? isSchema(value) : typeof value === type
}

/** Values that are written out, each counted once. */
const ofValues = (values: readonly unknown[], schema: Schema): Capacity => {
  const types = Object.hasOwn(schema, 'type') ? typesOf(schema) : null
  const fitting = values.filter(value => types === null || types.some(type => isOfType(value, type)))
  return leaf(Math.log2(new Set(fitting.map(value => canonicalize(value as JsonValue))).size))
}

const ofTypes = (here: Here, schema: Schema): Capacity =>
  ofUnion(typesOf(schema).map(type => ofType(here, schema, type)))

const ofType = (here: Here, schema: Schema, type: unknown): Capacity => {
  if (type === 'null') return leaf(0)
  if (type === 'boolean') return leaf(1)
  if (type === 'string') return ofString(schema)
  if (type === 'number' || type === 'integer')
    return leaf(numberBits({ ...bounds(schema), integer: type === 'integer' }))
  if (type === 'array') return ofArray(here, schema)
  return type === 'object' ? ofObject(here, schema) : unbounded('no such "type"')
}

const bounds = (schema: Schema) =>
  Object.fromEntries(
    ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'].flatMap(key => {
      const value = numberAt(schema, key)
      // A step of 0 or less is no step; whoever compiles the schema refuses it.
      return value === undefined || (key === 'multipleOf' && value <= 0) ? [] : [[key, value]]
    }),
  )

/** Unicode scalar values: code points without the halves of surrogate pairs. */
const CHARACTERS = 0x11_00_00 - 0x8_00

const ofString = (schema: Schema): Capacity => {
  const minLength = numberAt(schema, 'minLength') ?? 0
  const maxLength = numberAt(schema, 'maxLength') ?? Infinity
  const pattern = own(schema, 'pattern')
  const language = typeof pattern === 'string' ? patternLanguage(pattern) : null
  const bits = language?.bits({ minLength, maxLength }) ?? sequencesOf(Math.log2(CHARACTERS), minLength, maxLength)
  return bits === Infinity ? unbounded('no "maxLength"') : leaf(bits)
}

const ofArray = ({ pointer, at }: Here, schema: Schema): Capacity => {
  const minItems = numberAt(schema, 'minItems') ?? 0
  const prefix = listAt(schema, 'prefixItems').map((_, index) => at(`${pointer}/prefixItems/${index}`))
  const items = Object.hasOwn(schema, 'items') ? at(`${pointer}/items`) : unbounded('no "items"')
  const maxItems = Math.min(
    numberAt(schema, 'maxItems') ?? Infinity,
    items.bits === -Infinity ? prefix.length : Infinity,
  )
  if (maxItems === Infinity) return unbounded('no "maxItems"')
  const inPrefix = Array.from({ length: Math.min(prefix.length, maxItems) + 1 }, (_, length) =>
    allOf(prefix.slice(0, length).map(one => one.bits)),
  )
  const rest = Math.max(0, maxItems - prefix.length)
  const short = inPrefix.slice(0, -1).filter((_, length) => length >= minItems)
  const long = allOf([inPrefix.at(-1)!, sequencesOf(items.bits, Math.max(0, minItems - prefix.length), rest)])
  // Without room behind the prefix, the last of `inPrefix` is as long as the array may be.
  const bits = eitherOf([...short, maxItems >= minItems ? long : -Infinity])
  return withChoice(bits, [
    ...prefix.slice(0, maxItems).flatMap((one, index) => under(`/${index}`, one)),
    ...under('/*', items, rest),
  ])
}

const ofObject = (here: Here, schema: Schema): Capacity => {
  const required = new Set(listAt(schema, 'required'))
  const properties = keysAt(schema, 'properties').map(name => {
    const value = here.at(`${here.pointer}/properties${referenceToken(name)}`)
    return { name, value, isRequired: required.delete(name) }
  })
  const further = furtherProperties(here, schema)
  // What is required and not listed has to be one of the further properties.
  if (required.size > 0 && further.most === 0) return impossible
  const bits = objectBits(properties, further, schema)
  const parts = properties.flatMap(({ name, value, isRequired }) =>
    value.bits === -Infinity
      ? []
      : under(referenceToken(name), isRequired ? value : withChoice(eitherOf([0, value.bits]), value.fields)),
  )
  return further.most === 0 ? withChoice(bits, parts) : withChoice(bits, [...parts, ...further.fields])
}

type Property = { readonly value: Capacity; readonly isRequired: boolean }

/** Properties whose names a pattern or `propertyNames` admits. */
type Further = {
  readonly most: number
  /** log2 of the number of sets of so many of them, with their values. */
  readonly bits: (count: number) => number
  readonly fields: readonly FieldCapacity[]
}

const none: Further = { most: 0, bits: count => (count === 0 ? 0 : -Infinity), fields: [] }

/** More further properties than this are not reckoned one by one. */
const MOST_FURTHER = 10_000

const furtherProperties = (here: Here, schema: Schema): Further => {
  const patterns = keysAt(schema, 'patternProperties')
  const values = patterns.map(pattern => here.at(`${here.pointer}/patternProperties${referenceToken(pattern)}`))
  const others = Object.hasOwn(schema, 'additionalProperties')
    ? here.at(`${here.pointer}/additionalProperties`)
    : unbounded('no "additionalProperties": false')
  const value = Math.max(others.bits, ...values.map(({ bits }) => bits))
  if (value === -Infinity) return none
  const names = nameBits(here, schema, patterns, others.bits !== -Infinity)
  const most = Math.min(numberAt(schema, 'maxProperties') ?? Infinity, Math.floor(2 ** names + 2 ** -20))
  if (most === 0) return none
  if (value === Infinity || most > MOST_FURTHER) return openNames(value === Infinity && others.bits === Infinity)
  const bits = (count: number): number => combinations(names, count) + count * value
  const inAll = most * (names + value)
  return inAll === Infinity ? openNames(false) : { most, bits, fields: [{ pointer: '/*', bits: inAll }] }
}

const openNames = (isOpen: boolean): Further => ({
  most: Infinity,
  bits: () => Infinity,
  fields: [
    { pointer: '/*', bits: Infinity, unbounded: isOpen ? 'properties that are not listed' : 'no bound on its names' },
  ],
})

/** log2 of the number of names that further properties can have. */
const nameBits = (here: Here, schema: Schema, patterns: readonly string[], isOpen: boolean): number => {
  const byPattern = eitherOf(patterns.map(pattern => patternLanguage(pattern)?.bits() ?? Infinity))
  const named = Object.hasOwn(schema, 'propertyNames')
    ? stringBits(
        here.positions.get(`${here.pointer}/propertyNames`),
        () => here.at(`${here.pointer}/propertyNames`).bits,
      )
    : Infinity
  return Math.min(named, isOpen ? Infinity : byPattern)
}

/** A name is a string, also where its schema does not say so. */
const stringBits = (schema: unknown, otherwise: () => number): number =>
  isSchema(schema) && !Object.hasOwn(schema, 'type') ? Math.min(otherwise(), ofString(schema).bits) : otherwise()

/** log2 of the number of ways to choose so many of 2^bits things. */
const combinations = (bits: number, count: number): number => {
  let ways = 0
  for (let taken = 0; taken < count; taken++) {
    const left = bits < 50 ? Math.log2(Math.max(0, Math.round(2 ** bits) - taken)) : bits
    ways += left - Math.log2(taken + 1)
  }
  return ways
}

/** Choices by how many properties are present, so that `minProperties` and `maxProperties` can pick from them. */
const objectBits = (properties: readonly Property[], further: Further, schema: Schema): number => {
  const lowest = numberAt(schema, 'minProperties') ?? 0
  const highest = numberAt(schema, 'maxProperties') ?? Infinity
  if (further.most === Infinity) return Infinity
  let byCount = Array.from({ length: further.most + 1 }, (_, count) => further.bits(count))
  for (const { value, isRequired } of properties)
    byCount = Array.from({ length: byCount.length + 1 }, (_, count) =>
      eitherOf([
        isRequired ? -Infinity : (byCount[count] ?? -Infinity),
        count === 0 ? -Infinity : allOf([byCount[count - 1]!, value.bits]),
      ]),
    )
  return eitherOf(byCount.filter((_, count) => count >= lowest && count <= highest))
}
