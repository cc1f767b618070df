import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import t from 'tap'
import type { UpstreamAnswer } from '../../../proxy/upstream/forwarder.ts'
import { pauseAfter } from '../../../proxy/spool/backoff.ts'
import { deliveryEnd } from '../../../proxy/spool/delivery-end.ts'
import { Lanes, type Next, type Queued } from '../../../proxy/spool/lanes.ts'
import { openSpoolKey } from '../../../proxy/spool/spool-key.ts'
import { SpoolRoom } from '../../../proxy/spool/spool-room.ts'

t.test(
  'spool room: one alone gets half of it, two a third each, and a newcomer some as long as there is any',
  async t => {
    const fill = (room: SpoolRoom, instruments: readonly string[]): readonly number[] => {
      const taken = instruments.map(() => 0)
      for (let isTaking = true; isTaking;) {
        isTaking = false
        for (const [index, instrument] of instruments.entries())
          if (room.take(instrument, 10)) {
            taken[index]!++
            isTaking = true
          }
      }
      return taken
    }
    t.same(fill(new SpoolRoom({ items: 60, bytes: 100_000 }), ['a']), [30])
    t.same(fill(new SpoolRoom({ items: 60, bytes: 100_000 }), ['a', 'b']), [20, 20])
    const byBytes = new SpoolRoom({ items: 1_000, bytes: 600 })
    t.same(fill(byBytes, ['a', 'b', 'c']), [15, 15, 15])
    t.equal(byBytes.take('d', 151), false)
    t.equal(byBytes.take('d', 150), true)
    for (let count = 0; count < 15; count++) byBytes.leave('a', 10)
    t.same(byBytes.total, { items: 31, bytes: 450 })
  },
)

t.test('spool backoff: doubled up to a bound, spread by chance, and never before the vendor wants it', async t => {
  const pauses = { first: 1_000, longest: 8_000 }
  const at = (failures: number, chance: number, wish: number | null = null) =>
    pauseAfter(failures, wish, pauses, () => chance)
  t.same(
    [1, 2, 3, 4, 5, 1_000].map(failures => at(failures, 1)),
    [1_000, 2_000, 4_000, 8_000, 8_000, 8_000],
  )
  t.equal(at(3, 0), 2_000)
  t.equal(at(1, 0, 30_000), 30_000)
  t.equal(at(1, 0, 1e12), 3_600_000, 'a vendor cannot put it off for ever')
})

t.test('spool: what an answer says of a request is told apart by what is certain', async t => {
  const fault = (name: 'connection_timeout' | 'http_response_body_size', isUnsent: boolean) =>
    ({ kind: 'fault', fault: name, isUnsent }) as const
  const answer = (status: number, retryAfter?: string): UpstreamAnswer => ({
    kind: 'answer',
    status,
    fields: retryAfter === undefined ? [] : [['retry-after', retryAfter]],
    body: Buffer.of(),
  })
  t.match(deliveryEnd(fault('connection_timeout', true), 'at-most-once'), { kind: 'spool.unsent' })
  t.match(deliveryEnd(fault('connection_timeout', false), 'at-most-once'), { kind: 'spool.unknown' })
  t.match(deliveryEnd(fault('connection_timeout', false), 'at-least-once'), { kind: 'spool.again' })
  t.match(deliveryEnd(fault('http_response_body_size', false), 'at-least-once'), { kind: 'spool.stuck' })
  t.match(deliveryEnd(answer(204), 'at-most-once'), { kind: 'spool.delivered', status: 204 })
  t.match(deliveryEnd(answer(503, '7'), 'at-most-once'), { kind: 'spool.unsent', wish: 7_000 })
  const later = new Date(Date.now() + 60_000).toUTCString()
  const { wish } = deliveryEnd(answer(429, later), 'at-most-once')
  t.ok(wish !== null && wish > 50_000 && wish <= 60_000)
  t.match(deliveryEnd(answer(429, 'soon'), 'at-most-once'), { kind: 'spool.unsent', wish: null })
})

t.test('P8: spool key: made once for its owner alone; missing, exposed or broken it is refused', async t => {
  const file = join(t.testdir({}), 'spool.key')
  await t.rejects(openSpoolKey(file, false), { code: 'ERR_SPOOL_KEY', message: /missing, and requests that wait/ })
  const made = await openSpoolKey(file, true)
  t.equal(statSync(file).mode & 0o777, 0o600)
  t.ok(made.equals(await openSpoolKey(file, false)))
  chmodSync(file, 0o640)
  await t.rejects(openSpoolKey(file, true), { code: 'ERR_SPOOL_KEY', message: /others than its owner/ })
  chmodSync(file, 0o600)
  const text = readFileSync(file, 'utf8')
  writeFileSync(file, text.slice(2))
  const refused = (await openSpoolKey(file, true).catch((error: unknown) => error)) as Error
  t.match(refused, { code: 'ERR_SPOOL_KEY', message: /64 hexadecimal digits/ })
  t.notMatch(refused.message, text.slice(2, 20))
  await t.rejects(openSpoolKey(join(file, 'below'), true), { code: 'ERR_SPOOL_KEY' })
})

type Item = Queued & { readonly name: string }

const item = (name: string, place: number): Item => ({ instrument: name[0]!, destination: 'v', place, name })

t.test('spool lanes: each in its order, one at a time; what waits holds back its own lane and no other', async t => {
  const tried: string[] = []
  const answers = new Map<string, Next>()
  const gate = Promise.withResolvers<void>()
  const lanes = new Lanes<Item>(async ({ name }) => {
    tried.push(name)
    if (name === 'a1') await gate.promise
    if (name === 'a4') throw new Error('a fault holds the lane')
    return answers.get(name) ?? { kind: 'gone', ms: 0 }
  })
  const turn = async () => {
    for (let count = 0; count < 5; count++) await setImmediate()
  }
  answers.set('b1', { kind: 'later', ms: 3_600_000 })
  for (const [place, name] of ['a1', 'b1', 'a2', 'b2'].entries()) lanes.add(item(name, place))
  t.same(tried, [], 'nothing before it is opened')
  lanes.open()
  await turn()
  t.same(tried, ['a1', 'b1'])
  // sent again by a person: at the place at which it was accepted
  lanes.add(item('a0', -1))
  gate.resolve()
  await turn()
  t.same(tried, ['a1', 'b1', 'a0', 'a2'])
  lanes.look()
  await turn()
  t.equal(tried.length, 4, 'a look does not end what waits for its time')
  answers.delete('b1')
  lanes.hurryAll()
  await turn()
  t.same(tried.slice(4), ['b1', 'b2'])
  answers.set('a3', { kind: 'gone', ms: 3_600_000 })
  for (const [place, name] of ['a3', 'a4', 'a5'].entries()) lanes.add(item(name, 10 + place))
  await turn()
  t.same(tried.slice(6), ['a3'], 'one that left without being taken holds up the next')
  lanes.hurryAll()
  await turn()
  t.same(tried.slice(7), ['a4'])
  t.equal(lanes.views().length, 1)
  await lanes.close()
  lanes.hurryAll()
  await turn()
  t.equal(tried.length, 8, 'nothing begins once it is closed')
})
