import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import t from 'tap'
import { openLogReader } from '../../../log/reading/query.ts'
import { verifyLog } from '../../../log/verify/verify.ts'
import { makeFolder, startInProcess, type Reachable } from '../../kit/appliance.ts'
import { openRaw, postJson, requestText, sendRaw } from '../../kit/raw-client.ts'
import { addresses, testPolicy } from '../../kit/test-policy.ts'
import { until } from '../../kit/until.ts'
import { startVendor } from '../../kit/vendor.ts'

const vendor = await startVendor()
t.teardown(() => vendor.close())
const good = postJson('/v1/serial', '{"serial":1}')

/** Opens connections that say a little and then nothing. @returns them, and how many are still open */
const slowOnes = async (appliance: Reachable, count: number, from: string) => {
  let open = count
  const sockets = Array.from({ length: count }, (_, index) => {
    const socket = connect({ host: '127.0.0.1', port: appliance.port, localAddress: from })
    socket.on('error', () => undefined).once('close', () => open--)
    if (index % 2 === 0) socket.write('POST /v1/serial HTTP/1.1\r\nHo')
    return socket
  })
  await Promise.all(sockets.map(async socket => socket.connecting && once(socket, 'connect').catch(() => undefined)))
  return { open: () => open, end: () => sockets.forEach((socket: Socket) => socket.destroy()) }
}

t.test('P8: a thousand slow connections from one address do not keep another instrument out', async t => {
  const appliance = await startInProcess(t, await makeFolder(t, testPolicy(vendor.port)))
  const slow = await slowOnes(appliance, 1_000, addresses.known)
  await until(() => slow.open() <= 128)
  t.equal(slow.open(), 128, 'its own share is what it gets')
  for (let count = 0; count < 20; count++) {
    const answer = await sendRaw(appliance, postJson('/v1/others', '{"serial":1}'), { from: addresses.other })
    t.equal(answer.status, 200)
  }
  await t.rejects(openRaw(appliance), 'the newest of the same address is turned away')
  const turnedAway = () => appliance.decisions.all().filter(({ reason }) => reason === 'connections-exceeded')
  t.match(turnedAway(), [{ client: addresses.known, instrument: 'novaseq-01', rule: 'maxConnectionsPerAddress' }])
  slow.end()
  await until(() => appliance.appliance.status().listen.connections === 0)
  t.equal((await sendRaw(appliance, good)).status, 200, 'and there is room again afterwards')
})

t.test('P8: what was only counted is recorded with its number when the appliance stops, and adds up', async t => {
  const folder = await makeFolder(t, testPolicy(vendor.port))
  const appliance = await startInProcess(t, folder, { lab: { maxConnectionsPerAddress: 2 } })
  const slow = await slowOnes(appliance, 12, addresses.known)
  await until(() => slow.open() === 2)
  slow.end()
  await appliance.appliance.stop()
  const reader = openLogReader(folder.log)
  const rows = reader.list().filter(({ reason }) => reason === 'connections-exceeded')
  const times = rows.flatMap(({ id }) => reader.show(id).map(({ record }) => (record as { times?: number }).times ?? 1))
  t.same(
    times.toSorted((a, b) => a - b),
    [1, 9],
  )
  reader.close()
  t.match(await verifyLog(folder.log), { kind: 'intact' })
})

t.test('limits: requests at once and in a second are bounded for each instrument, with 429 and one record', async t => {
  const bounds = { maxConcurrentRequests: 4, maxRequestsPerSecond: 2 }
  for (const [limit, most] of Object.entries(bounds)) {
    const policy = { ...(JSON.parse(testPolicy(vendor.port)) as object), limits: { [limit]: most } }
    const appliance = await startInProcess(t, await makeFolder(t, JSON.stringify(policy)))
    const client = await openRaw(appliance)
    client.write(good.repeat(most + 1))
    const statuses: number[] = []
    for (let count = 0; count <= most; count++) statuses.push((await client.answer()).status)
    t.same(statuses, [...Array.from({ length: most }, () => 200), 429])
    const others = postJson('/v1/others', '{"serial":1}')
    t.equal((await sendRaw(appliance, others, { from: addresses.other })).status, 200, 'of that instrument alone')
    await setTimeout(2_000)
    t.equal((await sendRaw(appliance, good)).status, 200, 'and a little later all is well')
    const refused = appliance.decisions.all().filter(({ reason }) => reason === 'requests-exceeded')
    t.match(refused, [{ rule: limit, instrument: 'novaseq-01' }])
  }
})

t.test('limits: content that trickles in is given up, and so is a client that does not take its answer', async t => {
  const appliance = await startInProcess(t, await makeFolder(t, testPolicy(vendor.port)), {
    lab: { minBytesPerSecond: 1_000, rateWindow: 300, answer: 300, maxPipelined: 2 },
  })
  const trickle = await openRaw(appliance)
  trickle.write(requestText('POST', '/v1/serial', { 'Content-Type': 'application/json', 'Content-Length': '100' }))
  const answer = await trickle.answer()
  t.match([answer.status, answer.body], [400, /"rule":"minimum-rate"/])
  const many = await openRaw(appliance)
  many.write(good.repeat(8))
  await many.closed
  await until(() => appliance.decisions.all().some(({ rule }) => rule === 'behind-last'))
  t.equal((await sendRaw(appliance, good)).status, 200)
})

t.test('limits: HTTP/2 by ALPN and old TLS are refused with a record of their own', async t => {
  const appliance = await startInProcess(t, await makeFolder(t, testPolicy(vendor.port)))
  const rules = () => appliance.decisions.all().map(({ reason, rule }) => `${reason} ${rule}`)
  await t.rejects(openRaw(appliance, { tls: { ALPNProtocols: ['h2'] } as object }))
  await until(() => rules().includes('handshake-failed application-protocol'))
  const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT:@SECLEVEL=0' } as object
  await t.rejects(openRaw(appliance, { tls: old }))
  await until(() => rules().includes('handshake-failed tls-version'))
  t.equal(rules().length, 2)
})
