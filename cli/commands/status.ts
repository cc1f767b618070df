import { Command, Option } from 'commander'
import type { ApplianceStatus } from '../../proxy/watch/control-handlers.ts'
import { callControl } from '../../proxy/watch/control.ts'
import type { HandshakeStatus } from '../../proxy/lab/handshakes.ts'
import type { OutsiderStatus } from '../../proxy/lab/outsiders.ts'
import type { TrialCount } from '../../proxy/policy/trial-tally.ts'
import { readFileState } from '../../proxy/policy/policy-copies.ts'
import { policyFile, readSettings } from '../../proxy/settings.ts'
import { readyFolder, type CommonOptions } from '../context.ts'
import { examples } from '../terminal/examples.ts'
import { exitCodes } from '../exit-codes.ts'
import { spellExceptions } from '../rules/exception-table.ts'
import { spellHeld } from '../review/held-room.ts'
import { fields, json } from '../terminal/print.ts'
import { spellBundle, spellPull } from '../spell-bundle.ts'
import { spellSplice } from '../spell-splice.ts'
import { spellLane, spellSpool } from '../spell-spool.ts'
import { spellPaused } from './pause.ts'
import { watchAppliance } from '../dashboard/watch.ts'
import { parseInterval } from '../time.ts'
import { spellCaller } from '../spell-caller.ts'

type StatusOptions = CommonOptions & {
  readonly health?: boolean
  readonly watch?: boolean
  readonly interval: number
}

export const statusCommand = (): Command =>
  new Command('status')
    .description('show what a running appliance is doing; exits with 12 when it is not running or fails closed')
    .option('--health', 'print nothing and only exit: 0 when the appliance serves, 12 otherwise')
    .option('--watch', 'go on until q or Ctrl-C: a picture on a terminal, otherwise a line each time')
    .addOption(
      new Option('--interval <span>', 'how often to look: 1s, 15s, 1m').argParser(parseInterval).default(1_000, '1s'),
    )
    .addHelpText(
      'after',
      examples(
        'sluice status',
        'sluice status --json | jq .requests',
        'sluice status --health',
        'sluice status --watch',
      ),
    )
    .action(status)

const spellDrip = ({ lastHour, perHour, lastDay, perDay }: ApplianceStatus['drips'][number]): string =>
  `${lastHour} of ${perHour} nucleotides in an hour, ${lastDay} of ${perDay} in a day`

const spellHandshake = ({ refused, trusted, meaning, code, last }: HandshakeStatus): string =>
  `refused ${refused}, took ${trusted}: ${meaning} (${code}, ${last})`

const spellTrial = ({ wouldAllow, wouldBlock }: TrialCount, since: string): string => {
  const reasons = Object.entries(wouldBlock)
  const blocked = reasons.reduce((sum, [, count]) => sum + count, 0)
  const why = reasons.map(([reason, count]) => `${reason} ${count}`).join(', ')
  return `since ${since}: would allow ${wouldAllow}, would block ${blocked}${why && ` (${why})`}`
}

const status = async (options: StatusOptions): Promise<void> => {
  const folder = readyFolder(options)
  if (options.watch) return watchAppliance(folder, options.interval, options.json === true)
  const { document } = await callControl(folder.control, 'GET /status')
  const state = document as ApplianceStatus
  if (state.log.state !== 'ready' || state.disk.state === 'refusing') process.exitCode = exitCodes.unreachable
  if (options.health) return
  const file = policyFile(folder, readSettings(folder))
  const { state: digest } = readFileState(file)
  const differs = digest !== state.policy.digest
  if (options.json) return json({ ...state, policyFile: { file, differs } })
  const { listen, policy, authority, requests, log, held, disk, anchors } = state
  fields([
    ['version', state.version],
    ['started', state.started],
    ['listens on', `${listen.address} port ${listen.port}`],
    ['connections', listen.connections],
    ['dropped from outside', spellOutsiders(state.outsiders)],
    ['confined', state.confinement.isConfined ? 'to its own files, no other programs' : 'NO: see docs/deployment.md'],
    ['policy in force', `${policy.number}, ${policy.digest}`],
    ['policy file', differs ? `${file} differs from it` : `${file} is the same`],
    ['policy bundle', spellBundle(policy.bundle, Date.now())],
    ['newer bundles', spellPull(state.bundlePull)],
    ['instruments, routes', `${policy.instruments}, ${policy.routes}`],
    ['exceptions', spellExceptions(policy.exceptions)],
    ['CA SHA-256', authority.fingerprint],
    ['CA ends', authority.notAfter],
    ...state.trustAnchors
      .filter(({ role }) => role !== 'current')
      .map(({ role, fingerprint, notAfter }) => [`CA, ${role}`, `${fingerprint}, ends ${notAfter}`] as const),
    ['reviewers', state.reviewers.join(', ')],
    ['a release takes', spellPeople(state.reviews.people)],
    ['paused', spellPaused(state.paused) ?? 'nothing'],
    ['held for review', spellHeld(log.held, held)],
    ['spooled', spellSpool(state.spool)],
    ...state.spool.lanes.map(lane => [`for ${lane.destination} of ${lane.instrument}`, spellLane(lane)] as const),
    ['accepted to be sent later', requests.spooled],
    ['forwarded', requests.forwarded],
    ['failed on the way', requests.failed],
    ['blocked', requests.blocked],
    ['refused, log not writable', requests.unrecorded],
    ['log lines dropped', requests.linesDropped],
    ['pages shown', Object.values(state.pages).reduce((sum, count) => sum + count, 0)],
    ...state.handshakes.map(seen => [`TLS of ${spellCaller(seen)}`, spellHandshake(seen)] as const),
    ...state.drips.map(drip => [`fragments of ${drip.instrument}`, spellDrip(drip)] as const),
    ['spliced', requests.spliced],
    ...state.splices.map(splice => [`UNINSPECTED ${splice.destination}`, spellSplice(splice)] as const),
    ...state.trials.routes.map(trial => [`trial of ${trial.route}`, spellTrial(trial, state.trials.since)] as const),
    ['log', log.fault ? `${log.state} (${log.fault}): nothing is let out` : log.state],
    ['log records', log.size],
    ['log root', log.root],
    ['log octets', log.bytes],
    ['disk', diskText(disk)],
    ['anchor printed', sentText(anchors.printed)],
    ['anchor file', anchors.folder === null ? 'no folder is set for anchors' : sentText(anchors.written)],
    ['anchor fault', anchors.fault],
  ])
}

const spellOutsiders = ({ connections, last }: OutsiderStatus): string =>
  last === null ? 'none' : `${connections}, the last from ${last.client} at ${last.time}`

const spellPeople = (people: 1 | 2): string =>
  people === 2 ? 'two people' : 'ONE person, who may approve and release: see reviews.people in appliance.yaml'

const MIB = 1024 ** 2

const diskText = ({ state, freeBytes, warnBelow, refuseBelow }: ApplianceStatus['disk']): string => {
  const free = `${Math.floor(freeBytes / MIB)} MiB free`
  if (state === 'enough') return free
  if (state === 'low') return `${free}: LOW (below ${warnBelow / MIB} MiB); make room before everything is refused`
  return `${free}: REFUSING all traffic (below ${refuseBelow / MIB} MiB); make room`
}

const sentText = (sent: ApplianceStatus['anchors']['printed']): string =>
  sent === null ? 'none yet' : `${sent.time}, of ${sent.size} records`
