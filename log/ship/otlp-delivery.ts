import { diag, DiagLogLevel } from '@opentelemetry/api'
import { ExportResultCode, type ExportResult } from '@opentelemetry/core'
import { LogError } from '../log-error.ts'

/** An exporter of the OpenTelemetry SDK, as far as it is used. */
type Exporter<Batch> = {
  readonly export: (batch: Batch, done: (result: ExportResult) => void) => void
  readonly shutdown: () => Promise<void>
}

export type OtlpDelivery<Batch> = {
  /**
   * Resolves when the collector has answered with 2xx and has rejected none of it.
   * @throws LogError `ERR_SHIP_UNDELIVERED` when a later try can succeed, `ERR_SHIP_REJECTED` when it cannot
   */
  readonly deliver: (batch: Batch) => Promise<void>
  readonly close: () => Promise<void>
}

/**
 * Delivers with an exporter of the SDK and says what became of it; the SDK itself would drop what it cannot deliver, so its batching is not used.
 * @see https://opentelemetry.io/docs/specs/otlp/#otlphttp
 */
export const otlpDelivery = <Batch>(exporter: Exporter<Batch>, url: string): OtlpDelivery<Batch> => {
  const rejections = rejectionsHeard()
  return {
    deliver: async batch => {
      rejections.clear()
      const { code, error } = await new Promise<ExportResult>(resolve => exporter.export(batch, resolve))
      if (rejections.heard()) throw new LogError('ERR_SHIP_REJECTED', 'the collector rejected some of it')
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
  const said = typeof code === 'number' ? `answered with ${code}` : `did not take it: ${spell(code)}`
  return new LogError(hopeless.includes(code) ? 'ERR_SHIP_REJECTED' : 'ERR_SHIP_UNDELIVERED', `${host} ${said}`)
}

const spell = (code: unknown): string => (typeof code === 'string' ? code : 'it is busy, or did not answer in time')
