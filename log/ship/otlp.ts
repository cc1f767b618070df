import type { AgentOptions } from 'node:https'
import { diag, DiagLogLevel, SeverityNumber, type LogRecord as OtelLogRecord } from '@opentelemetry/api'
import { ExportResultCode, type ExportResult } from '@opentelemetry/core'
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-http'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { LoggerProvider, type ReadableLogRecord } from '@opentelemetry/sdk-logs'
import { endpointOf, hexOf, present, tellingOf, uidOf, type Sender, type Telling } from '../export/encoder.ts'
import { LogError } from '../log-error.ts'
import type { DecisionEntry } from '../record.ts'
import type { StoredLine } from '../record-source.ts'
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

/**
 * A collector that takes OTLP over HTTP (JSON), through the OpenTelemetry SDK. A batch is delivered when the collector has answered with 2xx and
 * has rejected none of it: the SDK itself would drop what it cannot deliver, so its batching is not used.
 * @see https://opentelemetry.io/docs/specs/otlp/#otlphttp
 */
export const otlpReceiver = ({ url, headers, tls, sender, timeout = 10_000 }: OtlpTarget): Receiver => {
  const rejections = rejectionsHeard()
  const exporter = new OTLPLogExporter({
    url,
    headers: { ...headers },
    timeoutMillis: timeout,
    httpAgentOptions: { ...tls, minVersion: 'TLSv1.2' },
  })
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
    deliver: async batch => {
      collected.length = 0
      for (const stored of batch) logger.emit(logRecordOf(stored, sender))
      rejections.clear()
      const { code, error } = await new Promise<ExportResult>(resolve => exporter.export([...collected], resolve))
      if (rejections.heard()) throw new LogError('ERR_SHIP_REJECTED', 'the collector rejected some of the records')
      if (code !== ExportResultCode.SUCCESS) throw failureOf(error, url)
    },
    close: async () => {
      await exporter.shutdown()
      diag.disable()
    },
  }
}

/** A partial success is told only to the diagnostic log of the SDK; what it says there is not repeated anywhere. */
const rejectionsHeard = (): { readonly heard: () => boolean; readonly clear: () => void } => {
  let isHeard = false
  const ignore = (): void => undefined
  const warn = (message: string): void => {
    if (message.includes('Partial Success')) isHeard = true
  }
  diag.setLogger({ error: ignore, warn, info: ignore, debug: ignore, verbose: ignore }, DiagLogLevel.WARN)
  return { heard: () => isHeard, clear: () => void (isHeard = false) }
}

/** Answers that will be the same however often the batch is sent: the collector does not understand it. */
const hopeless: readonly unknown[] = [400, 413, 415]

const failureOf = (error: Error | undefined, url: string): LogError => {
  const code = (error as { readonly code?: unknown } | undefined)?.code
  const { host } = new URL(url)
  const said = typeof code === 'number' ? `answered with ${code}` : `did not take the records: ${spell(code)}`
  return new LogError(hopeless.includes(code) ? 'ERR_SHIP_REJECTED' : 'ERR_SHIP_UNDELIVERED', `${host} ${said}`)
}

const spell = (code: unknown): string => (typeof code === 'string' ? code : 'it is busy, or did not answer in time')

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

const severityOf = ({ kind, record }: Telling): readonly [SeverityNumber, string] => {
  const isBad =
    (kind === 'decision' && record.verdict === 'block') ||
    (kind === 'outcome' && !['relayed', 'spliced'].includes(record.result))
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
