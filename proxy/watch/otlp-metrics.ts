import type { AgentOptions } from 'node:https'
import { ValueType, type HrTime } from '@opentelemetry/api'
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http'
import { resourceFromAttributes } from '@opentelemetry/resources'
import {
  AggregationTemporality,
  DataPointType,
  type MetricData,
  type ResourceMetrics,
} from '@opentelemetry/sdk-metrics'
import { otlpDelivery, type OtlpDelivery } from '../../log/ship/otlp-delivery.ts'
import type { Family } from './metrics.ts'

export type MetricsTarget = {
  /** With path, such as `https://collector.lab.example:4318/v1/metrics`. */
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly tls: Pick<AgentOptions, 'ca' | 'cert' | 'key'>
  readonly version: string
  /** Names the appliance among others: the origin of its log. */
  readonly instance: string
}

/**
 * A collector that takes metrics by OTLP over HTTP (JSON). Loaded by the command that delivers, and never by an appliance. Names and labels are those of
 * the exposition, so the same alert rules fit.
 * @see https://opentelemetry.io/docs/specs/otel/metrics/data-model/
 */
export const otlpMetrics = (target: MetricsTarget): OtlpDelivery<readonly Family[]> => {
  const { url, headers, tls, version, instance } = target
  const exporter = new OTLPMetricExporter({
    url,
    headers: { ...headers },
    timeoutMillis: 10_000,
    httpAgentOptions: { ...tls, minVersion: 'TLSv1.2' },
  })
  const delivery = otlpDelivery<ResourceMetrics>(exporter, url)
  const resource = resourceFromAttributes({
    'service.name': 'sluice',
    'service.version': version,
    'service.instance.id': instance,
  })
  return {
    deliver: families => {
      const scope = { name: 'sluice', version }
      const period = periodOf(families)
      const metrics = families.filter(({ samples }) => samples.length > 0).map(family => metricOf(family, period))
      return delivery.deliver({ resource, scopeMetrics: [{ scope, metrics }] })
    },
    close: delivery.close,
  }
}

type Period = { readonly startTime: HrTime; readonly endTime: HrTime }

/** Counters begin with the process. */
const periodOf = (families: readonly Family[]): Period => {
  const started = families.find(({ name }) => name === 'sluice_start_time_seconds')?.samples[0]?.value
  const now = Date.now() / 1_000
  return { startTime: hrTime(started ?? now), endTime: hrTime(now) }
}

const hrTime = (seconds: number): HrTime => [Math.floor(seconds), Math.floor((seconds % 1) * 1e9)]

const metricOf = (family: Family, period: Period): MetricData => {
  const { name, help, type, samples } = family
  const descriptor = { name, description: help, unit: unitOf(name), valueType: ValueType.DOUBLE }
  const common = { descriptor, aggregationTemporality: AggregationTemporality.CUMULATIVE } as const
  if (type === 'histogram')
    return { ...common, dataPointType: DataPointType.HISTOGRAM, dataPoints: [histogramPoint(family, period)] }
  const dataPoints = samples.map(({ labels, value }) => ({ ...period, attributes: attributesOf(labels), value }))
  return type === 'counter'
    ? { ...common, dataPointType: DataPointType.SUM, isMonotonic: true, dataPoints }
    : { ...common, dataPointType: DataPointType.GAUGE, dataPoints }
}

/** Codes of UCUM, which OpenTelemetry wants. @see https://ucum.org/ucum */
const unitOf = (name: string): string => {
  if (/_seconds(?:_total)?$/.test(name)) return 's'
  return /_bytes(?:_total)?$/.test(name) ? 'By' : '1'
}

/** A label without a value says that there is none, which in OTLP is not said at all. */
const attributesOf = (labels: Family['samples'][number]['labels']) =>
  Object.fromEntries(Object.entries(labels).filter(([, value]) => value !== ''))

/** The exposition counts into each bucket what is in those before it; OTLP does not. */
const histogramPoint = ({ name, samples }: Family, period: Period) => {
  const buckets = samples.filter(sample => sample.name === `${name}_bucket`)
  const reached = buckets.map(({ value }) => value)
  const valueOf = (suffix: string): number => samples.find(sample => sample.name === `${name}_${suffix}`)?.value ?? 0
  return {
    ...period,
    attributes: {},
    value: {
      buckets: {
        boundaries: buckets.flatMap(({ labels }) => (typeof labels.le === 'number' ? [labels.le] : [])),
        counts: reached.map((value, index) => value - (reached[index - 1] ?? 0)),
      },
      sum: valueOf('sum'),
      count: valueOf('count'),
    },
  }
}
