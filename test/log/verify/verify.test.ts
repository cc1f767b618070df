import Database from 'better-sqlite3'
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { encodeVerifierKey, signCheckpoint } from '../../../log/proofs/checkpoint.ts'
import { createLog } from '../../../log/writing/create-log.ts'
import { openJournal } from '../../../log/writing/journal.ts'
import { logFiles } from '../../../log/log-files.ts'
import { loadSigner } from '../../../log/writing/log-keys.ts'
import { appendLeaf, emptyFrontier, encodeFrontier, leafHash, rootOf } from '../../../log/proofs/merkle.ts'
import { openLogReader } from '../../../log/reading/query.ts'
import type { DecisionEntry, Entry, RequestCounts, Salted } from '../../../log/record.ts'
import { createReviewer } from '../../../log/review/reviewer-key.ts'
import { loadReviewers } from '../../../log/review/reviewer.ts'
import { seal } from '../../../log/held/seal.ts'
import { openStore } from '../../../log/writing/store.ts'
import type { Tampering } from '../../../log/verify/evidence.ts'
import { verifyLog } from '../../../log/verify/verify.ts'
import type { VerifyOptions } from '../../../log/verify/verify.ts'
import { behindGuards, runSql } from '../intruder.ts'
import { blockOf, decisionOf, fillLog, origin, outcomeOf } from '../samples.ts'

const root = t.testdir({ people: {} })
await createReviewer(join(root, 'people'), 'ada')
const reviewers = loadReviewers(join(root, 'people'))
const original = join(root, 'log')
/** `TAMPER_RECORDS=40000` makes a drill of it: every deed is done to a log of that size. */
const records = Number(process.env.TAMPER_RECORDS ?? 80)
const { held, size } = await fillLog(original, Math.floor(records / 2), reviewers)
let copies = 0

/** A copy of the log to spoil. */
const copyLog = (): string => {
  const directory = join(root, `copy-${copies++}`)
  cpSync(original, directory, { recursive: true })
  return directory
}

const found = async (directory: string, options: VerifyOptions = {}): Promise<readonly string[]> => {
  const result = await verifyLog(directory, options)
  if (result.kind !== 'tampered') return [result.kind === 'intact' ? 'intact' : result.why]
  return [...new Set(result.evidence.map(({ what, sequence }) => (sequence === null ? what : `${what} ${sequence}`)))]
}

t.test('P5: an untouched log verifies, and progress is told to the end', async t => {
  const progress: number[] = []
  const result = await verifyLog(original, { onProgress: ({ done, total }) => progress.push(done / total) })
  t.match(result, { kind: 'intact', size })
  t.equal(progress.at(-1), 1)
})

t.test('P5: a log of nothing and a log of one record verify', async t => {
  createLog(join(root, 'empty'), origin)
  t.match(await verifyLog(join(root, 'empty')), { kind: 'intact', size: 0 })
  await fillLog(join(root, 'small'), 0, reviewers)
  t.match(await verifyLog(join(root, 'small')), { kind: 'intact', size: 1 })
})

const swap = (a: number, b: number): string =>
  `UPDATE record SET sequence = -1 WHERE sequence = ${a};
   UPDATE record SET sequence = ${a} WHERE sequence = ${b};
   UPDATE record SET sequence = ${b} WHERE sequence = -1`

/** What an intruder with a shell does, and what must be found: each kind by its own name. */
const deeds: readonly {
  readonly deed: string
  readonly sql: string
  readonly finds: readonly `${Tampering}${string}`[]
}[] = [
  {
    deed: 'edit',
    sql: `UPDATE record SET body = replace(body, '"block"', '"forward"') WHERE sequence = 0`,
    finds: ['record-edited 0', 'root-mismatch'],
  },
  {
    deed: 'edit of a stored hash',
    sql: `UPDATE record SET leaf = zeroblob(32) WHERE sequence = 3`,
    finds: ['record-edited 3'],
  },
  {
    deed: 'delete',
    sql: 'DELETE FROM record WHERE sequence IN (10, 11)',
    finds: ['record-missing 10'],
  },
  {
    deed: 'delete of the first record',
    sql: 'DELETE FROM record WHERE sequence = 0',
    finds: ['record-missing 0', 'held-orphan'],
  },
  {
    deed: 'insert at the end',
    sql: `INSERT INTO record (sequence, body, leaf) SELECT max(sequence) + 1, body, leaf FROM record`,
    finds: [`record-unsigned ${size}`],
  },
  {
    deed: 'insert before the beginning',
    sql: `INSERT INTO record (sequence, body, leaf) SELECT -1, body, leaf FROM record WHERE sequence = 0`,
    finds: ['record-unsigned -1', 'record-misplaced -1'],
  },
  { deed: 'reorder', sql: swap(20, 21), finds: ['record-misplaced 20', 'record-misplaced 21', 'root-mismatch'] },
  {
    deed: 'truncation',
    sql: `DELETE FROM record WHERE sequence > ${size - 4}`,
    finds: [`log-truncated ${size - 3}`],
  },
  { deed: 'truncation to nothing', sql: 'DELETE FROM record', finds: ['log-truncated 0'] },
  {
    deed: 'white space',
    sql: `UPDATE record SET body = body || ' ' WHERE sequence = 5`,
    finds: ['record-edited 5', 'record-not-canonical 5'],
  },
  {
    deed: 'octets that are no text',
    sql: `UPDATE record SET body = replace(body, 'vendor', CAST(x'76ff' AS TEXT)) WHERE sequence = 5`,
    finds: ['record-edited 5'],
  },
  { deed: 'nonsense', sql: `UPDATE record SET body = '[]' WHERE sequence = 5`, finds: ['record-malformed 5'] },
  { deed: 'no checkpoint', sql: 'DELETE FROM tree', finds: ['checkpoint-missing'] },
  {
    deed: 'a checkpoint of another size',
    sql: `UPDATE tree SET checkpoint = replace(checkpoint, char(10) || '${size}' || char(10), char(10) || '2' || char(10))`,
    finds: ['checkpoint-forged'],
  },
  { deed: 'a spoiled checkpoint', sql: `UPDATE tree SET checkpoint = 'x'`, finds: ['checkpoint-malformed'] },
  { deed: 'a spoiled tree', sql: 'UPDATE tree SET frontier = zeroblob(8)', finds: ['frontier-mismatch'] },
  { deed: 'a held payload deleted', sql: 'DELETE FROM held', finds: ['held-missing 0'] },
  { deed: 'a held payload exchanged', sql: 'UPDATE held SET ciphertext = zeroblob(40)', finds: ['held-altered 0'] },
  {
    deed: 'a held payload slipped in',
    sql: `INSERT INTO held SELECT 'other', state, recipients, nonce, ciphertext FROM held`,
    finds: ['held-orphan'],
  },
  { deed: 'a held payload said to be released', sql: "UPDATE held SET state = 'released'", finds: ['held-state 0'] },
  { deed: 'a guard-rail removed', sql: 'DROP VIEW decisions', finds: ['schema-altered'] },
  {
    deed: 'a column that lies',
    sql: `PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = replace(sql, '$.verdict', '$.ingress') WHERE name = 'record'`,
    finds: ['schema-altered'],
  },
]

for (const { deed, sql, finds } of deeds) {
  t.test(`P5: ${deed}: found and named`, async t => {
    const directory = copyLog()
    behindGuards(logFiles(directory).database, sql)
    const evidence = await found(directory)
    for (const what of finds) t.ok(evidence.includes(what), evidence.join())
    t.notOk(evidence.includes('schema-altered') && !finds.includes('schema-altered'), 'the guard-rails are back')
  })
}

t.test('P5: an edit with its hash made to fit is found by the checkpoint', async t => {
  const directory = copyLog()
  const file = logFiles(directory).database
  const database = new Database(file, { readonly: true })
  const body = database.prepare('SELECT body FROM record WHERE sequence = 0').pluck().get() as string
  database.close()
  const edited = body.replace('"block"', '"forward"')
  const leaf = leafHash(Buffer.from(edited)).toString('hex')
  behindGuards(file, `UPDATE record SET body = '${edited}', leaf = x'${leaf}' WHERE sequence = 0`)
  t.same(await found(directory), ['root-mismatch', 'frontier-mismatch'])
})

/** Makes a log agree with itself again after its records were changed, signed with the given key. */
const rebuild = (directory: string, signer = loadSigner(directory)): void => {
  const database = new Database(logFiles(directory).database)
  const rows = database.prepare('SELECT body FROM record ORDER BY sequence').pluck().all() as string[]
  const tree = rows
    .map(body => leafHash(Buffer.from(body)))
    .reduce((frontier, leaf) => appendLeaf(frontier, leaf), emptyFrontier)
  const note = signCheckpoint({ origin: signer.name, size: tree.size, root: rootOf(tree) }, signer)
  database.prepare('UPDATE tree SET frontier = ?, checkpoint = ?').run(encodeFrontier(tree), note)
  database.close()
}

const checkpointOf = (directory: string): string => {
  const database = new Database(logFiles(directory).database, { readonly: true })
  const note = database.prepare('SELECT checkpoint FROM tree').pluck().get() as string
  database.close()
  return note
}

t.test('P5: a log signed anew with another key is found', async t => {
  const directory = copyLog()
  behindGuards(logFiles(directory).database, `DELETE FROM record WHERE sequence >= ${size - 2}`)
  const other = loadSigner(join(root, 'small'))
  rebuild(directory, { ...other, name: loadSigner(directory).name })
  t.ok((await found(directory)).includes('checkpoint-forged'))
  writeFileSync(logFiles(directory).verifierKey, encodeVerifierKey(other))
  t.same(
    await found(directory),
    ['intact'],
    'with the key beside it exchanged as well, only a key kept elsewhere tells',
  )
  const verifierKey = readFileSync(logFiles(original).verifierKey, 'utf8').trim()
  t.same(await found(directory, { verifierKey }), ['checkpoint-forged'])
})

t.test('P5: against an anchor, rollback of the whole file and a rewritten history are found', async t => {
  const directory = join(root, 'anchored')
  cpSync(original, directory, { recursive: true })
  const journal = await openJournal({ directory })
  const early = checkpointOf(directory)
  await journal.append(decisionOf())
  await journal.close()
  const anchor = checkpointOf(directory)
  t.same(await found(directory, { anchors: [anchor] }), ['intact'])
  t.same(await found(directory, { anchors: [early] }), ['intact'], 'an older anchor')
  t.same(await found(original, { anchors: [anchor] }), [`rolled-back ${size}`])
  behindGuards(
    logFiles(directory).database,
    `UPDATE record SET body = replace(body, '"client":"192.0.2.10"', '"client":"192.0.2.99"')`,
  )
  const database = new Database(logFiles(directory).database)
  const rows = database.prepare('SELECT sequence, body FROM record').all() as { sequence: number; body: string }[]
  database.close()
  const leaves = rows.map(
    ({ sequence, body }) =>
      `UPDATE record SET leaf = x'${leafHash(Buffer.from(body)).toString('hex')}' WHERE sequence = ${sequence}`,
  )
  behindGuards(logFiles(directory).database, leaves.join(';\n'))
  rebuild(directory)
  t.same(await found(directory), ['intact'], 'without an anchor, whoever has the key can rewrite')
  t.same(await found(directory, { anchors: [early] }), [`anchor-mismatch ${size - 1}`])
})

t.test('P5: of several anchors each is compared; the largest that fits is told', async t => {
  const directory = join(root, 'twice-anchored')
  cpSync(original, directory, { recursive: true })
  const journal = await openJournal({ directory })
  const anchors = [checkpointOf(directory)]
  for (let round = 0; round < 3; round++) {
    await journal.append(decisionOf())
    anchors.push(checkpointOf(directory))
  }
  await journal.close()
  t.match(await verifyLog(directory, { anchors }), { kind: 'intact', anchored: size + 3 })
  t.match(await verifyLog(directory, { anchors: anchors.slice(0, 2) }), { kind: 'intact', anchored: size + 1 })
  t.match(await verifyLog(directory), { kind: 'intact', anchored: null })
  const signer = loadSigner(directory)
  const forged = signCheckpoint({ origin: signer.name, size: size + 2, root: Buffer.alloc(32, 1) }, signer)
  t.same(await found(directory, { anchors: [...anchors, forged] }), [`anchor-mismatch ${size + 1}`])
})

t.test('P5: an anchor is as old as the newest record that it covers; too old a one is inconclusive', async t => {
  const directory = join(root, 'aged')
  createLog(directory, origin)
  const journal = await openJournal({ directory })
  const early = checkpointOf(directory)
  await journal.append(decisionOf({ time: new Date(Date.now() - 3_600_000).toISOString() }))
  const anchor = checkpointOf(directory)
  await journal.append(decisionOf({ time: new Date().toISOString() }))
  await journal.close()
  t.same(await found(directory, { anchors: [anchor], requireAnchor: 7_200_000 }), ['intact'])
  t.same(await found(directory, { anchors: [anchor], requireAnchor: 1_800_000 }), ['anchor-too-old'])
  t.same(await found(directory, { anchors: [early], requireAnchor: 7_200_000 }), ['anchor-too-old'], 'of nothing')
  t.same(await found(directory, { requireAnchor: 7_200_000 }), ['anchor-missing'])
  t.same(await found(original, { anchors: [checkpointOf(directory)], requireAnchor: 1 }), ['anchor-unusable'])
})

t.test('P5: in a range records are read; of the others the hashes, which the checkpoint proves', async t => {
  const directory = copyLog()
  behindGuards(logFiles(directory).database, `UPDATE record SET body = body || ' ' WHERE sequence = 5`)
  t.ok((await found(directory, { from: 5, to: 6 })).includes('record-edited 5'))
  t.match(await verifyLog(directory, { from: 6 }), { kind: 'intact', from: 6, to: size, size })
  t.match(await verifyLog(directory, { to: 5 }), { kind: 'intact', from: 0, to: 5, size })
  t.ok((await found(directory, { from: '2026-03-01' })).includes('record-edited 5'), 'from a time')
  t.match(await verifyLog(directory, { from: '2026-03-02' }), { kind: 'intact', from: size }, 'from a time to come')
  behindGuards(logFiles(directory).database, 'UPDATE record SET leaf = zeroblob(32) WHERE sequence = 9')
  t.same(await found(directory, { from: 20 }), ['root-mismatch', 'frontier-mismatch'], 'a hash that was changed')
  behindGuards(logFiles(directory).database, 'DELETE FROM record WHERE sequence = 9')
  t.same(await found(directory, { from: 20 }), ['record-missing 9'], 'a record that is gone')
})

t.test('P5: a log of many pieces is checked in threads: clean, and with deeds at their edges', async t => {
  const directory = join(root, 'large')
  createLog(directory, origin)
  const store = openStore(directory, null)
  const anchors: string[] = []
  for (let batch = 0; batch < 7; batch++) {
    const entries = Array.from({ length: 3_600 }, () => [{ record: saltedOf(decisionOf()), sealed: null }])
    store.commit(entries)
    anchors.push(checkpointOf(directory))
  }
  store.close()
  t.match(await verifyLog(directory, { anchors }), { kind: 'intact', size: 25_200, anchored: 25_200 })
  behindGuards(
    logFiles(directory).database,
    `DELETE FROM record WHERE sequence BETWEEN 8190 AND 16400 OR sequence = 24576;
     UPDATE record SET body = replace(body, '"forward"', '"block"') WHERE sequence IN (8189, 16401, 25199);
     INSERT INTO record (sequence, body, leaf) SELECT 9000000000000000, body, leaf FROM record WHERE sequence = 1`,
  )
  const result = await found(directory)
  for (const what of ['record-missing 8190', 'record-missing 24576', 'record-unsigned 9000000000000000'])
    t.ok(result.includes(what), what)
  for (const sequence of [8_189, 16_401, 25_199]) t.ok(result.includes(`record-edited ${sequence}`), String(sequence))
  t.same(
    result.filter(what => what.startsWith('record-missing')),
    ['record-missing 8190', 'record-missing 24576'],
    'one line for a gap over several pieces',
  )
})

t.test('P3: requests that a run counted and decisions that are in the log are compared', async t => {
  const counts = { accepted: 3, open: 0, decided: 3, refused: 0, sent: 2 }
  const runs: Readonly<Record<string, readonly [Partial<RequestCounts>, boolean]>> = {
    'all are there': [{}, true],
    'one more was accepted than decided': [{ accepted: 4 }, false],
    'one more was accepted, and is still open': [{ accepted: 4, open: 1 }, true],
    'one more was accepted, and refused': [{ accepted: 4, refused: 1 }, true],
    'one more was decided than is in the log': [{ accepted: 4, decided: 4 }, false],
    'one more is in the log than was decided': [{ accepted: 2, decided: 2 }, false],
    'one more is in the log, of those refused: written and not acknowledged': [{ decided: 2, refused: 1 }, true],
    'one more was sent than was let out': [{ sent: 3 }, false],
  }
  for (const [index, [what, [changes, isWell]]] of Object.entries(runs).entries()) {
    const directory = join(root, `run-${index}`)
    createLog(directory, origin)
    const journal = await openJournal({ directory })
    const time = '2026-03-01T09:30:00.000Z'
    const policy = `sha256:${'ab'.repeat(32)}`
    const requests = { ...counts, ...changes }
    const entries: readonly Entry[] = [
      decisionOf(),
      { kind: 'start', id: 'run-0000000002', time, version: '1.0.0', policy },
      decisionOf(),
      blockOf(),
      decisionOf(),
      { kind: 'anchor', time, size: 4, root: `${'A'.repeat(43)}=`, file: null, error: null, requests },
      { kind: 'stop', id: 'run-0000000002', time, cause: 'signal', requests },
    ]
    await Promise.all(entries.map(async entry => journal.append(entry)))
    await journal.close()
    const expected = isWell ? ['intact'] : ['requests-unaccounted 5', 'requests-unaccounted 6']
    t.same(await found(directory), expected, what)
  }
})

const saltedOf = (entry: DecisionEntry): Salted => ({ ...entry, v: 1, salt: 'x'.repeat(22), seal: null })

t.test('P5: what cannot be checked is inconclusive, never intact and never tampered', async t => {
  t.same(await found(original, { anchors: ['x'] }), ['anchor-unusable'])
  t.same(await found(original, { anchors: [checkpointOf(join(root, 'small'))] }), ['anchor-unusable'])
  t.same(await found(original, { verifierKey: 'x' }), ['key-unreadable'])
  t.same(await found(join(root, 'people')), ['key-unreadable'])
  const directory = copyLog()
  runSql(logFiles(directory).database, 'PRAGMA user_version = 999')
  t.same(await found(directory), ['version-unknown'])
  writeFileSync(logFiles(directory).database, 'x'.repeat(10_000))
  t.same(await found(directory), ['log-unreadable'])
  rmSync(logFiles(directory).database)
  t.same(await found(directory), ['log-unreadable'])
})

t.test('P5: a page that cannot be read does not hide the evidence before it', async t => {
  const directory = join(root, 'unreadable')
  await fillLog(directory, 400, reviewers)
  const file = logFiles(directory).database
  const database = new Database(file)
  const pages = database.prepare("SELECT pageno FROM dbstat WHERE name = 'record' AND pagetype = 'leaf' ORDER BY path")
  const spoiled = pages.pluck().all()[20] as number
  const size = database.pragma('page_size', { simple: true }) as number
  database.close()
  const spoil = (): void => {
    const content = readFileSync(file)
    content.fill(0xff, (spoiled - 1) * size, spoiled * size)
    writeFileSync(file, content)
  }
  behindGuards(file, `UPDATE record SET leaf = zeroblob(32) WHERE sequence = 3`)
  spoil()
  t.same(await found(directory), ['record-edited 3'])
  const other = join(root, 'unreadable-only')
  cpSync(directory, other, { recursive: true })
  behindGuards(
    logFiles(other).database,
    `UPDATE record SET leaf = x'${leafHash(bodyOf(other, 3)).toString('hex')}' WHERE sequence = 3`,
  )
  t.same(await found(other), ['log-unreadable'], 'without evidence it is doubt')
})

const bodyOf = (directory: string, sequence: number): Buffer => {
  const database = new Database(logFiles(directory).database, { readonly: true })
  const body = database.prepare('SELECT CAST(body AS BLOB) FROM record WHERE sequence = ?').pluck().get(sequence)
  database.close()
  return body as Buffer
}

t.test('P5: an index that hides a record is found', async t => {
  const directory = copyLog()
  const file = logFiles(directory).database
  const database = new Database(file)
  database.unsafeMode()
  database.exec(
    "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = replace(sql, 'IS NOT NULL', 'IS 0') WHERE name = 'record_verdict'",
  )
  database.close()
  const again = new Database(file)
  again.exec('REINDEX record_verdict')
  again.unsafeMode()
  again.exec(
    "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = replace(sql, 'IS 0', 'IS NOT NULL') WHERE name = 'record_verdict'",
  )
  again.close()
  t.same(
    openLogReaderOf(directory, reader => reader.list({ verdict: 'block' })),
    [],
    'the block is out of sight',
  )
  t.same(await found(directory, { deep: true }), ['index-altered'])
  t.same(await found(original, { deep: true }), ['intact'])
})

const openLogReaderOf = <Result>(
  directory: string,
  use: (reader: ReturnType<typeof openLogReader>) => Result,
): Result => {
  const reader = openLogReader(directory)
  try {
    return use(reader)
  } finally {
    reader.close()
  }
}

t.test('P5: an outcome without decision is found; one far behind its decision is not', async t => {
  const directory = copyLog()
  const journal = await openJournal({ directory })
  await journal.append(outcomeOf(decisionOf().id))
  await journal.append(outcomeOf(held, { result: 'answered', status: 403 }))
  await journal.close()
  t.same(await found(directory), [`outcome-orphan ${size}`])
})

t.test('P5: a log can be verified while it is being written', async t => {
  const directory = join(root, 'live')
  mkdirSync(directory)
  cpSync(original, directory, { recursive: true })
  const journal = await openJournal({ directory })
  const writer = { stop: false }
  const writing = (async () => {
    while (!writer.stop) {
      const decision = decisionOf({ held: true })
      await journal.append(decision, await seal(reviewers, decision.id, Buffer.from('x')))
      await journal.append({
        kind: 'purge',
        time: decision.time,
        decision: decision.id,
        cause: 'retention',
        because: null,
        actor: 'sluice',
      })
    }
  })()
  for (let round = 0; round < 20; round++) t.match(await verifyLog(directory), { kind: 'intact' })
  writer.stop = true
  await writing
  await journal.close()
})
