import t from 'tap'
import type { JsonValue } from '../../../rules/canonical.ts'
import type { DraftParameter, DraftRoute } from '../../../rules/workbench/draft-policy.ts'
import { isPlainlyWritten } from '../../../rules/equivalence.ts'
import { parsePathTemplate } from '../../../rules/path-template.ts'
import { routeCapacity, spellingBits, togetherBits } from '../../../rules/capacity/route-capacity.ts'

const digits = (count: number): JsonValue => ({ type: 'string', pattern: `^[0-7]{${count}}$`, maxLength: count })

const parameter = (name: string, schema: JsonValue, required = false): DraftParameter => ({
  name,
  schema,
  required,
  credential: false,
  path: [],
})

const route = (parts: Partial<DraftRoute>): DraftRoute => ({
  id: 'r',
  mode: 'enforce',
  path: ['routes', 0],
  destination: 'vendor',
  instruments: null,
  method: 'POST',
  template: parsePathTemplate('/v1'),
  pathParameters: [],
  query: [],
  headers: [],
  body: null,
  rate: null,
  capacity: null,
  forward: 'canonical',
  spool: null,
  ...parts,
})

const near = (found: number, expected: number): boolean => Math.abs(found - expected) < 1e-9

t.test('route capacity: path, query, headers and body add up, optional parameters as present or absent', async t => {
  const { bits, fields } = routeCapacity(
    route({
      pathParameters: [parameter('run', digits(2))],
      query: [parameter('page', digits(1))],
      headers: [parameter('x-kind', digits(3), true), parameter('x-fixed', { const: 'a' }, true)],
      body: { path: [], schema: { type: 'boolean' }, contentTypes: 1 },
    }),
  )
  t.ok(near(bits, 6 + Math.log2(9) + 9 + 1), String(bits))
  t.same(
    fields.map(({ surface, pointer }) => `${surface} ${pointer}`),
    ['header /x-kind', 'path /run', 'query /page', 'body '],
  )
})

t.test('route capacity: a route without parameters and body says nothing', async t => {
  t.same(routeCapacity(route({})), { route: 'r', bits: 0, fields: [] })
})

t.test('route capacity: one open parameter makes the whole route unbounded, and is named', async t => {
  const { bits, fields } = routeCapacity(route({ query: [parameter('q', { type: 'string' })] }))
  t.equal(bits, Infinity)
  t.match(fields, [{ surface: 'query', pointer: '/q', bits: Infinity, unbounded: 'no "maxLength"' }])
  const impossible = parameter('never', { type: 'string', pattern: '^a$', minLength: 2, maxLength: 3 }, true)
  t.equal(routeCapacity(route({ query: [impossible] })).bits, -Infinity)
})

t.test('route capacity: a choice of media types, and of spellings under forward: exact', async t => {
  const body = { path: [], schema: { const: {} }, contentTypes: 4 }
  t.equal(routeCapacity(route({ body })).bits, 2)
  t.ok(near(routeCapacity(route({ body, forward: 'exact' })).bits, 2 + spellingBits))
  t.equal(routeCapacity(route({ forward: 'exact' })).bits, 0, 'without a body there is nothing to spell')
})

t.test(
  'P2: route capacity: what it counts for forward: exact is what isPlainlyWritten lets through, and no more',
  async t => {
    const orders = [['b', 'a']]
    const sorted = { a: [1, { a: 'x', b: null }], b: { a: 0.5, b: true } }
    const listed = { b: { b: true, a: 0.5 }, a: [1, { b: null, a: 'x' }] }
    const mixed = { b: { a: 0.5, b: true }, a: [1, { b: null, a: 'x' }] }
    const spaced = (value: JsonValue): string => JSON.stringify(value).replaceAll(',', ', ').replaceAll(':', ': ')
    const texts = [sorted, listed, mixed].flatMap(value => [
      ...['', ' ', '  ', '   ', '    ', '\t', '\t\t'].map(indent => JSON.stringify(value, null, indent)),
      spaced(value),
      spaced(value).replaceAll(': ', ':'),
      ` ${JSON.stringify(value)}`,
    ])
    const lineBreaks = texts.flatMap(text => [text, text.replaceAll('\n', '\r\n'), text.replaceAll('\n', '\r')])
    const endings = lineBreaks.flatMap(text => ['', '\n', '\r\n', '\r', ' ', '\n\n'].map(ending => text + ending))
    const accepted = [...new Set(endings)].filter(text => isPlainlyWritten(text, JSON.parse(text) as JsonValue, orders))
    t.equal(Math.log2(accepted.length), spellingBits)
  },
)

t.test('route capacity: one message on any of several routes', async t => {
  const of = (schema: JsonValue) => routeCapacity(route({ body: { path: [], schema, contentTypes: 1 } }))
  t.equal(togetherBits([of({ type: 'boolean' }), of({ type: 'boolean' })]), 2)
  t.equal(togetherBits([of({ type: 'boolean' }), of(true)]), Infinity)
  t.equal(togetherBits([of({ type: 'boolean' }), of(false)]), 1)
})
