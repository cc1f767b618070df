import { vendorHost } from '../../kit/vendor.ts'
import { cpuSeconds, load, openProxyBed, type ProxyBed, type Subject } from '../bed/proxy-bed.ts'
import { spreadOf, type Spread } from '../measure.ts'
import type { Report, Suite } from '../suite.ts'

const KIBIBYTE = 2 ** 10
const CONNECTIONS = 32
const ROUNDS = 5

/** Bars of issue 8: CPU of the whole way through Sluice, to that of http-proxy alone. */
const cases = [
  { kilobytes: 1, requests: 2_000, atMost: 1.25 },
  { kilobytes: 16, requests: 1_000, atMost: 1.5 },
  { kilobytes: 256, requests: 120, atMost: 3 },
  { kilobytes: 1_024, requests: 40 },
] as const

type Way = {
  readonly tunnel?: string
  readonly isLeak?: boolean
  readonly rate?: number
  readonly connections?: number
}

type Costs = {
  readonly cpu: Spread
  readonly rate: Spread
  readonly p50: Spread
  readonly p99: Spread
  readonly bytes: number
}

/** Several loads of each subject in turn, so that a busy machine is as busy for one as for the other. */
const compare = async (
  subjects: readonly (Subject & Way)[],
  kilobytes: number,
  requests: number,
): Promise<ReadonlyMap<string, Costs>> => {
  const series = new Map(
    subjects.map(({ name }) => [name, [] as (readonly [number, number, number, number, number])[]]),
  )
  for (let round = -1; round < ROUNDS; round++)
    for (const { name, pid, port, serverName, ca, ...way } of subjects) {
      const { tunnel = null, isLeak = false, rate = null, connections = CONNECTIONS } = way
      const job = { port, serverName, ca, tunnel, isLeak, rate, connections, requests, bytes: kilobytes * KIBIBYTE }
      const before = cpuSeconds(pid)
      const { seconds, bytes, p50, p99 } = await load({ ...job, seed: round + 2 })
      const cpu = ((cpuSeconds(pid) - before) * 1000) / requests
      if (round >= 0) series.get(name)!.push([cpu, requests / seconds, p50, p99, bytes / requests])
    }
  return new Map(
    [...series].map(([name, rows]) => {
      const spread = (at: number): Spread => spreadOf(rows.map(row => row[at]!))
      return [name, { cpu: spread(0), rate: spread(1), p50: spread(2), p99: spread(3), bytes: rows[0]![4] }]
    }),
  )
}

const costs = async (report: Report, bed: ProxyBed): Promise<void> => {
  const connect = {
    ...bed.sluice,
    name: 'sluice, CONNECT',
    serverName: vendorHost,
    tunnel: `${vendorHost}:${bed.vendorPort}`,
  }
  const leak = { ...bed.sluice, name: 'sluice, blocked', isLeak: true }
  for (const { kilobytes, requests, ...bar } of cases) {
    const measured = await compare([bed.direct, bed.bare, bed.sluice, connect, leak], kilobytes, requests)
    const bare = measured.get(bed.bare.name)!
    for (const [name, { cpu, rate, bytes }] of measured) {
      const label = name === bed.direct.name ? 'vendor alone' : name
      const isSluice = name === bed.sluice.name
      const ratio =
        name === bed.direct.name || name === bed.bare.name
          ? {}
          : { ratio: { to: 'http-proxy', value: cpu.median / bare.cpu.median, ...(isSluice ? bar : {}) } }
      report.row({ name: `${label}, ${kilobytes} KB, CPU`, unit: 'ms/request', time: cpu, bytes, ...ratio })
      report.row({ name: `${label}, ${kilobytes} KB, answered`, unit: 'requests/s', time: rate, bytes })
    }
  }
}

/** At half of what Sluice answers at most: how much longer an instrument waits than with http-proxy. */
const latency = async (report: Report, bed: ProxyBed): Promise<void> => {
  const full = await compare([bed.sluice], 1, 2_000)
  const rate = full.get(bed.sluice.name)!.rate.median / 2
  const measured = await compare(
    [
      { ...bed.bare, rate },
      { ...bed.sluice, rate },
    ],
    1,
    1_000,
  )
  const [bare, own] = [measured.get(bed.bare.name)!, measured.get(bed.sluice.name)!]
  const added = (share: 'p50' | 'p99', bar: number) => {
    const value = own[share].median - bare[share].median
    report.row({
      name: `1 KB at half load (${rate.toFixed(0)} requests/s), ${share} added`,
      unit: 'ms',
      time: { ...own[share], median: value },
      bytes: own.bytes,
      ratio: { to: `the ${bar} ms that it may be`, value: value / bar, atMost: 1 },
    })
  }
  added('p50', 2)
  added('p99', 10)
}

export const proxySuite: Suite = {
  name: 'proxy',
  title: 'the whole way of a request, TLS to TLS, with every decision on the disk, beside http-proxy alone',
  async run(report) {
    const bed = await openProxyBed()
    try {
      await costs(report, bed)
      await latency(report, bed)
    } finally {
      await bed.close()
    }
  },
}
