import type { JsonValue } from '../canonical.ts'
import type { DraftBody, DraftRoute } from './draft-policy.ts'
import { pathOf, referenceToken } from '../json-pointer.ts'
import { detectors } from '../registry.ts'
import { compileSchema } from '../schema.ts'
import type { Judgement } from '../verdict.ts'

/** One case that was run. */
export type Run = {
  readonly route: string
  readonly verdict: Judgement
  /** The body as the schema is asked about it; undefined when it could not be read. */
  readonly body: JsonValue | undefined
}

/** What there is, and what of it no case has touched. */
export type Share = { readonly total: number; readonly missed: readonly string[] }

export type Coverage = {
  /** Routes through which a case went. */
  readonly routes: Share
  /** Properties of the schemas that stood in a payload that passed, and branches of `anyOf` and `oneOf` that one took: `route pointer`. */
  readonly schema: Share
  /** Detectors that found something in a case. */
  readonly detectors: Share
}

export const coverageOf = (routes: readonly DraftRoute[], runs: readonly Run[]): Coverage => {
  const passed = runs.filter(({ verdict }) => verdict.kind === 'forward')
  const found = new Set(
    runs.flatMap(({ verdict }) => (verdict.kind === 'block' ? verdict.findings : [])).map(({ detector }) => detector),
  )
  const schema = routes.flatMap(({ id, body }) => {
    if (!body) return []
    const walk = new Walk(body.schema)
    for (const run of passed) if (run.route === id) for (const value of valuesIn(run, body)) walk.cover(value)
    return [...walk.places].map(([pointer, isCovered]) => ({ name: `${id} ${pointer}`, isCovered }))
  })
  return {
    routes: share(routes.map(({ id }) => ({ name: id, isCovered: passed.some(({ route }) => route === id) }))),
    schema: share(schema),
    detectors: share(detectors.map(({ id }) => ({ name: id, isCovered: found.has(id) }))),
  }
}

/** The schema of newline-delimited JSON speaks of each line. */
const valuesIn = ({ body }: Run, { maxLines }: DraftBody): readonly JsonValue[] =>
  maxLines === undefined ? (body === undefined ? [] : [body]) : list(body)

const share = (all: readonly { readonly name: string; readonly isCovered: boolean }[]): Share => ({
  total: all.length,
  missed: all.filter(({ isCovered }) => !isCovered).map(({ name }) => name),
})

type SchemaObject = { readonly [keyword: string]: JsonValue }

const isObject = (value: JsonValue | undefined): value is { [key: string]: JsonValue } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const alternatives = ['anyOf', 'oneOf'] as const

/** Walks a closed schema, which has no circles, side by side with payloads that it admits. */
class Walk {
  /** JSON Pointers into the schema, and whether a payload has been there. */
  readonly places = new Map<string, boolean>()
  readonly #root: JsonValue
  readonly #admits = new Map<string, (value: JsonValue) => boolean>()

  constructor(root: JsonValue) {
    this.#root = root
    this.#visit(root, '', undefined)
  }

  cover(value: JsonValue): void {
    this.#visit(this.#root, '', value)
  }

  /** @param value - undefined: only lists the places that there are */
  #visit(schema: JsonValue | undefined, pointer: string, value: JsonValue | undefined): void {
    if (!isObject(schema)) return
    const reference = schema.$ref
    if (typeof reference === 'string') this.#visit(this.#at(reference.slice(1)), reference.slice(1), value)
    this.#visitProperties(schema, pointer, value)
    this.#visitItems(schema, pointer, value)
    this.#visit(schema.contentSchema, `${pointer}/contentSchema`, value)
    for (const [index, inner] of list(schema.allOf).entries()) this.#visit(inner, `${pointer}/allOf/${index}`, value)
    for (const keyword of alternatives)
      for (const [index, branch] of list(schema[keyword]).entries())
        this.#visitBranch(schema, branch, `${pointer}/${keyword}/${index}`, value)
  }

  #visitProperties(schema: SchemaObject, pointer: string, value: JsonValue | undefined): void {
    if (!isObject(schema.properties)) return
    for (const [name, inner] of Object.entries(schema.properties)) {
      const place = `${pointer}/properties${referenceToken(name)}`
      const member = isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined
      this.#note(place, member !== undefined)
      if (value === undefined || member !== undefined) this.#visit(inner, place, member)
    }
  }

  #visitItems(schema: SchemaObject, pointer: string, value: JsonValue | undefined): void {
    const prefix = list(schema.prefixItems)
    const values = value === undefined ? undefined : list(value)
    for (const [index, inner] of prefix.entries())
      if (values === undefined || index < values.length)
        this.#visit(inner, `${pointer}/prefixItems/${index}`, values?.[index])
    if (values === undefined) this.#visit(schema.items, `${pointer}/items`, undefined)
    else for (const item of values.slice(prefix.length)) this.#visit(schema.items, `${pointer}/items`, item)
  }

  #visitBranch(parent: SchemaObject, branch: JsonValue, place: string, value: JsonValue | undefined): void {
    const isTaken = value !== undefined && this.#isAdmitted(parent, branch, place, value)
    this.#note(place, isTaken)
    if (value === undefined || isTaken) this.#visit(branch, place, value)
  }

  #note(place: string, isCovered: boolean): void {
    this.places.set(place, isCovered || (this.places.get(place) ?? false))
  }

  /** A branch that cannot be compiled by itself counts as one that no payload took. */
  #isAdmitted(parent: SchemaObject, branch: JsonValue, place: string, value: JsonValue): boolean {
    const known = this.#admits.get(place)
    if (known) return known(value)
    let admits = (_value: JsonValue): boolean => false
    try {
      const definitions = isObject(this.#root) && this.#root.$defs ? { $defs: this.#root.$defs } : {}
      const type = parent.type === undefined ? {} : { type: parent.type }
      const validate = compileSchema({ ...definitions, ...type, ...(branch as object) })
      admits = one => validate(one).ok
    } catch {
      // Stays as it is: it admits nothing.
    }
    this.#admits.set(place, admits)
    return admits(value)
  }

  #at(pointer: string): JsonValue | undefined {
    let here: JsonValue | undefined = this.#root
    for (const step of pathOf(pointer, this.#root))
      here = here !== null && typeof here === 'object' ? (here as Record<string, JsonValue>)[step] : undefined
    return here
  }
}

const list = (value: JsonValue | undefined): readonly JsonValue[] => (Array.isArray(value) ? value : [])
