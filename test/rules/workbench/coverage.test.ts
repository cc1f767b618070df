import t from 'tap'
import type { JsonValue } from '../../../rules/canonical.ts'
import { coverageOf, type Run } from '../../../rules/workbench/coverage.ts'
import type { DraftRoute } from '../../../rules/workbench/draft-policy.ts'
import type { Verdict } from '../../../rules/verdict.ts'

const route = (schema: JsonValue): DraftRoute => ({
  id: 'r',
  mode: 'enforce',
  path: ['routes', 0],
  destination: 'd',
  instruments: null,
  method: 'POST',
  template: null,
  pathParameters: [],
  query: [],
  headers: [],
  body: { path: [], contentTypes: 1, schema },
  rate: null,
  capacity: null,
  forward: 'canonical',
  spool: null,
})

const passing = (body: JsonValue): Run => ({ route: 'r', verdict: { kind: 'forward' } as Verdict, body })

const integer = { type: 'integer', minimum: 0, maximum: 9 }
const schema: Extract<JsonValue, { [key: string]: JsonValue }> = {
  type: 'object',
  additionalProperties: false,
  properties: {
    a: { $ref: '#/$defs/inner' },
    list: { type: 'array', maxItems: 2, items: { $ref: '#/$defs/inner' } },
    either: { oneOf: [integer, { type: 'string', pattern: '^x$', maxLength: 1 }] },
  },
  $defs: { inner: { type: 'object', additionalProperties: false, properties: { x: integer, y: integer } } },
}

t.test('coverageOf: properties and branches that no payload touched, through references and arrays', async t => {
  const missed = (...bodies: readonly JsonValue[]) => coverageOf([route(schema)], bodies.map(passing)).schema
  t.equal(missed().total, 7)
  t.equal(missed().missed.length, 7)
  t.same(missed({ a: { x: 1 }, either: 'x' }).missed, [
    'r /$defs/inner/properties/y',
    'r /properties/list',
    'r /properties/either/oneOf/0',
  ])
  t.same(missed({ list: [{ x: 1 }, { y: 1 }], either: 3 }).missed, ['r /properties/a', 'r /properties/either/oneOf/1'])
})

t.test('coverageOf: a payload that is blocked covers its detectors, and nothing of the schema', async t => {
  const finding = {
    surface: 'body',
    pointer: '/a',
    detector: 'email',
    category: 'identity',
    chain: [],
    length: 1,
  } as const
  const verdict = {
    kind: 'block',
    instrument: null,
    destination: null,
    route: 'r',
    reason: 'sensitive-content',
    rule: null,
    place: null,
    exceptions: [],
    excepted: [],
    findings: [finding],
    retryAfter: null,
  } as const
  const { routes, schema: share, detectors } = coverageOf([route(schema)], [{ route: 'r', verdict, body: { a: {} } }])
  t.same([routes.missed, share.missed.length], [['r'], 7])
  t.equal(detectors.missed.length, detectors.total - 1)
  t.notOk(detectors.missed.includes('email'))
})

t.test(
  'coverageOf: each line of newline-delimited JSON counts, and what strings hold counts by its own schema',
  async t => {
    const lines = route(schema)
    const ndjson: DraftRoute = { ...lines, body: { ...lines.body!, maxLines: 3 } }
    const { missed } = coverageOf([ndjson], [passing([{ a: { x: 1 } }, { a: { y: 2 }, either: 3 }])]).schema
    t.same(missed, ['r /properties/list', 'r /properties/either/oneOf/1'])
    const inString: JsonValue = {
      type: 'object',
      additionalProperties: false,
      properties: { data: { type: 'string', contentMediaType: 'application/json', contentSchema: schema } },
      $defs: schema.$defs!,
    }
    t.same(coverageOf([route(inString)], [passing({ data: { either: 3 } })]).schema.missed, [
      'r /properties/data/contentSchema/properties/a',
      'r /$defs/inner/properties/x',
      'r /$defs/inner/properties/y',
      'r /properties/data/contentSchema/properties/list',
      'r /properties/data/contentSchema/properties/either/oneOf/1',
    ])
  },
)
