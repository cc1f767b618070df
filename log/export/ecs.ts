import { isIP } from 'node:net'
import type { DecisionEntry, LogRecord, OutcomeEntry } from '../record.ts'
import {
  endpointOf,
  hexOf,
  omittedFindings,
  present,
  tellingOf,
  uidOf,
  type AnyRecord,
  type Encoder,
  type Sender,
} from './encoder.ts'

/** @see https://www.elastic.co/docs/reference/ecs */
export const ECS_VERSION = '9.4.0'

/**
 * Elastic Common Schema, one document a record. What it has no field for is under `sluice`, a name of our own as the schema
 * asks for. docs/export.md says where each field comes from.
 */
export const ecs: Encoder = {
  heading: null,
  lines: (stored, sender) => {
    const { record, ...told } = tellingOf(stored)
    const common = commonFields(record, hexOf(stored.leaf), sender)
    if (told.kind === 'decision') return [JSON.stringify(decisionDocument(record as LogRecord & DecisionEntry, common))]
    const document =
      told.kind === 'outcome'
        ? outcomeDocument(record as LogRecord & OutcomeEntry, told.about, common)
        : otherDocument(record, told.about, common)
    return [JSON.stringify(document)]
  },
}

const commonFields = ({ time, kind, sequence }: AnyRecord, leafHash: string, sender: Sender) => ({
  document: {
    '@timestamp': time,
    ecs: { version: ECS_VERSION },
    observer: { type: 'proxy', product: 'sluice', vendor: 'sluice', version: sender.version, name: sender.origin },
  },
  event: {
    id: uidOf(sequence, sender),
    sequence,
    hash: leafHash,
    module: 'sluice',
    dataset: 'sluice.log',
    action: kind,
  },
})

type Common = ReturnType<typeof commonFields>

/** What a decision says of a request, in its own document and in those of what came of it. */
const requestFields = (decision: DecisionEntry) => {
  const { id, client, method, bytesIn, path, route, reason, rule, policy } = decision
  const host = decision.destination === null ? null : endpointOf(decision.destination)
  return present({
    source: { ip: client, address: client },
    destination: host && destinationFields(host),
    url: path === null ? null : present({ scheme: 'https', domain: host?.host, port: host?.port, path }),
    http: { request: present({ id, method, body: { bytes: bytesIn } }) },
    network: { protocol: 'http', transport: 'tcp', direction: 'outbound' },
    rule: present({ ruleset: policy, name: route, category: reason, id: rule }),
  })
}

const destinationFields = ({ host, port }: { readonly host: string; readonly port: number }) => ({
  address: host,
  port,
  ...(isIP(host) === 0 ? { domain: host } : { ip: host }),
})

const ownFields = ({ findings, exceptions, excepted, ...decision }: DecisionEntry) => {
  const { instrument, ingress, verdict, bytesOut, digest, held, replayOf, place, splice, spool } = decision
  return present({
    instrument,
    ingress,
    verdict,
    bytes_out: bytesOut,
    digest,
    held,
    splice,
    spool,
    replay_of: replayOf,
    place: place && `${place.surface} ${place.pointer}`,
    findings: findings.length === 0 ? null : findings,
    exceptions,
    excepted,
  })
}

const messageOf = ({ verdict, reason, splice, spool }: DecisionEntry): string => {
  if (verdict === 'block') return `blocked: ${reason}`
  if (splice) return 'let out without inspection'
  return spool ? 'accepted, to be sent later' : 'let out'
}

const decisionDocument = (record: LogRecord & DecisionEntry, { document, event }: Common) => {
  const isBlock = record.verdict === 'block'
  return {
    ...document,
    ...requestFields(record),
    message: messageOf(record),
    event: present({
      ...event,
      kind: record.findings.length > 0 ? 'alert' : 'event',
      category: ['network'],
      type: ['connection', isBlock ? 'denied' : 'allowed'],
      outcome: isBlock ? 'failure' : 'unknown',
      reason: record.reason,
    }),
    sluice: present({ ...ownFields(record), findings_omitted: omittedFindings(record) }),
  }
}

const outcomeDocument = (
  record: LogRecord & OutcomeEntry,
  about: DecisionEntry | null,
  { document, event }: Common,
) => {
  const { time, decision, result, status, error, bytes, ms } = record
  const isRelayed = result === 'relayed' || result === 'delivered' || (result === 'spliced' && error === null)
  const request = about === null ? { http: { request: { id: decision } } } : requestFields(about)
  return present({
    ...document,
    ...request,
    http: {
      ...request.http,
      response: present({ status_code: status, body: { bytes } }),
    },
    message: isRelayed
      ? result === 'spliced'
        ? 'passed without inspection'
        : `answered with ${status}`
      : `ended: ${error ?? result}`,
    error: error === null ? null : { code: error },
    event: {
      ...event,
      kind: 'event',
      category: ['network'],
      type: ['connection', 'end'],
      outcome: isRelayed ? 'success' : 'failure',
      start: new Date(new Date(time).getTime() - ms).toISOString(),
      end: time,
      // nanoseconds
      duration: ms * 1_000_000,
    },
    sluice: present({ result, instrument: about?.instrument, splice: about?.splice, bytes_up: record.bytesUp }),
  })
}

/** Category and type of what is no request; others are of no category, which the schema allows. */
const categories: Readonly<Record<string, readonly [category: string, type: string]>> = {
  'review.open': ['file', 'access'],
  'review.read': ['file', 'access'],
  'review.approve': ['iam', 'change'],
  'review.reject': ['iam', 'change'],
  'review.release': ['file', 'access'],
  'review.replay': ['file', 'access'],
  'review.blocked': ['file', 'access'],
  'spool.expired': ['file', 'deletion'],
  'spool.dropped': ['file', 'deletion'],
  'spool.withdrawn': ['file', 'deletion'],
  purge: ['file', 'deletion'],
  anchor: ['file', 'creation'],
  start: ['process', 'start'],
  stop: ['process', 'end'],
  gap: ['process', 'info'],
  'rules.activate': ['configuration', 'change'],
  'bundle.fetch': ['network', 'connection'],
  'bundle.fetched': ['network', 'end'],
  'config.change': ['configuration', 'change'],
  'traffic.pause': ['configuration', 'change'],
  'traffic.resume': ['configuration', 'change'],
  'ca.rotate': ['configuration', 'change'],
  'key.rotate': ['configuration', 'change'],
  'held.sweep': ['file', 'deletion'],
}

const otherDocument = (
  { v: _version, salt: _salt, seal: _seal, kind, time: _time, sequence: _sequence, ...members }: AnyRecord,
  about: DecisionEntry | null,
  { document, event }: Common,
) => {
  const [category, type] = categories[kind] ?? [null, null]
  const { actor, decision, policy } = members
  return present({
    ...document,
    message: `decision log: ${kind}`,
    event: present({ ...event, kind: 'event', category: category && [category], type: type && [type] }),
    user: typeof actor === 'string' ? { name: actor } : null,
    http: typeof decision === 'string' ? { request: { id: decision } } : null,
    rule: typeof policy === 'string' ? { ruleset: policy } : null,
    sluice: present({ ...members, instrument: about?.instrument ?? members.instrument }),
  })
}
