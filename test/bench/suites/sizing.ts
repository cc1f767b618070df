import { globSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { openRaw, type RawClient } from '../../kit/raw-client.ts'
import { seeded } from '../../kit/random.ts'
import { load, openProxyBed, type ProxyBed } from '../bed/proxy-bed.ts'
import { runMessage } from '../bed/run-telemetry.ts'
import { spreadOf, type Spread } from '../measure.ts'
import type { Report, Suite } from '../suite.ts'

const MEBIBYTE = 2 ** 20
/** An address may have 128. */
const CONNECTIONS = 100
const IN_FLIGHT = 32
const REQUESTS = 5_000
/** After which a process that has nothing to do looks the same from one look to the next. */
const SETTLE_MS = 3_000

const one = (value: number): Spread => spreadOf([value])

/** Resident memory in MB (10^6 octets). */
const resident = (pid: number): number =>
  (Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) * 1_024) / 1e6

const settled = async (pid: number): Promise<number> => {
  await setTimeout(SETTLE_MS)
  return resident(pid)
}

const threads = (pid: number): number =>
  Number(/^Threads:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1])

const diskMb = (folder: string): number =>
  globSync('**/*', { cwd: folder, withFileTypes: true })
    .filter(file => file.isFile())
    .reduce((sum, file) => sum + statSync(join(file.parentPath, file.name)).size, 0) / 1e6

const openMany = (count: number, { sluice, caFile }: ProxyBed): Promise<readonly RawClient[]> =>
  Promise.all(Array.from({ length: count }, () => openRaw({ port: sluice.port, ca: sluice.ca, caFile })))

const close = (clients: readonly RawClient[]): void => clients.forEach(({ stream }) => stream.destroy())

/** Messages that are all there but for the last octet: what a limit on requests under way keeps in memory at the most. */
const begin = (clients: readonly RawClient[], body: string): void => {
  const head = `POST /v1/run HTTP/1.1\r\nHost: appliance.test\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`
  for (const { write } of clients) write(head + body.slice(0, -1))
}

const measureMemory = async (report: Report, bed: ProxyBed): Promise<void> => {
  const pid = bed.sluice.pids[0]!
  const row = (name: string, value: number): void => report.row({ name, unit: 'MB', time: one(value), bytes: 0 })
  const started = await settled(pid)
  row(`idle, just started (${threads(pid)} threads)`, started)
  const idle = await openMany(CONNECTIONS, bed)
  const connected = await settled(pid)
  row(`each of ${CONNECTIONS} open TLS connections`, (connected - started) / CONNECTIONS)
  close(idle)
  const before = await settled(pid)
  const clients = await openMany(IN_FLIGHT, bed)
  const body = runMessage(seeded(1), MEBIBYTE)
  begin(clients, body)
  const held = await settled(pid)
  row(`${IN_FLIGHT} messages of 1 MB on the way in, each MB`, (held - before) / ((IN_FLIGHT * body.length) / 1e6))
  clients.forEach(({ write }) => write(body.slice(-1)))
  let most = 0
  for (let looks = 0; looks < 40; looks++, await setTimeout(50)) most = Math.max(most, resident(pid))
  row(`the same while they are inspected and forwarded, all`, most)
  close(clients)
}

const measureDisk = async (report: Report, bed: ProxyBed): Promise<void> => {
  const { port, serverName, ca, pids } = bed.sluice
  const job = { port, serverName, ca, tunnel: null, rate: null, connections: 32, requests: REQUESTS, bytes: 1_024 }
  for (const isLeak of [false, true]) {
    const before = diskMb(bed.data)
    await load({ ...job, isLeak, seed: 1 })
    const perThousand = ((diskMb(bed.data) - before) * 1_000) / REQUESTS
    const what = isLeak ? 'blocked (payload held)' : 'forwarded'
    report.row({ name: `disk, 1,000 requests of 1 KB, ${what}`, unit: 'MB', time: one(perThousand), bytes: 0 })
  }
  report.row({ name: `after ${2 * REQUESTS} requests`, unit: 'MB', time: one(await settled(pids[0]!)), bytes: 0 })
}

export const sizingSuite: Suite = {
  name: 'sizing',
  title: 'memory of Sluice when idle, for each connection and each MB under way; disk for its decisions',
  async run(report) {
    const bed = await openProxyBed()
    try {
      await measureMemory(report, bed)
      await measureDisk(report, bed)
    } finally {
      await bed.close()
    }
  },
}
