import Database from 'better-sqlite3'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type { Worker } from 'node:worker_threads'
import t from 'tap'
import { createLog } from '../../../log/writing/create-log.ts'
import { requireDurability, requireFull } from '../../../log/writing/durability.ts'
import { openJournal } from '../../../log/writing/journal.ts'
import type { Journal } from '../../../log/writing/journal.ts'
import type { LogError } from '../../../log/log-error.ts'
import { logFiles } from '../../../log/log-files.ts'
import { openLogReader } from '../../../log/reading/query.ts'
import { createReviewer, openReviewerKey } from '../../../log/review/reviewer-key.ts'
import { loadReviewers } from '../../../log/review/reviewer.ts'
import { open, seal } from '../../../log/held/seal.ts'
import { openStore } from '../../../log/writing/store.ts'
import { verifyLog } from '../../../log/verify/verify.ts'
import { blockOf, decisionOf, fillLog, origin, outcomeOf } from '../samples.ts'

const child = join(import.meta.dirname, 'append-until-killed.ts')

const newLog = (directory: string): string => {
  createLog(directory, origin)
  return directory
}

/** The code with which a promise is rejected, or `none`. */
const codeOf = async (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'none',
    (fault: LogError) => fault.code,
  )

const untilReady = async (journal: Journal): Promise<void> => {
  while (journal.status().state !== 'ready') await setTimeout(20)
}

t.test('journal: appended records get the next sequence, and can be read back', async t => {
  const directory = newLog(t.testdir())
  const journal = await openJournal({ directory })
  const decision = decisionOf({ digest: journal.digest(Buffer.from('body')) })
  t.same(await journal.append(decision), { sequence: 0 })
  t.same(await journal.append(outcomeOf(decision.id)), { sequence: 1 })
  t.match(journal.status(), { state: 'ready', fault: null, size: 2, queued: 0 })
  const { root } = journal.status()
  await journal.close()
  t.match(await verifyLog(directory), { kind: 'intact', size: 2, root })
  const reader = openLogReader(directory)
  const [shown, outcome] = reader.show(decision.id)
  t.match(shown?.record, decision)
  t.match(shown?.record, { v: 1, sequence: 0, seal: null, salt: /^[\w-]{22}$/ })
  t.match(outcome?.record, outcomeOf(decision.id))
  reader.close()
})

t.test('journal: keys are 0600, and no log is made over another', async t => {
  const directory = newLog(t.testdir())
  const { signingKey, digestKey, database } = logFiles(directory)
  for (const file of [signingKey, digestKey, database]) t.equal(statSync(file).mode & 0o777, 0o600)
  const before = readFileSync(signingKey)
  t.throws(() => createLog(directory, origin), { code: 'ERR_LOG_EXISTS' })
  t.ok(before.equals(readFileSync(signingKey)))
  t.throws(() => createLog(join(directory, 'new'), 'a name'), { code: 'ERR_LOG_ORIGIN' })
})

t.test('journal: a digest is keyed: the same bytes have another name in another log', async t => {
  const names = []
  const root = t.testdir()
  for (const folder of ['one', 'two']) {
    const journal = await openJournal({ directory: newLog(join(root, folder)) })
    names.push(journal.digest(Buffer.from('body')), journal.digest(Buffer.from('body')))
    await journal.close()
  }
  t.equal(names[0], names[1])
  t.not(names[0], names[2])
  t.match(names[0], /^hmac-sha256:[0-9a-f]{64}$/)
})

t.test('P3: a held payload is durable with its decision, and goes with its purge record', async t => {
  const directory = newLog(t.testdir({ people: {} }))
  const people = join(directory, 'people')
  const { privateFile } = await createReviewer(people, 'ada')
  const journal = await openJournal({ directory })
  const decision = blockOf({ held: true })
  const payload = Buffer.from('made up')
  await journal.append(decision, await seal(loadReviewers(people), decision.id, payload))
  const reader = openLogReader(directory)
  t.match(reader.heldList(), [{ decision: decision.id, reason: 'sensitive-content', bytes: 23, reviewers: ['ada'] }])
  const { key } = await openReviewerKey(privateFile, () => '')
  t.ok(payload.equals(await open(reader.heldGet(decision.id)!, decision.id, key)))
  const time = '2026-03-02T00:00:00.000Z'
  await journal.append({
    kind: 'purge',
    time,
    decision: decision.id,
    cause: 'reviewer',
    because: null,
    actor: 'os:ada',
  })
  t.equal(reader.heldGet(decision.id), null)
  t.equal((await verifyLog(directory)).kind, 'intact')
  reader.close()
  await journal.close()
})

t.test('journal: a decision that used an exception tells it, beside one that did not', async t => {
  const directory = newLog(t.testdir())
  const journal = await openJournal({ directory })
  const excepted = [{ ...blockOf().findings[0]!, chain: [], exception: 'kit-names' }]
  const owed = decisionOf({ exceptions: ['kit-names'], excepted })
  const plain = decisionOf()
  await Promise.all([journal.append(owed), journal.append(plain)])
  await journal.close()
  t.equal((await verifyLog(directory)).kind, 'intact')
  const reader = openLogReader(directory)
  t.match(reader.show(owed.id)[0]?.record, { exceptions: ['kit-names'], excepted })
  t.notOk(Object.hasOwn(reader.show(plain.id)[0]!.record, 'exceptions'), 'as all records were before there were any')
  t.match(reader.list(), [{ id: plain.id }, { id: owed.id, findings: null }])
  reader.close()
})

t.test('P7: what has no place in the log is refused, and the refusal does not repeat it', async t => {
  const journal = await openJournal({ directory: newLog(t.testdir()) })
  const finding = blockOf().findings[0]!
  const secret = 'GATTACA John 1970-01-01'
  const wrong = [
    decisionOf({ path: `/runs?${secret}` }),
    decisionOf({ path: '/runs?token=abc' }),
    decisionOf({ method: secret }),
    decisionOf({ method: 'ACGT' }),
    decisionOf({ destination: `https://user:${secret}@vendor.example` }),
    decisionOf({ reason: secret }),
    decisionOf({ digest: secret }),
    decisionOf({ client: secret }),
    decisionOf({ findings: [{ ...finding, pointer: 'no pointer' }] }),
    decisionOf({ findings: [Object.assign({ text: secret }, finding)] }),
    Object.assign(decisionOf(), { body: secret }),
    decisionOf({ exceptions: [secret] }),
    decisionOf({ excepted: [finding as never] }),
    decisionOf({ excepted: [{ ...finding, exception: secret }] }),
    decisionOf({ excepted: [Object.assign({ text: secret }, { ...finding, exception: 'kit-names' })] }),
    Object.assign(decisionOf(), { exceptions: undefined }),
    outcomeOf(decisionOf().id, { error: secret }),
    { ...outcomeOf(decisionOf().id), kind: 'toString' },
  ]
  for (const entry of wrong) {
    const fault = await journal.append(entry as never).catch((error: unknown) => error as LogError)
    t.match(fault, { code: 'ERR_LOG_RECORD' })
    t.notMatch((fault as LogError).message, /GATTACA|John|1970/)
  }
  t.equal(await codeOf(journal.append(blockOf({ held: true }))), 'ERR_LOG_RECORD', 'held, but nothing to hold')
  t.equal(journal.status().size, 0)
  await journal.close()
})

t.test('P8: a second writer is refused, in this process and in another; a closed log can be opened again', async t => {
  const directory = newLog(t.testdir())
  const journal = await openJournal({ directory })
  t.equal(await codeOf(openJournal({ directory })), 'ERR_LOG_BUSY')
  const other = spawnSync(process.execPath, [child, directory], { encoding: 'utf8' })
  t.match(other.stderr, 'ERR_LOG_BUSY')
  t.equal((await journal.append(decisionOf())).sequence, 0, 'the first writer goes on')
  await journal.close()
  t.equal(await codeOf(journal.append(decisionOf())), 'ERR_LOG_CLOSED')
  const again = await openJournal({ directory })
  t.equal((await again.append(decisionOf())).sequence, 1)
  await again.close()
})

t.test('P8: the queue is bounded in records and in octets; what it took is written', async t => {
  const directory = newLog(t.testdir({ people: {} }))
  await createReviewer(join(directory, 'people'), 'ada')
  const journal = await openJournal({ directory, maxQueue: 8, maxQueueBytes: 2_000 })
  const codes = await Promise.all(Array.from({ length: 20 }, async () => codeOf(journal.append(decisionOf()))))
  t.equal(codes.filter(code => code === 'none').length, 8)
  t.equal(codes.filter(code => code === 'ERR_LOG_QUEUE_FULL').length, 12)
  const held = [blockOf({ held: true }), blockOf({ held: true })]
  const keys = loadReviewers(join(directory, 'people'))
  const sealed = await Promise.all(held.map(async ({ id }) => seal(keys, id, Buffer.alloc(1_200))))
  t.same(await Promise.all(held.map(async (entry, index) => codeOf(journal.append(entry, sealed[index])))), [
    'none',
    'ERR_LOG_QUEUE_FULL',
  ])
  t.match(journal.status(), { size: 9, queued: 0, state: 'ready' })
  await journal.close()
})

t.test('P3: closing writes what is queued', async t => {
  const directory = newLog(t.testdir())
  const journal = await openJournal({ directory })
  const codes = Array.from({ length: 500 }, async () => codeOf(journal.append(decisionOf())))
  await journal.close()
  t.same(new Set(await Promise.all(codes)), new Set(['none']))
  t.match(await verifyLog(directory), { kind: 'intact', size: 500 })
})

t.test('P3: synchronous=FULL is read back after a write, and anything less is refused', async t => {
  const file = join(t.testdir(), 'plain.sqlite')
  const database = new Database(file)
  database.pragma('journal_mode = WAL')
  t.doesNotThrow(() => requireFull(database), 'what SQLite says before the first write')
  database.exec('CREATE TABLE a (b)')
  t.throws(() => requireFull(database), { code: 'ERR_LOG_NOT_DURABLE' }, 'what it does from then on')
  requireDurability(database, () => database.exec('INSERT INTO a VALUES (1)'))
  t.doesNotThrow(() => requireFull(database))
  t.throws(
    () => requireDurability(database, () => database.pragma('synchronous = NORMAL')),
    { code: 'ERR_LOG_NOT_DURABLE' },
    'when the setting does not last',
  )
  const memory = new Database(':memory:')
  t.throws(() => requireDurability(memory, () => memory.exec('CREATE TABLE a (b)')), { code: 'ERR_LOG_NOT_DURABLE' })
  memory.close()
  database.close()
})

const hasStrace = spawnSync('strace', ['-V']).status === 0

t.test(
  'P3: every acknowledgement comes after the disk was synced',
  { skip: hasStrace ? false : 'strace is not installed' },
  async t => {
    const directory = newLog(t.testdir())
    const trace = join(directory, 'trace')
    const args = [
      '-f',
      '-y',
      '-o',
      trace,
      '-e',
      'trace=fdatasync,fsync,write',
      process.execPath,
      child,
      directory,
      '1',
      '20',
    ]
    t.equal(spawnSync('strace', args).status, 0)
    let synced = false
    let acknowledged = 0
    for (const line of readFileSync(trace, 'utf8').split('\n')) {
      if (/fdatasync\(.*decisions\.sqlite-wal|fsync\(.*decisions\.sqlite-wal/.test(line)) synced = true
      if (!/write\(1.*"ack /.test(line)) continue
      t.ok(synced, 'synced since the last acknowledgement')
      synced = false
      acknowledged++
    }
    t.equal(acknowledged, 20)
  },
)

/** `KILL_ROUNDS=20` makes a drill of it. */
const rounds = Number(process.env.KILL_ROUNDS ?? 3)

t.test('P3: after kill -9 under load every acknowledged record is there, and the log verifies', async t => {
  const directory = newLog(t.testdir())
  const acknowledged: string[] = []
  for (let round = 0; round < rounds; round++) {
    const victim = spawn(process.execPath, [child, directory, '16'], { stdio: ['ignore', 'pipe', 'inherit'] })
    let output = ''
    victim.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text
      if (output.split('\n').length > 200) victim.kill('SIGKILL')
    })
    await once(victim, 'close')
    t.equal(victim.signalCode, 'SIGKILL')
    acknowledged.push(
      ...output
        .split('\n')
        .filter(line => /^ack .{36}$/.test(line))
        .map(line => line.slice(4)),
    )
  }
  t.ok(acknowledged.length >= rounds * 200)
  const journal = await openJournal({ directory })
  await journal.close()
  t.equal((await verifyLog(directory)).kind, 'intact')
  const reader = openLogReader(directory)
  const present = new Set(reader.list({ limit: 1_000_000 }).map(({ id }) => id))
  t.same(
    acknowledged.filter(id => !present.has(id)),
    [],
  )
  reader.close()
})

t.test(
  'P8: when the disk is full appends are refused and none is lost; it recovers, and a gap record tells',
  async t => {
    const directory = newLog(t.testdir())
    const journal = await openJournal({ directory })
    await journal.append(decisionOf())
    journal.setMaxBytes(1)
    const acknowledged: string[] = []
    let refused = 0
    while (refused < 3) {
      const entry = blockOf({ findings: Array.from({ length: 20 }, () => blockOf().findings[0]!) })
      const code = await codeOf(journal.append(entry))
      if (code === 'none') {
        acknowledged.push(entry.id)
        continue
      }
      t.equal(code, 'ERR_LOG_FAILED')
      t.match(journal.status(), { state: 'failed', fault: 'ERR_LOG_FAILED' })
      refused++
    }
    journal.setMaxBytes(null)
    await untilReady(journal)
    t.equal(await codeOf(journal.append(decisionOf())), 'none')
    await journal.close()
    t.equal((await verifyLog(directory)).kind, 'intact')
    const database = new Database(logFiles(directory).database, { readonly: true })
    const gaps = database.prepare("SELECT sum(body ->> '$.refused') FROM record WHERE kind = 'gap'").pluck()
    t.equal(gaps.get(), 3)
    const find = database.prepare('SELECT 1 FROM decisions WHERE id = ?').pluck()
    t.ok(acknowledged.every(id => find.get(id) === 1))
    database.close()
  },
)

t.test('P8: a log whose end was changed behind the writer fails closed, and stays failed', async t => {
  const directory = newLog(t.testdir())
  const journal = await openJournal({ directory })
  for (let count = 0; count < 3; count++) await journal.append(decisionOf())
  const intruder = new Database(logFiles(directory).database)
  intruder.exec('DROP TRIGGER record_no_delete; DELETE FROM record WHERE sequence = 2')
  intruder.close()
  t.equal(await codeOf(journal.append(decisionOf())), 'ERR_LOG_FAILED')
  while (journal.status().fault !== 'ERR_LOG_DAMAGED') await setTimeout(20)
  t.equal(journal.status().state, 'failed')
  await journal.close()
  t.equal(await codeOf(openJournal({ directory })), 'ERR_LOG_DAMAGED')
})

t.test('P8: when the writer thread dies what waits is refused, and a new one takes over', async t => {
  const directory = newLog(t.testdir())
  const workers: Worker[] = []
  const onWorker = (worker: Worker): void => void workers.push(worker)
  process.on('worker', onWorker)
  t.teardown(() => process.off('worker', onWorker))
  const journal = await openJournal({ directory })
  const [first] = await Promise.all([journal.append(decisionOf()), journal.append(decisionOf())])
  t.same(first, { sequence: 0 })
  const ended = workers[0]!.terminate()
  t.equal(await codeOf(journal.append(decisionOf())), 'ERR_LOG_FAILED')
  t.equal(journal.status().state, 'failed')
  await ended
  await untilReady(journal)
  t.equal(workers.length, 2)
  t.equal((await journal.append(decisionOf())).sequence, journal.status().size - 1)
  await journal.close()
  const database = new Database(logFiles(directory).database, { readonly: true })
  t.match(
    database
      .prepare("SELECT body ->> '$.cause' AS cause, body ->> '$.refused' AS refused FROM record WHERE kind = 'gap'")
      .all(),
    [{ cause: 'writer-died', refused: 1 }],
  )
  database.close()
  t.equal((await verifyLog(directory)).kind, 'intact')
})

t.test('P5: a writer that recovers does not take an older copy of the log for its own', async t => {
  const directory = newLog(t.testdir())
  const { database } = logFiles(directory)
  const older = readFileSync(database)
  const store = openStore(directory, null)
  const record = { ...decisionOf(), v: 1, salt: 'x'.repeat(22), seal: null } as const
  store.commit([[{ record, sealed: null }]])
  const known = store.frontier()
  store.commit([[{ record, sealed: null }]])
  store.close()
  const grown = openStore(directory, known)
  t.equal(grown.frontier().size, 2, 'more than was known is well')
  grown.close()
  writeFileSync(database, older)
  t.throws(() => openStore(directory, known), { code: 'ERR_LOG_DAMAGED' })
  openStore(directory, null).close()
})

t.test('P8: a folder that holds no log, half a log or something else is refused with the reason', async t => {
  const directory = t.testdir()
  t.equal(await codeOf(openJournal({ directory })), 'ERR_LOG_MISSING')
  await fillLog(join(directory, 'log'), 1, await reviewersIn(join(directory)))
  const { database, signingKey } = logFiles(join(directory, 'log'))
  const other = new Database(database)
  other.pragma('user_version = 999')
  other.close()
  t.equal(await codeOf(openJournal({ directory: join(directory, 'log') })), 'ERR_LOG_VERSION')
  rmSync(signingKey)
  t.equal(await codeOf(openJournal({ directory: join(directory, 'log') })), 'ERR_LOG_KEY')
  writeFileSync(signingKey, 'not a key')
  t.equal(await codeOf(openJournal({ directory: join(directory, 'log') })), 'ERR_LOG_KEY')
})

const reviewersIn = async (folder: string) => {
  await createReviewer(folder, 'ada')
  return loadReviewers(folder)
}

t.test('log: decisions are append-only for whoever slips in a shell', async t => {
  const directory = newLog(t.testdir())
  const journal = await openJournal({ directory })
  await journal.append(decisionOf())
  await journal.close()
  const database = new Database(logFiles(directory).database)
  const slips = [
    "UPDATE record SET body = '{}'",
    'DELETE FROM record',
    "INSERT OR REPLACE INTO record (sequence, body, leaf) VALUES (0, '{}', x'00')",
    "INSERT INTO record (sequence, body, leaf) VALUES (7, '{}', x'00')",
  ]
  for (const slip of slips) t.throws(() => database.exec(slip), /append-only/, slip)
  database.close()
})
