import { openAuthority, type Authority } from '../certs/authority.ts'
import { openJournal, type Journal } from '../log/journal.ts'
import { openLogReader } from '../log/query.ts'
import { loadReviewers, type ReviewerPublicKey } from '../log/reviewer.ts'
import { activateStart, openActivations, type InForce } from './activations.ts'
import { openControl } from './control.ts'
import { controlHandlers, type ApplianceStatus } from './control-handlers.ts'
import type { DataFolder } from './data-folder.ts'
import { createForwarder, type Forwarder, type Timeouts } from './forwarder.ts'
import { ledgerStart, openLedger, type Ledger } from './ledger.ts'
import { Listener, type LabTimeouts } from './listener.ts'
import type { Notify } from './notice.ts'
import { summarize } from '../rules/exception.ts'
import { createPipeline, type Pipeline } from './pipeline.ts'
import { ProxyError } from './proxy-error.ts'
import { ownNames } from './set-up.ts'
import { parseListen, type Settings } from './settings.ts'
import { startPolicy, type StartPolicy } from './start-policy.ts'
import { version } from './version.ts'

export type Appliance = {
  readonly listener: Listener
  readonly inForce: () => InForce
  /** How the policy of the start was chosen. */
  readonly startedWith: StartPolicy['kind']
  readonly authority: Authority
  readonly status: () => ApplianceStatus
  /** Ends what is under way, writes the last record, closes everything. */
  readonly stop: () => Promise<void>
}

/** Bounds that suit every lab as they are; what is not given has its default. */
export type Tuning = {
  readonly upstream?: Timeouts
  readonly lab?: LabTimeouts
  /** Octets that the database of the decision log may reach. */
  readonly maxLogBytes?: number
}

/** Milliseconds that requests under way get to end when the appliance stops. */
const GRACE_MS = 8_000

/**
 * Starts an appliance on a data folder. Everything that can be wrong is checked before the first connection is taken.
 * @throws ProxyError, CertError, LogError: each with a code for which there is a hint
 */
export const startAppliance = async (
  folder: DataFolder,
  settings: Settings,
  notify: Notify,
  tuning: Tuning = {},
): Promise<Appliance> => {
  parseListen(settings.listen)
  const authority = openAuthority(folder.authority)
  const reviewers = requireReviewers(folder)
  const { maxLogBytes } = tuning
  const bound = maxLogBytes === undefined ? {} : { maxBytes: maxLogBytes }
  const journal = await openJournal({ directory: folder.log, ...bound })
  try {
    const chosen = startPolicy(folder, settings)
    const first = await activateStart({ folder, settings, authority, journal }, chosen)
    return await run({
      folder,
      settings,
      first,
      startedWith: chosen.kind,
      authority,
      reviewers,
      journal,
      notify,
      tuning,
    })
  } catch (error) {
    await journal.close()
    throw error
  }
}

type Parts = {
  readonly folder: DataFolder
  readonly settings: Settings
  readonly first: InForce
  readonly startedWith: StartPolicy['kind']
  readonly authority: Authority
  readonly reviewers: readonly ReviewerPublicKey[]
  readonly journal: Journal
  readonly notify: Notify
  readonly tuning: Tuning
}

const run = async (parts: Parts): Promise<Appliance> => {
  const { folder, settings, first, startedWith, authority, reviewers, journal, notify, tuning } = parts
  const forwarder: Forwarder = createForwarder(tuning.upstream)
  const ledger = ledgerFrom(folder)
  const pipeline: Pipeline = createPipeline({ policy: first.policy, journal, forwarder, reviewers, ledger, notify })
  const activations = openActivations({ folder, settings, authority, journal, pipeline, forwarder, notify }, first)
  const { inForce } = activations
  const listener = new Listener(
    { ...parseListen(settings.listen), names: ownNames(settings) },
    authority,
    pipeline,
    notify,
    tuning.lab,
  )
  const started = new Date()
  const status = (): ApplianceStatus => ({
    version,
    started: started.toISOString(),
    listen: { address: listener.address, port: listener.port, connections: listener.connections },
    policy: policyStatus(inForce()),
    authority: { fingerprint: authority.fingerprint256, notAfter: authority.notAfter.toISOString() },
    leaves: listener.leaves.map(({ names, notAfter, fingerprint256 }) => ({
      names,
      notAfter: notAfter.toISOString(),
      fingerprint: fingerprint256,
    })),
    reviewers: reviewers.map(({ name }) => name),
    requests: pipeline.counts,
    drips: ledger.drips(inForce().policy),
    log: journal.status(),
  })
  await journal.append({ kind: 'start', time: started.toISOString(), version, policy: first.policy.digest })
  const control = await openControl(folder.control, controlHandlers(status, pipeline, journal, activations))
  try {
    await listener.open()
  } catch (error) {
    await control.close()
    throw error
  }
  const stop = async (): Promise<void> => {
    await listener.close(GRACE_MS)
    await control.close()
    activations.close()
    forwarder.close()
    await journal.append({ kind: 'stop', time: new Date().toISOString(), cause: 'signal' }).catch(() => undefined)
    await journal.close()
  }
  return { listener, inForce, startedWith, authority, status, stop }
}

const policyStatus = ({ number, policy }: InForce): ApplianceStatus['policy'] => ({
  digest: policy.digest,
  number,
  instruments: policy.instruments.length,
  routes: policy.routes.length,
  exceptions: summarize(policy.exceptions, Date.now()),
})

/** A restart opens no fresh budget. @throws LogError */
const ledgerFrom = (folder: DataFolder): Ledger => {
  const reader = openLogReader(folder.log)
  try {
    return openLedger(reader.forwardedSince(ledgerStart()))
  } finally {
    reader.close()
  }
}

const requireReviewers = (folder: DataFolder): readonly ReviewerPublicKey[] => {
  const reviewers = loadReviewers(folder.reviewers)
  if (reviewers.length === 0)
    throw new ProxyError('ERR_NO_REVIEWER', 'there is no reviewer to seal blocked payloads for')
  return reviewers
}
