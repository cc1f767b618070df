import { cpSync } from 'node:fs'
import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { enrol } from '../../fleet/appliances.ts'
import { loadLines } from '../../fleet/load.ts'
import { ask, questions } from '../../fleet/questions.ts'
import { layOut, openDatabase, openStore, requireAddress } from '../../fleet/store.ts'
import { strangersOf, verifyFleet, type FleetVerdict } from '../../fleet/verify.ts'
import { signCheckpoint } from '../../log/proofs/checkpoint.ts'
import { createLog } from '../../log/writing/create-log.ts'
import { jsonl } from '../../log/export/jsonl.ts'
import { loadSigner } from '../../log/writing/log-keys.ts'
import { openRecordSource } from '../../log/reading/record-source.ts'
import { otlpReceiver } from '../../log/ship/otlp.ts'
import { checkpointMessage, syslogMessages } from '../../log/ship/syslog-message.ts'
import { appendTo, exportedLines, makeMember, type FleetMember } from '../kit/fleet-member.ts'
import { hasPostgres, startPostgres } from '../kit/postgres.ts'
import { blockOf, decisionOf } from '../log/samples.ts'

const folder = t.testdir()
const skip = !hasPostgres && 'no PostgreSQL server here (Debian: postgresql)'
const address = skip ? '' : await (await startPostgres(t)).database('sluice')
const store = skip ? (null as never) : await openDatabase(address)
t.teardown(async () => skip || store.close())

t.test('fleet: a store is laid out once, and not taken for one before', { skip }, async t => {
  await t.rejects(openStore(address), { code: 'ERR_FLEET_SCHEMA' })
  await layOut(store)
  await t.rejects(layOut(store), { code: 'ERR_FLEET_EXISTS' })
})

t.test(
  'fleet: an address with a password, or to another machine in the clear, is refused before anything is sent',
  async t => {
    const code = (address: string): string => {
      try {
        requireAddress(address)
        return 'taken'
      } catch (fault) {
        return (fault as { code: string }).code
      }
    }
    t.equal(code('postgresql:///sluice'), 'taken')
    t.equal(code('postgresql://loader@localhost/sluice'), 'taken')
    t.equal(code('postgresql://loader@db.hospital.example/sluice?sslmode=verify-full'), 'taken')
    t.equal(code('postgresql://loader@db.hospital.example/sluice?sslmode=require'), 'ERR_FLEET_CLEAR')
    t.equal(code('postgresql:///sluice?host=10.77.1.9'), 'ERR_FLEET_CLEAR')
    t.equal(code('postgresql://loader:secret@localhost/sluice'), 'ERR_FLEET_ADDRESS')
    t.equal(code('mysql://localhost/sluice'), 'ERR_FLEET_ADDRESS')
  },
)

const enrolled = async (name: string, records: number): Promise<FleetMember> => {
  const member = await makeMember(folder, name, records)
  await enrol(store, member.key)
  return member
}
const verify = async ({ log }: FleetMember, onlyNew = false): Promise<FleetVerdict> => {
  for await (const verdict of verifyFleet(store, { logs: [log], onlyNew })) return verdict
  throw new Error('nobody of that name')
}
const evidence = async (member: FleetMember): Promise<readonly string[]> => {
  const verdict = await verify(member)
  return verdict.kind === 'tampered'
    ? verdict.evidence.map(({ what, sequence }) => `${what} ${sequence}`)
    : [verdict.kind]
}

t.test(
  'fleet: what arrives is stored once, byte for byte, and proven against what the appliances signed',
  { skip },
  async t => {
    const members = [await enrolled('lab-1', 300), await enrolled('lab-2', 300)]
    const lines = (await Promise.all(members.map(member => exportedLines(member)))).flat()
    t.match(await loadLines(store, lines), { records: 600, repeated: 0, checkpoints: 2, refused: 0, strangers: [] })
    t.match(await loadLines(store, lines), { records: 0, repeated: 600, refused: 0 })
    const rows = await store.rows<{ body: string }>('SELECT body FROM sluice.record ORDER BY appliance, sequence')
    t.same(
      rows.map(({ body }) => body),
      lines.filter(line => !line.includes('"kind":"checkpoint"')),
    )
    for (const member of members) {
      const source = openRecordSource(member.directory)
      t.match(await verify(member), { kind: 'intact', size: 300, root: source.checkpoint().note.split('\n')[2] })
      source.close()
    }
  },
)

t.test(
  'fleet: a record that was edited on the way is found behind the last checkpoint that fits',
  { skip },
  async t => {
    const member = await enrolled('edited-on-the-way', 200)
    await loadLines(store, await exportedLines(member))
    await appendTo(member.directory, [decisionOf(), decisionOf(), decisionOf()])
    const lines = await exportedLines(member, 200)
    await loadLines(store, lines.with(2, lines[2]!.replace('192.0.2.10', '192.0.2.11')))
    t.same(await evidence(member), ['root-mismatch 200'])
  },
)

t.test('fleet: records that are missing are named, in the middle and at the end', { skip }, async t => {
  const middle = await enrolled('gap', 300)
  await loadLines(store, (await exportedLines(middle)).toSpliced(101, 7))
  t.same(await evidence(middle), ['record-missing 100'])
  const end = await enrolled('cut-off', 300)
  await loadLines(store, (await exportedLines(end)).slice(0, 251))
  t.same(await evidence(end), ['log-truncated 250'])
})

t.test('fleet: a record that was edited in the store is found, by sluice and by SQL', { skip }, async t => {
  const member = await enrolled('edited-in-store', 100)
  await loadLines(store, await exportedLines(member))
  const edit = `UPDATE sluice.record SET body = replace(body, '"ms":118', '"ms":119') WHERE body LIKE '%"ms":118%'
    AND sequence < 5 AND appliance = (SELECT id FROM sluice.appliance WHERE log = '${member.log}')`
  await t.rejects(store.change(edit), /append-only/)
  await t.rejects(store.change('DELETE FROM sluice.record'), /append-only/)
  await t.rejects(store.change('TRUNCATE sluice.record CASCADE'), /append-only/)
  await store.change('ALTER TABLE sluice.record DISABLE TRIGGER guard')
  await store.change(edit)
  await store.change('ALTER TABLE sluice.record ENABLE TRIGGER guard')
  t.same(await evidence(member), ['record-edited 2', 'record-edited 4', 'root-mismatch 0'])
  t.match(await ask(store, 'edited'), [{ appliance: member.log, sequence: '2' }, { sequence: '4' }])
})

t.test('fleet: an appliance that was rolled back and went on has signed two histories', { skip }, async t => {
  const member = await enrolled('rolled-back', 50)
  const copy = { ...member, directory: join(folder, 'restored') }
  cpSync(member.directory, copy.directory, { recursive: true })
  await appendTo(
    member.directory,
    Array.from({ length: 10 }, () => decisionOf()),
  )
  await loadLines(store, await exportedLines(member))
  t.same(await evidence(member), ['intact'])
  await appendTo(copy.directory, [blockOf(), blockOf()])
  t.match(await loadLines(store, await exportedLines(copy)), { records: 0, repeated: 50, refused: 2 })
  t.same(await evidence(member), ['rolled-back 51', 'record-conflict 50', 'record-conflict 51'])
  t.match(await loadLines(store, await exportedLines(copy)), { refused: 0 }, 'evidence is kept once')
})

t.test('fleet: nothing is taken of who is not enrolled, and no checkpoint of another key', { skip }, async t => {
  const stranger = await makeMember(folder, 'stranger', 10)
  t.match(await loadLines(store, await exportedLines(stranger)), { records: 0, strangers: [stranger.log] })
  t.match(await strangersOf(store), [{ log: stranger.log, lines: 11 }])
  const member = await enrolled('impersonated', 10)
  const directory = join(folder, 'impostor')
  createLog(directory, member.log)
  const forged = signCheckpoint({ origin: member.log, size: 10, root: Buffer.alloc(32) }, loadSigner(directory))
  t.match(await loadLines(store, [...(await exportedLines(member)), jsonl.checkpoint(forged)]), { refused: 1 })
  t.same(await evidence(member), ['checkpoint-forged null'])
  await t.rejects(enrol(store, (await makeMember(join(folder, 'twin'), 'impersonated', 1)).key), {
    code: 'ERR_FLEET_ENROLLED',
  })
  await t.rejects(enrol(store, 'no key'), { code: 'ERR_FLEET_KEY' })
})

t.test('fleet: lines that no log can hold are kept as evidence, and stop nothing', { skip }, async t => {
  const member = await enrolled('hostile', 20)
  const [first = '', ...lines] = await exportedLines(member)
  const hostile = [
    lines[3]!.replace('novaseq-1', String.raw`novaseq\u0000`),
    lines[3]!.replace('192.0.2.10', '192.0.2.1\0'),
    lines[3]!.replace(/"time":"[^"]+"/, '"time":"2026-99-99T09:30:00.000Z"'),
    lines[3]!.replace('"findings":[]', `"findings":${'['.repeat(9_000)}${']'.repeat(9_000)}`),
    lines[3]!.replace('"v":1', '"v": 1'),
    '{',
  ]
  t.match(await loadLines(store, [first, ...hostile, ...lines]), { records: 20, refused: hostile.length })
  const found = await evidence(member)
  t.same([...new Set(found)], ['record-malformed null'])
  await t.rejects(loadLines(store, lines), { code: 'ERR_FLEET_NAMELESS' })
  await t.rejects(loadLines(store, ['good morning']), { code: 'ERR_FLEET_LINE' })
  t.match(await loadLines(store, lines, { log: member.log }), { records: 0, repeated: 20 })
})

t.test('fleet: what a syslog server or a collector kept is the same as what was exported', { skip }, async t => {
  const member = await enrolled('by-syslog', 40)
  const other = await enrolled('by-otlp', 40)
  const sender = { origin: member.log, version: '0.1.0' }
  const host = { hostname: 'lab', maxOctets: 8_192 }
  const source = openRecordSource(member.directory)
  const messages = source.batch(0, 100).flatMap(stored => syslogMessages(stored, jsonl, sender, host))
  const signed = checkpointMessage(source.checkpoint(), { sender, hostname: 'lab' })
  source.close()
  t.match(await loadLines(store, [...messages, signed]), { records: 40, checkpoints: 1, refused: 0 })
  t.match(await verify(member), { kind: 'intact', size: 40 })
  t.match(await loadLines(store, [messages[2]!.replace('{', '{"findingsOmitted":3,')]), { refused: 1 })
  t.same(await evidence(member), ['record-cut null'])

  const kept: string[] = []
  const collector = createServer((request, response) => {
    let text = ''
    request.on('data', (chunk: Buffer) => (text += chunk.toString()))
    request.on('end', () => {
      kept.push(text)
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
    })
  }).listen(0, '127.0.0.1')
  t.teardown(() => void collector.close())
  await once(collector, 'listening')
  const url = `http://127.0.0.1:${(collector.address() as AddressInfo).port}/v1/logs`
  const receiver = otlpReceiver({ url, headers: {}, tls: {}, sender: { ...sender, origin: other.log } })
  const shipped = openRecordSource(other.directory)
  await receiver.deliver(shipped.batch(0, 100), new AbortController().signal, shipped.checkpoint())
  shipped.close()
  await receiver.close()
  t.match(await loadLines(store, kept), { records: 40, checkpoints: 1, refused: 0 })
  t.match(await verify(other), { kind: 'intact', size: 40 })
})

t.test('fleet: a redaction reaches the store when it is proven, before or after the record did', { skip }, async t => {
  const member = await enrolled('redacted', 10)
  await loadLines(store, await exportedLines(member))
  const source = openRecordSource(member.directory)
  const [target] = source.batch(1, 1)
  source.close()
  const { id } = JSON.parse(target!.body) as { id: string }
  const redaction = {
    kind: 'redact',
    id: 'redacted-1',
    time: new Date().toISOString(),
    target: 1,
    leaf: Buffer.from(target!.leaf).toString('hex'),
    was: 'decision',
    decision: id,
    verdict: 'forward',
    reason: 'personal-data',
    actor: 'os:ada',
  } as const
  await appendTo(member.directory, [redaction])
  const left = async (): Promise<number> =>
    (await store.rows(`SELECT 1 FROM sluice.record WHERE body LIKE '%${id}%' AND kind = 'decision'`)).length
  const [checkpoint, record] = await exportedLines(member, 10)
  await loadLines(store, [record!], { log: member.log })
  await verify(member)
  t.equal(await left(), 1, 'nobody signed it yet')
  await loadLines(store, [checkpoint!])
  t.match(await verify(member), { kind: 'intact', size: 11, redacted: 0 })
  t.equal(await left(), 0)
  t.match(await verify(member), { kind: 'intact', size: 11, redacted: 1 })

  const late = await openDatabase(address)
  t.teardown(() => late.close())
  await store.change('ALTER SCHEMA sluice RENAME TO before')
  await layOut(late)
  await enrol(late, member.key)
  t.match(await loadLines(late, await exportedLines(member)), { records: 10 })
  t.match(await verify(member), { kind: 'intact', size: 11, redacted: 1 })
  await store.change('UPDATE sluice.record SET body = NULL WHERE sequence = 5')
  t.match(await evidence(member), ['redaction-forged 5'])
  await store.change('DROP SCHEMA sluice CASCADE; ALTER SCHEMA before RENAME TO sluice')
})

t.test('fleet: what was proven before need not be read again, unless the store lies about it', { skip }, async t => {
  const member = await enrolled('large', 8_300)
  await loadLines(store, await exportedLines(member))
  t.match(await verify(member), { kind: 'intact', from: 0, size: 8_300 })
  await appendTo(member.directory, [decisionOf()])
  await loadLines(store, await exportedLines(member, 8_300))
  t.match(await verify(member, true), { kind: 'intact', from: 8_192, size: 8_301 })
  await store.change("UPDATE sluice.verification SET frontier = overlay(frontier PLACING '\\x00'::bytea FROM 20)")
  t.match(await verify(member, true), { kind: 'intact', from: 0, size: 8_301 })
})

t.test('fleet: ten questions, each with an answer', { skip }, async t => {
  t.equal(questions().length, 10)
  const answers = new Map<string, readonly object[]>()
  for (const { name, question } of questions()) {
    t.match(question, /\?$/, name)
    answers.set(name, await ask(store, name))
  }
  t.match(
    answers.get('appliances')!.find(row => 'appliance' in row && row.appliance === 'lab-1.lab.example/sluice'),
    {
      records: '300',
      signed: '300',
      verdict: 'intact',
    },
  )
  t.match(answers.get('sensitive')![0], {
    category: 'sequence',
    detector: 'nucleotide-run',
    field: 'body /lanes/0/note',
  })
  t.match(answers.get('policies')![0], { cause: 'start', actor: 'sluice' })
  await t.rejects(ask(store, 'weather'), { code: 'ERR_FLEET_QUESTION' })
})
