import { isIP } from 'node:net'
import type { DecisionEntry, FindingRecord, LogRecord, OutcomeEntry } from '../record.ts'
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

/** @see https://schema.ocsf.io/1.7.0/ */
export const OCSF_VERSION = '1.7.0'

/**
 * Open Cybersecurity Schema Framework. A decision is an HTTP Activity (4002) and, for each detector that found something in it, a
 * Data Security Finding (2006); its outcome is an HTTP Activity with the answer; any other record is a Base Event (0).
 * docs/export.md says where each attribute comes from.
 */
export const ocsf: Encoder = {
  heading: null,
  lines: (stored, sender) => {
    const telling = tellingOf(stored)
    const source = { sender, sequence: telling.record.sequence, leafHash: hexOf(stored.leaf) }
    return eventsOf(telling, source).map(event => JSON.stringify(event))
  },
}

type Source = { readonly sender: Sender; readonly sequence: number; readonly leafHash: string }

const eventsOf = (telling: ReturnType<typeof tellingOf>, source: Source): readonly object[] => {
  const { kind, record } = telling
  if (kind === 'decision')
    return [decisionEvent(record, source), ...findingEvents(record, source), ...exceptedEvents(record, source)]
  if (kind === 'outcome' && telling.about !== null) return [outcomeEvent(record, telling.about, source)]
  return [baseEvent(record, source)]
}

const activities = {
  CONNECT: [1, 'Connect'],
  DELETE: [2, 'Delete'],
  GET: [3, 'Get'],
  HEAD: [4, 'Head'],
  OPTIONS: [5, 'Options'],
  POST: [6, 'Post'],
  PUT: [7, 'Put'],
  TRACE: [8, 'Trace'],
  PATCH: [9, 'Patch'],
} as const

const severities = { 1: 'Informational', 2: 'Low', 3: 'Medium', 4: 'High' } as const

const severity = (id: keyof typeof severities) => ({ severity_id: id, severity: severities[id] })

const classification = (
  [categoryId, category]: readonly [number, string],
  [classId, name]: readonly [number, string],
  [activityId, activity]: readonly [number, string],
) => ({
  category_uid: categoryId,
  category_name: category,
  class_uid: classId,
  class_name: name,
  activity_id: activityId,
  activity_name: activity,
  type_uid: classId * 100 + activityId,
  type_name: `${name}: ${activity}`,
})

const httpActivity = (method: string | null) =>
  classification([4, 'Network Activity'], [4002, 'HTTP Activity'], activityOf(method))

const activityOf = (method: string | null): readonly [number, string] => {
  if (method === null) return [0, 'Unknown']
  return Object.hasOwn(activities, method) ? activities[method as keyof typeof activities] : [99, method]
}

const milliseconds = (time: string): number => new Date(time).getTime()

const metadata = (
  { sender, sequence }: Source,
  time: string,
  code: string,
  given: { readonly suffix?: string; readonly correlation?: string; readonly profiles?: readonly string[] } = {},
) =>
  present({
    version: OCSF_VERSION,
    product: { name: 'Sluice', vendor_name: 'Sluice', version: sender.version },
    profiles: given.profiles,
    uid: uidOf(sequence, sender) + (given.suffix ?? ''),
    correlation_uid: given.correlation,
    event_code: code,
    log_name: 'decision log',
    log_provider: sender.origin,
    original_event_uid: String(sequence),
    original_time: time,
    sequence,
  })

const controlled = { profiles: ['security_control'] } as const

/** What a security control decided: profile `security_control`. */
const control = ({ verdict, route, reason, rule, place, policy, findings }: DecisionEntry) => {
  const isBlock = verdict === 'block'
  return present({
    action_id: isBlock ? 2 : 1,
    action: isBlock ? 'Denied' : 'Allowed',
    disposition_id: isBlock ? 2 : 1,
    disposition: isBlock ? 'Blocked' : 'Allowed',
    is_alert: findings.length > 0,
    policy: { name: 'Sluice policy', uid: policy, is_applied: true },
    firewall_rule: present({
      name: route ?? reason ?? 'default deny',
      category: reason,
      condition: rule,
      match_location: place && `${place.surface} ${place.pointer}`,
    }),
  })
}

const endpoints = ({ client, instrument, destination }: DecisionEntry) =>
  present({
    src_endpoint: present({ ip: client, name: instrument }),
    dst_endpoint: destination === null ? null : destinationEndpoint(destination),
  })

const destinationEndpoint = (destination: string) => {
  const { host, port } = endpointOf(destination)
  return isIP(host) === 0 ? { hostname: host, port } : { ip: host, port }
}

/** The path is the template of the route: the path that was sent is not in the log. */
const httpRequest = ({ id, method, bytesIn, path, destination }: DecisionEntry) => {
  const host = destination === null ? null : endpointOf(destination)
  return present({
    uid: id,
    http_method: method,
    body_length: bytesIn,
    url: path === null ? null : present({ scheme: 'https', hostname: host?.host, port: host?.port, path }),
  })
}

const decisionEvent = (record: LogRecord & DecisionEntry, source: Source) => {
  const { id, time, verdict, reason, instrument, client, destination, findings, bytesOut } = record
  const isBlock = verdict === 'block'
  const who = instrument ?? client
  return present({
    ...httpActivity(record.method),
    ...severity(findings.length > 0 ? 3 : isBlock ? 2 : 1),
    time: milliseconds(time),
    message: isBlock
      ? `Blocked a request of ${who}: ${reason}`
      : record.spool
        ? `Accepted a request of ${who} to be sent to ${destination} later`
        : `Let a request of ${who} out to ${destination ?? 'nowhere'}`,
    ...(isBlock && { status_id: 2, status: 'Failure', status_code: reason }),
    metadata: metadata(source, time, 'decision', { correlation: id, ...controlled }),
    ...control(record),
    ...endpoints(record),
    http_request: httpRequest(record),
    traffic: bytesOut === null ? null : { bytes_out: bytesOut },
    unmapped: present({
      ingress: record.ingress,
      digest: record.digest,
      held: record.held,
      replay_of: record.replayOf,
      spool: record.spool,
      findings_omitted: omittedFindings(record),
      exceptions: record.exceptions,
      leaf_hash: source.leafHash,
    }),
  })
}

const outcomeEvent = (record: LogRecord & OutcomeEntry, about: DecisionEntry, source: Source) => {
  const { time, decision, result, status, error, bytes, ms } = record
  const isRelayed = result === 'relayed' || result === 'delivered' || (result === 'spliced' && error === null)
  const end = milliseconds(time)
  return present({
    ...httpActivity(about.method),
    ...severity(isRelayed ? 1 : 2),
    time: end,
    start_time: end - ms,
    end_time: end,
    duration: ms,
    message: isRelayed ? `The destination answered with ${status}` : `The request ended: ${error ?? result}`,
    status_id: isRelayed ? 1 : 2,
    status: isRelayed ? 'Success' : 'Failure',
    status_code: error,
    metadata: metadata(source, time, 'outcome', { correlation: decision, ...controlled }),
    ...control(about),
    ...endpoints(about),
    http_request: httpRequest(about),
    http_response: status === null ? null : { code: status, body_length: bytes, latency: ms },
    http_status: status,
    traffic: { bytes_in: bytes },
    unmapped: { result, leaf_hash: source.leafHash },
  })
}

/** How OCSF sorts data that must not leak. Genetic data and data concerning health are personal data. */
const dataCategories: Readonly<Record<string, readonly [number, string]>> = {
  sequence: [1, 'Personal'],
  identity: [1, 'Personal'],
  health: [1, 'Personal'],
  secret: [6, 'Security'],
}

const findingEvents = (record: LogRecord & DecisionEntry, source: Source): readonly object[] =>
  [...Map.groupBy(record.findings, ({ detector }) => detector)].map(([detector, found]) =>
    findingEvent(record, found, source, { uid: detector, severity: 4, status: [1, 'New'], exception: null }),
  )

/** What an exception of the policy let pass is a finding that somebody decided about before. */
const exceptedEvents = (record: LogRecord & DecisionEntry, source: Source): readonly object[] =>
  [...Map.groupBy(record.excepted ?? [], ({ exception, detector }) => `${detector}/${exception}`)].map(([uid, found]) =>
    findingEvent(record, found, source, {
      uid,
      severity: 2,
      status: [3, 'Suppressed'],
      exception: found[0]!.exception,
    }),
  )

/** What differs between a finding that stopped a request and one that an exception let pass. */
type Standing = {
  readonly uid: string
  readonly severity: keyof typeof severities
  readonly status: readonly [number, string]
  readonly exception: string | null
}

const findingEvent = (
  record: LogRecord & DecisionEntry,
  found: readonly FindingRecord[],
  source: Source,
  standing: Standing,
) => {
  const { id, time, policy } = record
  const { detector, category } = found[0]!
  const [categoryId, categoryName] = dataCategories[category] ?? [99, category]
  const places = [...new Set(found.map(({ surface, pointer }) => `${surface} ${pointer}`))]
  return present({
    ...classification([2, 'Findings'], [2006, 'Data Security Finding'], [1, 'Create']),
    ...severity(standing.severity),
    time: milliseconds(time),
    count: found.length,
    message: `${detector} found in ${places.length === 1 ? places[0] : `${places.length} places`}`,
    status_id: standing.status[0],
    status: standing.status[1],
    metadata: metadata(source, time, 'finding', { suffix: `/${standing.uid}`, correlation: id, ...controlled }),
    ...control(record),
    ...endpoints(record),
    finding_info: {
      uid: `${id}/${standing.uid}`,
      title: `${detector} in outbound telemetry`,
      types: [category],
      created_time: milliseconds(time),
    },
    data_security: {
      category_id: categoryId,
      category: categoryName,
      data_lifecycle_state_id: 2,
      data_lifecycle_state: 'Data in-Transit',
      detection_system_id: 2,
      detection_system: 'DLP Gateway',
      detection_pattern: detector,
      policy: { name: 'Sluice policy', uid: policy },
      total: found.length,
    },
    unmapped: present({
      places,
      chains: found.map(({ chain }) => chain.join(' > ')),
      exception: standing.exception,
      leaf_hash: source.leafHash,
    }),
  })
}

const baseEvent = ({ v: _version, salt: _salt, seal: _seal, ...record }: AnyRecord, source: Source) => ({
  ...classification([0, 'Uncategorized'], [0, 'Base Event'], [99, record.kind]),
  ...severity(record.kind === 'gap' ? 4 : 1),
  time: milliseconds(record.time),
  message: `Decision log: ${record.kind}`,
  metadata: metadata(source, record.time, record.kind, {
    ...(typeof record.decision === 'string' && { correlation: record.decision }),
  }),
  unmapped: { ...record, leaf_hash: source.leafHash },
})
