import Database from 'better-sqlite3'
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { Agent, request } from 'node:https'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { openAuthority } from '../../../certs/authority.ts'
import { openJournal, type Journal } from '../../../log/writing/journal.ts'
import { LogError } from '../../../log/log-error.ts'
import { logFiles } from '../../../log/log-files.ts'
import { openLogReader } from '../../../log/reading/query.ts'
import { verifyLog } from '../../../log/verify/verify.ts'
import { activateStart, openActivations, type ActivationRequest } from '../../../proxy/policy/activations.ts'
import { callControl } from '../../../proxy/watch/control.ts'
import type { DataFolder } from '../../../proxy/data-folder.ts'
import { createForwarder } from '../../../proxy/upstream/forwarder.ts'
import { openLedger } from '../../../proxy/ledger.ts'
import { openSpliceLedger } from '../../../proxy/splice/splice-ledger.ts'
import { createSplicer } from '../../../proxy/splice/splicer.ts'
import { noInspectors } from '../../../proxy/inspection/no-inspectors.ts'
import { createPipeline } from '../../../proxy/pipeline.ts'
import { copiedPolicy } from '../../../proxy/policy/policy-copies.ts'
import { readSettings } from '../../../proxy/settings.ts'
import { startPolicy } from '../../../proxy/policy/start-policy.ts'
import { noPauses } from '../../../rules/pauses.ts'
import { noSpool } from '../../../proxy/spool/spool-gate.ts'
import { makeFolder, startInProcess, startProcess, type InProcess } from '../../kit/appliance.ts'
import { openRaw, postJson, sendRaw } from '../../kit/raw-client.ts'
import { until } from '../../kit/until.ts'
import { answering, startVendor, vendorHost, type Behaviour, type Vendor } from '../../kit/vendor.ts'

/** A policy under which exactly one field may leave, to one vendor. */
const policyOf = (field: string, port: number, host = vendorHost): string =>
  JSON.stringify({
    version: 1,
    instruments: [{ id: 'novaseq-01', address: '127.0.0.1' }],
    destinations: [{ id: 'vendor', host, port, addresses: ['127.0.0.1'], ca: 'vendor-ca.pem' }],
    routes: [
      {
        id: 'counts',
        destination: 'vendor',
        method: 'POST',
        path: '/v1/counts',
        body: {
          kind: 'json',
          schema: {
            type: 'object',
            additionalProperties: false,
            properties: { [field]: { type: 'integer', minimum: 0, maximum: 1_000_000 } },
          },
        },
      },
    ],
  })

const requestOf = (folder: DataFolder, text: string, cause: ActivationRequest['cause'] = 'activate') => ({
  text,
  references: { 'vendor-ca.pem': readFileSync(join(folder.root, 'vendor-ca.pem'), 'utf8') },
  cause,
  actor: 'tester',
})

type Answered = { readonly number: number; readonly digest: string; readonly code?: string }

const activate = async (folder: DataFolder, text: string): Promise<{ status: number; document: Answered }> => {
  const { status, document } = await callControl(folder.control, 'POST /activations', requestOf(folder, text))
  return { status, document: document as Answered }
}

const historyOf = (folder: DataFolder) => {
  const reader = openLogReader(folder.log)
  try {
    return reader.activations()
  } finally {
    reader.close()
  }
}

const vendorOf = async (t: Test, answer: string): Promise<Vendor> => {
  const vendor = await startVendor()
  t.teardown(() => vendor.close())
  vendor.behaviour = answering(200, [['content-type', 'text/plain']], answer)
  return vendor
}

const isIntact = async (folder: DataFolder): Promise<boolean> => (await verifyLog(folder.log)).kind === 'intact'

type Sent = { readonly field: string; readonly body: string; readonly status: number; readonly id: string }

const send = (agent: Agent, { port, ca }: InProcess, field: string, number: number): Promise<Sent & { text: string }> =>
  new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, ca, servername: 'appliance.test', agent, method: 'POST' }
    const headers = { 'content-type': 'application/json' }
    const body = JSON.stringify({ [field]: number })
    const outgoing = request({ ...options, path: '/v1/counts', headers }, answer => {
      let text = ''
      answer.on('data', (chunk: Buffer) => (text += chunk.toString()))
      answer.once('end', () =>
        resolve({ field, body, text, status: answer.statusCode!, id: String(answer.headers['sluice-decision']) }),
      )
    })
    outgoing.once('error', reject)
    outgoing.end(body)
  })

t.test('P1, P3: a swap under load: each of 500 requests is decided, sent and recorded under one policy', async t => {
  const vendors = { a: await vendorOf(t, 'a'), b: await vendorOf(t, 'b') }
  const texts = { a: policyOf('apples', vendors.a.port), b: policyOf('berries', vendors.b.port) }
  const folder = await makeFolder(t, texts.a)
  const appliance = await startInProcess(t, folder)
  const digests = { a: appliance.appliance.inForce().policy.digest, b: '' }
  const agent = new Agent({ keepAlive: true, maxSockets: 16 })
  t.teardown(() => agent.destroy())
  const load: Promise<Sent & { text: string }>[] = []
  for (let swap = 1; swap <= 20; swap++) {
    // They are under way when the policy changes.
    for (let number = load.length; number < swap * 25; number++)
      load.push(send(agent, appliance, number % 2 === 0 ? 'apples' : 'berries', number))
    const name = swap % 2 === 1 ? 'b' : 'a'
    const { status, document } = await activate(folder, texts[name])
    t.equal(status, 200)
    digests[name] = document.digest
  }
  const replies = await Promise.all(load)
  const decided = new Map(appliance.decisions.all().map(row => [row.id, row]))
  for (const { field, body, status, id, text } of replies) {
    const row = decided.get(id)!
    const name = row.policy === digests.a ? 'a' : 'b'
    t.equal(row.policy, digests[name])
    const isAllowed = (field === 'apples') === (name === 'a')
    if (isAllowed) t.same([row.verdict, status, text], ['forward', 200, name])
    else t.same([row.verdict, row.reason, status], ['block', 'schema-violation', 403])
    const got = (vendor: Vendor) => vendor.requests.filter(request => request.body.toString() === body).length
    t.same([got(vendors.a), got(vendors.b)], [isAllowed && name === 'a' ? 1 : 0, isAllowed && name === 'b' ? 1 : 0])
  }
  t.equal(decided.size, 500, 'none is lost, none is decided twice')
  t.ok(new Set([...decided.values()].map(row => row.policy)).size === 2, 'both policies decided some')
  t.equal(Object.values(agent.freeSockets).flat().length, 16, 'all connections are still open')
  t.same(
    historyOf(folder).map(({ number, cause, actor }) => [number, cause, actor]),
    [[1, 'start', 'sluice'], ...Array.from({ length: 20 }, (_, index) => [index + 2, 'activate', 'tester'])],
  )
  t.ok(await isIntact(folder))
})

t.test('a request under way ends under the policy that it began with, and then its connections are closed', async t => {
  const [old, next] = [await vendorOf(t, 'old'), await vendorOf(t, 'next')]
  const folder = await makeFolder(t, policyOf('apples', old.port))
  const appliance = await startInProcess(t, folder)
  const { digest } = appliance.appliance.inForce().policy
  t.equal((await sendRaw(appliance, postJson('/v1/counts', '{"apples":1}'))).status, 200)
  // The same destination in another policy: its connection stays.
  t.equal((await activate(folder, policyOf('pears', old.port))).status, 200)
  t.equal((await sendRaw(appliance, postJson('/v1/counts', '{"pears":1}'))).status, 200)
  t.equal(old.connections(), 1)
  t.equal((await activate(folder, policyOf('apples', old.port))).status, 200)
  const pending: Parameters<Behaviour>[] = []
  old.behaviour = (...request) => void pending.push(request)
  const [waiting, slow] = [await openRaw(appliance), await openRaw(appliance)]
  waiting.write(postJson('/v1/counts', '{"apples":2}'))
  await until(() => old.requests.length === 3)
  // One more, of which only the head is there when the policy changes.
  const [head, body] = postJson('/v1/counts', '{"apples":3}').split('\r\n\r\n') as [string, string]
  slow.write(`${head}\r\n\r\n`)
  await until(() => appliance.appliance.listener.connections >= 2)
  await sendRaw(appliance, postJson('/v1/counts', '{"nobody":1}'))
  t.equal((await activate(folder, policyOf('berries', next.port))).status, 200)
  slow.write(body)
  await until(() => old.requests.length === 4)
  t.ok(old.open() > 0, 'the vendor that is gone still has to answer')
  for (const request of pending) answering(200, [], 'late')(...request)
  for (const client of [waiting, slow]) {
    const answer = await client.answer()
    t.same([answer.status, answer.body], [200, 'late'])
    t.equal(appliance.decisions.of(answer.fields['sluice-decision']!)?.policy, digest)
  }
  await until(() => old.open() === 0)
  // The connection to the appliance is still good for the next request, under the new policy.
  waiting.write(postJson('/v1/counts', '{"berries":4}'))
  t.same((await waiting.answer()).body, 'next')
  waiting.write(postJson('/v1/counts', '{"apples":4}'))
  t.equal((await waiting.answer()).status, 403)
  for (const client of [waiting, slow]) client.stream.destroy()
})

t.test('P8: a policy that is not in order, or names a host outside the authority, leaves the old one', async t => {
  const vendor = await vendorOf(t, 'old')
  const text = policyOf('apples', vendor.port)
  const folder = await makeFolder(t, text)
  const appliance = await startInProcess(t, folder)
  const before = appliance.appliance.inForce()
  const refused = {
    'version: [': 'ERR_POLICY_INVALID',
    [text.replace('"additionalProperties":false,', '')]: 'ERR_POLICY_INVALID',
    [text.replace('vendor-ca.pem', 'other-ca.pem')]: 'ERR_POLICY_INVALID',
    [policyOf('apples', vendor.port, 'elsewhere.test')]: 'ERR_CA_TOO_NARROW',
  }
  for (const [bad, code] of Object.entries(refused))
    t.match(await activate(folder, bad), { status: 409, document: { code } })
  for (const body of [
    null,
    {},
    { ...requestOf(folder, text), cause: 'start' },
    { ...requestOf(folder, text), text: 1 },
  ])
    t.match(await callControl(folder.control, 'POST /activations', body), {
      status: 409,
      document: { code: 'ERR_ACTIVATION_REQUEST' },
    })
  t.equal(appliance.appliance.inForce(), before)
  t.equal((await sendRaw(appliance, postJson('/v1/counts', '{"apples":1}'))).status, 200)
  t.match(await activate(folder, text), { status: 200, document: { number: 1, digest: before.policy.digest } })
  t.equal(historyOf(folder).length, 1, 'nor is a record made of what was in force already')
  t.equal(readdirSync(folder.policies).length, 1, 'nor does a copy stay')
  rmSync(folder.policies, { recursive: true })
  writeFileSync(folder.policies, 'no folder')
  t.match(await activate(folder, policyOf('berries', vendor.port)), {
    status: 409,
    document: { code: 'ERR_POLICY_NOT_COPIED' },
  })
  t.equal(appliance.appliance.inForce(), before)
})

t.test('P3: a log that is full: nothing is activated', async t => {
  const vendor = await vendorOf(t, 'old')
  const folder = await makeFolder(t, policyOf('apples', vendor.port))
  const maxLogBytes = statSync(logFiles(folder.log).database).size + 60_000
  const appliance = await startInProcess(t, folder, { maxLogBytes })
  const before = appliance.appliance.inForce()
  for (let status = 200; status !== 503;)
    status = (await sendRaw(appliance, postJson('/v1/counts', '{"apples":1}'))).status
  await until(() => appliance.appliance.status().log.state === 'failed')
  t.match(await activate(folder, policyOf('berries', vendor.port)), {
    status: 409,
    document: { code: 'ERR_ACTIVATION_UNRECORDED' },
  })
  t.equal(appliance.appliance.inForce(), before)
  t.equal(appliance.appliance.status().policy.digest, before.policy.digest)
  t.equal(historyOf(folder).length, 1)
})

/** A journal whose next record reaches the disk, and is reported as lost: what a failing disk can do. */
const unacknowledged = (journal: Journal): Journal & { failNext: boolean } => {
  const faulty = {
    ...journal,
    failNext: false,
    append: async (...args: Parameters<Journal['append']>) => {
      const place = await journal.append(...args)
      if (!faulty.failNext) return place
      faulty.failNext = false
      throw new LogError('ERR_LOG_FAILED', 'the log could not be written')
    },
  }
  return faulty
}

t.test('a record that was written and not acknowledged is taken back by another', async t => {
  const folder = await makeFolder(t, policyOf('apples', 443))
  const settings = readSettings(folder)
  const authority = () => openAuthority(folder.authority)
  const journal = unacknowledged(await openJournal({ directory: folder.log }))
  t.teardown(() => journal.close())
  const first = await activateStart({ folder, settings, authority, journal }, startPolicy(folder, settings))
  const forwarder = createForwarder(folder.upstream)
  const notify = (): void => undefined
  const pipeline = createPipeline({
    inspectors: noInspectors,
    ledger: openLedger([]),
    splices: openSpliceLedger([]),
    splicer: createSplicer(folder.upstream),
    spool: noSpool,
    policy: first.policy,
    journal,
    forwarder,
    reviewers: () => [],
    whenFull: 'refuse',
    notify,
    hasRoom: () => true,
    pauses: () => noPauses,
  })
  const activations = openActivations({ folder, settings, authority, journal, pipeline, forwarder, notify }, first)
  t.teardown(() => activations.close())
  journal.failNext = true
  const berries = requestOf(folder, policyOf('berries', 443))
  await t.rejects(activations.activate(berries), { code: 'ERR_ACTIVATION_UNRECORDED' })
  t.equal(pipeline.gate().policy, first.policy)
  await t.rejects(activations.activate(berries), { code: 'ERR_ACTIVATION_UNRECORDED' }, 'not before it is known')
  await until(() => historyOf(folder).length === 3)
  const [start, lost, back] = historyOf(folder)
  t.same([back?.policy, back?.cause, back?.actor, back?.previous], [start?.policy, 'rollback', 'sluice', lost?.policy])
  await until(() => activations.inForce().number === 3)
  t.equal((await activations.activate(berries)).number, 4)
})

t.test('P3, P5: killed between the copy and the record: one policy is in force, and the log is intact', async t => {
  const vendor = await vendorOf(t, 'ok')
  const folder = await makeFolder(t, policyOf('apples', vendor.port))
  const killed = await startProcess(t, folder)
  const [before] = historyOf(folder)
  // Somebody else holds the database for a moment: the copy is made, the record has to wait.
  const other = new Database(logFiles(folder.log).database)
  other.exec('BEGIN IMMEDIATE')
  const lost = activate(folder, policyOf('berries', vendor.port)).catch(() => 'lost')
  await until(() => readdirSync(folder.policies).some(name => name.startsWith('2-')))
  t.equal(await killed.stop('SIGKILL'), null)
  t.equal(await lost, 'lost')
  other.exec('ROLLBACK')
  other.close()
  const started = await startProcess(t, folder)
  t.match(await callControl(folder.control, 'GET /status'), {
    document: { policy: { digest: before?.policy, number: 1 } },
  })
  t.equal((await sendRaw(started, postJson('/v1/counts', '{"apples":1}'))).status, 200)
  t.equal((await sendRaw(started, postJson('/v1/counts', '{"berries":1}'))).status, 403)
  t.match(await activate(folder, policyOf('pears', vendor.port)), { status: 200, document: { number: 2 } })
  t.equal(await started.stop('SIGTERM'), 0)
  t.equal(historyOf(folder).length, 2)
  t.ok(await isIntact(folder))
})

t.test('start: takes the file when it was edited, and else what was activated last', async t => {
  const folder = await makeFolder(t, policyOf('apples', 443))
  const settings = readSettings(folder)
  const file = join(folder.root, 'policy.yaml')
  const kinds = async (): Promise<readonly [string, number, string]> => {
    const appliance = await startInProcess(t, folder)
    const { number, policy } = appliance.appliance.inForce()
    const field = policy.routes[0]!.body.kind === 'json' ? [...policy.routes[0]!.body.names].join('') : ''
    await appliance.appliance.stop()
    return [appliance.appliance.startedWith, number, field]
  }
  const activated = async (text: string): Promise<void> => {
    const { appliance } = await startInProcess(t, folder)
    t.equal((await activate(folder, text)).status, 200)
    await appliance.stop()
  }
  t.same(await kinds(), ['edited', 1, 'apples'], 'the first start activates')
  t.same(await kinds(), ['same', 1, 'apples'])
  await activated(policyOf('berries', 443))
  t.same(await kinds(), ['kept', 2, 'berries'], 'another file was activated: a restart does not undo it')
  writeFileSync(file, `# comments are no edit\n${policyOf('apples', 443)}`)
  t.same(await kinds(), ['kept', 2, 'berries'])
  writeFileSync(file, policyOf('pears', 443))
  t.same(await kinds(), ['edited', 3, 'pears'], 'an edited file is taken')
  writeFileSync(file, 'version: [')
  t.throws(() => startPolicy(folder, settings), { code: 'ERR_POLICY_INVALID' })
  rmSync(file)
  t.throws(() => startPolicy(folder, settings), { code: 'ERR_POLICY_UNREADABLE' })
  writeFileSync(file, policyOf('pears', 443))
  await activated(policyOf('berries', 443))
  const copy = copiedPolicy(folder, historyOf(folder).at(-1)!)
  writeFileSync(copy, policyOf('plums', 443))
  t.throws(() => startPolicy(folder, settings), { code: 'ERR_POLICY_COPY' }, 'a copy that was changed is not believed')
  rmSync(folder.policies, { recursive: true })
  t.same(await kinds(), ['edited', 5, 'pears'], 'without copies the file is taken, on the record')
  t.ok(existsSync(copiedPolicy(folder, historyOf(folder).at(-1)!)))
})
