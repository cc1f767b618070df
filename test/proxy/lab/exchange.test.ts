import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import t, { type Test } from 'tap'
import { makeFolder, startInProcess, startProcess } from '../../kit/appliance.ts'
import { addresses, testPolicy } from '../../kit/test-policy.ts'
import { openRaw, postJson, requestText, sendRaw, type RawAnswer, type RawOptions } from '../../kit/raw-client.ts'
import { until } from '../../kit/until.ts'
import { startVendor, vendorHost } from '../../kit/vendor.ts'

const vendor = await startVendor()
t.teardown(() => vendor.close())
const folder = await makeFolder(t, testPolicy(vendor.port))
const appliance = await startProcess(t, folder)

/** What must not be seen again in any row, answer or line of output. Made up. */
const canaries = {
  read: 'GATTACAGATTACAGGATCCATTGACCATGACCTGA',
  name: 'Mustermann',
  token: 'Canary-Token-7f3a',
  query: 'canaryquery4711',
  value: 'canaryvalue4711',
}
const answers: string[] = []

const json = { 'Content-Type': 'application/json' }
const good = postJson('/v1/serial', '{"serial":1}')
const post = (body: string, fields: Readonly<Record<string, string>> = {}): string =>
  postJson('/v1/serial', body, fields)
const withBytes = (body: Uint8Array, fields: Readonly<Record<string, string>> = {}): Buffer =>
  Buffer.concat([
    Buffer.from(requestText('POST', '/v1/serial', { ...json, 'Content-Length': String(body.length), ...fields })),
    body,
  ])
const bare = (...lines: readonly string[]): string => lines.map(line => `${line}\r\n`).join('')

type Case = {
  readonly bytes: string | Uint8Array
  readonly options?: RawOptions
  readonly status: number
  readonly code: string
  /** What the record says besides. */
  readonly row?: object
}
type Cases = Readonly<Record<string, Case>>

const problemOf = ({ body }: RawAnswer): { readonly code?: string; readonly decision?: string } =>
  JSON.parse(body) as object

const checkBlocked = (t: Test, answer: RawAnswer, { status, code, row }: Case): void => {
  answers.push(answer.raw)
  t.equal(answer.status, status)
  t.match(answer.fields, {
    'content-type': 'application/problem+json',
    'proxy-status': `sluice; error=http_request_denied; details="${code}"`,
  })
  if (answer.status === 0) return
  const problem = problemOf(answer)
  t.match(problem, { code, status, decision: answer.fields['sluice-decision'] })
  t.match(appliance.decisions.of(problem.decision ?? ''), { verdict: 'block', reason: code, result: null, ...row })
}

/** Each case is answered and recorded, reaches nobody, and does the process no harm. */
const checkAll = (title: string, cases: Cases): void => {
  t.test(title, async t => {
    const octets = vendor.octets()
    const rows = appliance.decisions.all().length
    for (const [name, example] of Object.entries(cases))
      await t.test(name, async t => checkBlocked(t, await sendRaw(appliance, example.bytes, example.options), example))
    t.equal(vendor.octets(), octets, 'nothing reached the vendor')
    t.equal(appliance.decisions.all().length, rows + Object.keys(cases).length, 'one record each')
    t.equal((await sendRaw(appliance, good)).status, 200, 'and a good request passes')
  })
}

const deep = `${'['.repeat(40)}${']'.repeat(40)}`
const zipped = gzipSync('{"serial":1}')
const manyReads = JSON.stringify({ lanes: Array.from({ length: 2_500 }, () => ({ lane: 1, note: canaries.read })) })

checkAll('P1 P8: a body that is not what the route admits', {
  'malformed JSON': { bytes: post('{"serial":'), status: 403, code: 'json-malformed' },
  'no body': { bytes: post(''), status: 403, code: 'json-malformed' },
  'byte order mark': { bytes: post('\uFEFF{"serial":1}'), status: 403, code: 'json-malformed' },
  'duplicate name': { bytes: post('{"serial":1,"serial":2}'), status: 403, code: 'json-duplicate-name' },
  'name twice by an escape': { bytes: post('{"serial":1,"\\u0073erial":2}'), status: 403, code: 'json-duplicate-name' },
  'number out of range': { bytes: post('{"serial":1e400}'), status: 403, code: 'json-number-not-representable' },
  'lone surrogate': { bytes: post('{"note":"\\ud800"}'), status: 403, code: 'json-lone-surrogate' },
  'too deep': { bytes: post(deep), status: 403, code: 'json-too-deep' },
  'unknown field': {
    bytes: post(`{"serial":1,"${canaries.value}":"${canaries.value}"}`),
    status: 403,
    code: 'schema-violation',
    row: { rule: 'additionalProperties', place: 'body /#1', held: 1 },
  },
  'sequence in a field': {
    bytes: post(`{"note":"${canaries.read}"}`),
    status: 403,
    code: 'sensitive-content',
    row: { findings: /nucleotide-run \(sequence\) in body \/note/, held: 1 },
  },
  'thousands of findings': { bytes: post(manyReads), status: 403, code: 'sensitive-content' },
  'a name in a field': {
    bytes: post(`{"note":"patient Erika ${canaries.name}"}`),
    status: 403,
    code: 'sensitive-content',
    row: { findings: /\(identity\)/ },
  },
  'wrong content type': {
    bytes: post('{"serial":1}', { 'Content-Type': 'text/plain' }),
    status: 403,
    code: 'content-type-not-allowed',
  },
  'other charset': {
    bytes: post('{"serial":1}', { 'Content-Type': 'application/json; charset=utf-16' }),
    status: 403,
    code: 'content-type-not-allowed',
  },
  'no content type': {
    bytes: requestText('POST', '/v1/serial', {}, '{"serial":1}'),
    status: 403,
    code: 'content-type-not-allowed',
  },
  'two content types': {
    bytes: bare(
      'POST /v1/serial HTTP/1.1',
      'Host: appliance.test',
      'Content-Type: application/json',
      'Content-Type: text/plain',
      'Content-Length: 0',
      '',
    ),
    status: 400,
    code: 'request-malformed',
    row: { rule: 'content-type-repeated' },
  },
  oversize: {
    bytes: post(JSON.stringify({ note: 'x'.repeat(1_000_000) })),
    status: 403,
    code: 'body-too-large',
    row: { rule: 'maxBodyBytes' },
  },
  'oversize in chunks': {
    bytes: `${requestText('POST', '/v1/serial', { ...json, 'Transfer-Encoding': 'chunked' })}${`8000\r\n${' '.repeat(0x8000)}\r\n`.repeat(20)}0\r\n\r\n`,
    status: 403,
    code: 'body-too-large',
  },
  'gzip bomb': {
    bytes: withBytes(gzipSync(Buffer.alloc(50_000_000, ' ')), { 'Content-Encoding': 'gzip' }),
    status: 403,
    code: 'decoded-too-large',
  },
  'broken gzip': {
    bytes: withBytes(
      zipped.map((byte, at) => (at === 14 ? byte ^ 0xff : byte)),
      { 'Content-Encoding': 'gzip' },
    ),
    status: 403,
    code: 'body-undecodable',
  },
  'half a gzip stream': {
    bytes: withBytes(zipped.subarray(0, -6), { 'Content-Encoding': 'gzip' }),
    status: 403,
    code: 'body-undecodable',
  },
  'octets behind a gzip stream': {
    bytes: withBytes(Buffer.concat([zipped, Buffer.from('more')]), { 'Content-Encoding': 'gzip' }),
    status: 403,
    code: 'body-undecodable',
  },
  'stacked codings': {
    bytes: withBytes(gzipSync(zipped), { 'Content-Encoding': 'gzip, gzip' }),
    status: 403,
    code: 'content-encoding-not-allowed',
  },
  'unknown coding': {
    bytes: withBytes(zipped, { 'Content-Encoding': 'compress' }),
    status: 403,
    code: 'content-encoding-not-allowed',
  },
  'invalid UTF-8': {
    bytes: withBytes(Buffer.from([0x22, 0xc3, 0x28, 0x22])),
    status: 403,
    code: 'body-undecodable',
    row: { rule: 'utf-8' },
  },
  'spelling that a signed route cannot prove': {
    bytes: postJson('/v1/signed', '{"serial":1,   "status":"idle"}'),
    status: 403,
    code: 'not-equivalent',
    row: { route: 'signed' },
  },
  'a body where none belongs': {
    bytes: requestText('GET', '/v1/settings', json, '{"serial":1}'),
    status: 403,
    code: 'body-not-allowed',
  },
})

checkAll('P1: a request that no route names', {
  'unknown path': { bytes: postJson('/v1/unknown', '{}'), status: 403, code: 'path-not-allowed' },
  'dot segments': { bytes: postJson('/v1/x/../serial', '{}'), status: 403, code: 'path-not-allowed' },
  'escaped slash': { bytes: postJson('/v1%2fserial', '{}'), status: 403, code: 'path-not-allowed' },
  'path parameter with a sequence': {
    bytes: requestText('DELETE', `/v1/runs/${canaries.read}`),
    status: 403,
    code: 'sensitive-content',
    row: { path: '/v1/runs/{runId}' },
  },
  'unknown query parameter': {
    bytes: postJson(`/v1/serial?${canaries.query}=${canaries.query}`, '{"serial":1}'),
    status: 403,
    code: 'query-not-allowed',
  },
  'query parameter missing': {
    bytes: requestText('PUT', '/v1/runs/R1/metrics/1', json, '{"serial":1}'),
    status: 403,
    code: 'query-not-allowed',
    row: { rule: 'required', place: 'query /mode' },
  },
  'header that does not fit': {
    bytes: requestText(
      'PUT',
      '/v1/runs/R1/metrics/1?mode=full',
      { ...json, 'X-Instrument-Model': canaries.value },
      '{}',
    ),
    status: 403,
    code: 'header-not-allowed',
    row: { place: 'header /x-instrument-model' },
  },
  'credential that does not fit': {
    bytes: requestText(
      'PUT',
      '/v1/runs/R1/metrics/1?mode=full',
      { ...json, Authorization: `Basic ${canaries.token}` },
      '{}',
    ),
    status: 403,
    code: 'header-not-allowed',
  },
  'a sequence as a credential': {
    bytes: requestText(
      'PUT',
      '/v1/runs/R1/metrics/1?mode=full',
      { ...json, Authorization: `Bearer ${canaries.read}` },
      '{}',
    ),
    status: 403,
    code: 'sensitive-content',
  },
  'other method': { bytes: requestText('PUT', '/v1/serial', json, '{}'), status: 403, code: 'method-not-allowed' },
  TRACE: { bytes: requestText('TRACE', '/v1/serial'), status: 403, code: 'method-not-allowed' },
  'CONNECT inside TLS': {
    bytes: requestText('CONNECT', `${vendorHost}:443`, {}, null, `${vendorHost}:443`),
    status: 403,
    code: 'method-not-allowed',
  },
  'route of another instrument': {
    bytes: postJson('/v1/others', '{"serial":1}'),
    status: 403,
    code: 'instrument-not-allowed',
  },
  'disabled instrument': {
    bytes: good,
    options: { from: addresses.disabled },
    status: 403,
    code: 'instrument-disabled',
    row: { instrument: 'retired', client: addresses.disabled },
  },
  'unknown instrument': {
    bytes: good,
    options: { from: addresses.stranger },
    status: 403,
    code: 'instrument-unknown',
    row: { instrument: null, client: addresses.stranger, held: 0, bytes_in: 0 },
  },
})

const framed = (line: string, fields: readonly string[], body = ''): string => `${bare(line, ...fields, '')}${body}`
const host = 'Host: appliance.test'
const line = 'POST /v1/serial HTTP/1.1'
const type = 'Content-Type: application/json'

checkAll('P1: HTTP that readers could differ on', {
  'HTTP/1.0': {
    bytes: framed('POST /v1/serial HTTP/1.0', [host, type, 'Content-Length: 2'], '{}'),
    status: 400,
    code: 'request-malformed',
    row: { rule: 'http-version' },
  },
  'no Host': {
    bytes: framed(line, [type, 'Content-Length: 2'], '{}'),
    status: 400,
    code: 'request-malformed',
    row: { rule: 'host-field' },
  },
  'two Hosts': {
    bytes: framed(line, [host, host, 'Content-Length: 0']),
    status: 400,
    code: 'request-malformed',
    row: { rule: 'host-field' },
  },
  'user in Host': {
    bytes: framed(line, [`Host: ${canaries.value}@appliance.test`, 'Content-Length: 0']),
    status: 400,
    code: 'request-malformed',
    row: { rule: 'host-field' },
  },
  'absolute form of another host': {
    bytes: framed('POST https://other.test/v1/serial HTTP/1.1', [host, 'Content-Length: 0']),
    status: 400,
    code: 'request-malformed',
    row: { rule: 'host-field' },
  },
  'asterisk form': {
    bytes: framed('OPTIONS * HTTP/1.1', [host]),
    status: 400,
    code: 'request-malformed',
    row: { rule: 'target-form' },
  },
  Upgrade: {
    bytes: framed('GET /v1/settings HTTP/1.1', [host, 'Connection: Upgrade', 'Upgrade: websocket']),
    status: 400,
    code: 'request-malformed',
    row: { rule: 'upgrade' },
  },
  h2c: {
    bytes: framed('GET /v1/settings HTTP/1.1', [
      host,
      'Connection: Upgrade, HTTP2-Settings',
      'Upgrade: h2c',
      'HTTP2-Settings: AAMAAABk',
    ]),
    status: 400,
    code: 'request-malformed',
    row: { rule: 'upgrade' },
  },
  'CONNECT-UDP (RFC 9298)': {
    bytes: framed('GET /.well-known/masque/udp/192.0.2.6/443/ HTTP/1.1', [
      host,
      'Connection: Upgrade',
      'Upgrade: connect-udp',
      'Capsule-Protocol: ?1',
    ]),
    status: 400,
    code: 'request-malformed',
    row: { rule: 'upgrade' },
  },
  'HTTP/2 settings without an upgrade': {
    bytes: framed('GET /v1/settings HTTP/1.1', [host, 'HTTP2-Settings: AAMAAABk']),
    status: 400,
    code: 'request-malformed',
    row: { rule: 'upgrade' },
  },
  'HTTP/0.9': { bytes: 'GET /v1/settings\r\n\r\n', status: 400, code: 'request-malformed' },
  'CONNECT as a method of HTTP/2, with its pseudo-fields': {
    bytes: framed('CONNECT / HTTP/1.1', [':protocol: websocket', host]),
    status: 400,
    code: 'request-malformed',
  },
  'more than a hundred fields': {
    bytes: framed('GET /v1/settings HTTP/1.1', [host, ...Array.from({ length: 100 }, () => 'a:')]),
    status: 400,
    code: 'request-malformed',
    row: { rule: 'header-fields' },
  },
  'gzip, chunked': {
    bytes: framed(line, [host, type, 'Transfer-Encoding: gzip, chunked'], '2\r\n{}\r\n0\r\n\r\n'),
    status: 400,
    code: 'request-malformed',
  },
  'length and chunks': {
    bytes: framed(line, [host, type, 'Content-Length: 2', 'Transfer-Encoding: chunked'], '2\r\n{}\r\n0\r\n\r\n'),
    status: 400,
    code: 'request-malformed',
  },
  'two lengths': {
    bytes: framed(line, [host, type, 'Content-Length: 2', 'Content-Length: 3'], '{} '),
    status: 400,
    code: 'request-malformed',
  },
  'the same length twice': {
    bytes: framed(line, [host, type, 'Content-Length: 2', 'Content-Length: 2'], '{}'),
    status: 400,
    code: 'request-malformed',
  },
  trailers: {
    bytes: framed(
      line,
      [host, type, 'Transfer-Encoding: chunked'],
      `2\r\n{}\r\n0\r\nX-Note: ${canaries.value}\r\n\r\n`,
    ),
    status: 400,
    code: 'request-malformed',
    row: { rule: 'trailers' },
  },
  'broken chunk': {
    bytes: framed(line, [host, type, 'Transfer-Encoding: chunked'], '2\r\n{}\r\nzz\r\n'),
    status: 400,
    code: 'request-malformed',
    row: { rule: 'http-parser' },
  },
  'line folding': {
    bytes: framed(line, [host, 'X-A: 1', ' folded', 'Content-Length: 0']),
    status: 400,
    code: 'request-malformed',
  },
  'space before the colon': {
    bytes: framed(line, ['Host : appliance.test', 'Content-Length: 0']),
    status: 400,
    code: 'request-malformed',
  },
  'bare line feeds': {
    bytes: 'POST /v1/serial HTTP/1.1\nHost: appliance.test\n\n',
    status: 400,
    code: 'request-malformed',
  },
  'NUL in a field': {
    bytes: framed(line, [host, `X-A: a\0${canaries.value}`, 'Content-Length: 0']),
    status: 400,
    code: 'request-malformed',
    row: { rule: 'http-parser' },
  },
  'headers beyond 16 KiB': {
    bytes: framed(line, [host, `X-A: ${'a'.repeat(20_000)}`, 'Content-Length: 0']),
    status: 400,
    code: 'request-malformed',
    row: { rule: 'header-size' },
  },
  'no HTTP at all': {
    bytes: `${canaries.value}\r\n\r\n`,
    status: 400,
    code: 'request-malformed',
    row: { rule: 'http-parser' },
  },
  'HTTP/2 preface': { bytes: 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', status: 400, code: 'request-malformed' },
  'unknown expectation': {
    bytes: framed(line, [host, type, 'Expect: 200-maybe', 'Content-Length: 2'], '{}'),
    status: 400,
    code: 'request-malformed',
    row: { rule: 'expect' },
  },
  'refused before the body is sent': {
    bytes: framed('POST /v1/unknown HTTP/1.1', [host, type, 'Expect: 100-continue', 'Content-Length: 1000']),
    status: 403,
    code: 'path-not-allowed',
    row: { bytes_in: 0 },
  },
})

const tunnel = (authority: string, hostField = authority): string =>
  framed(`CONNECT ${authority} HTTP/1.1`, [`Host: ${hostField}`])
const here = `${vendorHost}:${vendor.port}`
const plain = { way: 'plain' } as const
const redirected = { way: 'redirect', verify: false } as const
const toVendor = (hostField: string): string => requestText('POST', '/v1/serial', json, '{"serial":1}', hostField)

checkAll('P1: CONNECT, server name and Host have to agree on a destination of the policy', {
  'CONNECT to an unknown host': {
    bytes: tunnel('other.test:443'),
    options: plain,
    status: 403,
    code: 'destination-not-allowed',
    row: { destination: 'other.test:443', method: 'CONNECT' },
  },
  'CONNECT to a host that spells a sequence': {
    bytes: tunnel(`${canaries.read}.test:443`),
    options: plain,
    status: 403,
    code: 'destination-not-allowed',
    row: { destination: null },
  },
  'CONNECT to another port': {
    bytes: tunnel(`${vendorHost}:22`),
    options: plain,
    status: 403,
    code: 'destination-not-allowed',
  },
  'CONNECT without port': {
    bytes: tunnel(vendorHost),
    options: plain,
    status: 400,
    code: 'request-malformed',
    row: { rule: 'target-form' },
  },
  'CONNECT with another Host': {
    bytes: tunnel(here, 'other.test:443'),
    options: plain,
    status: 421,
    code: 'authority-mismatch',
  },
  'CONNECT of an unknown instrument': {
    bytes: tunnel(here),
    options: { ...plain, from: addresses.stranger },
    status: 403,
    code: 'instrument-unknown',
  },
  'another Host in the tunnel': {
    bytes: toVendor('other.test'),
    options: { way: 'connect', vendorPort: vendor.port },
    status: 421,
    code: 'authority-mismatch',
    row: { ingress: 'connect' },
  },
  'another server name in the tunnel': {
    bytes: toVendor(here),
    options: { way: 'connect', vendorPort: vendor.port, serverName: 'other.test', verify: false },
    status: 421,
    code: 'authority-mismatch',
  },
  'no server name in the tunnel': {
    bytes: toVendor(here),
    options: { way: 'connect', vendorPort: vendor.port, serverName: null, verify: false },
    status: 421,
    code: 'authority-mismatch',
  },
  'unknown server name': {
    bytes: toVendor('other.test'),
    options: { ...redirected, serverName: 'other.test' },
    status: 403,
    code: 'destination-not-allowed',
    row: { ingress: 'redirect', destination: 'other.test:443' },
  },
  'another Host behind the server name': {
    bytes: toVendor('other.test'),
    options: redirected,
    status: 421,
    code: 'authority-mismatch',
  },
  'a Host that is not the appliance': {
    bytes: toVendor(vendorHost),
    status: 421,
    code: 'authority-mismatch',
    row: { ingress: 'gateway' },
  },
  'HTTP in the clear': {
    bytes: good,
    options: plain,
    status: 403,
    code: 'transport-insecure',
    row: { ingress: 'plain' },
  },
  'absolute form in the clear': {
    bytes: requestText('POST', `http://${vendorHost}/v1/serial`, json, '{"serial":1}', vendorHost),
    options: plain,
    status: 403,
    code: 'transport-insecure',
    row: { route: 'serial' },
  },
  'absolute form to an unknown host': {
    bytes: requestText('POST', 'http://other.test/v1/serial', json, '{"serial":1}', 'other.test'),
    options: plain,
    status: 403,
    code: 'destination-not-allowed',
  },
  'HTTP/2 preface in the clear': {
    bytes: 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    options: plain,
    status: 400,
    code: 'request-malformed',
  },
  'WebSocket in the clear': {
    bytes: framed(`GET http://${vendorHost}/v1/settings HTTP/1.1`, [
      `Host: ${vendorHost}`,
      'Connection: Upgrade',
      'Upgrade: websocket',
    ]),
    options: plain,
    status: 400,
    code: 'request-malformed',
    row: { rule: 'upgrade' },
  },
  'no HTTP in the clear': { bytes: 'HELO appliance\r\n\r\n', options: plain, status: 400, code: 'request-malformed' },
})

t.test('exchange: a tunnel that carries no TLS is refused', async t => {
  const client = await openRaw(appliance, plain)
  client.write(tunnel(here))
  t.equal((await client.answer()).status, 200)
  client.write(good)
  checkBlocked(t, await client.answer(), {
    bytes: '',
    status: 403,
    code: 'transport-insecure',
    row: { ingress: 'connect' },
  })
  await client.closed
})

t.test('exchange: a client that turns away from our certificate for an unknown name leaves a record', async t => {
  const rows = appliance.decisions.all().length
  const named = (way: 'connect' | 'redirect') =>
    openRaw(appliance, { way, vendorPort: vendor.port, serverName: 'stranger.test' })
  await t.rejects(named('redirect'), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' })
  await until(() => appliance.decisions.all().length > rows)
  await t.rejects(named('connect'), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' })
  await until(() => appliance.decisions.all().length > rows + 1)
  t.match(appliance.decisions.all().slice(rows), [
    { ingress: 'redirect', reason: 'destination-not-allowed', rule: 'server-name', destination: 'stranger.test:443' },
    { ingress: 'connect', reason: 'authority-mismatch', rule: 'server-name', destination: here },
  ])
})

t.test('exchange: what the policy lets pass besides passes', async t => {
  const upgraded = requestText('POST', `http://${vendorHost}/v1/insecure`, json, '{"serial":1}', vendorHost)
  t.equal((await sendRaw(appliance, upgraded, plain)).status, 200, 'http:// on a route that upgrades it')
  t.equal((await sendRaw(appliance, withBytes(zipped, { 'Content-Encoding': 'gzip' }))).status, 200, 'gzip')
  t.equal(vendor.requests.at(-1)?.body.toString(), '{"serial":1}')
  const signed = '{\n  "serial": 1,\n  "status": "idle"\n}\n'
  t.equal((await sendRaw(appliance, postJson('/v1/signed', signed))).status, 200, 'exact octets')
  t.equal(vendor.requests.at(-1)?.body.toString(), signed)
  t.equal(
    (await sendRaw(appliance, good, { way: 'redirect', serverName: null, verify: false })).status,
    200,
    'no server name',
  )
  const dotted = `/v1/a.b/c;d=e/(f)'s`
  t.equal(
    (await sendRaw(appliance, postJson(dotted, '{"serial":1}'))).status,
    200,
    'odd but plain characters in a path',
  )
  t.equal(vendor.requests.at(-1)?.requestLine, `POST ${dotted} HTTP/1.1`)
})

t.test('exchange: a route may answer a block with a status of its own, and nothing leaves all the same', async t => {
  const octets = vendor.octets()
  const answer = await sendRaw(appliance, postJson('/v1/quiet', `{"note":"${canaries.read}"}`))
  answers.push(answer.raw)
  t.match(answer, { status: 202, body: '{"taken":true}', fields: { 'content-type': 'application/json' } })
  t.match(appliance.decisions.of(answer.fields['sluice-decision']!), {
    verdict: 'block',
    reason: 'sensitive-content',
    held: 1,
  })
  t.equal(vendor.octets(), octets)
})

t.test('exchange: Expect: 100-continue is answered when the head is in order, and the body then inspected', async t => {
  const client = await openRaw(appliance)
  client.write(framed(line, [host, type, 'Expect: 100-continue', 'Content-Length: 12']))
  t.equal((await client.answer()).status, 100)
  client.write('{"serial":1}')
  t.equal((await client.answer()).status, 200)
  t.notMatch(vendor.requests.at(-1)?.raw.toString(), /expect/i)
  client.stream.destroy()
})

t.test('exchange: pipelined requests are each inspected, and answered in order', async t => {
  const before = vendor.requests.length
  const client = await openRaw(appliance)
  client.write(
    `${post('{"serial":11}')}${post('{"serial":12,"x":1}')}${post('{"serial":13}')}${canaries.value}\r\n\r\n`,
  )
  const statuses = []
  for (let count = 0; count < 4; count++) statuses.push((await client.answer()).status)
  t.same(statuses, [200, 403, 200, 400])
  t.same(
    vendor.requests
      .slice(before)
      .map(({ body }) => body.toString())
      .toSorted(),
    ['{"serial":11}', '{"serial":13}'],
  )
  await client.closed
})

t.test('exchange: octets that go on and on after a fault leave one record', async t => {
  const rows = appliance.decisions.all().length
  const client = await openRaw(appliance)
  for (let count = 0; count < 50; count++) {
    client.write(`${canaries.value}\r\n\r\n`)
    await new Promise(resolve => setImmediate(resolve))
  }
  t.equal((await client.answer()).status, 400)
  await client.closed
  t.equal((await sendRaw(appliance, good)).status, 200)
  t.equal(appliance.decisions.all().length, rows + 2)
})

t.test('exchange: a client that goes away midway leaves a record, and the process goes on', async t => {
  const aborts = {
    'in the head, politely': [bare(line, host).slice(0, -2), 'end'],
    'in the head, by a reset': [bare(line, host).slice(0, -2), 'reset'],
    'in the body, politely': [post('{"serial":1}').slice(0, -5), 'end'],
    'in the body, by a reset': [post('{"serial":1}').slice(0, -5), 'reset'],
    'in a chunk': [framed(line, [host, type, 'Transfer-Encoding: chunked'], '5\r\n{"'), 'end'],
  } as const
  const octets = vendor.octets()
  for (const [name, [bytes, how]] of Object.entries(aborts)) {
    const rows = appliance.decisions.all().length
    const client = await openRaw(appliance)
    client.stream.write(bytes, () => (how === 'end' ? client.stream.end() : client.tcp.resetAndDestroy()))
    await until(() => appliance.decisions.all().length > rows)
    t.match(
      appliance.decisions.all().at(-1),
      { verdict: 'block', reason: 'request-incomplete', instrument: 'novaseq-01' },
      name,
    )
  }
  t.equal(vendor.octets(), octets)
  t.equal((await sendRaw(appliance, good)).status, 200)
})

t.test('exchange: a connection that ends between requests leaves no record', async t => {
  const rows = appliance.decisions.all().length
  for (const how of ['end', 'reset', 'unused'] as const) {
    const client = await openRaw(appliance)
    if (how !== 'unused') {
      client.write(good)
      await client.answer()
    }
    if (how === 'end') client.stream.end()
    else client.tcp.resetAndDestroy()
    await client.closed
  }
  t.equal((await sendRaw(appliance, good)).status, 200)
  t.equal(appliance.decisions.all().length, rows + 3)
})

t.test('exchange: CONNECT inside TLS and a reset at once do the process no harm', async t => {
  for (let count = 0; count < 5; count++) {
    const client = await openRaw(appliance)
    client.stream.write(requestText('CONNECT', here, {}, null, here), () => client.tcp.resetAndDestroy())
    await client.closed
  }
  t.equal((await sendRaw(appliance, good)).status, 200)
})

t.test('exchange: slow clients are cut off with an answer and a record', async t => {
  const lab = { firstByte: 200, handshake: 200, head: 200, request: 400, idle: 5_000 }
  const slow = await startInProcess(t, await makeFolder(t, testPolicy(vendor.port)), { lab })
  const octets = vendor.octets()
  const halves: Readonly<Record<string, string>> = { head: bare(line, host), body: post('{"serial":1}').slice(0, -5) }
  for (const [name, bytes] of Object.entries(halves)) {
    const client = await openRaw(slow)
    client.write(bytes)
    const answer = await client.answer()
    t.match([answer.status, problemOf(answer).code], [400, 'request-incomplete'], name)
    t.match(slow.decisions.of(answer.fields['sluice-decision']!), { verdict: 'block', reason: 'request-incomplete' })
    await client.closed
  }
  const silent = await openRaw(slow, plain)
  await silent.closed
  const handshake = await openRaw(slow, plain)
  handshake.write(Buffer.from([0x16, 3, 1, 0, 100, 1]))
  await handshake.closed
  const mute = await openRaw(slow)
  await mute.closed
  t.equal(slow.decisions.all().length, 4)
  t.match(
    slow.decisions.all().slice(2),
    [
      { rule: 'first-byte', ingress: 'plain' },
      { rule: 'handshake', ingress: 'gateway' },
    ].map(row => ({ verdict: 'block', reason: 'request-incomplete', instrument: 'novaseq-01', ...row })),
    'who sent no request leaves a record as well, the first time in a minute',
  )
  t.equal(vendor.octets(), octets)
  t.equal((await sendRaw(slow, good)).status, 200)
})

const contentOf = (directory: string): string =>
  readdirSync(directory)
    .map(file => readFileSync(join(directory, file), 'latin1'))
    .join('\n')

t.test('P7: nothing of what was planted stands in the log, the output or an answer', async t => {
  const fields = {
    ...json,
    Authorization: `Bearer ${canaries.token}`,
    Cookie: canaries.token,
    'Proxy-Authorization': canaries.token,
  }
  const body = JSON.stringify({ note: `${canaries.read} ${canaries.name}`, [canaries.value]: canaries.value })
  for (const target of [
    `/v1/runs/R1/metrics/1?mode=${canaries.query}`,
    `/v1/runs/R1/metrics/1?mode=full`,
    '/v1/serial',
  ])
    answers.push((await sendRaw(appliance, requestText('PUT', target, fields, body))).raw)
  const passed = await sendRaw(appliance, requestText('PUT', '/v1/runs/R1/metrics/1?mode=full', fields, '{"serial":1}'))
  t.equal(passed.status, 200)
  t.match(vendor.requests.at(-1)?.raw.toString(), canaries.token, 'the credential did pass')
  t.equal(await appliance.stop('SIGTERM'), 0)
  const written = contentOf(folder.log).toLowerCase()
  t.match(written, 'sensitive-content', 'the log was read')
  for (const [name, canary] of Object.entries(canaries)) {
    t.notOk(written.includes(canary.toLowerCase()), `${name}: log`)
    t.notOk(appliance.printed().toLowerCase().includes(canary.toLowerCase()), `${name}: output`)
    t.notOk(answers.join('\n').toLowerCase().includes(canary.toLowerCase()), `${name}: answers`)
  }
})
