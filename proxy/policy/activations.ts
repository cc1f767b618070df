import { setTimeout } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import type { Authority } from '../../certs/authority.ts'
import type { Journal } from '../../log/writing/journal.ts'
import { LogError } from '../../log/log-error.ts'
import type { ActivationEntry, BundleRecord } from '../../log/record.ts'
import type { Policy } from '../../rules/policy.ts'
import { parsePolicy } from '../../rules/policy/parse-policy.ts'
import { requireNames } from '../authorities.ts'
import { requireBundle } from './bundles.ts'
import type { DataFolder } from '../data-folder.ts'
import type { Forwarder } from '../upstream/forwarder.ts'
import type { Notify } from '../watch/notice.ts'
import type { Pipeline } from '../pipeline.ts'
import { copiedPolicy, draftCopy } from './policy-copies.ts'
import { gatherPolicy, type PolicyTexts } from './policy-file.ts'
import { ProxyError } from '../proxy-error.ts'
import { permittedNames } from '../set-up.ts'
import { policyFile, type Settings } from '../settings.ts'
import { requireUpstreamFiles } from '../upstream/upstream-files.ts'
import { lastActivation, type StartPolicy } from './start-policy.ts'

/** Who wants a policy in force, and why. `actor` is the operating system's name for them. */
export type ActivationRequest = PolicyTexts & {
  readonly cause: 'activate' | 'rollback'
  readonly actor: string
  /** Text of the signed bundle that the policy came in. */
  readonly bundle?: string
}

export type ActivationResult = {
  /** Number of the activation that is in force now, and digest of its policy. */
  readonly number: number
  readonly digest: string
  /** Digest of the policy before; the same when nothing was to be changed. */
  readonly previous: string
}

/** A policy and the number of its activation. */
export type InForce = { readonly number: number; readonly policy: Policy; readonly bundle: BundleRecord | null }

export type Activations = {
  readonly inForce: () => InForce
  /**
   * Puts a policy in force for all requests that begin from then on. It is compiled from its copy on the disk, and recorded
   * durably before it decides anything; after any error the policy before is in force still.
   * @throws ProxyError (as a rejection) `ERR_POLICY_INVALID`, `ERR_POLICY_NOT_COPIED`, `ERR_CA_TOO_NARROW`,
   *   `ERR_UPSTREAM_FILES`, `ERR_ACTIVATION_REQUEST`, `ERR_BUNDLE_KEY`, `ERR_BUNDLE_FORGED`, `ERR_BUNDLE_EXPIRED`, `ERR_BUNDLE_OLDER`, `ERR_BUNDLE_REQUIRED`, `ERR_ACTIVATION_UNRECORDED`
   */
  readonly activate: (request: ActivationRequest) => Promise<ActivationResult>
  readonly close: () => void
}

export type ActivationParts = {
  readonly folder: DataFolder
  readonly settings: Settings
  /** The one that signs now. */
  readonly authority: () => Authority
  readonly journal: Journal
}

/** What the appliance does by itself is done by this name. */
const APPLIANCE = 'sluice'
/** Milliseconds from one attempt to learn what became of a record to the next. */
const RETRY_MS = 500

/**
 * Activates the policy of a start, unless it was in force before.
 * @throws ProxyError `ERR_CA_TOO_NARROW`, `ERR_UPSTREAM_FILES`, `ERR_POLICY_NOT_COPIED`, `ERR_ACTIVATION_UNRECORDED`, `ERR_BUNDLE_REQUIRED`
 */
export const activateStart = async (parts: ActivationParts, start: StartPolicy): Promise<InForce> => {
  requireCover(parts, start.policy)
  // a certificate that has expired since stops its own destination, not the restart
  if (start.kind !== 'edited')
    return { number: start.last.number, policy: start.policy, bundle: start.last.bundle ?? null }
  // the first policy of all is the one that the appliance was set up with
  if (start.last !== null) requireNoBundle(parts.settings)
  requireFiles(parts, start.policy)
  const number = (start.last?.number ?? 0) + 1
  const previous = start.last?.policy ?? null
  const { policy, keep } = await draftCopy(parts.folder, start.texts, policyFile(parts.folder, parts.settings))
  await keep(number)
  await record(parts.journal, { number, policy: policy.digest, previous, cause: 'start', actor: APPLIANCE })
  return { number, policy, bundle: null }
}

export const openActivations = (
  parts: ActivationParts & { readonly pipeline: Pipeline; readonly forwarder: Forwarder; readonly notify: Notify },
  first: InForce,
): Activations => {
  const { folder, settings, journal, pipeline, forwarder, notify } = parts
  const closed = new AbortController()
  let inForce = first
  /** A record could not be written, or could but was not acknowledged: until that is known, nothing is activated. */
  let isInDoubt = false

  /** Copies and records. What is in force changes only when both are on the disk. */
  const append = async (
    texts: PolicyTexts,
    previous: Numbered,
    cause: Cause,
    actor: string,
    bundle: BundleRecord | null,
  ): Promise<InForce> => {
    const { policy, keep, drop } = await draftCopy(folder, texts, policyFile(folder, settings))
    try {
      requireCover(parts, policy)
      requireFiles(parts, policy)
    } catch (error) {
      drop()
      throw error
    }
    // a newer bundle is recorded also when its policy is the same: its serial number keeps older ones out
    if (policy.digest === previous.digest && (bundle === null || bundle.digest === inForce.bundle?.digest)) {
      drop()
      return inForce
    }
    const number = previous.number + 1
    await keep(number)
    const entry = { number, policy: policy.digest, previous: previous.digest, cause, actor, ...(bundle && { bundle }) }
    await record(journal, entry)
    return { number, policy, bundle }
  }

  const activate = async (request: ActivationRequest): Promise<ActivationResult> => {
    requireRequest(request)
    if (isInDoubt) throw unrecorded()
    const previous = inForce.policy.digest
    try {
      const bundle = bundleOf(parts, request)
      const next = await append(request, { ...inForce, digest: previous }, request.cause, request.actor, bundle)
      if (next !== inForce) enforce(next)
    } catch (error) {
      if (mayBeWritten(error)) void settle()
      throw error
    }
    return { number: inForce.number, digest: inForce.policy.digest, previous }
  }

  const enforce = (next: InForce): void => {
    inForce = next
    pipeline.enforce(next.policy)
    forwarder.keep(next.policy.destinations)
    notify({ kind: 'policy-activated', number: next.number, policy: next.policy.digest })
  }

  /**
   * After a record that was not acknowledged. A commit that is reported as failed can have reached the disk all the same: then
   * the log names a policy that never decided anything, and one more record has to say that the one before is in force.
   */
  const settle = async (): Promise<void> => {
    isInDoubt = true
    while (isInDoubt && !closed.signal.aborted) {
      await setTimeout(RETRY_MS, null, { ref: false, signal: closed.signal }).catch(() => undefined)
      if (journal.status().state === 'ready') isInDoubt = !(await isSettled().catch(() => false))
    }
  }

  const isSettled = async (): Promise<boolean> => {
    const last = lastActivation(folder)
    if (last === null || last.number === inForce.number) return true
    const { text, readReference, texts } = gatherPolicy(
      copiedPolicy(folder, { number: inForce.number, policy: inForce.policy.digest }),
    )
    parsePolicy(text, readReference)
    const { number } = await append(texts(), { number: last.number, digest: last.policy }, 'rollback', APPLIANCE, null)
    inForce = { ...inForce, number }
    return true
  }

  let turn: Promise<unknown> = Promise.resolve()
  return {
    inForce: () => inForce,
    activate: request => {
      const result = turn.then(() => activate(request))
      turn = result.catch(() => undefined)
      return result
    },
    close: () => closed.abort(),
  }
}

type Numbered = { readonly number: number; readonly digest: string }
type Cause = ActivationEntry['cause']

const record = async (
  journal: Journal,
  { number, ...entry }: Omit<ActivationEntry, 'kind' | 'id' | 'time'> & { readonly number: number },
): Promise<void> => {
  const time = new Date().toISOString()
  try {
    await journal.append({ kind: 'rules.activate', id: `activation-${number}`, time, ...entry })
  } catch (cause) {
    throw unrecorded({ cause })
  }
}

const unrecorded = (options?: ErrorOptions): ProxyError =>
  new ProxyError(
    'ERR_ACTIVATION_UNRECORDED',
    'the activation could not be recorded in the log, so the policy before stays in force',
    options,
  )

const mayBeWritten = (error: unknown): boolean =>
  error instanceof ProxyError && error.cause instanceof LogError && error.cause.code === 'ERR_LOG_FAILED'

/** What the appliance finds itself of the bundle that a policy is said to come in: who asks over the socket is not believed. */
const bundleOf = ({ folder, settings }: ActivationParts, request: ActivationRequest): BundleRecord | null => {
  if (request.bundle === undefined) {
    requireNoBundle(settings)
    return null
  }
  const { bundle, record } = requireBundle(folder, settings, request.bundle)
  const isSame = bundle.text === request.text && isDeepStrictEqual({ ...bundle.references }, { ...request.references })
  if (isSame) return record
  throw new ProxyError('ERR_BUNDLE_FORGED', 'the policy is not the one in the bundle')
}

const requireNoBundle = ({ bundles }: Settings): void => {
  if (bundles.required)
    throw new ProxyError('ERR_BUNDLE_REQUIRED', 'this appliance takes policies in signed bundles only')
}

/** Checks the form of what came over the socket; the policy in it is read like any other. */
const requireRequest = (request: ActivationRequest): void => {
  const { text, references, cause, actor, bundle } = (request ?? {}) as Partial<
    Record<keyof ActivationRequest, unknown>
  >
  const areTexts = typeof references === 'object' && references !== null
  const isRequest =
    typeof text === 'string' &&
    areTexts &&
    Object.values(references).every(value => typeof value === 'string') &&
    (cause === 'activate' || cause === 'rollback') &&
    typeof actor === 'string' &&
    (bundle === undefined || typeof bundle === 'string')
  if (!isRequest) throw new ProxyError('ERR_ACTIVATION_REQUEST', 'the request to activate a policy is not of its form')
}

/** What a policy needs besides itself is there and good, so that its first request does not find out. */
const requireFiles = ({ folder }: ActivationParts, { destinations }: Policy): void => {
  try {
    for (const destination of destinations) requireUpstreamFiles(folder.upstream, destination)
  } catch (cause) {
    throw new ProxyError('ERR_UPSTREAM_FILES', (cause as Error).message, { cause })
  }
}

/** A certificate outside the authority's constraints would be refused by every instrument: better to say so beforehand. */
const requireCover = ({ authority, settings }: ActivationParts, policy: Policy): void => {
  const { dns, addresses } = permittedNames(settings, policy)
  requireNames(authority(), [...dns, ...addresses])
}
