import { setTimeout } from 'node:timers/promises'
import type { Authority } from '../certs/authority.ts'
import { defaultDiskLimits, watchDisk, type DiskLimits, type DiskWatch } from '../log/writing/disk-watch.ts'
import { openJournal, type Journal } from '../log/writing/journal.ts'
import { lastRun, runId, type LastRun } from '../log/reading/runs.ts'
import { activateStart, openActivations, type Activations, type InForce } from './policy/activations.ts'
import { openAnchors } from './keeping/anchors.ts'
import { copiedPolicy } from './policy/policy-copies.ts'
import { anchorStatus, openAuthorities, type Authorities } from './authorities.ts'
import { openBundlePuller, type PullTimes } from './policy/bundle-puller.ts'
import { bundleSource, type BundleSource } from './policy/bundle-source.ts'
import { confinement } from './confinement.ts'
import { recordConfig } from './keeping/config-record.ts'
import { openControl, type Control } from './watch/control.ts'
import { controlHandlers, type ApplianceStatus } from './watch/control-handlers.ts'
import type { DataFolder } from './data-folder.ts'
import { openInspectors, type InspectorsTuning } from './inspection/inspectors.ts'
import { createForwarder, type Forwarder, type Timeouts } from './upstream/forwarder.ts'
import type { Observed } from './watch/gauges.ts'
import { ledgerFrom, type Ledger } from './ledger.ts'
import { defaultLabLimits, type LabLimits } from './lab/lab-limits.ts'
import { labNetworks } from './lab/lab-networks.ts'
import { Listener } from './lab/listener.ts'
import { openUpkeep } from './keeping/log-upkeep.ts'
import { openMetricsFile } from './watch/metrics-file.ts'
import { openMetrics, type Metrics } from './watch/metrics.ts'
import { unfailing, type Notify } from './watch/notice.ts'
import { summarize } from '../rules/exception.ts'
import { openPauses, switchesIn, type PauseSwitches } from './pauses.ts'
import { createPipeline, type Pipeline } from './pipeline.ts'
import { requireAnchored } from './keeping/require-anchored.ts'
import { openRetention, sweepOrphans } from './review/retention.ts'
import { openReviewers, type Reviewers } from './review/reviewers.ts'
import { ownNames } from './set-up.ts'
import { openDesk } from './review/review-desk.ts'
import {
  anchorInterval,
  heldFor,
  labLimits,
  metricsInterval,
  parseListen,
  railSettings,
  spoolKeyFile,
  type Settings,
} from './settings.ts'
import { spliceLedgerFrom } from './splice/splice-ledger.ts'
import { openSpool, type Spool } from './spool/spool.ts'
import type { Pauses } from './spool/backoff.ts'
import { createSplicer, type SpliceTimes } from './splice/splicer.ts'
import { startPolicy, type StartPolicy } from './policy/start-policy.ts'
import type { TrialTally } from './policy/trial-tally.ts'
import { version } from './version.ts'

export type Appliance = {
  readonly listener: Listener
  readonly inForce: () => InForce
  /** How the policy of the start was chosen. */
  readonly startedWith: StartPolicy['kind']
  /** The one that signs now. */
  readonly authority: () => Authority
  readonly status: () => ApplianceStatus
  /** Ends what is under way, writes the last record, closes everything. */
  readonly stop: () => Promise<void>
}

/** Bounds that suit every lab as they are, and what else a caller may bring along; what is not given has its default. */
export type Tuning = {
  readonly upstream?: Timeouts
  readonly splice?: SpliceTimes
  readonly inspection?: InspectorsTuning
  readonly lab?: Partial<LabLimits>
  /** Times between attempts to send what waits. */
  readonly spool?: Pauses
  readonly pull?: PullTimes
  /** Octets that the database of the decision log may reach. */
  readonly maxLogBytes?: number
  /** When the room on the disk of the log becomes too little. */
  readonly disk?: DiskLimits
  /** How many lines of the output nobody has taken, for the metrics. */
  readonly linesLost?: () => number
}

/** Milliseconds that requests under way get to end when the appliance stops. */
const GRACE_MS = 8_000
/** Milliseconds from one look at which approvals have run out to the next; whoever releases looks for himself. */
const SWEEP_MS = 60_000
/** Milliseconds that the last anchor and the last metrics may take: a folder that hangs is no reason to be killed without a word. */
const LAST_ANCHOR_MS = 1_000

/**
 * Starts an appliance on a data folder. Everything that can be wrong is checked before the first connection is taken.
 * @throws ProxyError, CertError, LogError: each with a code for which there is a hint
 */
export const startAppliance = async (
  folder: DataFolder,
  settings: Settings,
  tell: Notify,
  tuning: Tuning = {},
): Promise<Appliance> => {
  parseListen(settings.listen)
  labNetworks(settings)
  const source = bundleSource(folder, settings)
  const metrics = openMetrics()
  const notify = unfailing(notice => {
    metrics.heed(notice)
    tell(notice)
  })
  const { maxLogBytes } = tuning
  const { maxPayloads, maxBytes } = settings.held
  const maxHeld = { payloads: maxPayloads, bytes: maxBytes }
  const bound = maxLogBytes === undefined ? {} : { maxBytes: maxLogBytes }
  const journal = await openJournal({ directory: folder.log, maxHeld, ...bound })
  try {
    await requireAnchored(folder.log, settings.anchors.folder, notify)
    const before = lastRun(folder.log)
    if (before?.isEnded === false) await recordGap(journal, before)
    const swept = await sweepOrphans(folder.log, journal)
    if (swept > 0) notify({ kind: 'held-swept', payloads: swept })
    await recordConfig(folder.log, journal, settings)
    const reviewers = await openReviewers(folder, journal)
    const chosen = startPolicy(folder, settings)
    const authorities = await openAuthorities({ folder, settings, journal })
    const first = await activateStart({ folder, settings, authority: authorities.current, journal }, chosen)
    return await run({
      folder,
      settings,
      source,
      first,
      startedWith: chosen.kind,
      authorities,
      reviewers,
      journal,
      runNumber: (before?.number ?? 0) + 1,
      metrics,
      notify,
      tuning,
    })
  } catch (error) {
    metrics.close()
    await journal.close()
    throw error
  }
}

type Parts = {
  readonly folder: DataFolder
  readonly settings: Settings
  readonly source: BundleSource | null
  readonly first: InForce
  readonly startedWith: StartPolicy['kind']
  readonly authorities: Authorities
  readonly reviewers: Reviewers
  readonly journal: Journal
  /** Counted from 1. */
  readonly runNumber: number
  readonly metrics: Metrics
  readonly notify: Notify
  readonly tuning: Tuning
}

/** The run before ended without a word: from its last record on, nobody can say what was refused. Nothing was let out unrecorded. */
const recordGap = (journal: Journal, { last }: LastRun): Promise<unknown> =>
  journal.append({
    kind: 'gap',
    time: new Date().toISOString(),
    since: last,
    cause: 'process-died',
    refused: null,
  })

const run = async (parts: Parts): Promise<Appliance> => {
  const { folder, settings, source, first, startedWith, authorities, reviewers, journal, runNumber } = parts
  const { metrics, notify, tuning } = parts
  const authority = authorities.current
  const disk: DiskWatch = watchDisk(folder.log, tuning.disk ?? defaultDiskLimits, ({ state, freeBytes }) =>
    notify({ kind: 'disk', state, freeBytes }),
  )
  const hasRoom = (): boolean => disk.status().state !== 'refusing'
  const forwarder: Forwarder = createForwarder(folder.upstream, tuning.upstream)
  const ledger: Ledger = ledgerFrom(folder.log)
  const splices = spliceLedgerFrom(folder.log)
  const pauses: PauseSwitches = openPauses({
    rows: switchesIn(folder.log),
    journal,
    isInstrument: named => inForce().policy.instruments.some(({ id }) => id === named),
    onPause: paused => {
      pipeline.breakOff(paused)
      spool.breakOff(paused)
    },
  })
  const spool: Spool = await openSpool({
    log: folder.log,
    journal,
    forwarder,
    pipeline: () => pipeline,
    pauses: pauses.now,
    hasRoom,
    notify,
    keyFile: spoolKeyFile(folder, settings),
    most: settings.spool,
    keepMs: heldFor(settings),
    ...(tuning.spool && { between: tuning.spool }),
  })
  const inspectors = openInspectors(tuning.inspection)
  const know = (number: number, policy: string): void =>
    inspectors.know(policy, copiedPolicy(folder, { number, policy }))
  know(first.number, first.policy.digest)
  const pipeline: Pipeline = createPipeline({
    policy: first.policy,
    journal,
    forwarder,
    inspectors,
    splicer: createSplicer(folder.upstream, tuning.splice),
    reviewers: reviewers.current,
    whenFull: settings.held.whenFull,
    ledger,
    splices,
    spool,
    notify,
    hasRoom,
    pauses: pauses.now,
  })
  const { requests } = pipeline
  const anchors = openAnchors({
    log: folder.log,
    journal,
    requests,
    notify,
    everyMs: anchorInterval(settings),
    folder: settings.anchors.folder,
  })
  const upkeep = openUpkeep(folder.log, journal, notify)
  const desk = openDesk({
    log: folder.log,
    journal,
    pipeline,
    reviewers: reviewers.current,
    settings: railSettings(settings),
  })
  const activations = openActivations({ folder, settings, authority, journal, pipeline, forwarder, notify }, first)
  const { inForce } = activations
  const activate: Activations['activate'] = async request => {
    const result = await activations.activate(request)
    know(result.number, result.digest)
    // approvals were given for the policy before
    await desk.sweep()
    // what it blocks is handed over, what it lets out need not wait
    spool.hurry()
    return result
  }
  const puller = openBundlePuller({
    folder,
    settings,
    source,
    journal,
    inForce,
    activate,
    isHalted: () => pauses.now().all || !hasRoom(),
    notify,
    ...(tuning.pull && { times: tuning.pull }),
  })
  const listener = new Listener(
    { ...parseListen(settings.listen), networks: labNetworks(settings), names: ownNames(settings) },
    authorities.rotation(),
    pipeline,
    notify,
    { ...defaultLabLimits, ...labLimits(settings), ...tuning.lab },
  )
  authorities.follow(rotation => listener.use(rotation))
  const started = new Date()
  const status = (): ApplianceStatus => ({
    version,
    started: started.toISOString(),
    pid: process.pid,
    listen: { address: listener.address, port: listener.port, connections: listener.connections },
    confinement: confinement(),
    policy: policyStatus(inForce()),
    bundlePull: puller.status(),
    trials: trialStatus(pipeline.gate().trials),
    authority: { fingerprint: authority().anchor.fingerprint256, notAfter: authority().notAfter.toISOString() },
    trustAnchors: anchorStatus(authorities.rotation()),
    outsiders: listener.outsiders,
    handshakes: listener.handshakes,
    trustedBy: listener.trustedBy,
    vendorClocks: forwarder.clocks(),
    pages: listener.pages,
    leaves: listener.leaves.map(({ names, notAfter, fingerprint256 }) => ({
      names,
      notAfter: notAfter.toISOString(),
      fingerprint: fingerprint256,
    })),
    reviewers: reviewers.current().map(({ name }) => name),
    reviews: settings.reviews,
    requests: pipeline.counts,
    paused: pauses.status(),
    drips: ledger.drips(inForce().policy),
    splices: splices.status(inForce().policy),
    log: journal.status(),
    held: settings.held,
    spool: spool.status(),
    disk: disk.status(),
    anchors: anchors.status(),
  })
  const observed = (): Observed => ({
    ...status(),
    refusals: listener.refusals,
    linesLost: tuning.linesLost?.() ?? 0,
  })
  const retention = openRetention(folder.log, journal, heldFor(settings))
  const id = runId(runNumber)
  const open = async (): Promise<Control> => {
    await journal.append({ kind: 'start', id, time: started.toISOString(), version, policy: first.policy.digest })
    await desk.recover()
    await desk.sweep()
    await spool.open()
    void anchors.send()
    void retention.look()
    const handlers = controlHandlers({
      status,
      metrics,
      observed,
      pipeline,
      journal,
      activate,
      puller,
      pauses,
      reviewers,
      changes: upkeep,
      authorities,
      desk,
      spool,
    })
    const control = await openControl(folder.control, handlers)
    try {
      await listener.open()
      void puller.pull()
      return control
    } catch (error) {
      await Promise.all([control.close(), spool.close(0)])
      throw error
    }
  }
  const sweeping = setInterval(() => void desk.sweep().catch(() => undefined), SWEEP_MS).unref()
  const metricsFile = openMetricsFile(
    settings.metrics.folder,
    metricsInterval(settings),
    () => metrics.exposition(observed()),
    notify,
  )
  const endWatch = (): void => {
    clearInterval(sweeping)
    metrics.close()
    anchors.close()
    retention.close()
    upkeep.close()
    disk.close()
    void inspectors.close()
  }
  const control = await open().catch((error: unknown) => {
    endWatch()
    throw error
  })
  const stop = async (): Promise<void> => {
    await puller.close()
    await pipeline.endSplices()
    await Promise.all([listener.close(GRACE_MS), spool.close(GRACE_MS)])
    await pipeline.endSplices()
    await control.close()
    await pipeline.close()
    activations.close()
    forwarder.close()
    endWatch()
    await Promise.race([Promise.all([anchors.send(), metricsFile.close()]), setTimeout(LAST_ANCHOR_MS)])
    const time = new Date().toISOString()
    await journal.append({ kind: 'stop', id, time, cause: 'signal', requests: requests() }).catch(() => undefined)
    await journal.close()
  }
  return { listener, inForce, startedWith, authority, status, stop }
}

const policyStatus = ({ number, policy, bundle }: InForce): ApplianceStatus['policy'] => ({
  digest: policy.digest,
  number,
  instruments: policy.instruments.length,
  routes: policy.routes.length,
  exceptions: summarize(policy.exceptions, Date.now()),
  bundle,
})

const trialStatus = ({ since, counts }: TrialTally): ApplianceStatus['trials'] => ({ since, routes: counts() })
