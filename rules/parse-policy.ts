import { createHash } from 'node:crypto'
import { normalizeAddress, parseNetwork, sameNetwork, type Network } from './address.ts'
import { interopSchema } from './body/interop-schema.ts'
import type { InteropMetric } from './body/interop-layout.ts'
import { compileTemplates, logSchema, templateProblems } from './body/log-lines.ts'
import { readValueRules, type ValueRulesSource } from './body/read-value-rules.ts'
import { canonicalize, type JsonValue } from './canonical.ts'
import { openings, propertyNames, propertyOrders } from './closed-schema.ts'
import { spellAuthority } from './framing.ts'
import { readJson } from './json.ts'
import type { Path } from './json-pointer.ts'
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
import { inOrder, keyOf, readPolicyDocument, type Locate, type Problem } from './policy-document.ts'
import { scan } from './scan.ts'
import { compileSchema, type Validator } from './schema.ts'

export type PolicyReading =
  { readonly ok: true; readonly policy: Policy } | { readonly ok: false; readonly problems: readonly Problem[] }

/** Gives the text of a file that the policy refers to (a schema, a CA file), or null when there is none. */
export type ReadReference = (reference: string) => string | null

/**
 * Reads a policy document (YAML 1.2, described by `policy.schema.json`), with all that it refers to.
 * @returns every problem found, in the order of the document; a policy only when there is none
 */
export const parsePolicy = (text: string, readReference: ReadReference): PolicyReading => {
  const document = readPolicyDocument(text)
  if (!document.ok) return document
  const reader = new PolicyReader(document.locate, readReference)
  const policy = reader.read(document.value as unknown as RawPolicy)
  return reader.problems.length > 0 ? { ok: false, problems: inOrder(reader.problems) } : { ok: true, policy }
}

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
  readonly body: { readonly kind: 'none' } | RawJson | RawLines | RawForm | RawInterop | RawLog
  readonly forward?: 'canonical' | 'exact'
  readonly response?: { readonly headers?: readonly string[]; readonly maxBytes?: number }
  readonly onBlock?: { readonly status: number; readonly contentType?: string; readonly body?: string }
}

type RawJson = ValueRulesSource & {
  readonly kind: 'json'
  readonly contentTypes?: readonly string[]
  readonly schema: object | string
}
type RawLines = ValueRulesSource & {
  readonly kind: 'ndjson'
  readonly contentTypes?: readonly string[]
  readonly schema: object | string
  readonly maxLines: number
}
type RawForm = {
  readonly kind: 'form'
  readonly contentTypes?: readonly string[]
  readonly parameters: RawParameters
}
type RawInterop = {
  readonly kind: 'interop'
  readonly metric: InteropMetric
  readonly version?: number
  readonly contentTypes?: readonly string[]
  readonly schema?: object | string
}
type RawLog = {
  readonly kind: 'log'
  readonly templates: Readonly<Record<string, string>>
  readonly onUnmatched?: 'block' | 'drop'
  readonly contentTypes?: readonly string[]
}

/** Turns a document that fits the schema into a policy, and collects what the schema could not see. */
class PolicyReader {
  readonly problems: Problem[] = []
  readonly #locate: Locate
  readonly #readReference: ReadReference
  /** Texts of the files the policy refers to: they belong to its digest. */
  readonly #references: Record<string, JsonValue> = Object.create(null)

  constructor(locate: Locate, readReference: ReadReference) {
    this.#locate = locate
    this.#readReference = readReference
  }

  read(raw: RawPolicy): Policy {
    const instruments = raw.instruments.map((instrument, index) => this.#instrument(instrument, ['instruments', index]))
    const destinations = raw.destinations.map((item, index) => this.#destination(item, ['destinations', index]))
    this.#distinct('instruments', raw.instruments)
    this.#distinct('destinations', raw.destinations)
    this.#distinct('routes', raw.routes)
    this.#unambiguous(instruments, destinations)
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

  /** Two instruments in one network, or two destinations of one name, could not be told apart. */
  #unambiguous(instruments: readonly Instrument[], destinations: readonly Destination[]): void {
    for (const [index, { network }] of instruments.entries()) {
      const other = instruments.slice(0, index).find(earlier => sameNetwork(earlier.network, network))
      if (other) this.#report(['instruments', index], `calls from the same address or network as ${other.id}`)
    }
    for (const [index, destination] of destinations.entries()) {
      const name = spellAuthority(destination)
      const other = destinations.slice(0, index).find(earlier => spellAuthority(earlier) === name)
      if (other) this.#report(['destinations', index, 'host'], `${name} is the host and port of ${other.id} already`)
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
    const key = [...path, 'body']
    if (raw.method === 'GET' || raw.method === 'HEAD') this.#report([...key, 'kind'], `${raw.method} has no body`)
    switch (raw.body.kind) {
      case 'json':
        return this.#jsonBody(raw.body, key)
      case 'ndjson':
        return this.#linesBody(raw.body, key)
      case 'form':
        return this.#formBody(raw.body, key)
      case 'interop':
        return this.#interopBody(raw.body, key)
      case 'log':
        return this.#logBody(raw.body, key)
    }
  }

  #jsonBody({ contentTypes = ['application/json'], ...raw }: RawJson, path: Path): BodyRule | null {
    const parts = this.#schemaBody(raw, path)
    return parts && { kind: 'json', contentTypes, ...parts }
  }

  #linesBody({ contentTypes = ['application/x-ndjson'], ...raw }: RawLines, path: Path): BodyRule | null {
    const parts = this.#schemaBody(raw, path)
    return parts && { kind: 'ndjson', contentTypes, maxLines: raw.maxLines, ...parts }
  }

  /** What a schema, and the rules beside it, make of a JSON value. */
  #schemaBody(raw: ValueRulesSource & { readonly schema: object | string }, path: Path) {
    const key = [...path, 'schema']
    const schema = this.#bodySchema(raw.schema, key)
    if (schema === null) return null
    const names = propertyNames(schema)
    this.#harmless(names, key)
    const { rules, problems } = readValueRules(raw, schema)
    for (const { path: inner, message } of problems) this.#report([...path, ...inner], message)
    return { validate: this.#schema(schema, key), names, orders: propertyOrders(schema), rules }
  }

  #formBody(raw: RawForm, path: Path): BodyRule | null {
    const { contentTypes = ['application/x-www-form-urlencoded'] } = raw
    const parameters = this.#parameters(raw.parameters, [...path, 'parameters'])
    const names = new Set(parameters.keys())
    this.#harmless(names, [...path, 'parameters'])
    return { kind: 'form', contentTypes, parameters, names }
  }

  #interopBody(raw: RawInterop, path: Path): BodyRule | null {
    const { metric, version, contentTypes = ['application/octet-stream'] } = raw
    const key = [...path, raw.schema === undefined ? 'metric' : 'schema']
    const schema = raw.schema === undefined ? interopSchema(metric, version) : this.#bodySchema(raw.schema, key)
    if (schema === null && raw.schema === undefined)
      this.#report([...path, 'version'], `version ${version} of ${metric} is not known`)
    if (schema === null) return null
    if (raw.schema === undefined) this.#references[`interop:${metric}`] = schema as JsonValue
    const names = propertyNames(schema)
    this.#harmless(names, key)
    return { kind: 'interop', contentTypes, metric, validate: this.#schema(schema, key), names }
  }

  #logBody({ contentTypes = ['text/plain'], onUnmatched = 'block', ...raw }: RawLog, path: Path): BodyRule | null {
    const reading = compileTemplates(raw.templates)
    if (!reading.ok) {
      for (const { template, problem, other } of reading.problems)
        this.#report(
          [...path, 'templates', template],
          templateProblems[problem] + (other ? `: ${other.id}, for example ${JSON.stringify(other.line)}` : ''),
        )
      return null
    }
    const names = propertyNames(logSchema(reading.templates, 0))
    this.#harmless(names, [...path, 'templates'])
    return { kind: 'log', contentTypes, templates: reading.templates, onUnmatched, names }
  }

  /** Names that the schema spells are not looked through again in every message, so here they are, once. */
  #harmless(names: ReadonlySet<string>, path: Path): void {
    const value = [...names].map(name => ({ [name]: null }))
    const { findings } = scan([{ surface: 'body', value, names: null }], defaultLimits)
    for (const detector of new Set(findings.map(({ detector }) => detector)))
      this.#report(path, `one of its property names holds what the detector ${detector} looks for`)
  }

  #bodySchema(schema: object | string, path: Path): object | null {
    if (typeof schema === 'object') return schema
    const text = this.#reference(schema, path)
    if (text === null) return null
    const reading = readJson(text, schemaLimits)
    if (reading.ok && typeof reading.value === 'object' && reading.value !== null) return reading.value
    this.#report(path, `${schema} is not a JSON Schema${reading.ok ? '' : ` (${reading.fault})`}`)
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

/** A schema file is as strict JSON as a payload is, but may be larger. */
const schemaLimits = { maxDepth: 128, maxMembers: 1_000_000, maxStringLength: 1_000_000 }

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
