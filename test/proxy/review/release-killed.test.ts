import { setTimeout } from 'node:timers/promises'
import t from 'tap'
import { openLogReader } from '../../../log/reading/query.ts'
import { verifyLog } from '../../../log/verify/verify.ts'
import type { State } from '../../../log/review/states.ts'
import { makeFolder, startInProcess, startProcess, testSettings } from '../../kit/appliance.ts'
import { block, desk, endOf, read } from '../../kit/reviewing.ts'
import { testPolicy } from '../../kit/test-policy.ts'
import { until } from '../../kit/until.ts'
import { accepted, answering, startVendor, type Behaviour } from '../../kit/vendor.ts'

const answer = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${accepted.length}\r\n\r\n${accepted}`

/** What the vendor is told to do, and what is seen from outside when the appliance is killed: all in the order of a release. */
type Scene = {
  readonly stateOf: () => State
  /** Resolves once the first octet of a TCP connection, of a request, and the whole request has come. */
  readonly connected: Promise<void>
  readonly begun: Promise<void>
  readonly received: Promise<void>
}

type Point = {
  readonly name: string
  readonly reached: (scene: Scene) => Promise<unknown>
  readonly behaviour?: Behaviour
  /** What may stand in the log afterwards. */
  readonly states: readonly State[]
}

const writes =
  (octets: number): Behaviour =>
  socket =>
    void socket.write(answer.slice(0, octets))

/** A release that nobody knows of is a failure, and there will be some. */
const settings = { ...testSettings, reviews: { ...testSettings.reviews, stopAfterFailures: 100 } }

const whole = answering()

const unknown: readonly State[] = ['release-unknown']

const points: readonly Point[] = [
  { name: 'as soon as it is asked for', reached: () => setTimeout(0), states: ['approved', ...unknown] },
  { name: 'a moment later', reached: () => setTimeout(8), states: ['approved', ...unknown] },
  {
    name: 'once the log says that it begins',
    reached: ({ stateOf }) => until(() => stateOf() !== 'approved'),
    states: unknown,
  },
  { name: 'once a connection is made', reached: ({ connected }) => connected, states: unknown },
  { name: 'once the first octets have come', reached: ({ begun }) => begun, states: unknown },
  { name: 'once all has come, before any answer', reached: ({ received }) => received, states: unknown },
  {
    name: 'after a part of the status line',
    behaviour: writes(9),
    reached: ({ received }) => received,
    states: unknown,
  },
  {
    name: 'after the header section',
    behaviour: writes(answer.indexOf('{')),
    reached: ({ received }) => received,
    states: unknown,
  },
  {
    name: 'one octet before the end',
    behaviour: writes(answer.length - 1),
    reached: ({ received }) => received,
    states: unknown,
  },
  {
    name: 'after the whole answer',
    behaviour: whole,
    reached: ({ received }) => received,
    states: ['released', ...unknown],
  },
]

/** Bodies that differ, and are large enough to come in more than one piece. */
const bodyOf = (index: number): object => ({
  serial: index,
  note: read,
  lanes: Array.from({ length: 2_500 }, () => ({ lane: 1 })),
})

const waiting = () => Promise.withResolvers<void>()

t.test('P3: a release whose process is killed: never sent twice, never said to be sent when it was not', async t => {
  let connected = waiting()
  const vendor = await startVendor({ onConnection: () => connected.resolve() })
  t.teardown(() => vendor.close())
  const folder = await makeFolder(t, testPolicy(vendor.port), settings)
  const { approve, release, caseOf } = desk(folder)
  const first = await startInProcess(t, folder)
  const ids: string[] = []
  for (const index of points.keys()) {
    const id = await block(first, bodyOf(index))
    t.equal(endOf(await approve(id)), 'approved')
    ids.push(id)
  }
  await first.appliance.stop()

  for (const [index, { name, reached, behaviour }] of points.entries()) {
    const running = await startProcess(t, folder)
    const [begun, received] = [waiting(), waiting()]
    connected = waiting()
    vendor.onData = () => begun.resolve()
    vendor.behaviour = (socket, request) => {
      behaviour?.(socket, request)
      received.resolve()
    }
    const decision = ids[index]!
    const asked = release(decision).then(endOf, () => 'died')
    await reached({
      stateOf: () => caseOf(decision).state,
      connected: connected.promise,
      begun: begun.promise,
      received: received.promise,
    })
    await running.stop('SIGKILL')
    // Nobody is told that it was sent, unless the vendor had said so.
    const told = await asked
    t.ok(told === 'died' || (told === 'released' && behaviour === whole), `${name}: ${told}`)
    // What is still in the sockets counts as sent.
    await until(() => vendor.open() === 0)
  }

  vendor.behaviour = answering()
  await startInProcess(t, folder)
  for (const [index, { name, states }] of points.entries()) {
    const id = ids[index]!
    const { state } = caseOf(id)
    t.ok(states.includes(state), `${name}: ${state}`)
    const sent = () => vendor.requests.filter(({ body }) => body.includes(`"serial":${index}}`)).length
    const before = sent()
    t.ok(before <= 1, `${name}: sent ${before} times`)
    if (state === 'approved') t.equal(before, 0, `${name}: nothing had left`)
    else t.equal(endOf(await release(id)), state === 'released' ? 'state-not-allowed' : 'not-approved', name)
    t.equal(sent(), before, `${name}: nobody tries again by himself`)
  }
  t.match(await verifyLog(folder.log), { kind: 'intact' })
  const reader = openLogReader(folder.log)
  t.teardown(() => reader.close())
  t.equal(reader.heldList({ state: 'releasing' }).length, 0, 'none is left in between')
})
