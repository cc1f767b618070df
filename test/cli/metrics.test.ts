import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { readControl } from '../../proxy/watch/control.ts'
import { gauges } from '../../proxy/watch/gauges.ts'
import { makeCertificate } from '../certs/made-certificate.ts'
import { makeFolder, startInProcess, testSettings } from '../kit/appliance.ts'
import { postJson, sendRaw } from '../kit/raw-client.ts'
import { sluice } from '../kit/sluice.ts'
import { testPolicy } from '../kit/test-policy.ts'
import { until } from '../kit/until.ts'
import { startVendor, vendorAuthority } from '../kit/vendor.ts'

const vendor = await startVendor()
t.teardown(() => vendor.close())
const written = t.testdir()
const metrics = { every: '1s', folder: written }
const folder = await makeFolder(t, testPolicy(vendor.port), { ...testSettings, metrics })
const appliance = await startInProcess(t, folder, { linesLost: () => 7 })
const file = join(written, 'sluice.prom')
const canary = 'GATTACAGATTACAGGATCCATTGACCATGACC'

/** Samples of the text format, by what stands before the value. */
const samplesOf = (text: string): ReadonlyMap<string, number> =>
  new Map(
    text
      .split('\n')
      .filter(line => line !== '' && !line.startsWith('#'))
      .map(line => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
  )

const isKnown = /^[a-z_]+(?:\{(?:[a-z]+="[\w.:+-]*",?)*\})? \S+$/

t.test(
  'metrics: requests are counted by how they ended, with labels of the policy and closed codes only (P7)',
  async t => {
    const allowed = await sendRaw(appliance, postJson('/v1/serial', '{"serial":1}'))
    t.match(allowed.raw, /^HTTP\/1\.1 200/)
    const blocked = await sendRaw(appliance, postJson('/v1/serial', JSON.stringify({ note: canary })))
    t.match(blocked.raw, /^HTTP\/1\.1 403/)
    await sendRaw(appliance, postJson(`/v1/${canary}`, '{"serial":1}'))
    const text = await readControl(folder.control, 'GET /metrics')
    const samples = samplesOf(text)
    const [row] = appliance.decisions.all()
    const { instrument, route } = row!
    const count = (verdict: string, reason: string, at: string) =>
      samples.get(
        `sluice_requests_total{verdict="${verdict}",reason="${reason}",instrument="${instrument}",route="${at}"}`,
      )
    t.equal(count('forwarded', '', route!), 1)
    t.equal(count('blocked', 'sensitive-content', route!) ?? count('blocked', 'schema-violation', route!), 1)
    t.equal(count('blocked', 'path-not-allowed', ''), 1)
    t.equal(samples.get(`sluice_bytes_total{direction="out",instrument="${instrument}"}`), '{"serial":1}'.length)
    t.equal(samples.get('sluice_inspection_seconds_count'), 3)
    t.equal(samples.get('sluice_record_seconds_count'), 3)
    t.equal(samples.get('sluice_upstream_seconds_count'), 1)
    t.equal(samples.get('sluice_log_state{state="ready"}'), 1)
    t.ok(samples.get('sluice_log_records')! >= 5)
    t.equal(samples.get('sluice_held_payloads'), 2)
    t.equal(samples.get('sluice_output_lines_lost_total'), 7)
    t.ok(samples.get('sluice_certificate_expiry_seconds{certificate="authority"}')! > Date.now() / 1_000)
    t.notMatch(text, canary)
    const odd = text.split('\n').filter(line => line !== '' && !line.startsWith('# ') && !isKnown.test(line))
    t.same(odd, [], 'each sample is a name, labels without anything odd, and a value')
    for (const { name } of gauges) t.match(text, `# TYPE ${name} `)
  },
)

t.test('metrics: a handshake that is refused is counted under its instrument', async t => {
  const url = `https://127.0.0.1:${appliance.port}/`
  const [code] = await once(spawn(process.execPath, ['-e', `fetch('${url}').catch(() => process.exit(3))`]), 'close')
  t.equal(code, 3, 'it does not trust the authority')
  await until(() => appliance.notices.some(({ kind }) => kind === 'handshake-failed'))
  t.match(
    await readControl(folder.control, 'GET /metrics'),
    /^sluice_handshakes_refused_total\{instrument="[a-z0-9-]+"\} 1$/m,
  )
})

const hasPromtool = spawnSync('promtool', ['--version']).status === 0

t.test(
  'metrics: promtool has nothing to say',
  { skip: !hasPromtool && 'promtool is not installed (package prometheus)' },
  async t => {
    const input = await readControl(folder.control, 'GET /metrics')
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input, encoding: 'utf8' })
    t.same({ status, stdout, stderr }, { status: 0, stdout: '', stderr: '' })
  },
)

t.test('metrics: the appliance writes them into the folder of its settings, whole, for others to read', async t => {
  await until(() => existsSync(file) && readFileSync(file, 'utf8').includes('sluice_requests_total{'))
  t.match(samplesOf(readFileSync(file, 'utf8')).get('sluice_up'), 1)
  t.same(
    readdirSync(written).filter(name => !/^sluice\.prom(?:\.\d+\.tmp)?$/.test(name)),
    [],
  )
})

t.test('metrics: printed, as JSON, and into a file that says when nobody answers', async t => {
  const run = (...args: readonly string[]) => sluice(['metrics', '--data', folder.root, ...args])
  const plain = await run()
  t.match(plain, { code: 0, stderr: '' })
  t.match(plain.stdout, /^sluice_up 1$/m)
  const own = join(t.testdir(), 'own.prom')
  t.match(await run('--textfile', own.replace('.prom', '.txt')), { code: 2, stderr: /\.prom\n/ })
  t.match(await run('--textfile', own), { code: 0, stdout: '' })
  t.match(readFileSync(own, 'utf8'), /^sluice_requests_total\{/m)
})

t.test('metrics: OTLP carries the same figures to a collector over TLS', async t => {
  const { url, ca, received } = await collector(t)
  const args = ['metrics', '--data', folder.root, '--otlp', url, '--ca', ca]
  const done = await sluice(args)
  t.match(done, { code: 0, stderr: '' })
  t.match(JSON.parse(done.stdout), { kind: 'delivered' })
  const { resource, scopeMetrics } = (JSON.parse(received[0]!) as Otlp).resourceMetrics[0]!
  t.ok(resource.attributes.some(({ key }) => key === 'service.instance.id'))
  const byName = new Map(scopeMetrics[0]!.metrics.map(metric => [metric.name, metric]))
  t.match(byName.get('sluice_requests_total'), { sum: { isMonotonic: true, aggregationTemporality: 2 } })
  const { dataPoints } = byName.get('sluice_inspection_seconds')!.histogram!
  t.match(dataPoints[0], { count: 3 })
  t.equal(
    dataPoints[0]!.bucketCounts.reduce<number>((sum, count) => sum + Number(count), 0),
    3,
    'each request is in one bucket',
  )
  t.notMatch(received[0], canary)
  const clear = await sluice([
    'metrics',
    '--data',
    folder.root,
    '--otlp',
    'http://collector.lab.example:4318/v1/metrics',
  ])
  t.match(clear, { code: 1, stdout: '', stderr: /nothing can be delivered/ })
})

t.test('metrics: an appliance that has stopped leaves a file that says so', async t => {
  await appliance.appliance.stop()
  t.same([...samplesOf(readFileSync(file, 'utf8'))], [['sluice_up', 0]])
  const own = join(t.testdir(), 'own.prom')
  t.match(await sluice(['metrics', '--data', folder.root, '--textfile', own]), { code: 12 })
  t.same([...samplesOf(readFileSync(own, 'utf8'))], [['sluice_up', 0]])
})

type Tap = typeof t

type Otlp = {
  readonly resourceMetrics: readonly {
    readonly resource: { readonly attributes: readonly { readonly key: string }[] }
    readonly scopeMetrics: readonly {
      readonly metrics: readonly {
        readonly name: string
        readonly histogram?: { readonly dataPoints: readonly { readonly bucketCounts: readonly (string | number)[] }[] }
      }[]
    }[]
  }[]
}

const collector = async (t: Pick<Tap, 'teardown' | 'testdir'>) => {
  const { pem, keyPem } = makeCertificate({ dns: ['localhost'] }, vendorAuthority)
  const received: string[] = []
  const server = createServer({ cert: pem, key: keyPem }, (request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      received.push(Buffer.concat(chunks).toString())
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
    })
  }).listen(0, 'localhost')
  await once(server, 'listening')
  t.teardown(() => void server.close())
  const ca = join(t.testdir(), 'ca.pem')
  writeFileSync(ca, vendorAuthority.pem)
  return { url: `https://localhost:${(server.address() as AddressInfo).port}/v1/metrics`, ca, received }
}
