import Database from 'better-sqlite3'
import { cpSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { readAnchors, writeAnchor } from '../../../log/proofs/anchor-files.ts'
import { signCheckpoint } from '../../../log/proofs/checkpoint.ts'
import { openJournal } from '../../../log/writing/journal.ts'
import { logFiles } from '../../../log/log-files.ts'
import { loadSigner } from '../../../log/writing/log-keys.ts'
import type { AnchorEntry } from '../../../log/record.ts'
import { verifyLog } from '../../../log/verify/verify.ts'
import { openAnchors } from '../../../proxy/keeping/anchors.ts'
import type { DataFolder } from '../../../proxy/data-folder.ts'
import type { Notice } from '../../../proxy/watch/notice.ts'
import { makeFolder, startInProcess, testSettings } from '../../kit/appliance.ts'
import { postJson, sendRaw } from '../../kit/raw-client.ts'
import { testPolicy } from '../../kit/test-policy.ts'
import { until } from '../../kit/until.ts'
import { startVendor } from '../../kit/vendor.ts'

const vendor = await startVendor()
t.teardown(() => vendor.close())

const recordsOf = <Entry>(folder: DataFolder, kind: string): readonly Entry[] => {
  const database = new Database(logFiles(folder.log).database, { readonly: true })
  const bodies = database.prepare('SELECT body FROM record WHERE kind = ? ORDER BY sequence').pluck().all(kind)
  database.close()
  return (bodies as string[]).map(body => JSON.parse(body) as Entry)
}

const folderWith = (anchors: string) =>
  makeFolder(t, testPolicy(vendor.port), { ...testSettings, anchors: { every: '1h', folder: anchors } })

t.test('P5: anchors go to a folder and to standard output, and show a log that was rolled back', async t => {
  const kept = t.testdir({ kept: {} })
  const folder = await folderWith(join(kept, 'kept'))
  const first = await startInProcess(t, folder)
  await sendRaw(first, postJson('/v1/serial', '{"serial":1}'))
  await until(() => first.appliance.status().anchors.written !== null)
  await first.appliance.stop()
  cpSync(folder.log, join(kept, 'older'), { recursive: true })
  const second = await startInProcess(t, folder)
  await sendRaw(second, postJson('/v1/serial', '{"serial":2}'))
  await second.appliance.stop()
  t.match(second.appliance.status().anchors, { fault: null, folder: join(kept, 'kept'), everyMs: 3_600_000 })

  const anchors = readAnchors(join(kept, 'kept'))
  const printed = [...first.notices, ...second.notices].flatMap(notice =>
    notice.kind === 'anchor' ? [notice.checkpoint] : [],
  )
  t.same(anchors, printed, 'both have the same')
  t.equal(anchors.length, 4, 'one at each start and each end')
  t.match(await verifyLog(folder.log, { anchors, requireAnchor: 3_600_000 }), { kind: 'intact' })
  const entries = recordsOf<AnchorEntry>(folder, 'anchor')
  t.same(
    entries.map(({ file, size, root }) => [file, size, root]),
    anchors.map(note => ['written', Number(note.split('\n')[1]), note.split('\n')[2]]),
  )

  rmSync(folder.log, { recursive: true })
  renameSync(join(kept, 'older'), folder.log)
  t.match(await verifyLog(folder.log), { kind: 'intact' }, 'by itself the older log is whole')
  t.match(await verifyLog(folder.log, { anchors }), { kind: 'tampered', evidence: [{ what: 'rolled-back' }] })
  await t.rejects(startInProcess(t, folder), { code: 'ERR_LOG_ROLLED_BACK' }, 'and no appliance starts on it')
  t.match(await verifyLog(folder.log), { kind: 'intact' })
  t.match(await verifyLog(folder.log, { anchors }), { kind: 'tampered' }, 'nothing was written to it')
})

t.test('P5: a log that does not begin with the records of its newest anchor is not served from', async t => {
  const kept = t.testdir({ kept: {} })
  const folder = await folderWith(join(kept, 'kept'))
  const first = await startInProcess(t, folder)
  await first.appliance.stop()
  const signer = loadSigner(folder.log)
  const other = signCheckpoint({ origin: signer.name, size: 3, root: Buffer.alloc(32, 1) }, signer)
  await writeAnchor(join(kept, 'kept'), 99, 'what nobody signed, and has the largest name')
  const second = await startInProcess(t, folder)
  await second.appliance.stop()
  t.notOk(
    second.notices.some(({ kind }) => kind === 'anchor-unread'),
    'one that is not of this log is passed over',
  )
  await writeAnchor(join(kept, 'kept'), 98, other)
  await t.rejects(startInProcess(t, folder), { code: 'ERR_LOG_ROLLED_BACK', message: /does not begin/ })
})

t.test('P8: a folder that takes no anchor is told of and recorded; traffic goes on', async t => {
  const folder = await folderWith(join(t.testdir(), 'none'))
  const appliance = await startInProcess(t, folder)
  t.ok(
    appliance.notices.some(notice => notice.kind === 'anchor-unread' && notice.code === 'ENOENT'),
    'nor could the log be held against one',
  )
  await until(() => appliance.appliance.status().anchors.fault !== null)
  t.equal((await sendRaw(appliance, postJson('/v1/serial', '{"serial":1}'))).status, 200)
  t.match(appliance.appliance.status().anchors, { fault: 'ENOENT', written: null, printed: { size: Number } })
  t.ok(appliance.notices.some(notice => notice.kind === 'anchor-failed' && notice.code === 'ENOENT'))
  await until(() => recordsOf(folder, 'anchor').length > 0)
  t.match(recordsOf(folder, 'anchor'), [{ file: 'failed', error: 'ENOENT' }])
})

t.test('anchors: go out on a schedule; one that is there is never written over', async t => {
  const folder = await makeFolder(t, testPolicy(vendor.port))
  const kept = join(folder.root, 'kept')
  mkdirSync(kept)
  const journal = await openJournal({ directory: folder.log })
  const notices: Notice[] = []
  const requests = () => ({ accepted: 0, open: 0, decided: 0, refused: 0, sent: 0 })
  const notify = (notice: Notice): void => void notices.push(notice)
  const anchors = openAnchors({ log: folder.log, journal, requests, notify, everyMs: 20, folder: kept })
  await until(() => readdirSync(kept).length >= 3)
  anchors.close()
  await anchors.send()
  const names = readdirSync(kept).sort()
  t.same(names.slice(0, 2), ['checkpoint-000000000000.txt', 'checkpoint-000000000001.txt'])
  t.match(readFileSync(join(kept, names[1]!), 'utf8'), /^.*\n1\n/)
  await journal.close()
  await anchors.send()
  t.equal(anchors.status().fault, null, 'a closed log is not asked')
})
