import Database from 'better-sqlite3'
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { attachStatements } from '../../../log/segments/attach.ts'
import { loadVerifier } from '../../../log/writing/log-keys.ts'
import { createLog } from '../../../log/writing/create-log.ts'
import { openCursor } from '../../../log/reading/cursor.ts'
import { exportLog, passingCursor } from '../../../log/export/export-log.ts'
import { formats } from '../../../log/export/formats.ts'
import { tailLog } from '../../../log/reading/follow.ts'
import { openJournal, type Journal } from '../../../log/writing/journal.ts'
import { logFiles } from '../../../log/log-files.ts'
import { proveRecord } from '../../../log/proofs/prove.ts'
import { purgeList, purgeSegments } from '../../../log/segments/purge-segments.ts'
import { openLogReader } from '../../../log/reading/query.ts'
import { openReader } from '../../../log/reading/reader.ts'
import { openRecordSource } from '../../../log/reading/record-source.ts'
import { redactRecord } from '../../../log/writing/redact.ts'
import { createReviewer } from '../../../log/review/reviewer-key.ts'
import { loadReviewers } from '../../../log/review/reviewer.ts'
import { seal } from '../../../log/held/seal.ts'
import { sealSegment, sweepSegments, tidySegments } from '../../../log/segments/seal-segment.ts'
import { PIECE, segmentFile, segmentRoot } from '../../../log/segments/segments.ts'
import { statsOf } from '../../../log/reading/stats.ts'
import { checkProof } from '../../../log/proofs/tlog-proof.ts'
import { verifyLog, type VerifyOptions } from '../../../log/verify/verify.ts'
import { writeSegment } from '../../../log/segments/write-segment.ts'
import { figuresOf } from '../../../log/figures/figures.ts'
import { ageLog, oldLog, oldTimes } from '../../kit/old-log.ts'
import { blockOf, decisionOf, origin, outcomeOf } from '../samples.ts'
import { behindGuards, runSql } from '../intruder.ts'

const root = t.testdir()
/** `TAMPER_RECORDS=40000` makes a drill of it. */
const PIECES = Math.max(1, Math.floor(Number(process.env.TAMPER_RECORDS ?? 0) / PIECE) - 1)
/** Where the first segment ends, and where the second. */
const [EDGE, LAST] = [PIECES * PIECE, (PIECES + 1) * PIECE]
const SIZE = LAST + 22
const original = join(root, 'log')
oldLog(original, { pieces: PIECES })
const YEARS_TO = (time: string): number => Date.now() - Date.parse(time)
/** Ages with which the first, and then also the second, segment is sealed and purged. */
const [older, old] = [YEARS_TO('2019-01-01'), YEARS_TO('2020-01-01')]
const first = { first: 0, last: EDGE - 1 } as const
const second = { first: EDGE, last: LAST - 1 } as const

let copies = 0
const copyOf = (log: string): string => {
  const directory = join(root, `copy-${copies++}`)
  cpSync(log, directory, { recursive: true })
  return directory
}

const withJournal = async <Result>(directory: string, act: (journal: Journal) => Promise<Result>): Promise<Result> => {
  const journal = await openJournal({ directory })
  try {
    return await act(journal)
  } finally {
    await journal.close()
  }
}

const found = async (directory: string, options: VerifyOptions = {}): Promise<readonly string[]> => {
  const result = await verifyLog(directory, options)
  if (result.kind !== 'tampered') return [result.kind === 'intact' ? 'intact' : result.why]
  return [...new Set(result.evidence.map(({ what, sequence }) => (sequence === null ? what : `${what} ${sequence}`)))]
}

const checkpointOf = (directory: string): string => {
  const reader = openLogReader(directory)
  try {
    return reader.checkpoint()
  } finally {
    reader.close()
  }
}

const rowsIn = (directory: string): number => {
  const database = new Database(logFiles(directory).database, { readonly: true })
  const count = database.prepare('SELECT count(*) FROM record').pluck().get() as number
  database.close()
  return count
}

/** What every reader says of the first records of the log: the same before and after they were sealed. */
const sayingsOf = async (directory: string) => {
  const reader = openLogReader(directory)
  const source = openRecordSource(directory)
  const until = new Date().toISOString()
  try {
    const listed = [...reader.each()]
    const edge = listed.find(({ sequence }) => sequence < EDGE)!
    const { fields, total } = figuresOf(directory, { since: '2018-01-01T00:00:00.000Z', until })
    const tail = []
    for await (const event of tailLog(directory, { until: '2020-01-01T00:00:00.000Z', verdict: 'block' }, 5))
      tail.push(event)
    return {
      listed,
      stats: statsOf(directory, ['detector', 'result'], {}, 50),
      fields,
      total,
      edge: reader.show(edge.id),
      activations: reader.activations(),
      traffic: reader.traffic('2018-01-01T00:00:00.000Z'),
      batches: [0, EDGE - 3, LAST - 3].map(from => source.batch(from, 6)),
      tail,
    }
  } finally {
    reader.close()
    source.close()
  }
}

const before = await sayingsOf(original)
const anchors = [checkpointOf(original)]
const sealed = copyOf(original)
await withJournal(sealed, async journal => {
  t.match(await sealSegment(sealed, journal, older), first)
  anchors.push(checkpointOf(sealed))
  t.match(await sealSegment(sealed, journal, old), second)
  t.equal(await sealSegment(sealed, journal, old), null, 'the rest is no piece')
})

t.test('segments: every reader goes on seeing the whole log', async t => {
  t.same(readdirSync(logFiles(sealed).segments).length, 2)
  t.equal(rowsIn(sealed), 24, 'the young records, and those of the seals')
  t.same(await sayingsOf(sealed), before)
})

t.test('P5: sealed segments verify with the rest, also deep, in a range, and against anchors from before', async t => {
  t.match(await verifyLog(sealed, { anchors, deep: true }), { kind: 'intact', size: SIZE + 2, anchored: SIZE + 1 })
  t.match(await verifyLog(sealed, { from: oldTimes[1], to: EDGE + 9 }), { kind: 'intact', from: EDGE })
})

t.test(
  'segments: the sqlite3 shell sees the whole log with what "log attach" prints, and each file by itself',
  async t => {
    const unanswered = before.listed.filter(({ result }) => result === null).length
    const database = new Database(logFiles(sealed).database, { readonly: true })
    t.equal(database.prepare('SELECT count(*) FROM decisions').pluck().get(), 11)
    for (const statement of attachStatements(database, sealed)) database.exec(statement)
    t.equal(database.prepare('SELECT count(*) FROM decisions').pluck().get(), before.listed.length)
    t.equal(
      database.prepare('SELECT count(*) FROM decisions WHERE result IS NULL').pluck().get(),
      unanswered,
      'across edges',
    )
    database.close()
    const file = segmentFile(sealed, second)
    const alone = new Database(file, { readonly: true })
    t.equal(alone.prepare('SELECT count(*) FROM decisions').pluck().get(), PIECE / 2 + 1)
    alone.close()
  },
)

t.test('segments: a source that is open while a segment is sealed loses no record', async t => {
  const directory = copyOf(original)
  const source = openRecordSource(directory)
  const cursor = openCursor(join(root, 'cursor'), source)
  t.teardown(() => (cursor.close(), source.close()))
  const bodies = source.batch(0, 10).map(({ sequence }) => sequence)
  await withJournal(directory, async journal => sealSegment(directory, journal, older))
  const next = source.batch(10, 4).map(({ sequence }) => sequence)
  t.same([...bodies, ...next], [...Array(14).keys()])
  cursor.advance(source.batch(EDGE - 1, 1)[0]!)
})

t.test('P5: after a crash while a segment was being sealed the log is whole, and sealing goes on', async t => {
  const directory = copyOf(original)
  const file = segmentFile(directory, first)
  mkdirSync(logFiles(directory).segments)
  writeFileSync(`${file}.new`, 'half of a file')
  t.same(await found(directory), ['intact'], 'while the file was written')
  const roots = await writeSegment(directory, first)
  chmodSync(file, 0o600)
  writeFileSync(file, 'not what was written')
  t.same(await found(directory), ['intact'], 'before the log names it, a file means nothing')
  await withJournal(directory, async journal => {
    await sweepSegments(directory)
    t.same(readdirSync(logFiles(directory).segments), [], 'what is superfluous is swept')
    await writeSegment(directory, first)
    const time = new Date().toISOString()
    const named = { kind: 'segment.seal', id: 'sealed-0', time, ...first, root: segmentRoot({ roots }) } as const
    await journal.seal(named, roots)
  })
  t.equal(rowsIn(directory), SIZE + 1, 'named, and not dropped yet')
  t.same(await found(directory), ['intact'])
  t.same((await sayingsOf(directory)).listed, before.listed)
  await withJournal(directory, async journal => {
    await tidySegments(directory, journal)
  })
  t.equal(rowsIn(directory), SIZE + 2 - LAST, 'what was named is dropped, and the next segment sealed')
  t.same(await found(directory), ['intact'])
})

t.test('P5: a log that does not verify is not sealed', async t => {
  const directory = copyOf(original)
  behindGuards(
    logFiles(directory).database,
    `UPDATE record SET body = replace(body, 'vendor', 'other') WHERE sequence = 9`,
  )
  await withJournal(directory, async journal =>
    t.rejects(sealSegment(directory, journal, older), { code: 'ERR_LOG_DAMAGED' }),
  )
  t.equal(rowsIn(directory), SIZE)
})

t.test('P4: a decision whose payload is still held is not sealed', async t => {
  const directory = join(root, 'held')
  createLog(directory, origin)
  await createReviewer(root, 'ada')
  const held = blockOf({ held: true, time: oldTimes[0] })
  const payload = await seal(loadReviewers(root), held.id, Buffer.from('{}'))
  await withJournal(directory, async journal => journal.append(held, payload))
  ageLog(directory)
  await withJournal(directory, async journal => {
    t.equal(await sealSegment(directory, journal, old), null)
    const time = new Date().toISOString()
    await journal.append({ kind: 'purge', time, decision: held.id, cause: 'retention', because: null, actor: 'sluice' })
    t.match(await sealSegment(directory, journal, old), { first: 0, last: PIECE - 1 })
  })
  t.same(await found(directory), ['intact'])
})

t.test('log: a segment is due when more than a year and 90 days are in the database', async t => {
  const directory = copyOf(original)
  await withJournal(directory, async journal => {
    t.match(await tidySegments(directory, journal), { first: 0, last: LAST - 1 }, 'all that is old, at once')
    t.equal(await tidySegments(directory, journal), null)
  })
})

/** Opens up a sealed segment, as an intruder with the rights of the appliance would, and does something to it. */
const inSegment = (directory: string, sql: string): void => {
  const file = segmentFile(directory, first)
  chmodSync(file, 0o600)
  runSql(file, sql)
}

const deeds: readonly {
  readonly deed: string
  readonly act: (directory: string) => void
  readonly finds: readonly string[]
}[] = [
  {
    deed: 'a segment deleted',
    act: directory => rmSync(segmentFile(directory, first)),
    finds: ['segment-missing 0'],
  },
  {
    deed: 'a record edited in a segment',
    act: directory =>
      inSegment(directory, `UPDATE record SET body = replace(body, 'vendor', 'other') WHERE sequence = 9`),
    finds: ['record-edited 9', 'segment-altered 0', 'root-mismatch'],
  },
  {
    deed: 'a record deleted from a segment',
    act: directory => inSegment(directory, `DELETE FROM record WHERE sequence = ${EDGE - 1}`),
    finds: [`record-missing ${EDGE - 1}`, 'segment-altered 0'],
  },
  {
    deed: 'a record slipped into a segment',
    act: directory =>
      inSegment(directory, `INSERT INTO record (sequence, body, leaf) SELECT 99999999, body, leaf FROM record LIMIT 1`),
    finds: ['segment-altered 0'],
  },
  {
    deed: 'a view of a segment that lies',
    act: directory => inSegment(directory, 'DROP VIEW findings; CREATE VIEW findings AS SELECT 1'),
    finds: ['segment-altered 0'],
  },
  {
    deed: 'another file in place of a segment',
    act: directory => {
      rmSync(segmentFile(directory, first))
      cpSync(segmentFile(directory, second), segmentFile(directory, first))
    },
    finds: ['segment-altered 0'],
  },
  {
    deed: 'no database in place of a segment',
    act: directory => {
      chmodSync(segmentFile(directory, first), 0o600)
      writeFileSync(segmentFile(directory, first), 'x'.repeat(9_000))
    },
    finds: ['segment-altered 0'],
  },
  {
    deed: 'the roots of a segment exchanged',
    act: directory =>
      behindGuards(logFiles(directory).database, 'UPDATE segment SET roots = zeroblob(length(roots)) WHERE first = 0'),
    finds: ['segment-altered 0'],
  },
  {
    deed: 'a segment deleted together with its name',
    act: directory => {
      rmSync(segmentFile(directory, first))
      behindGuards(logFiles(directory).database, 'DELETE FROM segment WHERE first = 0')
    },
    finds: [`segment-altered ${EDGE}`, 'record-missing 0'],
  },
  {
    deed: 'a segment deleted, and called purged',
    act: directory => {
      rmSync(segmentFile(directory, first))
      behindGuards(logFiles(directory).database, 'UPDATE segment SET purged = 1 WHERE first = 0')
    },
    finds: ['purge-forged 0'],
  },
  {
    deed: 'a segment deleted, called purged, and a purge slipped in',
    act: directory => {
      rmSync(segmentFile(directory, first))
      const body = JSON.stringify({ kind: 'segment.purge', id: 'purged-0', first: 0, last: EDGE - 1, root: 'x' })
      behindGuards(
        logFiles(directory).database,
        `UPDATE segment SET purged = 1 WHERE first = 0;
         INSERT INTO record (sequence, body, leaf) SELECT max(sequence) + 1, '${body}', zeroblob(32) FROM record`,
      )
    },
    finds: ['purge-forged 0', `record-unsigned ${SIZE + 2}`],
  },
]

for (const { deed, act, finds } of deeds) {
  t.test(`P5: ${deed}: found and named`, async t => {
    const directory = copyOf(sealed)
    act(directory)
    const evidence = await found(directory)
    for (const what of finds) t.ok(evidence.includes(what), evidence.join())
  })
}

t.test('P8: with a segment missing nothing is read as if it had never been', async t => {
  const directory = copyOf(sealed)
  rmSync(segmentFile(directory, first))
  t.throws(() => openReader(directory), { code: 'ERR_LOG_SEGMENT' })
})

t.test(
  'P5: a purge deletes what a dry run listed; the log verifies, says who and when, and proves the rest',
  async t => {
    const directory = copyOf(sealed)
    const edge = before.listed.find(({ sequence }) => sequence < EDGE)!.id
    const list = purgeList(directory, older)
    t.match(list, {
      segments: [{ ...first, count: EDGE, since: oldTimes[0], until: oldTimes[0] }],
      obstacle: null,
    })
    await withJournal(directory, async journal => {
      const wrong = { age: old, token: list.token, actor: 'ada' }
      await t.rejects(purgeSegments(directory, journal, wrong), { code: 'ERR_LOG_PURGE_CHANGED' })
      t.ok(existsSync(segmentFile(directory, first)))
      await purgeSegments(directory, journal, { ...wrong, age: older })
    })
    t.notOk(existsSync(segmentFile(directory, first)))
    const purged = [{ first: 0, last: EDGE - 1, actor: 'ada' }]
    t.match(await verifyLog(directory, { anchors, deep: true }), { kind: 'intact', anchored: SIZE + 1, purged })
    t.equal(proveRecord(directory, edge), null, 'what is purged cannot be proven')
    for (const record of [EDGE, LAST - 1, SIZE]) {
      const proof = checkProof(proveRecord(directory, record)!, loadVerifier(directory))
      t.match(proof, { kind: 'proven', index: record })
    }
    const reader = openLogReader(directory)
    t.equal(
      [...reader.each()].length,
      before.listed.filter(({ sequence }) => sequence >= EDGE).length,
      'and all others are read',
    )
    reader.close()
    await withJournal(directory, async journal => {
      const { token } = purgeList(directory, old)
      await purgeSegments(directory, journal, { age: old, token, actor: 'ben' })
    })
    const both = [...purged, { first: EDGE, actor: 'ben' }]
    t.match(
      await verifyLog(directory, { anchors }),
      { kind: 'intact', purged: both },
      'the last purge vouches for both',
    )
    behindGuards(logFiles(directory).database, 'UPDATE segment SET roots = zeroblob(length(roots)) WHERE first = 0')
    t.ok((await found(directory)).includes('purge-forged 0'), 'roots that do not fit the purge')
  },
)

t.test('log: nothing young is purged, nor what a start needs', async t => {
  t.throws(() => purgeList(sealed, 89 * 86_400_000), { code: 'ERR_LOG_PURGE_YOUNG' })
  const directory = join(root, 'not-started-anew')
  oldLog(directory, { isStartedAnew: false })
  await withJournal(directory, async journal => sealSegment(directory, journal, older))
  t.match(purgeList(directory, older), { segments: [], obstacle: { first: 0, why: 'in-use' } })
})

t.test('P5: a redacted record is empty, its hash stays, and the log verifies', async t => {
  const directory = copyOf(original)
  const canary = 'canary-instrument'
  const decision = decisionOf({ instrument: canary, time: new Date().toISOString() })
  const proof = await withJournal(directory, async journal => {
    const { sequence } = await journal.append(decision)
    await journal.append(outcomeOf(decision.id))
    const text = proveRecord(directory, sequence)!
    const redaction = await redactRecord(directory, journal, {
      record: decision.id,
      reason: 'erasure-request',
      actor: 'ada',
    })
    t.match(redaction, { target: sequence, was: 'decision', verdict: 'forward', decision: decision.id })
    return { text, sequence }
  })
  t.match(await verifyLog(directory, { deep: true }), { kind: 'intact', redacted: 1 })
  t.equal(checkProof(proof.text, loadVerifier(directory)).kind, 'proven', 'a proof from before still holds')
  t.equal(proveRecord(directory, proof.sequence), null)
  const { database } = logFiles(directory)
  for (const file of [database, `${database}-wal`])
    if (existsSync(file)) t.notOk(readFileSync(file).includes(canary), 'not in a free page, index or write-ahead log')
  const reader = openLogReader(directory)
  t.same(
    reader.show(decision.id).map(({ record }) => record.kind),
    ['outcome', 'redact'],
  )
  reader.close()
  const lines: string[] = []
  const source = openRecordSource(directory)
  const sink = { write: async (text: string) => void lines.push(...text.trimEnd().split('\n')), flush: async () => {} }
  await exportLog(source, passingCursor(proof.sequence), formats.ecs, { origin: 'x', version: '1' }, sink)
  source.close()
  t.equal(lines.length, 2, 'handed on are the outcome and the redaction')
  for await (const { record } of tailLog(directory, {}, 3)) t.ok(record.kind)
  await withJournal(directory, async journal => {
    const request = { reason: 'personal-data', actor: 'ada' } as const
    t.equal(await redactRecord(directory, journal, { ...request, record: decision.id }), null, 'once is enough')
    await t.rejects(redactRecord(directory, journal, { ...request, record: 0 }), { code: 'ERR_LOG_REDACT_KIND' })
  })
  behindGuards(database, `UPDATE record SET body = '{}' WHERE sequence = ${LAST}`)
  t.ok((await found(directory)).includes(`redaction-forged ${LAST}`), 'an empty record that no redaction names')
})

t.test('P5: a redaction outlives the sealing of its record; in a segment nothing is redacted any more', async t => {
  const directory = copyOf(original)
  await withJournal(directory, async journal => {
    const request = { reason: 'personal-data', actor: 'ada' } as const
    await redactRecord(directory, journal, { ...request, record: 5 })
    await sealSegment(directory, journal, older)
    t.match(await verifyLog(directory), { kind: 'intact', redacted: 1 })
    await t.rejects(redactRecord(directory, journal, { ...request, record: 7 }), { code: 'ERR_LOG_REDACT_SEALED' })
  })
})
