import { Counter, Gauge as Measure, Histogram, Registry } from 'prom-client'
import { gauges, type Gauge, type Observed } from './gauges.ts'
import type { Notice } from './notice.ts'
import type { RequestNotice } from './request-notice.ts'

/** One metric with its samples, as it goes to the exposition and to OTLP. */
export type Family = {
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly samples: readonly {
    /** Of a histogram: of `_bucket`, `_sum` and `_count`, each a sample. */
    readonly name: string
    readonly labels: Readonly<Record<string, string | number>>
    readonly value: number
  }[]
}

/**
 * What the appliance counts and measures. Labels are ids of the policy, closed codes and names of this program: nothing that a request
 * brings can become one, so nobody can blow them up, and none of them says anything of a payload.
 */
export type Metrics = {
  readonly heed: (notice: Notice) => void
  /** The text format of Prometheus. @see https://prometheus.io/docs/instrumenting/exposition_formats/ */
  readonly exposition: (now: Observed) => Promise<string>
  readonly families: (now: Observed) => Promise<readonly Family[]>
  /** What there is to be read, for the documentation. */
  readonly described: () => readonly (Pick<Family, 'name' | 'help' | 'type'> & { readonly labels: readonly string[] })[]
  readonly close: () => void
}

/** Seconds: from what a small message takes to where clients give up. */
const BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]
/** Milliseconds from one look at how late timers are to the next. */
const LOOK_MS = 500

export const openMetrics = (): Metrics => {
  const registry = new Registry()
  const registers = [registry]
  const counter = <Label extends string>(name: string, help: string, labelNames: readonly Label[]) =>
    new Counter({ name, help, labelNames: [...labelNames], registers })
  const histogram = (name: string, help: string) => new Histogram({ name, help, buckets: BUCKETS, registers })

  const requests = counter('sluice_requests_total', 'Requests, by how they ended and why', [
    'verdict',
    'reason',
    'instrument',
    'route',
  ])
  const bytes = counter(
    'sluice_bytes_total',
    'Octets of content: "in" from instruments, "out" to destinations, "back" from destinations',
    ['direction', 'instrument'],
  )
  const notices = counter('sluice_notices_total', 'Events, by the kind of the line in the output', ['kind'])
  const inspection = histogram('sluice_inspection_seconds', 'Time for the verdict about one request')
  const recording = histogram('sluice_record_seconds', 'Time until a decision was on the disk')
  const upstream = histogram('sluice_upstream_seconds', 'Time until a destination had answered, or clearly will not')
  const lag = histogram('sluice_event_loop_lag_seconds', `How late a timer was, looked at every ${LOOK_MS} ms`)
  const read = gauges.map(gauge => [gauge, measureOf(gauge, registry)] as const)

  let looked = performance.now()
  const timer = setInterval(() => {
    const now = performance.now()
    lag.observe(Math.max(0, now - looked - LOOK_MS) / 1_000)
    looked = now
  }, LOOK_MS).unref()

  const count = (request: RequestNotice): void => {
    const { verdict, times, bytesIn, bytesOut, bytesBack } = request
    const instrument = request.instrument ?? ''
    requests.inc({ verdict, reason: request.reason ?? '', instrument, route: request.route ?? '' }, times)
    bytes.inc({ direction: 'in', instrument }, bytesIn)
    bytes.inc({ direction: 'out', instrument }, bytesOut)
    bytes.inc({ direction: 'back', instrument }, bytesBack)
    observe(inspection, request.inspectMs)
    observe(recording, request.recordMs)
    observe(upstream, request.upstreamMs)
  }

  const refresh = (now: Observed): void => {
    for (const [gauge, measure] of read) {
      measure.reset()
      for (const { labels, value } of gauge.read(now)) measure.inc({ ...labels }, value)
    }
  }

  return {
    heed: notice => (notice.kind === 'request' ? count(notice) : notices.inc({ kind: notice.kind })),
    exposition: now => {
      refresh(now)
      return registry.metrics()
    },
    families: async now => {
      refresh(now)
      return (await registry.getMetricsAsJSON()).map(familyOf)
    },
    described: () => registry.getMetricsAsArray().map(metric => describe(metric)),
    close: () => clearInterval(timer),
  }
}

/** What is known of an appliance that does not answer. */
export const expositionOfNone = '# HELP sluice_up 1 while the appliance answers\n# TYPE sluice_up gauge\nsluice_up 0\n'

const measureOf = ({ name, help, type, labels }: Gauge, registry: Registry): Counter | Measure => {
  const configuration = { name, help, labelNames: [...labels], registers: [registry] }
  return type === 'counter' ? new Counter(configuration) : new Measure(configuration)
}

const observe = (histogram: Histogram, ms: number | null): void => {
  if (ms !== null) histogram.observe(ms / 1_000)
}

const describe = (metric: object): ReturnType<Metrics['described']>[number] => {
  const { name, help, labelNames: labels } = metric as { name: string; help: string; labelNames: readonly string[] }
  const type = metric instanceof Counter ? 'counter' : metric instanceof Histogram ? 'histogram' : 'gauge'
  return { name, help, type, labels }
}

type Collected = Awaited<ReturnType<Registry['getMetricsAsJSON']>>[number]

/** What prom-client's types do not say: `type` is a word, and samples of histograms have names of their own. */
type Given = Pick<Family, 'name' | 'help' | 'type'> & {
  readonly values: readonly (Omit<Family['samples'][number], 'name'> & { readonly metricName?: string })[]
}

const familyOf = (collected: Collected): Family => {
  const { name, help, type, values } = collected as unknown as Given
  const samples = values.map(({ metricName = name, labels, value }) => ({ name: metricName, labels, value }))
  return { name, help, type, samples }
}
