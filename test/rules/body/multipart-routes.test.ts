import t from 'tap'
import { routeCapacity } from '../../../rules/capacity/route-capacity.ts'
import type { JsonValue } from '../../../rules/canonical.ts'
import { inspect } from '../../../rules/inspect.ts'
import { parsePolicy } from '../../../rules/policy/parse-policy.ts'
import type { Policy } from '../../../rules/policy.ts'
import type { Verdict } from '../../../rules/verdict.ts'
import { coverageOf } from '../../../rules/workbench/coverage.ts'
import { readDraftPolicy, type DraftRoute } from '../../../rules/workbench/draft-policy.ts'
import { explain } from '../../../rules/workbench/explain.ts'
import { lint } from '../../../rules/workbench/lint.ts'
import { diffPolicies } from '../../../rules/workbench/policy-diff.ts'
import { messageOf, policyOf } from '../../kit/message.ts'

const documentWith = (route: object, limits = {}): string =>
  JSON.stringify(
    {
      version: 1,
      instruments: [{ id: 'sequencer', address: '10.77.1.20' }],
      destinations: [{ id: 'vendor', host: 'vendor.example' }],
      routes: [{ id: 'route', destination: 'vendor', method: 'POST', path: '/upload', ...route }],
      limits,
    },
    null,
    1,
  )
const object = (properties: object, required: string[] = []) => ({
  type: 'object',
  additionalProperties: false,
  required,
  properties,
})
const code = { type: 'string', pattern: '^[A-Z0-9]{1,40}$', maxLength: 40 }
const celsius = { type: 'number', minimum: -20, maximum: 120 }
const fileName = { schema: { type: 'string', pattern: '^[a-z]{1,20}[.]log$', maxLength: 24 } }
const log = { kind: 'log', templates: { calibrated: 'calibrated in {ms:integer(0..600000)}ms' } }
const parts = {
  meta: {
    required: true,
    body: {
      kind: 'json',
      contentTypes: ['application/json', 'text/plain'],
      schema: {
        ...object(
          {
            celsius: { $ref: '#/$defs/celsius' },
            chip: code,
            data: { type: 'string', contentMediaType: 'application/json', contentSchema: object({ celsius }) },
          },
          ['celsius'],
        ),
        $defs: { celsius },
      },
      derive: [{ roundedTo: { at: '/celsius', step: 0.5 } }],
    },
  },
  state: { body: { kind: 'text', schema: { enum: ['idle', 'running'] } } },
  log: { maxItems: 2, fileName, body: log },
  lines: { fileName: 'drop', body: { kind: 'ndjson', maxLines: 3, schema: object({ celsius }) } },
}
const multipart = { kind: 'multipart', parts }

const policies = new Map<string, Policy>()
const policyWith = (document: string): Policy => {
  const policy = policies.get(document) ?? policyOf(document)
  policies.set(document, policy)
  return policy
}

type Sent = {
  readonly name: string
  readonly type?: string
  readonly file?: string
  readonly content: string | Uint8Array
}

const formOf = (sent: readonly Sent[], boundary = 'X'): Buffer =>
  Buffer.concat([
    ...sent.flatMap(({ name, type, file, content }) => [
      Buffer.from(
        `--${boundary}\r\nContent-Disposition: form-data; name="${name}"${file === undefined ? '' : `; filename="${file}"`}\r\n` +
          `${type === undefined ? '' : `Content-Type: ${type}\r\n`}\r\n`,
      ),
      Buffer.from(content as string),
      Buffer.from('\r\n'),
    ]),
    Buffer.from(`--${boundary}--\r\n`),
  ])
type Way = { readonly type?: string; readonly body?: object; readonly limits?: object }

const upload = (
  sent: readonly Sent[] | Buffer,
  { type = 'multipart/form-data; boundary=X', body = multipart, limits = {} }: Way = {},
): Verdict =>
  inspect(
    messageOf({
      target: '/upload',
      fields: [
        ['Host', 'sluice.lab'],
        ['Content-Type', type],
      ],
      body: Buffer.isBuffer(sent) ? sent : formOf(sent),
    }),
    policyWith(documentWith({ body }, limits)),
  )
const outcome = (verdict: Verdict): string =>
  verdict.kind === 'forward' ? 'forward' : `${verdict.reason} ${verdict.rule} ${verdict.place?.pointer}`
const meta = (content: string): Sent => ({ name: 'meta', type: 'application/json', content })
const whole = meta('{"celsius":1}')

t.test(
  'P2: route for forms of parts: they leave in the order of the policy, written anew, with a boundary of our own',
  async t => {
    const verdict = upload([
      { name: 'log', type: 'text/plain', file: 'b.log', content: 'calibrated in 7ms\r\n' },
      { name: 'lines', type: 'application/x-ndjson', file: 'patient.txt', content: '{"celsius": 1}' },
      { name: 'state', type: 'text/plain; charset=utf-8', content: 'idle' },
      { name: 'meta', type: 'Application/JSON', content: '{"celsius": 1.2, "data": "{\\"celsius\\": 3}"}' },
      { name: 'log', type: 'text/plain', content: 'calibrated in 8ms' },
    ])
    t.ok(verdict.kind === 'forward')
    if (verdict.kind !== 'forward') return
    t.same(verdict.request.fields, [['content-type', 'multipart/form-data; boundary=sluice-00000000']])
    const section = (name: string, header: string, content: string): string =>
      `--sluice-00000000\r\nContent-Disposition: form-data; name="${name}"${header}\r\n\r\n${content}\r\n`
    t.equal(
      Buffer.from(verdict.request.body).toString(),
      section('meta', '\r\nContent-Type: application/json', '{"celsius":1,"data":"{\\"celsius\\":3}"}') +
        section('state', '', 'idle') +
        section('log', '; filename="b.log"\r\nContent-Type: text/plain', 'calibrated in 7ms\n') +
        section('log', '\r\nContent-Type: text/plain', 'calibrated in 8ms\n') +
        section('lines', '\r\nContent-Type: application/x-ndjson', '{"celsius":1}\n') +
        '--sluice-00000000--\r\n',
    )
  },
)

t.test('P1: route for forms of parts: what the policy does not name is blocked, with its place', async t => {
  const cases: readonly (readonly [string, readonly Sent[], string])[] = [
    ['another part', [whole, { name: 'note', content: 'x' }], 'schema-violation additionalProperties /#1'],
    ['a part missing', [{ name: 'state', content: 'idle' }], 'schema-violation required /#-1'],
    ['a part twice', [whole, whole], 'schema-violation maxItems /meta'],
    [
      'more than may come',
      [whole, ...Array.from({ length: 3 }, () => ({ name: 'log', content: '' }))],
      'schema-violation maxItems /log',
    ],
    ['a value outside', [meta('{"celsius":400}')], 'schema-violation maximum /meta/content/celsius'],
    ['a name unknown', [meta('{"celsius":1,"Jane":1}')], 'schema-violation additionalProperties /meta/content/#1'],
    [
      'inside a string',
      [meta('{"celsius":1,"data":"{\\"celsius\\":400}"}')],
      'schema-violation maximum /meta/content/data/celsius',
    ],
    ['no JSON', [meta('{"celsius":1')], 'json-malformed null /meta/content'],
    ['a text outside', [whole, { name: 'state', content: 'asleep' }], 'schema-violation enum /state/content'],
    [
      'a text in no UTF-8',
      [whole, { name: 'state', content: Buffer.of(0xff) }],
      'body-undecodable utf-8 /state/content',
    ],
    ['a file name unasked', [{ ...whole, file: 'meta.json' }], 'schema-violation fileName /meta/fileName'],
    [
      'a file name outside',
      [whole, { name: 'log', file: 'Jane.log', content: '' }],
      'schema-violation pattern /log/0/fileName',
    ],
    [
      'a line outside',
      [whole, { name: 'log', content: 'hello\n' }],
      'schema-violation unmatched-line /log/0/content/lines/0',
    ],
    [
      'lines outside',
      [whole, { name: 'lines', type: 'application/x-ndjson', content: '{}\n{"celsius":400}' }],
      'schema-violation maximum /lines/content/1/celsius',
    ],
    [
      'another media type',
      [whole, { name: 'log', type: 'application/json', content: '' }],
      'content-type-not-allowed null /log/0',
    ],
    ['a form in a part', [{ ...whole, type: 'multipart/mixed; boundary=Y' }], 'content-type-not-allowed null /meta'],
    [
      'another charset',
      [{ ...whole, type: 'application/json; charset=utf-16' }],
      'content-type-not-allowed null /meta',
    ],
    [
      'no media type, where text is no kind of it',
      [whole, { name: 'lines', content: '{}' }],
      'content-type-not-allowed null /lines',
    ],
  ]
  for (const [name, sent, expected] of cases) t.equal(outcome(upload(sent)), expected.replace('/#-1', '/meta'), name)
  t.equal(outcome(upload([whole], { type: 'multipart/form-data' })), 'content-type-not-allowed null undefined')
  for (const type of [
    'multipart/form-data; boundary=Y',
    'multipart/form-data; boundary=X; charset=utf-8',
    'multipart/form-data; boundary=X; boundary=X',
    'multipart/mixed; boundary=X',
    'multipart/form-data; boundary="X ',
  ])
    t.notMatch(outcome(upload([whole], { type })), 'forward', type)
  t.equal(outcome(upload([whole], { type: 'Multipart/Form-Data;boundary="X"' })), 'forward')
})

t.test(
  'P1: route for forms of parts: the detectors look at contents, file names and names, also of what does not fit',
  async t => {
    const sequence = 'GATTACAGATTACAGGATCCATTGACCATGACCTGA'
    const found = (...sent: readonly Sent[]) => {
      const verdict = upload(sent)
      return verdict.kind === 'block' ? verdict.findings.map(({ detector, pointer }) => `${detector} ${pointer}`) : []
    }
    t.ok(found(meta(`{"celsius":1,"chip":"${sequence}"}`)).includes('nucleotide-run /meta/content/chip'))
    t.ok(found(whole, { name: 'note', content: sequence }).includes('nucleotide-run /#1/content'))
    t.ok(found(whole, { name: sequence, content: '' }).includes('nucleotide-run /#1'))
    t.ok(found(whole, { name: 'log', file: `${sequence}.log`, content: '' }).includes('nucleotide-run /log/0/fileName'))
    const bam = Buffer.from('H4sIBAAAAAAA/wYAQkMCABsAAwAAAAAAAAAAAA==', 'base64')
    t.ok(found(whole, { name: 'note', content: bam }).length > 0, 'octets of an unknown part')
  },
)

t.test('route for forms of parts: limits hold for all parts together', async t => {
  const data = (count: number) => meta(`{"celsius":1,"data":${JSON.stringify(`{${'"celsius":1'.repeat(count)}}`)}}`)
  const size = formOf([data(1)]).length
  t.equal(outcome(upload([data(1)], { limits: { maxDecodedBytes: size + 13 } })), 'forward')
  t.match(
    outcome(upload([data(1)], { limits: { maxDecodedBytes: size + 12 } })),
    /^decoded-too-large .*\/meta\/content\/data$/,
  )
  t.match(
    outcome(
      upload([whole, { name: 'lines', type: 'application/x-ndjson', content: '{"celsius":1}\n'.repeat(3) }], {
        limits: { maxMembers: 7 },
      }),
    ),
    /too-large|maxMembers/,
  )
  const body = { kind: 'multipart', parts: { meta: { ...parts.meta, maxItems: 2 } } }
  const both = [data(1), data(1)]
  const under = (maxDecodedBytes: number) => outcome(upload(both, { body, limits: { maxDecodedBytes } }))
  t.equal(under(formOf(both).length + 2 * 13), 'forward')
  t.match(under(formOf(both).length + 2 * 13 - 1), /^decoded-too-large .*\/meta\/1\/content\/data$/)
  t.equal(outcome(upload([data(1)], { limits: { maxDepth: 4 } })), 'forward')
  t.equal(outcome(upload([data(1)], { limits: { maxDepth: 3 } })), 'json-too-deep contentMediaType /meta/content/data')
})

t.test(
  'route for forms of parts: what ordinary clients write is read, and ordinary servers read what leaves',
  async t => {
    const form = new FormData()
    form.append('meta', new Blob(['{"celsius":1}'], { type: 'application/json' }))
    form.append('state', 'running')
    // Node names every blob a file.
    const body = { kind: 'multipart', parts: { ...parts, meta: { ...parts.meta, fileName: 'drop' } } }
    const request = new Response(form)
    const verdict = upload(Buffer.from(await request.clone().arrayBuffer()), {
      type: request.headers.get('content-type')!,
      body,
    })
    t.ok(verdict.kind === 'forward', outcome(verdict))
    if (verdict.kind !== 'forward') return
    const answer = new Response(Buffer.from(verdict.request.body), {
      headers: verdict.request.fields.map(([name, value]) => [name, value]),
    })
    const received = await answer.formData()
    t.same(
      [...received.entries()],
      [
        ['meta', '{"celsius":1}'],
        ['state', 'running'],
      ],
    )
  },
)

t.test('P8: forms of parts: forward exact, and what no part can be, are refused with the key', async t => {
  const problems = (route: object): string[] => {
    const reading = parsePolicy(documentWith(route), () => null)
    return reading.ok ? [] : reading.problems.map(({ key, message }) => `${key}: ${message}`)
  }
  t.match(problems({ body: multipart, forward: 'exact' }), [
    /^routes\[0\]\.forward: a form of parts is always written anew/,
  ])
  t.match(problems({ body: { kind: 'multipart', parts: { a: { body: { kind: 'form', parameters: {} } } } } }), [
    /a\.body/,
  ])
  t.match(
    problems({ body: { kind: 'multipart', parts: { a: { body: { kind: 'text', schema: { type: 'string' } } } } } }),
    [/^routes\[0\]\.body\.parts\.a\.body\.schema: unbounded-string/],
  )
  t.match(problems({ body: { kind: 'multipart', parts: { GATTACAGATTACAGGATCCATTGACCATGACCTGA: { body: log } } } }), [
    /detector nucleotide-run/,
  ])
})

const draftOf = (body: object): DraftRoute =>
  readDraftPolicy(JSON.parse(documentWith({ body })) as JsonValue, () => null).routes[0]!

t.test('forms of parts: capacity, lint, coverage, explain and diff know them', async t => {
  const bit = { body: { kind: 'text', schema: { enum: ['a', 'b'] } }, required: true }
  const capacity = (parts: object) => routeCapacity(draftOf({ kind: 'multipart', parts }))
  t.equal(capacity({ one: bit }).bits, 1)
  t.equal(capacity({ one: bit, two: { ...bit, maxItems: 2 } }).bits, 1 + Math.log2(2 + 4))
  t.equal(capacity({ one: { ...bit, fileName: { schema: { enum: ['x', 'y', 'z'] } } } }).bits, 1 + 2)
  t.equal(capacity({ one: { ...bit, fileName: 'drop' } }).bits, 1)
  const schema = object({ x: { type: 'number', minimum: 0, maximum: 7, multipleOf: 0.1 } }, ['x'])
  const json = { kind: 'json', schema, derive: [{ roundedTo: { at: '/x', step: 1 } }], contentTypes: ['a/b', 'a/c'] }
  t.same(
    capacity({ one: { body: json, required: true } }).fields.map(({ pointer, bits }) => [pointer, bits]),
    [
      ['/one/content/x', 3],
      ['/content-type', 1],
    ],
  )

  const document = documentWith({
    body: {
      kind: 'multipart',
      parts: { ...parts, acid: { body: { kind: 'text', schema: { ...code, pattern: '^[ACGT]{1,40}$' } } } },
    },
  })
  t.match(
    lint(document, () => null, 0).filter(
      ({ code, pointer }) => code === 'nucleotide-run' && pointer?.includes('/acid/'),
    ),
    [{ key: 'routes[0].body.parts', pointer: '/properties/acid/properties/content' }],
  )
  const route = draftOf(multipart)
  t.same(
    lint(documentWith({ body: multipart }), () => null, 0).filter(({ severity }) => severity === 'error'),
    [],
  )
  const body: JsonValue = { meta: { content: { celsius: 1 } }, log: [{ fileName: 'a.log', content: { lines: [] } }] }
  const { missed } = coverageOf([route], [{ route: 'route', verdict: { kind: 'forward' } as Verdict, body }]).schema
  t.notOk(
    missed.some(place => place.endsWith('/celsius') && place.includes('/meta/properties/content/properties/celsius')),
  )
  t.ok(missed.includes('route /properties/state'))

  const verdict = upload([meta('{"celsius":1,"celcius":1}')])
  t.ok(verdict.kind === 'block')
  if (verdict.kind === 'block')
    t.match(
      explain(verdict, {
        policy: policyWith(documentWith({ body: multipart })),
        route,
        body: { meta: { content: { celsius: 1, celcius: 1 } } },
      }).allowed,
      {
        nearest: 'celsius',
      },
    )
  const written = (parts: object) => {
    const value = JSON.parse(documentWith({ body: { kind: 'multipart', parts } })) as JsonValue
    return { document: value, draft: readDraftPolicy(value, () => null) }
  }
  t.match(
    diffPolicies(written({ one: bit }), written({ one: { ...bit, body: { ...bit.body, schema: { enum: ['a'] } } } }))
      .schemas,
    [{ key: 'body.parts', pointer: '/one/content', change: 'narrowed', keywords: ['enum'] }],
  )
})

t.test(
  'P1: PUT with a file name in the path: the name is held to its schema, to the detectors, and written anew',
  async t => {
    const name = { type: 'string', pattern: '^[A-Za-z0-9]{1,40}[.](?:bin|log)$', maxLength: 44 }
    const policy = policyWith(
      documentWith({ method: 'PUT', path: '/logs/{file}', pathParameters: { file: { schema: name } }, body: log }),
    )
    const put = (file: string) =>
      inspect(
        messageOf({
          method: 'PUT',
          target: `/logs/${file}`,
          fields: [
            ['Host', 'sluice.lab'],
            ['Content-Type', 'text/plain'],
          ],
          body: 'calibrated in 7ms\n',
        }),
        policy,
      )
    t.match(put('%63urrent.log'), { kind: 'forward', request: { method: 'PUT', target: '/logs/current.log' } })
    for (const file of ['current.txt', '..%2fcurrent.log', 'a%00.log', 'Jane%20Doe.log', 'a/b.log'])
      t.match(put(file), { kind: 'block', reason: 'path-not-allowed' }, file)
    t.match(put('GATTACAGATTACAGGATCCATTGACCATGACCTGA.bin'), {
      reason: 'sensitive-content',
      findings: [{ surface: 'path', pointer: '/file', detector: 'nucleotide-run' }],
    })
  },
)
