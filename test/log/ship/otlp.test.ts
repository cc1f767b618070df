import { once } from 'node:events'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { createLog } from '../../../log/writing/create-log.ts'
import { openCursor } from '../../../log/reading/cursor.ts'
import { openJournal } from '../../../log/writing/journal.ts'
import { openRecordSource } from '../../../log/reading/record-source.ts'
import { otlpReceiver } from '../../../log/ship/otlp.ts'
import { shipLog, type ShipNotice } from '../../../log/ship/ship-log.ts'
import { makeCertificate } from '../../certs/made-certificate.ts'
import { until } from '../../kit/until.ts'
import { origin } from '../samples.ts'
import { appendSamples, block, entries, sender } from '../export/sample-log.ts'

const authority = makeCertificate({ ca: true, commonName: 'Collector root' })
const { pem, keyPem } = makeCertificate({ dns: ['localhost'] }, authority)

type Value = { readonly stringValue?: string; readonly intValue?: number; readonly arrayValue?: object }
type Attribute = { readonly key: string; readonly value: Value }
type LogRecord = {
  readonly timeUnixNano: string
  readonly severityText: string
  readonly eventName: string
  readonly body: Value
  readonly attributes: readonly Attribute[]
}
type Request = {
  readonly resourceLogs: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] }
    readonly scopeLogs: readonly { readonly logRecords: readonly LogRecord[] }[]
  }[]
}

const received: { readonly request: Request; readonly authorization: string | undefined }[] = []
let answer = { status: 503, body: '' }

const collector = (): Server =>
  createServer({ cert: pem, key: keyPem }, (request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const document = JSON.parse(Buffer.concat(chunks).toString()) as Request
      if (answer.status === 200 && request.url === '/v1/logs')
        received.push({ request: document, authorization: request.headers.authorization })
      response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body)
    })
  })

const listen = async (server: Server, port: number): Promise<number> => {
  server.listen(port, 'localhost')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

const shut = async (server: Server): Promise<void> => {
  server.closeAllConnections()
  server.close()
  await once(server, 'close')
}

const folder = t.testdir({ log: {} })
createLog(join(folder, 'log'), origin)
const journal = await openJournal({ directory: join(folder, 'log') })
await appendSamples(journal)
t.teardown(() => journal.close())
const source = openRecordSource(join(folder, 'log'))
t.teardown(() => source.close())
const cursor = openCursor(join(folder, 'cursor'), source)
t.teardown(() => cursor.close())
const receiverAt = (port: number, ca: string) =>
  otlpReceiver({
    url: `https://localhost:${port}/v1/logs`,
    headers: { Authorization: 'Bearer made-up' },
    tls: { ca },
    sender,
    timeout: 800,
  })

t.test('otlp: a collector that is down, busy and up again gets every record', async t => {
  const first = collector()
  const port = await listen(first, 0)
  await shut(first)
  const notices: ShipNotice[] = []
  const stop = new AbortController()
  const receiver = receiverAt(port, authority.pem)
  const notify = (notice: ShipNotice) => void notices.push(notice)
  const shipped = shipLog(source, cursor, receiver, { once: false, signal: stop.signal, notify, pause: 20 })
  await until(() => notices.some(notice => notice.kind === 'waiting' && notice.why.includes('ECONNREFUSED')))
  const second = collector()
  await listen(second, port)
  t.teardown(() => shut(second))
  await until(() => notices.some(notice => notice.kind === 'waiting' && notice.why.includes('busy')))
  t.equal(cursor.next(), 0, 'what nobody took is not behind us')
  answer = { status: 200, body: '{}' }
  await until(() => cursor.next() === source.size())
  stop.abort()
  await shipped
  await receiver.close()

  const records = received.flatMap(({ request }) =>
    request.resourceLogs.flatMap(({ scopeLogs }) => scopeLogs.flatMap(({ logRecords }) => logRecords)),
  )
  t.equal(received[0]?.authorization, 'Bearer made-up')
  t.same(
    records.map(({ body }) => (JSON.parse(body.stringValue ?? '') as { sequence: number }).sequence),
    entries.map((_, index) => index),
  )
  const attributes = Object.fromEntries(records[6]!.attributes.map(({ key, value }) => [key, value]))
  t.match(records[6], { eventName: 'sluice.decision', severityText: 'WARN', timeUnixNano: '1772357400000000000' })
  t.match(attributes, {
    'log.record.uid': { stringValue: `${origin}#6` },
    'server.port': { intValue: 443 },
    'sluice.decision': { stringValue: block.id },
    'sluice.detectors': { arrayValue: { values: [{ stringValue: 'nucleotide-run' }] } },
  })
  t.match(received[0]?.request.resourceLogs[0]?.resource.attributes, [
    { key: 'service.name', value: { stringValue: 'sluice' } },
  ])
})

t.test('otlp: what a collector rejects, wholly or in part, is not taken for delivered', async t => {
  const server = collector()
  const port = await listen(server, 0)
  t.teardown(() => shut(server))
  const { signal } = new AbortController()
  const batch = source.batch(0, 3)
  const receiver = receiverAt(port, authority.pem)
  answer = { status: 200, body: '{"partialSuccess":{"rejectedLogRecords":"2","errorMessage":"no room"}}' }
  await t.rejects(receiver.deliver(batch, signal), { code: 'ERR_SHIP_REJECTED' })
  answer = { status: 400, body: '{"message":"no"}' }
  await t.rejects(receiver.deliver(batch, signal), { code: 'ERR_SHIP_REJECTED', message: /400/ })
  answer = { status: 401, body: '' }
  await t.rejects(receiver.deliver(batch, signal), { code: 'ERR_SHIP_UNDELIVERED', message: /401/ })
  answer = { status: 200, body: '{}' }
  await receiver.deliver(batch, signal, source.checkpoint())
  const [note] = (received.at(-1)?.request.resourceLogs ?? [])
    .flatMap(({ scopeLogs }) => scopeLogs.flatMap(({ logRecords }) => logRecords))
    .slice(-1)
  t.match(note, { eventName: 'sluice.checkpoint', body: { stringValue: source.checkpoint().note } })
  await receiver.close()
  const { pem: stranger } = makeCertificate({ ca: true, commonName: 'Somebody else' })
  const distrusting = receiverAt(port, stranger)
  await t.rejects(distrusting.deliver(batch, signal), { code: 'ERR_SHIP_UNDELIVERED' })
  await distrusting.close()
})
