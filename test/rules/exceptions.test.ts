import { gzipSync } from 'node:zlib'
import t from 'tap'
import type { JsonValue } from '../../rules/canonical.ts'
import { leadsTo } from '../../rules/exception.ts'
import { inspect } from '../../rules/inspect.ts'
import type { Caller, Message } from '../../rules/message.ts'
import { defaultLimits } from '../../rules/policy.ts'
import { scan } from '../../rules/scan.ts'
import type { Verdict } from '../../rules/verdict.ts'
import { arrivalTime, messageOf, policyOf } from '../kit/message.ts'

const text = { type: 'string', pattern: '^.*$', maxLength: 2000 }
const closed = (properties: object) => ({ type: 'object', additionalProperties: false, properties })
const lane = closed({ comment: text, other: text, '#0': text })
const run = {
  ...closed({
    comment: text,
    '#0': text,
    '*': text,
    lanes: { type: 'array', maxItems: 200, items: lane },
    pair: { type: 'array', minItems: 2, maxItems: 2, prefixItems: [text, text], items: false },
    count: { type: 'integer', minimum: 0, maximum: 10_000_000_000 },
  }),
}
const json = { kind: 'json', schema: run }
const route = { destination: 'vendor', method: 'POST', body: json }

/** Names may stand in the comments of lanes that novaseq sends on the route `run`, until noon of 2027-03-31. */
const names = {
  id: 'kit-names',
  owner: 'sequencing-it@lab.example',
  expires: '2027-03-31T12:00:00Z',
  reason: 'the vendor calls its controllers by given names',
  detector: 'person-name',
  route: 'run',
  instrument: 'novaseq',
  pointer: '/lanes/*/comment',
}

const policyWith = (exceptions: readonly object[], more: object = {}) =>
  policyOf(
    JSON.stringify({
      version: 1,
      instruments: [
        { id: 'novaseq', address: '10.77.1.20' },
        { id: 'miseq', address: '10.77.1.21' },
      ],
      destinations: [{ id: 'vendor', host: 'vendor.example' }],
      routes: [
        {
          ...route,
          id: 'run',
          path: '/run/{id}',
          pathParameters: { id: { schema: text } },
          query: { comment: { schema: text } },
          headers: { 'x-note': { schema: text }, authorization: { schema: text, credential: true } },
        },
        { ...route, id: 'other', path: '/other' },
        { ...route, id: 'lines', path: '/lines', body: { kind: 'ndjson', maxLines: 200, schema: run } },
        {
          ...route,
          id: 'log',
          path: '/log',
          body: { kind: 'log', templates: { loaded: 'loaded {what:code([A-Z][a-z]{2,8}[_][A-Z][a-z]{2,8})}' } },
        },
        { ...route, id: 'form', path: '/form', body: { kind: 'form', parameters: { note: { schema: text } } } },
      ],
      exceptions,
      ...more,
    }),
  )

const policy = policyWith([names])
const gatewayOf = (client: string): Caller => ({
  client,
  ingress: { kind: 'gateway', names: ['sluice.lab'], port: 8443 },
})
const novaseq = gatewayOf('10.77.1.20')
const miseq = gatewayOf('10.77.1.21')

type Sent = Parameters<typeof messageOf>[0]

const sent = (body: JsonValue, { target = '/run/1', arrival = novaseq, ...more }: NonNullable<Sent> = {}): Message =>
  messageOf({ target, arrival, body: JSON.stringify(body), ...more })

const summary = (verdict: Verdict): string =>
  verdict.kind === 'forward'
    ? ['forward', ...verdict.exceptions].join(' ')
    : [verdict.reason, ...verdict.findings.map(({ detector, pointer }) => `${detector} ${pointer}`)].join(' ')

const outcome = (body: JsonValue, more?: Sent, under = policy): string => summary(inspect(sent(body, more), under))

const person = 'Jane Doe'
const ofLane = (comment: string): JsonValue => ({ lanes: [{ comment: 'ok' }, { comment }] })

t.test('exceptions: a finding at its place is let pass, and told with the id of the exception', async t => {
  const verdict = inspect(sent(ofLane(person)), policy)
  t.match(verdict, { kind: 'forward', exceptions: ['kit-names'] })
  t.same(verdict.excepted, [
    {
      surface: 'body',
      pointer: '/lanes/1/comment',
      detector: 'person-name',
      category: 'identity',
      chain: [],
      length: person.length,
      exception: 'kit-names',
    },
  ])
  t.equal(outcome(ofLane('cycle 7')), 'forward', 'where nothing is found, no exception is used')
  t.equal(outcome(ofLane(person), {}, policyWith([])), 'sensitive-content person-name /lanes/1/comment')
})

t.test('P7: exceptions: neither verdict nor record form repeats what was let pass', async t => {
  const { kind, exceptions, excepted } = inspect(sent(ofLane(person)), policy)
  t.notMatch(JSON.stringify({ kind, exceptions, excepted }), /Jane|Doe/)
})

t.test('P1: exceptions: nothing else passes at the place', async t => {
  t.equal(outcome(ofLane('+44 20 7946 0958')), 'sensitive-content phone /lanes/1/comment')
  t.equal(outcome(ofLane(`${person}, +44 20 7946 0958`)), 'sensitive-content phone /lanes/1/comment')
  t.equal(outcome(ofLane(`${person} GATTACAGATTACAGGATCC`)), 'sensitive-content nucleotide-run /lanes/1/comment')
})

t.test('P1: exceptions: a name at another place, on another route, or from another instrument', async t => {
  const blocked = (pointer: string) => `sensitive-content person-name ${pointer}`
  t.equal(outcome({ comment: person }), blocked('/comment'))
  t.equal(outcome({ lanes: [{ other: person }] }), blocked('/lanes/0/other'))
  t.equal(outcome({ lanes: [{ comment: person, other: person }] }), blocked('/lanes/0/other'))
  t.equal(outcome(ofLane(person), { target: '/other' }), blocked('/lanes/1/comment'))
  t.equal(outcome(ofLane(person), { arrival: miseq }), blocked('/lanes/1/comment'))
  t.equal(outcome({}, { target: '/run/Jane%20Doe' }), blocked('/id'))
  t.equal(outcome({}, { target: '/run/1?comment=Jane%20Doe' }), blocked('/comment'))
  t.equal(outcome({}, { fields: [['Host', 'sluice.lab'], ['Content-Type', 'application/json'], ['X-Note', person]] }), blocked('/x-note')) // prettier-ignore
})

t.test('P1: exceptions: an array where the pattern has a name, and a name where it has an element', async t => {
  const atStar = policyWith([{ ...names, pointer: '/lanes/*/comment' }])
  for (const body of [
    { lanes: { '0': { comment: person } } },
    { lanes: { '*': { comment: person } } },
    { lanes: [[person]] },
  ])
    t.match(outcome(body, {}, atStar), /^sensitive-content person-name/)
  const second = policyWith([{ ...names, pointer: '/pair/1' }])
  t.equal(outcome({ pair: ['ok', person] }, {}, second), 'forward kit-names')
  t.equal(outcome({ pair: [person, 'ok'] }, {}, second), 'sensitive-content person-name /pair/0')
})

t.test(
  'P1: exceptions: a property name is never excepted, nor what stands below one that the policy does not spell',
  async t => {
    t.match(outcome({ lanes: [{ comment: 'ok', [person]: 'x' }] }), /^sensitive-content person-name \/lanes\/0\/#1/)
    t.match(outcome({ [person]: 'x' }), /^sensitive-content person-name \/#0/)
    // Positions of hidden names are spelled like names that a schema may have.
    const spelled = policyWith([
      { ...names, pointer: '/#0' },
      { ...names, id: 'in-lane', pointer: '/lanes/*/#0' },
    ])
    t.equal(outcome({ '#0': person }, {}, spelled), 'forward kit-names')
    t.match(outcome({ unknown: person }, {}, spelled), /^sensitive-content person-name \/#0/)
    t.match(outcome({ lanes: [{ unknown: person }] }, {}, spelled), /^sensitive-content person-name \/lanes\/0\/#0/)
  },
)

t.test('P1: exceptions: not what stands in an encoding', async t => {
  const line = `operator: ${person}, call her about the run`
  const base64 = Buffer.from(line).toString('base64')
  const gzip = gzipSync(Buffer.from(line)).toString('base64')
  const hexadecimal = Buffer.from(line).toString('hex')
  const quoted = JSON.stringify({ comment: person })
  const inside = JSON.stringify({ lanes: [{ comment: person }] })
  for (const comment of [base64, gzip, hexadecimal, quoted, inside, encodeURIComponent(`x/${person}`)])
    t.match(outcome(ofLane(comment)), /^sensitive-content person-name \/lanes\/1\/comment/, comment.slice(0, 20))
})

t.test('exceptions: the disguises of a text itself are the text', async t => {
  t.equal(outcome(ofLane('Ｊａｎｅ Ｄｏｅ')), 'forward kit-names')
})

t.test('P8: exceptions: expired, they do nothing, from the very instant on', async t => {
  const at = (time: number) => outcome(ofLane(person), { arrival: { ...novaseq, time } })
  const end = Date.parse(names.expires)
  const blocked = 'sensitive-content person-name /lanes/1/comment'
  t.equal(at(end - 1), 'forward kit-names')
  t.equal(at(end), blocked)
  t.equal(at(end + 1), blocked)
  t.equal(at(Infinity), blocked)
  t.equal(at(Number.NaN), blocked, 'a time that is none')
  const year = 366 * 86_400_000
  t.equal(at(end - year), 'forward kit-names')
  t.equal(at(end - year - 1), blocked, 'an end that is too far away')
  t.equal(at(-Infinity), blocked)
})

t.test('P8: exceptions: a date ends with its first instant in UTC', async t => {
  const until = policyWith([{ ...names, expires: '2026-11-23' }])
  const at = (time: string) => outcome(ofLane(person), { arrival: { ...novaseq, time: Date.parse(time) } }, until)
  t.equal(at('2026-11-22T23:59:59.999Z'), 'forward kit-names')
  t.match(at('2026-11-23T00:00:00Z'), /^sensitive-content/)
  const offset = policyWith([{ ...names, expires: '2026-11-23T14:00:00+02:00' }])
  t.match(outcome(ofLane(person), {}, offset), /^sensitive-content/, new Date(arrivalTime).toISOString())
})

t.test('P1: exceptions: maxLength bounds all matches in a value together', async t => {
  const short = policyWith([{ ...names, maxLength: person.length }])
  t.equal(outcome(ofLane(person), {}, short), 'forward kit-names')
  t.match(outcome(ofLane(`${person} and later ${person}`), {}, short), /^sensitive-content person-name/)
  const read = 'GATTACAGATTACAG'
  const adapters = { ...names, id: 'adapter', detector: 'nucleotide-run', maxLength: 20 }
  const some = policyWith([adapters])
  t.equal(outcome(ofLane(read), {}, some), 'forward adapter')
  t.match(outcome(ofLane(`${read}. And: ${read}GCC`), {}, some), /^sensitive-content nucleotide-run/, 'a second run')
  t.match(outcome(ofLane(`${read}GATTACA`), {}, some), /^sensitive-content nucleotide-run/, 'a longer one')
  t.same(inspect(sent(ofLane(read)), some).excepted.map(({ length }) => length), [read.length]) // prettier-ignore
})

t.test('P1: exceptions: any number of excepted findings crowds out no other', async t => {
  const lanes = Array.from({ length: 150 }, () => ({ comment: person }))
  const verdict = inspect(sent({ lanes }), policy)
  t.match(verdict, { kind: 'forward', exceptions: ['kit-names'] })
  t.equal(verdict.excepted.length, 100)
  t.equal(outcome({ lanes: [...lanes, { other: person }] }), 'sensitive-content person-name /lanes/150/other')
})

t.test('P1: exceptions: what was let pass once is found again without the exception', async t => {
  for (let time = 0; time < 3; time++) {
    t.equal(outcome(ofLane(person)), 'forward kit-names')
    t.match(outcome(ofLane(person), { arrival: miseq }), /^sensitive-content/)
    t.match(outcome({ comment: person }), /^sensitive-content/)
  }
})

t.test('exceptions: a block may owe something to one too, and says so', async t => {
  const verdict = inspect(sent({ lanes: [{ comment: person }], further: 1 }), policy)
  t.match(verdict, { kind: 'block', reason: 'schema-violation', exceptions: ['kit-names'] })
  t.match(verdict.excepted, [{ exception: 'kit-names', pointer: '/lanes/0/comment' }])
  const both = inspect(sent({ comment: person, lanes: [{ comment: person }] }), policy)
  t.match(both, { kind: 'block', findings: [{ pointer: '/comment' }], exceptions: ['kit-names'] })
})

t.test('exceptions: on path, query, header fields, lines, log lines and forms', async t => {
  const at = (change: object) => policyWith([{ ...names, ...change }])
  const fields = [['Host', 'sluice.lab'], ['Content-Type', 'application/json'], ['X-Note', person]] as const // prettier-ignore
  t.equal(outcome({}, { target: '/run/Jane%20Doe' }, at({ surface: 'path', pointer: '/id' })), 'forward kit-names')
  t.equal(outcome({}, { target: '/run/1?comment=Jane%20Doe' }, at({ surface: 'query', pointer: '/comment' })), 'forward kit-names') // prettier-ignore
  t.equal(outcome({}, { fields }, at({ surface: 'header', pointer: '/x-note' })), 'forward kit-names')
  t.match(outcome({ comment: person }, {}, at({ surface: 'query', pointer: '/comment' })), /^sensitive-content/)

  const lines = { target: '/lines', fields: [['Host', 'sluice.lab'], ['Content-Type', 'application/x-ndjson']] } as const // prettier-ignore
  const ofLines = at({ route: 'lines', pointer: '/comment' })
  const body = [{ comment: person }, { comment: person }].map(line => JSON.stringify(line)).join('\n')
  t.equal(summary(inspect(messageOf({ ...lines, arrival: novaseq, body }), ofLines)), 'forward kit-names')
  const inLane = JSON.stringify({ lanes: [{ comment: person }] })
  t.match(summary(inspect(messageOf({ ...lines, arrival: novaseq, body: inLane }), ofLines)), /^sensitive-content/)

  const form = { target: '/form', fields: [['Host', 'sluice.lab'], ['Content-Type', 'application/x-www-form-urlencoded']] } as const // prettier-ignore
  const ofForm = at({ route: 'form', pointer: '/note' })
  t.equal(summary(inspect(messageOf({ ...form, arrival: novaseq, body: 'note=Jane%20Doe' }), ofForm)), 'forward kit-names') // prettier-ignore

  const log = {
    target: '/log',
    fields: [
      ['Host', 'sluice.lab'],
      ['Content-Type', 'text/plain'],
    ],
  } as const
  const pointer = '/lines/*/parameters/what'
  const ofLog = at({ route: 'log', pointer })
  const logged = { ...log, arrival: novaseq, body: 'loaded Jane_Doe\n' }
  t.match(summary(inspect(messageOf(logged), policy)), /^sensitive-content person-name \/lines\/0\/parameters\/what/)
  t.equal(summary(inspect(messageOf(logged), ofLog)), 'forward kit-names')
})

t.test('P2: exceptions: what leaves is the same as without them', async t => {
  const verdict = inspect(sent(ofLane(person)), policy)
  t.equal(verdict.kind === 'forward' && Buffer.from(verdict.request.body).toString(), JSON.stringify(ofLane(person)))
})

t.test('P1: exceptions: a credential is looked through for sequence under an exception for anything else', async t => {
  const read = 'GATTACAGATTACAGGATCCATTGACCATGACCTGA'
  const fields = [['Host', 'sluice.lab'], ['Content-Type', 'application/json'], ['Authorization', `Bearer ${read}`]] as const // prettier-ignore
  const ofSecret = policyWith([{ ...names, surface: 'header', pointer: '/authorization' }])
  t.equal(outcome({}, { fields }, ofSecret), 'sensitive-content nucleotide-run /authorization')
})

t.test('P1: exceptions: whatever a scan may be told to repeat, names are not excepted', async t => {
  const read = 'GATTACAGATTACAGGATCC'
  const [exception] = policyWith([{ ...names, detector: 'nucleotide-run', maxLength: 40 }]).exceptions
  const exceptions = [{ ...exception!, pattern: [read] }]
  const scanned = (value: JsonValue) => scan([{ surface: 'body', value, names: null, exceptions }], defaultLimits)
  t.match(scanned({ [read]: 'x' }).findings, [{ detector: 'nucleotide-run', pointer: '/#0' }])
  t.notOk(leadsTo(['a'], [{ index: 0, name: 'a', isHidden: true }]), 'a hidden name leads nowhere')
  t.ok(leadsTo(['a'], [{ index: 0, name: 'a', isHidden: false }]))
})
