import { noteInLine } from '../log/proofs/anchor-files.ts'
import { canonicalize, type JsonValue } from '../rules/canonical.ts'

/**
 * What a line of a delivery holds. `log` is null where the line does not say whose it is. A record whose text cannot be what was hashed is
 * `cut` (the sender had to shorten it) or `unreadable`.
 */
export type Arrival =
  | { readonly kind: 'record'; readonly log: string | null; readonly body: string }
  | { readonly kind: 'checkpoint'; readonly log: string; readonly note: string }
  | { readonly kind: 'cut' | 'unreadable'; readonly log: string | null; readonly text: string }

/**
 * Reads a line in any of the forms in which the records of a log are kept elsewhere: as `sluice log export --checkpoints` writes them; as a
 * syslog server keeps what `sluice log ship` sends it (RFC 5424); or as the file exporter of an OpenTelemetry collector does (OTLP in JSON).
 * Never throws.
 */
export const readLine = (line: string): readonly Arrival[] => {
  if (line.trim() === '') return []
  if (line.startsWith('<')) return [syslogArrival(line)]
  if (line.startsWith('{"resourceLogs"')) return otlpArrivals(line)
  const [note] = noteInLine(line)
  return [note === undefined ? { kind: 'record', log: null, body: line } : checkpointArrival(note)]
}

const checkpointArrival = (note: string): Arrival => ({
  kind: 'checkpoint',
  log: note.slice(0, Math.max(0, note.indexOf('\n'))),
  note,
})

/** PRI, VERSION, TIMESTAMP, HOSTNAME, APP-NAME, PROCID (name of the log), MSGID, STRUCTURED-DATA, MSG: RFC 5424 section 6. */
const syslog =
  /^<\d{1,3}>1 \S+ \S+ sluice (?<log>\S{1,128}) (?<kind>\S{1,32}) (?:-|(?:\[(?:[^\]\\"]|"(?:[^"\\]|\\.)*")*\])+) (?<message>.*)$/

/** Text of JSON was spelled in ASCII for the way: its canonical form is what was hashed. */
const syslogArrival = (line: string): Arrival => {
  const { log = null, message = '' } = syslog.exec(line)?.groups ?? {}
  const [note] = noteInLine(message)
  if (note !== undefined) return checkpointArrival(note)
  const value = parsed(message)
  if (log === null || value === null) return { kind: 'unreadable', log, text: line }
  if ('findingsOmitted' in value) return { kind: 'cut', log, text: message }
  try {
    return { kind: 'record', log, body: canonicalize(value) }
  } catch {
    return { kind: 'unreadable', log, text: line }
  }
}

type OtlpValue = { readonly stringValue?: unknown }
type OtlpRequest = {
  readonly resourceLogs?: readonly {
    readonly resource?: { readonly attributes?: readonly { readonly key?: unknown; readonly value?: OtlpValue }[] }
    readonly scopeLogs?: readonly {
      readonly logRecords?: readonly { readonly body?: OtlpValue; readonly eventName?: unknown }[]
    }[]
  }[]
}

/** @see https://opentelemetry.io/docs/specs/otel/protocol/file-exporter/ */
const otlpArrivals = (line: string): readonly Arrival[] => {
  try {
    const { resourceLogs = [] } = JSON.parse(line) as OtlpRequest
    return resourceLogs.flatMap(({ resource, scopeLogs = [] }) => {
      const name = resource?.attributes?.find(({ key }) => key === 'service.instance.id')?.value?.stringValue
      const log = typeof name === 'string' ? name : null
      return scopeLogs
        .flatMap(({ logRecords = [] }) => logRecords)
        .map(({ body, eventName }): Arrival => {
          const text = body?.stringValue
          if (log === null || typeof text !== 'string') return { kind: 'unreadable', log, text: '' }
          return eventName === 'sluice.checkpoint' ? checkpointArrival(text) : { kind: 'record', log, body: text }
        })
    })
  } catch {
    return [{ kind: 'unreadable', log: null, text: line }]
  }
}

const parsed = (text: string): { [key: string]: JsonValue } | null => {
  try {
    const value = JSON.parse(text) as JsonValue
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : null
  } catch {
    return null
  }
}
