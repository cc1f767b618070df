import { copyFileSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { createLog } from '../../../log/writing/create-log.ts'
import { openCursor } from '../../../log/reading/cursor.ts'
import { exportLog } from '../../../log/export/export-log.ts'
import { jsonl } from '../../../log/export/jsonl.ts'
import { openJournal } from '../../../log/writing/journal.ts'
import { openRecordSource } from '../../../log/reading/record-source.ts'
import { decisionOf, origin } from '../samples.ts'

const directory = t.testdir({ log: {}, other: {} })
const log = join(directory, 'log')
const file = join(directory, 'cursor')
createLog(log, origin)
const size = 1_200
const filling = await openJournal({ directory: log, maxQueue: size })
await Promise.all(Array.from({ length: size }, () => filling.append(decisionOf())))
await filling.close()
const source = openRecordSource(log)
t.teardown(() => source.close())

/** Hands on what the cursor says is new. `crash`: the sink took it, and the process died before the cursor advanced. */
const handOn = async (crash = false): Promise<readonly number[]> => {
  const cursor = openCursor(file, source)
  const written: string[] = []
  const sink = { write: async (text: string) => void written.push(text), flush: async () => undefined }
  try {
    const kept = crash ? { next: cursor.next, advance: () => assertCrash() } : cursor
    await exportLog(source, kept, jsonl, { origin, version: '1' }, sink).catch(() => 'crashed')
  } finally {
    cursor.close()
  }
  return written
    .join('')
    .split('\n')
    .filter(Boolean)
    .map(text => (JSON.parse(text) as { sequence: number }).sequence)
}

const assertCrash = (): never => {
  throw new Error('crash')
}

t.test(
  'cursor: every record is handed on once; a crash before it advances leads to a repeat, not to a loss',
  async t => {
    const lost = await handOn(true)
    t.equal(lost[0], 0)
    const first = await handOn()
    t.same(
      first,
      Array.from({ length: size }, (_, index) => index),
    )
    t.same(await handOn(), [])
    const journal = await openJournal({ directory: log })
    await journal.append(decisionOf())
    await journal.close()
    t.same(await handOn(), [size])
    t.same(readdirSync(directory).sort(), ['cursor', 'cursor.lock', 'log', 'other'], 'nothing is left lying about')
  },
)

t.test('cursor: one process at a time', async t => {
  const cursor = openCursor(file, source)
  t.throws(() => openCursor(file, source), { code: 'ERR_CURSOR_BUSY' })
  cursor.close()
  openCursor(file, source).close()
})

t.test('cursor: a log that was replaced or rolled back is refused', async t => {
  const other = join(directory, 'other')
  createLog(other, origin)
  const empty = openRecordSource(other)
  t.teardown(() => empty.close())
  t.throws(() => openCursor(file, empty), { code: 'ERR_CURSOR_FOREIGN' }, 'the same name, but no such record')
  const state = JSON.parse(readFileSync(file, 'utf8')) as object
  const forged = join(directory, 'forged')
  writeFileSync(forged, JSON.stringify({ ...state, leaf: '0'.repeat(64) }))
  t.throws(() => openCursor(forged, source), { code: 'ERR_CURSOR_FOREIGN' }, 'another record in its place')
  writeFileSync(forged, '{"next":')
  t.throws(() => openCursor(forged, source), { code: 'ERR_CURSOR_UNREADABLE' })
  copyFileSync(file, forged)
  openCursor(forged, source).close()
})
