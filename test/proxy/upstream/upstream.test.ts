import { once } from 'node:events'
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { openLogReader } from '../../../log/reading/query.ts'
import type { DataFolder } from '../../../proxy/data-folder.ts'
import { setUp } from '../../../proxy/set-up.ts'
import { upstreamFaults, type UpstreamFault } from '../../../proxy/upstream/upstream-fault.ts'
import { makeCertificate, type Made, type Wish } from '../../certs/made-certificate.ts'
import { newFolder, startInProcess, testSettings } from '../../kit/appliance.ts'
import { startConnectProxy, type ProxyBehaviour } from '../../kit/connect-proxy.ts'
import { requestText, sendRaw, type RawAnswer } from '../../kit/raw-client.ts'
import { sluice } from '../../kit/sluice.ts'
import { addresses } from '../../kit/test-policy.ts'
import { answering, hanging, startVendor, vendorAuthority, writing, type Behaviour } from '../../kit/vendor.ts'

const hostOf = (id: string): string => `${id}.vendor.test`
const shown = (...dns: readonly string[]): Made => makeCertificate({ dns }, vendorAuthority)
const clientAuthority = makeCertificate({ ca: true, commonName: 'Authority of clients' })
const client = (commonName: string, wish: Wish = {}): Made =>
  makeCertificate({ commonName, usage: 'clientAuth', ...wish }, clientAuthority)

const vendor = await startVendor({ certificate: shown('*.vendor.test') })
/** Opens TLS on the way, with a certificate of its own authority. */
const opener = await startVendor({ certificate: makeCertificate({ dns: [hostOf('opened')] }) })
const strict = await startVendor({
  certificate: shown(hostOf('mutual')),
  tls: { requestCert: true, rejectUnauthorized: true, ca: clientAuthority.pem },
})
const campus = await startConnectProxy()
const { pem: cert, keyPem: key } = shown('proxy.test')
const secured = await startConnectProxy({ cert, key })
const tunnelling = campus.behaviour
t.teardown(() => Promise.all([vendor, opener, strict, campus, secured].map(({ close }) => close())))

const unusedPort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  return port
}

const closed = await unusedPort()
const atCampus = { host: '127.0.0.1', port: campus.port }
const atSecured = { port: secured.port, tls: true, addresses: ['127.0.0.1'], ca: 'vendor-ca.pem' }
const direct = { proxy: 'direct', addresses: ['127.0.0.1'] }
const ways: Readonly<Record<string, object>> = {
  tunnel: {},
  opened: { port: opener.port },
  'tls-proxy': { proxy: { ...atSecured, host: 'proxy.test' } },
  'wrong-proxy': { proxy: { ...atSecured, host: 'other.test' } },
  'absent-proxy': { proxy: { host: '127.0.0.1', port: closed } },
  'private-proxy': { proxy: { host: 'localhost', port: campus.port } },
  'unknown-proxy': { proxy: { host: 'nowhere.invalid', port: campus.port } },
  'with-credentials': { proxy: { ...atCampus, credentials: 'campus.txt' } },
  mutual: { ...direct, port: strict.port, clientCertificate: 'lab' },
  diode: direct,
  'diode-to-nobody': { ...direct, port: closed },
}
const policy = {
  version: 1,
  instruments: [{ id: 'novaseq-01', address: addresses.known }],
  proxy: atCampus,
  destinations: Object.entries(ways).map(([id, way]) => ({
    id,
    host: hostOf(id),
    port: vendor.port,
    ca: 'vendor-ca.pem',
    ...way,
  })),
  routes: Object.keys(ways).map(id => ({
    id,
    destination: id,
    method: 'GET',
    path: `/to/${id}`,
    body: { kind: 'none' },
    ...(id.startsWith('diode') && { response: { mode: 'status-only', maxBytes: 1_000 } }),
  })),
}

const makeFolder = async (t: Parameters<typeof newFolder>[0]): Promise<DataFolder> => {
  const made = newFolder(t)
  mkdirSync(made.root, { mode: 0o700 })
  writeFileSync(join(made.root, 'vendor-ca.pem'), vendorAuthority.pem)
  await setUp(made, testSettings, JSON.stringify(policy))
  return made
}

const password = 'made-up-Secret'
const tuning = { upstream: { connect: 700, answer: 1_500 } }
const folder = await makeFolder(t)

const put = (name: string, text: string, mode = 0o600, { upstream } = folder): void => {
  writeFileSync(join(upstream, name), text)
  chmodSync(join(upstream, name), mode)
}
const putClient = ({ pem, keyPem }: Pick<Made, 'pem' | 'keyPem'>, into = folder): void => {
  put('lab.pem', pem, 0o644, into)
  put('lab.key', keyPem, 0o600, into)
}
putClient(client('first'))
put('campus.txt', `sluice:${password}\n`)
const appliance = await startInProcess(t, folder, tuning)

t.test('P8: activation: a policy whose files are missing, expired or open to others is refused', async t => {
  const other = await makeFolder(t)
  const refused = async (message: RegExp): Promise<void> => {
    await t.rejects(startInProcess(t, other, tuning), { code: 'ERR_UPSTREAM_FILES', message })
  }
  await refused(/campus\.txt is missing/)
  put('campus.txt', 'a:b', 0o600, other)
  await refused(/lab\.pem is not there/)
  putClient(client('late', { from: -9, to: -1 }), other)
  await refused(/has expired/)
  putClient({ pem: client('one').pem, keyPem: client('another').keyPem }, other)
  await refused(/does not belong to/)
  putClient(client('open'), other)
  chmodSync(join(other.upstream, 'lab.key'), 0o640)
  await refused(/open to other users/)
})

const send = (id: string): Promise<RawAnswer> => sendRaw(appliance, requestText('GET', `/to/${id}`))
const lastRow = () => appliance.decisions.all().at(-1)!

/** The record of how the last request ended. */
const lastOutcome = (): object => {
  const reader = openLogReader(folder.log)
  try {
    return reader.show(lastRow().id).at(-1)!.record
  } finally {
    reader.close()
  }
}

const checkFault = async (t: Test, id: string, fault: UpstreamFault, name: string = id): Promise<void> => {
  const answer = await send(id)
  t.match(lastRow(), { result: 'failed', error: fault, response_status: null }, name)
  t.match(answer.fields['proxy-status'], `error=${upstreamFaults[fault].type};`, name)
}

t.test('upstream proxy: it is told a name and a port, and TLS is with the vendor, end to end', async t => {
  t.match(await send('tunnel'), { status: 200, body: '{"accepted":true}' })
  const authority = `${hostOf('tunnel')}:${vendor.port}`
  t.equal(campus.heads.at(-1), `CONNECT ${authority} HTTP/1.1\r\nhost: ${authority}\r\nConnection: close\r\n\r\n`)
  t.notMatch(campus.tunnelled().toString('latin1'), '/to/tunnel', 'it cannot read what is sent')
  t.match(lastOutcome(), { kind: 'outcome', result: 'relayed', via: 'proxy' }, 'the record says that it went that way')
  const heads = campus.heads.length
  t.equal((await send('tunnel')).status, 200)
  t.equal(campus.heads.length, heads, 'a tunnel is used again')
})

t.test('P8: upstream proxy: one that opens TLS is refused like any other stranger', async t => {
  await checkFault(t, 'opened', 'certificate_self_signed')
  t.equal(opener.octets(), 0)
})

t.test('upstream proxy: TLS with the proxy itself is verified too', async t => {
  t.equal((await send('tls-proxy')).status, 200)
  const heads = secured.heads.length
  await checkFault(t, 'wrong-proxy', 'proxy_unreachable')
  t.equal(secured.heads.length, heads)
})

t.test('P6: upstream proxy: it is called at addresses of the policy only', async t => {
  const heads = campus.heads.length
  await checkFault(t, 'private-proxy', 'proxy_ip_prohibited')
  await checkFault(t, 'unknown-proxy', 'proxy_unreachable')
  await checkFault(t, 'absent-proxy', 'proxy_unreachable')
  t.equal(campus.heads.length, heads)
})

const says =
  (text: string): ProxyBehaviour =>
  socket =>
    void socket.write(text)

t.test('P8: upstream proxy: whatever it does in place of a tunnel ends in a code, and nothing is sent', async t => {
  const requests = vendor.requests.length
  vendor.hangUp('end') // so that a tunnel is asked for each time
  const behaviours: Readonly<Record<string, readonly [ProxyBehaviour, UpstreamFault]>> = {
    'asks for credentials': [
      says('HTTP/1.1 407 Who\r\nProxy-Authenticate: Basic\r\n\r\n'),
      'proxy_credentials_refused',
    ],
    refuses: [says('HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno'), 'proxy_denied'],
    'cannot reach it': [says('HTTP/1.1 504 Late\r\n\r\n'), 'proxy_failed'],
    redirects: [says('HTTP/1.1 302 Found\r\nLocation: http://portal.test/\r\n\r\n'), 'proxy_unreachable'],
    'speaks no HTTP': [says('hello\r\n\r\n'), 'proxy_unreachable'],
    'speaks for the vendor': [says('HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\n\r\n'), 'proxy_unreachable'],
    'has a head without end': [says(`HTTP/1.1 200 OK\r\nX-A: ${'a'.repeat(40_000)}`), 'proxy_unreachable'],
    'hangs up': [socket => socket.end(), 'proxy_unreachable'],
    resets: [socket => socket.resetAndDestroy(), 'proxy_unreachable'],
    'says nothing': [() => undefined, 'connection_timeout'],
    'says an interim thing': [says('HTTP/1.1 100 Continue\r\n\r\n'), 'proxy_unreachable'],
    'opens and hangs up': [socket => socket.end('HTTP/1.1 200 OK\r\n\r\n'), 'connection_terminated'],
  }
  for (const [name, [behaviour, fault]] of Object.entries(behaviours)) {
    campus.behaviour = behaviour
    await checkFault(t, 'with-credentials', fault, name)
  }
  campus.behaviour = tunnelling
  t.equal(vendor.requests.length, requests)
})

t.test('P7: upstream proxy: its credentials go to it and nowhere else', async t => {
  t.equal((await send('with-credentials')).status, 200)
  const sent = `proxy-authorization: Basic ${Buffer.from(`sluice:${password}`).toString('base64')}\r\n`
  t.match(campus.heads.at(-1), sent)
  t.notMatch(vendor.requests.at(-1)!.raw.toString(), /authorization/i)
  put('campus.txt', 'no colon')
  await checkFault(t, 'with-credentials', 'proxy_credentials_unusable', 'damaged')
  put('campus.txt', `sluice:${password}`, 0o644)
  await checkFault(t, 'with-credentials', 'proxy_credentials_unusable', 'open to others')
  put('campus.txt', `sluice:${password}`)
})

t.test('client certificate: it is shown, and another one from the moment that its files change', async t => {
  const seen: string[] = []
  strict.behaviour = (socket, request) => {
    seen.push(socket.getPeerCertificate().subject.CN as string)
    answering()(socket, request)
  }
  t.equal((await send('mutual')).status, 200)
  putClient(client('second'))
  t.equal((await send('mutual')).status, 200)
  t.same(seen, ['first', 'second'])
  t.notOk('via' in lastOutcome(), 'the record of a direct connection says nothing of a proxy')
  const late = client('late', { from: -9, to: -1 })
  putClient(late)
  await checkFault(t, 'mutual', 'client_certificate_unusable')
  const [doctor, show] = await Promise.all([
    sluice(['doctor', '--data', folder.root, '--json']),
    sluice(['log', 'show', lastRow().id, '--data', folder.root]),
  ])
  t.match(doctor.stdout, /"files for mutual\.vendor\.test","state":"found","seen":"[^"]*lab\.pem has expired"/)
  t.match(show.stdout, /what to do\s+run "sluice doctor"/)
  const secrets = [late.keyPem.split('\n')[1]!, password, Buffer.from(`sluice:${password}`).toString('base64')]
  const written = readdirSync(folder.log).map(name => readFileSync(join(folder.log, name), 'latin1'))
  for (const text of [...written, doctor.stdout, doctor.stderr, show.stdout, JSON.stringify(appliance.notices)])
    for (const secret of secrets) t.notOk(text.includes(secret), 'no key and no password is written anywhere')
})

const big = 'x'.repeat(900)
const said: Readonly<Record<string, readonly [Behaviour, number]>> = {
  plain: [answering(), 200],
  'with fields': [answering(418, [['Set-Cookie', 'a=b'], ['Location', 'https://x.test/'], ['Date', 'never'], ['Retry-After', '7']], big), 418], // prettier-ignore
  'without content': [answering(204, [['ETag', '"1"']], ''), 204],
  'with an interim answer': [
    writing('HTTP/1.1 103 Early\r\nLink: </x>\r\n\r\nHTTP/1.1 503 Words\r\nContent-Length: 2\r\n\r\nno'),
    503,
  ],
  'with a reason and trailers': [
    writing('HTTP/1.1 200 ACGT\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\n0\r\nX-A: b\r\n\r\n'),
    200,
  ],
  'with too much': [answering(200, [], 'x'.repeat(1_001)), 502],
  'with no status of HTTP': [answering(799), 502],
  'that switches protocols': [writing('HTTP/1.1 101 Other\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n'), 502],
  'half-way': [writing('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nno', 'end'), 502],
  'that never comes': [hanging, 504],
}

t.test('P6: status-only: the instrument gets a status and not an octet more, whatever the vendor says', async t => {
  for (const [name, [behaviour, status]] of Object.entries(said)) {
    vendor.behaviour = behaviour
    const { raw, ...answer } = await send('diode')
    t.match(answer, { status, body: '' }, name)
    const [line, ...fields] = raw.trimEnd().split('\r\n')
    t.match(line, /^HTTP\/1\.1 \d{3} [A-Z][A-Za-z' -]*$/, 'with the words of the standard')
    t.equal(answer.fields['sluice-decision'], lastRow().id, 'and the id of the decision, which is not of the vendor')
    const own =
      /^(?:sluice-decision: [\da-f-]{36}|date: \w{3}, [\d:A-Za-z ]+ GMT|content-length: 0|connection: keep-alive|keep-alive: timeout=\d+)$/i
    t.same(
      fields.filter(field => !own.test(field)),
      [],
      name,
    )
    t.match(lastOutcome(), { response: 'status-only', bytes: 0 }, 'the record says so')
  }
  vendor.behaviour = answering()
  t.match(await send('diode-to-nobody'), { status: 502, body: '', fields: { 'proxy-status': undefined } })
  t.match(lastRow(), { error: 'connection_refused' }, 'the log knows')
})
