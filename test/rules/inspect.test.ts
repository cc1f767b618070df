import { gzipSync } from 'node:zlib'
import * as fc from 'fast-check'
import t from 'tap'
import { Departures } from '../../rules/budget/history.ts'
import { inspect, inspectHead, inspectTunnel, inspectUnreadable, scanPayload } from '../../rules/inspect.ts'
import type { Content, Field, Ingress, Message } from '../../rules/message.ts'
import type { Policy } from '../../rules/policy.ts'
import { blockReasons, type BlockReason, type Verdict } from '../../rules/verdict.ts'
import { gateway, generousPolicy, messageOf, policyOf } from '../kit/message.ts'

const policy = generousPolicy()
const read = 'GATTACAGATTACAGGATCCATTGACCATGACCTGA'
const host: Field = ['Host', 'sluice.lab']
const json: Field = ['Content-Type', 'application/json']

/** `reason rule surface pointer`, or `forward`; what there is none of is left out. */
const outcomeOf = (verdict: Verdict): string => {
  if (verdict.kind === 'forward') return 'forward'
  const { reason, rule, place } = verdict
  return [reason, rule, place?.surface, place?.pointer].filter(Boolean).join(' ')
}
const outcome = (request: Parameters<typeof messageOf>[0]): string => outcomeOf(inspect(messageOf(request), policy))

const run = { method: 'PUT', target: '/runs/A1/notes?cycle=7' }
const exact = { target: '/exact' }
const post = (body: string | Uint8Array, ...fields: readonly Field[]) => ({ body, fields: [host, json, ...fields] })

type Case = readonly [request: Parameters<typeof messageOf>[0], outcome: string]

const reached: Partial<Record<BlockReason, readonly Case[]>> = {
  'instrument-unknown': [[{ arrival: { ...gateway, client: '10.9.9.9' } }, 'instrument-unknown']],
  'instrument-disabled': [[{ arrival: { ...gateway, client: '10.77.1.21' } }, 'instrument-disabled']],
  'instrument-not-allowed': [[{ ...run, arrival: { ...gateway, client: '10.77.1.22' } }, 'instrument-not-allowed']],
  'request-malformed': [
    [{ version: '1.0' }, 'request-malformed http-version'],
    [{ content: { kind: 'complete', bytes: Buffer.from('{}'), trailers: 1 } }, 'request-malformed trailers'],
    [{ content: { kind: 'incomplete', cause: 'http-parser' } }, 'request-malformed http-parser'],
    [{ fields: [host, json, ...Array.from({ length: 99 }, (_, at) => [`x-${at}`, ''] as const)] }, 'request-malformed header-fields'],
  ],
  'request-incomplete': [[{ content: { kind: 'incomplete', cause: 'closed' } }, 'request-incomplete closed']],
  'transport-insecure': [[{ arrival: { ...gateway, ingress: { kind: 'plain' } } }, 'transport-insecure']],
  'authority-mismatch': [[{ fields: [['Host', 'evil.example'], json] }, 'authority-mismatch']],
  'destination-not-allowed': [
    [
      {
        arrival: { ...gateway, ingress: { kind: 'redirect', serverName: 'evil.example', port: 443 } },
        fields: [['Host', 'evil.example'], json],
      },
      'destination-not-allowed',
    ],
  ],
  'path-not-allowed': [
    [{ target: '/nope' }, 'path-not-allowed'],
    [{ target: '/runs/%0A/notes', method: 'PUT' }, 'path-not-allowed'],
    [{ target: `/runs/${'a'.repeat(5_000)}/notes`, method: 'PUT' }, 'path-not-allowed maxLength path /run'],
  ],
  'method-not-allowed': [[{ method: 'PATCH' }, 'method-not-allowed']],
  'route-ambiguous': [[{ target: '/both/this', body: '' }, 'route-ambiguous']],
  'query-not-allowed': [
    [{ target: '/telemetry?a=1' }, 'query-not-allowed additionalProperties query /#0'],
    [{ target: '/telemetry?a' }, 'query-not-allowed'],
    [{ ...run, target: '/runs/A1/notes' }, 'query-not-allowed required query /cycle'],
    [{ ...run, target: '/runs/A1/notes?cycle=A' }, 'query-not-allowed pattern query /cycle'],
    [{ ...run, target: '/runs/A1/notes?cycle=7&cycle=8' }, 'query-not-allowed'],
    [{ ...run, target: '/runs/A1/notes?cycle=7&x=1' }, 'query-not-allowed additionalProperties query /#1'],
    [{ ...run, target: '/runs/A1/notes?cycle=7&__proto__=1' }, 'query-not-allowed additionalProperties query /#1'],
    [{ ...run, target: '/runs/A1/notes?cycle=7&constructor=1' }, 'query-not-allowed additionalProperties query /#1'],
  ],
  'header-not-allowed': [
    [{ method: 'GET', target: '/status', body: '', fields: [host] }, 'header-not-allowed required header /x-token'],
    [{ method: 'GET', target: '/status', body: '', fields: [host, ['X-Token', 'three']] }, 'header-not-allowed enum header /x-token'],
    [{ ...run, ...post('{}', ['X-Note', 'a'], ['x-note', 'b']) }, 'header-not-allowed repeated header /x-note'],
    [{ ...run, ...post('{}', ['X-Note', 'MÃ¼ller']) }, 'header-not-allowed field-value header /x-note'],
    [{ ...run, ...post('{}', ['X-Note', 'a\r\nX-B: c']) }, 'header-not-allowed field-value header /x-note'],
  ],
  'content-type-not-allowed': [
    [{ fields: [host] }, 'content-type-not-allowed'],
    [{ fields: [host, ['Content-Type', 'text/plain']] }, 'content-type-not-allowed'],
    [{ fields: [host, ['Content-Type', 'application/json, text/plain']] }, 'content-type-not-allowed'],
    [{ fields: [host, ['Content-Type', 'application/json; charset=utf-16']] }, 'content-type-not-allowed'],
    [{ fields: [host, ['Content-Type', 'application/json; note=x']] }, 'content-type-not-allowed'],
    [{ fields: [host, ['Content-Type', '']] }, 'content-type-not-allowed'],
  ],
  'content-encoding-not-allowed': [
    [post('{}', ['Content-Encoding', 'compress']), 'content-encoding-not-allowed'],
    [post('{}', ['Content-Encoding', 'gzip, gzip']), 'content-encoding-not-allowed'],
    [post('{}', ['Content-Encoding', 'gzip'], ['Content-Encoding', 'gzip']), 'content-encoding-not-allowed'],
    [post('{}', ['Content-Encoding', '']), 'content-encoding-not-allowed'],
  ],
  'body-not-allowed': [[{ method: 'GET', target: '/status', body: 'x', fields: [host, ['X-Token', 'one']] }, 'body-not-allowed']],
  'body-too-large': [
    [{ content: { kind: 'too-large' } }, 'body-too-large maxBodyBytes'],
    [{ body: `"${'x'.repeat(2 * 1024 * 1024)}"` }, 'body-too-large maxBodyBytes'],
  ],
  'body-undecodable': [
    [post('{}', ['Content-Encoding', 'gzip']), 'body-undecodable'],
    [{ body: Buffer.from([0x22, 0xff, 0x22]) }, 'body-undecodable utf-8'],
  ],
  'decoded-too-large': [[post(gzipSync(Buffer.alloc(20_000_000)), ['Content-Encoding', 'gzip']), 'decoded-too-large']],
  'json-malformed': [
    [{ body: '{' }, 'json-malformed'],
    [{ body: '' }, 'json-malformed'],
    [{ body: '\uFEFF{}' }, 'json-malformed'],
  ],
  'json-too-deep': [[{ body: '['.repeat(33) + ']'.repeat(33) }, 'json-too-deep']],
  'json-too-large': [[{ body: `[${'0,'.repeat(200_001)}0]` }, 'json-too-large']],
  'json-string-too-long': [[{ body: `{"message":"${'x'.repeat(70_000)}"}` }, 'json-string-too-long']],
  'json-duplicate-name': [[{ body: '{"message":"a","\\u006dessage":"b"}' }, 'json-duplicate-name']],
  'json-number-not-representable': [[{ body: '{"number":12345678901234567890}' }, 'json-number-not-representable']],
  'json-lone-surrogate': [[{ body: '{"message":"\\ud800"}' }, 'json-lone-surrogate']],
  'schema-violation': [
    [{ body: '{"note":"x"}' }, 'schema-violation additionalProperties body /#0'],
    [{ body: '{"message":1}' }, 'schema-violation type body /message'],
    [{ body: '{"details":["a",{}]}' }, 'schema-violation type body /details/1'],
    [{ body: '{"message":"a","__proto__":1}' }, 'schema-violation additionalProperties body /#1'],
    [{ body: '[]' }, 'schema-violation type body'],
  ],
  'sensitive-content': [
    [{ body: `{"message":"${read}"}` }, 'sensitive-content'],
    [{ body: `{"note":"${read}"}` }, 'sensitive-content additionalProperties body /#0'],
    [{ ...run, target: `/runs/${read}/notes?cycle=7` }, 'sensitive-content'],
    [{ ...run, target: '/runs/A1/notes?cycle=7&note=jane.doe%40example.org' }, 'sensitive-content'],
    [{ ...run, ...post('{}', ['X-Note', 'jane.doe@example.org']) }, 'sensitive-content'],
    [{ ...run, ...post('{}', ['Authorization', `Bearer ${read}`]) }, 'sensitive-content'],
  ],
  'inspection-budget': [
    [{ body: JSON.stringify({ message: gzipSync(Buffer.alloc(2_000_000)).toString('base64').slice(0, 4_096) }) }, 'inspection-budget'],
  ],
  'not-equivalent': [
    [{ ...exact, body: '{"cycle":1, "run":"A"}' }, 'not-equivalent spelling'],
    [{ ...exact, body: '{"cycle":1.0}' }, 'not-equivalent spelling'],
    [{ ...exact, ...post(gzipSync('{}'), ['Content-Encoding', 'gzip']) }, 'not-equivalent content-encoding'],
    [{ target: '/exact?a=%31' }, 'not-equivalent target'],
    [{ target: '/exact?b=1&a=1' }, 'not-equivalent target'],
    [{ target: '/%65xact' }, 'not-equivalent target'],
  ],
} // prettier-ignore

for (const [reason, cases] of Object.entries(reached))
  t.test(`P1: inspect: ${reason}`, async t => {
    const small: Policy = { ...policy, limits: { ...policy.limits, maxUnfolded: 1_000_000 } }
    for (const [request, expected] of cases) t.equal(outcomeOf(inspect(messageOf(request), small)), expected, expected)
  })

t.test('inspect: every reason for a block is reached by a test here', async t => {
  const released: readonly BlockReason[] = ['never-release', 'approval-void', 'request-looped']
  const ofTheAppliance: readonly BlockReason[] = [
    'held-full',
    'inspection-failed',
    'log-space-low',
    'paused',
    'rate-exceeded',
    'handshake-failed',
    'outside-lab',
    'connections-exceeded',
    'requests-exceeded',
    'spool-full',
  ]
  const ofTunnels: readonly BlockReason[] = ['splice-not-allowed', 'splice-expired', 'splice-budget', 'splice-hello']
  const others = [...ofTheAppliance, ...released, ...ofTunnels]
  t.same([...Object.keys(reached), ...others].toSorted(), Object.keys(blockReasons).toSorted())
})

t.test('P8: inspect: a fault inside blocks, and does not lose who asked', async t => {
  const fail = (): never => {
    throw new Error(`a fault that holds ${read}`)
  }
  const route = policy.routes[0]!
  if (route.body.kind !== 'json') throw new Error('the route has a body')
  const broken: Policy = { ...policy, routes: [{ ...route, body: { ...route.body, validate: fail } }] }
  const verdict = inspect(messageOf(), broken)
  t.same(verdict, {
    kind: 'block',
    exceptions: [],
    excepted: [],
    reason: 'inspection-failed',
    rule: null,
    place: null,
    findings: [],
    retryAfter: null,
    instrument: 'sequencer',
    destination: 'telemetry.vendor.example:443',
    route: 'telemetry',
  })
})

t.test(
  'inspect: a message beyond the rate is blocked, with the seconds to wait; without a history no rate is reckoned with',
  async t => {
    const time = Date.UTC(2026, 2, 1, 12)
    const routes = policy.routes.map(route => ({ ...route, rate: { messages: 2, per: 'minute' } as const }))
    const departures = new Departures()
    const decide = (after: number, request = {}) =>
      inspect({ ...messageOf(request), history: departures.at(time + after) }, { ...policy, routes })
    const leave = (after: number): void =>
      departures.add({ time: time + after, instrument: 'sequencer', route: 'telemetry', nucleotides: 0 })
    leave(0)
    t.equal(decide(1_000).kind, 'forward')
    leave(10_000)
    t.match(decide(20_000), {
      kind: 'block',
      reason: 'rate-exceeded',
      rule: 'rate.minute',
      retryAfter: 41,
      route: 'telemetry',
    })
    t.equal(decide(60_999).kind, 'block')
    t.equal(decide(61_000).kind, 'forward')
    t.equal(decide(20_000, { arrival: { ...gateway, client: '10.77.1.22' } }).kind, 'forward', 'another instrument')
    t.match(decide(20_000, { body: `{"message":"${read}"}` }), { reason: 'sensitive-content' })
    t.equal(inspect(messageOf(), { ...policy, routes }).kind, 'forward')
  },
)

const forwarded = (request: Parameters<typeof messageOf>[0]) => {
  const verdict = inspect(messageOf(request), policy)
  if (verdict.kind === 'block') throw new Error(outcomeOf(verdict))
  const { body, ...rest } = verdict.request
  return { ...rest, fields: rest.fields.map(field => [...field]), body: Buffer.from(body).toString() }
}

t.test('P2: inspect: canonical, the bytes are written anew and only named fields pass', async t => {
  const request = forwarded({
    ...run,
    target: '/runs/%41%31/notes?note=a+b&cycle=%37',
    body: '{ "number": 1.50e1,\n "message": "\\u0041\\/" }',
    fields: [
      host,
      ['X-NOTE', '  a note '],
      ['Authorization', 'Bearer made.up'],
      ['Cookie', 'a=b'],
      ['X-Forwarded-For', '10.77.1.20'],
      ['X-Other', 'free text'],
      ['Content-Type', 'Application/JSON; Charset="UTF-8"'],
      ['Content-Length', '46'],
      ['Connection', 'X-Note'],
    ],
  })
  t.same(request, {
    destination: 'vendor',
    method: 'PUT',
    target: '/runs/A1/notes?note=a%20b&cycle=7',
    fields: [
      ['x-note', 'a note'],
      ['authorization', 'Bearer made.up'],
      ['content-type', 'application/json'],
    ],
    body: '{"message":"A/","number":15}',
  })
})

t.test('inspect: parameters named like members of Object.prototype, taken like any other', async t => {
  const odd = policyOf(`version: 1
instruments: [{ id: a, address: 10.77.1.20 }]
destinations: [{ id: v, host: vendor.example }]
routes:
  - id: r
    destination: v
    method: GET
    path: /{__proto__}/{stop}
    pathParameters: { __proto__: { schema: { const: a } }, stop: { schema: { const: b } } }
    query: { __proto__: { schema: { const: c }, required: true }, constructor: { schema: { const: d } } }
    headers: { __proto__: { schema: { const: e }, required: true }, ok: { schema: { const: f } } }
    body: { kind: none }
`)
  const request = { method: 'GET', target: '/a/b?constructor=d&__proto__=c', body: '' }
  const fields: readonly Field[] = [host, ['__proto__', 'e'], ['ok', 'f']]
  const verdict = inspect(messageOf({ ...request, fields }), odd)
  if (verdict.kind === 'block') throw new Error(outcomeOf(verdict))
  t.equal(verdict.request.target, '/a/b?__proto__=c&constructor=d')
  t.same([...verdict.request.fields], [['__proto__', 'e'], ['ok', 'f']]) // prettier-ignore
  const without = inspect(messageOf({ ...request, fields: [host] }), odd)
  t.equal(outcomeOf(without), 'header-not-allowed required header /__proto__')
})

t.test('P2: inspect: canonical, however it is written the same leaves', async t => {
  const one = forwarded({ ...run, body: '{"message":"a","number":1}' })
  const spellings: readonly Parameters<typeof messageOf>[0][] = [
    { ...run, body: ' {"number":1.0, "message":"\\u0061"}\n' },
    { ...run, ...post(gzipSync('{"number":1,"message":"a"}'), ['Content-Encoding', 'gzip'], ['X-Free', 'text']) },
    { ...run, body: '{"message":"a","number":1}', target: '/runs/%411/notes?%63ycle=7' },
  ]
  for (const spelling of spellings) t.same(forwarded(spelling), one)
})

t.test('P2: inspect: canonical, the order of query parameters is the one of the policy', async t => {
  const { target } = forwarded({ ...run, target: '/runs/A1/notes?cycle=7&note=x' })
  t.equal(target, '/runs/A1/notes?note=x&cycle=7')
})

t.test('P2: inspect: exact, the bytes received leave when they say no more than their value', async t => {
  const python = '{"run": "A1", "cycle": 7, "lanes": [{"lane": 1, "density": 0.5}]}'
  const compact = '{"run":"é","cycle":7}\n'
  for (const body of [python, compact, '{}']) t.equal(forwarded({ ...exact, body }).body, body)
  t.equal(forwarded({ target: '/exact?a=1&b=2' }).target, '/exact?a=1&b=2')
  const one = inspect(messageOf({ ...exact, body: '{"cycle": 7, "run": "A1"}' }), policy)
  t.equal(outcomeOf(one), 'forward', 'sorted')
  const swapped = '{"run": "A1", "lanes": [{"density": 0.5, "lane": 1}]}'
  t.equal(outcome({ ...exact, body: swapped }), 'not-equivalent spelling')
})

t.test('inspect: a request without a body has no content type', async t => {
  const request = forwarded({ method: 'GET', target: '/status', body: '', fields: [host, ['X-Token', 'two'], json] })
  t.same(request, { destination: 'vendor', method: 'GET', target: '/status', fields: [['x-token', 'two']], body: '' })
})

const canary = 'Quillfeather'
const planted: readonly Parameters<typeof messageOf>[0][] = [
  { target: `/${canary}` },
  { target: `/telemetry?${canary}=${canary}` },
  { target: `/telemetry?${canary}` },
  { ...run, target: `/runs/${canary}/notes?cycle=${canary}` },
  { method: canary },
  { version: canary },
  { fields: [['Host', `${canary}@sluice.lab`]] },
  { fields: [['Host', canary], ['Host', canary]] },
  { fields: [host, ['Content-Type', canary]] },
  { ...run, ...post('{}', ['X-Note', `${canary}\u00e9`]) },
  { ...run, ...post('{}', ['X-Note', `patient name: ${canary}`]) },
  post('{}', ['Content-Encoding', canary]),
  post('{}', ['Transfer-Encoding', canary]),
  { body: canary },
  { body: `{"${canary}":1}` },
  { body: `{"message":{"${canary}":1}}` },
  { body: `{"message":"patient name: ${canary}"}` },
  { body: `{"details":["a",["${canary}"]]}` },
  { body: `{"labels":{"patient ${canary}@example.org":"${read}"}}` },
  { body: `{"${canary}@example.org":{"${canary}":"${read}"}}` },
  { body: `{"a":1,"a":"${canary}"}` },
  { ...exact, body: `{"${canary}" : 1}` },
  {
    arrival: { ...gateway, ingress: { kind: 'redirect', serverName: `${read.toLowerCase()}.${canary}.example`, port: 443 } },
    fields: [['Host', `${read}.${canary}.example`]],
  },
] // prettier-ignore

t.test('P7: inspect: no block holds anything of what the request said', async t => {
  for (const [index, request] of planted.entries()) {
    const verdict = inspect(messageOf(request), policy)
    t.equal(verdict.kind, 'block', `case ${index}`)
    const written = JSON.stringify(verdict).toLowerCase()
    t.notOk(written.includes(canary.toLowerCase()) || written.includes(read.toLowerCase()), `case ${index}`)
  }
})

t.test('inspect: a host that the policy does not name is told when it is harmless, and not otherwise', async t => {
  const destinationOf = (name: string) => {
    const arrival = { ...gateway, ingress: { kind: 'redirect', serverName: name, port: 443 } } as const
    const verdict = inspect(messageOf({ arrival, fields: [['Host', name]] }), policy)
    return verdict.destination
  }
  t.equal(destinationOf('updates.vendor.example'), 'updates.vendor.example:443')
  t.equal(destinationOf(`${read.toLowerCase()}.example`), null)
})

t.test('P1: inspect: default deny, each element missing in turn', async t => {
  const good = {
    method: 'GET',
    target: '/status',
    body: '',
    fields: [host, ['X-Token', 'one']] as readonly Field[],
  }
  t.equal(outcome(good), 'forward')
  const without = (change: Partial<Policy>) => outcomeOf(inspect(messageOf(good), { ...policy, ...change }))
  t.equal(without({ instruments: [] }), 'instrument-unknown')
  t.equal(without({ instruments: policy.instruments.filter(({ id }) => id !== 'sequencer') }), 'forward', 'as bench')
  t.equal(without({ destinations: [] }), 'path-not-allowed')
  t.equal(without({ routes: [] }), 'path-not-allowed')
  t.equal(without({ routes: policy.routes.filter(({ id }) => id !== 'status') }), 'path-not-allowed')
  t.equal(outcome({ ...good, method: 'HEAD' }), 'method-not-allowed')
  t.equal(outcome({ ...good, target: '/' }), 'path-not-allowed')
  t.equal(outcome({ ...good, target: '/status?' }), 'forward', 'an empty query is none')
  t.equal(outcome({ ...good, target: '/status?a=1' }), 'query-not-allowed additionalProperties query /#0')
  t.equal(outcome({ ...good, fields: [host] }), 'header-not-allowed required header /x-token')
  t.equal(outcome({ ...good, body: '{}' }), 'body-not-allowed')
})

t.test('inspect head: what is certain before the content is read', async t => {
  const head = (request: Parameters<typeof messageOf>[0]) => {
    const message = messageOf(request)
    const { block, maxBodyBytes } = inspectHead(message.arrival, message.head, policy)
    return [block?.reason ?? null, maxBodyBytes]
  }
  t.same(head({}), [null, 2 * 1024 * 1024])
  t.same(head({ target: '/nope' }), ['path-not-allowed', 2 * 1024 * 1024], 'its payload is kept for review')
  t.same(head({ arrival: { ...gateway, client: '10.9.9.9' } }), ['instrument-unknown', 0])
})

t.test('inspect tunnel: opened or blocked', async t => {
  const tunnel = (target: string, client = '10.77.1.20') =>
    inspectTunnel(client, { method: 'CONNECT', target, version: '1.1', fields: [['Host', target]] }, policy)
  t.same(tunnel('telemetry.vendor.example:443'), {
    kind: 'open',
    authority: { host: 'telemetry.vendor.example', port: 443 },
  })
  t.match(tunnel('evil.example:443'), {
    kind: 'block',
    reason: 'destination-not-allowed',
    destination: 'evil.example:443',
  })
  t.match(tunnel(`${read}.example:443`), { kind: 'block', reason: 'destination-not-allowed', destination: null })
  t.match(tunnel('evil.example:443', '10.9.9.9'), { reason: 'instrument-unknown', instrument: null, destination: null })
})

t.test('inspect unreadable: a block with whoever is known', async t => {
  const unreadable = { reason: 'request-malformed', rule: 'http-parser', destination: null } as const
  t.match(inspectUnreadable(gateway, unreadable, policy), { kind: 'block', ...unreadable, instrument: 'sequencer' })
  t.match(inspectUnreadable({ ...gateway, client: '' }, unreadable, policy), { instrument: null })
  const destination = { host: `${read.toLowerCase()}.example`, port: 443 }
  t.match(inspectUnreadable(gateway, { ...unreadable, destination }, policy), { destination: null })
})

const text = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.constantFrom(read, '/telemetry', '..', '%2e', '{}'),
)
const names = fc.constantFrom('Host', 'content-type', 'Content-Encoding', 'x-note', '__proto__', 'Transfer-Encoding')
const field: fc.Arbitrary<Field> = fc.tuple(fc.oneof(names, text), fc.oneof(text, fc.constant('sluice.lab')))
const often = <T>(value: T, other: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(value) }, { weight: 1, arbitrary: other })
const ingress: fc.Arbitrary<Ingress> = fc.oneof(
  fc.record({ kind: fc.constant('plain' as const) }),
  fc.record({ kind: fc.constant('redirect' as const), serverName: text, port: fc.nat() }),
  fc.record({ kind: fc.constant('replay' as const), instrument: text, destination: fc.option(text) }),
  fc.record({
    kind: fc.constant('connect' as const),
    authority: fc.record({ host: text, port: fc.nat() }),
    serverName: fc.option(text),
  }),
)
const complete = (bytes: Uint8Array, trailers = 0): Content => ({ kind: 'complete', bytes, trailers })
const content: fc.Arbitrary<Content> = fc.oneof(
  fc.tuple(fc.uint8Array(), fc.nat(1)).map(([bytes, trailers]) => complete(bytes, trailers)),
  fc.json().map(body => complete(Buffer.from(body))),
  fc.constantFrom<Content>({ kind: 'too-large' }, { kind: 'incomplete', cause: 'closed' }),
)
const garbage: fc.Arbitrary<Message> = fc.record({
  arrival: fc.record({
    client: often('10.77.1.20', text),
    ingress: often<Ingress>(gateway.ingress, ingress),
    time: fc.integer(),
  }),
  head: fc.record({
    method: often('POST', text),
    target: often('/telemetry', fc.oneof(fc.constantFrom('/exact', '/runs/a/notes?cycle=1'), fc.webPath(), text)),
    version: often('1.1', text),
    fields: often<readonly Field[]>([host, json], fc.array(field)).chain(start =>
      fc.array(field, { maxLength: 2 }).map(more => [...start, ...more]),
    ),
  }),
  content: often(complete(Buffer.from('{"message":"ok"}')), content),
})

t.test('P8: inspect: any garbage, a verdict and no throw', async t => {
  let forwards = 0
  fc.assert(
    fc.property(garbage, message => {
      const verdict = inspect(message, policy)
      inspectHead(message.arrival, message.head, policy)
      inspectTunnel(message.arrival.client, message.head, policy)
      inspectUnreadable(message.arrival, { reason: 'request-malformed', rule: null, destination: null }, policy)
      scanPayload(message.content.kind === 'complete' ? message.content.bytes : new Uint8Array())
      if (verdict.kind === 'forward') forwards++
      return verdict.kind === 'forward' || (verdict.reason in blockReasons && verdict.reason !== 'inspection-failed')
    }),
    { numRuns: 3_000 },
  )
  t.ok(forwards > 0, 'some of it was good')
})

t.test('scan payload: the detectors alone, over whatever it is', async t => {
  const bam = Buffer.from('QkFNARAAAABASEQJVk46MS42Cg/////=', 'base64')
  const verdictOf = (body: string | Uint8Array) => {
    const { reason, findings } = scanPayload(Buffer.from(body))
    return [reason, findings.map(({ detector, pointer }) => `${detector} ${pointer}`)]
  }
  t.same(verdictOf('{"cycle":7}'), [null, []])
  t.same(verdictOf(`{"a":[{"b":"${read}"}]}`), ['sensitive-content', ['nucleotide-run /a/0/b']])
  t.same(verdictOf('no JSON'), ['json-malformed', []])
  t.same(verdictOf(`no JSON ${read}`), ['sensitive-content', ['nucleotide-run ']])
  t.same(verdictOf(bam), ['sensitive-content', ['genomic-magic ']], 'octets that are no text are looked at as octets')
  t.same(verdictOf(Buffer.from([0xff, 0x00, 0xfe])), ['body-undecodable', []])
  t.same(verdictOf(''), ['json-malformed', []])
})
