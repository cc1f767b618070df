/**
 * What is open in a JSON Schema (draft 2020-12). A schema is the allowlist only when it is closed: nothing that it does
 * not name passes. ajv itself fails open: an unknown keyword, a missing `type` or an unanchored pattern admits more than
 * its author thinks. So a schema is used only when `openings` finds none; what is not provably closed is an opening.
 *
 * Two questions are asked. Of every subschema: does it hold anything that cannot be trusted (unknown or unsafe keywords,
 * patterns without anchors, references that lead away or in circles)? Of those that decide what is admitted: does it
 * bound its values by itself? A subschema that merely narrows beside a closed one (`not`, `if`, `contains`, …) need not.
 */

import { contentKeywords, embeddedPlaces, isEmbeddedContent, MAX_CONTENT_NESTING } from './embedded-places.ts'
import { referenceToken } from './json-pointer.ts'
import {
  applicators,
  childrenOf,
  childrenUnder,
  isObject,
  own,
  positionsOf,
  targetOf,
  type JsonObject,
} from './schema-positions.ts'

const hints = {
  'not-a-schema': 'a schema is a JSON object, or false',
  'wrong-dialect': 'set "$schema" to https://json-schema.org/draft/2020-12/schema, or leave it out',
  'embedded-resource': 'an "$id" stands at the root only: it changes where "#/…" references lead',
  'open-schema': 'true admits everything: write out what is allowed, or false',
  'missing-type': 'name a "type" (or "enum" or "const") here: without one, every value passes',
  'open-object': 'set "additionalProperties": false and list every field under "properties"',
  'open-pattern-properties':
    'list the fields under "properties"; else bound their names with a closed "propertyNames" and their number with "maxProperties"',
  'unbounded-string': 'give an "enum" or "const", or both an anchored "pattern" and "maxLength"',
  'format-only':
    'a "format" is not enforced and admits free text: add an anchored "pattern" and "maxLength", or an "enum"',
  'unanchored-pattern': 'begin the pattern with ^, end it with $, and put alternatives in a group: ^(?:a|b)$',
  'unsupported-pattern':
    'patterns are RE2 and mean the same to every engine: no lookaround, back-reference, flag, named group, "[" or \\S inside a class, or letter escape other than \\d \\w \\s \\b',
  'unbounded-array': 'set "maxItems"',
  'open-items': 'set "items" to the schema of every element (or "prefixItems" with "items": false)',
  'unbounded-number': 'set "minimum" and "maximum", or an "enum" or "const"',
  unevaluated: 'use "additionalProperties": false, or "items": false, in each branch instead',
  'dynamic-reference': 'use "$ref": "#/$defs/…"',
  'remote-reference': 'copy the schema under "$defs" and refer to it as "#/$defs/…"',
  'unresolvable-reference':
    'refer to a schema in this document, as "#/$defs/name", the name in plain letters and digits',
  recursion: 'a schema that contains itself has no bound: write out the levels that are needed',
  'unknown-keyword': 'no such keyword is enforced: correct the spelling, or remove it',
  'unsupported-name': 'a member called "__proto__" cannot be relied on: no validator checks it; call it otherwise',
  'malformed-keyword': 'the value of this keyword is not of the form that JSON Schema gives it',
  'encoded-content':
    'JSON in a string is read where it says "type": "string", "contentMediaType": "application/json", "contentSchema", for base64 "contentEncoding": "base64" or "base64url", and nothing else: what bounds the value stands in "contentSchema"; no other content, nor compressed content, is read',
  'uncertain-content':
    'what a string holds is read before the schema is asked: put "contentSchema" where names and positions alone lead, by "properties", "items", "prefixItems", "$ref" and compositions; not under "not", "if", "contains", "patternProperties" or "additionalProperties", nor into a definition that nothing refers to',
  'mixed-content':
    'the value of a string here is read out of it, with one encoding, whichever branch holds: say the same in every branch that speaks of this place, and spell no value around it with "const" or "enum"',
  'nested-content': `JSON in a string within JSON in a string is read to ${MAX_CONTENT_NESTING} levels: send the value itself`,
  'open-condition': '"not" and "if" only narrow: put a "type" with its bounds beside them',
  'open-composition':
    'no branch of "allOf" is closed by itself: close one of them, or put a "type" with its bounds beside it',
} as const satisfies Record<string, string>

/** Closed list of what can be wrong; the names are stable, policies and reports may hold them. */
export type OpeningProblem = keyof typeof hints

/** One place where a schema admits what it does not name, or cannot be relied on. */
export type Opening = {
  /** JSON Pointer (RFC 6901) into the schema, to the subschema or keyword at fault; `''` is the root. */
  readonly pointer: string
  readonly problem: OpeningProblem
  /** What to write instead, for the author of the schema. */
  readonly hint: string
}

const opening = (pointer: string, problem: OpeningProblem): Opening => ({ pointer, problem, hint: hints[problem] })

/** Keywords without subschemas: assertions that can only narrow, and annotations that ajv ignores. */
const plain: ReadonlySet<string> = new Set(
  (
    'type enum const pattern minLength maxLength multipleOf minimum maximum exclusiveMinimum exclusiveMaximum ' +
    'minItems maxItems uniqueItems minContains maxContains minProperties maxProperties required dependentRequired ' +
    '$id $schema $ref $comment title description default examples deprecated readOnly writeOnly format ' +
    'contentEncoding contentMediaType'
  ).split(' '),
)

const refused: ReadonlyMap<string, OpeningProblem> = new Map([
  ['unevaluatedItems', 'unevaluated'],
  ['unevaluatedProperties', 'unevaluated'],
  ['$dynamicRef', 'dynamic-reference'],
  ['$dynamicAnchor', 'dynamic-reference'],
  ['$recursiveRef', 'dynamic-reference'],
  ['$recursiveAnchor', 'dynamic-reference'],
])

const isBound = (value: unknown): boolean => typeof value === 'number' && Number.isFinite(value)

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0

/** Escapes whose meaning `compilePattern` keeps: classes, word boundary, control characters, punctuation. */
const safeEscape = /[dDwWsSbtnrfv]|[^A-Za-z0-9]/

/**
 * Whether a pattern holds for the whole string. The answer is conservative: a first `^`, a last `$`, and no alternation
 * outside a group. Constructs that RE2 lacks, or that ECMAScript and RE2 read differently, are `unsupported-pattern`.
 * @see https://github.com/google/re2/wiki/Syntax
 */
const patternProblem = (pattern: string): OpeningProblem | undefined => {
  let depth = 0
  let inClass = false
  let alternation = false
  let closed = false
  for (let index = 0; index < pattern.length; index++) {
    const at = pattern[index]!
    closed = false
    if (at === '\\') {
      if (!safeEscape.test(pattern[++index] ?? 'z')) return 'unsupported-pattern'
      if (inClass && pattern[index] === 'S') return 'unsupported-pattern'
    } else if (inClass) {
      if (at === '[') return 'unsupported-pattern'
      if (at === ']') inClass = false
    } else if (at === '[') {
      inClass = true
      if (/^\[\^?\]/.test(pattern.slice(index))) return 'unsupported-pattern'
    } else if (at === '(') {
      depth++
      if (/^\(\?(?!:)/.test(pattern.slice(index, index + 3))) return 'unsupported-pattern'
    } else if (at === ')') {
      if (--depth < 0) return 'unsupported-pattern'
    } else if (at === '|') alternation ||= depth === 0
    else if (at === '$') closed = true
  }
  if (depth > 0 || inClass) return 'unsupported-pattern'
  return closed && !alternation && /^\^(?![*+?{])/.test(pattern) ? undefined : 'unanchored-pattern'
}

const DIALECT = /^https:\/\/json-schema\.org\/draft\/2020-12\/schema#?$/

const keywordProblem = (pointer: string, keyword: string, value: unknown): OpeningProblem | undefined => {
  const problem = refused.get(keyword)
  if (problem !== undefined) return problem
  if (applicators.has(keyword)) return childrenUnder(pointer, keyword, value) ? undefined : 'malformed-keyword'
  if (!plain.has(keyword)) return 'unknown-keyword'
  if (keyword === '$id') return pointer === '' ? undefined : 'embedded-resource'
  if (keyword === '$schema') return typeof value === 'string' && DIALECT.test(value) ? undefined : 'wrong-dialect'
  if (keyword === 'pattern') return typeof value === 'string' ? patternProblem(value) : 'malformed-keyword'
  return undefined
}

/** ajv passes over a member `__proto__` of these. */
const mapsNames = (keyword: string): boolean => applicators.get(keyword) === 'map' || keyword === 'dependentRequired'

const isContentKeyword = (keyword: string): boolean => (contentKeywords as readonly string[]).includes(keyword)

/** What is wrong with one subschema whether or not it decides what is admitted. */
const untrusted = (pointer: string, schema: unknown): readonly Opening[] => {
  if (typeof schema === 'boolean') return []
  if (!isObject(schema)) return [opening(pointer, 'not-a-schema')]
  const found: Opening[] = []
  for (const [keyword, value] of Object.entries(schema)) {
    const problem = keywordProblem(pointer, keyword, value)
    if (problem !== undefined) found.push(opening(pointer + referenceToken(keyword), problem))
    else if (isContentKeyword(keyword) && !isEmbeddedContent(schema))
      found.push(opening(pointer + referenceToken(keyword), 'encoded-content'))
    if (isObject(value) && Object.hasOwn(value, '__proto__') && mapsNames(keyword))
      found.push(opening(pointer + referenceToken(keyword) + referenceToken('__proto__'), 'unsupported-name'))
    if (keyword !== 'patternProperties' || !isObject(value)) continue
    for (const pattern of Object.keys(value)) {
      const wrong = patternProblem(pattern)
      if (wrong !== undefined) found.push(opening(pointer + referenceToken(keyword) + referenceToken(pattern), wrong))
    }
  }
  return found
}

/** References that lead nowhere, and references that close a circle. */
const referenceOpenings = (positions: ReadonlyMap<string, unknown>): readonly Opening[] => {
  const found: Opening[] = []
  const state = new Map<string, 'open' | 'done'>()
  const follow = (pointer: string, schema: JsonObject): void => {
    const target = targetOf(positions, own(schema, '$ref'))
    if ('problem' in target) found.push(opening(`${pointer}/$ref`, target.problem))
    else if (state.get(target.pointer) === 'open') found.push(opening(`${pointer}/$ref`, 'recursion'))
    else visit(target.pointer)
  }
  const visit = (pointer: string): void => {
    if (state.has(pointer)) return
    state.set(pointer, 'open')
    const schema = positions.get(pointer)
    if (isObject(schema) && Object.hasOwn(schema, '$ref')) follow(pointer, schema)
    for (const child of childrenOf(pointer, schema)) if (child.keyword !== '$defs') visit(child.pointer)
    state.set(pointer, 'done')
  }
  for (const pointer of positions.keys()) visit(pointer)
  return found
}

/** Answers, for the subschema at a JSON Pointer, what keeps it from bounding its values by itself. */
type Closure = (pointer: string) => readonly Opening[]

const objectOpenings = (pointer: string, schema: JsonObject, closure: Closure): readonly Opening[] => {
  const found: Opening[] = []
  if (own(schema, 'additionalProperties') !== false) found.push(opening(pointer, 'open-object'))
  const named = own(schema, 'propertyNames')
  if (named !== undefined) found.push(...closure(`${pointer}/propertyNames`))
  const patterns = own(schema, 'patternProperties')
  if (patterns !== undefined && (named === undefined || !isCount(own(schema, 'maxProperties'))))
    found.push(opening(`${pointer}/patternProperties`, 'open-pattern-properties'))
  for (const keyword of ['properties', 'patternProperties'])
    for (const child of childrenUnder(pointer, keyword, own(schema, keyword)) ?? [])
      found.push(...closure(child.pointer))
  return found
}

const arrayOpenings = (pointer: string, schema: JsonObject, closure: Closure): readonly Opening[] => {
  const found: Opening[] = []
  const maximum = own(schema, 'maxItems')
  if (!isCount(maximum)) found.push(opening(pointer, 'unbounded-array'))
  const prefix = childrenUnder(pointer, 'prefixItems', own(schema, 'prefixItems')) ?? []
  for (const child of prefix) found.push(...closure(child.pointer))
  if (Object.hasOwn(schema, 'items')) found.push(...closure(`${pointer}/items`))
  else if (!isCount(maximum) || maximum > prefix.length) found.push(opening(pointer, 'open-items'))
  return found
}

const stringOpenings = (pointer: string, schema: JsonObject, closure: Closure): readonly Opening[] => {
  if (Object.hasOwn(schema, 'contentSchema')) return closure(`${pointer}/contentSchema`)
  const pattern = own(schema, 'pattern')
  // A pattern without anchors is reported once, at the keyword itself.
  if (typeof pattern === 'string' && isCount(own(schema, 'maxLength'))) return []
  const alone = Object.hasOwn(schema, 'format') && pattern === undefined && own(schema, 'maxLength') === undefined
  return [opening(pointer, alone ? 'format-only' : 'unbounded-string')]
}

const numberOpenings = (pointer: string, schema: JsonObject): readonly Opening[] => {
  const low = isBound(own(schema, 'minimum')) || isBound(own(schema, 'exclusiveMinimum'))
  const high = isBound(own(schema, 'maximum')) || isBound(own(schema, 'exclusiveMaximum'))
  return low && high ? [] : [opening(pointer, 'unbounded-number')]
}

const typeOpenings = (pointer: string, schema: JsonObject, type: unknown, closure: Closure): readonly Opening[] => {
  if (type === 'null' || type === 'boolean') return []
  if (type === 'object') return objectOpenings(pointer, schema, closure)
  if (type === 'array') return arrayOpenings(pointer, schema, closure)
  if (type === 'string') return stringOpenings(pointer, schema, closure)
  if (type === 'number' || type === 'integer') return numberOpenings(pointer, schema)
  return [opening(`${pointer}/type`, 'malformed-keyword')]
}

const typesOpenings = (pointer: string, schema: JsonObject, closure: Closure): readonly Opening[] => {
  const type = own(schema, 'type')
  if (!Array.isArray(type)) return typeOpenings(pointer, schema, type, closure)
  if (type.length === 0) return [opening(`${pointer}/type`, 'malformed-keyword')]
  return type.flatMap((one: unknown) => typeOpenings(pointer, schema, one, closure))
}

const allOfOpenings = (pointer: string, schema: JsonObject, closure: Closure): readonly Opening[] => {
  const branches = childrenUnder(pointer, 'allOf', own(schema, 'allOf')) ?? []
  const openings = branches.map(branch => closure(branch.pointer))
  if (openings.some(found => found.length === 0)) return []
  return branches.length === 1 ? openings.flat() : [opening(`${pointer}/allOf`, 'open-composition')]
}

const unionOpenings = (pointer: string, schema: JsonObject, keyword: string, closure: Closure): readonly Opening[] => {
  const branches = childrenUnder(pointer, keyword, own(schema, keyword))
  if (branches === undefined) return [opening(pointer + referenceToken(keyword), 'malformed-keyword')]
  return branches.flatMap(branch => closure(branch.pointer))
}

/**
 * The ways in which a schema can be closed. Its keywords all hold at once, so one way that holds is enough; the others
 * then only narrow. When none holds, the first one is what its author most likely meant.
 */
const ways = (
  pointer: string,
  schema: JsonObject,
  closure: Closure,
  positions: ReadonlyMap<string, unknown>,
): readonly (() => readonly Opening[])[] => {
  if (Array.isArray(own(schema, 'enum')) || Object.hasOwn(schema, 'const')) return [() => []]
  const found: (() => readonly Opening[])[] = []
  if (Object.hasOwn(schema, 'type')) found.push(() => typesOpenings(pointer, schema, closure))
  if (Object.hasOwn(schema, '$ref'))
    found.push(() => {
      const target = targetOf(positions, own(schema, '$ref'))
      return 'problem' in target ? [opening(`${pointer}/$ref`, target.problem)] : closure(target.pointer)
    })
  for (const keyword of ['oneOf', 'anyOf'])
    if (Object.hasOwn(schema, keyword)) found.push(() => unionOpenings(pointer, schema, keyword, closure))
  if (Object.hasOwn(schema, 'allOf')) found.push(() => allOfOpenings(pointer, schema, closure))
  return found
}

const unclosed = (pointer: string, schema: JsonObject): readonly Opening[] => [
  opening(pointer, Object.hasOwn(schema, 'not') || Object.hasOwn(schema, 'if') ? 'open-condition' : 'missing-type'),
]

const closureOver = (positions: ReadonlyMap<string, unknown>): Closure => {
  const known = new Map<string, readonly Opening[]>()
  const reckon: Closure = pointer => {
    const schema = positions.get(pointer)
    if (schema === false) return []
    if (schema === true) return [opening(pointer, 'open-schema')]
    if (!isObject(schema)) return [opening(pointer, 'not-a-schema')]
    const answers: (readonly Opening[])[] = []
    for (const way of ways(pointer, schema, closure, positions)) {
      const found = way()
      if (found.length === 0) return found
      answers.push(found)
    }
    return answers[0] ?? unclosed(pointer, schema)
  }
  const closure: Closure = pointer => {
    const before = known.get(pointer)
    if (before !== undefined) return before
    known.set(pointer, [opening(pointer, 'recursion')]) // stands while this place is being asked about
    const found = reckon(pointer)
    known.set(pointer, found)
    return found
  }
  return closure
}

const distinct = (found: readonly Opening[]): readonly Opening[] => [
  ...new Map(found.map(one => [`${one.problem} ${one.pointer}`, one])).values(),
]

/**
 * Everything that is open or unsafe in a JSON Schema (draft 2020-12); an empty list means that the schema is closed.
 * Sound, not complete: a schema that is closed only by the interplay of several branches is reported too.
 * @param schema - the parsed schema document; anything else is reported as `not-a-schema`
 * @returns openings without duplicates: first what no subschema may hold, then references, then what is unbounded
 * @see https://json-schema.org/draft/2020-12/json-schema-core and …/json-schema-validation
 */
export const openings = (schema: unknown): readonly Opening[] => {
  const positions = positionsOf(schema)
  const circles = referenceOpenings(positions)
  const everywhere = [...positions].flatMap(([pointer, part]) => untrusted(pointer, part))
  // In a circle nothing can be said about what is bounded; the circle itself has to go first.
  if (circles.some(one => one.problem === 'recursion')) return distinct([...everywhere, ...circles])
  const embedded = embeddedPlaces(schema).problems.map(({ pointer, problem }) => opening(pointer, problem))
  return distinct([...everywhere, ...circles, ...embedded, ...closureOver(positions)('')])
}

const literalNames = (value: unknown): readonly string[] => {
  if (Array.isArray(value)) return value.flatMap(literalNames)
  return isObject(value) ? Object.entries(value).flatMap(([key, inner]) => [key, ...literalNames(inner)]) : []
}

const strings = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : []

const namesHere = (schema: JsonObject, asNames: boolean): readonly string[] => {
  const dependents = own(schema, 'dependentRequired')
  const literals = [own(schema, 'enum'), [own(schema, 'const')]]
  return [
    ...['properties', 'dependentSchemas'].flatMap(keyword => Object.keys(own(schema, keyword) ?? {})),
    ...strings(own(schema, 'required')),
    ...(isObject(dependents) ? Object.entries(dependents).flatMap(([key, list]) => [key, ...strings(list)]) : []),
    ...literals.flatMap(literalNames),
    ...(asNames ? literals.flatMap(strings) : []),
  ]
}

/**
 * Every property name that the schema itself spells out. Only these may be repeated in a finding; any other property
 * name of a payload is the sender's text.
 */
export const propertyNames = (schema: unknown): ReadonlySet<string> => {
  const names = new Set<string>()
  for (const [pointer, part] of positionsOf(schema)) {
    if (!isObject(part)) continue
    for (const name of namesHere(part, pointer.endsWith('/propertyNames'))) names.add(name)
  }
  return names
}

/**
 * The key list of every `properties` map, in document order: the orders of property names that carry no information.
 * Keys that spell an array index (`"0"`, `"17"`) come first in each list, as ECMAScript orders them.
 */
export const propertyOrders = (schema: unknown): readonly (readonly string[])[] =>
  [...positionsOf(schema).values()].flatMap(part => {
    const properties = isObject(part) ? own(part, 'properties') : undefined
    return isObject(properties) ? [Object.keys(properties)] : []
  })
