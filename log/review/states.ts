import type { ReviewEntry } from '../record.ts'

/**
 * What becomes of a held payload, as one table: pure, so that the writer, `verify` and the command line go by the same. The state that
 * stands beside a payload says nothing that its records do not: `stateAfter` leads from them to it.
 */

export const states = {
  held: 'sealed, and nobody has looked at it',
  'in-review': 'somebody has looked at it',
  approved: 'somebody approved its release; nothing has been sent',
  releasing: 'its release is recorded, and how that ended is not',
  released: 'the vendor took it',
  'release-failed': 'the vendor did not take it, or was not reached',
  'release-unknown': 'nobody knows whether the vendor took it: the process or the connection died before the answer',
  rejected: 'it is not released',
  replayed: "it was sent again, because today's policy lets it",
  expired: 'its approval ran out or fell away before it was released',
  purged: 'the payload was deleted',
} as const

export type State = keyof typeof states

export type ReviewEvent = ReviewEntry['kind']

type Ways = { readonly [From in State]?: State }

/** Looking, noting and trying change nothing but that somebody looked; a command that reads a payload is nobody. */
const anywhere: Ways = {
  'in-review': 'in-review',
  approved: 'approved',
  releasing: 'releasing',
  released: 'released',
  'release-failed': 'release-failed',
  'release-unknown': 'release-unknown',
  rejected: 'rejected',
  replayed: 'replayed',
  expired: 'expired',
}

/** From which state an event leads to which. What does not stand here does not happen. */
export const transitions = {
  'review.open': { ...anywhere, held: 'in-review' },
  'review.read': { ...anywhere, held: 'held' },
  'review.blocked': { ...anywhere, held: 'held' },
  'review.note': { ...anywhere, held: 'held' },
  // Nobody approves what nobody has looked at.
  'review.approve': {
    'in-review': 'approved',
    approved: 'approved',
    expired: 'approved',
    'release-failed': 'approved',
    'release-unknown': 'approved',
  },
  'review.reject': {
    held: 'rejected',
    'in-review': 'rejected',
    approved: 'rejected',
    expired: 'rejected',
    'release-failed': 'rejected',
    'release-unknown': 'rejected',
  },
  'review.expire': { approved: 'expired' },
  'review.release': { approved: 'releasing' },
  'review.released': { releasing: 'released' },
  'review.release-failed': { releasing: 'release-failed' },
  'review.release-unknown': { releasing: 'release-unknown' },
  'review.replay': {
    held: 'replayed',
    'in-review': 'replayed',
    approved: 'replayed',
    rejected: 'replayed',
    expired: 'replayed',
    'release-failed': 'replayed',
  },
  // Nothing was written upstream: it can be sent again.
  'review.unsent': { replayed: 'in-review' },
  purge: {
    held: 'purged',
    'in-review': 'purged',
    approved: 'purged',
    released: 'purged',
    'release-failed': 'purged',
    'release-unknown': 'purged',
    rejected: 'purged',
    replayed: 'purged',
    expired: 'purged',
  },
} as const satisfies Record<ReviewEvent, Ways>

/** The state after an event; null where the table has no such way. */
export const nextState = (state: State, event: ReviewEvent): State | null => (transitions[event] as Ways)[state] ?? null

/** The state that a payload's events lead to, in their order; null where one of them had no way to happen. */
export const stateAfter = (events: readonly ReviewEvent[]): State | null =>
  events.reduce<State | null>((state, event) => state && nextState(state, event), 'held')

export const isReviewEvent = (kind: string): kind is ReviewEvent => Object.hasOwn(transitions, kind)
