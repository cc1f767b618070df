import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import t from 'tap'
import { verifyLog } from '../../log/verify/verify.ts'
import { makeFolder, startProcess } from '../kit/appliance.ts'
import { seeded, type Random } from '../kit/random.ts'
import { openRaw, postJson, sendRaw, type RawAnswer } from '../kit/raw-client.ts'
import { mutatedRequests } from '../kit/smuggling/mutated-requests.ts'
import { addresses, testPolicy } from '../kit/test-policy.ts'
import { answering, startVendor, writing } from '../kit/vendor.ts'

/** 120 in the drill, which puts the traffic of half an hour into two minutes. */
const SECONDS = Number(process.env.SOAK_SECONDS ?? 5)
const CLIENTS = 12
/** Milliseconds from one look at the process to the next. */
const LOOK_MS = 500
/** Below that a run is all warm-up, and says nothing of memory. */
const LEAST_SECONDS = 60

const vendor = await startVendor()
t.teardown(() => vendor.close())
const folder = await makeFolder(t, testPolicy(vendor.port))
const appliance = await startProcess(t, folder, { nodeOptions: ['--trace-gc'] })
const pid = appliance.child.pid!

const sockets = (): number => readdirSync(`/proc/${pid}/fd`).length
/**
 * MB that are alive in the main thread after each full collection of garbage, with its time in milliseconds since the start. The resident
 * memory alone says little: V8 keeps pages of which it once needed more, so that it grows in steps long after the warm-up.
 */
const alive = (): readonly { readonly time: number; readonly mb: number }[] => {
  const line = /^\[\d+:(0x[\da-f]+)\] +(\d+) ms: Mark-Compact [^>]*-> ([\d.]+)/gm
  const all = [...appliance.printed().matchAll(line)]
  const main = all[0]?.[1]
  return all.filter(([, isolate]) => isolate === main).map(([, , time, mb]) => ({ time: Number(time), mb: Number(mb) }))
}
const residentKiB = (): number => Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])

const good = (serial: number): string => postJson('/v1/serial', JSON.stringify({ serial }))
const bodies = {
  sensitive: '{"note":"GATTACAGATTACAGGATCCATTGACCATGACCTGA"}',
  broken: '{"serial":',
  large: JSON.stringify({ lanes: Array.from({ length: 2_000 }, () => ({ lane: 1, note: 'idle' })) }),
}
const mutants = mutatedRequests(7, 400, { host: 'appliance.test', target: '/v1/serial' }, 1)

/** Ids of all decisions that a client was told of. */
const told = new Set<string>()
const tell = ({ fields, status, raw }: RawAnswer): void =>
  void told.add(fields['sluice-decision'] ?? `answer without a decision: ${status} ${raw}`)

/** One thing that a client does. */
const steps: readonly ((random: Random) => Promise<unknown>)[] = [
  async random => {
    const client = await openRaw(appliance)
    for (let count = random.below(10); count >= 0; count--) {
      client.write(good(count))
      const answer = await client.answer()
      tell(answer)
      if (answer.fields.connection === 'close') break
    }
    client.stream.end()
  },
  async random => {
    tell(await sendRaw(appliance, postJson('/v1/serial', random.pick(Object.values(bodies)))))
  },
  async random => {
    const client = await openRaw(appliance)
    client.write(random.pick(mutants).bytes)
    await setTimeout(random.below(30))
    client.stream.destroy()
  },
  // gone: before TLS, in it, in the head, in the content, before the answer
  async random => {
    const client = await openRaw(appliance, { way: 'plain' })
    client.stream.write(
      random.pick(['', '\x16\x03\x01\x02\x00', 'POST /v1/se', `CONNECT ${random.below(9)}`]),
      'latin1',
    )
    client.tcp.resetAndDestroy()
  },
  async random => {
    const client = await openRaw(appliance)
    const text = good(1)
    client.write(text.slice(0, random.below(text.length + 1)))
    await setTimeout(random.below(10))
    if (random.chance(0.5)) client.tcp.resetAndDestroy()
    else client.stream.end()
  },
  async () => {
    tell(await sendRaw(appliance, good(1), { way: 'connect', vendorPort: vendor.port }))
  },
  async () => sendRaw(appliance, good(1), { from: addresses.stranger }),
  async () => sendRaw(appliance, postJson('/v1/others', '{"serial":1}'), { from: addresses.other }),
]

/** A vendor in changing moods. */
const moody = seeded(5)
vendor.behaviour = (socket, request) => {
  if (moody.chance(0.02)) return void socket.destroy()
  if (moody.chance(0.02)) return writing('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf', 'end')(socket, request)
  return answering()(socket, request)
}

t.test(
  `P3: ${SECONDS} seconds of mixed traffic: no socket stays, memory is flat, no request is without a record`,
  async t => {
    if (process.platform !== 'linux') return t.comment('skipped: there is no /proc on this machine')
    tell(await sendRaw(appliance, good(1)))
    const before = sockets()
    const end = performance.now() + SECONDS * 1_000
    let done = 0
    const client = async (_: unknown, index: number): Promise<void> => {
      const random = seeded(index)
      while (performance.now() < end) {
        await random
          .pick(steps)(random)
          .catch(() => undefined)
        done++
      }
    }
    const memory: number[] = []
    const look = async (): Promise<void> => {
      while (performance.now() < end) {
        memory.push(residentKiB())
        await setTimeout(LOOK_MS)
      }
    }
    await Promise.all([look(), ...Array.from({ length: CLIENTS }, client)])
    // connections that were torn are cut within the time for a head
    const idleUpstream = vendor.open()
    let open = sockets()
    for (let wait = 0; wait < 200 && open > before + idleUpstream; wait++) {
      await setTimeout(100)
      open = sockets()
    }
    t.comment(`${done} steps, ${told.size} decisions told of, ${before} and ${open} descriptors, ${memory.at(-1)} KiB`)
    t.ok(open <= before + idleUpstream, `${open} descriptors after, ${before} before, ${idleUpstream} to the vendor`)
    if (SECONDS >= LEAST_SECONDS) {
      const quarter = (SECONDS * 1_000) / 4
      const warm = alive().filter(({ time }) => time > quarter && time <= 2 * quarter)
      const late = alive().filter(({ time }) => time > 3 * quarter)
      const [before, after] = [warm, late].map(seen => middle(seen.map(({ mb }) => mb)))
      t.comment(
        `alive: ${before} MB after warming up, ${after} MB at the end (${warm.length} and ${late.length} looks)`,
      )
      t.ok(
        warm.length > 0 && late.length > 0 && after! <= before! * 1.1,
        'what is alive has not grown by more than a tenth',
      )
      const resident = middle(memory.slice(memory.length >> 2, memory.length >> 1))
      const last = middle(memory.slice(-(memory.length >> 2)))
      t.comment(`resident: ${resident} KiB after warming up, ${last} KiB at the end`)
      t.ok(last <= resident * 1.5, 'nor has the process by more than a half')
    }
    t.equal(await appliance.stop('SIGTERM'), 0)
    const recorded = new Set(appliance.decisions.all().map(({ id }) => id))
    t.same(
      [...told].filter(id => !recorded.has(id)),
      [],
      'every decision that was told stands in the log',
    )
    t.equal(vendor.requests.length <= recorded.size, true)
    t.match(await verifyLog(folder.log), { kind: 'intact' }, 'and the requests that came in add up with the records')
  },
)

const middle = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0
