import { connect } from 'node:net'
import t from 'tap'
import { openLogReader } from '../../../log/reading/query.ts'
import { verifyLog } from '../../../log/verify/verify.ts'
import { labNetworks } from '../../../proxy/lab/lab-networks.ts'
import type { DecisionEntry } from '../../../log/record.ts'
import { makeFolder, startInProcess, testSettings } from '../../kit/appliance.ts'
import { clientHelloOf } from '../../kit/client-hello-of.ts'
import { postJson, requestText, sendRaw } from '../../kit/raw-client.ts'
import { addresses, testPolicy } from '../../kit/test-policy.ts'
import { sluice } from '../../kit/sluice.ts'
import { until } from '../../kit/until.ts'
import { startVendor, vendorHost } from '../../kit/vendor.ts'

const vendor = await startVendor()
t.teardown(() => vendor.close())

/** 127.0.0.1 to 127.0.0.3; `addresses.other` is outside of it, and an instrument of the policy. */
const settings = { ...testSettings, labNetworks: ['127.0.0.0/30'] }
const outside = '127.0.0.9'

const folder = await makeFolder(t, testPolicy(vendor.port), settings)
const { appliance, port, ...reach } = await startInProcess(t, folder)

/** What a caller is given who says something at once. */
const call = (from: string, bytes: string | Uint8Array): Promise<number> =>
  new Promise(resolve => {
    const socket = connect({ host: '127.0.0.1', port, localAddress: from })
    let received = 0
    socket.on('error', () => undefined).on('data', chunk => (received += chunk.length))
    socket.on('close', () => resolve(received)).write(bytes)
  })

const drops = (): readonly DecisionEntry[] => {
  const reader = openLogReader(folder.log)
  const rows = reader.list({ limit: 10_000 }).filter(({ reason }) => reason === 'outside-lab')
  const entries = rows.flatMap(({ id }) => reader.show(id).map(({ record }) => record as DecisionEntry))
  reader.close()
  return entries.toReversed()
}

const sum = (entries: readonly DecisionEntry[]): number => entries.reduce((all, { times = 1 }) => all + times, 0)

t.test('P6: a caller outside all networks of the lab gets not one octet, and is recorded', async t => {
  const said = {
    'a TLS handshake': clientHelloOf('appliance.test'),
    'a handshake for the vendor': clientHelloOf(vendorHost),
    'the page of the appliance': requestText('GET', '/', {}, '', 'appliance.test'),
    'a tunnel': `CONNECT ${vendorHost}:443 HTTP/1.1\r\nHost: ${vendorHost}:443\r\n\r\n`,
  }
  for (const [name, bytes] of Object.entries(said)) t.equal(await call(outside, bytes), 0, name)
  t.ok((await call(addresses.stranger, said['the page of the appliance'])) > 0, 'within the lab there is a page')
  const elsewhere = await sendRaw({ port, ...reach }, postJson('/v1/others', '{"serial":1}'), { from: addresses.other })
  t.equal(elsewhere.status, 200, 'and instruments are answered wherever the policy says that they are')
  t.match(drops(), [{ client: outside, ingress: 'plain', verdict: 'block', instrument: null, destination: null }])
  const { outsiders } = appliance.status()
  t.match(outsiders, { connections: 4, last: { client: outside } })
  t.match(
    (await sluice(['status', '--data', folder.root])).stdout,
    /dropped from outside\s+4, the last from 127\.0\.0\.9/,
  )
})

t.test('P6: a flood from outside grows the log by a bounded number of records, which count all of it', async t => {
  const from = Array.from({ length: 200 }, (_, index) => `127.0.1.${index + 1}`)
  for (let round = 0; round < 3; round++) await Promise.all(from.map(address => call(address, 'x')))
  await until(() => appliance.status().outsiders.connections === 604)
  t.ok(drops().length <= 65, 'one for each of the first addresses, and one for all others')
  t.equal(drops().at(-1)!.client, '::', 'which stands for many')
  await appliance.stop()
  t.ok(drops().length <= 130, 'and as many again with their numbers')
  t.equal(sum(drops()), 604)
  t.match(await verifyLog(folder.log), { kind: 'intact' }, 'and what came in adds up with the records')
})

t.test('lab networks: without a setting it is the network of the address that is listened on', t => {
  const prefixes = (given: Partial<typeof settings>): readonly number[] =>
    labNetworks({ ...testSettings, ...given }).map(([, length]) => length)
  t.same(prefixes({}), [8], 'that of the loopback interface')
  t.same(prefixes({ listen: '10.255.254.253:8443' }), [], 'an address of no interface is in none')
  t.same(prefixes({ labNetworks: ['10.77.1.0/24', 'fd00:77:1::/64'] }), [24, 64])
  t.throws(() => prefixes({ labNetworks: ['10.77.1.0/33'] }), { code: 'ERR_SETTINGS_INVALID' })
  t.end()
})
