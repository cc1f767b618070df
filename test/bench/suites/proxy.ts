import { vendorHost } from '../../kit/vendor.ts'
import { compare } from '../bed/compare.ts'
import { openProxyBed, type ProxyBed } from '../bed/proxy-bed.ts'
import type { Report, Suite } from '../suite.ts'

/** Bars of issue 8: CPU of the whole way through Sluice, to that of http-proxy alone. */
const cases = [
  { kilobytes: 1, requests: 2_000, atMost: 1.25 },
  { kilobytes: 16, requests: 1_000, atMost: 1.5 },
  { kilobytes: 256, requests: 120, atMost: 3 },
  { kilobytes: 1_024, requests: 40 },
] as const

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
    for (const [name, { cpu, rate, bytes, generator }] of measured) {
      const label = name === bed.direct.name ? 'vendor alone' : name
      const isSluice = name === bed.sluice.name
      const ratio =
        name === bed.direct.name || name === bed.bare.name
          ? {}
          : { ratio: { to: 'http-proxy', value: cpu.median / bare.cpu.median, ...(isSluice ? bar : {}) } }
      report.row({ name: `${label}, ${kilobytes} KB, CPU`, unit: 'ms/request', time: cpu, bytes, ...ratio })
      // Near 1, the load generator is what was measured; CPU is not concerned.
      const busy = { to: 'a core, by the load generator', value: generator.median }
      report.row({ name: `${label}, ${kilobytes} KB, answered`, unit: 'requests/s', time: rate, bytes, ratio: busy })
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

/** How much longer 1 KB takes while another instrument sends a megabyte again and again. */
const beside = async (report: Report, { sluice }: ProxyBed): Promise<void> => {
  const light = { ...sluice, rate: 100 }
  const large = { ...sluice, name: 'sluice, 1 MB', connections: 1, rate: 4 }
  const alone = (await compare([light], 1, 500, 3)).get(light.name)!
  const [crowded] = await Promise.all([compare([light], 1, 500, 3), compare([large], 1_024, 20, 3)])
  const { p99, bytes } = crowded.get(light.name)!
  const value = p99.median - alone.p99.median
  report.row({
    name: '1 KB beside four messages of 1 MB a second from another, p99 added',
    unit: 'ms',
    time: { ...p99, median: value },
    bytes,
    ratio: { to: 'the 10 ms that it may be', value: value / 10, atMost: 1 },
  })
}

export const proxySuite: Suite = {
  name: 'proxy',
  title: 'the whole way of a request, TLS to TLS, with every decision on the disk, beside http-proxy alone',
  async run(report) {
    const bed = await openProxyBed()
    try {
      await costs(report, bed)
      await latency(report, bed)
      await beside(report, bed)
    } finally {
      await bed.close()
    }
  },
}
