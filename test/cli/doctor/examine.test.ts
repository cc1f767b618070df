import { generateKeyPairSync } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { join } from 'node:path'
import t from 'tap'
import { examine } from '../../../cli/doctor/examine.ts'
import type { Finding } from '../../../cli/doctor/finding.ts'
import { encodeVerifierKey } from '../../../log/proofs/checkpoint.ts'
import { readControl } from '../../../proxy/watch/control.ts'
import type { DataFolder } from '../../../proxy/data-folder.ts'
import { makeCertificate } from '../../certs/made-certificate.ts'
import { makeFolder, startInProcess, testSettings } from '../../kit/appliance.ts'
import { startConnectProxy } from '../../kit/connect-proxy.ts'
import { postJson, sendRaw } from '../../kit/raw-client.ts'
import { sluice } from '../../kit/sluice.ts'
import { testPolicy } from '../../kit/test-policy.ts'
import { until } from '../../kit/until.ts'
import { answering, startVendor, vendorAuthority, vendorHost } from '../../kit/vendor.ts'

const DAY = 86_400_000
const findingsOf = async (folder: DataFolder, dial = true): Promise<ReadonlyMap<string, Finding>> => {
  const findings = new Map<string, Finding>()
  for await (const finding of examine(folder, dial)) findings.set(finding.check, finding)
  return findings
}

const vendor = await startVendor()
vendor.behaviour = answering(200, [
  ['content-type', 'application/json'],
  ['date', new Date(Date.now() - 2 * DAY).toUTCString()],
])
const closing = createServer().listen(0, '127.0.0.1')
await once(closing, 'listening')
const { port: closed } = closing.address() as { port: number }
closing.close()
const ending = await startVendor({
  certificate: makeCertificate({ dns: ['ending.vendor.test'], to: 3 }, vendorAuthority),
})
const stranger = await startVendor({ certificate: makeCertificate({ dns: ['stranger.vendor.test'] }) })
const campus = await startConnectProxy()
t.teardown(() => Promise.all([vendor, ending, stranger, campus].map(server => server.close())))

const at = (id: string, port: number, more: object = {}) => ({
  id,
  host: `${id}.vendor.test`,
  port,
  addresses: ['127.0.0.1'],
  ca: 'vendor-ca.pem',
  ...more,
})
const viaCampus = { host: '127.0.0.1', port: campus.port, addresses: ['127.0.0.1'] }
const policy = testPolicy(vendor.port, [
  at('ending', ending.port),
  at('stranger', stranger.port),
  at('closed', closed),
  { id: 'nowhere', host: 'nowhere.vendor.invalid' },
  { id: 'tunnelled', host: 'tunnelled.vendor.test', port: ending.port, proxy: viaCampus, ca: 'vendor-ca.pem' },
])
const anchors = join(t.testdir({}), 'anchors')
mkdirSync(anchors)
const bundles = {
  ...testSettings.bundles,
  key: 'policy.pub',
  url: `https://${vendorHost}:${vendor.port}/policy.bundle`,
  server: { addresses: ['127.0.0.1'], ca: 'vendor-ca.pem' },
}
const folder = await makeFolder(t, policy, { ...testSettings, bundles, anchors: { every: '1h', folder: anchors } })
const { publicKey } = generateKeyPairSync('ed25519')
writeFileSync(join(folder.root, 'policy.pub'), `${encodeVerifierKey({ name: 'policy.test', key: publicKey })}\n`)
const appliance = await startInProcess(t, folder)
await until(() => appliance.appliance.status().bundlePull?.fault != null)
await sendRaw(appliance, postJson('/v1/serial', '{"serial":1}'))
const before = vendor.requests.length
const findings = await findingsOf(folder)
const seen = (check: string): Finding | undefined => findings.get(check)

t.test('doctor: each destination is reached as the appliance does it, and is sent nothing', async t => {
  t.match(seen(`way to ${vendorHost}`), {
    state: 'holds',
    seen: /^127\.0\.0\.1 port \d+, TLSv1\.3, certificate until /,
  })
  t.match(seen('way to ending.vendor.test'), { state: 'warning', hint: /tell the vendor/ })
  t.match(seen('way to stranger.vendor.test'), { state: 'found', seen: /\(certificate_\w+\)/, hint: /./ })
  t.match(seen('way to closed.vendor.test'), { state: 'found', seen: /\(connection_refused\)/, hint: /firewall/ })
  t.match(seen('DNS of nowhere.vendor.invalid'), { state: 'found', seen: 'the name does not resolve' })
  t.notOk(seen('way to nowhere.vendor.invalid'), 'is not tried when its name does not resolve')
  t.equal(vendor.requests.length, before)
  t.equal(ending.octets() + stranger.octets(), 0)
})

t.test('doctor: policy bundles, the key, the way to their server, and why the newest is not in force', async t => {
  t.match(seen('bundle key'), { state: 'holds', seen: 'policy.test' })
  t.match(seen('newer bundles'), { state: 'found', seen: /NOT TAKEN \(ERR_BUNDLE_FORGED\)/, hint: /ask who made it/ })
  const { code, stdout, stderr } = await sluice(['rules', 'bundle', 'fetch', '--data', folder.root])
  t.match(
    { code, stdout, stderr },
    { code: 5, stdout: /^bundle: none/, stderr: /NOT TAKEN .*\n.*hint: ask who made it/ },
  )
  const text = await readControl(folder.control, 'GET /metrics')
  t.match(text, 'sluice_bundle_fault{state="refused"} 1')
  t.match(text, `sluice_bundle_interval_seconds{server="${vendorHost}:${vendor.port}"} 900`)
  t.notMatch(text, /^sluice_bundle_(?:serial|expiry_seconds|confirmed_seconds)/m, 'what is not known is not said')
})

t.test('doctor: through the proxy of the site the name is the proxy’s to resolve', t => {
  t.notOk(seen('DNS of tunnelled.vendor.test'))
  t.match(seen(`DNS of proxy 127.0.0.1:${campus.port}`), { state: 'holds' })
  t.match(seen('way to tunnelled.vendor.test'), {
    state: 'found',
    seen: /through proxy 127\.0\.0\.1:\d+ \(certificate_name/,
  })
  t.match(campus.heads, [/^CONNECT tunnelled\.vendor\.test:/])
  t.end()
})

t.test('doctor: a clock that is two days off is told by what vendors answer anyway', t => {
  t.match(seen('clock'), { state: 'found', seen: /17\d{4} s ahead of that of telemetry\.vendor\.test/ })
  t.end()
})

t.test('doctor: trust, instrument by instrument', t => {
  t.match(seen('trust of novaseq-01'), { state: 'holds' })
  t.match(seen('trust of other'), { state: 'unproven', hint: /open http:\/\/127\.0\.0\.1:\d+\/ on it/ })
  t.notOk(seen('trust of retired'), 'is switched off')
  t.end()
})

t.test('doctor: a policy file that is not in force is a warning, and a damaged one is wrong', async t => {
  t.match(seen('policy in force'), { state: 'holds' })
  writeFileSync(join(folder.root, 'policy.yaml'), policy.replace('A00187', 'A00188'))
  t.match((await findingsOf(folder, false)).get('policy in force'), { state: 'warning', hint: /rules activate/ })
  writeFileSync(join(folder.root, 'policy.yaml'), '{}')
  const damaged = await findingsOf(folder, false)
  t.match(damaged.get('policy'), { state: 'found' })
  t.ok(damaged.has('appliance'), 'and the rest is still looked at')
  writeFileSync(join(folder.root, 'policy.yaml'), policy)
})

t.test('P5: doctor: an anchor of a longer log is found, and one that is missed', async t => {
  t.match(seen('anchors'), { state: 'holds', seen: /last of \d+ records/ })
  t.match(seen('newest anchor'), { state: 'holds' })
  const [name = ''] = readdirSync(anchors).sort().toReversed()
  const text = readFileSync(join(anchors, name))
  rmSync(anchors, { recursive: true })
  t.match((await findingsOf(folder, false)).get('anchors'), { state: 'found', hint: /share is mounted/ })
  mkdirSync(anchors)
  writeFileSync(join(anchors, name), text)
  const other = await makeFolder(t, policy, { ...testSettings, anchors: { every: '1h', folder: anchors } })
  writeFileSync(join(other.log, 'checkpoint.pub'), readFileSync(join(folder.log, 'checkpoint.pub')))
  t.match((await findingsOf(other, false)).get('newest anchor'), {
    state: 'found',
    seen: /is shorter than/,
  })
})

t.test('P6: doctor: with --no-dial nothing is dialled', async t => {
  const connections = [vendor, ending, stranger].map(server => server.connections())
  const { code, stdout } = await sluice(['doctor', '--no-dial', '--json', '--data', folder.root])
  const lines = stdout.trim().split('\n').map(line => JSON.parse(line) as Finding) // prettier-ignore
  t.equal(code, 8)
  t.notOk(lines.some(({ check }) => check.startsWith('way to ')))
  t.same(
    [vendor, ending, stranger].map(server => server.connections()),
    connections,
  )
  t.ok(
    lines.every(({ state, hint }) => (state === 'holds') === (hint === null)),
    'whatever does not hold says what to do',
  )
})
