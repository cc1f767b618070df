import t from 'tap'
import { inspect, inspectLoop, inspectRelease } from '../../rules/inspect.ts'
import { isReleasable, releasableReasons } from '../../rules/releasable.ts'
import { freeTextFault } from '../../rules/free-text.ts'
import { blockReasons, type Approval } from '../../rules/verdict.ts'
import { arrivalTime, messageOf, policyOf } from '../kit/message.ts'

const read = 'GATTACAGATTACAGGATCCATTGACCATGACCTGA'

const policyWith = (more = '') =>
  policyOf(`
version: 1
instruments: [{ id: sequencer, address: 10.77.1.20 }]
destinations: [{ id: vendor, host: telemetry.vendor.example }]
routes:
  - id: telemetry
    destination: vendor
    method: POST
    path: /telemetry
    headers:
      x-token: { schema: { enum: [yes] }, credential: true }
    body:
      kind: json
      schema:
        type: object
        additionalProperties: false
        properties:
          b: { type: integer, minimum: 0, maximum: 9 }
          a: { type: string, pattern: '^[A-Za-z0-9@. -]{0,80}$', maxLength: 80 }
${more}`)

const policy = policyWith()
const key = '019aa0f2-7d1c-7abc-9def-0123456789ab'
const approval: Approval = {
  policy: policy.digest,
  destination: 'telemetry.vendor.example:443',
  expires: arrivalTime + 1,
}

type Request = Parameters<typeof messageOf>[0]

const outcomeOf = (request: Request, given: Partial<Approval> = {}, under = policy): string => {
  const verdict = inspectRelease(messageOf(request), under, { ...approval, ...given }, key)
  return verdict.kind === 'forward' ? `released ${verdict.overrode?.reason ?? 'as it is'}` : verdict.reason
}

t.test('release: what was approved leaves, written anew, with its key, and with what was overridden told', async t => {
  const message = messageOf({ body: `{"b":1, "a":"${read}"}` })
  t.match(inspect(message, policy), { kind: 'block', reason: 'sensitive-content' })
  const verdict = inspectRelease(message, policy, approval, key)
  if (verdict.kind !== 'forward') throw new Error(verdict.reason)
  t.match(verdict, {
    instrument: 'sequencer',
    route: 'telemetry',
    overrode: { reason: 'sensitive-content', findings: [{ detector: 'nucleotide-run', pointer: '/a' }] },
  })
  t.equal(Buffer.from(verdict.request.body).toString(), `{"a":"${read}","b":1}`)
  t.same(Object.fromEntries(verdict.request.fields), {
    'content-type': 'application/json',
    'idempotency-key': `"${key}"`,
  })
})

t.test('P1: release: findings and schema violations can be overridden, and nothing else', async t => {
  const host = ['Host', 'sluice.lab'] as const
  const json = ['Content-Type', 'application/json'] as const
  const cases: readonly (readonly [Request, string])[] = [
    [{ body: '{"b":1}' }, 'released as it is'],
    [{ body: '{"b":10}' }, 'released schema-violation'],
    [{ body: '{"c":10}' }, 'released schema-violation'],
    [{ body: `{"c":"${read}"}` }, 'released sensitive-content'],
    [{ body: '{"a":"jane.doe@example.org"}' }, 'never-release'],
    [{ body: `{"a":"${read}","c":"jane.doe@example.org"}` }, 'never-release'],
    [
      { body: JSON.stringify({ c: `@SIM:1:FCX:1:15:6329:1045 1:N:0:2\n${read}\n+\n${'I'.repeat(36)}\n` }) },
      'never-release',
    ],
    [{ body: '{"a":1' }, 'json-malformed'],
    [{ body: '{"a":"x","a":"y"}' }, 'json-duplicate-name'],
    [{ target: '/elsewhere', body: '{}' }, 'path-not-allowed'],
    [{ target: '/telemetry?x=1', body: '{}' }, 'query-not-allowed'],
    [{ method: 'PUT', body: '{}' }, 'method-not-allowed'],
    [{ fields: [host, ['Content-Type', 'text/plain']], body: '{}' }, 'content-type-not-allowed'],
    [{ fields: [host, json, ['X-Token', 'no']], body: '{}' }, 'header-not-allowed'],
    [{ fields: [host, json, ['Transfer-Encoding', 'gzip']], body: '{}' }, 'request-malformed'],
    [{ arrival: { client: '10.9.9.9', ingress: { kind: 'plain' } } }, 'instrument-unknown'],
  ]
  for (const [request, expected] of cases) t.equal(outcomeOf(request), expected, JSON.stringify(request))
  t.same(Object.keys(releasableReasons).toSorted(), Object.keys(blockReasons).toSorted())
  t.same(Object.keys(blockReasons).filter(isReleasable), ['schema-violation', 'sensitive-content'])
})

t.test('P1: release: an approval is for one policy, one destination, and until a time', async t => {
  const request = { body: `{"a":"${read}"}` }
  t.equal(outcomeOf(request), 'released sensitive-content')
  t.equal(outcomeOf(request, { expires: arrivalTime }), 'approval-void')
  t.equal(outcomeOf(request, { destination: 'other.vendor.example:443' }), 'approval-void')
  t.equal(outcomeOf(request, {}, policyWith('limits: { maxDepth: 31 }')), 'approval-void')
})

t.test('P1: release: what the policy marks is never released; a name that marks nothing is a mistake', async t => {
  const request = { body: `{"a":"${read}"}` }
  for (const name of ['sequence', 'nucleotide-run']) {
    const under = policyWith(`neverRelease: [${name}]`)
    t.equal(outcomeOf(request, { policy: under.digest }, under), 'never-release', name)
  }
  t.throws(() => policyWith('neverRelease: [nucleotides]'), /neither a category nor a detector/)
})

t.test('P1: release: what is hidden deeper than inspection unfolds is not released', async t => {
  const under = policyWith('limits: { maxUnfolded: 1024 }')
  const hidden = Buffer.from(Buffer.alloc(3_000, 'hello there ').toString('base64')).toString('base64')
  const given = { policy: under.digest }
  t.equal(outcomeOf({ body: JSON.stringify({ c: hidden }) }, given, under), 'inspection-budget')
  t.equal(outcomeOf({ body: JSON.stringify({ a: read, c: hidden }) }, given, under), 'inspection-budget')
})

t.test('P1: release: where there are more findings than are listed, nobody knows what else there is', async t => {
  const reads = Array.from({ length: 100 }, () => read)
  t.equal(outcomeOf({ body: JSON.stringify({ c: reads.slice(1) }) }), 'released sensitive-content')
  t.equal(outcomeOf({ body: JSON.stringify({ c: [...reads, 'jane.doe@example.org'] }) }), 'inspection-budget')
})

t.test('loop: what the appliance sent itself is blocked, as far as it would have had a route', async t => {
  const { arrival, head } = messageOf()
  t.match(inspectLoop(arrival, head, policy), { kind: 'block', reason: 'request-looped', route: 'telemetry' })
})

t.test(
  'P7: free text: what a detector finds, control characters and long texts are not taken into the log',
  async t => {
    const expected = {
      'a lot number, not a sequence; ticket 4711': null,
      'die Zahl ist eine Charge': null,
      ' ': 'empty',
      [`saw ${read}`]: 'sensitive',
      'asked jane.doe@example.org': 'sensitive',
      'a\u001b[2Jb': 'characters',
      'a\u202eb': 'characters',
      'a\nb': 'characters',
      ['x '.repeat(101)]: 'too-long',
    }
    for (const [text, fault] of Object.entries(expected)) t.equal(freeTextFault(text), fault, JSON.stringify(text))
  },
)
