import type { DiskStatus } from '../log/disk-watch.ts'
import type { Journal, JournalStatus } from '../log/journal.ts'
import type { PurgeRequest } from '../log/purge-segments.ts'
import type { RedactRequest } from '../log/redact.ts'
import type { ExceptionSummary } from '../rules/exception.ts'
import type { LabPath } from '../rules/lab-page.ts'
import { blockReasons } from '../rules/verdict.ts'
import type { Activations, ActivationRequest } from './activations.ts'
import type { AnchorStatus } from './anchors.ts'
import type { AnchorStatus as TrustAnchor, Authorities, AuthorityRequest } from './authorities.ts'
import { arrivingNow } from './arrivals.ts'
import type { Confinement } from './confinement.ts'
import type { ControlHandlers } from './control.ts'
import type { HandshakeStatus } from './handshakes.ts'
import { decodeHeld } from './held-payload.ts'
import type { DripStatus } from './ledger.ts'
import type { LogChanges, SealRequest } from './log-upkeep.ts'
import type { PauseRequest, PauseStatus, PauseSwitches } from './pauses.ts'
import type { Counts, Passage, Pipeline } from './pipeline.ts'
import type { ResealRequest, ReviewerRequest, Reviewers } from './reviewers.ts'
import type { Settings } from './settings.ts'
import type { TrialCount } from './trial-tally.ts'
import { upstreamFaults } from './upstream-fault.ts'

/** What `sluice status` shows of a running appliance. */
export type ApplianceStatus = {
  readonly version: string
  readonly started: string
  readonly listen: { readonly address: string; readonly port: number; readonly connections: number }
  /** What the process has given up. */
  readonly confinement: Confinement
  readonly policy: {
    readonly digest: string
    /** Number of the activation, see `sluice rules history`. */
    readonly number: number
    readonly instruments: number
    /** Those that are enforced. */
    readonly routes: number
    readonly exceptions: ExceptionSummary
  }
  /** What routes with `mode: report-only` would have done since the policy came into force in this process. */
  readonly trials: { readonly since: string; readonly routes: readonly TrialCount[] }
  /** What instruments have to trust, and the first end on the way to it. */
  readonly authority: { readonly fingerprint: string; readonly notAfter: string }
  /** All that instruments are given to trust: several during a rotation. */
  readonly trustAnchors: readonly TrustAnchor[]
  /** Who does not take our certificates, or did not at first, since the start. */
  readonly handshakes: readonly HandshakeStatus[]
  /** How often each page of the appliance itself was asked for. */
  readonly pages: Readonly<Partial<Record<LabPath, number>>>
  /** Certificates that were minted for instruments and are still in use. */
  readonly leaves: readonly {
    readonly names: readonly string[]
    readonly notAfter: string
    readonly fingerprint: string
  }[]
  readonly reviewers: readonly string[]
  readonly requests: Readonly<Counts>
  readonly drips: readonly DripStatus[]
  readonly paused: PauseStatus
  readonly log: JournalStatus
  /** Bounds of what is held for review; `log.held` says how much is. */
  readonly held: Settings['held']
  /** Room for the log. With `refusing` all traffic is refused. */
  readonly disk: DiskStatus
  readonly anchors: AnchorStatus
}

/** A reviewer looked at a held payload: recorded before it is shown. */
export type ReviewRequest = { readonly decision: string; readonly action: 'show' | 'reveal'; readonly actor: string }

/** A reviewer sends a held payload again. `payload` is what `encodeHeld` wrote, in base64. */
export type ReplayRequest = { readonly decision: string; readonly actor: string; readonly payload: string }

/** How a replay ended; `decision` is the id of the new decision. */
export type ReplayResult = {
  readonly decision: string
  readonly verdict: 'forward' | 'block' | 'unrecorded'
  /** Reason of a block, or fault on the way. */
  readonly code: string | null
  readonly explanation: string | null
  /** Status code of the vendor's answer. */
  readonly status: number | null
}

/** What the control socket reaches. */
export type ControlParts = {
  readonly status: () => ApplianceStatus
  readonly pipeline: Pipeline
  readonly journal: Journal
  readonly activations: Activations
  readonly pauses: PauseSwitches
  readonly reviewers: Reviewers
  readonly changes: LogChanges
  readonly authorities: Authorities
}

export const controlHandlers = ({
  status,
  pipeline,
  journal,
  activations,
  pauses,
  reviewers,
  changes,
  authorities,
}: ControlParts): ControlHandlers => {
  const review = (decision: string, action: 'show' | 'reveal' | 'replay', actor: string) =>
    journal.append({ kind: 'review', time: new Date().toISOString(), decision, action, actor })
  return {
    'GET /status': async () => ({ status: 200, document: status() }),
    'GET /health': async () => {
      const { state } = journal.status()
      return { status: state === 'ready' ? 200 : 503, document: { state } }
    },
    'POST /reviews': async body => {
      const { decision, action, actor } = body as ReviewRequest
      await review(decision, action === 'reveal' ? 'reveal' : 'show', actor)
      return { status: 200, document: {} }
    },
    'POST /replays': async body => {
      const { decision, actor, payload } = body as ReplayRequest
      const held = decodeHeld(Buffer.from(payload, 'base64'))
      await review(decision, 'replay', actor)
      const { client, instrument, destination, head, content: bytes } = held
      const arrival = arrivingNow({ client, ingress: { kind: 'replay', instrument, destination } })
      const message = { arrival, head, content: { kind: 'complete', bytes, trailers: 0 } } as const
      const answered = pipeline.take()
      const passage = await pipeline.gate().pass(message, new AbortController(), decision)
      answered()
      return { status: 200, document: resultOf(passage) }
    },
    'POST /pauses': async body => ({ status: 200, document: await pauses.turn(body as PauseRequest) }),
    'POST /reviewers/add': async body => ({ status: 200, document: await reviewers.add(body as ReviewerRequest) }),
    'POST /reviewers/retire': async body => ({
      status: 200,
      document: await reviewers.retire(body as ReviewerRequest),
    }),
    'POST /reviewers/rotate': async body => ({
      status: 200,
      document: await reviewers.rotate(body as ReviewerRequest),
    }),
    'POST /reviewers/reseal': async body => ({ status: 200, document: await reviewers.reseal(body as ResealRequest) }),
    'POST /activations': async body => ({
      status: 200,
      document: await activations.activate(body as ActivationRequest),
    }),
    'POST /log/seal': async body => ({ status: 200, document: await changes.seal(body as SealRequest) }),
    'POST /log/purge': async body => ({ status: 200, document: await changes.purge(body as PurgeRequest) }),
    'POST /log/redact': async body => ({ status: 200, document: await changes.redact(body as RedactRequest) }),
    'POST /authority': async body => ({
      status: 200,
      document: await authorities.change(body as AuthorityRequest, pipeline.gate().policy),
    }),
  }
}

const resultOf = (passage: Passage): ReplayResult => {
  const decision = passage.id
  const none = { code: null, explanation: null, status: null }
  if (passage.kind === 'unrecorded') return { decision, verdict: 'unrecorded', ...none }
  if (passage.kind === 'blocked') {
    const { reason } = passage.block
    return { decision, verdict: 'block', code: reason, explanation: blockReasons[reason], status: null }
  }
  const { answer } = passage
  if (answer.kind === 'answer') return { decision, verdict: 'forward', ...none, status: answer.status }
  const { meaning, hint } = upstreamFaults[answer.fault]
  return { decision, verdict: 'forward', code: answer.fault, explanation: `${meaning}; ${hint}`, status: null }
}
