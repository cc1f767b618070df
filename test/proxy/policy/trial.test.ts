import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { stringify } from 'yaml'
import { openLogReader } from '../../../log/reading/query.ts'
import { verifyLog } from '../../../log/verify/verify.ts'
import { makeFolder, startInProcess } from '../../kit/appliance.ts'
import { openRaw, postJson, requestText, sendRaw } from '../../kit/raw-client.ts'
import { sluice } from '../../kit/sluice.ts'
import { startVendor, vendorHost } from '../../kit/vendor.ts'

const read = 'GATTACAGATTACAGGATCCATTGACCATGACCTGA'

const body = (properties: object) => ({
  kind: 'json',
  schema: { type: 'object', additionalProperties: false, properties },
})
const celsius = { celsius: { type: 'number', minimum: 0, maximum: 9, multipleOf: 0.1 } }
const pump = { pumpHours: { type: 'integer', minimum: 0, maximum: 9_999 } }
const note = { note: { type: 'string', pattern: '^[A-Z]{0,40}$', maxLength: 40 } }

const chiller = { id: 'chiller', destination: 'vendor', method: 'POST', path: '/v1/chiller', body: body(celsius) }
const next = { ...chiller, id: 'chiller-next', mode: 'report-only', body: body({ ...celsius, ...pump, ...note }) }
const fresh = { ...next, id: 'laser', path: '/v1/laser' }

const policy = (port: number, routes: readonly object[]): string =>
  stringify({
    version: 1,
    instruments: [{ id: 'novaseq-01', address: '127.0.0.1' }],
    destinations: [{ id: 'vendor', host: vendorHost, port, addresses: ['127.0.0.1'], ca: 'vendor-ca.pem' }],
    routes,
  })

t.test('P1: a route on trial judges every request and lets none of them out, until it is enforced', async t => {
  const vendor = await startVendor()
  t.teardown(() => vendor.close())
  const folder = await makeFolder(t, policy(vendor.port, [chiller, next, fresh]))
  const appliance = await startInProcess(t, folder)
  const run = (...args: string[]) => sluice([...args, '--data', folder.root])
  const reader = openLogReader(folder.log)
  t.teardown(() => reader.close())
  const trialOf = (id: string) => [...reader.trials()].find(row => row.id === id)
  const send = async (target: string, text: string): Promise<readonly [number, string | null, string | null]> => {
    const answer = await sendRaw(appliance, postJson(target, text))
    const row = trialOf(answer.fields['sluice-decision']!)
    t.notOk(answer.raw.includes('would-'), 'the instrument is told nothing of it')
    return [answer.status, row?.candidate ?? null, row?.trial_reason ?? row?.trial ?? null]
  }

  t.same(await send('/v1/chiller', '{"celsius":4.2}'), [200, 'chiller-next', 'would-allow'])
  t.same(await send('/v1/chiller', '{"pumpHours":1500}'), [403, 'chiller-next', 'would-allow'])
  t.same(await send('/v1/chiller', `{"note":"${read}"}`), [403, 'chiller-next', 'sensitive-content'])
  t.same(await send('/v1/chiller', '{"note":"GATTACA"}'), [403, 'chiller-next', 'would-allow'])
  t.same(appliance.appliance.status().drips, [], 'a trial takes nothing of the budget of an instrument')
  t.same(await send('/v1/laser', '{"pumpHours":1500}'), [403, 'laser', 'would-allow'])
  t.same(await send('/v1/laser', '{"watts":3}'), [403, 'laser', 'schema-violation'])
  t.same(await send('/v1/other', '{"watts":3}'), [403, null, null])

  const waiting = await openRaw(appliance)
  const head = { 'Content-Type': 'application/json', Expect: '100-continue', 'Content-Length': '18' }
  waiting.write(requestText('POST', '/v1/laser', head))
  t.equal((await waiting.answer()).status, 100, 'the content is asked for, because the trial has to see it')
  waiting.write('{"pumpHours":1500}')
  t.equal((await waiting.answer()).status, 403)
  waiting.stream.destroy()

  t.same(
    vendor.requests.map(({ raw }) => raw.toString().split('\r\n\r\n')[1]),
    ['{"celsius":4.2}'],
    'the vendor has seen what the enforced route let out, and not an octet more',
  )
  t.equal(vendor.connections(), 1)

  t.match(appliance.appliance.status(), {
    policy: { routes: 1 },
    requests: { forwarded: 1, blocked: 7 },
    trials: {
      since: /^\d{4}-/,
      routes: [
        { route: 'chiller-next', wouldAllow: 3, wouldBlock: { 'sensitive-content': 1 } },
        { route: 'laser', wouldAllow: 2, wouldBlock: { 'schema-violation': 1 } },
      ],
    },
  })
  const status = await run('status')
  t.match(status.stdout, /\ntrial of laser\tsince \S+: would allow 2, would block 1 \(schema-violation 1\)\n/)
  const listed = await run('log', 'list', '--trial', 'would-allow')
  t.equal(listed.stdout.trim().split('\n').length, 1 + 5)
  t.match(listed.stdout, /\tblock\t-\tpath-not-allowed\twould-allow\tlaser\t-\t-\n/)
  const [last] = reader.list()
  t.match((await run('log', 'show', last!.id)).stdout, /\ntrial route\tlaser\n/)
  for (const { stdout } of [status, listed, await run('log', 'list', '--trial', '--json')])
    t.notMatch(stdout, 'GATTACA')

  const { mode: _mode, ...promoted } = next
  writeFileSync(join(folder.root, 'policy.yaml'), policy(vendor.port, [promoted, fresh]))
  const activated = await run('rules', 'activate')
  t.equal(activated.code, 0, activated.stderr)
  t.match(activated.stdout, /report-only-route/, 'that a route only reports is said')
  t.same(await send('/v1/chiller', '{"pumpHours":1500}'), [200, null, null])
  t.same(await send('/v1/chiller', `{"note":"${read}"}`), [403, null, null])
  t.equal(vendor.requests.length, 2)
  t.same(await send('/v1/chiller', '{"note":"GATTACA"}'), [200, null, null])
  t.match(appliance.appliance.status().drips, [{ instrument: 'novaseq-01', lastDay: 7 }], 'what leaves does')
  t.match(appliance.appliance.status().trials.routes, [{ route: 'laser', wouldAllow: 0, wouldBlock: {} }])
  t.match(await verifyLog(folder.log), { kind: 'intact' })
})
