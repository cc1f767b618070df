import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { callControl } from '../../proxy/watch/control.ts'
import type { DataFolder } from '../../proxy/data-folder.ts'
import { makeFolder, startInProcess, startProcess, type Reachable } from '../kit/appliance.ts'
import { postJson, sendRaw } from '../kit/raw-client.ts'
import { startVendor, vendorHost, type Vendor } from '../kit/vendor.ts'

const serial = { type: 'integer', minimum: 0, maximum: 1_000_000 }
const body = {
  kind: 'json',
  schema: {
    type: 'object',
    additionalProperties: false,
    properties: { serial, note: { type: 'string', pattern: '^[A-Z]{0,40}$', maxLength: 40 } },
  },
}

/** Two routes with a rate; on one of them the lab chooses the answer. */
const policyOf = (port: number, messages: number, per = 'hour'): string =>
  JSON.stringify({
    version: 1,
    instruments: [{ id: 'one', address: '127.0.0.1' }],
    destinations: [{ id: 'vendor', host: vendorHost, port, addresses: ['127.0.0.1'], ca: 'vendor-ca.pem' }],
    routes: ['serial', 'quiet'].map(id => ({
      id,
      destination: 'vendor',
      method: 'POST',
      path: `/v1/${id}`,
      body,
      rate: { messages, per },
      ...(id === 'quiet' && { onBlock: { status: 202 } }),
    })),
  })

const send = (appliance: Reachable, number: number, path = '/v1/serial') =>
  sendRaw(appliance, postJson(path, JSON.stringify({ serial: number })))

const statuses = async (appliance: Reachable, count: number): Promise<readonly number[]> => {
  const all: number[] = []
  for (let number = 0; number < count; number++) all.push((await send(appliance, number)).status)
  return all
}

const vendorFor = async (t: { teardown: (done: () => Promise<unknown>) => void }): Promise<Vendor> => {
  const vendor = await startVendor()
  t.teardown(() => vendor.close())
  return vendor
}

const activate = (folder: DataFolder, text: string) =>
  callControl(folder.control, 'POST /activations', {
    text,
    references: { 'vendor-ca.pem': readFileSync(join(folder.root, 'vendor-ca.pem'), 'utf8') },
    cause: 'activate',
    actor: 'tester',
  })

t.test('rate: what is one too many is blocked with 429 and the time to wait, and does not arrive', async t => {
  const vendor = await vendorFor(t)
  const folder = await makeFolder(t, policyOf(vendor.port, 3))
  const appliance = await startInProcess(t, folder)
  t.same(await statuses(appliance, 3), [200, 200, 200])
  const { status, fields, body } = await send(appliance, 3)
  t.match([status, JSON.parse(body)], [429, { code: 'rate-exceeded', reasons: [{ rule: 'rate.hour' }] }])
  const wait = Number(fields['retry-after'])
  t.ok(wait > 3_500 && wait <= 3_601, `${wait} seconds`)
  t.match(appliance.decisions.of(fields['sluice-decision']!), { verdict: 'block', reason: 'rate-exceeded', held: 1 })
  t.equal(vendor.requests.length, 3)

  for (let number = 0; number < 3; number++) t.equal((await send(appliance, number, '/v1/quiet')).status, 200)
  const quiet = await send(appliance, 3, '/v1/quiet')
  t.same(
    [quiet.status, quiet.fields['retry-after'], vendor.requests.length],
    [202, undefined, 6],
    'each route by itself',
  )
})

t.test('rate: of requests that arrive at once no more than the rate leave', async t => {
  const vendor = await vendorFor(t)
  const appliance = await startInProcess(t, await makeFolder(t, policyOf(vendor.port, 5)))
  const answers = await Promise.all(Array.from({ length: 20 }, (_, number) => send(appliance, number)))
  t.equal(answers.filter(({ status }) => status === 200).length, 5)
  t.equal(vendor.requests.length, 5)
})

t.test('rate: what is blocked takes nothing, and is told what is wrong with it first', async t => {
  const vendor = await vendorFor(t)
  const appliance = await startInProcess(t, await makeFolder(t, policyOf(vendor.port, 1)))
  const read = '{"note":"GATTACAGATTACACCGTTAGCATGCAT"}'
  const refused = () => sendRaw(appliance, postJson('/v1/serial', read))
  t.match(JSON.parse((await refused()).body), { code: 'sensitive-content' })
  t.same(await statuses(appliance, 2), [200, 429])
  t.match(JSON.parse((await refused()).body), { code: 'sensitive-content' })
})

t.test('rate: another policy keeps the counts', async t => {
  const vendor = await vendorFor(t)
  const folder = await makeFolder(t, policyOf(vendor.port, 10))
  const appliance = await startInProcess(t, folder)
  t.same(await statuses(appliance, 3), [200, 200, 200])
  t.equal((await activate(folder, policyOf(vendor.port, 4, 'day'))).status, 200)
  t.same(await statuses(appliance, 2), [200, 429])
})

t.test('rate: kill -9 and a restart open no fresh budget', async t => {
  const vendor = await vendorFor(t)
  const folder = await makeFolder(t, policyOf(vendor.port, 4))
  const running = await startProcess(t, folder)
  t.same(await statuses(running, 3), [200, 200, 200])
  await running.stop('SIGKILL')
  const appliance = await startInProcess(t, folder)
  t.same(await statuses(appliance, 2), [200, 429])
  t.equal(vendor.requests.length, 4)
})
