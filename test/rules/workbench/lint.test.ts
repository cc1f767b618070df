import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { stringify } from 'yaml'
import { packsFolder, readPolicySource } from '../../../proxy/policy/policy-file.ts'
import { DETECTION_THRESHOLD, lint, type LintCode, type LintFinding } from '../../../rules/workbench/lint.ts'
import { compileSchema } from '../../../rules/schema.ts'
import { scanPayload } from '../../../rules/inspect.ts'
import { arrivalTime } from '../../kit/message.ts'

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }
type Members = { readonly [key: string]: Json }

const instrument: Members = { id: 'seq-1', address: '10.0.0.1' }
const destination: Members = { id: 'vendor', host: 'vendor.example' }
const closed: Members = { type: 'object', additionalProperties: false, properties: {} }
const route: Members = {
  id: 'one',
  destination: 'vendor',
  method: 'POST',
  path: '/v1/one',
  body: { kind: 'json', schema: closed },
  rate: { messages: 10, per: 'hour' },
  capacity: { perMessage: 1_000_000 },
}

const sound: Members = { version: 1, instruments: [instrument], destinations: [destination], routes: [route] }

/** Of 1 bit: the field may stand there or not. */
const oneBit: Members = { ...closed, properties: { field: { const: 1 } } }

const { rate: _, ...rateless } = route
const withoutRate: Members = { ...sound, routes: [rateless] }

const lintOf = (policy: Members): readonly LintFinding[] => lint(stringify(policy), () => null, arrivalTime)

const withRoute = (change: Members): Members => ({ ...sound, routes: [{ ...route, ...change }] })

/** A policy whose one body has one field, of this schema. */
const withField = (schema: Json): Members =>
  withRoute({ body: { kind: 'json', schema: { ...closed, properties: { field: schema } } } })

const twoRoutes = (change: Members, more: Members = {}): Members => ({
  ...sound,
  ...more,
  routes: [route, { ...route, id: 'two', ...change }],
})

const text = (pattern: string, maxLength: number): Members => ({ type: 'string', pattern, maxLength })

const exception: Members = {
  id: 'kit-names',
  owner: 'sequencing-it',
  expires: '2027-06-30',
  reason: 'kits are named after people',
  detector: 'person-name',
  route: 'one',
  instrument: 'seq-1',
  pointer: '/field',
  maxLength: 11,
}

/** A policy with one exception, of a field in which short words can stand. */
const withException = (change: Members = {}, field: Json = text('^[A-Za-z ]{0,11}$', 11)): Members => ({
  ...withField(field),
  exceptions: [{ ...exception, ...change }],
})

const without = (key: string): Members => ({
  ...withException(),
  exceptions: [Object.fromEntries(Object.entries(exception).filter(([name]) => name !== key))],
})

const spliced = {
  id: 'pinned',
  host: 'pinned.example',
  splice: {
    instruments: ['seq-1'],
    bytesPerHour: 20_000,
    bytesPerDay: 86_400,
    connectionsPerHour: 2,
    owner: 'lab-it@lab.test',
    expires: '2026-11-01',
    reason: 'it pins a certificate',
  },
}

/** For each code a policy that it is about, and one like it that it is not about. */
const cases: Record<
  LintCode,
  { readonly severity: 'error' | 'warning'; readonly bad: Members; readonly good: Members }
> = {
  'invalid-policy': { severity: 'error', bad: withRoute({ instruments: ['seq-1', 'nobody'] }), good: sound },
  'open-schema': { severity: 'error', bad: withField({ type: 'string' }), good: withField(text('^x$', 1)) },
  'unsatisfiable-schema': {
    severity: 'error',
    bad: withField({ type: 'integer', minimum: 2, maximum: 1 }),
    good: withField({ type: 'integer', minimum: 1, maximum: 1 }),
  },
  'overlapping-routes': {
    severity: 'error',
    bad: twoRoutes({ path: '/v1/{what}', pathParameters: { what: { schema: text('^two$', 3) } } }),
    good: twoRoutes({ path: '/v2/{what}', pathParameters: { what: { schema: text('^two$', 3) } } }),
  },
  'over-budget': {
    severity: 'error',
    bad: withRoute({ capacity: { perDay: 1 }, body: { kind: 'json', schema: oneBit } }),
    good: withRoute({ capacity: { perDay: 240 }, body: { kind: 'json', schema: oneBit } }),
  },
  'no-budget': { severity: 'warning', bad: withoutRate, good: sound },
  'report-only-route': {
    severity: 'warning',
    bad: withRoute({ mode: 'report-only' }),
    good: withRoute({ mode: 'enforce' }),
  },
  'spooled-route': {
    severity: 'warning',
    bad: withRoute({ delivery: 'spool' }),
    good: withRoute({ delivery: 'direct' }),
  },
  'uninspected-destination': {
    severity: 'warning',
    bad: { ...sound, destinations: [destination, spliced] },
    good: sound,
  },
  'unused-destination': {
    severity: 'warning',
    bad: { ...sound, destinations: [destination, { id: 'other', host: 'other.example' }] },
    good: sound,
  },
  'unused-instrument': {
    severity: 'warning',
    bad: {
      ...withRoute({ instruments: ['seq-1'] }),
      instruments: [instrument, { id: 'seq-2', address: '10.0.0.2' }],
    },
    good: { ...sound, instruments: [instrument, { id: 'seq-2', address: '10.0.0.2' }] },
  },
  'unused-route': {
    severity: 'warning',
    bad: { ...sound, instruments: [{ ...instrument, enabled: false }] },
    good: {
      ...sound,
      instruments: [
        { ...instrument, enabled: false },
        { id: 'seq-2', address: '10.0.0.2' },
      ],
    },
  },
  'unmarked-credential': {
    severity: 'warning',
    bad: withRoute({ headers: { 'x-vendor-token': { schema: text('^[0-9]{4}$', 4) } } }),
    good: withRoute({ headers: { 'x-vendor-token': { credential: true, schema: text('^[0-9]{4}$', 4) } } }),
  },
  'nucleotide-run': {
    severity: 'warning',
    bad: withField(text('^[A-Z]{12}$', 12)),
    good: withField(text('^[A-Z]{6}-[A-Z]{6}$', 13)),
  },
  'free-text': {
    severity: 'warning',
    bad: withField(text('^(?:[a-z]{1,5} ){2,6}$', 36)),
    good: withField(text('^(?:NovaSeq Control Software|MiSeq Control Software)$', 24)),
  },
  'unenforced-format': {
    severity: 'warning',
    bad: withField({ ...text('^[0-9]{4}-[0-9]{2}-[0-9]{2}$', 10), format: 'date' }),
    good: withField(text('^[0-9]{4}-[0-9]{2}-[0-9]{2}$', 10)),
  },
  'wide-number': {
    severity: 'warning',
    bad: withField({ type: 'number', minimum: 0, maximum: 100 }),
    good: withField({ type: 'number', minimum: 0, maximum: 100, multipleOf: 0.01 }),
  },
  'complex-pattern': {
    severity: 'warning',
    bad: withField(text('^(?:[0-9]*7[0-9]{13})$', 40)),
    good: withField(text('^(?:[0-9]*7[0-9]{3})$', 40)),
  },
  // The policies of this file are looked at on 2026-11-23 at 12:00.
  'exception-expired': {
    severity: 'error',
    bad: withException({ expires: '2026-11-23T12:00:00Z' }),
    good: withException({ expires: '2026-11-23T12:00:01Z' }),
  },
  'exception-too-long': {
    severity: 'error',
    bad: withException({ expires: '2027-11-24T12:00:01Z' }),
    good: withException({ expires: '2027-11-24T12:00:00Z' }),
  },
  'exception-ends-soon': {
    severity: 'warning',
    bad: withException({ expires: '2026-12-07T12:00:00Z' }),
    good: withException({ expires: '2026-12-07T12:00:01Z' }),
  },
  'exception-any-instrument': { severity: 'warning', bad: without('instrument'), good: withException() },
  'exception-any-length': { severity: 'warning', bad: without('maxLength'), good: withException() },
  'exception-never-matches': {
    severity: 'warning',
    bad: withException({}, { enum: ['idle', 'running'] }),
    good: withException({}, { enum: ['idle', 'Jane Doe'] }),
  },
  'detector-off': {
    severity: 'warning',
    bad: { ...sound, detectors: { phone: { enabled: false, reason: 'lot numbers look like them' } } },
    good: {
      ...sound,
      detectors: { 'ip-address': { enabled: false, reason: 'is off anyway' }, phone: { enabled: true } },
    },
  },
}

t.test('lint: a sound policy has nothing to say about it', async t => {
  t.same(lintOf(sound), [])
})

t.test('lint: each code has a policy that it is found in, and one that it is not', async t => {
  for (const [code, { severity, bad, good }] of Object.entries(cases)) {
    const found = lintOf(bad)
    t.same([...new Set(found.map(finding => finding.code))], [code], `${code} alone`)
    t.ok(
      found.every(finding => finding.severity === severity && finding.hint.length > 20 && finding.line > 0),
      `${code} has the severity ${severity}, a hint and a place`,
    )
    t.notOk(
      lintOf(good).some(finding => finding.code === code),
      `${code} is not found`,
    )
  }
})

t.test('P1: lint: an opening is an error once, at its place in the policy and in the schema', async t => {
  const found = lintOf(withField({ type: 'object', properties: {} }))
  t.match(found, [
    {
      code: 'open-schema',
      severity: 'error',
      key: 'routes[0].body.schema',
      pointer: '/properties/field',
      detail: 'open-object',
    },
  ])
  t.equal(found.length, 1, 'parsePolicy reports it too')
  const other = lintOf({ ...withField({ type: 'string' }), destinations: [destination, destination] })
  t.ok(
    other.some(({ code }) => code === 'invalid-policy'),
    'what else parsePolicy reports is kept',
  )
})

t.test('lint: a document that is no policy, each problem with its line', async t => {
  t.match(
    lint('version: 1\nroutes: [', () => null, arrivalTime),
    [{ code: 'invalid-policy', severity: 'error' }],
  )
  const found = lintOf({ ...sound, rutes: [] })
  t.match(found, [{ code: 'invalid-policy', key: 'rutes', detail: 'unknown key' }])
})

t.test('lint: schemas that nothing can satisfy, by their reason', async t => {
  const object = (change: Members): Members => ({ ...closed, ...change })
  const reasons: readonly [Json, string, string][] = [
    [{ type: 'integer', minimum: 2, maximum: 1 }, '', 'minimum is above maximum'],
    [{ type: 'number', minimum: 0.01, maximum: 0.09, multipleOf: 0.1 }, '', 'no value satisfies it'],
    [{ type: 'string', enum: [1, 2] }, '', 'no value of the enum is of its type'],
    [{ ...text('^[ab]{3}$', 2) }, '', 'the pattern admits no string of the allowed length'],
    [{ ...text('^[ab]{3}$', 9), minLength: 4 }, '', 'the pattern admits no string of the allowed length'],
    [{ ...text('^[ab]{3}$', 3), minLength: 4 }, '', 'minLength is above maxLength'],
    [{ type: 'array', items: { const: 1 }, minItems: 3, maxItems: 2 }, '', 'minItems is above maxItems'],
    [object({ required: ['gone'] }), '', 'the required property gone is not listed'],
    [
      object({ required: ['a'], properties: { a: { type: 'integer', minimum: 1, maximum: 0 } } }),
      '/properties/a',
      'minimum is above maximum',
    ],
    [object({ required: ['a'], properties: { a: false } }), '', 'no value satisfies it'],
  ]
  for (const [schema, pointer, detail] of reasons) {
    const found = lintOf(withField(schema)).filter(({ code }) => code === 'unsatisfiable-schema')
    t.match(
      found.map(finding => [finding.pointer, finding.detail]),
      [[`/properties/field${pointer}`, detail]],
      JSON.stringify(schema),
    )
  }
})

t.test('lint: what is forbidden on purpose is not called unsatisfiable', async t => {
  const narrowed = { type: 'integer', minimum: 0, maximum: 9, not: { enum: [3] } }
  const found = [
    ...lintOf(withField(false)),
    ...lintOf(withField({ type: 'array', prefixItems: [{ const: 1 }], items: false, maxItems: 1, minItems: 1 })),
    ...lintOf(withField(narrowed)),
  ]
  t.notOk(found.some(({ code }) => code === 'unsatisfiable-schema'))
})

t.test('P1: lint: that a run of 20 nucleotides fits is true: such a string passes the schema', async t => {
  const read = 'GTCAAGTCCATTGACGTTAG'
  const fits = text('^[A-Z0-9_-]{1,20}$', 20)
  t.match(lintOf(withField(fits)), [
    { code: 'nucleotide-run', pointer: '/properties/field', detail: '20 letters in a row' },
  ])
  t.ok(compileSchema(fits)(read).ok)
  t.equal(scanPayload(Buffer.from(JSON.stringify(read))).verdict, 'block', 'and only the detectors see it')
  t.same(lintOf(withField(text('^(?:[A-Z0-9]{1,11}-)*$', 200))), [], 'eleven in a row are below the threshold')
  t.equal(DETECTION_THRESHOLD, 12)
})

t.test(
  'lint: hexadecimal identifiers hold no three bases, texts that are written out hold what their author read',
  async t => {
    t.same(lintOf(withField(text('^[0-9a-f]{40}$', 40))), [])
    t.same(lintOf(withField({ enum: ['GTCAAGTCCATTGACG'] })), [])
  },
)

t.test('lint: strings are looked at wherever they stand: parameters, names, branches, definitions', async t => {
  const wide = text('^[A-Z]{30}$', 30)
  const places: readonly [Members, string, string][] = [
    [withRoute({ query: { q: { schema: wide } } }), 'routes[0].query.q.schema', ''],
    [withRoute({ headers: { 'x-run': { schema: wide } } }), 'routes[0].headers.x-run.schema', ''],
    [
      withRoute({ path: '/v1/{run}', pathParameters: { run: { schema: wide } } }),
      'routes[0].pathParameters.run.schema',
      '',
    ],
    [withField({ anyOf: [{ const: 'x' }, wide] }), 'routes[0].body.schema', '/properties/field/anyOf/1'],
    [
      withRoute({ body: { kind: 'json', schema: { $ref: '#/$defs/wide', $defs: { wide } } } }),
      'routes[0].body.schema',
      '/$defs/wide',
    ],
    [
      withField({
        type: 'object',
        propertyNames: wide,
        patternProperties: { '^[A-Z]+$': { const: 1 } },
        additionalProperties: false,
        maxProperties: 2,
      }),
      'routes[0].body.schema',
      '/properties/field/propertyNames',
    ],
  ]
  for (const [policy, key, pointer] of places)
    t.match(
      lintOf(policy).filter(({ code }) => code === 'nucleotide-run'),
      [{ key, pointer }],
      `${key} ${pointer}`,
    )
})

t.test('lint: routes overlap only when one request can take both', async t => {
  const isFound = (policy: Members): boolean => lintOf(policy).some(({ code }) => code === 'overlapping-routes')
  const what = { pathParameters: { what: { schema: text('^z$', 1) } } }
  t.ok(isFound(twoRoutes({})), 'the same path')
  t.ok(isFound(twoRoutes({ path: '/{what}/one', ...what })), 'a parameter in the place of a word')
  t.notOk(isFound(twoRoutes({ method: 'PUT' })), 'another method')
  t.notOk(isFound(twoRoutes({ path: '/v1/one/' })), 'a slash behind')
  t.notOk(isFound(twoRoutes({ path: '/v1/one/{what}', ...what })), 'another number of segments')
  const two = [instrument, { id: 'seq-2', address: '10.0.0.2' }]
  const apart = { ...sound, instruments: two, routes: [{ ...route, instruments: ['seq-1'] }] }
  const second = { ...route, id: 'two' }
  t.notOk(isFound({ ...apart, routes: [...apart.routes, { ...second, instruments: ['seq-2'] }] }), 'other instruments')
  t.ok(isFound({ ...apart, routes: [...apart.routes, second] }), 'an instrument in common')
  const destinations = [destination, { id: 'other', host: 'other.example' }]
  const elsewhere = lintOf(twoRoutes({ destination: 'other' }, { destinations }))
  t.match(elsewhere, [{ code: 'overlapping-routes', severity: 'warning' }], 'a gateway client names no destination')
  t.notOk(isFound(twoRoutes({ mode: 'report-only' })), 'one of them on trial')
})

t.test('lint: names that carry credentials, and names that only look like it', async t => {
  const isFound = (name: string): boolean =>
    lintOf(withRoute({ headers: { [name]: { schema: text('^[0-9]{4}$', 4) } } })).some(
      ({ code }) => code === 'unmarked-credential',
    )
  for (const name of ['x-session', 'token', 'x-access-key', 'x-amz-signature', 'x-auth']) t.ok(isFound(name), name)
  for (const name of ['x-run-id', 'author', 'x-keyboard', 'tokens-left', 'idempotency-key'])
    t.notOk(isFound(name), name)
  t.match(lintOf(withRoute({ query: { api_key: { schema: text('^[0-9]{4}$', 4) } } })), [
    { code: 'unmarked-credential', key: 'routes[0].query.api_key', detail: 'api_key' },
  ])
})

t.test('lint: the policies of the shipped packs have no error', async t => {
  const packs = readdirSync(packsFolder).filter(pack => existsSync(join(packsFolder, pack, 'policy.yaml')))
  t.ok(packs.includes('illumina-proactive'))
  for (const pack of packs) {
    const { text, readReference } = readPolicySource(join(packsFolder, pack, 'policy.yaml'))
    t.same(
      lint(text, readReference, arrivalTime).filter(({ severity }) => severity === 'error'),
      [],
      pack,
    )
  }
})

t.test('lint: a finding in a schema file stands at the line of the policy that refers to it', async t => {
  const schema = JSON.stringify({ ...closed, properties: { note: { type: 'string' } } })
  const policy = stringify(withRoute({ body: { kind: 'json', schema: 'note.json' } }))
  const [finding] = lint(policy, reference => (reference === 'note.json' ? schema : null), arrivalTime)
  t.match(finding, { code: 'open-schema', pointer: '/properties/note' })
  t.match(policy.split('\n')[finding!.line - 1], /schema: note\.json/)
  t.match(
    lint(policy, () => null, arrivalTime),
    [{ code: 'invalid-policy' }],
    'a file that is not there',
  )
})

t.test('lint: exceptions that can never let anything pass, and why', async t => {
  const cause = (policy: Members): readonly string[] =>
    lintOf(policy)
      .filter(({ code }) => code === 'exception-never-matches')
      .map(({ detail }) => detail.replace('kit-names: ', ''))
  const number: Members = { type: 'integer', minimum: 0, maximum: 9 }
  const off = { ...withException(), detectors: { 'person-name': { enabled: false, reason: 'no' } } }
  t.same(cause(off), ['the detector is switched off'])
  t.same(cause(withException({ detector: 'ip-address' })), ['the detector is switched off'])
  t.same(cause({ ...withException({ detector: 'ip-address' }), detectors: { 'ip-address': { enabled: true } } }), [])
  t.same(cause(withException({}, number)), ['only numbers can stand there, and it finds nothing in numbers'])
  t.same(cause(withException({ detector: 'phone' }, number)), [])
  t.same(cause(withException({}, { anyOf: [{ const: 'Jane' }, text('^[a-z]{3}$', 3)] })), [])
  t.same(cause(withException({}, { anyOf: [{ const: 'idle' }, { const: 7 }] })), [
    'the detector finds nothing in any of the values that the schema lists',
  ])
  const two: Members = {
    ...withException({ instrument: 'seq-2' }),
    instruments: [instrument, { id: 'seq-2', address: '10.0.0.2' }],
  }
  const [only] = two.routes as readonly Members[]
  t.same(cause({ ...two, routes: [{ ...only!, instruments: ['seq-1'] }] }), ['the route is not open to the instrument'])
  const headers = { 'x-token': { credential: true, schema: text('^[A-Za-z ]{0,11}$', 11) } }
  const secret = withException({ surface: 'header', pointer: '/x-token' })
  t.same(cause({ ...secret, routes: [{ ...route, headers }] }), [
    'credentials are looked through for sequencing data only',
  ])
})

t.test(
  'lint: a number that the policy rounds or recomputes is not wide, unless it leaves as it came elsewhere',
  async t => {
    const wide: Members = { type: 'number', minimum: 0, maximum: 1000 }
    const lane: Members = {
      type: 'object',
      additionalProperties: false,
      properties: { a: wide, b: { $ref: '#/$defs/wide' } },
    }
    const schema: Members = {
      ...closed,
      properties: { lanes: { type: 'array', maxItems: 8, items: lane }, total: wide, other: { $ref: '#/$defs/wide' } },
      $defs: { wide },
    }
    const wideIn = (derive: readonly Json[], one: Members = schema): readonly (string | null)[] =>
      lintOf(withRoute({ body: { kind: 'json', schema: one, ...(derive.length > 0 && { derive }) } }))
        .filter(({ code }) => code === 'wide-number')
        .map(({ pointer }) => pointer)
    const rounded = (at: string, step = 0.1): Members => ({ roundedTo: { at, step } })
    t.same(wideIn([]), ['/properties/lanes/items/properties/a', '/$defs/wide', '/properties/total'])
    t.same(wideIn([rounded('/lanes/*/a'), { sumOf: { at: '/total', of: '/lanes/*/a' } }]), ['/$defs/wide'])
    t.same(wideIn([rounded('/lanes/*/a'), rounded('/total'), rounded('/lanes/*/b')]), ['/$defs/wide'])
    t.same(wideIn([rounded('/lanes/*/a'), rounded('/total'), rounded('/lanes/*/b'), rounded('/other')]), [])
    t.same(wideIn([rounded('/total', 1e-9), { roundedTo: { at: '/lanes/*/a', significant: 3 } }]), [
      '/$defs/wide',
      '/properties/total',
    ])
    const inString = { type: 'string', contentMediaType: 'application/json', contentSchema: lane }
    const embedded: Members = { ...closed, properties: { data: inString }, $defs: { wide } }
    t.same(wideIn([rounded('/data/a')], embedded), ['/$defs/wide'])
    t.same(wideIn([rounded('/data/a'), rounded('/data/b')], embedded), [])
  },
)
