import type { AnyRecord, Encoder, Sender } from '../export/encoder.ts'
import { jsonl } from '../export/jsonl.ts'
import type { SizedNote, StoredLine } from '../reading/record-source.ts'

/** Log audit, one of the facilities of RFC 5424 section 6.2.1. */
const FACILITY = 13

const severities = { error: 3, warning: 4, notice: 5, informational: 6 } as const

/** Where messages come from: name of the host, and the largest message in octets that the receiver is said to take. */
export type SyslogOptions = { readonly hostname: string; readonly maxOctets: number }

/**
 * The messages of a record: RFC 5424, with what the encoder writes as MSG. They are pure ASCII, so that a receiver needs no byte order mark to
 * know their encoding: JSON can spell the rest. A decision with so many findings that the message would be longer than `maxOctets`
 * loses findings, and says how many.
 * @see RFC 5424 section 6
 */
export const syslogMessages = (
  stored: StoredLine,
  encoder: Encoder,
  sender: Sender,
  { hostname, maxOctets }: SyslogOptions,
): readonly string[] => {
  const record = JSON.parse(stored.body) as AnyRecord
  const header = headerOf(record, sender, hostname)
  const spell = (line: StoredLine): readonly string[] =>
    encoder.lines(line, sender).map(text => `${header} ${asciiJson(text)}`)
  const fits = (messages: readonly string[]): boolean => messages.every(({ length }) => length <= maxOctets)
  const findings = listOf(record.findings)
  const excepted = listOf(record.excepted)
  const total = findings.length + excepted.length
  let messages = spell(stored)
  for (let most = Math.max(findings.length, excepted.length); most > 0 && !fits(messages);) {
    most = Math.floor(most / 2)
    const kept = {
      findings: findings.slice(0, most),
      ...(excepted.length > 0 && { excepted: excepted.slice(0, most) }),
    }
    const findingsOmitted = total - kept.findings.length - Math.min(excepted.length, most)
    messages = spell({ ...stored, body: JSON.stringify({ ...record, ...kept, findingsOmitted }) })
  }
  return messages
}

/** The message of a signed checkpoint, whose MSGID is `checkpoint`. It has no time but that of its delivery. */
export const checkpointMessage = (
  { note }: SizedNote,
  { sender, hostname }: { readonly sender: Sender; readonly hostname: string },
): string => {
  const priority = FACILITY * 8 + severities.notice
  const start = startOf(priority, new Date().toISOString(), hostname, sender.origin, 'checkpoint')
  return `${start} ${originElement(sender)} ${asciiJson(jsonl.checkpoint(note))}`
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

/** @returns the frame that RFC 5425 section 4.3 wants: length in octets, a space, the message */
export const octetCounted = (message: string): string => `${Buffer.byteLength(message)} ${message}`

/** The sequenceId counts from 1 and begins anew after 2147483647 (RFC 5424 section 7.3.1). */
const MOST_SEQUENCE_ID = 2_147_483_647

const headerOf = (record: AnyRecord, sender: Sender, hostname: string): string => {
  const start = startOf(FACILITY * 8 + severityOf(record), record.time, hostname, sender.origin, record.kind)
  const meta = `[meta sequenceId="${(record.sequence % MOST_SEQUENCE_ID) + 1}" language="en"]`
  return `${start} ${originElement(sender)}${meta}`
}

const startOf = (priority: number, time: string, hostname: string, origin: string, kind: string): string =>
  `<${priority}>1 ${time} ${name(hostname, 255)} sluice ${name(origin, 128)} ${name(kind, 32)}`

const originElement = ({ version }: Sender): string => `[origin software="sluice" swVersion="${parameter(version)}"]`

const severityOf = ({ kind, verdict, result }: AnyRecord): number => {
  if (kind === 'gap') return severities.error
  if (verdict === 'block' || result === 'failed') return severities.warning
  return kind === 'decision' || kind === 'outcome' ? severities.informational : severities.notice
}

/** Printable ASCII without spaces, at most so long; `-` for nothing. */
const name = (text: string, limit: number): string => text.replaceAll(/[^!-~]/g, '?').slice(0, limit) || '-'

const parameter = (text: string): string => text.replaceAll(/["\\\]]/g, String.raw`\$&`)

const asciiJson = (text: string): string =>
  text.replaceAll(/[^ -~]/g, unit => String.raw`\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
