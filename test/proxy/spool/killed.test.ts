import Database from 'better-sqlite3'
import { setTimeout } from 'node:timers/promises'
import t from 'tap'
import { logFiles } from '../../../log/log-files.ts'
import { verifyLog } from '../../../log/verify/verify.ts'
import { makeFolder, startInProcess, startProcess, type Reachable } from '../../kit/appliance.ts'
import { idOf, postSerial, soon, spoolLog, spoolPolicy } from '../../kit/spooling.ts'
import { until } from '../../kit/until.ts'
import { answering, startVendor, type Behaviour } from '../../kit/vendor.ts'

/** Where the process dies. Of each there is one request that is promised at most once, and one at least once. */
type Point = {
  readonly name: string
  /** How often the vendor has each in the end. */
  readonly seen: readonly [once: readonly number[], again: readonly number[]]
  /** Whether both are told that they were accepted; null where either may be. */
  readonly told: boolean | null
}

const points = [
  { name: 'while the vendor is about to answer', seen: [[1], [2]], told: true },
  {
    name: 'as soon as it is on the disk, with or without an answer',
    seen: [
      [0, 1],
      [1, 2],
    ],
    told: null,
  },
  { name: 'after the vendor has answered, before that is on the disk', seen: [[1], [2]], told: true },
  { name: 'before the commit', seen: [[0], [0]], told: false },
] as const satisfies readonly Point[]

const serialsOf = (point: number) => [2 * point, 2 * point + 1] as const

/** Instruments of which nobody waits behind what another point left. */
const callers = [
  ['127.0.0.11', '127.0.0.12'],
  ['127.0.0.13', '127.0.0.14'],
  ['127.0.0.15', '127.0.0.16'],
  ['127.0.0.17', '127.0.0.18'],
] as const

const policyFor = (port: number): string => {
  const policy = JSON.parse(spoolPolicy(port)) as { readonly instruments: readonly object[] }
  const more = callers.flat().map((address, index) => ({ id: `caller-${index}`, address }))
  return JSON.stringify({ ...policy, instruments: [...policy.instruments, ...more] })
}

t.test(
  'P3, P8: spool: killed at any point, nothing that was accepted is lost, and at most once is never twice',
  async t => {
    const vendor = await startVendor()
    t.teardown(() => vendor.close())
    const folder = await makeFolder(t, policyFor(vendor.port))
    const { rows, story, recordsOf } = spoolLog(t, folder)
    const seen = (serial: number): number =>
      vendor.requests.filter(({ body }) => body.toString() === `{"serial":${serial}}`).length
    const areSeen = (point: number) => () => serialsOf(point).every(serial => seen(serial) > 0)
    /** Asks for both of a point. @returns their ids, null for one that was not told that it was accepted */
    const ask = (running: Reachable, point: number) =>
      Promise.all(
        (['once', 'again'] as const).map((path, which) =>
          postSerial(running, path, serialsOf(point)[which]!, { from: callers[point]![which]! }).then(
            answer => (answer.status === 202 ? idOf(answer) : null),
            () => null,
          ),
        ),
      )
    const unanswered: (() => void)[] = []
    const waiting: Behaviour = (...request) => void unanswered.push(() => answering()(...request))

    vendor.behaviour = waiting
    const first = await startProcess(t, folder)
    const told = [await ask(first, 0)]
    await until(areSeen(0))
    const under = ask(first, 1)
    await until(() => rows().length === 4)
    await first.stop('SIGKILL')
    told.push(await under)
    await until(() => vendor.open() === 0)

    vendor.behaviour = answering()
    const second = await startProcess(t, folder)
    await until(() => rows().every(({ state }) => state === 'unknown'))
    unanswered.length = 0
    vendor.behaviour = waiting
    told.push(await ask(second, 2))
    await until(areSeen(2))
    // From here on nothing gets onto the disk.
    const other = new Database(logFiles(folder.log).database)
    other.exec('BEGIN IMMEDIATE')
    for (const answer of unanswered) answer()
    const uncommitted = ask(second, 3)
    await setTimeout(50)
    await second.stop('SIGKILL')
    other.close()
    told.push(await uncommitted)
    await until(() => vendor.open() === 0)

    vendor.behaviour = answering()
    const last = await startInProcess(t, folder, { spool: soon })
    await until(() => last.appliance.status().spool.lanes.length === 0)
    for (const [point, { name, seen: expected, told: isTold }] of points.entries()) {
      const ids = told[point]!
      if (isTold !== null) t.same([ids[0] !== null, ids[1] !== null], [isTold, isTold], `${name}: what they are told`)
      for (const [which, serial] of serialsOf(point).entries()) {
        const count = seen(serial)
        const about = `${name}, ${which === 0 ? 'once' : 'again'}`
        t.ok((expected[which]! as readonly number[]).includes(count), `${about}: sent ${count} times`)
        const id = ids[which] ?? null
        if (id === null) continue
        const sends = recordsOf(id).filter(({ kind }) => kind === 'spool.send').length
        t.ok(sends >= count, `${about}: no attempt without its record`)
        if (rows().every(({ decision }) => decision !== id)) t.same(story(id).slice(-2), ['spool.delivered', 'outcome'])
        else
          t.match(recordsOf(id).at(-1), { kind: 'spool.unknown', error: 'process-died' }, `${about}: shown to a person`)
      }
    }
    t.match(await verifyLog(folder.log), { kind: 'intact' })
  },
)
