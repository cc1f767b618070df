import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { readControl } from '../proxy/watch/control.ts'
import { writeSettings } from '../proxy/settings.ts'
import { makeFolder, startProcess, testSettings } from './kit/appliance.ts'
import { postJson, requestText, sendRaw } from './kit/raw-client.ts'
import { sluice } from './kit/sluice.ts'
import { testPolicy } from './kit/test-policy.ts'
import { until } from './kit/until.ts'
import { startVendor } from './kit/vendor.ts'

/** Made-up words and values, each in another place of a request; none may be in clear anywhere but at the vendor. */
const read = 'GATTACAGATTACAGGATCCATTGACCATGACCTGA'
const canaries = {
  read,
  'read in base64': Buffer.from(read).toString('base64'),
  'a read in pieces': 'GATTACAGATTAC',
  name: 'Quillfeather',
  'e-mail': 'quill@feather.example',
  'property name': 'zwiebelnase',
  'value that passes': 'Wurzelbert',
  token: 'eyJzaWxseSI6InRva2VuIn0',
  'query string': 'querkopf',
  'path parameter': 'RUNKELRUEBE77',
  path: 'pfadfinder',
  'header field': 'kopfsalat',
  'text that is no JSON': 'wortsalat',
  host: 'gastgeber',
} as const

const requests: readonly string[] = [
  requestText(
    'PUT',
    `/v1/runs/${canaries['path parameter']}/metrics/1?mode=full`,
    { 'Content-Type': 'application/json', Authorization: `Bearer ${canaries.token}` },
    JSON.stringify({ serial: 1, note: canaries['value that passes'] }),
  ),
  postJson('/v1/serial', JSON.stringify({ lanes: [{ lane: 1, note: read }] })),
  postJson('/v1/serial', JSON.stringify({ note: canaries['read in base64'] })),
  postJson('/v1/serial', JSON.stringify({ note: `patient name: ${canaries.name}` })),
  postJson('/v1/serial', JSON.stringify({ note: canaries['e-mail'] })),
  postJson('/v1/serial', JSON.stringify({ [canaries['property name']]: 1 })),
  postJson(`/v1/serial?${canaries['query string']}=${canaries['query string']}`, '{"serial":1}'),
  postJson(`/v1/${canaries.path}/${canaries.name}`, '{"serial":1}'),
  postJson('/v1/serial', '{"serial":1}', { 'X-Note': canaries['header field'], Cookie: canaries.token }),
  postJson('/v1/serial', `{"note":"${canaries['text that is no JSON']}`),
  requestText('POST', '/v1/serial', { 'Content-Type': 'text/plain' }, canaries['text that is no JSON']),
  requestText('POST', '/v1/serial', {}, '{}', `${canaries.host}@${canaries.host}.example`),
]

const filesUnder = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map(name => join(folder, name))
    .filter(file => statSync(file).isFile())

t.test('P7: after a run no canary is in the data folder, nor in anything that was printed or exported', async t => {
  const vendor = await startVendor()
  t.teardown(() => vendor.close())
  const folder = await makeFolder(t, testPolicy(vendor.port))
  const metrics = { every: '1s', folder: join(folder.root, 'metrics') }
  mkdirSync(metrics.folder)
  writeFileSync(folder.settings, writeSettings({ ...testSettings, metrics }))
  const appliance = await startProcess(t, folder, { args: ['--log-level', 'debug'] })
  const answers: string[] = []
  for (const request of requests) answers.push((await sendRaw(appliance, request)).raw)
  const decisions = appliance.decisions.all()
  t.ok(decisions.length >= requests.length - 1, 'decided')
  t.ok(decisions.some(({ verdict }) => verdict === 'forward'))
  const held = decisions.find(({ held: isHeld }) => isHeld === 1)!.id
  const report = join(folder.root, '..', 'report.html')
  const run = (...args: readonly string[]) => sluice([...args, '--data', folder.root])
  const commands = [
    ['status', '--json'],
    ['blocked', 'show', held],
    ['blocked', 'replay', held, '--because', 'to see whether it passes now'],
    ['log', 'list', '--json'],
    ['log', 'report', '--since', '1d', '-o', report],
    ...['csv', 'ocsf', 'ecs'].map(format => ['log', 'export', '--format', format]),
  ]
  const printed = []
  for (const command of commands) {
    const { code, stdout, stderr } = await run(...command)
    t.equal(code, command.includes('replay') ? 8 : 0, command.join(' '))
    printed.push([command.join(' '), Buffer.from(stdout + stderr)] as const)
  }
  const counted = /sluice_requests_total\{.*reason="sensitive-content"/
  const file = join(metrics.folder, 'sluice.prom')
  await until(() => existsSync(file) && counted.test(readFileSync(file, 'utf8')))
  printed.push(['file of metrics', readFileSync(file)] as const)
  for (const what of ['GET /metrics', 'GET /metrics.json'])
    printed.push([what, Buffer.from(await readControl(folder.control, what))] as const)
  await appliance.stop('SIGTERM')
  const texts: readonly (readonly [what: string, content: Buffer])[] = [
    ['output of the appliance', Buffer.from(appliance.printed())],
    ['answers', Buffer.from(answers.join('\n'))],
    ...printed,
    ...[...filesUnder(folder.root), report].map(file => [file, readFileSync(file)] as const),
  ]
  const has = (canary: string) => texts.filter(([, content]) => content.includes(canary)).map(([what]) => what)
  t.ok(has(held).length > 4, 'what is there is found')
  t.ok(has(held).includes('output of the appliance'), 'each request has its line in the output')
  for (const [what, canary] of Object.entries(canaries)) t.same(has(canary), [], what)
})
