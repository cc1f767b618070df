import t from 'tap'
import { parse, stringify } from 'yaml'
import { readPolicyDocument } from '../../../rules/policy/policy-document.ts'
import { readDraftPolicy } from '../../../rules/workbench/draft-policy.ts'
import { routeDigests } from '../../../rules/workbench/route-digest.ts'
import { diffTraffic, type RecordedTraffic, type Side } from '../../../rules/workbench/traffic-diff.ts'
import { policyOf } from '../../kit/message.ts'

const text = `
version: 1
instruments:
  - { id: novaseq, address: 10.77.1.20 }
  - { id: miseq, address: 10.77.1.21 }
destinations:
  - { id: vendor, host: telemetry.vendor.example }
  - { id: other, host: other.vendor.example }
routes:
  - { id: chiller, destination: vendor, method: POST, path: /v1/chiller, body: { kind: json, schema: chiller.json } }
  - id: run
    destination: vendor
    method: PUT
    path: /v1/runs/{run}
    pathParameters: { run: { schema: { enum: [A, B] } } }
    body: { kind: none }
  - { id: other, destination: other, method: POST, path: /v1/other, body: { kind: none } }
`
const files = (maximum: number) => ({
  'chiller.json': JSON.stringify({
    type: 'object',
    additionalProperties: false,
    maxProperties: maximum,
    properties: {},
  }),
})

const sideOf = (written: string, maximum = 1): Side => {
  const references: Readonly<Record<string, string>> = files(maximum)
  const document = readPolicyDocument(written)
  if (!document.ok) throw new Error(JSON.stringify(document.problems))
  const draft = readDraftPolicy(document.value, reference => references[reference] ?? null)
  return { policy: policyOf(written, references), digests: routeDigests({ document: document.value, draft }) }
}

const before = sideOf(text)

const passed: RecordedTraffic = {
  instrument: 'novaseq',
  client: '10.77.1.20',
  ingress: 'connect',
  destination: 'telemetry.vendor.example:443',
  method: 'POST',
  route: 'chiller',
  path: '/v1/chiller',
  verdict: 'forward',
  reason: null,
  policy: before.policy.digest,
  count: 7,
  held: 0,
}
const blocked = (reason: string, change: Partial<RecordedTraffic> = {}): RecordedTraffic => ({
  ...passed,
  verdict: 'block',
  reason,
  ...change,
})
const lost: Partial<RecordedTraffic> = { route: null, path: null }
const run: Partial<RecordedTraffic> = { route: 'run', method: 'PUT', path: '/v1/runs/{run}' }

/** Digests of a policy with two routes and an exception for one of them. */
const digestsOf = (exception: object, schema: object): ReadonlyMap<string, string> => {
  const route = { destination: 'vendor', method: 'POST', body: { kind: 'json', schema } }
  const routes = ['named', 'other'].map(id => ({ ...route, id, path: `/${id}` }))
  const document = readPolicyDocument(stringify({ ...(parse(text) as Members), routes, exceptions: [exception] }))
  if (!document.ok) throw new Error(JSON.stringify(document.problems))
  return routeDigests({ document: document.value, draft: readDraftPolicy(document.value, () => null) })
}

type Members = { [key: string]: unknown }

/** The policy after a change to its value. */
const changed = (change: (policy: { [key: string]: Members[] } & Members) => void): Side => {
  const policy = parse(text) as { [key: string]: Members[] } & Members
  change(policy)
  return sideOf(stringify(policy))
}

const outcome = (traffic: RecordedTraffic, after: Side): string =>
  diffTraffic([traffic], before, after)
    .map(({ outcome, why, oldRoute, newRoute }) => [outcome, why, oldRoute, newRoute].filter(Boolean).join(' '))
    .join()

t.test('traffic diff: the same policy says the same of everything that its routes judged', async t => {
  t.equal(outcome(passed, before), 'same chiller chiller')
  t.equal(outcome(blocked('schema-violation'), before), 'same chiller chiller')
  t.equal(outcome(blocked('path-not-allowed', lost), before), 'same')
  t.equal(outcome(blocked('request-malformed', lost), before), 'stays-blocked request-malformed')
})

t.test(
  'traffic diff: a change elsewhere leaves a route as it was; one in its schema, or in the limits, does not',
  async t => {
    const renamed = changed(({ routes }) => Object.assign(routes![0]!, { id: 'cooler', onBlock: { status: 202 } }))
    t.equal(outcome(passed, renamed), 'same chiller cooler', 'an id and an answer decide nothing')
    t.equal(outcome(passed, sideOf(text, 2)), 'content chiller chiller', 'the schema of a file')
    t.equal(
      outcome(
        passed,
        changed(policy => Object.assign(policy, { limits: { maxDepth: 4 } })),
      ),
      'content chiller chiller',
    )
    const excepting = (owner: string, pointer = '/a') => {
      const exception = {
        id: 'e',
        owner,
        expires: '2027-01-01',
        reason: 'a test',
        detector: 'phone',
        route: 'named',
        pointer,
      }
      return digestsOf(exception, { type: 'object', additionalProperties: false, properties: {} })
    }
    t.equal(excepting('one').get('named'), excepting('two').get('named'), 'who answers for an exception')
    t.not(excepting('one').get('named'), excepting('one', '/b').get('named'), 'where an exception holds')
    t.equal(excepting('one').get('other'), excepting('one', '/b').get('other'), 'one of another route')
    const fewer = changed(({ instruments }) => Object.assign(instruments![0]!, { maxNucleotidesPerDay: 100 }))
    t.equal(outcome(passed, fewer), 'content chiller chiller', 'a budget of the instrument')
    const held = changed(({ routes }) => Object.assign(routes![0]!, { capacity: { perMessage: 9 } }))
    t.equal(outcome(passed, held), 'same chiller chiller', 'what lint holds a route to')
    const exact = changed(({ routes }) => Object.assign(routes![0]!, { forward: 'exact' }))
    t.equal(outcome(blocked('schema-violation'), exact), 'content chiller chiller')
    t.equal(outcome({ ...passed, ...run }, exact), 'same run run')
  },
)

t.test(
  'traffic diff: what was forwarded and finds no route is newly blocked, each way to lose it with its reason',
  async t => {
    const gone: Readonly<Record<string, Side>> = {
      'path-not-allowed': changed(({ routes }) => routes!.shift()),
      'method-not-allowed': changed(({ routes }) => Object.assign(routes![0]!, { method: 'PATCH' })),
      'instrument-not-allowed': changed(({ routes }) => Object.assign(routes![0]!, { instruments: ['miseq'] })),
      'instrument-disabled': changed(({ instruments }) => Object.assign(instruments![0]!, { enabled: false })),
      'instrument-unknown': changed(({ instruments }) => Object.assign(instruments![0]!, { address: '10.9.9.9' })),
      'destination-not-allowed': changed(({ destinations }) =>
        Object.assign(destinations![0]!, { host: 'new.example' }),
      ),
    }
    for (const [reason, after] of Object.entries(gone)) {
      t.match(outcome(passed, after), new RegExp(`^newly-blocked ${reason} chiller`), reason)
      t.match(outcome(blocked('schema-violation'), after), new RegExp(`^stays-blocked ${reason} chiller`), reason)
    }
    const demoted = changed(({ routes }) => Object.assign(routes![0]!, { mode: 'report-only' }))
    t.equal(outcome(passed, demoted), 'newly-blocked path-not-allowed chiller', 'nothing leaves by a route on trial')
  },
)

t.test('traffic diff: paths, callers and destinations that the log does not have are said to be lacking', async t => {
  const added = changed(({ routes }) => routes!.push({ ...routes![0]!, id: 'laser', path: '/v1/laser' }))
  t.equal(outcome(blocked('path-not-allowed', lost), added), 'unknown path')
  const removed = changed(({ routes }) => routes!.shift())
  t.equal(outcome(blocked('path-not-allowed', lost), removed), 'stays-blocked path-not-allowed')
  const narrow = changed(({ routes }) => {
    const { pathParameters: _gone, ...rest } = routes![1]!
    routes![1] = { ...rest, path: '/v1/runs/A' }
  })
  t.equal(outcome({ ...passed, ...run }, narrow), 'unknown path run', 'one path of those that the template had')
  const key = `sha256/${'A'.repeat(43)}=`
  const proven = changed(({ instruments }) => Object.assign(instruments![0]!, { id: 'novaseq-2', certificate: key }))
  t.equal(outcome(passed, proven), 'unknown certificate chiller')
  t.equal(outcome(blocked('instrument-unknown', { ...lost, client: '10.9.9.9' }), added), 'same instrument-unknown')
  t.equal(outcome(blocked('destination-not-allowed', { ...lost, destination: null }), added), 'unknown destination')
})

t.test('traffic diff: a gateway client is led by its path alone; alike ones are added up, the worst first', async t => {
  const gateway: RecordedTraffic = { ...passed, ingress: 'gateway' }
  const moved = changed(({ routes }) => Object.assign(routes![0]!, { destination: 'other' }))
  t.equal(outcome(gateway, moved), 'same chiller chiller')
  t.equal(outcome(passed, moved), 'newly-blocked path-not-allowed chiller')
  const after = changed(({ routes }) => routes!.splice(0, 1))
  const changes = diffTraffic(
    [{ ...passed, ...run }, passed, blocked('schema-violation', { held: 2 }), passed],
    before,
    after,
  )
  t.match(changes, [
    { outcome: 'newly-blocked', forwarded: 14, blocked: 0, path: '/v1/chiller' },
    { outcome: 'stays-blocked', forwarded: 0, blocked: 7, held: 2 },
    { outcome: 'same', forwarded: 7 },
  ])
})
