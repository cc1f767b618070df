import type { DiskStatus } from '../../log/writing/disk-watch.ts'
import type { Journal, JournalStatus } from '../../log/writing/journal.ts'
import type { BundleRecord } from '../../log/record.ts'
import type { PurgeRequest } from '../../log/segments/purge-segments.ts'
import type { RedactRequest } from '../../log/writing/redact.ts'
import type { ExceptionSummary } from '../../rules/exception.ts'
import type { LabPath } from '../../rules/lab-page.ts'
import type { Activations, ActivationRequest } from '../policy/activations.ts'
import type { AnchorStatus } from '../keeping/anchors.ts'
import type { BundlePuller, BundlePullStatus } from '../policy/bundle-puller.ts'
import type { AnchorStatus as TrustAnchor, Authorities, AuthorityRequest } from '../authorities.ts'
import type { Confinement } from '../confinement.ts'
import type { ControlHandlers } from './control.ts'
import type { Observed } from './gauges.ts'
import type { HandshakeStatus } from '../lab/handshakes.ts'
import type { DripStatus } from '../ledger.ts'
import type { LogChanges, SealRequest } from '../keeping/log-upkeep.ts'
import type { Metrics } from './metrics.ts'
import type { OutsiderStatus } from '../lab/outsiders.ts'
import type { PauseRequest, PauseStatus, PauseSwitches } from '../pauses.ts'
import type { Counts, Pipeline } from '../pipeline.ts'
import type { ReviewDesk } from '../review/review-desk.ts'
import { readReadRequest, readResumeRequest, readReviewRequest } from '../review/review-request.ts'
import type { ResealRequest, ReviewerRequest, Reviewers } from '../review/reviewers.ts'
import type { ReviewSettings, Settings } from '../settings.ts'
import type { SpliceStatus } from '../splice/splice-ledger.ts'
import { readSpoolRequest } from '../spool/spool-desk.ts'
import type { Spool, SpoolStatus } from '../spool/spool.ts'
import type { TrialCount } from '../policy/trial-tally.ts'
import type { VendorClock } from '../upstream/vendor-clocks.ts'

/** What `sluice status` shows of a running appliance. */
export type ApplianceStatus = {
  readonly version: string
  readonly started: string
  /** As the appliance sees it: in a container, the number there. */
  readonly pid: number
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
    /** The signed bundle that it came in, if any. */
    readonly bundle: BundleRecord | null
  }
  /** Where newer bundles are fetched from, and how that went; null where they are brought. */
  readonly bundlePull: BundlePullStatus | null
  /** What routes with `mode: report-only` would have done since the policy came into force in this process. */
  readonly trials: { readonly since: string; readonly routes: readonly TrialCount[] }
  /** What instruments have to trust, and the first end on the way to it. */
  readonly authority: { readonly fingerprint: string; readonly notAfter: string }
  /** All that instruments are given to trust: several during a rotation. */
  readonly trustAnchors: readonly TrustAnchor[]
  /** Callers that were dropped because they are not of the lab, since the start. */
  readonly outsiders: OutsiderStatus
  /** Who does not take our certificates, or did not at first, since the start. */
  readonly handshakes: readonly HandshakeStatus[]
  /** Ids of the instruments that take our certificates, seen since the start. */
  readonly trustedBy: readonly string[]
  readonly vendorClocks: readonly VendorClock[]
  /** How often each page of the appliance itself was asked for. */
  readonly pages: Readonly<Partial<Record<LabPath, number>>>
  /** Certificates that were minted for instruments and are still in use. */
  readonly leaves: readonly {
    readonly names: readonly string[]
    readonly notAfter: string
    readonly fingerprint: string
  }[]
  readonly reviewers: readonly string[]
  readonly reviews: ReviewSettings
  readonly requests: Readonly<Counts>
  readonly drips: readonly DripStatus[]
  /** Destinations to which connections pass unopened, with what was used of their budgets. */
  readonly splices: readonly SpliceStatus[]
  readonly paused: PauseStatus
  readonly log: JournalStatus
  /** Bounds of what is held for review; `log.held` says how much is. */
  readonly held: Settings['held']
  /** What waits for its destination. */
  readonly spool: SpoolStatus
  /** Room for the log. With `refusing` all traffic is refused. */
  readonly disk: DiskStatus
  readonly anchors: AnchorStatus
}

/** What the control socket reaches. */
export type ControlParts = {
  readonly status: () => ApplianceStatus
  readonly metrics: Metrics
  /** What the metrics are read from now. */
  readonly observed: () => Observed
  readonly pipeline: Pick<Pipeline, 'gate'>
  readonly journal: Journal
  /** `Activations.activate`, with what follows from another policy. */
  readonly activate: Activations['activate']
  readonly puller: BundlePuller
  readonly pauses: PauseSwitches
  readonly reviewers: Reviewers
  readonly changes: LogChanges
  readonly authorities: Authorities
  readonly desk: ReviewDesk
  readonly spool: Pick<Spool, 'act' | 'hurry'>
}

export const controlHandlers = ({
  status,
  metrics,
  observed,
  pipeline,
  journal,
  activate,
  puller,
  pauses,
  reviewers,
  changes,
  authorities,
  desk,
  spool,
}: ControlParts): ControlHandlers => ({
  'GET /status': async () => ({ status: 200, document: status() }),
  'GET /metrics': async () => ({
    status: 200,
    text: await metrics.exposition(observed()),
    mediaType: 'text/plain; version=0.0.4; charset=utf-8',
  }),
  'GET /metrics.json': async () => ({ status: 200, document: { families: await metrics.families(observed()) } }),
  'GET /health': async () => {
    const { state } = journal.status()
    return { status: state === 'ready' ? 200 : 503, document: { state } }
  },
  'POST /reviews': async body => ({ status: 200, document: await desk.act(readReviewRequest(body)) }),
  'POST /reviews/read': async body => {
    const { actor, decisions } = readReadRequest(body)
    await desk.read(actor, decisions)
    return { status: 200, document: {} }
  },
  'POST /reviews/resume': async body => {
    const { actor, because } = readResumeRequest(body)
    const fault = await desk.resume(actor, because)
    return { status: 200, document: { fault } }
  },
  'POST /spool': async body => ({ status: 200, document: await spool.act(readSpoolRequest(body)) }),
  'POST /pauses': async body => {
    const document = await pauses.turn(body as PauseRequest)
    spool.hurry()
    return { status: 200, document }
  },
  'POST /reviewers/add': async body => ({ status: 200, document: await reviewers.add(body as ReviewerRequest) }),
  'POST /reviewers/retire': async body => ({ status: 200, document: await reviewers.retire(body as ReviewerRequest) }),
  'POST /reviewers/rotate': async body => ({ status: 200, document: await reviewers.rotate(body as ReviewerRequest) }),
  'POST /reviewers/reseal': async body => ({ status: 200, document: await reviewers.reseal(body as ResealRequest) }),
  'POST /activations': async body => ({ status: 200, document: await activate(body as ActivationRequest) }),
  'POST /bundles/fetch': async () => {
    await puller.pull()
    return { status: 200, document: { pull: puller.status(), policy: status().policy } }
  },
  'POST /log/seal': async body => ({ status: 200, document: await changes.seal(body as SealRequest) }),
  'POST /log/purge': async body => ({ status: 200, document: await changes.purge(body as PurgeRequest) }),
  'POST /log/redact': async body => ({ status: 200, document: await changes.redact(body as RedactRequest) }),
  'POST /authority': async body => ({
    status: 200,
    document: await authorities.change(body as AuthorityRequest, pipeline.gate().policy),
  }),
})
