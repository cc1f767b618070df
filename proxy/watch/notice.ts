import type { DiskState } from '../../log/writing/disk-watch.ts'
import type { HandshakeNotice } from '../lab/handshakes.ts'
import type { RequestNotice } from './request-notice.ts'

/**
 * Something that happened in the running appliance, for whoever watches it; the decision log is kept apart. Each kind has its closed
 * fields: ids of the policy, codes, counts, addresses. None could hold anything of a payload.
 */
export type Notice =
  /** A request has ended; see `request-notice.ts`. */
  | RequestNotice
  /** An instrument does not take our certificate; see `handshakes.ts`. */
  | HandshakeNotice
  /** A fault of this program kept something from being decided, so it was blocked. `error` is the kind of fault, never its message. */
  | { readonly kind: 'decision-failed'; readonly error: string }
  | { readonly kind: 'log-failed'; readonly code: string }
  | { readonly kind: 'log-recovered' }
  /** An instrument has sent all the nucleotides in fragments that it may: look at what it sends. Told once an hour. */
  | { readonly kind: 'drip'; readonly instrument: string; readonly decision: string }
  /** A checkpoint of the log, for whoever keeps what we print; see `anchors.ts`. */
  | { readonly kind: 'anchor'; readonly size: number; readonly root: string; readonly checkpoint: string }
  | { readonly kind: 'anchor-failed'; readonly code: string }
  /** The anchors could not be read at the start, so the log was not held against them. */
  | { readonly kind: 'anchor-unread'; readonly code: string }
  /** Old records were moved into a segment, or could not be; see `log-upkeep.ts`. */
  | { readonly kind: 'segment-sealed'; readonly first: number; readonly last: number }
  | { readonly kind: 'segment-failed'; readonly code: string }
  /** How much room the disk of the log has left, in octets; see `disk-watch.ts`. */
  | { readonly kind: 'disk'; readonly state: DiskState; readonly freeBytes: number }
  /** Payloads were found at the start for which there is no decision, and were deleted: somebody else wrote to the log. */
  | { readonly kind: 'held-swept'; readonly payloads: number }
  /** The metrics could not be written into their folder; told once until they could be. */
  | { readonly kind: 'metrics-failed'; readonly code: string }
  /** What an instrument spooled is not taken by its destination (`away`), or again (`back`); `code` says why. Told when it changes. */
  | {
      readonly kind: 'delivery'
      readonly state: 'away' | 'back'
      readonly instrument: string
      readonly destination: string
      readonly code: string | null
    }
  /** A spooled request ended otherwise than by its delivery, or needs a person. */
  | {
      readonly kind: 'delivery-ended'
      readonly state: 'unknown' | 'stuck' | 'blocked' | 'expired'
      readonly decision: string
      readonly instrument: string
    }
  /** The newest policy bundle could be fetched again (`current`), or not, or is not taken; see `bundle-puller.ts`. Told when it changes. */
  | {
      readonly kind: 'bundle'
      readonly state: 'current' | 'away' | 'refused' | 'unasked'
      readonly code: string | null
      readonly status: number | null
    }
  | { readonly kind: 'policy-activated'; readonly number: number; readonly policy: string }

export type Notify = (notice: Notice) => void

/**
 * Whom nobody can tell must not keep a decision from its record, nor a request from its answer: what `notify` throws is said on standard
 * error instead.
 */
export const unfailing =
  (notify: Notify): Notify =>
  notice => {
    try {
      notify(notice)
    } catch (error) {
      process.emitWarning(`the notice ${notice.kind} could not be given: ${faultName(error)}`)
    }
  }

/** What kind of fault it was; a message may hold what was being read. */
export const faultName = (error: unknown): string =>
  error instanceof Error ? ((error as NodeJS.ErrnoException).code ?? error.name) : typeof error
