/**
 * JSON embedded in strings of JSON, as `contentEncoding`, `contentMediaType` and `contentSchema` describe it (JSON Schema draft
 * 2020-12, Validation section 8). The specification makes these annotations; here they hold: such a string is read before the
 * schema is asked, and its value stands in its place from then on. So it has to be certain, from names and positions alone, which
 * strings those are.
 */
import { childrenOf, isObject, mapSchemas, own, positionsOf, targetOf, type JsonObject } from './schema-positions.ts'
import { referenceToken } from './json-pointer.ts'

/** How the octets of a JSON text are written in a string (RFC 4648 sections 4 and 5); `none`: it is the text itself. */
export type ContentEncoding = 'none' | 'base64' | 'base64url'

/** Where in a value there are strings with JSON in them: the steps that lead there. */
export type EmbeddedPlaces =
  | {
      readonly kind: 'embedded'
      readonly encoding: ContentEncoding
      /** Where in the value that the string holds; null where nowhere. */
      readonly inner: EmbeddedPlaces | null
    }
  | {
      readonly kind: 'members'
      readonly properties: ReadonlyMap<string, EmbeddedPlaces>
      readonly prefix: readonly (EmbeddedPlaces | null)[]
      /** Of the elements behind the prefix. */
      readonly items: EmbeddedPlaces | null
    }

/** Strings within strings within strings: each layer makes what leaves longer by a third or more. */
export const MAX_CONTENT_NESTING = 4

/** `uncertain-content`: it depends on more than names and positions. `mixed-content`: it is said to be something else as well. */
export type ContentProblem = {
  readonly pointer: string
  readonly problem: 'uncertain-content' | 'mixed-content' | 'nested-content'
}

export type EmbeddedReading = {
  /** Null where no string holds JSON. */
  readonly places: EmbeddedPlaces | null
  readonly problems: readonly ContentProblem[]
}

export const contentKeywords = ['contentEncoding', 'contentMediaType', 'contentSchema'] as const

const annotations = '$comment title description default examples deprecated readOnly writeOnly $schema $id $defs'

const besideContent: ReadonlySet<string> = new Set([...contentKeywords, 'type', ...annotations.split(' ')])

const isEncoding = (value: unknown): value is Exclude<ContentEncoding, 'none'> | undefined =>
  value === undefined || value === 'base64' || value === 'base64url'

/** Whether a schema with one of the keywords for content says all that is needed, and nothing else. */
export const isEmbeddedContent = (schema: JsonObject): boolean =>
  Object.hasOwn(schema, 'contentSchema') &&
  own(schema, 'type') === 'string' &&
  own(schema, 'contentMediaType') === 'application/json' &&
  isEncoding(own(schema, 'contentEncoding')) &&
  Object.keys(schema).every(keyword => besideContent.has(keyword))

const embeddedIn = (positions: ReadonlyMap<string, unknown>): readonly string[] =>
  [...positions].flatMap(([pointer, one]) => (isObject(one) && Object.hasOwn(one, 'contentSchema') ? [pointer] : []))

/** Whether a schema says of any string that it holds JSON. */
export const hasEmbedded = (schema: unknown): boolean => embeddedIn(positionsOf(schema)).length > 0

/** Where the strings are that hold JSON, and where that cannot be said. In a circle of references nothing can be. */
export const embeddedPlaces = (schema: unknown): EmbeddedReading => {
  const positions = positionsOf(schema)
  const embedded = embeddedIn(positions)
  if (embedded.length === 0) return { places: null, problems: [] }
  const finder = new Finder(positions)
  const places = finder.places([{ pointer: '', isCertain: true }], 0)
  const unreached = embedded.filter(pointer => !finder.reached.has(pointer))
  return {
    places,
    problems: [...finder.problems, ...unreached.map(pointer => ({ pointer, problem: 'uncertain-content' as const }))],
  }
}

/**
 * The schema of the values that stand where strings held them. All pointers stay as they are: `contentSchema` is then a keyword
 * that holds its value to a schema, with no `type` beside it.
 */
export const decodedSchema = (schema: unknown): unknown =>
  mapSchemas(schema, one => {
    if (!Object.hasOwn(one, 'contentSchema')) return one
    const { type: _type, contentEncoding: _encoding, contentMediaType: _mediaType, ...rest } = one
    return rest
  })

/** A subschema that may apply to a value; certain where whether the value is encoded does not hang on another condition. */
type Applied = { readonly pointer: string; readonly isCertain: boolean }
type Found = Applied & { readonly schema: JsonObject }

/** Keywords whose subschemas speak of the same value. */
const alike: ReadonlySet<string> = new Set('allOf anyOf oneOf if then else not dependentSchemas'.split(' '))
const conditions: ReadonlySet<string> = new Set(['if', 'not'])
const silent: ReadonlySet<string> = new Set([...alike, ...annotations.split(' '), '$ref'])

const hasLiteralMembers = (schema: JsonObject): boolean =>
  [own(schema, 'const'), ...[own(schema, 'enum') ?? []].flat()].some(one => typeof one === 'object' && one !== null)

class Finder {
  readonly problems: ContentProblem[] = []
  /** Pointers of the schemas with content to which names and positions lead. */
  readonly reached = new Set<string>()
  readonly #positions: ReadonlyMap<string, unknown>

  constructor(positions: ReadonlyMap<string, unknown>) {
    this.#positions = positions
  }

  places(applied: readonly Applied[], nesting: number): EmbeddedPlaces | null {
    const found = applied.flatMap(one => this.#alike(one))
    if (found.length === 0) return null
    const embedded = found.filter(({ schema }) => Object.hasOwn(schema, 'contentSchema'))
    return embedded.length > 0 ? this.#embedded(embedded, found, nesting) : this.#members(found, nesting)
  }

  /** A schema and all that may apply to the same value. */
  #alike({ pointer, isCertain }: Applied): readonly Found[] {
    const schema = this.#positions.get(pointer)
    if (!isObject(schema)) return []
    const target = Object.hasOwn(schema, '$ref') ? targetOf(this.#positions, own(schema, '$ref')) : null
    const further = childrenOf(pointer, schema)
      .filter(({ keyword }) => alike.has(keyword))
      .map(child => ({ pointer: child.pointer, isCertain: isCertain && !conditions.has(child.keyword) }))
    if (target && 'pointer' in target) further.push({ pointer: target.pointer, isCertain })
    return [{ pointer, isCertain, schema }, ...further.flatMap(one => this.#alike(one))]
  }

  #embedded(embedded: readonly Found[], all: readonly Found[], nesting: number): EmbeddedPlaces {
    const [first] = embedded as readonly [Found, ...Found[]]
    const encodingOf = ({ schema }: Found) => (own(schema, 'contentEncoding') ?? 'none') as ContentEncoding
    for (const { pointer, isCertain } of embedded) {
      this.reached.add(pointer)
      if (!isCertain) this.#report(pointer, 'uncertain-content')
    }
    const others = all.filter(
      one => !embedded.includes(one) && Object.keys(one.schema).some(keyword => !silent.has(keyword)),
    )
    const differing = embedded.filter(one => encodingOf(one) !== encodingOf(first))
    for (const { pointer } of [...others, ...differing]) this.#report(pointer, 'mixed-content')
    if (nesting >= MAX_CONTENT_NESTING) this.#report(first.pointer, 'nested-content')
    const inside = embedded.map(({ pointer, isCertain }) => ({ pointer: `${pointer}/contentSchema`, isCertain }))
    return { kind: 'embedded', encoding: encodingOf(first), inner: this.places(inside, nesting + 1) }
  }

  #members(found: readonly Found[], nesting: number): EmbeddedPlaces | null {
    const names = new Set(found.flatMap(({ schema }) => Object.keys(own(schema, 'properties') ?? {})))
    const properties = new Map<string, EmbeddedPlaces>()
    for (const name of names) {
      const inner = this.places(
        found.flatMap(one => propertyOf(one, name)),
        nesting,
      )
      if (inner) properties.set(name, inner)
    }
    const length = Math.max(0, ...found.map(({ schema }) => prefixLength(schema)))
    const prefix = Array.from({ length }, (_, index) =>
      this.places(
        found.flatMap(one => elementOf(one, index)),
        nesting,
      ),
    )
    const items = this.places(
      found.flatMap(one => elementOf(one, length)),
      nesting,
    )
    if (properties.size === 0 && items === null && prefix.every(one => one === null)) return null
    // A value that is written out would have to be compared with what was received.
    for (const { pointer, schema } of found) if (hasLiteralMembers(schema)) this.#report(pointer, 'mixed-content')
    return { kind: 'members', properties, prefix, items }
  }

  #report(pointer: string, problem: ContentProblem['problem']): void {
    this.problems.push({ pointer, problem })
  }
}

const prefixLength = (schema: JsonObject): number => {
  const prefix = own(schema, 'prefixItems')
  return Array.isArray(prefix) ? prefix.length : 0
}

/** What a schema says of a property: under its name, and by patterns or for all that it does not list, where it is not certain. */
const propertyOf = ({ pointer, isCertain, schema }: Found, name: string): readonly Applied[] => {
  const { properties, patternProperties } = schema
  const isListed = isObject(properties) && Object.hasOwn(properties, name)
  const further = [
    ...(isObject(patternProperties) ? Object.keys(patternProperties) : []).map(
      pattern => `/patternProperties${referenceToken(pattern)}`,
    ),
    ...(isListed ? [] : ['/additionalProperties']),
  ]
  return [
    ...(isListed ? [{ pointer: `${pointer}/properties${referenceToken(name)}`, isCertain }] : []),
    ...further.map(path => ({ pointer: pointer + path, isCertain: false })),
  ]
}

const elementOf = ({ pointer, isCertain, schema }: Found, index: number): readonly Applied[] => [
  { pointer: index < prefixLength(schema) ? `${pointer}/prefixItems/${index}` : `${pointer}/items`, isCertain },
  { pointer: `${pointer}/contains`, isCertain: false },
]
