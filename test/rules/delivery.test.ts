import t from 'tap'
import { Departures } from '../../rules/budget/history.ts'
import { inspect, inspectSpooled, inspectUnspooled } from '../../rules/inspect.ts'
import { arrivalTime, messageOf, policyOf } from '../kit/message.ts'

const key = '019aa0f2-7d1c-7abc-9def-0123456789ab'

/** @param more - further keys of the route, as YAML in flow style */
const policyWith = (more: string) =>
  policyOf(`
version: 1
instruments: [{ id: sequencer, address: 10.77.1.20 }]
destinations: [{ id: vendor, host: telemetry.vendor.example }]
routes:
  - id: telemetry
    destination: vendor
    method: POST
    path: /telemetry
    body: { kind: json, schema: { type: object, additionalProperties: false, properties: { a: { enum: [1, 2] } } } }
    ${more}`)

t.test('delivery: a route is direct unless it says otherwise, and spooled on terms that are all known', async t => {
  t.equal(policyWith('').routes[0]!.spool, null)
  t.equal(policyWith('delivery: direct').routes[0]!.spool, null)
  const tried = policyWith('mode: report-only\n    delivery: spool')
  t.equal(tried.candidates[0]!.spool?.promise, 'at-most-once')
  t.match(inspect(messageOf({ body: '{"a":1}' }), tried), { kind: 'block' }, 'on trial nothing is let out, nor spooled')
  t.same(policyWith('delivery: spool').routes[0]!.spool, {
    promise: 'at-most-once',
    expires: 72 * 3_600_000,
    idempotencyKey: false,
  })
  const terms = 'delivery: spool\n    spool: { promise: at-least-once, expires: 30m, idempotencyKey: true }'
  t.same(policyWith(terms).routes[0]!.spool, { promise: 'at-least-once', expires: 1_800_000, idempotencyKey: true })
  for (const span of ['30d', '720h', '9999m'])
    t.ok(policyWith(`delivery: spool\n    spool: { expires: ${span} }`), span)
})

t.test('P8: delivery: what cannot be spooled is refused with the policy, each with its reason', async t => {
  const cases: Readonly<Record<string, readonly [more: string, message: RegExp]>> = {
    'a credential': [
      'delivery: spool\n    headers: { authorization: { schema: { enum: [x] }, credential: true } }',
      /headers.authorization: a spooled request waits on the disk, and a credential is never stored/,
    ],
    'an answer to relay': ['delivery: spool\n    response: { mode: relay }', /response.mode: .* answered 202/],
    'fields of an answer': ['delivery: spool\n    response: { headers: [etag] }', /response.headers: .* 202/],
    'terms without a spool': ['spool: { promise: at-least-once }', /spool: only a route with "delivery: spool"/],
    'an unknown promise': ['delivery: spool\n    spool: { promise: exactly-once }', /spool.promise/],
    'no time at all': ['delivery: spool\n    spool: { expires: 0h }', /spool.expires/],
    'more than a month': ['delivery: spool\n    spool: { expires: 31d }', /spool.expires/],
    'a key of the instrument and one of ours': [
      'delivery: spool\n    spool: { idempotencyKey: true }\n    headers: { idempotency-key: { schema: { enum: [x] } } }',
      /the appliance writes this field itself/,
    ],
  }
  for (const [name, [more, message]] of Object.entries(cases)) t.throws(() => policyWith(more), { message }, name)
  t.throws(
    () => policyOf(JSON.stringify(fetching)),
    { message: /delivery: who asks with GET waits for the answer/ },
    'a GET',
  )
})

const fetching = {
  version: 1,
  instruments: [{ id: 'sequencer', address: '10.77.1.20' }],
  destinations: [{ id: 'vendor', host: 'telemetry.vendor.example' }],
  routes: [{ id: 'r', destination: 'vendor', method: 'GET', path: '/r', body: { kind: 'none' }, delivery: 'spool' }],
}

t.test(
  'P1: delivery: when its turn has come the policy of now decides, with no budget, and names it if it says so',
  async t => {
    const message = messageOf({ body: '{"a":1}' })
    const rated = policyWith('delivery: spool\n    rate: { messages: 1, per: day }')
    const departures = new Departures()
    departures.add({ time: arrivalTime, instrument: 'sequencer', route: 'telemetry', nucleotides: 0 })
    const full = { ...message, history: departures.at(arrivalTime) }
    t.match(inspect(full, rated), { kind: 'block', reason: 'rate-exceeded' })
    const verdict = inspectSpooled(message, rated, key)
    t.match(verdict, { kind: 'forward', route: 'telemetry' })
    t.same(verdict.kind === 'forward' && verdict.request.fields, [['content-type', 'application/json']])
    const named = inspectSpooled(message, policyWith('delivery: spool\n    spool: { idempotencyKey: true }'), key)
    t.same(named.kind === 'forward' && Object.fromEntries(named.request.fields), {
      'content-type': 'application/json',
      'idempotency-key': `"${key}"`,
    })
    t.match(inspectSpooled(messageOf({ body: '{"a":3}' }), rated, key), { kind: 'block', reason: 'schema-violation' })
  },
)

t.test('delivery: what finds no room is a block of its own, with when to come again', async t => {
  const verdict = inspect(messageOf({ body: '{"a":1}' }), policyWith('delivery: spool'))
  if (verdict.kind !== 'forward') throw new Error(verdict.reason)
  const { instrument, destination, route } = verdict
  t.match(inspectUnspooled(verdict), {
    kind: 'block',
    reason: 'spool-full',
    instrument,
    destination,
    route,
    retryAfter: 60,
  })
})
