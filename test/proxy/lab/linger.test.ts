import { once } from 'node:events'
import t from 'tap'
import { makeFolder, startInProcess } from '../../kit/appliance.ts'
import { openRaw, postJson, sendRaw, type RawClient, type RawWay } from '../../kit/raw-client.ts'
import { testPolicy } from '../../kit/test-policy.ts'
import { until } from '../../kit/until.ts'
import { startVendor } from '../../kit/vendor.ts'

const vendor = await startVendor()
t.teardown(() => vendor.close())

/** Four megabytes: more than sockets and parsers keep for anybody. */
const large = postJson('/v1/serial', JSON.stringify({ note: 'x'.repeat(500_000) })).repeat(8)

/** Writes first and reads afterwards, as many clients do. */
const writeThenRead = async (client: RawClient): Promise<number> => {
  client.stream.pause()
  client.stream.write(large)
  await Promise.race([client.closed, once(client.stream, 'drain')])
  client.stream.resume()
  return (await client.answer()).status
}

t.test('listener: a last answer arrives, however much the client has sent behind its request', async t => {
  const appliance = await startInProcess(t, await makeFolder(t, testPolicy(vendor.port)))
  const statuses = { gateway: 403, connect: 421, plain: 403 } satisfies Partial<Record<RawWay, number>>
  for (const [way, status] of Object.entries(statuses)) {
    const client = await openRaw(appliance, { way: way as RawWay, vendorPort: vendor.port })
    t.equal(await writeThenRead(client), status, way)
    await client.closed
  }
  await until(() => appliance.appliance.status().listen.connections === 0)
  t.equal(vendor.requests.length, 0)
  t.equal(
    (await sendRaw(appliance, postJson('/v1/serial', '{"serial":1}'))).status,
    200,
    'and nothing is held against it',
  )
})

t.test('listener: what stands behind a last answer takes no place among the requests under way', async t => {
  const policy = { ...(JSON.parse(testPolicy(vendor.port)) as object), limits: { maxConcurrentRequests: 4 } }
  const appliance = await startInProcess(t, await makeFolder(t, JSON.stringify(policy)))
  const good = postJson('/v1/serial', '{"serial":1}')
  for (let round = 0; round < 5; round++) {
    const client = await openRaw(appliance)
    client.write(good.repeat(6))
    const statuses: number[] = []
    for (let { status } = await client.answer(); status !== 0; { status } = await client.answer()) statuses.push(status)
    t.same(statuses, [200, 200, 200, 200, 429], 'the fifth is one too many, and the sixth behind a last answer')
  }
  t.equal((await sendRaw(appliance, good)).status, 200)
})
