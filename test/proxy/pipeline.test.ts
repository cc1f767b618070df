import { createPrivateKey } from 'node:crypto'
import { readdirSync, readFileSync, renameSync, statSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import t from 'tap'
import { loadDigest } from '../../log/writing/log-keys.ts'
import { logFiles } from '../../log/log-files.ts'
import { openLogReader } from '../../log/reading/query.ts'
import { openReviewerKey } from '../../log/review/reviewer-key.ts'
import { open } from '../../log/held/seal.ts'
import { verifyLog } from '../../log/verify/verify.ts'
import { callControl } from '../../proxy/watch/control.ts'
import { decodeHeld } from '../../proxy/review/held-payload.ts'
import { makeFolder, startInProcess, startProcess, type Decisions, type Reachable } from '../kit/appliance.ts'
import { openRaw, postJson, requestText, sendRaw } from '../kit/raw-client.ts'
import { testPolicy } from '../kit/test-policy.ts'
import { until } from '../kit/until.ts'
import { startVendor } from '../kit/vendor.ts'

const serial = (number: number): string => `{"serial":${number}}`

/** Digests of the bodies that were decided to leave. */
const forwarded = (decisions: Decisions): ReadonlySet<string | null> =>
  new Set(decisions.all().flatMap(({ verdict, digest }) => (verdict === 'forward' ? [digest] : [])))

t.test('P3: when the log is full the answer is 503, and the vendor sees nothing of it', async t => {
  const vendor = await startVendor()
  t.teardown(() => vendor.close())
  const folder = await makeFolder(t, testPolicy(vendor.port))
  const maxLogBytes = statSync(logFiles(folder.log).database).size + 60_000
  const appliance = await startInProcess(t, folder, { maxLogBytes })
  const passed: string[] = []
  let inARow = 0
  for (let number = 0; inARow < 10; number++) {
    const { status, body, fields } = await sendRaw(appliance, postJson('/v1/serial', serial(number)))
    inARow = status === 503 ? inARow + 1 : 0
    if (status === 200) passed.push(serial(number))
    else
      t.match(
        [status, JSON.parse(body), fields],
        [503, { code: 'decision-not-recorded' }, { 'proxy-status': /proxy_internal_error/ }],
      )
  }
  t.ok(passed.length > 0, 'it had worked before')
  t.same(
    vendor.requests.map(({ body }) => body.toString()),
    passed,
  )
  const digest = loadDigest(folder.log)
  const decided = forwarded(appliance.decisions)
  t.ok(passed.every(body => decided.has(digest(Buffer.from(body)))))
  t.match(await callControl(folder.control, 'GET /health'), { status: 503, document: { state: 'failed' } })
  t.ok(appliance.appliance.status().requests.unrecorded >= 10)
  t.match(
    appliance.notices.filter(({ kind }) => kind === 'log-failed')[0],
    { code: 'ERR_LOG_FAILED' },
    'a person is told',
  )
})

t.test('P3: the decision is in the database before a connection is made, and before each first octet', async t => {
  const seen: boolean[] = []
  let expected = ''
  const isRecorded = (): boolean => forwarded(appliance.decisions).has(digest(Buffer.from(expected)))
  const vendor = await startVendor({ onConnection: () => seen.push(isRecorded()) })
  t.teardown(() => vendor.close())
  const folder = await makeFolder(t, testPolicy(vendor.port))
  const digest = loadDigest(folder.log)
  const appliance = await startInProcess(t, folder)
  vendor.onData = () => seen.push(isRecorded())
  for (let number = 0; number < 20; number++) {
    expected = serial(number)
    t.equal(isRecorded(), false)
    t.equal((await sendRaw(appliance, postJson('/v1/serial', expected))).status, 200)
  }
  t.ok(seen.length >= 21)
  t.ok(seen.every(Boolean))
})

/** `KILL_ROUNDS=20` makes a drill of it. */
const rounds = Number(process.env.KILL_ROUNDS ?? 3)

/** Sends one request after the other until the connection breaks. */
const keepSending = async (appliance: Reachable, next: () => number): Promise<void> => {
  const client = await openRaw(appliance)
  for (let status = 200; status === 200; status = (await client.answer()).status)
    client.write(postJson('/v1/serial', serial(next())))
}

t.test(
  'P3: after kill -9 under load every request that reached the vendor has its decision, and the log is whole',
  async t => {
    const vendor = await startVendor()
    t.teardown(() => vendor.close())
    const folder = await makeFolder(t, testPolicy(vendor.port))
    let number = 0
    for (let round = 1; round <= rounds; round++) {
      const running = await startProcess(t, folder)
      const enough = vendor.requests.length + 150
      const clients = Array.from({ length: 4 }, () => keepSending(running, () => number++))
      await until(() => vendor.requests.length >= enough)
      await running.stop('SIGKILL')
      await Promise.all(clients)
    }
    const appliance = await startInProcess(t, folder)
    const digest = loadDigest(folder.log)
    const decided = forwarded(appliance.decisions)
    const missing = vendor.requests.filter(({ body }) => !decided.has(digest(body)))
    t.ok(vendor.requests.length >= rounds * 150)
    t.equal(missing.length, 0)
    t.match(await verifyLog(folder.log, { deep: true }), { kind: 'intact' })
    const database = new Database(logFiles(folder.log).database, { readonly: true })
    const gaps = database.prepare("SELECT count(*) FROM record WHERE body ->> '$.cause' = 'process-died'").pluck()
    t.equal(gaps.get(), rounds, 'each start says that the run before ended without a word')
    database.close()
    t.equal((await sendRaw(appliance, postJson('/v1/serial', serial(number)))).status, 200)
  },
)

const filesUnder = (directory: string): readonly string[] =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name))

const keyTypeOf = (file: string): string | undefined => {
  try {
    return createPrivateKey(readFileSync(file)).asymmetricKeyType
  } catch {
    return undefined
  }
}

t.test(
  "P4: a held payload opens with the reviewer's key, and with nothing the appliance has; credentials are not in it",
  async t => {
    const vendor = await startVendor()
    t.teardown(() => vendor.close())
    const folder = await makeFolder(t, testPolicy(vendor.port))
    const keyFile = join(folder.root, '..', 'reviewer.key')
    renameSync(join(folder.reviewers, 'default.key'), keyFile)
    const appliance = await startInProcess(t, folder)
    const secrets = {
      Authorization: 'Bearer made.up.secret',
      Cookie: 'session=made-up-secret',
      'X-Api-Key': 'made-up-secret',
      'Proxy-Authorization': 'Basic made-up-secret',
    }
    const body = '{"serial":1,"note":"GATTACAGATTACAGGATCCATTGACCATGACCTGA"}'
    const fields = { 'Content-Type': 'application/json', 'X-Instrument-Model': 'MiSeq', ...secrets }
    const answer = await sendRaw(appliance, requestText('PUT', '/v1/runs/R1/metrics/1?mode=full', fields, body))
    t.equal(answer.status, 403)
    const id = answer.fields['sluice-decision']!
    t.match(appliance.decisions.of(id), { held: 1 })

    const files = filesUnder(folder.root)
    t.same(
      files.filter(file => keyTypeOf(file) === 'x25519'),
      [],
      'no private key of a reviewer is there',
    )
    for (const file of files)
      t.notMatch(readFileSync(file, 'latin1'), /GATTACA|made.up.secret/, file.slice(folder.root.length))

    const reader = openLogReader(folder.log)
    t.teardown(() => reader.close())
    const payload = decodeHeld(await open(reader.heldGet(id)!, id, (await openReviewerKey(keyFile, () => '')).key))
    t.equal(Buffer.from(payload.content).toString(), body)
    t.match(payload, {
      instrument: 'novaseq-01',
      client: '127.0.0.1',
      head: { method: 'PUT', target: '/v1/runs/R1/metrics/1?mode=full' },
    })
    t.same(
      payload.head.fields.map(([name]) => name),
      ['Host', 'Content-Type', 'X-Instrument-Model'],
    )
  },
)
