import type { DeliveryPromise } from '../../rules/delivery.ts'
import type { SpoolEntry } from '../record.ts'

/**
 * What becomes of a spooled payload, as one table: pure, so that the writer, `verify`, the sender and the command line go by the same. The
 * state that stands beside a payload says nothing that its records do not.
 */

export const spoolStates = {
  waiting: 'accepted and sealed; it waits for its turn, or for the next attempt',
  sending: 'an attempt to send it is recorded, and how that ended is not',
  unknown: 'nobody knows whether the destination took it; a person sends it again or drops it',
  stuck: 'the destination does not take it, or it does not open; a person tries again or drops it',
  delivered: 'the destination took it, and it was deleted',
  blocked: 'the policy blocks it by now; it was handed over to the reviewers',
  expired: 'it waited longer than it may, and was deleted',
  dropped: 'a person deleted it',
  withdrawn: 'the instrument was told that it was not accepted, and it was deleted',
} as const

export type SpoolState = keyof typeof spoolStates

export type SpoolEvent = SpoolEntry['kind']

type Ways = { readonly [From in SpoolState]?: SpoolState }

/** From which state an event leads to which. What does not stand here does not happen. */
export const spoolTransitions = {
  'spool.send': { waiting: 'sending' },
  'spool.delivered': { sending: 'delivered' },
  // Certainly nothing of it was taken: it can be sent again under either promise.
  'spool.unsent': { sending: 'waiting' },
  // It may have been taken: see `nextSpoolState`.
  'spool.again': { sending: 'waiting' },
  'spool.unknown': { sending: 'unknown' },
  'spool.stuck': { sending: 'stuck', waiting: 'stuck' },
  'spool.blocked': { waiting: 'blocked' },
  'spool.expired': { waiting: 'expired', unknown: 'expired', stuck: 'expired' },
  'spool.retry': { unknown: 'waiting', stuck: 'waiting' },
  'spool.dropped': { waiting: 'dropped', unknown: 'dropped', stuck: 'dropped' },
  'spool.withdrawn': { waiting: 'withdrawn' },
} as const satisfies Record<SpoolEvent, Ways>

/**
 * The state after an event; null where the table has no such way. What may have arrived is sent again only where that was promised, and comes
 * to rest as `unknown` only where it was not.
 */
export const nextSpoolState = (state: SpoolState, event: SpoolEvent, promise: DeliveryPromise): SpoolState | null => {
  if (event === 'spool.again' && promise !== 'at-least-once') return null
  if (event === 'spool.unknown' && promise !== 'at-most-once') return null
  return (spoolTransitions[event] as Ways)[state] ?? null
}

/** The state that the events of a payload lead to, in their order; null where one of them had no way to happen. */
export const spoolStateAfter = (events: readonly SpoolEvent[], promise: DeliveryPromise): SpoolState | null =>
  events.reduce<SpoolState | null>((state, event) => state && nextSpoolState(state, event, promise), 'waiting')

/** Whether the payload is kept in this state; in all others it is gone. */
export const isKept = (state: SpoolState): boolean => keptStates.has(state)

const keptStates: ReadonlySet<SpoolState> = new Set(['waiting', 'sending', 'unknown', 'stuck'])

export const isSpoolEvent = (kind: string): kind is SpoolEvent => Object.hasOwn(spoolTransitions, kind)
