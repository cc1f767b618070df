import { gzipSync } from 'node:zlib'
import t from 'tap'
import { inspect } from '../../../rules/inspect.ts'
import type { Field } from '../../../rules/message.ts'
import { parsePolicy } from '../../../rules/policy/parse-policy.ts'
import type { Verdict } from '../../../rules/verdict.ts'
import { messageOf, policyOf } from '../../kit/message.ts'
import { octetsOf } from '../../kit/interop-file.ts'

const documentWith = (body: string): string => `version: 1
instruments: [{ id: sequencer, address: 10.77.1.20 }]
destinations: [{ id: vendor, host: vendor.example }]
routes:
  - { id: route, destination: vendor, method: PUT, path: /upload, body: ${body} }
`
const problemsOf = (body: string): string[] => {
  const reading = parsePolicy(documentWith(body), () => null)
  return reading.ok ? [] : reading.problems.map(({ key, message }) => `${key}: ${message}`)
}

const log = `{ kind: log, templates: { calibrated: '{level:enum(INFO,WARN)}: MEMCs calibrated in {ms:integer(0..600000)}ms' } }`
const dropping = log.replace('kind: log', 'kind: log, onUnmatched: drop')
const errors = '{ kind: interop, metric: ErrorMetrics, version: 4 }'

type Upload = {
  readonly body: string
  readonly type: string
  readonly bytes: Uint8Array
  readonly more?: Field[]
  readonly exact?: boolean
}
const upload = ({ body, type, bytes, more = [], exact }: Upload): Verdict => {
  const text = exact ? documentWith(body).replace('method: PUT', 'method: PUT, forward: exact') : documentWith(body)
  const fields: Field[] = [['Host', 'vendor.example'], ['Content-Type', type], ...more]
  const arrival = {
    client: '10.77.1.20',
    ingress: { kind: 'redirect', serverName: 'vendor.example', port: 443 },
  } as const
  return inspect(messageOf({ arrival, method: 'PUT', target: '/upload', fields, body: bytes }), policyOf(text))
}

const binary = 'application/octet-stream'
const file = (errorRate: number): Uint8Array => octetsOf([1, 4], [1, 12], [2, 1], [4, 2101], [2, 151], ['f', errorRate])
const sent = (verdict: Verdict): Uint8Array | null => (verdict.kind === 'forward' ? verdict.request.body : null)

t.test('P2: route for InterOp: the file is read, checked, and leaves octet for octet', async t => {
  const bytes = file(2.125)
  t.strictSame(sent(upload({ body: errors, type: binary, bytes })), bytes)
  t.strictSame(sent(upload({ body: errors, type: binary, bytes, exact: true })), Buffer.from(bytes))
  const more: Field[] = [['Content-Encoding', 'gzip']]
  t.strictSame(sent(upload({ body: errors, type: binary, bytes: gzipSync(bytes), more })), bytes)
})

t.test('P1: route for InterOp: what cannot be read or is out of range is blocked, with its place', async t => {
  const refused = (bytes: Uint8Array) => upload({ body: errors, type: binary, bytes })
  const record = { surface: 'body', pointer: '/records/0' }
  t.match(refused(file(NaN).fill(0xff, 10, 14)), { reason: 'body-undecodable', rule: 'not-finite', place: record })
  t.match(refused(octetsOf([1, 6], [1, 16])), {
    reason: 'body-undecodable',
    rule: 'adapter-sequences',
    place: { pointer: '' },
  })
  t.match(refused(file(101)), {
    reason: 'schema-violation',
    rule: 'maximum',
    place: { pointer: '/records/0/errorRate' },
  })
  t.match(refused(octetsOf([1, 3], [1, 30])), {
    reason: 'schema-violation',
    rule: 'const',
    place: { pointer: '/version' },
  })
  t.match(upload({ body: errors, type: 'text/plain', bytes: file(1) }), { reason: 'content-type-not-allowed' })
})

t.test("route for InterOp: the digits that a double adds to a measurement are nobody's number", async t => {
  // As a double this spells a valid French social security number.
  const bytes = file(4.04460334777832)
  t.strictSame(sent(upload({ body: errors, type: binary, bytes })), bytes)
})

t.test('P1: route for InterOp: called bases that spell a sequence are blocked', async t => {
  const body = '{ kind: interop, metric: CorrectedIntMetrics }'
  const counts = (called: readonly number[]) =>
    octetsOf([1, 4], [1, 28], [2, 1], [4, 2101], [2, 151], ...called.map(count => [4, count] as const))
  const diverse = counts([300, 140_000, 120_000, 110_000, 130_000])
  t.strictSame(sent(upload({ body, type: binary, bytes: diverse })), diverse)
  t.match(upload({ body, type: binary, bytes: counts([0, 0, 0, 400_000, 0]) }), {
    reason: 'sensitive-content',
    rule: 'base-composition',
    place: { pointer: '/records/0' },
  })
})

const text = (lines: string): Uint8Array => new TextEncoder().encode(lines)

t.test('P2: route for logs: the lines that leave are written anew', async t => {
  const bytes = text('INFO: MEMCs calibrated in 1003ms\r\nWARN: MEMCs calibrated in 9ms')
  const anew = text('INFO: MEMCs calibrated in 1003ms\nWARN: MEMCs calibrated in 9ms\n')
  t.strictSame(sent(upload({ body: log, type: 'text/plain; charset=utf-8', bytes })), anew)
  t.strictSame(sent(upload({ body: log, type: 'text/plain', bytes: anew, exact: true })), Buffer.from(anew))
  t.match(upload({ body: log, type: 'text/plain', bytes, exact: true }), { reason: 'not-equivalent', rule: 'spelling' })
})

t.test('P1: route for logs: a line of free text blocks, or stays behind', async t => {
  const bytes = text('INFO: MEMCs calibrated in 1ms\noperator Jane Sample\n')
  const place = { surface: 'body', pointer: '/lines/1' }
  t.match(upload({ body: log, type: 'text/plain', bytes }), {
    reason: 'schema-violation',
    rule: 'unmatched-line',
    place,
  })
  t.strictSame(sent(upload({ body: dropping, type: 'text/plain', bytes })), text('INFO: MEMCs calibrated in 1ms\n'))
  t.match(upload({ body: log, type: 'text/plain', bytes: Buffer.of(0xff) }), {
    reason: 'body-undecodable',
    rule: 'utf-8',
  })
})

t.test('route for logs: detectors look through the parameters', async t => {
  const body = `{ kind: log, templates: { started: 'chip {chip:code([A-Z0-9]{1,40})} started' } }`
  const bytes = text('chip GATTACAGATTACAGGATCCATTGACCATGACCTGA started\n')
  t.match(upload({ body, type: 'text/plain', bytes }), {
    reason: 'sensitive-content',
    findings: [{ pointer: '/lines/0/parameters/chip' }],
  })
})

t.test('P8: policy: metrics, versions and templates that cannot be used are errors at their key', async t => {
  t.strictSame(problemsOf(errors), [])
  t.strictSame(problemsOf(dropping), [])
  t.match(problemsOf('{ kind: interop, metric: IndexMetrics }'), [
    /^routes\[0\]\.body\.metric: must be one of TileMetrics, /,
  ])
  t.strictSame(problemsOf('{ kind: interop, metric: ErrorMetrics, version: 6 }'), [
    'routes[0].body.version: version 6 of ErrorMetrics is not known',
  ])
  t.match(problemsOf('{ kind: interop, metric: ErrorMetrics, schema: { type: object } }'), [
    /^routes\[0\]\.body\.schema: .*additionalProperties/,
  ])
  t.ok(problemsOf('{ kind: interop, metric: ErrorMetrics, version: 4, schema: { const: 1 } }').length > 0, 'not both')
  t.match(problemsOf(`{ kind: log, templates: { a: '{message:text}' } }`), [
    /^routes\[0\]\.body\.templates\.a: the types are /,
  ])
  t.match(problemsOf(`{ kind: log, templates: { a: 'n={n:integer(0..9)}', b: 'n={n:integer(5..10)}' } }`), [
    /templates\.b: another template can read the same line: a, for example "n=/,
  ])
  t.match(problemsOf(errors).concat(problemsOf(errors.replace('}', ', more: 1 }'))), [/body\.more: unknown key/])
})

t.test('policy: the metrics and templates of a route are part of its digest', async t => {
  const digests = [errors, errors.replace('4', '5'), log, dropping, log.replace('600000', '6000')].map(
    body => policyOf(documentWith(body)).digest,
  )
  t.equal(new Set(digests).size, digests.length)
})
