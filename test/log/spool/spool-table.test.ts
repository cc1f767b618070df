import Database from 'better-sqlite3'
import { createSecretKey, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { array, assert, asyncProperty, constantFrom } from 'fast-check'
import t, { type Test } from 'tap'
import { createLog } from '../../../log/writing/create-log.ts'
import { openJournal } from '../../../log/writing/journal.ts'
import { logFiles } from '../../../log/log-files.ts'
import { openLogReader } from '../../../log/reading/query.ts'
import type { SpoolEntry } from '../../../log/record.ts'
import { redactRecord } from '../../../log/writing/redact.ts'
import { openSpooled, sealSpooled } from '../../../log/spool/spool-seal.ts'
import {
  isKept,
  nextSpoolState,
  spoolStateAfter,
  spoolTransitions,
  type SpoolEvent,
} from '../../../log/spool/states.ts'
import { uuidV7 } from '../../../log/writing/uuid-v7.ts'
import { verifyLog } from '../../../log/verify/verify.ts'
import { promises, type DeliveryPromise } from '../../../rules/delivery.ts'
import { runSql } from '../intruder.ts'
import { decisionOf, origin } from '../samples.ts'

const key = createSecretKey(randomBytes(32))
const time = '2026-03-01T09:31:00.000Z'
const events = Object.keys(spoolTransitions) as SpoolEvent[]

/** A log with a journal, and how something is spooled in it. */
const spooling = async (t: Test) => {
  const directory = join(t.testdir({}), 'log')
  createLog(directory, origin)
  const journal = await openJournal({ directory })
  t.teardown(() => journal.close())
  const spool = async (promise: DeliveryPromise = 'at-most-once', payload = Buffer.from('a payload')) => {
    const id = uuidV7()
    const sealed = sealSpooled(key, id, payload)
    const terms = { promise, bytes: sealed.ciphertext.length, expires: '2026-03-04T09:30:00.000Z' }
    await journal.spool(decisionOf({ id, spool: terms }), sealed)
    return { id, sealed }
  }
  const tell = (decision: string, kind: SpoolEvent) => journal.appendAll([entryOf(decision, kind)])
  const reader = openLogReader(directory)
  t.teardown(() => reader.close())
  return { directory, journal, spool, tell, reader }
}

const entryOf = (decision: string, kind: SpoolEvent): SpoolEntry => {
  const about = { decision, time, actor: 'sluice' }
  const ended = { ...about, status: 503, error: null }
  switch (kind) {
    case 'spool.send':
      return { ...about, kind, attempt: 1, policy: `sha256:${'ab'.repeat(32)}` }
    case 'spool.unsent':
    case 'spool.again':
      return { ...ended, kind, next: time }
    case 'spool.delivered':
    case 'spool.stuck':
    case 'spool.unknown':
      return { ...ended, kind }
    case 'spool.blocked':
      return { ...about, kind, attempt: uuidV7() }
    case 'spool.retry':
    case 'spool.dropped':
      return { ...about, kind, because: 'asked the vendor' }
    case 'spool.expired':
    case 'spool.withdrawn':
      return { ...about, kind }
  }
}

t.test(
  'P8: spool states: at most once is never sent again unless it certainly did not arrive, or a person says so',
  async t => {
    const histories = array(constantFrom(...events), { maxLength: 12 })
    const { directory, spool, tell, reader } = await spooling(t)
    await assert(
      asyncProperty(
        histories,
        constantFrom(...(Object.keys(promises) as DeliveryPromise[])),
        async (history, promise) => {
          const { id } = await spool(promise)
          const happened: SpoolEvent[] = []
          for (const event of history) {
            const state = spoolStateAfter(happened, promise)!
            const isAllowed = nextSpoolState(state, event, promise) !== null
            const isWritten = await tell(id, event).then(
              () => true,
              (error: { code: string }) =>
                error.code === 'ERR_REVIEW_STATE' ? false : Promise.reject(new Error(error.code)),
            )
            if (isWritten !== isAllowed)
              throw new Error(`${event} in ${state}: the writer ${isWritten ? 'took' : 'refused'} it`)
            if (isWritten) happened.push(event)
          }
          const between = happened.join(' ').split('spool.send').slice(1, -1)
          if (promise === 'at-most-once' && !between.every(since => /spool\.(unsent|retry)/.test(since)))
            throw new Error('it was sent twice')
          const [row] = reader.spoolList({ ids: [id] })
          const state = spoolStateAfter(happened, promise)!
          if ((row?.state ?? null) !== (isKept(state) ? state : null)) throw new Error('the row does not fit')
        },
      ),
      { numRuns: 40 },
    )
    t.match(await verifyLog(directory), { kind: 'intact' })
  },
)

t.test(
  'P7: spool: what was delivered is overwritten on the disk, and nothing opens under another id or when altered',
  async t => {
    const { directory, spool, tell, reader } = await spooling(t)
    const payload = randomBytes(20_000)
    const { id, sealed } = await spool('at-most-once', payload)
    const piece = Buffer.from(sealed.ciphertext).subarray(9_000, 9_032)
    const { database } = logFiles(directory)
    const isThere = () => {
      const opened = new Database(database)
      opened.pragma('wal_checkpoint(TRUNCATE)')
      opened.close()
      return readFileSync(database).includes(piece)
    }
    t.same(openSpooled(key, id, reader.spoolGet(id)!), payload)
    t.equal(isThere(), true)
    for (const kind of ['spool.send', 'spool.delivered'] as const) await tell(id, kind)
    t.equal(reader.spoolGet(id), null)
    t.equal(isThere(), false)
    t.throws(() => openSpooled(key, uuidV7(), sealed), { code: 'ERR_SPOOL_BROKEN' })
    const altered = { ...sealed, ciphertext: sealed.ciphertext.with(5, sealed.ciphertext[5]! ^ 1) }
    t.throws(() => openSpooled(key, id, altered), { code: 'ERR_SPOOL_BROKEN' })
    t.throws(() => openSpooled(createSecretKey(randomBytes(32)), id, sealed), { code: 'ERR_SPOOL_BROKEN' })
  },
)

t.test('P5: verify: what an intruder does to what waits is found, each by its own name', async t => {
  const deeds = {
    'DELETE FROM spool': 'spool-missing',
    'UPDATE spool SET ciphertext = zeroblob(40)': 'spool-altered',
    // it would be sent a second time
    "UPDATE spool SET state = 'waiting'": 'spool-state',
    "INSERT INTO spool SELECT 'other', state, promise, nonce, ciphertext FROM spool": 'spool-orphan',
  }
  const { directory, journal, spool, tell } = await spooling(t)
  const { id } = await spool()
  for (const kind of ['spool.send', 'spool.unknown'] as const) await tell(id, kind)
  await t.rejects(redactRecord(directory, journal, { record: id, reason: 'personal-data', actor: 'ada' }), {
    code: 'ERR_LOG_REDACT_HELD',
  })
  t.match(await verifyLog(directory), { kind: 'intact' })
  const { database } = logFiles(directory)
  for (const [deed, what] of Object.entries(deeds)) {
    runSql(database, `CREATE TABLE kept AS SELECT * FROM spool; ${deed};`)
    const found = await verifyLog(directory)
    t.ok(found.kind === 'tampered' && found.evidence.some(evidence => evidence.what === what), `${deed}: ${what}`)
    runSql(database, 'DELETE FROM spool; INSERT INTO spool SELECT * FROM kept; DROP TABLE kept;')
  }
  t.match(await verifyLog(directory), { kind: 'intact' })
  const lone = decisionOf({ spool: { promise: 'at-most-once', bytes: 9, expires: time } })
  await t.rejects(journal.append(lone), { code: 'ERR_LOG_RECORD' }, 'no decision says so without the payload')
})
