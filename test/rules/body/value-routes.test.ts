import * as fc from 'fast-check'
import t from 'tap'
import { parse } from 'yaml'
import type { JsonValue } from '../../../rules/canonical.ts'
import { routeCapacity } from '../../../rules/capacity/route-capacity.ts'
import { inspect } from '../../../rules/inspect.ts'
import { parsePolicy } from '../../../rules/policy/parse-policy.ts'
import type { Policy } from '../../../rules/policy.ts'
import type { Verdict } from '../../../rules/verdict.ts'
import { readDraftPolicy } from '../../../rules/workbench/draft-policy.ts'
import { explain } from '../../../rules/workbench/explain.ts'
import { lint } from '../../../rules/workbench/lint.ts'
import { diffPolicies } from '../../../rules/workbench/policy-diff.ts'
import { arrivalTime, messageOf, policyOf } from '../../kit/message.ts'

const documentWith = (body: object, forward = 'canonical'): string =>
  JSON.stringify(
    {
      version: 1,
      instruments: [{ id: 'sequencer', address: '10.77.1.20' }],
      destinations: [{ id: 'vendor', host: 'vendor.example' }],
      routes: [{ id: 'route', destination: 'vendor', method: 'POST', path: '/upload', forward, body }],
    },
    null,
    1,
  )
const problemsOf = (body: object): string[] => {
  const reading = parsePolicy(documentWith(body), () => null)
  return reading.ok ? [] : reading.problems.map(({ key, message }) => `${key}: ${message}`)
}

const types: Readonly<Record<string, string>> = {
  json: 'application/json',
  ndjson: 'application/x-ndjson',
  form: 'application/x-www-form-urlencoded',
}
/** Compiled once each. */
const policies = new Map<string, Policy>()
const policyWith = (document: string): Policy => {
  const policy = policies.get(document) ?? policyOf(document)
  policies.set(document, policy)
  return policy
}

type Body = { readonly kind: string; readonly [key: string]: unknown }

const upload = (body: Body, text: string | Uint8Array, forward = 'canonical'): Verdict => {
  const fields = [
    ['Host', 'sluice.lab'],
    ['Content-Type', types[body.kind]!],
  ] as const
  return inspect(messageOf({ target: '/upload', fields, body: text }), policyWith(documentWith(body, forward)))
}
const sent = (verdict: Verdict): string =>
  verdict.kind === 'forward'
    ? Buffer.from(verdict.request.body).toString()
    : `${verdict.reason} ${verdict.rule} ${verdict.place?.pointer}`

const object = (properties: object, required: readonly string[] = []) => ({
  type: 'object',
  additionalProperties: false,
  required,
  properties,
})
const code = { type: 'string', pattern: '^[A-Z0-9]{1,40}$', maxLength: 40 }
const celsius = { type: 'number', minimum: -20, maximum: 120, multipleOf: 0.1 }
const lines = { kind: 'ndjson', maxLines: 3, schema: object({ celsius, chip: code }, ['celsius']) }

t.test('P2: route for ndjson: each line leaves as canonical JSON, with LF behind', async t => {
  t.equal(
    sent(upload(lines, '{"chip": "A1", "celsius":4.10}\r\n{"celsius":5}')),
    '{"celsius":4.1,"chip":"A1"}\n{"celsius":5}\n',
  )
  const exact = (text: string) => sent(upload(lines, text, 'exact'))
  for (const plain of ['{"celsius":4,"chip":"A1"}\n{"celsius":5}\n', '{"celsius": 4, "chip": "A1"}\n{"celsius": 5}'])
    t.equal(exact(plain), plain)
  for (const free of [
    '{"celsius":4}\r\n{"celsius":5}\r\n',
    '{"celsius": 4}\n{"celsius":5}\n',
    '{"chip":"A1","celsius":4}\n',
    '{"celsius":4.0}\n',
    '{"celsius":4}\n\n',
  ])
    t.match(
      exact(free),
      free.endsWith('\n\n') ? /^json-malformed/ : 'not-equivalent spelling undefined',
      JSON.stringify(free),
    )
})

t.test('P1: route for ndjson: one line at fault blocks all of them, with its place', async t => {
  t.equal(sent(upload(lines, '{"celsius":4}\n{"celsius":400}\n{"celsius":5}')), 'schema-violation maximum /1/celsius')
  t.equal(sent(upload(lines, '{"celsius":4}\n{"celsius":4,"Jane":1}\n')), 'schema-violation additionalProperties /1/#1')
  t.equal(sent(upload(lines, '{"celsius":4}\n\n{"celsius":5}\n')), 'json-malformed null /1')
  t.equal(sent(upload(lines, '{"celsius":4}\n'.repeat(4))), 'json-too-large maxLines /3')
  t.equal(sent(upload(lines, Buffer.of(0xff))), 'body-undecodable utf-8 undefined')
  t.match(upload(lines, '{"celsius":4}\n{"celsius":4,"chip":"GATTACAGATTACAGGATCCATTGACCATGACCTGA"}\n'), {
    reason: 'sensitive-content',
    findings: [{ pointer: '/1/chip' }],
  })
})

const form = {
  kind: 'form',
  parameters: {
    state: { schema: { enum: ['idle', 'running'] }, required: true },
    chip: { schema: code },
    note: { schema: { enum: ["it's (fine)", 'a b'] } },
  },
}

t.test('P2: route for forms: the pairs leave in the order of the policy', async t => {
  t.equal(sent(upload(form, 'chip=%41%31&state=idle')), 'state=idle&chip=A1')
  t.equal(sent(upload(form, 'note=a+b&state=idle')), 'state=idle&note=a%20b')
  for (const plain of [
    'state=idle&chip=A1',
    'state=idle&note=a+b',
    'state=idle&note=a%20b',
    'state=idle&note=it%27s+%28fine%29',
  ])
    t.equal(sent(upload(form, plain, 'exact')), plain)
  for (const free of ['chip=A1&state=idle', 'state=%69dle', 'state=idle&note=a%20b&chip=A1'])
    t.equal(sent(upload(form, free, 'exact')), 'not-equivalent spelling undefined', free)
})

t.test('P1: route for forms: what is not named, comes twice or reads in two ways is blocked', async t => {
  t.equal(sent(upload(form, 'state=idle&patient=x')), 'schema-violation additionalProperties /#1')
  t.equal(sent(upload(form, 'state=asleep')), 'schema-violation enum /state')
  t.equal(sent(upload(form, 'chip=A1')), 'schema-violation required /state')
  t.equal(sent(upload(form, '')), 'schema-violation required /state')
  for (const text of [
    'state=idle&state=idle',
    'state',
    'state=idle&',
    '=idle',
    'state=%zz',
    'state=idle\n',
    'stäte=idle',
  ])
    t.equal(sent(upload(form, text)), 'body-undecodable form undefined', JSON.stringify(text))
  t.match(upload(form, 'state=idle&more=jane.sample%40clinic.example'), {
    reason: 'sensitive-content',
    rule: 'additionalProperties',
    findings: [{ detector: 'email', pointer: '/#1' }],
  })
  t.equal(sent(upload(form, 'a=1&'.repeat(300_000))), 'body-undecodable maxMembers undefined')
})

const lane = object(
  {
    clusters: { type: 'integer', minimum: 0, maximum: 1e10 },
    pf: { type: 'integer', minimum: 0, maximum: 1e10 },
    percentPf: { type: 'number', minimum: 0, maximum: 100, multipleOf: 0.1 },
  },
  ['clusters', 'pf'],
)
const counts = {
  type: 'array',
  maxItems: 700,
  items: { type: 'array', minItems: 4, maxItems: 4, items: { type: 'integer', minimum: 0, maximum: 1e10 } },
}
const derived = {
  kind: 'json',
  schema: object({
    consent: { type: 'boolean' },
    total: { type: 'number', minimum: 0, maximum: 1e12 },
    lanes: { type: 'array', maxItems: 8, items: { $ref: '#/$defs/lane' } },
    counts,
  }),
  require: [{ at: '/consent', equals: true }],
  derive: [
    { roundedTo: { at: '/lanes/*/clusters', significant: 3 } },
    { ratioOf: { at: '/lanes/*/percentPf', of: '/lanes/*/pf', over: '/lanes/*/clusters', times: 100 } },
    { roundedTo: { at: '/lanes/*/percentPf', step: 0.1 } },
    { sumOf: { at: '/total', of: '/lanes/*/clusters' } },
  ],
  composition: [{ at: '/counts' }],
}
const withLane = { ...derived, schema: { ...derived.schema, $defs: { lane } } }
const body = (value: JsonValue) => JSON.stringify({ consent: true, ...(value as object) })

t.test('P2: derived fields: what leaves is recomputed and rounded before the schema is asked', async t => {
  const lanes = [{ clusters: 4_091_900, pf: 3_490_000, percentPf: 99.123456789 }]
  t.equal(
    sent(upload(withLane, body({ total: 123_456_789, lanes }))),
    '{"consent":true,"lanes":[{"clusters":4090000,"percentPf":85.3,"pf":3490000}],"total":4090000}',
  )
  const rounded = {
    kind: 'json',
    schema: object({ n: { type: 'number', minimum: 0, maximum: 1, multipleOf: 0.1 } }),
    derive: [{ roundedTo: { at: '/n', step: 0.1 } }],
  }
  t.equal(sent(upload(rounded, '{"n":0.30000000000000004}')), '{"n":0.3}')
  t.equal(
    sent(upload({ kind: 'json', schema: rounded.schema }, '{"n":0.30000000000000004}')),
    'schema-violation multipleOf /n',
  )
  const each = { ...lines, derive: [{ roundedTo: { at: '/celsius', step: 0.1 } }] }
  t.equal(sent(upload(each, '{"celsius":4.04}\n{"celsius":4.06}\n')), '{"celsius":4}\n{"celsius":4.1}\n')
})

t.test('P2: derived fields: under "forward: exact" what would be changed is blocked', async t => {
  const lanes = [{ clusters: 1000, pf: 333, percentPf: 33.3 }]
  const same = body({ total: 1000, lanes })
  t.equal(sent(upload(withLane, same, 'exact')), same)
  t.equal(sent(upload(withLane, body({ total: 1001, lanes }), 'exact')), 'not-equivalent derived undefined')
  t.equal(
    sent(upload({ ...lines, derive: [{ roundedTo: { at: '/celsius', step: 1 } }] }, '{"celsius":4.1}\n', 'exact')),
    'not-equivalent derived undefined',
  )
})

t.test('derived fields: detectors look at what leaves', async t => {
  const body = { kind: 'json', schema: object({ ssn: { type: 'integer', minimum: 0, maximum: 1e9 } }) }
  const value = '{"ssn":536904399}'
  t.match(upload(body, value), { reason: 'sensitive-content' })
  t.equal(
    sent(upload({ ...body, derive: [{ roundedTo: { at: '/ssn', significant: 1 } }] }, value)),
    '{"ssn":500000000}',
  )
})

t.test('P1: derived fields: without consent, operands or enough clusters nothing leaves', async t => {
  const refused = (value: JsonValue) => sent(upload(withLane, JSON.stringify(value)))
  t.equal(refused({ total: 1, lanes: [] }), 'schema-violation consent /consent')
  t.equal(refused({ consent: false, lanes: [] }), 'schema-violation consent /consent')
  t.equal(refused([]), 'schema-violation consent /consent')
  t.equal(refused({ consent: true, total: 1 }), 'schema-violation operand-missing /total')
  t.equal(
    refused({ consent: true, lanes: [{ clusters: 1, percentPf: 1 }] }),
    'schema-violation operand-missing /lanes/0/percentPf',
  )
  t.equal(
    refused({ consent: true, lanes: [{ clusters: 'x', pf: 1 }] }),
    'schema-violation not-roundable /lanes/0/clusters',
  )
  t.equal(
    refused({ consent: true, lanes: [{ clusters: 0, pf: 0, percentPf: 0 }] }),
    'schema-violation zero-divisor /lanes/0/percentPf',
  )
  t.equal(refused({ consent: true, counts: [[9, 9, 9, 9]] }), 'sensitive-content base-composition /counts/0')
  t.match(refused({ consent: true, counts: [[25_000, 25_000, 25_000, 25_000]] }), /^\{"consent":true,"counts":/)
  t.match(upload(withLane, '{"consent":false,"Jane":"jane.sample@clinic.example"}'), {
    reason: 'sensitive-content',
    rule: 'consent',
    findings: [{ detector: 'email', pointer: '/#1' }],
  })
})

t.test('P8: policy: rules that lead nowhere, or cannot be applied, are errors at their key', async t => {
  const problems = (more: object) => problemsOf({ ...withLane, ...more })
  t.strictSame(problems({}), [])
  t.strictSame(problems({ derive: [{ sumOf: { at: '/total', of: ['/lanes/*/pf', '/lanes/*/pff'] } }] }), [
    'routes[0].body.derive[0].sumOf.of[1]: leads nowhere: no property of the schema can stand there',
  ])
  t.strictSame(
    problems({
      derive: [{ roundedTo: { at: '/lanes/clusters', step: 1 } }],
      require: [{ at: '/Consent', equals: true }],
    }),
    [
      'routes[0].body.require[0].at: leads nowhere: no property of the schema can stand there',
      'routes[0].body.derive[0].roundedTo.at: leads nowhere: no property of the schema can stand there',
    ],
  )
  t.strictSame(problems({ derive: [{ roundedTo: { at: '/consent', step: 1 } }] }), [
    'routes[0].body.derive[0].roundedTo.at: leads to what is no number',
  ])
  t.strictSame(
    problems({ derive: [{ roundedTo: { at: '/total', unit: 'minute' } }], composition: [{ at: '/total' }] }),
    [
      'routes[0].body.derive[0].roundedTo.at: leads to what is no string',
      'routes[0].body.composition[0].at: leads to what is no array',
    ],
  )
  t.strictSame(
    problems({ derive: derived.derive.toReversed() }).map(one => one.replace(/: .*/, '')),
    [
      'routes[0].body.derive[0].sumOf.of',
      'routes[0].body.derive[2].ratioOf.at',
      'routes[0].body.derive[2].ratioOf.over',
    ],
  )
  t.strictSame(problems({ derive: [{ roundedTo: { at: '/total', step: 1, significant: 2 } }] }), [
    'routes[0].body.derive[0].roundedTo: must have exactly one of the keys step, significant, unit',
  ])
  t.strictSame(
    problems({ derive: [{ averageOf: { at: '/total' } }] }).at(-1),
    'routes[0].body.derive[0].averageOf: unknown key',
  )
  t.match(problems({ composition: [{ at: '/counts', minimumClusters: 9_999 }] }), [
    /minimumClusters: must be >= 10000$/,
  ])
  t.match(problems({ require: [{ at: 'consent', equals: true }] }), [/require\[0\]\.at: /])
  t.match(problemsOf({ ...lines, maxLines: 1_000_000 }), [/maxLines: must be <= 100000$/])
  t.strictSame(problemsOf({ kind: 'ndjson', schema: lines.schema }), ['routes[0].body.maxLines: is missing'])
  t.match(problemsOf({ kind: 'form', parameters: { a: { schema: { type: 'string' } } } }), [
    /^routes\[0\]\.body\.parameters\.a\.schema: /,
  ])
  const text = documentWith({ ...withLane, composition: [{ at: '/none' }] })
  const reading = parsePolicy(text, () => null)
  const { line = 0, column = 0 } = reading.ok ? {} : (reading.problems[0] ?? {})
  t.match(
    text
      .split('\n')
      .at(line - 1)
      ?.slice(column - 1),
    /^"at": "\/none"/,
    'line and column',
  )
})

t.test('rules lint, capacity, diff and explain: they know the new kinds', async t => {
  const draftOf = (body: object) => {
    const document = parse(documentWith(body)) as JsonValue
    return { document, draft: readDraftPolicy(document, () => null) }
  }
  const bits = (body: object) => routeCapacity(draftOf(body).draft.routes[0]!).bits
  for (const one of [lines, form, withLane])
    t.ok(lint(documentWith(one), () => null, arrivalTime).every(({ severity }) => severity === 'warning'))
  const open = { kind: 'form', parameters: { a: { schema: { type: 'string' } } } }
  t.match(
    lint(documentWith(open), () => null, arrivalTime).filter(({ severity }) => severity === 'error'),
    [{ code: 'open-schema', key: 'routes[0].body.parameters' }, {}],
  )
  const twoStates = { kind: 'form', parameters: { state: { schema: { enum: ['a', 'b'] }, required: true } } }
  t.equal(bits(twoStates), 1)
  const bit = { kind: 'ndjson', maxLines: 2, schema: { type: 'boolean' } }
  t.ok(Math.abs(bits(bit) - Math.log2(6)) < 1e-9, 'two lines at the most: 2 + 4 bodies')
  t.ok(bits(withLane) < bits({ ...withLane, derive: undefined }) - 200, 'eight shares and a sum')
  const { items, schemas } = diffPolicies(
    draftOf(lines),
    draftOf({ ...lines, maxLines: 2, schema: object({ celsius }) }),
  )
  t.strictSame(
    items.map(({ keys }) => keys),
    [['body']],
  )
  t.ok(schemas.length > 0)
  t.ok(diffPolicies(draftOf(form), draftOf(twoStates)).schemas.length > 0)
  const verdict = upload(lines, '{"celsius":4}\n{"celsius":400}')
  const policy = policyOf(documentWith(lines))
  const told =
    verdict.kind === 'block' && explain(verdict, { policy, route: draftOf(lines).draft.routes[0]!, body: undefined })
  t.match(told, { allowed: { forms: [/minimum -20, maximum 120/] } })
})

t.test('P2: derived fields: what leaves fits the schema, and leaves again unchanged', async () => {
  const count = fc.integer({ min: 1, max: 1e10 })
  const measure = fc.double({ noNaN: true, min: -1e12, max: 1e12 })
  const lanes = fc.array(
    fc.record({
      clusters: count,
      share: fc.double({ min: 0, max: 1, noNaN: true }),
      percentPf: measure,
    }),
    { maxLength: 8 },
  )
  fc.assert(
    fc.property(lanes, measure, (lanes, total) => {
      const value = lanes.map(({ clusters, share, percentPf }) => ({
        clusters,
        percentPf,
        pf: Math.floor(share * 0.9 * clusters),
      }))
      const once = sent(upload(withLane, body({ lanes: value, total })))
      return once.startsWith('{') && sent(upload(withLane, once, 'exact')) === once
    }),
    { numRuns: 30 },
  )
})
