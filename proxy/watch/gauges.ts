import type { ApplianceStatus } from './control-handlers.ts'

/** Names and values that the policy, the settings or this program gives; an empty value stands for none. */
export type Labels = Readonly<Record<string, string>>

/** A figure that is read from the state of the appliance whenever somebody asks. */
export type Gauge = {
  readonly name: string
  readonly help: string
  /** A counter only rises, and begins anew with the process. */
  readonly type: 'gauge' | 'counter'
  readonly labels: readonly string[]
  readonly read: (now: Observed) => readonly Sample[]
}

export type Sample = { readonly labels: Labels; readonly value: number }

/** What gauges are read from. */
export type Observed = ApplianceStatus & {
  /** Refused handshakes by instrument; under null whoever is none. */
  readonly refusals: ReadonlyMap<string | null, number>
  /** Lines of the output that nobody has taken. */
  readonly linesLost: number
}

const one = (value: number): readonly Sample[] => [{ labels: {}, value }]

/** One sample for each of the states, 1 for the one that holds. */
const among = (states: readonly string[], holds: string): readonly Sample[] =>
  states.map(state => ({ labels: { state }, value: Number(state === holds) }))

/** Seconds since the epoch, as Prometheus has times; nothing where there is none. */
const at = (time: string | null, labels: Labels = {}): readonly Sample[] =>
  time === null ? [] : [{ labels, value: Date.parse(time) / 1_000 }]

const gauge = (name: string, help: string, read: Gauge['read'], labels: readonly string[] = []): Gauge => ({
  name,
  help,
  type: 'gauge',
  labels,
  read,
})

const counter = (...given: Parameters<typeof gauge>): Gauge => ({ ...gauge(...given), type: 'counter' })

/** Of the settings: `host:port`. */
const serverOf = ({ url }: { readonly url: string }): Labels => ({ server: new URL(url).host })

const earliest = (times: readonly string[]): string | null => times.toSorted()[0] ?? null

const logStates = ['ready', 'failed', 'closing', 'closed']
const bundleFaults = ['away', 'refused', 'unasked']
const diskStates = ['enough', 'low', 'refusing']

/** Times are seconds since the epoch, sizes octets. To add one, write it here: the exposition and docs/observability.md follow. */
export const gauges: readonly Gauge[] = [
  gauge('sluice_up', '1 while the appliance answers; a file of metrics says 0 when it does not', () => one(1)),
  gauge(
    'sluice_build_info',
    'Version of this program and of Node; always 1',
    ({ version }) => [{ labels: { version, node: process.versions.node }, value: 1 }],
    ['version', 'node'],
  ),
  gauge('sluice_start_time_seconds', 'When the appliance was started', ({ started }) => at(started)),
  gauge('sluice_confined', '1 when the process has given up all that it does not need', ({ confinement }) =>
    one(Number(confinement.isConfined)),
  ),
  gauge('sluice_connections', 'Connections from the lab side that are open', ({ listen }) => one(listen.connections)),
  gauge('sluice_policy_number', 'Number of the policy in force, as in "sluice rules history"', ({ policy }) =>
    one(policy.number),
  ),
  gauge('sluice_policy_routes', 'Routes of the policy that are enforced', ({ policy }) => one(policy.routes)),
  gauge('sluice_policy_instruments', 'Instruments of the policy', ({ policy }) => one(policy.instruments)),
  gauge(
    'sluice_bundle_serial',
    'Serial number of the policy bundle in force, if it came in one',
    ({ policy: { bundle } }) => (bundle === null ? [] : [{ labels: { signer: bundle.signer }, value: bundle.serial }]),
    ['signer'],
  ),
  gauge(
    'sluice_bundle_expiry_seconds',
    'When the policy bundle in force ends',
    ({ policy: { bundle } }) => (bundle === null ? [] : at(bundle.expires, { signer: bundle.signer })),
    ['signer'],
  ),
  gauge(
    'sluice_bundle_confirmed_seconds',
    'When the server of the policy bundles last had none that is newer',
    ({ bundlePull }) => (bundlePull === null ? [] : at(bundlePull.confirmed, serverOf(bundlePull))),
    ['server'],
  ),
  gauge(
    'sluice_bundle_interval_seconds',
    'How often the server of the policy bundles is to be asked, where it is',
    ({ bundlePull }) =>
      bundlePull === null ? [] : [{ labels: serverOf(bundlePull), value: bundlePull.everyMs / 1_000 }],
    ['server'],
  ),
  gauge(
    'sluice_bundle_fault',
    '1 for why the newest policy bundle is not in force: nothing came (away), it is not taken (refused), nobody was asked (unasked)',
    ({ bundlePull }) => (bundlePull === null ? [] : among(bundleFaults, bundlePull.fault?.kind ?? '')),
    ['state'],
  ),
  gauge(
    'sluice_exceptions',
    'Exceptions of the policy, by whether their time is over or about to be',
    ({ policy: { exceptions } }) => [
      { labels: { state: 'all' }, value: exceptions.total },
      { labels: { state: 'ends-soon' }, value: exceptions.endingSoon.length },
      { labels: { state: 'expired' }, value: exceptions.expired.length },
    ],
    ['state'],
  ),
  gauge(
    'sluice_paused',
    '1 for each instrument that people have paused, and without an instrument for all traffic',
    ({ paused }) => [
      { labels: { instrument: '' }, value: Number(paused.all !== null) },
      ...paused.instruments.map(({ instrument }) => ({ labels: { instrument }, value: 1 })),
    ],
    ['instrument'],
  ),
  counter(
    'sluice_trials_total',
    'What routes on trial would have done, since the policy came into force',
    ({ trials }) =>
      trials.routes.flatMap(({ route, wouldAllow, wouldBlock }) => [
        { labels: { route, verdict: 'would-allow' }, value: wouldAllow },
        { labels: { route, verdict: 'would-block' }, value: sum(Object.values(wouldBlock)) },
      ]),
    ['route', 'verdict'],
  ),
  gauge(
    'sluice_drip_share',
    'Nucleotides in fragments that an instrument has sent, of those that it may: 0 to 1',
    ({ drips }) =>
      drips.flatMap(({ instrument, lastHour, perHour, lastDay, perDay }) => [
        { labels: { instrument, window: 'hour' }, value: share(lastHour, perHour) },
        { labels: { instrument, window: 'day' }, value: share(lastDay, perDay) },
      ]),
    ['instrument', 'window'],
  ),
  gauge('sluice_splices_open', 'Connections that pass unopened at the moment', ({ splices }) =>
    one(sum(splices.map(({ open }) => open))),
  ),
  counter(
    'sluice_instrument_log_lines_dropped_total',
    'Lines of instrument logs that were left out of what was sent',
    ({ requests }) => one(requests.linesDropped),
  ),
  counter('sluice_pages_total', 'Pages of the appliance itself that were shown to the lab side', ({ pages }) =>
    one(sum(Object.values(pages))),
  ),
  counter(
    'sluice_handshakes_refused_total',
    'TLS handshakes that ended without a request, by instrument',
    ({ refusals }) => [...refusals].map(([instrument, value]) => ({ labels: { instrument: instrument ?? '' }, value })),
    ['instrument'],
  ),
  counter(
    'sluice_outsiders_total',
    'Connections from outside the networks of the lab, dropped when they were accepted',
    ({ outsiders }) => one(outsiders.connections),
  ),
  gauge(
    'sluice_certificate_expiry_seconds',
    'When a certificate ends: of the authority that signs, of each that instruments are given to trust, and the first of the leaves',
    ({ authority, trustAnchors, leaves }) => [
      ...at(authority.notAfter, { certificate: 'authority' }),
      ...(['current', 'next', 'previous'] as const).flatMap(role => {
        const ends = trustAnchors.filter(anchor => anchor.role === role).map(({ notAfter }) => notAfter)
        return at(earliest(ends), { certificate: `trust-${role}` })
      }),
      ...at(earliest(leaves.map(({ notAfter }) => notAfter)), { certificate: 'leaf' }),
    ],
    ['certificate'],
  ),
  gauge(
    'sluice_log_state',
    '1 for the state that the decision log is in; only "ready" lets anything out',
    ({ log }) => among(logStates, log.state),
    ['state'],
  ),
  gauge('sluice_log_records', 'Records in the decision log: the next sequence number', ({ log }) => one(log.size)),
  gauge('sluice_log_bytes', 'Size of the database of the decision log', ({ log }) => one(log.bytes)),
  gauge('sluice_log_queued', 'Records that wait for the disk', ({ log }) => one(log.queued)),
  gauge('sluice_log_committed_seconds', 'When a record came onto the disk last', ({ log }) => at(log.committed)),
  gauge(
    'sluice_disk_state',
    '1 for how much room the disk of the log has; "refusing" lets nothing out',
    ({ disk }) => among(diskStates, disk.state),
    ['state'],
  ),
  gauge('sluice_disk_free_bytes', 'Room on the disk of the decision log', ({ disk }) => one(disk.freeBytes)),
  gauge('sluice_disk_warn_below_bytes', 'Room below which somebody should make more', ({ disk }) =>
    one(disk.warnBelow),
  ),
  gauge('sluice_disk_refuse_below_bytes', 'Room below which all traffic is refused', ({ disk }) =>
    one(disk.refuseBelow),
  ),
  gauge('sluice_held_payloads', 'Blocked payloads that are held for review', ({ log }) => one(log.held.payloads)),
  gauge('sluice_held_bytes', 'Octets of those payloads', ({ log }) => one(log.held.bytes)),
  gauge('sluice_held_max_payloads', 'How many payloads may be held', ({ held }) => one(held.maxPayloads)),
  gauge('sluice_held_max_bytes', 'How many octets they may have together', ({ held }) => one(held.maxBytes)),
  gauge('sluice_held_full', '1 when there was no room for the last payload that was to be held', ({ log }) =>
    one(Number(log.held.isFull)),
  ),
  gauge('sluice_spool_items', 'Requests that were accepted and wait for their destination', ({ spool }) =>
    one(spool.items),
  ),
  gauge('sluice_spool_bytes', 'Octets of those requests', ({ spool }) => one(spool.bytes)),
  gauge('sluice_spool_max_items', 'How many requests may wait', ({ spool }) => one(spool.maxItems)),
  gauge('sluice_spool_max_bytes', 'How many octets they may have together', ({ spool }) => one(spool.maxBytes)),
  gauge(
    'sluice_spool_oldest_seconds',
    'When the oldest request that waits was accepted',
    ({ spool }) =>
      spool.lanes.flatMap(({ instrument, destination, oldest }) => at(oldest, { instrument, destination })),
    ['instrument', 'destination'],
  ),
  gauge(
    'sluice_spool_people',
    'Requests that wait for a person: nobody knows whether the destination has them, or it keeps refusing them',
    ({ spool }) => [
      { labels: { state: 'unknown' }, value: spool.unknown },
      { labels: { state: 'stuck' }, value: spool.stuck },
    ],
    ['state'],
  ),
  counter(
    'sluice_spool_ended_total',
    'How requests that waited ended',
    ({ spool: { counts } }) => Object.entries(counts).map(([how, value]) => ({ labels: { how }, value })),
    ['how'],
  ),
  gauge('sluice_reviewers', 'People to whom blocked payloads are sealed', ({ reviewers }) => one(reviewers.length)),
  gauge(
    'sluice_anchor_seconds',
    'When a checkpoint of the log went out last, to standard output and to the folder',
    ({ anchors }) => [
      ...at(anchors.printed?.time ?? null, { to: 'output' }),
      ...at(anchors.written?.time ?? null, { to: 'folder' }),
    ],
    ['to'],
  ),
  gauge('sluice_anchor_interval_seconds', 'How often one is to go out', ({ anchors }) => one(anchors.everyMs / 1_000)),
  gauge('sluice_anchor_failed', '1 when the last one could not be written to the folder', ({ anchors }) =>
    one(Number(anchors.fault !== null)),
  ),
  counter('sluice_output_lines_lost_total', 'Lines of the output that nobody took in time', ({ linesLost }) =>
    one(linesLost),
  ),
  counter('process_cpu_seconds_total', 'CPU time of the process, with its threads', () => {
    const { user, system } = process.cpuUsage()
    return one((user + system) / 1_000_000)
  }),
  gauge('process_resident_memory_bytes', 'Memory of the process', () => one(process.memoryUsage.rss())),
  gauge('nodejs_heap_size_used_bytes', 'Memory of JavaScript objects', () => one(process.memoryUsage().heapUsed)),
]

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

const share = (sent: number, may: number): number => (may > 0 ? sent / may : Number(sent > 0))
