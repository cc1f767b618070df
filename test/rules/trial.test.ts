import t from 'tap'
import { inspect, inspectHead, inspectTrial } from '../../rules/inspect.ts'
import type { Policy } from '../../rules/policy.ts'
import { parsePolicy } from '../../rules/policy/parse-policy.ts'
import { release, type Released, type Trial } from '../../rules/verdict.ts'
import { gateway, messageOf, policyOf } from '../kit/message.ts'

const read = 'GATTACAGATTACAGGATCCATTGACCATGACCTGA'

const bodyWith = (properties: string) =>
  `{ kind: json, schema: { type: object, additionalProperties: false, properties: { ${properties} } } }`
const celsius = 'celsius: { type: number, minimum: 0, maximum: 9, multipleOf: 0.1 }'
const note = "note: { type: string, pattern: '^[A-Z]{0,40}$', maxLength: 40 }"

/** One route is enforced; a wider one for the same requests is on trial, and one for requests that no enforced route takes. */
const text = `
version: 1
instruments:
  - { id: sequencer, address: 10.77.1.20 }
  - { id: bench, address: 10.77.1.21 }
destinations:
  - { id: vendor, host: telemetry.vendor.example }
routes:
  - { id: chiller, destination: vendor, method: POST, path: /chiller, body: ${bodyWith(celsius)} }
  - id: chiller-next
    mode: report-only
    destination: vendor
    instruments: [sequencer]
    method: POST
    path: /chiller
    body: ${bodyWith(`${celsius}, ${note}`)}
  - id: signed
    mode: report-only
    destination: vendor
    method: PUT
    path: /signed/{part}
    pathParameters: { part: { schema: { enum: [one, two] } } }
    forward: exact
    body: ${bodyWith(celsius)}
`
const policy = policyOf(text)

type Request = Parameters<typeof messageOf>[0]

const judged = (request: Request, under: Policy = policy): readonly [enforced: string, trial: string | null] => {
  const message = messageOf(request)
  const verdict = inspect(message, under)
  return [verdict.kind === 'forward' ? 'forward' : verdict.reason, spell(inspectTrial(message, under))]
}

const spell = (trial: Trial | null): string | null =>
  trial && [trial.route, trial.verdict, trial.reason, trial.rule, trial.place?.pointer].filter(Boolean).join(' ')

t.test('trial: enforced and candidate are judged apart, whatever either says', async t => {
  const on = (body: string): Request => ({ target: '/chiller', body })
  t.same(judged(on('{"celsius":4.2}')), ['forward', 'chiller-next would-allow'])
  t.same(judged(on('{"note":"HELLO"}')), ['schema-violation', 'chiller-next would-allow'])
  t.same(judged(on(`{"note":"${read}"}`)), ['sensitive-content', 'chiller-next would-block sensitive-content'])
  t.same(judged(on('{"celsius":99}')), [
    'schema-violation',
    'chiller-next would-block schema-violation maximum /celsius',
  ])
  const bench = { arrival: { ...gateway, client: '10.77.1.21' } }
  t.same(judged({ ...on('{"celsius":4.2}'), ...bench }), ['forward', null], 'not on trial for this instrument')
})

t.test('P1: trial: what no enforced route takes is judged too, and stays blocked', async t => {
  const on = (target: string, body = '{"celsius":4.2}'): Request => ({ method: 'PUT', target, body })
  t.same(judged(on('/signed/one')), ['path-not-allowed', 'signed would-allow'])
  t.same(judged(on('/signed/six')), ['path-not-allowed', 'signed would-block path-not-allowed enum /part'])
  t.same(judged(on('/signed/one', '{"celsius": 4.20}')), [
    'path-not-allowed',
    'signed would-block not-equivalent spelling',
  ])
  t.same(judged(on('/other')), ['path-not-allowed', null])
  t.same(judged({ ...on('/signed/one'), arrival: { ...gateway, client: '10.9.9.9' } }), ['instrument-unknown', null])
})

t.test('trial: the head tells whether the content has to be read for it', async t => {
  const head = (request: Request) => {
    const { arrival, head } = messageOf(request)
    const { block, isTried } = inspectHead(arrival, head, policy)
    return [block?.reason ?? null, isTried]
  }
  t.same(head({ target: '/chiller' }), [null, true])
  t.same(head({ method: 'PUT', target: '/signed/one' }), ['path-not-allowed', true])
  t.same(head({ target: '/other' }), ['path-not-allowed', false])
  const { arrival, head: stranger } = messageOf({ target: '/chiller', arrival: { ...gateway, client: '10.9.9.9' } })
  t.match(inspectHead(arrival, stranger, policy), { maxBodyBytes: 0, isTried: false })
})

t.test('P8: trial: a fault in it is its own, and the enforced verdict stands', async t => {
  const [next] = policy.candidates
  if (next?.body.kind !== 'json') throw new Error('the candidate has a JSON body')
  const fail = (): never => {
    throw new Error(`a fault that holds ${read}`)
  }
  const candidates = [{ ...next, body: { ...next.body, validate: fail } }]
  const request = { target: '/chiller', body: '{"celsius":4.2}' }
  t.same(judged(request, { ...policy, candidates }), ['forward', 'chiller-next would-block inspection-failed'])
  const unreadable = { ...policy, candidates: [null] } as unknown as Policy
  t.same(judged(request, unreadable), ['forward', null])
  const { arrival, head } = messageOf(request)
  t.match(inspectHead(arrival, head, unreadable), { block: null, isTried: false })
})

t.test(
  'P1: trial: routes on trial are in a list of their own, and the compiler keeps them from being released',
  async t => {
    t.same(
      [policy.routes, policy.candidates].map(routes => routes.map(({ id, mode }) => `${id} ${mode}`)),
      [['chiller enforce'], ['chiller-next report-only', 'signed report-only']],
    )
    // @ts-expect-error -- a candidate is no route by which anything leaves: `npm run types` fails when this line compiles
    const sent: Released = release({ ...outbound }, policy.candidates[0]!)
    t.ok(sent)
    const trial = inspectTrial(messageOf({ target: '/chiller' }), policy)!
    t.same(Object.keys(trial).toSorted(), ['exceptions', 'findings', 'place', 'reason', 'route', 'rule', 'verdict'])
  },
)

const outbound = { destination: 'vendor', method: 'POST', target: '/', fields: [], body: new Uint8Array() }

t.test(
  'P8: trial: two candidates that one request can fit are refused; apart by instrument or method they are not',
  async t => {
    const problems = (change: string): readonly string[] => {
      const reading = parsePolicy(`${text}  - ${change}\n`, () => null)
      return reading.ok ? [] : reading.problems.map(({ line, key, message }) => `${line} ${key}: ${message}`)
    }
    const third = '{ id: third, mode: report-only, destination: vendor, body: { kind: none }'
    t.same(problems(`${third}, method: PUT, path: /signed/one }`), [
      '25 routes[3].path: a request that fits the report-only route signed fits this one too: at most one can be on trial',
    ])
    t.same(problems(`${third}, method: DELETE, path: /signed/one }`), [])
    t.same(problems(`${third}, method: POST, path: /chiller, instruments: [bench] }`), [])
    t.same(problems('{ id: third, mode: report, destination: vendor, method: GET, path: /a, body: { kind: none } }'), [
      '25 routes[3].mode: must be one of enforce, report-only',
    ])
  },
)
