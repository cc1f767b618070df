import type { AgentOptions } from 'node:https'
import { SeverityNumber, type LogRecord as OtelLogRecord } from '@opentelemetry/api'
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-http'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { LoggerProvider, type ReadableLogRecord } from '@opentelemetry/sdk-logs'
import { endpointOf, hexOf, present, tellingOf, uidOf, type Sender, type Telling } from '../export/encoder.ts'
import type { DecisionEntry } from '../record.ts'
import type { SizedNote, StoredLine } from '../reading/record-source.ts'
import { otlpDelivery } from './otlp-delivery.ts'
import type { Receiver } from './receiver.ts'

export type OtlpTarget = {
  /** With path, such as `https://collector.lab.example:4318/v1/logs`. */
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly tls: Pick<AgentOptions, 'ca' | 'cert' | 'key'>
  readonly sender: Sender
  /** How long a delivery may take with the tries of the SDK, in milliseconds. Default ten seconds. */
  readonly timeout?: number
}

/** A collector that takes OTLP over HTTP (JSON), through the OpenTelemetry SDK. */
export const otlpReceiver = ({ url, headers, tls, sender, timeout = 10_000 }: OtlpTarget): Receiver => {
  const exporter = new OTLPLogExporter({
    url,
    headers: { ...headers },
    timeoutMillis: timeout,
    httpAgentOptions: { ...tls, minVersion: 'TLSv1.2' },
  })
  const delivery = otlpDelivery(exporter, url)
  const collected: ReadableLogRecord[] = []
  const provider = new LoggerProvider({
    resource: resourceFromAttributes({
      'service.name': 'sluice',
      'service.version': sender.version,
      'service.instance.id': sender.origin,
    }),
    processors: [
      {
        onEmit: record => void collected.push(record),
        forceFlush: async () => undefined,
        shutdown: async () => undefined,
      },
    ],
  })
  const logger = provider.getLogger('sluice', sender.version)
  return {
    deliver: async (batch, _signal, checkpoint = null) => {
      collected.length = 0
      for (const stored of batch) logger.emit(logRecordOf(stored, sender))
      if (checkpoint !== null) logger.emit(checkpointRecordOf(checkpoint, sender))
      await delivery.deliver([...collected])
    },
    close: delivery.close,
  }
}

const logRecordOf = (stored: StoredLine, sender: Sender): OtelLogRecord => {
  const telling = tellingOf(stored)
  const { kind, time, sequence } = telling.record
  const [severityNumber, severityText] = severityOf(telling)
  return {
    eventName: `sluice.${kind}`,
    timestamp: new Date(time),
    severityNumber,
    severityText,
    body: stored.body,
    attributes: {
      'log.record.uid': uidOf(sequence, sender),
      'sluice.sequence': sequence,
      'sluice.leaf_hash': hexOf(stored.leaf),
      ...requestAttributes(telling.kind === 'decision' ? telling.record : telling.about),
      ...outcomeAttributes(telling),
    },
  }
}

/** It has no time but that of its delivery. */
const checkpointRecordOf = ({ note, size }: SizedNote, { origin }: Sender): OtelLogRecord => ({
  eventName: 'sluice.checkpoint',
  timestamp: new Date(),
  severityNumber: SeverityNumber.INFO,
  severityText: 'INFO',
  body: note,
  attributes: { 'log.record.uid': `${origin}@${size}`, 'sluice.size': size },
})

const severityOf = ({ kind, record }: Telling): readonly [SeverityNumber, string] => {
  const isBad =
    (kind === 'decision' && record.verdict === 'block') ||
    (kind === 'outcome' && !['relayed', 'delivered', 'spliced'].includes(record.result))
  if (kind === 'other' && record.kind === 'gap') return [SeverityNumber.ERROR, 'ERROR']
  return isBad ? [SeverityNumber.WARN, 'WARN'] : [SeverityNumber.INFO, 'INFO']
}

/** Names of the semantic conventions where there are any. @see https://opentelemetry.io/docs/specs/semconv/http/http-spans/ */
const requestAttributes = (decision: DecisionEntry | null): Record<string, string | number | boolean | string[]> => {
  if (decision === null) return {}
  const { id, client, instrument, route, destination, method, path, verdict, reason, findings, policy } = decision
  const server = destination === null ? null : endpointOf(destination)
  return present({
    'client.address': client,
    'server.address': server?.host,
    'server.port': server?.port,
    'http.request.method': method,
    'http.request.body.size': decision.bytesIn,
    'url.template': path,
    'sluice.decision': id,
    'sluice.instrument': instrument,
    'sluice.route': route,
    'sluice.verdict': verdict,
    'sluice.reason': reason,
    'sluice.detectors': findings.length === 0 ? null : [...new Set(findings.map(({ detector }) => detector))],
    'sluice.exceptions': decision.exceptions && [...decision.exceptions],
    'sluice.policy': policy,
  })
}

const outcomeAttributes = ({ kind, record }: Telling): Record<string, string | number> =>
  kind === 'outcome'
    ? present({
        'http.response.status_code': record.status,
        'http.response.body.size': record.bytes,
        'error.type': record.error,
        'sluice.result': record.result,
      })
    : {}
