import { join } from 'node:path'
import { createServer } from 'node:tls'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { noteInLine } from '../../../log/proofs/anchor-files.ts'
import { openCheckpoint } from '../../../log/proofs/checkpoint.ts'
import { createLog } from '../../../log/writing/create-log.ts'
import { openCursor } from '../../../log/reading/cursor.ts'
import { jsonl } from '../../../log/export/jsonl.ts'
import { ocsf } from '../../../log/export/ocsf.ts'
import { openJournal } from '../../../log/writing/journal.ts'
import { loadVerifier } from '../../../log/writing/log-keys.ts'
import { openRecordSource, type StoredLine } from '../../../log/reading/record-source.ts'
import { shipLog, type ShipNotice } from '../../../log/ship/ship-log.ts'
import { syslogMessages } from '../../../log/ship/syslog-message.ts'
import { syslogReceiver } from '../../../log/ship/syslog-tls.ts'
import { makeCertificate } from '../../certs/made-certificate.ts'
import { hasRsyslog, startRsyslog, syslogAuthority } from '../../kit/rsyslog.ts'
import { until } from '../../kit/until.ts'
import { blockOf, decisionOf, origin } from '../samples.ts'
import { appendSamples, entries, sampleLines, sender } from '../export/sample-log.ts'

const client = makeCertificate({ dns: ['sluice.test'] }, syslogAuthority)
const tls = { ca: syslogAuthority.pem, cert: client.pem, key: client.keyPem }
const host = { hostname: 'appliance.test', maxOctets: 8_192 }
const receiverAt = (port: number, trusted = tls) =>
  syslogReceiver({ host: 'localhost', port, tls: trusted, sender, encoder: jsonl, ...host })

/** RFC 5424 section 6: header, structured data, MSG in ASCII. */
const grammar =
  /^<(\d{1,3})>1 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z [!-~]{1,255} sluice [!-~]{1,128} [!-~]{1,32} (\[[a-z]+( [a-zA-Z]+="([^"\\\]]|\\["\\\]])*")*\])+ [ -~]+$/

t.test('syslog: each message is one of RFC 5424, in ASCII; its text is the record', async t => {
  const lines = await sampleLines(t.testdir())
  for (const line of lines) {
    const [message = ''] = syslogMessages(line, jsonl, sender, host)
    t.match(message, grammar)
    t.same(JSON.parse(message.slice(message.indexOf('{'))), JSON.parse(line.body))
    t.equal(syslogMessages(line, ocsf, sender, host).length, ocsf.lines(line, sender).length)
  }
  const priorities = lines.map(line => grammar.exec(syslogMessages(line, jsonl, sender, host)[0]!)?.[1])
  const [informational, notice, warning, error] = ['110', '109', '108', '107']
  t.equal(priorities[6], warning, 'a block')
  t.same(new Set(priorities), new Set([informational, notice, warning, error]))
})

const madeLine = (record: object): StoredLine => ({
  sequence: 7,
  body: JSON.stringify({ ...record, sequence: 7 }),
  leaf: Buffer.alloc(32),
  about: null,
})

t.test('syslog: too many findings for a message are left out, and it says how many', async t => {
  const [finding] = blockOf().findings
  const findings = Array.from({ length: 1_000 }, (_, index) => ({ ...finding!, pointer: `/läne/${index}` }))
  const [message = ''] = syslogMessages(madeLine(blockOf({ findings })), jsonl, sender, host)
  t.ok(message.length <= 8_192 && message.length > 3_000)
  const { findings: kept, findingsOmitted } = JSON.parse(message.slice(message.indexOf('{'))) as {
    findings: { pointer: string }[]
    findingsOmitted: number
  }
  t.equal(kept.length + findingsOmitted, 1_000)
  t.equal(kept[0]?.pointer, '/läne/0', 'spelled in ASCII, the same text')
})

t.test('syslog: a receiver that ends before us, or whom we cannot trust, has not taken anything', async t => {
  const { pem, keyPem } = makeCertificate({ dns: ['localhost'] }, syslogAuthority)
  const server = createServer({ cert: pem, key: keyPem }, socket => {
    socket.on('error', () => undefined)
    socket.end()
  })
  server.on('tlsClientError', () => undefined).listen(0, 'localhost')
  await once(server, 'listening')
  t.teardown(() => void server.close())
  const { port } = server.address() as AddressInfo
  const many = Array.from({ length: 2_000 }, () => madeLine(decisionOf()))
  const { signal } = new AbortController()
  await t.rejects(receiverAt(port).deliver(many, signal), { code: 'ERR_SHIP_UNDELIVERED' })
  const stranger = makeCertificate({ ca: true, commonName: 'Somebody else' })
  await t.rejects(receiverAt(port, { ...tls, ca: stranger.pem }).deliver(many, signal), {
    code: 'ERR_SHIP_UNDELIVERED',
    message: /UNABLE_TO_VERIFY|SELF_SIGNED|certificate/,
  })
})

t.test(
  'syslog: a real rsyslog gets every record, though it is down at first and in between',
  {
    skip: !hasRsyslog && 'no rsyslogd with gtls here (Debian: rsyslog rsyslog-gnutls)',
  },
  async t => {
    const folder = t.testdir({ log: {}, rsyslog: {} })
    const log = join(folder, 'log')
    createLog(log, origin)
    const journal = await openJournal({ directory: log, maxQueue: 10_000 })
    t.teardown(() => journal.close())
    await appendSamples(journal)
    const source = openRecordSource(log)
    t.teardown(() => source.close())
    const first = await startRsyslog(join(folder, 'rsyslog'))
    const { port } = first
    await first.stop()

    const stop = new AbortController()
    const notices: ShipNotice[] = []
    const cursor = openCursor(join(folder, 'cursor'), source)
    const receiver = receiverAt(port)
    const notify = (notice: ShipNotice) => void notices.push(notice)
    const options = { once: false, checkpoints: true, signal: stop.signal, notify, pause: 50 }
    const shipped = shipLog(source, cursor, receiver, options)
    await until(() => notices.some(({ kind }) => kind === 'waiting'))
    t.equal(cursor.next(), 0, 'what nobody took is not behind us')
    const second = await startRsyslog(join(folder, 'rsyslog'), port)
    await until(() => cursor.next() === entries.length)
    await second.stop()
    await Promise.all(Array.from({ length: 450 }, () => journal.append(decisionOf())))
    const third = await startRsyslog(join(folder, 'rsyslog'), port)
    t.teardown(() => third.stop())
    await until(() => cursor.next() === source.size())
    stop.abort()
    await shipped
    await third.stop()

    const received = third.received()
    const [priority, hostname, app, procid, kind, data, time] = received[6] ?? []
    t.same(
      [priority, hostname, app, procid, kind, time],
      ['108', 'appliance.test', 'sluice', origin, 'decision', '2026-03-01T09:30:00.000Z'],
    )
    t.match(data, '[meta sequenceId="7" language="en"]')
    const notes = received.filter(([, , , , kind]) => kind === 'checkpoint')
    t.equal(new Set(notes.map(fields => fields.at(-1))).size, 1, 'one checkpoint a minute')
    const [note = ''] = noteInLine(notes[0]?.at(-1) ?? '')
    t.match(openCheckpoint(note, loadVerifier(log)), { kind: 'verified', checkpoint: { size: entries.length } })
    const records = received.filter(([, , , , kind]) => kind !== 'checkpoint')
    const sequences = records.map(fields => (JSON.parse(fields.at(-1) ?? '') as { sequence: number }).sequence)
    t.same(
      [...new Set(sequences)].sort((a, b) => a - b),
      Array.from({ length: source.size() }, (_, index) => index),
    )
    cursor.close()
  },
)
