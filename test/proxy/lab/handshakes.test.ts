import { join } from 'node:path'
import { createConnection } from 'node:net'
import { once } from 'node:events'
import t from 'tap'
import { changeAuthorityOf } from '../../../cli/change-authority.ts'
import { diagnoses, type Diagnosis } from '../../../proxy/lab/handshake-diagnosis.ts'
import { Handshakes, type Conversation, type HandshakeStatus } from '../../../proxy/lab/handshakes.ts'
import { makeFolder, startInProcess, type InProcess } from '../../kit/appliance.ts'
import { isPresent, run } from '../../kit/client.ts'
import { java } from '../../kit/java.ts'
import { openRaw, postJson, sendRaw } from '../../kit/raw-client.ts'
import { sluice } from '../../kit/sluice.ts'
import { addresses, testPolicy } from '../../kit/test-policy.ts'
import { until } from '../../kit/until.ts'
import { startVendor, vendorHost } from '../../kit/vendor.ts'

const vendor = await startVendor()
t.teardown(() => vendor.close())
const policy = testPolicy(vendor.port)
const good = postJson('/v1/serial', '{"serial":1}')

/** Runs something against a fresh appliance and waits for the first refusal after it. */
const seenAfter = async (
  appliance: InProcess,
  work: () => Promise<unknown>,
  expected = 1,
): Promise<HandshakeStatus | undefined> => {
  await work()
  const seen = (): readonly HandshakeStatus[] => appliance.appliance.status().handshakes
  await until(() => seen().reduce((sum, { refused }) => sum + refused, 0) >= expected)
  return seen()[0]
}

const redirected = ({ port }: InProcess): readonly string[] => [
  '--connect-to',
  `${vendorHost}:443:127.0.0.1:${port}`,
  `https://${vendorHost}/v1/serial`,
]

const sClient = ({ port, caFile }: InProcess, ...more: readonly string[]): Promise<unknown> => {
  const base = ['s_client', '-connect', `127.0.0.1:${port}`, '-servername', vendorHost, '-verify_return_error']
  return run('openssl', [...base, '-CAfile', caFile, ...more], '')
}

const urllib = 'import sys,urllib.request; urllib.request.urlopen("https://127.0.0.1:"+sys.argv[1]+"/")'

type Case = {
  readonly diagnosis: Diagnosis
  readonly code: RegExp
  readonly needs: string
  readonly work: (appliance: InProcess, other: string) => Promise<unknown>
}

const cases: Readonly<Record<string, Case>> = {
  'curl without our authority': {
    diagnosis: 'distrusts',
    code: /UNKNOWN_CA/,
    needs: 'curl',
    work: (appliance, other) => run('curl', ['-s', '--cacert', other, ...redirected(appliance)], ''),
  },
  'curl over TLS 1.2': {
    diagnosis: 'distrusts',
    code: /UNKNOWN_CA/,
    needs: 'curl',
    work: (appliance, other) =>
      run('curl', ['-s', '--tls-max', '1.2', '--cacert', other, ...redirected(appliance)], ''),
  },
  'Python without our authority': {
    diagnosis: 'distrusts',
    code: /UNKNOWN_CA/,
    needs: 'python3',
    work: ({ port }) => run('python3', ['-c', urllib, String(port)], ''),
  },
  'a client whose clock is two months ahead': {
    diagnosis: 'clock',
    code: /EXPIRED/,
    needs: 'openssl',
    work: appliance => sClient(appliance, '-attime', String(Math.floor(Date.now() / 1_000) + 60 * 86_400)),
  },
  'a client that knows TLS 1.1 at most': {
    diagnosis: 'too-old',
    code: /PROTOCOL/,
    needs: 'openssl',
    work: appliance => sClient(appliance, '-tls1_1', '-cipher', 'ALL:@SECLEVEL=0'),
  },
  'curl that pins another key, checked after the handshake': {
    diagnosis: 'left',
    code: /left/,
    needs: 'curl',
    work: appliance => {
      const pin = `sha256//${Buffer.alloc(32).toString('base64')}`
      return run('curl', ['-s', '--cacert', appliance.caFile, '--pinnedpubkey', pin, ...redirected(appliance)], '')
    },
  },
}

t.test('handshakes: what real clients say of our certificate, each with what to do about it', async t => {
  const folder = await makeFolder(t, policy)
  const appliance = await startInProcess(t, folder)
  let refused = 0
  for (const [what, { diagnosis, code, needs, work }] of Object.entries(cases)) {
    if ((await run(needs, needs === 'openssl' ? ['version'] : ['--version'], '')).code === null) {
      t.comment(`skipped: there is no ${needs} on this machine`)
      continue
    }
    const seen = await seenAfter(appliance, () => work(appliance, join(folder.root, 'vendor-ca.pem')), ++refused)
    t.match(seen, { diagnosis, code, instrument: 'novaseq-01', client: '127.0.0.1', trusted: 0 }, what)
  }
  const told = appliance.notices.filter(({ kind }) => kind === 'handshake-failed')
  t.ok(told.length < refused, 'what is known already is not told again')
})

t.test('handshakes: Java does not say why it goes, and that is said', async t => {
  if (!(await isPresent(java))) return t.comment('skipped: there is no java on this machine')
  const folder = await makeFolder(t, policy)
  const appliance = await startInProcess(t, folder)
  const caFile = join(folder.root, 'vendor-ca.pem')
  const job = { way: 'gateway', method: 'GET', path: '/', fields: {}, body: null } as const
  const seen = await seenAfter(appliance, () =>
    java.send({ ...appliance, caFile }, vendor.port, [job]).catch(() => null),
  )
  t.match(seen, { diagnosis: /^(broken-off|pins-or-distrusts)$/, code: /^hung-up$|CERTIFICATE_UNKNOWN/, host: null })
})

t.test('handshakes: who takes our certificate for one host and leaves with that of another probably pins', async t => {
  const folder = await makeFolder(t, policy)
  const appliance = await startInProcess(t, folder)
  t.equal((await sendRaw(appliance, good)).status, 200)
  const pinning = await openRaw(appliance, { way: 'redirect' })
  const seen = await seenAfter(appliance, async () => pinning.stream.destroy())
  t.match(seen, { diagnosis: 'pins-likely', host: vendorHost, instrument: 'novaseq-01' })
  const doctor = await sluice(['doctor', '--data', folder.root, '--json'])
  const finding = doctor.stdout.split('\n').find(line => line.includes('TLS of novaseq-01'))
  t.match(JSON.parse(finding ?? 'null'), { state: 'found', seen: /probably pins/, hint: /ask the vendor/ })
  const status = await sluice(['status', '--data', folder.root])
  t.match(status.stdout, /TLS of novaseq-01 to telemetry\.vendor\.test\trefused 1, took 0: .*pins/)
  const afterwards = await sendRaw(appliance, good.replace('appliance.test', vendorHost), { way: 'redirect' })
  t.equal(afterwards.status, 200)
  t.match(appliance.appliance.status().handshakes, [{ diagnosis: 'trusts', refused: 1, trusted: 1 }])
})

t.test('handshakes: after an exchange of the authority, who trusted only the old one is named', async t => {
  const folder = await makeFolder(t, policy)
  const appliance = await startInProcess(t, folder)
  t.equal((await sendRaw(appliance, good)).status, 200)
  await changeAuthorityOf(folder, { action: 'renew', actor: 'ada' })
  const seen = await seenAfter(appliance, () => openRaw(appliance).catch(() => null))
  t.match(seen, { diagnosis: 'new-authority-missing', host: null })
})

t.test('handshakes: a scan, a stranger and a name that is none of ours', async t => {
  const appliance = await startInProcess(t, await makeFolder(t, policy))
  const scan = createConnection({ port: appliance.port, host: '127.0.0.1' })
  await once(scan, 'connect')
  scan.destroy()
  await openRaw(appliance, { way: 'redirect', serverName: 'elsewhere.example', verify: false }).then(({ stream }) =>
    stream.destroy(),
  )
  const seen = await seenAfter(appliance, () =>
    openRaw(appliance, { from: addresses.stranger }).then(({ stream }) => stream.destroy()),
  )
  t.match(seen, { instrument: null, client: addresses.stranger, diagnosis: /^(left|broken-off)$/ })
  t.equal(appliance.appliance.status().handshakes.length, 1, 'the others tell nothing of trust')
})

const conversation = (more: Partial<Conversation> = {}): Conversation => ({
  client: '192.0.2.1',
  instrument: 'a',
  host: 'vendor.example',
  anchor: 'AA',
  ...more,
})

t.test('handshakes: what goes on is told once, and what is new at once', t => {
  const told: string[] = []
  const handshakes = new Handshakes(({ diagnosis, instrument }) => told.push(`${instrument} ${diagnosis}`))
  for (let i = 0; i < 100; i++) handshakes.refused(conversation(), 'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA')
  handshakes.refused(conversation({ instrument: 'b' }), 'ERR_SSL_SSL/TLS_ALERT_BAD_CERTIFICATE')
  handshakes.trusted(conversation({ host: 'other.example' }))
  handshakes.refused(conversation(), 'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA')
  handshakes.refused(conversation(), 'ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR')
  t.same(told, ['a distrusts', 'b pins-or-distrusts', 'a other-trust-store', 'a unclear'])
  const counts = handshakes.status().map(({ instrument, refused }) => `${instrument} ${refused}`)
  t.same(new Set(counts), new Set(['a 102', 'b 1']))
  t.end()
})

t.test('handshakes: strangers without end push out each other, and no instrument', t => {
  const handshakes = new Handshakes(() => undefined)
  handshakes.refused(conversation(), 'left')
  for (let i = 0; i < 5_000; i++)
    handshakes.refused(conversation({ instrument: null, client: `10.0.${i >> 8}.${i & 255}` }), 'left')
  t.equal(handshakes.status().length, 65)
  t.ok(handshakes.status().some(({ instrument }) => instrument === 'a'))
  t.end()
})

t.test('handshakes: every diagnosis says what it means and what to do', t => {
  for (const { meaning, todo } of Object.values(diagnoses)) t.ok(meaning && todo)
  t.end()
})
