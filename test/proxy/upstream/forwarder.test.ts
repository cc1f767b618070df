import { createServer, type AddressInfo, type Server } from 'node:net'
import { once } from 'node:events'
import t, { type Test } from 'tap'
import { upstreamFaults, type UpstreamFault } from '../../../proxy/upstream/upstream-fault.ts'
import { makeCertificate, type Wish } from '../../certs/made-certificate.ts'
import { makeFolder, startInProcess } from '../../kit/appliance.ts'
import { openRaw, postJson, requestText, sendRaw, type RawAnswer } from '../../kit/raw-client.ts'
import { testPolicy, type RawDestination } from '../../kit/test-policy.ts'
import { until } from '../../kit/until.ts'
import {
  answering,
  hanging,
  startVendor,
  vendorAuthority,
  vendorHost,
  writing,
  type Behaviour,
  type VendorOptions,
} from '../../kit/vendor.ts'

// What http-proxy would read from the environment to go another way than ours.
process.env.FORCE_FETCH_PATH = 'true'
process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'

const hostOf = (id: string): string => `${id}.vendor.test`
const stranger = makeCertificate({ ca: true, commonName: 'Stranger root' })
const shown = (id: string, wish: Wish = {}, signer = vendorAuthority): VendorOptions => ({
  certificate: makeCertificate({ dns: [hostOf(id)], ...wish }, signer),
})

/** Vendors that never get as far as a request, with the fault that each is to be known by. */
const unsound: Readonly<Record<string, readonly [VendorOptions, UpstreamFault]>> = {
  expired: [shown('expired', { from: -9, to: -1 }), 'certificate_expired'],
  'wrong-name': [shown('wrong-name', { dns: ['other.test'] }), 'certificate_name_mismatch'],
  'name-in-cn': [shown('name-in-cn', { dns: [], commonName: hostOf('name-in-cn') }), 'certificate_name_missing'],
  'unknown-authority': [shown('unknown-authority', {}, stranger), 'certificate_chain_incomplete'],
  'client-purpose': [shown('client-purpose', { usage: 'clientAuth' }), 'certificate_purpose_wrong'],
  'old-tls': [
    { ...shown('old-tls'), tls: { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT:@SECLEVEL=0' } },
    'tls_version_unsupported',
  ],
  'no-tls': [
    { onConnection: socket => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n') },
    'tls_not_spoken',
  ],
  resets: [{ onConnection: socket => socket.resetAndDestroy() }, 'connection_terminated'],
}

const listening = async (server: Server): Promise<number> => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

const unusedPort = async (): Promise<number> => {
  const server = createServer()
  const port = await listening(server)
  server.close()
  return port
}

/** Takes connections and says nothing. */
const silent = createServer(socket => t.teardown(() => socket.destroy()))
t.teardown(() => silent.close())

/** Destinations that cannot even be dialled, or must not be. */
const closed = await unusedPort()
const vendor = await startVendor()
t.teardown(() => vendor.close())
const unreachable: readonly (readonly [RawDestination, UpstreamFault])[] = [
  [{ id: 'refuses', host: hostOf('refuses'), port: closed, addresses: ['127.0.0.1'] }, 'connection_refused'],
  [
    { id: 'silent', host: hostOf('silent'), port: await listening(silent), addresses: ['127.0.0.1'] },
    'http_response_timeout',
  ],
  [{ id: 'loopback', host: 'localhost', port: vendor.port }, 'destination_ip_prohibited'],
  [{ id: 'literal', host: '127.0.0.1', port: vendor.port }, 'destination_ip_prohibited'],
  [{ id: 'other-network', host: 'localhost', port: closed, networks: ['10.0.0.0/8'] }, 'destination_ip_prohibited'],
  [{ id: 'no-name', host: 'nowhere.invalid' }, 'dns_error'],
]

const further: RawDestination[] = unreachable.map(([destination]) => destination)
const vendors = new Map(
  await Promise.all(Object.entries(unsound).map(async ([id, [options]]) => [id, await startVendor(options)] as const)),
)
for (const [id, { port, close }] of vendors) {
  t.teardown(close)
  further.push({ id, host: hostOf(id), port, addresses: ['127.0.0.1'], ca: 'vendor-ca.pem' })
}
const appliance = await startInProcess(t, await makeFolder(t, testPolicy(vendor.port, further)), {
  upstream: { connect: 2_000, answer: 700 },
})

const statusOf = (fault: string): number => (fault === 'http_response_timeout' ? 504 : 502)
const checkFault = (t: Test, answer: RawAnswer, fault: UpstreamFault, name: string): void => {
  const code = fault.replaceAll('_', '-')
  t.equal(answer.status, statusOf(fault), name)
  t.match(JSON.parse(answer.body || '{}'), { code, status: statusOf(fault) }, name)
  t.equal(answer.fields['proxy-status'], `sluice; error=${upstreamFaults[fault].type}; details="${code}"`, name)
  const row = appliance.decisions.of(answer.fields['sluice-decision'] ?? '')
  t.match(row, { verdict: 'forward', result: 'failed', error: fault, response_status: null }, name)
}

const serial = (target = '/v1/serial'): string => postJson(target, '{"serial":1}')

t.test('P8: a destination that cannot be dialled, or must not be, ends in its own code', async t => {
  const connections = vendor.connections()
  for (const [{ id }, fault] of unreachable) checkFault(t, await sendRaw(appliance, serial(`/to/${id}`)), fault, id)
  t.equal(vendor.connections(), connections)
})

t.test('P8: a vendor that does not prove who it is gets nothing, whatever the environment says', async t => {
  for (const [id, [, fault]] of Object.entries(unsound)) {
    checkFault(t, await sendRaw(appliance, serial(`/to/${id}`)), fault, id)
    t.equal(vendors.get(id)?.octets(), 0, id)
  }
})

/** Goes on for ever, as fast as it is read. */
const flooding: Behaviour = socket => {
  socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n')
  const more = (): void => {
    while (!socket.destroyed && socket.write(`1000\r\n${'x'.repeat(0x1000)}\r\n`));
  }
  socket.on('drain', more)
  more()
}

const misbehaviours: Readonly<Record<string, readonly [Behaviour, UpstreamFault]>> = {
  'closes without an answer': [socket => socket.end(), 'connection_terminated'],
  'breaks off without an answer': [socket => socket.destroy(), 'connection_terminated'],
  'ends in the head': [writing('HTTP/1.1 200 OK\r\nContent-', 'end'), 'connection_terminated'],
  'ends half-way': [writing('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf', 'end'), 'http_response_incomplete'],
  'breaks off half-way': [
    writing('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf', 'reset'),
    'http_response_incomplete',
  ],
  'ends between chunks': [
    writing('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n', 'end'),
    'http_response_incomplete',
  ],
  'breaks a chunk': [writing('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n'), 'http_protocol_error'],
  'says too much': [answering(200, [], 'x'.repeat(1_001)), 'http_response_body_size'],
  'never stops': [flooding, 'http_response_body_size'],
  hangs: [hanging, 'http_response_timeout'],
  'hangs in the head': [writing('HTTP/1.1 200 OK\r\n'), 'http_response_timeout'],
  'hangs half-way': [writing('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf'), 'http_response_timeout'],
  'switches protocols': [
    writing('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'),
    'http_protocol_error',
  ],
  'answers with a number that is no status': [answering(799), 'http_protocol_error'],
  'answers with half a number': [writing('HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n'), 'http_protocol_error'],
  'two lengths': [
    writing('HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}'),
    'http_protocol_error',
  ],
  'a length with a sign': [writing('HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\n{}'), 'http_protocol_error'],
  'a field with a NUL': [writing('HTTP/1.1 200 OK\r\nX-A: a\0b\r\nContent-Length: 0\r\n\r\n'), 'http_protocol_error'],
  'a bare LF between fields': [
    writing('HTTP/1.1 200 OK\r\nX-A: a\nSet-Cookie: b\r\nContent-Length: 0\r\n\r\n'),
    'http_protocol_error',
  ],
  'a coding besides chunked': [
    writing('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n'),
    'http_response_timeout',
  ],
  'a chunk that is longer than it says': [
    writing('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhalf\r\n0\r\n\r\n'),
    'http_protocol_error',
  ],
  'a trailer without end': [
    writing(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-A: ${'a'.repeat(40_000)}\r\n`),
    'http_protocol_error',
  ],
  'interim answers without end': [
    socket => {
      const more = (): unknown =>
        socket.destroyed || socket.write('HTTP/1.1 103 Early Hints\r\n\r\n', () => setImmediate(more))
      more()
    },
    'http_response_timeout',
  ],
  'switches protocols after an interim answer': [
    writing(
      'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n',
    ),
    'http_protocol_error',
  ],
  'speaks HTTP/2': [writing('\0\0\0\x04\0\0\0\0\0'), 'http_protocol_error'],
  'speaks no HTTP': [writing('hello\r\n\r\n'), 'http_protocol_error'],
  'length and chunks': [
    writing('HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'),
    'http_protocol_error',
  ],
  'a head without end': [writing(`HTTP/1.1 200 OK\r\nX-A: ${'a'.repeat(40_000)}\r\n`), 'http_protocol_error'],
}

t.test('P8: a vendor that misbehaves ends in a code, a record, one request and a closed connection', async t => {
  for (const [name, [behaviour, fault]] of Object.entries(misbehaviours)) {
    const before = vendor.requests.length
    vendor.behaviour = behaviour
    checkFault(t, await sendRaw(appliance, serial('/v1/small')), fault, name)
    t.equal(vendor.requests.length, before + 1, `${name}: it is not sent again`)
    vendor.behaviour = answering()
    await until(() => vendor.open() === 0)
  }
  t.equal((await sendRaw(appliance, serial())).status, 200)
})

t.test('forwarder: an interim answer is passed over', async t => {
  vendor.behaviour = socket => {
    socket.write('HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n')
    answering()(socket, vendor.requests.at(-1)!)
  }
  t.match(await sendRaw(appliance, serial()), { status: 200, fields: { link: undefined } })
  vendor.behaviour = answering()
})

t.test('forwarder: trailers stay behind', async t => {
  vendor.behaviour = writing(
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: ETag\r\n\r\n2\r\n{}\r\n0\r\nETag: "1"\r\nSet-Cookie: a=b\r\n\r\n',
  )
  t.match(await sendRaw(appliance, serial()), {
    status: 200,
    body: '{}',
    fields: { etag: undefined, 'set-cookie': undefined },
  })
  vendor.behaviour = answering()
})

t.test('forwarder: connections to the vendor are kept and used again', async t => {
  await sendRaw(appliance, serial())
  const connections = vendor.connections()
  for (let count = 0; count < 3; count++) t.equal((await sendRaw(appliance, serial())).status, 200)
  t.equal(vendor.connections(), connections)
  vendor.hangUp('end')
  await until(() => vendor.open() === 0)
  t.equal((await sendRaw(appliance, serial())).status, 200, 'after the vendor has closed it, over a new one')
  t.equal(vendor.connections(), connections + 1)
})

t.test(
  'forwarder: a kept connection that breaks under a request is a failure, and the request is not sent again',
  async t => {
    await sendRaw(appliance, serial())
    const before = vendor.requests.length
    vendor.behaviour = socket => socket.destroy()
    checkFault(t, await sendRaw(appliance, serial()), 'connection_terminated', 'stale')
    vendor.behaviour = answering()
    t.equal(vendor.requests.length, before + 1)
  },
)

t.test('forwarder: an answer that nobody asked for is never taken for the next one', async t => {
  const split = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nsmuggled'
  for (let count = 0; count < 3; count++) {
    vendor.behaviour = writing(split)
    t.match(await sendRaw(appliance, serial()), { status: 200, body: '{}' })
    vendor.behaviour = answering()
    t.match(await sendRaw(appliance, serial()), { body: '{"accepted":true}' })
  }
})

const sockets = (): number => process.getActiveResourcesInfo().filter(name => name === 'TCPSocketWrap').length

t.test(
  'forwarder: a client that goes away takes its upstream request with it; 50 of them leave nothing behind',
  async t => {
    vendor.hangUp('end')
    await until(() => vendor.open() === 0 && appliance.appliance.listener.connections === 0)
    const before = sockets()
    vendor.behaviour = hanging
    const rows = appliance.decisions.all().length
    const seen = vendor.requests.length
    const clients = await Promise.all(Array.from({ length: 50 }, () => openRaw(appliance)))
    for (const client of clients) client.write(serial())
    await until(() => vendor.requests.length === seen + 50)
    for (const client of clients) client.stream.destroy()
    await until(() => vendor.open() === 0 && appliance.appliance.listener.connections === 0)
    await until(() => sockets() <= before)
    vendor.behaviour = answering()
    await until(() =>
      appliance.decisions
        .all()
        .slice(rows)
        .every(({ error }) => error === 'client_gone'),
    )
    t.equal(appliance.decisions.all().length, rows + 50)
    t.equal((await sendRaw(appliance, serial())).status, 200)
  },
)

const vendorFields = [
  ['Content-Type', 'application/json'],
  ['ETag', '"1"'],
  ['Set-Cookie', 'a=b'],
  ['Server', 'vendor'],
  ['Location', 'https://other.test/'],
  ['X-Internal', '10.0.0.1'],
  ['Proxy-Status', 'vendor; error=dns_error'],
  ['Sluice-Decision', 'forged'],
  ['Keep-Alive', 'timeout=5'],
] as const

t.test('forwarder: only the fields that the route names come back', async t => {
  vendor.behaviour = answering(200, vendorFields)
  const named = await sendRaw(appliance, requestText('GET', '/v1/settings'))
  const own = ['connection', 'content-length', 'content-type', 'date', 'keep-alive', 'proxy-status', 'sluice-decision']
  t.same(Object.keys(named.fields).toSorted(), [...own, 'etag'].toSorted())
  const usual = await sendRaw(appliance, serial())
  t.same(Object.keys(usual.fields).toSorted(), own)
  t.equal(usual.fields['proxy-status'], 'sluice')
  t.match(usual.fields['sluice-decision'], /^[0-9a-f-]{36}$/)
  vendor.behaviour = answering()
})

t.test('forwarder: answers without content, and those to HEAD, come back as such and keep the connection', async t => {
  const client = await openRaw(appliance)
  for (const status of [204, 304]) {
    vendor.behaviour = answering(status, [['ETag', '"1"']], '')
    client.write(requestText('GET', '/v1/settings'))
    t.match(await client.answer(), { status, body: '', fields: { etag: '"1"', 'content-length': undefined } })
  }
  vendor.behaviour = writing('HTTP/1.1 200 OK\r\nETag: "2"\r\nContent-Length: 17\r\n\r\n')
  client.write(requestText('HEAD', '/v1/settings'))
  t.match(await client.answer(false), { status: 200, fields: { etag: '"2"' } })
  vendor.behaviour = answering(404)
  client.write(requestText('GET', '/v1/settings'))
  t.match(await client.answer(), { status: 404, body: '{"accepted":true}' }, "the vendor's own errors are relayed")
  vendor.behaviour = answering()
  client.stream.destroy()
})

t.test('P2: requests without content leave as one request with exactly the fields of the policy', async t => {
  const before = vendor.requests.length
  const octets = vendor.octets()
  const connections = vendor.connections()
  const extra = { 'User-Agent': 'made-up', Accept: '*/*', 'Proxy-Authorization': 'Basic x', TE: 'trailers' }
  await sendRaw(appliance, requestText('GET', '/v1/settings', extra))
  vendor.behaviour = writing('HTTP/1.1 200 OK\r\nContent-Length: 17\r\n\r\n')
  const head = await openRaw(appliance)
  head.write(requestText('HEAD', '/v1/settings', extra))
  await head.answer(false)
  head.stream.destroy()
  vendor.behaviour = answering()
  await sendRaw(appliance, requestText('DELETE', '/v1/runs/R1', extra))
  await sendRaw(
    appliance,
    requestText('DELETE', '/v1/runs/R2', { ...extra, 'Transfer-Encoding': 'chunked' }).concat('0\r\n\r\n'),
  )
  const tail = `host: ${vendorHost}:${vendor.port}\r\nConnection: keep-alive\r\n\r\n`
  const expected = [
    `GET /v1/settings HTTP/1.1\r\n${tail}`,
    `HEAD /v1/settings HTTP/1.1\r\n${tail}`,
    `DELETE /v1/runs/R1 HTTP/1.1\r\ncontent-length: 0\r\n${tail}`,
    `DELETE /v1/runs/R2 HTTP/1.1\r\ncontent-length: 0\r\n${tail}`,
  ]
  t.same(
    vendor.requests.slice(before).map(({ raw }) => raw.toString()),
    expected,
  )
  t.equal(vendor.octets() - octets, expected.join('').length, 'no second request behind any of them')
  t.ok(vendor.connections() - connections <= 1)
})
