import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { openLogReader } from '../../../log/reading/query.ts'
import { verifyLog } from '../../../log/verify/verify.ts'
import { callControl } from '../../../proxy/watch/control.ts'
import { writeSettings, type Settings } from '../../../proxy/settings.ts'
import type { Pauses } from '../../../proxy/spool/backoff.ts'
import { makeFolder, startInProcess, testSettings } from '../../kit/appliance.ts'
import { postJson, requestText, sendRaw } from '../../kit/raw-client.ts'
import { desk } from '../../kit/reviewing.ts'
import {
  activate,
  decideOn,
  idOf,
  never,
  postSerial,
  soon,
  spoolLog,
  spoolPolicy,
  stricterPolicy,
} from '../../kit/spooling.ts'
import { addresses } from '../../kit/test-policy.ts'
import { until } from '../../kit/until.ts'
import { answering, startVendor, vendorHost, writing, type Vendor } from '../../kit/vendor.ts'

/** An appliance with spooled routes, and a port at which a vendor may be. */
const spooling = async (
  t: Test,
  between: Pauses = soon,
  { spool, held }: { readonly spool?: Partial<Settings['spool']>; readonly held?: Partial<Settings['held']> } = {},
  more: object = {},
) => {
  const vendor = await startVendor()
  const { port } = vendor
  t.teardown(() => vendor.close().catch(() => undefined))
  const folder = await makeFolder(t, spoolPolicy(port, more))
  const bounds = { spool: { ...testSettings.spool, ...spool }, held: { ...testSettings.held, ...held } }
  writeFileSync(folder.settings, writeSettings({ ...testSettings, ...bounds }))
  const running = await startInProcess(t, folder, { spool: between })
  const status = () => running.appliance.status().spool
  const back = async (): Promise<Vendor> => {
    const again = await startVendor({ port })
    t.teardown(() => again.close())
    return again
  }
  return { vendor, port, folder, running, status, back, ...spoolLog(t, folder) }
}

const serials = ({ requests }: Vendor): readonly number[] =>
  requests.map(({ body }) => (JSON.parse(body.toString()) as { serial: number }).serial)

t.test(
  'P3, P8: spool: a vendor that is away gets all of it when it is back, in order, once, and the log tells of each',
  async t => {
    const { vendor, folder, running, status, back, rows, story, recordsOf } = await spooling(t)
    await vendor.close()
    const answers = []
    for (let serial = 0; serial < 6; serial++) {
      const from = serial % 3 === 2 ? addresses.other : addresses.known
      answers.push(await postSerial(running, serial % 2 === 0 ? 'once' : 'again', serial, { from }))
    }
    t.same(
      answers.map(({ status }) => status),
      Array.from({ length: 6 }, () => 202),
    )
    const ids = answers.map(idOf)
    t.same(JSON.parse(answers[0]!.body), { status: 'accepted', decision: ids[0] })
    t.same(
      rows().map(({ decision }) => decision),
      ids,
      'they are there when the instrument is told so',
    )
    await until(() => status().lanes.every(({ failures }) => failures > 1))
    t.match(
      status().lanes.map(({ instrument, waiting, last }) => [instrument, waiting, last]),
      [
        ['novaseq-01', 4, 'connection_refused'],
        ['other', 2, 'connection_refused'],
      ],
    )
    const told = running.notices.filter(({ kind }) => kind === 'delivery')
    t.match(told[0], { state: 'away', instrument: 'novaseq-01', code: 'connection_refused' })
    const again = await back()
    await until(() => status().items === 0)
    t.same(
      serials(again).filter(serial => serial % 3 !== 2),
      [0, 1, 3, 4],
      'each instrument in its order',
    )
    t.same(
      serials(again).filter(serial => serial % 3 === 2),
      [2, 5],
    )
    t.ok(running.notices.some(notice => notice.kind === 'delivery' && notice.state === 'back'))
    for (const id of ids) {
      const kinds = story(id)
      t.same([kinds[0], ...kinds.slice(-3)], ['decision', 'spool.send', 'spool.delivered', 'outcome'])
      t.match(recordsOf(id).at(-1), { result: 'delivered', status: 200, error: null })
    }
    t.match(recordsOf(ids[0]!)[0], { verdict: 'forward', spool: { promise: 'at-most-once' }, held: false })
    const [once] = again.requests
    t.notMatch(once!.raw.toString(), /idempotency-key/i)
    const keyed = again.requests.find(({ body }) => body.includes('"serial":1'))!
    t.match(keyed.raw.toString(), new RegExp(`idempotency-key: "${ids[1]}"`, 'i'), 'the same in each attempt')
    t.equal(rows().length, 0, 'nothing of it is kept')
    t.match(running.appliance.status().requests, { spooled: 6, blocked: 0, failed: 0 })
    t.match(await verifyLog(folder.log), { kind: 'intact' })
  },
)

t.test(
  'P7: spool: what waits stands on the disk sealed, under a key outside of the log that only its owner reads',
  async t => {
    const { vendor, folder, running, rows } = await spooling(t, never, {}, { rate: { messages: 3, per: 'day' } })
    await vendor.close()
    const note = 'Zebra4711 waits here '.repeat(200)
    await postSerial(running, 'once', 1, { note })
    t.equal(rows().length, 1)
    const files = ['decisions.sqlite', 'decisions.sqlite-wal'].map(name => readFileSync(join(folder.log, name)))
    t.notOk(files.some(bytes => bytes.includes('Zebra4711')))
    const key = join(folder.root, 'spool.key')
    t.equal(statSync(key).mode & 0o777, 0o600)
    await running.appliance.stop()
    const text = readFileSync(key, 'utf8')
    writeFileSync(
      key,
      text.replace(/^./, digit => (digit === '0' ? '1' : '0')),
    )
    const other = await startInProcess(t, folder, { spool: never })
    await until(() => other.appliance.status().spool.stuck === 1)
    t.match(rows(), [{ state: 'stuck', error: 'ERR_SPOOL_BROKEN' }], 'under another key it is not lost, and not sent')
    await decideOn(folder, 'retry', rows()[0]!.decision)
    const statuses = []
    for (let serial = 0; serial < 3; serial++) statuses.push((await postSerial(other, 'once', serial)).status)
    t.same(statuses, [202, 202, 429], 'the rate counts what was accepted, once, over attempts and a restart')
  },
)

t.test('P1, P4: spool: what the policy of now blocks is not sent, but handed over to the reviewers', async t => {
  const { vendor, port, folder, running, status, back, stateOf, story, recordsOf } = await spooling(t, never, {
    held: { maxPayloads: 2 },
  })
  await vendor.close()
  const ids = [idOf(await postSerial(running, 'once', 1)), idOf(await postSerial(running, 'again', 2))]
  await until(() => status().lanes[0]?.failures === 1)
  const again = await back()
  t.equal((await activate(folder, stricterPolicy(port))).status, 200)
  await until(() => status().items === 0)
  t.equal(again.requests.length, 0)
  const reader = openLogReader(folder.log)
  const held = reader.heldList()
  reader.close()
  t.equal(held.length, 2)
  for (const id of ids) {
    t.same(story(id).slice(-3), ['decision', 'spool.blocked', 'outcome'], 'in one transaction')
    const [decision, ended] = recordsOf(id).slice(-3)
    t.match(decision, {
      verdict: 'block',
      reason: 'schema-violation',
      replayOf: id,
      held: true,
      instrument: 'novaseq-01',
    })
    t.match(ended, { attempt: (decision as unknown as { id: string }).id })
  }
  const gone = JSON.parse(spoolPolicy(port)) as { instruments: { id: string }[]; routes: object[] }
  await activate(folder, JSON.stringify(gone))
  await again.close()
  const last = idOf(await postSerial(running, 'once', 3))
  await until(() => status().lanes[0]?.last === 'connection_refused')
  const without = gone.instruments.filter(({ id }) => id !== 'novaseq-01')
  await activate(folder, JSON.stringify({ ...gone, instruments: without }))
  await until(() => running.appliance.status().log.held.isFull)
  t.equal(stateOf(last), 'waiting', 'without room for the reviewers it is kept where it is')
  await desk(folder).ask('purge', held[0]!.decision)
  await activate(folder, JSON.stringify({ ...gone, instruments: without.slice(1) }))
  await until(() => status().items === 0)
  t.match(
    recordsOf(last).at(-3),
    { reason: 'instrument-unknown', held: true, instrument: 'novaseq-01' },
    'nor is it lost',
  )
  t.match(await verifyLog(folder.log), { kind: 'intact' })
})

t.test('spool: what waited too long is given up on the record, and what is full says so before it accepts', async t => {
  const { vendor, folder, running, status, recordsOf } = await spooling(t, never, { spool: { maxItems: 4 } })
  await vendor.close()
  const accepted = []
  for (let serial = 0; serial < 3; serial++) accepted.push(await postSerial(running, 'again', serial))
  t.same(
    accepted.map(({ status }) => status),
    [202, 202, 503],
    'one instrument leaves half of the room to others',
  )
  t.match(accepted[2], { fields: { 'retry-after': '60' }, body: /spool-full/ })
  t.match(running.decisions.of(idOf(accepted[2]!)), { verdict: 'block', reason: 'spool-full', held: 0 })
  t.equal((await postSerial(running, 'again', 9, { from: addresses.other })).status, 202)
  await until(() => status().lanes.every(({ failures }) => failures === 1))
  const before = Date.now
  t.teardown(() => (Date.now = before))
  Date.now = () => before() + 73 * 3_600_000
  await callControl(folder.control, 'POST /pauses', { action: 'resume', instrument: null, actor: 'ada' })
  await until(() => status().items === 0)
  Date.now = before
  t.match(recordsOf(idOf(accepted[1]!)).slice(-2), [
    { kind: 'spool.expired', actor: 'sluice' },
    { result: 'failed', error: 'spool-expired' },
  ])
  t.match(status().counts, { expired: 3, delivered: 0 })
  t.equal((await postSerial(running, 'again', 4)).status, 202, 'and there is room again')
})

t.test('spool: with the vendor there', async t => {
  const { vendor, port, folder, running, status, stateOf, story, recordsOf } = await spooling(t)

  await t.test('spool: an answer that leaves open whether it was taken, under both promises', async t => {
    const cases = [
      ['a reset before the answer', writing('', 'reset'), 'spool.unknown', 'spool.again'],
      [
        'half an answer',
        writing('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nha', 'reset'),
        'spool.unknown',
        'spool.again',
      ],
      ['500', answering(500), 'spool.unknown', 'spool.again'],
      ['503 of who knows', answering(503), 'spool.unknown', 'spool.again'],
      ['503 with a time', answering(503, [['retry-after', '0']]), 'spool.unsent', 'spool.unsent'],
      ['429', answering(429), 'spool.unsent', 'spool.unsent'],
      ['400', answering(400), 'spool.stuck', 'spool.stuck'],
      ['a redirection', answering(308), 'spool.stuck', 'spool.stuck'],
    ] as const
    for (const [name, behaviour, once, again] of cases)
      for (const [path, expected] of [
        ['once', once],
        ['again', again],
      ] as const) {
        vendor.behaviour = (socket, request) => {
          vendor.behaviour = answering()
          behaviour(socket, request)
        }
        const before = vendor.requests.length
        const id = idOf(await postSerial(running, path, 7))
        const rests = expected === 'spool.unknown' || expected === 'spool.stuck'
        await until(() => (rests ? ['unknown', 'stuck'].includes(stateOf(id) ?? '') : stateOf(id) === null))
        const end = rests ? [] : ['spool.send', 'spool.delivered', 'outcome']
        t.same(story(id), ['decision', 'spool.send', expected, ...end], `${name}, ${path}`)
        const sent = recordsOf(id).filter(({ kind }) => kind === 'spool.send').length
        t.equal(
          vendor.requests.length - before,
          sent,
          `${name}, ${path}: the log has as many attempts as the vendor saw`,
        )
        if (rests) await decideOn(folder, 'drop', id)
      }
    t.equal(status().items, 0)
    const [id] = [idOf(await postSerial(running, 'once', 8))]
    await until(() => stateOf(id) === null)
    t.match(await verifyLog(folder.log), { kind: 'intact' })
  })

  await t.test(
    'spool: a person sends again what is unknown, or drops it; what is on its way is left alone',
    async t => {
      vendor.behaviour = writing('', 'reset')
      const [first, second] = [idOf(await postSerial(running, 'once', 1)), idOf(await postSerial(running, 'once', 2))]
      await until(() => status().unknown === 2)
      t.match(running.notices.filter(({ kind }) => kind === 'delivery-ended').slice(-2), [
        { state: 'unknown', decision: first },
        { state: 'unknown', decision: second },
      ])
      const held = Promise.withResolvers<void>()
      vendor.behaviour = () => held.resolve()
      t.match(await decideOn(folder, 'retry', second), { kind: 'done', state: 'waiting' })
      await held.promise
      for (const action of ['drop', 'retry'] as const)
        t.match(await decideOn(folder, action, second), { kind: 'refused', why: 'state-not-allowed' })
      const misworded = {
        action: 'drop',
        decision: first,
        actor: 'os:ada',
        because: 'GATTACAGATTACAGGATCCATTGACCATGACCTGA',
      }
      t.match((await callControl(folder.control, 'POST /spool', misworded)).document, { why: 'reason-unfit' })
      t.match((await callControl(folder.control, 'POST /spool', {})).document, { code: 'ERR_SPOOL_REQUEST' })
      t.match(await decideOn(folder, 'drop', first), { kind: 'done', state: 'dropped' })
      t.match(await decideOn(folder, 'drop', first), { code: 'ERR_SPOOL_UNKNOWN' }, 'it is gone')
      vendor.behaviour = answering()
      vendor.hangUp('reset')
      await until(() => stateOf(second) === 'unknown')
      await decideOn(folder, 'retry', second)
      await until(() => stateOf(second) === null)
      const attempts = ['spool.send', 'spool.unknown', 'spool.retry']
      t.same(story(second), ['decision', ...attempts, ...attempts, 'spool.send', 'spool.delivered', 'outcome'])
      t.same(story(first), ['decision', 'spool.send', 'spool.unknown', 'spool.dropped', 'outcome'])
      t.match(await verifyLog(folder.log), { kind: 'intact' })
    },
  )

  await t.test(
    'spool: a pause holds what waits and breaks off what is under way; nothing is accepted meanwhile',
    async t => {
      const pause = (action: string) =>
        callControl(folder.control, 'POST /pauses', { action, instrument: null, actor: 'ada' })
      const before = vendor.requests.length
      const reached = Promise.withResolvers<void>()
      vendor.behaviour = () => reached.resolve()
      const [under, behind] = [idOf(await postSerial(running, 'again', 1)), idOf(await postSerial(running, 'again', 2))]
      await reached.promise
      await pause('pause')
      await until(() => stateOf(under) === 'waiting')
      await until(() => status().lanes[0]?.last === 'traffic_paused')
      t.match(status().lanes, [{ waiting: 2, isPaused: true }])
      t.equal((await postSerial(running, 'again', 3)).status, 503)
      vendor.behaviour = answering()
      await decideOn(folder, 'retry', under)
      t.equal(vendor.requests.length - before, 1)
      await pause('resume')
      await until(() => status().items === 0)
      t.same(serials(vendor).slice(before), [1, 1, 2])
      t.equal(stateOf(behind), null)
      t.match(await verifyLog(folder.log), { kind: 'intact' })
    },
  )

  await t.test(
    'spool: all ways in lead to the same request; what comes back under its own key is refused as a loop',
    async t => {
      const before = vendor.requests.length
      const text = (way: string) =>
        `POST ${way}/v1/once HTTP/1.1\r\nHost: ${vendorHost}:${port}\r\nContent-Type: application/json\r\nContent-Length: 12\r\n\r\n{"serial":1}`
      t.equal((await sendRaw(running, text(''), { way: 'connect', vendorPort: port })).status, 202)
      t.equal(
        (await sendRaw(running, text(`http://${vendorHost}`).replace(`:${port}`, ''), { way: 'plain' })).status,
        202,
      )
      await until(() => status().items === 0)
      t.equal(vendor.requests.length - before, 2)
      t.match(
        vendor.requests.at(-1)!.raw.toString(),
        new RegExp(`^POST /v1/once HTTP/1.1\r\n.*\r\nhost: ${vendorHost}:${port}\r\n`, 'is'),
      )
      t.equal((await sendRaw(running, requestText('GET', '/v1/settings'))).status, 200, 'other routes are direct')
      const key = idOf(await postSerial(running, 'again', 9))
      await until(() => stateOf(key) === null)
      const looped = postJson('/v1/again', '{"serial":9}').replace('\r\n', `\r\nIdempotency-Key: "${key}"\r\n`)
      t.match(await sendRaw(running, looped), { status: 403, body: /request-looped/ })
    },
  )
})
