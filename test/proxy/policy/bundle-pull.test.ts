import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import t from 'tap'
import { encodeVerifierKey, type NoteKey } from '../../../log/proofs/checkpoint.ts'
import { openJournal, type Journal } from '../../../log/writing/journal.ts'
import { LogError } from '../../../log/log-error.ts'
import { logFiles } from '../../../log/log-files.ts'
import { openLogReader } from '../../../log/reading/query.ts'
import { openRecordSource } from '../../../log/reading/record-source.ts'
import type { FetchedEntry, FetchEntry } from '../../../log/record.ts'
import { verifyLog } from '../../../log/verify/verify.ts'
import { openBundlePuller, type BundlePullStatus } from '../../../proxy/policy/bundle-puller.ts'
import { objectionTo } from '../../../proxy/policy/bundle-fitness.ts'
import { bundleSource } from '../../../proxy/policy/bundle-source.ts'
import { flatSettings } from '../../../proxy/keeping/config-record.ts'
import { callControl } from '../../../proxy/watch/control.ts'
import type { DataFolder } from '../../../proxy/data-folder.ts'
import type { Notice } from '../../../proxy/watch/notice.ts'
import { writeBundle, type PolicyBundle } from '../../../proxy/policy/policy-bundle.ts'
import { readSettings, writeSettings, type Settings } from '../../../proxy/settings.ts'
import { parsePolicy } from '../../../rules/policy/parse-policy.ts'
import { makeFolder, startInProcess, startProcess, testSettings } from '../../kit/appliance.ts'
import { makeCertificate } from '../../certs/made-certificate.ts'
import { startConnectProxy } from '../../kit/connect-proxy.ts'
import { testPolicy } from '../../kit/test-policy.ts'
import { until } from '../../kit/until.ts'
import { answering, startVendor, vendorAuthority, vendorHost, writing, type Behaviour } from '../../kit/vendor.ts'

const guide = readFileSync(join(import.meta.dirname, '../../../docs/audit-guide.md'), 'utf8')
const [, auditQuestion = ''] = /^### Which policy bundles .*?```sql\n(.*?)```/ms.exec(guide) ?? []

const signerOf = (name: string): NoteKey => ({ name, key: generateKeyPairSync('ed25519').privateKey })
const signer = signerOf('policy.hospital.test')
const verifier = encodeVerifierKey({ name: signer.name, key: createPublicKey(signer.key) })
const hour = 3_600_000
const at = (offset: number): string => new Date(Date.now() + offset).toISOString()

/** One route of the policy of the tests, and small: lint looks at each of these. */
const policyText = (maxBodyBytes: number): string => {
  const policy = JSON.parse(testPolicy(9)) as { readonly routes: readonly { readonly id: string }[] }
  const properties = { serial: { type: 'integer', minimum: 0, maximum: 9 } }
  const schema = { type: 'object', additionalProperties: false, properties }
  const routes = policy.routes
    .filter(({ id }) => id === 'serial')
    .map(route => ({ ...route, body: { kind: 'json', schema } }))
  return JSON.stringify({ ...policy, routes, limits: { maxBodyBytes } })
}

const digestOf = (text: string): string => {
  const reading = parsePolicy(text, () => vendorAuthority.pem)
  if (!reading.ok) throw new Error(JSON.stringify(reading.problems))
  return reading.policy.digest
}

/** A bundle; each has a policy of its own. */
const unsigned = (serial: number, given: Partial<PolicyBundle> = {}): PolicyBundle => {
  const text = given.text ?? policyText(1_000 + serial)
  const references = { 'vendor-ca.pem': vendorAuthority.pem }
  const fixed = { v: 1, kind: 'policy-bundle', issued: at(-hour), expires: at(hour), cases: null } as const
  return { ...fixed, serial, policy: digestOf(text), references, text, ...given }
}

const bundle = (serial: number, given: Partial<PolicyBundle> = {}, key = signer): string =>
  writeBundle(unsigned(serial, given), key)

const serving = (text: string, etag: string | null = null): Behaviour =>
  answering(200, etag === null ? [] : [['etag', etag]], text)

const source = (port: number, more: object = {}): Settings['bundles'] => ({
  key: 'policy.pub',
  required: true,
  url: `https://${vendorHost}:${port}/sluice/policy.bundle`,
  every: '1d',
  server: { addresses: ['127.0.0.1'], ca: 'vendor-ca.pem', ...more },
})

const folderWith = async (t: Parameters<typeof makeFolder>[0], bundles: Settings['bundles']): Promise<DataFolder> => {
  const folder = await makeFolder(t, policyText(9), { ...testSettings, bundles })
  writeFileSync(join(folder.root, 'policy.pub'), `${verifier}\n`)
  return folder
}

type Fetches = readonly (FetchEntry | FetchedEntry)[]

/** The records of fetches, oldest first, as they stand on the disk. */
const fetchesIn = (folder: DataFolder): Fetches => {
  const records = openRecordSource(folder.log)
  try {
    return records
      .batch(0, 1_000)
      .map(({ body }) => JSON.parse(body) as FetchEntry)
      .filter(({ kind }) => kind.startsWith('bundle.'))
  } finally {
    records.close()
  }
}

/** The one case of a server that is too slow has to be waited for. */
const times = { connect: 5_000, answer: 1_500, retry: hour }

/** What an appliance says when it is told to ask now. */
const ask = async (folder: DataFolder) => {
  const { document } = await callControl(folder.control, 'POST /bundles/fetch')
  const { pull, policy } = document as {
    pull: BundlePullStatus
    policy: { number: number; bundle: { serial: number } }
  }
  return { pull, serial: policy.bundle?.serial ?? null, number: policy.number }
}

t.test(
  'P3: a bundle is asked for once that is recorded; what is newer and fit comes into force, nothing else does',
  async t => {
    const server = await startVendor({
      onConnection: () => t.match(fetchesIn(folder).at(-1), { kind: 'bundle.fetch' }, 'recorded before a connection'),
    })
    t.teardown(() => server.close())
    const folder = await folderWith(t, { ...source(server.port), required: false })
    const five = bundle(5)
    server.behaviour = serving(five, '"five"')
    const { appliance, notices } = await startInProcess(t, folder, { pull: times })
    await until(() => appliance.status().bundlePull?.confirmed !== null)
    t.match(await ask(folder), { serial: 5, number: 2, pull: { fault: null } }, 'at the start, and in force by then')
    t.match(fetchesIn(folder).slice(0, 2), [
      { kind: 'bundle.fetch', destination: `${vendorHost}:${server.port}`, unless: null },
      { kind: 'bundle.fetched', result: 'activated', status: 200, error: null, bytes: Buffer.byteLength(five) },
    ])
    const [first, second] = server.requests.map(({ raw }) => raw.toString())
    const head = `GET /sluice/policy.bundle HTTP/1.1\r\naccept-encoding: identity\r\nconnection: close\r\n`
    const host = `Host: ${vendorHost}:${server.port}\r\n\r\n`
    t.equal(first, `${head}${host}`, 'nothing but the URL and standard fields leaves')
    t.equal(second, `${head}if-none-match: "five"\r\n${host}`, 'and later the tag that came from there')

    const step = async (behaviour: Behaviour, fault: object | null, record: object, why: string): Promise<void> => {
      server.behaviour = behaviour
      const told = await ask(folder)
      t.match(told, { serial: 5, number: 2, pull: { fault } }, why)
      t.match(fetchesIn(folder).at(-1), { kind: 'bundle.fetched', ...record }, `${why}, as its record says`)
    }
    const refused = (code: string) =>
      [
        { kind: 'refused', code },
        { result: 'refused', status: 200, error: code },
      ] as const
    const away = (code: string) =>
      [
        { kind: 'away', code },
        { result: 'failed', status: null, error: code },
      ] as const
    const status = (code: number) =>
      [
        { kind: 'away', code: 'ERR_BUNDLE_STATUS', status: code },
        { result: 'failed', status: code },
      ] as const

    await step(answering(304, [], ''), null, { result: 'unchanged', status: 304, bytes: 0 }, 'the same, not sent again')
    await step(serving(five), null, { result: 'unchanged', status: 200 }, 'the same, sent again')
    await step(answering(304, [], ''), ...status(304), 'not modified, although nobody asked')
    await step(serving(bundle(4)), ...refused('ERR_BUNDLE_OLDER'), 'an older one')
    await step(serving(bundle(5, { text: policyText(9) })), ...refused('ERR_BUNDLE_OLDER'), 'another one of its number')
    await step(serving(bundle(6).replace('"serial":6', '"serial":7')), ...refused('ERR_BUNDLE_FORGED'), 'a changed one')
    await step(serving(bundle(6, {}, signerOf(signer.name))), ...refused('ERR_BUNDLE_FORGED'), 'one of another key')
    await step(serving('<html>'), ...refused('ERR_BUNDLE_FORGED'), 'none at all')
    await step(serving(bundle(6, { expires: at(-1_000) })), ...refused('ERR_BUNDLE_EXPIRED'), 'an expired one')
    const wide = policyText(9).replace('"id":"serial",', '"id":"serial","capacity":{"perMessage":1},')
    await step(serving(bundle(6, { text: wide })), ...refused('ERR_BUNDLE_UNFIT'), 'one that lint finds an error in')
    const moved = [['location', `https://${vendorHost}:${server.port}/other`]] as const
    await step(answering(302, moved, ''), ...status(302), 'a redirection, which nobody follows')
    t.equal(server.requests.at(-1)?.requestLine, 'GET /sluice/policy.bundle HTTP/1.1')
    await step(answering(404, [], 'no'), ...status(404), 'not there')
    const large = 'HTTP/1.1 200 OK\r\ncontent-length: 33554433\r\n\r\n'
    await step(writing(large), ...away('http_response_body_size'), 'too large, as it says')
    const chunk = `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2000001\r\n${'a'.repeat(33_554_433)}`
    await step(writing(chunk), ...away('http_response_body_size'), 'too large, without saying so')
    await step(writing('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc'), ...away('http_response_timeout'), 'too slow')
    await step(
      writing('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc', 'end'),
      ...away('http_response_incomplete'),
      'half of one',
    )
    await step(answering(200, [['content-encoding', 'gzip']], 'a'), ...away('http_protocol_error'), 'one in a coding')

    await callControl(folder.control, 'POST /pauses', { action: 'pause', instrument: null, actor: 'ada' })
    const before = server.connections()
    t.match(await ask(folder), { serial: 5, pull: { fault: { kind: 'unasked', code: 'ERR_BUNDLE_UNASKED' } } })
    t.equal(server.connections(), before, 'while all is paused, nobody is asked')
    await callControl(folder.control, 'POST /pauses', { action: 'resume', instrument: null, actor: 'ada' })

    server.behaviour = serving(bundle(7))
    t.match(await ask(folder), { serial: 7, number: 3, pull: { fault: null } }, 'a newer one after all that')
    const own = { text: policyText(77), references: { 'vendor-ca.pem': vendorAuthority.pem } }
    await callControl(folder.control, 'POST /activations', { ...own, cause: 'activate', actor: 'ada' })
    t.match(
      await ask(folder),
      { serial: null, number: 4, pull: { fault: null } },
      'what a person put in its place stays',
    )
    const reader = openLogReader(folder.log)
    t.match(
      reader.activations().map(({ bundle, actor }) => [bundle?.serial, actor]),
      [
        [undefined, 'sluice'],
        [5, 'sluice'],
        [7, 'sluice'],
        [undefined, 'ada'],
      ],
    )
    reader.close()
    t.equal(
      fetchesIn(folder).filter(({ kind }) => kind === 'bundle.fetch').length,
      server.connections(),
      'one record for each connection',
    )
    const asked = new Database(logFiles(folder.log).database, { readonly: true })
    const answers = asked.prepare(auditQuestion).all() as { readonly result: string; readonly times: number }[]
    asked.close()
    const counted = (result: string) => answers.filter(row => row.result === result).map(row => row.times)
    t.same([counted('activated'), counted('unchanged')], [[2], [4]], 'as the audit guide has it counted')
    const told = notices.filter(({ kind }) => kind === 'bundle')
    t.match(told[0], { state: 'away', code: 'ERR_BUNDLE_STATUS', status: 304 }, 'told when it changes')
    t.match(told.at(-1), { state: 'current', code: null })
    await appliance.stop()
    t.match(await verifyLog(folder.log), { kind: 'intact' })
  },
)

t.test('P3: where the record cannot be written, nothing is dialled, and that is told', async t => {
  const server = await startVendor()
  t.teardown(() => server.close())
  const bundles = source(server.port)
  const folder = await folderWith(t, bundles)
  const settings = { ...testSettings, bundles }
  const journal = await openJournal({ directory: folder.log })
  t.teardown(() => journal.close())
  const failing: Journal = { ...journal, append: () => Promise.reject(new LogError('ERR_LOG_FAILED', 'made to fail')) }
  const notices: Notice[] = []
  const puller = openBundlePuller({
    folder,
    settings,
    source: bundleSource(folder, settings),
    journal: failing,
    inForce: () => t.fail('nothing is compared') as never,
    activate: () => t.fail('nothing is activated') as never,
    isHalted: () => false,
    notify: notice => notices.push(notice),
    times,
  })
  await puller.pull()
  t.equal(server.connections(), 0)
  t.match(puller.status(), { asked: null, fault: { kind: 'unasked', code: 'ERR_LOG_FAILED' } })
  t.match(notices, [{ kind: 'bundle', state: 'unasked', code: 'ERR_LOG_FAILED' }])
  await puller.close()
})

t.test('bundles: a server that is not proven to be the one is told nothing', async t => {
  const server = await startVendor()
  const stranger = await startVendor({ certificate: makeCertificate({ dns: [vendorHost] }) })
  t.teardown(() => Promise.all([server.close(), stranger.close()]))
  const fault = async (bundles: Settings['bundles']): Promise<string | undefined> => {
    const folder = await folderWith(t, bundles)
    const { appliance } = await startInProcess(t, folder, { pull: times })
    await until(() => appliance.status().bundlePull?.fault !== null)
    const code = appliance.status().bundlePull?.fault?.code
    await appliance.stop()
    t.match(fetchesIn(folder), [{ kind: 'bundle.fetch' }, { kind: 'bundle.fetched', result: 'failed', error: code }])
    return code
  }
  t.equal(await fault(source(stranger.port)), 'certificate_self_signed')
  const pins = [`sha256/${'A'.repeat(43)}=`]
  t.equal(await fault(source(server.port, { pins })), 'certificate_pin_mismatch')
  const literal = { ...source(9), url: `https://127.0.0.1:${server.port}/policy.bundle`, server: {} }
  t.equal(await fault(literal), 'destination_ip_prohibited', 'an address that the settings do not allow')
  t.equal(server.requests.length + stranger.requests.length, 0)
  const proxy = await startConnectProxy()
  t.teardown(() => proxy.close())
  server.behaviour = answering(404, [], 'no')
  const through = { addresses: undefined, proxy: { host: '127.0.0.1', port: proxy.port } }
  t.equal(await fault(source(server.port, through)), 'ERR_BUNDLE_STATUS', 'through the proxy of the site')
  t.match(proxy.heads, [`CONNECT ${vendorHost}:${server.port} HTTP/1.1`])
  await server.close()
  t.equal(await fault(source(server.port)), 'connection_refused', 'away')
})

t.test('bundles: what the settings say of them has to be usable, or there is no start', async t => {
  const bundles = source(443)
  const folder = await folderWith(t, bundles)
  const code = (change: Partial<Settings['bundles']>, wanted: string, why: string): void => {
    const settings = { ...testSettings, bundles: { ...bundles, ...change } }
    t.throws(() => bundleSource(folder, settings), { code: wanted }, why)
    t.notMatch(flatSettings(settings), { 'bundles.url': /^sha256:/ }, 'the log has the URL itself')
  }
  code({ key: null }, 'ERR_BUNDLE_SOURCE', 'no key')
  code({ server: { ca: 'missing.pem' } }, 'ERR_BUNDLE_SOURCE', 'no CA file')
  code({ server: { ca: 'policy.pub' } }, 'ERR_BUNDLE_SOURCE', 'a CA file that is none')
  code({ server: { networks: ['10.0.0.0/64'] } }, 'ERR_BUNDLE_SOURCE', 'a network that is none')
  code({ server: { pins: ['sha256/AAAA'] } }, 'ERR_BUNDLE_SOURCE', 'a pin that is none')
  code({ url: 'https://policy.hospital.example:99999/a' }, 'ERR_BUNDLE_SOURCE', 'a port that is none')
  for (const url of [
    'http://policy.hospital.example/a',
    'https://policy.hospital.example',
    'https://ada:secret@policy.hospital.example/a',
    'https://policy.hospital.example/a?token=secret',
    'https://policy.hospital.example/a#b',
    'https://policy.hospital.example/../a',
    'https://policy.hospital.example/%61',
    'https://Policy.hospital.example/a',
  ]) {
    writeFileSync(folder.settings, writeSettings({ ...testSettings, bundles: { ...bundles, url } }))
    t.throws(() => readSettings(folder), { code: 'ERR_SETTINGS_INVALID' }, url)
  }
})

t.test('bundles: what speaks against one, its digest and its own cases among them', async t => {
  const objection = (given: Partial<PolicyBundle>): string | null => objectionTo(unsigned(6, given), Date.now())
  const cases = (expect: string): PolicyBundle['cases'] => ({
    text: `version: 1\ncases:\n  - { name: one, route: serial, file: one.json, expect: ${expect} }\n`,
    files: { 'one.json': Buffer.from('{"serial":1}').toString('base64') },
  })
  t.equal(objection({ cases: cases('allow') }), null)
  t.equal(objection({ cases: cases('block') }), '1 of its 1 cases failed')
  t.equal(objection({ cases: { ...cases('allow')!, files: {} } }), 'its cases are not in order')
  t.equal(objection({ cases: { text: 'version: 2', files: {} } }), 'its cases are not in order')
  t.match(objection({ policy: `sha256:${'ab'.repeat(32)}` }), 'reads differently here')
  t.match(objection({ references: {} }), 'lint finds errors')
})

t.test('P3: killed between the record and the request, nothing had left, and nobody says how it ended', async t => {
  const server = await startVendor()
  server.behaviour = serving(bundle(1))
  const folder = await folderWith(t, source(server.port))
  const key = join(t.testdir(), 'policy.pub')
  writeFileSync(key, `${verifier}\n`)
  writeFileSync(folder.settings, writeSettings({ ...testSettings, bundles: { ...source(server.port), key } }))
  const running = await startProcess(t, folder)
  await until(() => fetchesIn(folder).length === 2)
  t.match(fetchesIn(folder).at(-1), { result: 'activated' }, 'confined as it is, with a key outside of its folder')
  await server.close()
  const reached = Promise.withResolvers<void>()
  const silent = createServer(() => reached.resolve()).listen(server.port, '127.0.0.1')
  await once(silent, 'listening')
  const asked = ask(folder).catch(() => 'died')
  await reached.promise
  await running.stop('SIGKILL')
  silent.close()
  t.equal(await asked, 'died')
  t.match(fetchesIn(folder).slice(2), [{ kind: 'bundle.fetch' }])
  t.equal(fetchesIn(folder).length, 3)
  t.match(await verifyLog(folder.log), { kind: 'intact' })
})
