import * as fc from 'fast-check'
import t from 'tap'
import { routeCapacity } from '../../../rules/capacity/route-capacity.ts'
import type { JsonValue } from '../../../rules/canonical.ts'
import { openings } from '../../../rules/closed-schema.ts'
import { embeddedPlaces } from '../../../rules/embedded-places.ts'
import { inspect } from '../../../rules/inspect.ts'
import { readJson } from '../../../rules/json.ts'
import { parsePolicy } from '../../../rules/policy/parse-policy.ts'
import type { Policy } from '../../../rules/policy.ts'
import type { Verdict } from '../../../rules/verdict.ts'
import { readEmbedded, writeEmbedded } from '../../../rules/body/embedded-json.ts'
import { readDraftPolicy } from '../../../rules/workbench/draft-policy.ts'
import { explain } from '../../../rules/workbench/explain.ts'
import { lint } from '../../../rules/workbench/lint.ts'
import { diffSchemas } from '../../../rules/workbench/schema-diff.ts'
import { arrivalTime, messageOf, policyOf } from '../../kit/message.ts'

type Body = { readonly kind: string; readonly [key: string]: unknown }

const documentWith = (body: object, forward = 'canonical', limits = {}): string =>
  JSON.stringify({
    version: 1,
    instruments: [{ id: 'sequencer', address: '10.77.1.20' }],
    destinations: [{ id: 'vendor', host: 'vendor.example' }],
    routes: [{ id: 'route', destination: 'vendor', method: 'POST', path: '/upload', forward, body }],
    limits,
  })

const policies = new Map<string, Policy>()
const policyWith = (document: string): Policy => {
  const policy = policies.get(document) ?? policyOf(document)
  policies.set(document, policy)
  return policy
}
const inspectBody = (body: Body, text: string, forward = 'canonical', limits = {}): Verdict => {
  const type = body.kind === 'json' ? 'application/json' : 'application/x-ndjson'
  const fields = [
    ['Host', 'sluice.lab'],
    ['Content-Type', type],
  ] as const
  return inspect(messageOf({ target: '/upload', fields, body: text }), policyWith(documentWith(body, forward, limits)))
}
const sent = (verdict: Verdict): string =>
  verdict.kind === 'forward'
    ? Buffer.from(verdict.request.body).toString()
    : `${verdict.reason} ${verdict.rule} ${verdict.place?.pointer}`

const object = (properties: object, required: string[] = []) => ({
  type: 'object',
  additionalProperties: false,
  required,
  properties,
})
const embedded = (contentSchema: unknown, contentEncoding?: string) => ({
  type: 'string',
  contentMediaType: 'application/json',
  ...(contentEncoding && { contentEncoding }),
  contentSchema,
})
const code = { type: 'string', pattern: '^[A-Z0-9]{1,40}$', maxLength: 40 }
const reading = object(
  { sensor: { enum: ['chiller', 'heater'] }, celsius: { type: 'number', minimum: -20, maximum: 120 }, chip: code },
  ['celsius'],
)
const base64 = (text: string): string => Buffer.from(text).toString('base64')

/** As PutRecords of Kinesis has it. */
const records = (data: unknown, maxItems = 4) =>
  object({
    StreamName: { enum: ['telemetry'] },
    Records: { type: 'array', maxItems, items: object({ Data: data, PartitionKey: { enum: ['a', 'b'] } }, ['Data']) },
  })
const kinesis = { kind: 'json', schema: records(embedded(reading, 'base64')) }
const putting = (...data: readonly string[]): string => JSON.stringify({ Records: data.map(Data => ({ Data })) })

t.test('P2: embedded JSON: what base64 holds leaves as canonical JSON in canonical base64', async t => {
  const text = putting(base64('{ "sensor":"heater", "celsius":4.10 }\n'), base64('{"celsius":5}'))
  t.equal(
    sent(inspectBody(kinesis, text)),
    putting(base64('{"celsius":4.1,"sensor":"heater"}'), base64('{"celsius":5}')),
  )
  const url = { kind: 'json', schema: records(embedded(embedded({ enum: ['??>>'] }), 'base64url')) }
  t.equal(sent(inspectBody(url, putting('IlwiPz8-PlwiIg=='))), putting('IlwiPz8-PlwiIg=='))
  const plain = { kind: 'json', schema: records(embedded(reading)) }
  t.equal(sent(inspectBody(plain, putting('{"celsius": 1}'))), putting('{"celsius":1}'))
  const lines = { kind: 'ndjson', maxLines: 3, schema: object({ Data: embedded(reading, 'base64') }, ['Data']) }
  t.equal(
    sent(inspectBody(lines, `{"Data":"${base64('{"celsius": 1}')}"}\n{"Data":"${base64('{"celsius":2}')}"}`)),
    `{"Data":"${base64('{"celsius":1}')}"}\n{"Data":"${base64('{"celsius":2}')}"}\n`,
  )
})

t.test(
  'P1: embedded JSON: what its schema does not name is blocked, with its place as if it stood there openly',
  async t => {
    const blocked = (...data: readonly string[]) => sent(inspectBody(kinesis, putting(...data)))
    t.equal(
      blocked(base64('{"celsius":1}'), base64('{"celsius":400}')),
      'schema-violation maximum /Records/1/Data/celsius',
    )
    t.equal(blocked(base64('{"celsius":1,"patient":1}')), 'schema-violation additionalProperties /Records/0/Data/#1')
    t.equal(blocked(base64('{}')), 'schema-violation required /Records/0/Data/#-1'.replace('#-1', 'celsius'))
    t.equal(blocked(base64('"heater"')), 'schema-violation type /Records/0/Data')
    t.equal(sent(inspectBody(kinesis, '{"Records":[{"Data":{"celsius":1}}]}')), 'schema-violation type /Records/0/Data')
    t.equal(sent(inspectBody(kinesis, '{"Records":[{"Data":null}]}')), 'schema-violation type /Records/0/Data')
    const lines = { kind: 'ndjson', maxLines: 3, schema: object({ Data: embedded(reading, 'base64') }, ['Data']) }
    t.equal(
      sent(inspectBody(lines, `{"Data":"${base64('{"celsius":1}')}"}\n{"Data":"${base64('{"celsius":200}')}"}`)),
      'schema-violation maximum /1/Data/celsius',
    )
  },
)

t.test('P2: embedded JSON: base64 that could be written in another way is blocked as contentEncoding', async t => {
  const good = base64('{"celsius":1}')
  t.match(good, /fQ==$/)
  for (const [name, text] of [
    ['without padding', good.slice(0, -2)],
    ['half of the padding', good.slice(0, -1)],
    ['more padding', `${good}==`],
    ['bits behind the end', good.replace('fQ==', 'fR==')],
    ['a line break', `${good.slice(0, 8)}\n${good.slice(8)}`],
    ['a space at the end', `${good} `],
    ['letters of base64url', base64('{"sensor":"heater?>"}').replaceAll('/', '_').replaceAll('+', '-')],
    ['something else', '{"celsius":1}'],
    ['another text behind', `${good}${good}`],
  ] as const)
    if (name !== 'letters of base64url' || /[-_]/.test(text))
      t.equal(sent(inspectBody(kinesis, putting(text))), 'schema-violation contentEncoding /Records/0/Data', name)
  for (const [text, reason] of [
    ['', 'json-malformed contentMediaType'],
    ['{"celsius":1,}', 'json-malformed contentMediaType'],
    ['\ufeff{"celsius":1}', 'json-malformed contentMediaType'],
    ['{"celsius":1,"celsius":1}', 'json-duplicate-name contentMediaType'],
    ['{"celsius":1e400}', 'json-number-not-representable contentMediaType'],
  ] as const)
    t.equal(sent(inspectBody(kinesis, putting(base64(text)))), `${reason} /Records/0/Data`, text)
  const broken = Buffer.of(0x22, 0xff, 0x22).toString('base64')
  t.equal(sent(inspectBody(kinesis, putting(broken))), 'body-undecodable utf-8 /Records/0/Data')
})

t.test('P1: embedded JSON: the detectors look into it, under its names, also where it does not fit', async t => {
  const sequence = 'GATTACAGATTACAGGATCCATTGACCATGACCTGA'
  for (const inner of [`{"celsius":1,"chip":"${sequence}"}`, `{"celsius":1,"patient":"${sequence}"}`]) {
    const verdict = inspectBody(kinesis, putting(base64('{"celsius":1}'), base64(inner)))
    const pointer = inner.includes('chip') ? '/Records/1/Data/chip' : '/Records/1/Data/#1'
    t.match(verdict, { reason: 'sensitive-content', findings: [{ pointer, detector: 'nucleotide-run', chain: [] }] })
  }
  t.match(inspectBody(kinesis, putting(`${base64(`{"chip":"${sequence}"}`)}\n`)), {
    reason: 'sensitive-content',
    rule: 'contentEncoding',
    findings: [{ pointer: '/Records/0/Data', chain: ['base64'] }],
  })
  t.match(inspectBody(kinesis, putting('{', base64(`{"chip":"${sequence}"}`))), { reason: 'sensitive-content' })
})

t.test('embedded JSON: depth, members and octets are counted through all layers', async t => {
  const nested = {
    kind: 'json',
    schema: object({ a: embedded(object({ b: embedded({ type: 'array', maxItems: 9, items: { enum: [1] } }) })) }),
  }
  const text = JSON.stringify({ a: JSON.stringify({ b: '[1,1,1]' }) })
  const under = (limits: object) => sent(inspectBody(nested, text, 'canonical', limits))
  t.equal(under({ maxDepth: 3, maxMembers: 5 }), text)
  t.equal(under({ maxDepth: 2 }), 'json-too-deep contentMediaType /a/b')
  t.equal(under({ maxMembers: 4 }), 'json-too-large contentMediaType /a/b')
  const octets = text.length + JSON.stringify({ b: '[1,1,1]' }).length + '[1,1,1]'.length
  t.equal(under({ maxDecodedBytes: octets }), text)
  t.equal(under({ maxDecodedBytes: octets - 1 }), 'decoded-too-large maxDecodedBytes /a/b')
})

t.test('P2: embedded JSON: forward exact takes it only as one plain serializer writes it, throughout', async t => {
  const exact = (...data: readonly string[]) => sent(inspectBody(kinesis, putting(...data), 'exact'))
  for (const data of [
    ['{"sensor":"heater","celsius":1}', '{"celsius":2}'],
    ['{"sensor": "heater", "celsius": 1}', '{"celsius": 2}'],
    ['{"celsius":1,"sensor":"heater"}', '{"celsius":2}'],
    ['{"celsius":1}\n', '{"celsius":2}\n'],
  ])
    t.equal(exact(...data.map(base64)), putting(...data.map(base64)), data.join())
  for (const data of [
    ['{"celsius":1}', '{"celsius": 2}'],
    ['{"celsius":1}', '{"celsius":2}\n'],
    ['{"celsius":1.0}'],
    ['{"sensor":"heater","celsius":1}', '{"celsius":1,"sensor":"heater"}'],
    [' {"celsius":1}'],
  ])
    t.equal(exact(...data.map(base64)), 'not-equivalent spelling undefined', data.join())
})

t.test('embedded JSON: derive, require and composition lead into it', async t => {
  const body = {
    ...kinesis,
    require: [{ at: '/Records/*/Data/sensor', equals: 'heater' }],
    derive: [{ roundedTo: { at: '/Records/*/Data/celsius', step: 0.5 } }],
  }
  t.equal(
    sent(inspectBody(body, putting(base64('{"sensor":"heater","celsius":4.3}')))),
    putting(base64('{"celsius":4.5,"sensor":"heater"}')),
  )
  t.equal(
    sent(inspectBody(body, putting(base64('{"sensor":"chiller","celsius":4}')))),
    'schema-violation consent /Records/0/Data/sensor',
  )
  t.equal(
    sent(inspectBody(body, putting(base64('{"sensor":"heater","celsius":4.3}')), 'exact')),
    'not-equivalent derived undefined',
  )
  const problems = (extra: object): string[] => {
    const read = parsePolicy(documentWith({ ...kinesis, ...extra }), () => null)
    return read.ok ? [] : read.problems.map(({ message }) => message)
  }
  t.match(problems({ derive: [{ roundedTo: { at: '/Records/*/Data', unit: 'minute' } }] }), [
    'leads to what is no string',
  ])
  t.match(problems({ derive: [{ roundedTo: { at: '/Records/*/Data/volts', step: 1 } }] }), [/^leads nowhere/])
})

const problemsOf = (schema: unknown): string[] =>
  openings(schema).map(({ pointer, problem }) => `${problem} ${pointer}`)

t.test('P1: embedded JSON: a schema that does not say for certain what is encoded, and how, is refused', async t => {
  const inner = embedded({ enum: [1] }, 'base64')
  t.same(problemsOf(object({ a: inner })), [])
  t.same(
    problemsOf(
      object({ a: { $ref: '#/$defs/a' } }) && { ...object({ a: { $ref: '#/$defs/a' } }), $defs: { a: inner } },
    ),
    [],
  )
  t.same(problemsOf({ oneOf: [object({ a: inner }), object({ a: embedded({ enum: [2] }, 'base64'), b: code })] }), [])
  for (const [name, schema, problem] of [
    ['gzip', { ...inner, contentMediaType: 'application/gzip' }, 'encoded-content /properties/a/contentEncoding'],
    ['base32', { ...inner, contentEncoding: 'base32' }, 'encoded-content /properties/a/contentEncoding'],
    ['a pattern beside', { ...inner, pattern: '^a$' }, 'encoded-content /properties/a/contentEncoding'],
    ['null too', { ...inner, type: ['string', 'null'] }, 'encoded-content /properties/a/contentEncoding'],
    ['no schema', { type: 'string', contentEncoding: 'base64' }, 'encoded-content /properties/a/contentEncoding'],
    ['an open schema', embedded({ type: 'string' }), 'unbounded-string /properties/a/contentSchema'],
    ['anything', embedded(true), 'open-schema /properties/a/contentSchema'],
    ['null in a branch', { anyOf: [{ type: 'null' }, inner] }, 'mixed-content /properties/a/anyOf/0'],
    ['two encodings', { anyOf: [inner, embedded({ enum: [1] })] }, 'mixed-content /properties/a/anyOf/1'],
    ['only unless', { type: 'null', not: inner }, 'uncertain-content /properties/a/not'],
  ] as const)
    t.ok(
      problemsOf(object({ a: schema })).includes(problem),
      `${name}: ${problemsOf(object({ a: schema })).join('; ')}`,
    )
  const narrowed = { ...object({ a: inner }), not: { properties: { a: { const: 'MQ==' } } } }
  t.same(problemsOf(narrowed), ['mixed-content /not/properties/a'])
  t.same(problemsOf({ ...object({ a: inner }), not: { const: { a: 'MQ==' } } }), ['mixed-content /not'])
  t.match(
    problemsOf({ ...object({ a: inner }), maxProperties: 1, propertyNames: code, patternProperties: { '^b$': inner } }),
    ['uncertain-content /patternProperties/^b$'],
  )
  t.same(problemsOf({ ...object({ a: code }), $defs: { unused: inner } }), ['uncertain-content /$defs/unused'])
  const deep = (levels: number): object => (levels === 0 ? { enum: [1] } : embedded(deep(levels - 1)))
  t.same(problemsOf(object({ a: deep(4) })), [])
  t.match(problemsOf(object({ a: deep(5) })), [/^nested-content/])
})

t.test('P8: embedded JSON: parameters and forms have none', async t => {
  const read = parsePolicy(
    documentWith({ kind: 'form', parameters: { data: { schema: embedded(reading, 'base64') } } }),
    () => null,
  )
  t.match(read, {
    ok: false,
    problems: [{ key: 'routes[0].body.parameters.data.schema', message: /json and ndjson only/ }],
  })
})

t.test('embedded JSON: capacity counts the value, lint looks at its strings, explain and diff go into it', async t => {
  const draftOf = (schema: unknown, forward = 'canonical') =>
    readDraftPolicy(JSON.parse(documentWith({ kind: 'json', schema }, forward)) as JsonValue, () => null).routes[0]!
  const open = object({ a: { enum: [1, 2, 3, 4] } }, ['a'])
  t.equal(routeCapacity(draftOf(object({ data: embedded(open, 'base64') }, ['data']))).bits, 2)
  t.match(routeCapacity(draftOf(object({ data: embedded(open) }, ['data']))).fields, [{ pointer: '/data/a', bits: 2 }])
  const extra = (schema: unknown) => routeCapacity(draftOf(schema, 'exact')).bits
  t.equal(extra(object({ data: embedded(open) }, ['data'])) - extra(object({ data: open }, ['data'])), 4)

  const document = documentWith({
    kind: 'json',
    schema: records(embedded(object({ note: { ...code, pattern: '^[ACGT]{1,40}$' } }), 'base64')),
  })
  t.match(
    lint(document, () => null, 0).filter(({ code }) => code === 'nucleotide-run'),
    [{ pointer: '/properties/Records/items/properties/Data/contentSchema/properties/note' }],
  )
  t.notMatch(
    lint(document, () => null, 0),
    [{ code: 'free-text' }],
  )

  const verdict = inspectBody(kinesis, putting(base64('{"celsius":1,"censor":1}')))
  const body: JsonValue = { Records: [{ Data: { celsius: 1, censor: 1 } }] }
  const policy = policyWith(documentWith(kinesis))
  t.ok(verdict.kind === 'block')
  if (verdict.kind === 'block')
    t.match(explain(verdict, { policy, route: draftOf(kinesis.schema), body }).allowed, { nearest: 'sensor' })
  const asValue = (schema: unknown): JsonValue => schema as JsonValue
  const before = asValue(records(embedded(reading, 'base64')))
  t.same(
    diffSchemas(
      before,
      records(
        embedded(
          object(
            {
              celsius: { type: 'number', minimum: -20, maximum: 99 },
              chip: code,
              sensor: { enum: ['chiller', 'heater'] },
            },
            ['celsius'],
          ),
          'base64',
        ),
      ) as JsonValue,
    ),
    [{ pointer: '/Records/*/Data/celsius', change: 'narrowed', keywords: ['maximum'] }],
  )
  t.match(diffSchemas(before, records(embedded(reading)) as JsonValue), [
    { pointer: '/Records/*/Data', change: 'changed', keywords: ['contentEncoding'] },
  ])
})

t.test('embedded JSON: what is written is read again as it was', async () => {
  const limits = { maxDepth: 50, maxMembers: 10_000, maxStringLength: 1e6, maxDecodedBytes: 1e7 }
  const spent = { depth: 0, members: 0, bytes: 0 }
  // Integers that a double does not hold as they are spelled are refused wherever they stand.
  const json = fc.jsonValue().filter(value => readJson(JSON.stringify(value), limits).ok)
  for (const encoding of [undefined, 'base64', 'base64url']) {
    const { places } = embeddedPlaces(
      object({
        a: embedded(embedded({ enum: [1] }), encoding),
        b: { type: 'array', prefixItems: [code], items: embedded({ enum: [1] }, encoding) },
      }),
    )
    fc.assert(
      fc.property(json, json, (one, other) => {
        const value = JSON.parse(JSON.stringify({ b: ['X', other], a: one })) as JsonValue
        const read = readEmbedded(writeEmbedded(value, places), places, limits, spent)
        return read.violation === null && JSON.stringify(sortedKeys(read.value)) === JSON.stringify(sortedKeys(value))
      }),
      { numRuns: 200 },
    )
  }
})

const sortedKeys = (value: JsonValue): JsonValue => {
  if (value === null || typeof value !== 'object') return value
  if (Array.isArray(value)) return value.map(sortedKeys)
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map(key => [key, sortedKeys(value[key]!)]),
  )
}

t.test('embedded JSON: a named exception leads into it, and no further', async t => {
  const note = { type: 'string', pattern: '^[A-Za-z ]{1,40}$', maxLength: 40 }
  const body = { kind: 'json', schema: records(embedded(object({ operator: note, note }), 'base64')) }
  const document = JSON.parse(documentWith(body)) as object
  const exception = {
    id: 'kit-names',
    owner: 'it@lab.example',
    expires: new Date(arrivalTime + 86_400_000).toISOString(),
    reason: 'Kits have names',
    detector: 'person-name',
    route: 'route',
    pointer: '/Records/*/Data/operator',
  }
  const policy = policyOf(JSON.stringify({ ...document, exceptions: [exception] }))
  const outcomeOf = (inner: string) => {
    const fields = [
      ['Host', 'sluice.lab'],
      ['Content-Type', 'application/json'],
    ] as const
    return inspect(messageOf({ target: '/upload', fields, body: putting(base64(inner)) }), policy)
  }
  t.match(outcomeOf('{"operator":"Jane Miller"}'), { kind: 'forward', exceptions: ['kit-names'] })
  t.match(outcomeOf('{"operator":"Jane Miller","note":"operator Jane Miller"}'), { kind: 'block' })
})
