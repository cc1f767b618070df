import { createHash } from 'node:crypto'
import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js'
import { isMap, isPair, isScalar, LineCounter, parseDocument, type Document } from 'yaml'
import { normalizeAddress, parseNetwork, type Network } from './address.ts'
import { canonicalize, type JsonValue } from './canonical.ts'
import { openings, propertyNames, propertyOrders } from './closed-schema.ts'
import { parsePathTemplate, type PathTemplate } from './path-template.ts'
import {
  defaultLimits,
  type BodyRule,
  type Destination,
  type Instrument,
  type Limits,
  type Parameter,
  type Policy,
  type Route,
} from './policy.ts'
import policySchema from './policy.schema.json' with { type: 'json' }
import { compileSchema, type Validator } from './schema.ts'

/** Something wrong with a policy, at a place that an editor can jump to. */
export type Problem = {
  readonly line: number
  readonly column: number
  /** Dotted path of the key, for example `routes[0].path`. */
  readonly key: string
  readonly message: string
}

export type PolicyReading =
  { readonly ok: true; readonly policy: Policy } | { readonly ok: false; readonly problems: readonly Problem[] }

/** Gives the text of a file that the policy refers to (a schema, a CA file), or null when there is none. */
export type ReadReference = (reference: string) => string | null

/**
 * Reads a policy document (YAML 1.2, described by `policy.schema.json`), with all that it refers to.
 * @returns every problem found, in the order of the document; a policy only when there is none
 */
export const parsePolicy = (text: string, readReference: ReadReference): PolicyReading => {
  const source = readSource(text)
  if (source.problems.length > 0) return { ok: false, problems: source.problems }
  const reader = new PolicyReader(source, readReference)
  const policy = reader.read(source.value as RawPolicy)
  return reader.problems.length > 0 ? { ok: false, problems: inOrder(reader.problems) } : { ok: true, policy }
}

const inOrder = (problems: readonly Problem[]): readonly Problem[] =>
  problems.toSorted((a, b) => a.line - b.line || a.column - b.column)

/** The document as `policy.schema.json` admits it. */
type RawPolicy = {
  readonly instruments: readonly RawInstrument[]
  readonly destinations: readonly RawDestination[]
  readonly routes: readonly RawRoute[]
  readonly limits?: Partial<Limits>
}
type RawInstrument = {
  readonly id: string
  readonly serial?: string
  readonly address?: string
  readonly network?: string
  readonly enabled?: boolean
}
type RawDestination = {
  readonly id: string
  readonly host: string
  readonly port?: number
  readonly addresses?: readonly string[]
  readonly networks?: readonly string[]
  readonly ca?: string
  readonly pins?: readonly string[]
}
type RawParameters = Readonly<
  Record<string, { readonly schema: object; readonly required?: boolean; readonly credential?: boolean }>
>
type RawRoute = {
  readonly id: string
  readonly destination: string
  readonly instruments?: readonly string[]
  readonly method: string
  readonly path: string
  readonly pathParameters?: RawParameters
  readonly query?: RawParameters
  readonly headers?: RawParameters
  readonly upgradeInsecure?: boolean
  readonly body:
    | { readonly kind: 'none' }
    | { readonly kind: 'json'; readonly contentTypes?: readonly string[]; readonly schema: object | string }
  readonly forward?: 'canonical' | 'exact'
  readonly response?: { readonly headers?: readonly string[]; readonly maxBytes?: number }
  readonly onBlock?: { readonly status: number; readonly contentType?: string; readonly body?: string }
}

type Path = readonly (string | number)[]
type Source = {
  readonly value: unknown
  readonly problems: readonly Problem[]
  readonly locate: (path: Path) => { readonly line: number; readonly column: number }
}

/** Reads YAML and checks it against the published schema. */
const readSource = (text: string): Source => {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, stringKeys: true })
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset)
    return { line, column: col }
  }
  const locate = (path: Path) => at(offsetOf(document, path))
  const faults = [...document.errors, ...document.warnings]
  if (faults.length > 0) {
    const problems = faults.map(fault => ({ ...at(fault.pos[0]), key: '', message: fault.message.split('\n')[0]! }))
    return { value: null, problems, locate }
  }
  const value: unknown = document.toJS({ maxAliasCount: 100 })
  return { value, problems: documentProblems(value, locate), locate }
}

/** Where a key stands in the text; for a key that is missing, where its parent stands. */
const offsetOf = (document: Document, path: Path): number => {
  for (let depth = path.length; depth > 0; depth--) {
    const parent = document.getIn(path.slice(0, depth - 1), true)
    const pair = isMap(parent)
      ? parent.items.find(item => isPair(item) && isScalar(item.key) && item.key.value === path[depth - 1])
      : undefined
    const node = (pair?.key ?? document.getIn(path.slice(0, depth), true)) as { range?: readonly number[] } | undefined
    if (node?.range) return node.range[0]!
  }
  return 0
}

const validateDocument = new Ajv2020({
  strict: true,
  strictRequired: false,
  strictTypes: false,
  allErrors: true,
  ownProperties: true,
}).compile(policySchema)

const documentProblems = (value: unknown, locate: Source['locate']): readonly Problem[] => {
  if (validateDocument(value)) return []
  const errors = validateDocument.errors ?? []
  // A failed alternative reports each of its branches and then itself; the branches say more.
  const told = errors.filter(({ keyword }) => errors.length === 1 || !['oneOf', 'anyOf', 'if'].includes(keyword))
  return inOrder((told.length > 0 ? told : errors).map(error => documentProblem(error, value, locate)))
}

const documentProblem = (error: ErrorObject, root: unknown, locate: Source['locate']): Problem => {
  const path = tokensOf(error.instancePath, root)
  const unknown: unknown = error.params.additionalProperty
  if (typeof unknown === 'string')
    return { ...locate([...path, unknown]), key: keyOf([...path, unknown]), message: 'unknown key' }
  const allowed: unknown = error.params.allowedValues
  const message = Array.isArray(allowed) ? `must be one of ${allowed.join(', ')}` : (error.message ?? 'is not valid')
  return { ...locate(path), key: keyOf(path), message }
}

const tokensOf = (pointer: string, root: unknown): Path => {
  const path: (string | number)[] = []
  let here = root
  for (const token of pointer.split('/').slice(1)) {
    const name = token.replaceAll('~1', '/').replaceAll('~0', '~')
    path.push(Array.isArray(here) ? Number(name) : name)
    here = (here as Record<string, unknown> | null)?.[name]
  }
  return path
}

const keyOf = (path: Path): string =>
  path.map((token, index) => (typeof token === 'number' ? `[${token}]` : index === 0 ? token : `.${token}`)).join('')

/** Turns a document that fits the schema into a policy, and collects what the schema could not see. */
class PolicyReader {
  readonly problems: Problem[] = []
  readonly #locate: Source['locate']
  readonly #readReference: ReadReference
  /** Texts of the files the policy refers to: they belong to its digest. */
  readonly #references: Record<string, JsonValue> = {}

  constructor(source: Source, readReference: ReadReference) {
    this.#locate = source.locate
    this.#readReference = readReference
  }

  read(raw: RawPolicy): Policy {
    const instruments = raw.instruments.map((instrument, index) => this.#instrument(instrument, ['instruments', index]))
    const destinations = raw.destinations.map((item, index) => this.#destination(item, ['destinations', index]))
    this.#distinct('instruments', raw.instruments)
    this.#distinct('destinations', raw.destinations)
    this.#distinct('routes', raw.routes)
    const routes = raw.routes.flatMap((route, index) =>
      this.#route(route, ['routes', index], instruments, destinations),
    )
    const limits = { ...defaultLimits, ...raw.limits }
    return { digest: this.#digest(raw), instruments, destinations, routes, limits }
  }

  #report(path: Path, message: string): void {
    this.problems.push({ ...this.#locate(path), key: keyOf(path), message })
  }

  #digest(raw: RawPolicy): string {
    const document = { policy: raw, references: this.#references } as unknown as JsonValue
    return `sha256:${createHash('sha256').update(canonicalize(document)).digest('hex')}`
  }

  #distinct(key: string, items: readonly { readonly id: string }[]): void {
    const seen = new Set<string>()
    for (const [index, { id }] of items.entries()) {
      if (seen.has(id)) this.#report([key, index, 'id'], `the id ${id} stands here a second time`)
      seen.add(id)
    }
  }

  #instrument(raw: RawInstrument, path: Path): Instrument {
    const network =
      raw.address === undefined
        ? this.#network(raw.network!, [...path, 'network'])
        : this.#host(raw.address, [...path, 'address'])
    return { id: raw.id, serial: raw.serial ?? null, enabled: raw.enabled ?? true, network }
  }

  #host(text: string, path: Path): Network {
    const address = normalizeAddress(text)
    if (address === null) this.#report(path, 'must be an IPv4 or IPv6 address')
    return parseNetwork(`${address ?? '0.0.0.0'}/${address?.includes(':') ? 128 : 32}`)!
  }

  #network(text: string, path: Path): Network {
    const network = parseNetwork(text)
    if (network === null) this.#report(path, 'must be a network in CIDR form such as 10.77.1.0/28')
    return network ?? parseNetwork('0.0.0.0/32')!
  }

  #destination(raw: RawDestination, path: Path): Destination {
    const addresses = (raw.addresses ?? []).map((text, index) => {
      const address = normalizeAddress(text)
      if (address === null) this.#report([...path, 'addresses', index], 'must be an IPv4 or IPv6 address')
      return address ?? text
    })
    return {
      id: raw.id,
      host: raw.host,
      port: raw.port ?? 443,
      addresses,
      networks: (raw.networks ?? []).map((text, index) => this.#network(text, [...path, 'networks', index])),
      ca: raw.ca === undefined ? null : this.#reference(raw.ca, [...path, 'ca']),
      pins: raw.pins ?? [],
    }
  }

  #reference(reference: string, path: Path): string | null {
    const text = this.#readReference(reference)
    if (text === null) this.#report(path, `there is no file ${reference}`)
    else this.#references[reference] = text
    return text
  }

  #route(
    raw: RawRoute,
    path: Path,
    instruments: readonly Instrument[],
    destinations: readonly Destination[],
  ): readonly Route[] {
    const destination = destinations.find(({ id }) => id === raw.destination)
    if (!destination) this.#report([...path, 'destination'], `no destination has the id ${raw.destination}`)
    for (const [index, id] of (raw.instruments ?? []).entries())
      if (!instruments.some(instrument => instrument.id === id))
        this.#report([...path, 'instruments', index], `no instrument has the id ${id}`)
    const template = this.#path(raw, path)
    const pathParameters = this.#parameters(raw.pathParameters, [...path, 'pathParameters'])
    if (template) this.#matching(template, pathParameters, path)
    const body = this.#body(raw, path)
    const route = {
      query: this.#parameters(raw.query, [...path, 'query']),
      headers: this.#headers(raw.headers, [...path, 'headers']),
    }
    if (!destination || !template || !body) return []
    return [
      {
        ...route,
        id: raw.id,
        destination,
        instruments: raw.instruments ? new Set(raw.instruments) : null,
        method: raw.method,
        path: template,
        pathParameters,
        upgradeInsecure: raw.upgradeInsecure ?? false,
        body,
        forward: raw.forward ?? 'canonical',
        response: {
          headers: new Set(raw.response?.headers ?? ['content-type', 'content-encoding', 'retry-after', 'date']),
          maxBytes: raw.response?.maxBytes ?? 1024 * 1024,
        },
        onBlock: raw.onBlock ? { contentType: 'application/json', body: '', ...raw.onBlock } : null,
      },
    ]
  }

  #path(raw: RawRoute, path: Path): PathTemplate | null {
    const template = parsePathTemplate(raw.path)
    if (!template)
      this.#report(
        [...path, 'path'],
        'must begin with "/" and consist of plain segments or {parameter} segments, none of them empty',
      )
    return template
  }

  /** Each parameter of the template is described, and nothing else is. */
  #matching(template: PathTemplate, described: ReadonlyMap<string, Parameter>, path: Path): void {
    const named = template.segments.flatMap(segment => ('parameter' in segment ? [segment.parameter] : []))
    for (const name of named)
      if (!described.has(name)) this.#report([...path, 'path'], `{${name}} needs an entry in pathParameters`)
    for (const name of described.keys())
      if (!named.includes(name)) this.#report([...path, 'pathParameters', name], 'the path has no such parameter')
  }

  #parameters(raw: RawParameters = {}, path: Path): ReadonlyMap<string, Parameter> {
    return new Map(
      Object.entries(raw).map(([name, { schema, required = false, credential = false }]) => {
        const validate = this.#schema(schema, [...path, name, 'schema'])
        return [name, { name, required, credential, validate }] as const
      }),
    )
  }

  #headers(raw: RawParameters = {}, path: Path): ReadonlyMap<string, Parameter> {
    for (const name of Object.keys(raw))
      if (reservedFields.has(name))
        this.#report([...path, name], 'this field is always written by the appliance itself')
      else if (credentialFields.has(name) && raw[name]!.credential !== true)
        this.#report([...path, name], 'this field carries a credential: say so with "credential: true"')
    return this.#parameters(raw, path)
  }

  #body(raw: RawRoute, path: Path): BodyRule | null {
    if (raw.body.kind === 'none') return raw.body
    const key = [...path, 'body', 'schema']
    const schema = this.#bodySchema(raw.body.schema, key)
    if (schema === null) return null
    if (raw.method === 'GET' || raw.method === 'HEAD')
      this.#report([...path, 'body', 'kind'], `${raw.method} has no body`)
    return {
      kind: 'json',
      contentTypes: raw.body.contentTypes ?? ['application/json'],
      validate: this.#schema(schema, key),
      names: propertyNames(schema),
      orders: propertyOrders(schema),
    }
  }

  #bodySchema(schema: object | string, path: Path): object | null {
    if (typeof schema === 'object') return schema
    const text = this.#reference(schema, path)
    if (text === null) return null
    try {
      const value: unknown = JSON.parse(text)
      if (typeof value === 'object' && value !== null) return value
    } catch {
      // falls through to the report
    }
    this.#report(path, `${schema} is not a JSON Schema`)
    return null
  }

  #schema(schema: object, path: Path): Validator {
    const open = openings(schema)
    for (const { pointer, problem, hint } of open) this.#report(path, `${problem} at ${pointer || '/'}: ${hint}`)
    try {
      if (open.length === 0) return compileSchema(schema)
    } catch (error) {
      this.#report(path, `not a valid schema: ${(error as Error).message}`)
    }
    return () => ({ ok: false, keyword: 'schema', path: [] })
  }
}

/** Fields that frame or route the message, or that belong to one connection (RFC 9110 section 7.6.1). */
const reservedFields = new Set([
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'expect',
  'host',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'via',
])

const credentialFields = new Set(['authorization', 'cookie', 'x-api-key', 'x-auth-token', 'x-amz-security-token'])
