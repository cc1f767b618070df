import { canonicalize, type JsonValue } from '../canonical.ts'
import { referenceToken } from '../json-pointer.ts'
import { appliedAlike, type SchemaObject } from './schema-place.ts'

/** `changed`: in some way wider and in some way narrower, or in a way that cannot be compared, such as another pattern. */
export type Change = 'added' | 'removed' | 'widened' | 'narrowed' | 'changed'

export type SchemaChange = {
  /** JSON Pointer into the payload, with `*` for every element of an array. */
  readonly pointer: string
  readonly change: Change
  /** The keywords that differ. */
  readonly keywords: readonly string[]
}

/** What differs between two closed schemas, place by place, in the order of the pointers. What is inside an added or removed place is not listed. */
export const diffSchemas = (before: JsonValue, after: JsonValue): readonly SchemaChange[] => {
  const [old, fresh] = [placesOf(before), placesOf(after)]
  const changes: SchemaChange[] = []
  for (const pointer of [...new Set([...old.keys(), ...fresh.keys()])].sort()) {
    const [from, to] = [old.get(pointer), fresh.get(pointer)]
    if (from !== undefined && to !== undefined) {
      const change = compare(from, to)
      if (change) changes.push({ pointer, ...change })
    } else if (
      !changes.some(({ pointer: outer, keywords }) => keywords.length === 0 && pointer.startsWith(`${outer}/`))
    )
      changes.push({ pointer, change: from === undefined ? 'added' : 'removed', keywords: [] })
  }
  return changes
}

/** What is said of one place: one set of assertions for each subschema that applies. */
type Assertions = Readonly<Record<string, JsonValue>>

const placesOf = (root: JsonValue): ReadonlyMap<string, readonly Assertions[]> => {
  const places = new Map<string, readonly Assertions[]>()
  const visit = (schemas: readonly SchemaObject[], pointer: string, required: boolean): void => {
    const said = schemas.map(assertionsOf).filter(assertions => Object.keys(assertions).length > 0)
    places.set(pointer, required ? [{ ...said[0], required: true }, ...said.slice(1)] : said)
    const needed = new Set(schemas.flatMap(schema => (schema.required as readonly string[] | undefined) ?? []))
    for (const name of new Set(
      schemas.flatMap(({ properties }) => Object.keys((properties as object | undefined) ?? {})),
    ))
      visit(
        schemas.flatMap(schema => appliedAlike(root, propertyOf(schema, name))),
        pointer + referenceToken(name),
        needed.has(name),
      )
    const items = schemas.flatMap(schema => appliedAlike(root, schema.items))
    if (items.length > 0) visit(items, `${pointer}/*`, false)
    for (const [index, inner] of schemas.flatMap(schema => [...prefixOf(schema).entries()]))
      visit(appliedAlike(root, inner), pointer + referenceToken(index), false)
  }
  visit(appliedAlike(root, root), '', false)
  return places
}

const propertyOf = ({ properties }: SchemaObject, name: string): unknown =>
  Object.hasOwn((properties as object | undefined) ?? {}, name)
    ? (properties as Record<string, unknown>)[name]
    : undefined

const prefixOf = ({ prefixItems }: SchemaObject): readonly unknown[] => (Array.isArray(prefixItems) ? prefixItems : [])

/** Annotations assert nothing, and what holds subschemas is followed. */
const notAsserting: ReadonlySet<string> = new Set(
  (
    '$schema $id $ref $comment $defs title description default examples deprecated readOnly writeOnly properties ' +
    'additionalProperties required items prefixItems allOf anyOf oneOf then else contentSchema contentMediaType'
  ).split(' '),
)

/** `const` is an `enum` of one. */
const assertionsOf = (schema: SchemaObject): Assertions => {
  const { const: constant, ...rest } = schema as Record<string, JsonValue>
  const asserting = Object.entries(rest).filter(([keyword]) => !notAsserting.has(keyword))
  return Object.fromEntries(constant === undefined ? asserting : [...asserting, ['enum', [constant]]])
}

const compare = (from: readonly Assertions[], to: readonly Assertions[]): Omit<SchemaChange, 'pointer'> | null => {
  if (from.length > 1 || to.length > 1) {
    const isSame = canonicalize(from as JsonValue) === canonicalize(to as JsonValue)
    return isSame
      ? null
      : { change: 'changed', keywords: differing(Object.assign({}, ...from), Object.assign({}, ...to)) }
  }
  const [before = {}, after = {}] = [from[0], to[0]]
  const keywords = differing(before, after)
  const ways = new Set(keywords.map(keyword => wayOf(keyword, before[keyword], after[keyword])))
  const [way = 'changed'] = ways
  return keywords.length === 0 ? null : { change: ways.size === 1 ? way : 'changed', keywords }
}

const differing = (before: Assertions, after: Assertions): readonly string[] =>
  [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter(keyword => spell(before[keyword]) !== spell(after[keyword]))
    .sort()

const spell = (value: JsonValue | undefined): string => (value === undefined ? '' : canonicalize(value))

type Way = 'widened' | 'narrowed' | 'changed'

/** An assertion that is gone lets more pass, one that is new less. */
const wayOf = (keyword: string, before: JsonValue | undefined, after: JsonValue | undefined): Way => {
  if (before === undefined) return 'narrowed'
  if (after === undefined) return 'widened'
  if (/^(?:min|exclusiveMin)/.test(keyword)) return (after as number) < (before as number) ? 'widened' : 'narrowed'
  if (/^(?:max|exclusiveMax)/.test(keyword)) return (after as number) > (before as number) ? 'widened' : 'narrowed'
  if (keyword === 'multipleOf') return wayOfStep(before as number, after as number)
  if (keyword === 'enum') return wayOfSet(membersOf(before), membersOf(after))
  if (keyword === 'type') return wayOfSet(typesOf(before), typesOf(after))
  return 'changed'
}

const wayOfStep = (before: number, after: number): Way => {
  if (isMultiple(before, after)) return 'widened'
  return isMultiple(after, before) ? 'narrowed' : 'changed'
}

/** Of decimals: to nine digits, which is as many as a step has. */
const isMultiple = (number: number, step: number): boolean => Math.abs(number / step - Math.round(number / step)) < 1e-9

const wayOfSet = (before: ReadonlySet<string>, after: ReadonlySet<string>): Way => {
  if ([...before].every(member => after.has(member))) return 'widened'
  return [...after].every(member => before.has(member)) ? 'narrowed' : 'changed'
}

const membersOf = (value: JsonValue): ReadonlySet<string> => new Set((value as readonly JsonValue[]).map(canonicalize))

/** Every integer is a number. */
const typesOf = (value: JsonValue): ReadonlySet<string> => {
  const types = [value].flat() as readonly string[]
  return new Set(types.includes('number') ? [...types, 'integer'] : types)
}
