import Database from 'better-sqlite3'
import { readFileSync } from 'node:fs'
import t from 'tap'
import { logFiles } from '../../../log/log-files.ts'
import { openLogReader } from '../../../log/reading/query.ts'
import { verifyLog } from '../../../log/verify/verify.ts'
import type { DataFolder } from '../../../proxy/data-folder.ts'
import type { Settings } from '../../../proxy/settings.ts'
import { makeFolder, startInProcess, testSettings, type InProcess } from '../../kit/appliance.ts'
import { postJson, sendRaw } from '../../kit/raw-client.ts'
import { testPolicy } from '../../kit/test-policy.ts'
import { until } from '../../kit/until.ts'
import { startVendor } from '../../kit/vendor.ts'

const leak = '{"serial":1,"note":"GATTACAGATTACAGGATCCATTGACCATGACCTGA"}'

const vendor = await startVendor()
t.teardown(() => vendor.close())

const folderWith = (t: Parameters<typeof makeFolder>[0], held: Partial<Settings['held']>): Promise<DataFolder> =>
  makeFolder(t, testPolicy(vendor.port), { ...testSettings, held: { ...testSettings.held, ...held } })

const send = (appliance: InProcess, body = leak) => sendRaw(appliance, postJson('/v1/serial', body))

/** @returns ids of the payloads that are held, oldest first */
const heldIn = (folder: DataFolder): readonly string[] => {
  const reader = openLogReader(folder.log)
  const ids = reader.heldList().map(({ decision }) => decision)
  reader.close()
  return ids.toReversed()
}

t.test(
  'P4: without room for a payload its block is a 503, nothing that is held gives way, and what is clean still leaves',
  async t => {
    const folder = await folderWith(t, { maxPayloads: 2 })
    const appliance = await startInProcess(t, folder)
    const answers = await Promise.all([1, 2, 3, 4, 5].map(() => send(appliance)))
    t.same(
      answers.map(({ status }) => status).sort((one, other) => one - other),
      [403, 403, 503, 503, 503],
      'however many come at once',
    )
    t.match(JSON.parse((await send(appliance)).body), { code: 'held-full', status: 503 })
    t.match(appliance.decisions.all().at(-1), {
      verdict: 'block',
      reason: 'held-full',
      rule: 'sensitive-content',
      held: 0,
    })
    t.match(appliance.decisions.all().at(-1)?.findings, /nucleotide-run/, 'what was found stands in the record')
    t.match(appliance.appliance.status(), {
      log: { held: { payloads: 2, isFull: true } },
      held: { whenFull: 'refuse' },
    })
    t.equal((await send(appliance, '{"serial":2}')).status, 200)
    t.equal(heldIn(folder).length, 2)
    await appliance.appliance.stop()
    t.match(await verifyLog(folder.log, { deep: true }), { kind: 'intact' })
  },
)

t.test('P4: where the settings say so, a block without room for its payload is recorded as one', async t => {
  const folder = await folderWith(t, { maxBytes: 1_000, whenFull: 'drop-payload' })
  const appliance = await startInProcess(t, folder)
  const statuses: number[] = []
  for (let count = 0; count < 6; count++) statuses.push((await send(appliance)).status)
  t.same([...new Set(statuses)], [403])
  const { payloads, bytes, isFull } = appliance.appliance.status().log.held
  t.ok(isFull && payloads > 0 && payloads < 6 && bytes <= 1_000, `${payloads} payloads, ${bytes} octets`)
  const reader = openLogReader(folder.log)
  t.teardown(() => reader.close())
  const blocks = appliance.decisions.all().map(({ id }) => reader.show(id)[0]!.record)
  t.same(
    blocks.map(record => record.kind === 'decision' && [record.reason, record.held, record.dropped ?? null]),
    blocks.map((_, index) =>
      index < payloads ? ['sensitive-content', true, null] : ['sensitive-content', false, 'held-full'],
    ),
  )
})

t.test(
  'P4: a payload that was held as long as it may be is purged on the record, and its octets are gone from the database',
  async t => {
    const folder = await folderWith(t, { keepFor: '1m', maxPayloads: 1 })
    const appliance = await startInProcess(t, folder)
    t.equal((await send(appliance)).status, 403)
    const [id = ''] = heldIn(folder)
    const reader = openLogReader(folder.log)
    const { ciphertext } = reader.heldGet(id)!
    const sample = Buffer.from(ciphertext.subarray(0, 32))
    reader.close()
    await appliance.appliance.stop()
    t.ok(readFileSync(logFiles(folder.log).database).includes(sample))
    t.same(heldIn(folder), [id], 'not before its time')

    const { now } = Date
    Date.now = () => now() + 61_000
    t.teardown(() => (Date.now = now))
    const later = await startInProcess(t, folder)
    await until(() => later.appliance.status().log.held.payloads === 0)
    const history = openLogReader(folder.log)
    t.match(
      history.show(id).map(({ record }) => record),
      [{ kind: 'decision' }, { kind: 'purge', cause: 'retention', actor: 'sluice', decision: id }],
    )
    history.close()
    t.match(later.appliance.status().log.held, { payloads: 0, bytes: 0, isFull: false })
    await later.appliance.stop()
    Date.now = now
    t.notOk(readFileSync(logFiles(folder.log).database).includes(sample))
    t.match(await verifyLog(folder.log, { deep: true }), { kind: 'intact' })
  },
)

t.test(
  'P5: a payload without a decision is found by the check, swept at the next start, and the sweep is recorded',
  async t => {
    const folder = await folderWith(t, {})
    const appliance = await startInProcess(t, folder)
    await send(appliance)
    await appliance.appliance.stop()
    const database = new Database(logFiles(folder.log).database)
    database.exec(`INSERT INTO held SELECT 'slipped in', state, recipients, nonce, ciphertext FROM held`)
    database.close()
    t.match(await verifyLog(folder.log), { kind: 'tampered', evidence: [{ what: 'held-orphan' }] })
    const again = await startInProcess(t, folder)
    t.match(again.notices, [{ kind: 'held-swept', payloads: 1 }])
    t.equal(again.appliance.status().log.held.payloads, 1, 'the one that belongs there stays')
    const records = new Database(logFiles(folder.log).database, { readonly: true })
    t.match(records.prepare(`SELECT body ->> '$.swept' AS swept FROM record WHERE kind = 'held.sweep'`).all(), [
      { swept: 1 },
    ])
    records.close()
    await again.appliance.stop()
    t.match(await verifyLog(folder.log, { deep: true }), { kind: 'intact' })
  },
)
