import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { load, openProxyBed, type ProxyBed } from '../bed/proxy-bed.ts'
import { spreadOf, type Spread } from '../measure.ts'
import type { Report, Suite } from '../suite.ts'

const KIBIBYTE = 2 ** 10
const CONNECTIONS = 32
/** About two minutes on two cores. */
const REQUESTS = 100_000
/** After so many, all connections are closed and opened anew. */
const CROWD = 10_000
const LOOK_MS = 250
/** Share of the looks that is warming up. */
const WARM_UP = 0.2

/** Of issue 8: the resident memory over the last half, and descriptors. */
const GROWTH = 1.05

/** What the process holds at one moment; memory in MB (10^6 octets). */
type Look = { readonly resident: number; readonly anonymous: number; readonly descriptors: number }

const kilobytes = (status: string, name: string): number =>
  Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)![1]) * KIBIBYTE

const look = (pid: number): Look => {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return {
    resident: kilobytes(status, 'VmRSS') / 1e6,
    anonymous: kilobytes(status, 'RssAnon') / 1e6,
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
  }
}

/** MB that are alive in the main thread after each full collection of garbage (`--trace-gc`). */
const alive = (printed: string): readonly number[] => {
  const all = [...printed.matchAll(/^\[\d+:(0x[\da-f]+)\] +\d+ ms: Mark-Compact [^>]*-> ([\d.]+)/gm)]
  return all.filter(([, isolate]) => isolate === all[0]![1]).map(([, , megabytes]) => Number(megabytes))
}

/** One crowd of instruments after the other. @returns messages a second, of each crowd */
const traffic = async ({ sluice }: ProxyBed, requests: number): Promise<readonly number[]> => {
  const { port, serverName, ca } = sluice
  const job = { port, serverName, ca, tunnel: null, isLeak: false, rate: null, connections: CONNECTIONS }
  const rates: number[] = []
  for (let sent = 0; sent < requests; sent += CROWD) {
    const some = Math.min(CROWD, requests - sent)
    const { seconds } = await load({ ...job, requests: some, bytes: KIBIBYTE, seed: sent + 1 })
    rates.push(some / seconds)
  }
  return rates
}

const looksDuring = async (pid: number, work: Promise<unknown>): Promise<readonly Look[]> => {
  const looks: Look[] = []
  const ending = new AbortController()
  const over = work.finally(() => ending.abort())
  while (!ending.signal.aborted) {
    looks.push(look(pid))
    await setTimeout(LOOK_MS)
  }
  await over
  return looks
}

type Unit = 'MB' | 'descriptors'

/** How a series goes on: the last half after the first, and the last quarter after the third. */
const course = (report: Report, name: string, unit: Unit, series: readonly number[], bar?: number): void => {
  const warm = series.slice(Math.floor(series.length * WARM_UP))
  if (warm.length < 4) return report.note(`${name}: too few looks to say how it goes on`)
  const part = (from: number, to: number): Spread =>
    spreadOf(warm.slice(Math.floor(from * warm.length), Math.floor(to * warm.length)))
  const [first, last] = [part(0, 0.5), part(0.5, 1)]
  const [third, fourth] = [part(0.5, 0.75), part(0.75, 1)]
  report.row({ name: `${name}, first half after warming up`, unit, time: first, bytes: 0 })
  report.row({
    name: `${name}, last half`,
    unit,
    time: last,
    bytes: 0,
    ratio: { to: 'the first half', value: last.median / first.median },
  })
  const value = fourth.median / third.median
  const ratio = { to: 'the quarter before', value, ...(bar !== undefined && { atMost: bar }) }
  report.row({ name: `${name}, last quarter`, unit, time: fourth, bytes: 0, ratio })
}

export const soakSuite: Suite = {
  name: 'soak',
  title: 'memory and descriptors of Sluice over many requests of 1 KB, in crowds of 32 connections',
  isExtra: true,
  async run(report, { requests }) {
    const bed = await openProxyBed({ nodeOptions: ['--trace-gc'] })
    try {
      const pid = bed.sluice.pids[0]!
      const sending = traffic(bed, requests ?? REQUESTS)
      const looks = await looksDuring(pid, sending)
      report.row({
        name: `${requests ?? REQUESTS} requests, answered`,
        unit: 'requests/s',
        time: spreadOf(await sending),
        bytes: KIBIBYTE,
      })
      const of = (name: keyof Look) => looks.map(seen => seen[name])
      course(report, 'resident memory', 'MB', of('resident'), GROWTH)
      course(report, 'resident memory without files', 'MB', of('anonymous'))
      course(report, 'heap alive after full collections', 'MB', alive(bed.printed()))
      course(report, 'descriptors', 'descriptors', of('descriptors'), 1)
    } finally {
      await bed.close()
    }
  },
}
