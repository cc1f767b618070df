import type { ApplianceStatus } from '../../proxy/watch/control-handlers.ts'
import { spellCaller } from '../spell-caller.ts'
import { shareHeld } from '../review/held-room.ts'
import type { ScreenLine } from './screen.ts'
import type { InstrumentCounts, Snapshot } from './snapshot.ts'

/** The part of a terminal that there is. */
export type Size = { readonly columns: number; readonly rows: number }

/**
 * The picture of an appliance, for a terminal of any size: what lets nothing out comes first, then figures, instruments and the last blocks, of which as
 * many are shown as there is room for.
 * @param before - an earlier snapshot, against which rates are reckoned
 */
export const dashboard = (now: Snapshot, before: Snapshot, size: Size): readonly ScreenLine[] => {
  const { status } = now
  const foot = plain('q or Ctrl-C ends')
  const top = status ? [...headOf(now, status), ...figuresOf(status, now, before)] : downLines(now)
  const room = Math.max(0, size.rows - top.length - 1)
  const instruments = instrumentLines(now, before).slice(0, Math.ceil(room / 2))
  const blocks = blockLines(now, size.columns).slice(0, room - instruments.length)
  return [...[...top, ...instruments, ...blocks].slice(0, size.rows - 1), foot]
}

const plain = (text: string): ScreenLine => ({ text, tone: 'plain' })
const heading = (text: string): ScreenLine => ({ text, tone: 'heading' })

const downLines = ({ time }: Snapshot): readonly ScreenLine[] => [
  heading(`sluice  ${clock(time)}`),
  { text: 'NOT RUNNING: no appliance answers on this data folder', tone: 'bad' },
]

/** What keeps anything from leaving; empty when nothing does. */
export const troublesOf = ({ log, disk, paused }: ApplianceStatus): readonly string[] => [
  ...(log.state === 'ready' ? [] : [`LOG ${log.state.toUpperCase()}: nothing is let out`]),
  ...(disk.state === 'refusing' ? ['DISK FULL: nothing is let out'] : []),
  ...(paused.all ? [`PAUSED: all traffic, by ${paused.all.actor}`] : []),
  ...paused.instruments.map(({ instrument, actor }) => `PAUSED: ${instrument}, by ${actor}`),
]

const headOf = ({ time }: Snapshot, status: ApplianceStatus): readonly ScreenLine[] => {
  const { version, started, listen, policy } = status
  const up = span(time - Date.parse(started))
  const troubles = troublesOf(status)
  const state: readonly ScreenLine[] =
    troubles.length > 0 ? troubles.map(text => ({ text, tone: 'bad' })) : [{ text: 'serving', tone: 'good' }]
  return [
    heading(`sluice ${version}  ${listen.address}:${listen.port}  up ${up}  policy ${policy.number}  ${clock(time)}`),
    ...state,
  ]
}

const figuresOf = (status: ApplianceStatus, now: Snapshot, before: Snapshot): readonly ScreenLine[] => {
  const { requests, listen, log, disk, anchors, held, handshakes, drips } = status
  const total = (snapshot: Snapshot): number =>
    snapshot.instruments.reduce((sum, { forwarded, blocked, failed }) => sum + forwarded + blocked + failed, 0)
  const perSecond = rate(total(now), total(before), now, before)
  const failed = requests.failed + requests.unrecorded
  return [
    field(
      'requests',
      `${perSecond.toFixed(1)}/s  ${requests.forwarded} out  ${requests.blocked} blocked  ${failed} failed`,
    ),
    field('connections', `${listen.connections}`),
    field('log', `${log.size} records, ${log.queued} waiting, root ${log.root.slice(0, 12)}`),
    field('disk', `${mib(disk.freeBytes)} free`, disk.state !== 'enough'),
    field('anchors', anchorText(anchors, now.time), anchors.fault !== null),
    ...bundleLines(status.bundlePull, now.time),
    field('held', `${log.held.payloads}, ${percent(shareHeld(log.held, held))} of the room`, log.held.isFull),
    ...handshakes
      .slice(0, MOST_TROUBLES)
      .map(seen => field('TLS', `${spellCaller(seen)} refused ${seen.refused}: ${seen.diagnosis}`, true)),
    ...drips
      .filter(({ lastHour, perHour, lastDay, perDay }) => lastHour >= perHour || lastDay >= perDay)
      .map(({ instrument }) => field('fragments', `${instrument} has used up its budget`, true)),
  ]
}

const MOST_TROUBLES = 3

const field = (name: string, text: string, isBad = false): ScreenLine => ({
  text: `${name.padEnd(12)}${text}`,
  tone: isBad ? 'bad' : 'plain',
})

const anchorText = ({ printed, written, folder, fault }: ApplianceStatus['anchors'], now: number): string => {
  const age = (sent: { readonly time: string } | null): string =>
    sent ? `${span(now - Date.parse(sent.time))} ago` : 'none yet'
  if (folder === null) return `printed ${age(printed)}`
  return `printed ${age(printed)}, written ${age(written)}${fault === null ? '' : `: ${fault}`}`
}

/** Nothing where bundles are brought by hand. */
const bundleLines = (pull: ApplianceStatus['bundlePull'], now: number): readonly ScreenLine[] => {
  if (pull === null) return []
  const confirmed =
    pull.confirmed === null ? 'not confirmed yet' : `newest ${span(now - Date.parse(pull.confirmed))} ago`
  return [field('bundles', `${confirmed}${pull.fault === null ? '' : `: ${pull.fault.code}`}`, pull.fault !== null)]
}

const instrumentLines = (now: Snapshot, before: Snapshot): readonly ScreenLine[] => [
  heading(`${'INSTRUMENT'.padEnd(20)}${['per min', 'out', 'blocked', 'failed'].map(column).join('')}`),
  ...now.instruments.map(counts => {
    const earlier = before.instruments.find(({ instrument }) => instrument === counts.instrument) ?? none
    const sum = ({ forwarded, blocked, failed }: InstrumentCounts): number => forwarded + blocked + failed
    const perMinute = Math.round(60 * rate(sum(counts), sum(earlier), now, before))
    const cells = [perMinute, counts.forwarded, counts.blocked, counts.failed].map(String)
    return plain(`${(counts.instrument || '(none of them)').slice(0, 19).padEnd(20)}${cells.map(column).join('')}`)
  }),
]

const none: InstrumentCounts = { instrument: '', forwarded: 0, blocked: 0, failed: 0 }

const column = (text: string): string => text.padStart(9)

/** Narrow terminals see when, who and why; wide ones also on which route. */
const blockLines = ({ blocks }: Snapshot, columns: number): readonly ScreenLine[] => [
  heading('LAST BLOCKS'),
  ...blocks.map(({ time, instrument, client, reason, route }) => {
    const who = (instrument ?? client).slice(0, 19).padEnd(20)
    return plain(`${clock(Date.parse(time))}  ${who}${(reason ?? '').padEnd(24)}${columns >= 70 ? (route ?? '') : ''}`)
  }),
]

/** Per second; 0 where the counts began anew. */
const rate = (count: number, earlier: number, now: Snapshot, before: Snapshot): number => {
  const seconds = (now.time - before.time) / 1_000
  return seconds > 0 ? Math.max(0, count - earlier) / seconds : 0
}

const clock = (time: number): string => `${new Date(time).toISOString().slice(11, 19)}Z`

const percent = (part: number): string => `${Math.round(100 * part)} %`

const mib = (bytes: number): string => `${Math.floor(bytes / 1024 ** 2)} MiB`

/** In the two largest units. */
const span = (milliseconds: number): string => {
  const seconds = Math.max(0, Math.floor(milliseconds / 1_000))
  const [days, hours, minutes] = [
    Math.floor(seconds / 86_400),
    Math.floor(seconds / 3_600) % 24,
    Math.floor(seconds / 60) % 60,
  ]
  if (days > 0) return `${days}d ${hours}h`
  if (hours > 0) return `${hours}h ${minutes}m`
  return minutes > 0 ? `${minutes}m ${seconds % 60}s` : `${seconds}s`
}
