import { execFileSync, spawnSync } from 'node:child_process'
import t from 'tap'
import { createLog } from '../../../log/writing/create-log.ts'
import { openJournal } from '../../../log/writing/journal.ts'
import { logFiles } from '../../../log/log-files.ts'
import { openLogReader } from '../../../log/reading/query.ts'
import { blockOf, decisionOf, origin, outcomeOf, sealedSample } from '../samples.ts'

const directory = t.testdir()
createLog(directory, origin)
const journal = await openJournal({ directory })
t.teardown(async () => journal.close())
const reader = openLogReader(directory)
t.teardown(() => reader.close())

const passed = decisionOf({ time: '2026-03-01T08:00:00.000Z' })
const blocked = blockOf({
  time: '2026-03-01T09:00:00.000Z',
  instrument: 'miseq-2',
  route: 'logs',
  destination: 'other.example:443',
  held: true,
})
const replay = decisionOf({ time: '2026-03-01T10:00:00.000Z', ingress: 'replay', replayOf: blocked.id })
for (const entry of [
  passed,
  blocked,
  outcomeOf(blocked.id, { result: 'answered', status: 403 }),
  outcomeOf(passed.id),
  replay,
  {
    kind: 'review.open',
    time: replay.time,
    decision: blocked.id,
    action: 'show',
    because: null,
    actor: 'os:ada',
  } as const,
]) {
  await (entry === blocked ? journal.append(entry, sealedSample) : journal.append(entry))
}

const ids = (filter: Parameters<typeof reader.list>[0]) => reader.list(filter).map(({ id }) => id)

t.test('list: newest first, each filter alone and together, beside a writer', async t => {
  t.same(ids({}), [replay.id, blocked.id, passed.id])
  t.same(ids({ limit: 1 }), [replay.id])
  t.same(ids({ since: '2026-03-01T09:00:00.000Z' }), [replay.id, blocked.id])
  t.same(ids({ until: '2026-03-01T09:00:00.000Z' }), [passed.id])
  t.same(ids({ instrument: 'miseq-2' }), [blocked.id])
  t.same(ids({ route: 'logs' }), [blocked.id])
  t.same(ids({ verdict: 'block' }), [blocked.id])
  t.same(ids({ reason: 'sensitive-content' }), [blocked.id])
  t.same(ids({ destination: 'other.example:443' }), [blocked.id])
  t.same(ids({ verdict: 'block', instrument: 'novaseq-1' }), [])
  t.same(ids({ instrument: "' OR 1=1 --" }), [])
})

t.test(
  'trials: what a route on trial said, beside what was decided; decisions without one are no part of it',
  async t => {
    const directory = t.testdir()
    createLog(directory, origin)
    const journal = await openJournal({ directory })
    const said = { route: 'next', rule: null, place: null, findings: [], exceptions: [] }
    const allowed = blockOf({ trial: { ...said, verdict: 'would-allow', reason: null } })
    const { findings } = allowed
    const refused = decisionOf({ trial: { ...said, verdict: 'would-block', reason: 'sensitive-content', findings } })
    const place = { surface: 'body', pointer: '/celsius' }
    const narrow = decisionOf({
      trial: { ...said, verdict: 'would-block', reason: 'schema-violation', rule: 'maximum', place },
    })
    for (const entry of [decisionOf(), allowed, refused, narrow]) await journal.append(entry)
    await journal.close()
    const reader = openLogReader(directory)
    const list = (filter: Parameters<typeof reader.trials>[0]) =>
      [...reader.trials(filter)].map(row => [
        row.id,
        row.verdict,
        row.candidate,
        row.trial,
        row.trial_reason,
        row.trial_findings ?? row.trial_place,
      ])
    t.same(list({ trial: 'would-allow' }), [[allowed.id, 'block', 'next', 'would-allow', null, null]])
    const found = 'nucleotide-run (sequence) in body /lanes/0/note'
    t.same(list({ trial: 'would-block' }), [
      [narrow.id, 'forward', 'next', 'would-block', 'schema-violation', 'body /celsius'],
      [refused.id, 'forward', 'next', 'would-block', 'sensitive-content', found],
    ])
    t.equal(list({}).length, 3)
    t.equal(list({ verdict: 'forward', limit: 1 }).length, 1)
    t.same(list({ verdict: 'block', trial: 'would-block' }), [])
    reader.close()
  },
)

t.test('list: a row tells how the request ended, and what was found where', async t => {
  const [row] = reader.list({ verdict: 'block' })
  t.match(row, {
    sequence: 1,
    client: '192.0.2.10',
    path: '/v1/runs/{runId}/metrics',
    findings: 'nucleotide-run (sequence) in body /lanes/0/note',
    result: 'answered',
    response_status: 403,
    held: 1,
  })
  t.match(reader.list({ limit: 1 }), [{ result: null, ms: null, replay_of: blocked.id }], 'still under way')
})

t.test('show: all records of a decision, in order', async t => {
  t.same(
    reader.show(blocked.id).map(({ record }) => [record.sequence, record.kind]),
    [
      [1, 'decision'],
      [2, 'outcome'],
      [4, 'decision'],
      [5, 'review.open'],
    ],
  )
  t.same(reader.show('no such id'), [])
})

t.test('list: a log that is not there is said to be missing', async t => {
  t.throws(() => openLogReader(t.testdir()), { code: 'ERR_LOG_MISSING' })
})

const hasShell = spawnSync('sqlite3', ['-version']).status === 0

t.test('decisions: the view answers in the sqlite3 shell', { skip: hasShell ? false : 'no sqlite3 here' }, async t => {
  const sql = 'SELECT time, instrument, verdict, reason, response_status, findings FROM decisions ORDER BY time'
  const output = execFileSync('sqlite3', ['-readonly', '-json', logFiles(directory).database, sql], {
    encoding: 'utf8',
  })
  t.match(JSON.parse(output), [
    { instrument: 'novaseq-1', verdict: 'forward', response_status: 200, findings: null },
    { instrument: 'miseq-2', verdict: 'block', reason: 'sensitive-content', response_status: 403 },
    { verdict: 'forward', response_status: null },
  ])
})
