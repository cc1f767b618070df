import type { ReviewEntry } from '../record.ts'

/** What people said and decided about a held payload, as its records have it. */

/** How a payload ended up. */
export type Outcome =
  | 'leak'
  | 'false-positive'
  | 'approved'
  | 'expired'
  | 'releasing'
  | 'released'
  | 'release-failed'
  | 'release-unknown'
  | 'replayed'
  | 'undecided'

/** What somebody said or did about a payload. `because`: the reason or the note, in their words. */
export type Said = {
  readonly time: string
  readonly what: 'note' | 'approve' | 'reject' | 'release' | 'replay' | 'tried again'
  readonly actor: string
  /** The reviewer whose key signed it. */
  readonly signedBy: string | null
  readonly because: string
}

/** How it ended, as far as it has. @param events - oldest first */
export const outcomeOf = (events: readonly ReviewEntry[]): Outcome =>
  events.reduce<Outcome>((outcome, event) => outcomeAfter(event) ?? outcome, 'undecided')

/** All that was said, oldest first. @param events - oldest first */
export const saidIn = (events: readonly ReviewEntry[]): readonly Said[] => events.flatMap(event => saidBy(event) ?? [])

/** What an event makes of a case; null where it leaves it as it was. */
const outcomeAfter = (event: ReviewEntry): Outcome | null => {
  switch (event.kind) {
    case 'review.approve':
      return 'approved'
    case 'review.reject':
      return event.finding
    case 'review.expire':
      return 'expired'
    case 'review.release':
      return 'releasing'
    case 'review.released':
      return 'released'
    case 'review.release-failed':
      return 'release-failed'
    case 'review.release-unknown':
      return 'release-unknown'
    case 'review.replay':
      return 'replayed'
    case 'review.unsent':
      return 'undecided'
    case 'review.note':
    case 'review.blocked':
    case 'review.open':
    case 'review.read':
    case 'purge':
      return null
  }
}

const saidBy = (event: ReviewEntry): Said | null => {
  const { time, actor } = event
  switch (event.kind) {
    case 'review.note':
      return { time, what: 'note', actor, signedBy: null, because: event.note }
    case 'review.approve':
      return { time, what: 'approve', actor, signedBy: event.signature?.reviewer ?? null, because: event.because }
    case 'review.release':
      return { time, what: 'release', actor, signedBy: event.signature?.reviewer ?? null, because: event.because }
    case 'review.reject':
      return { time, what: 'reject', actor, signedBy: null, because: event.because }
    case 'review.replay':
      return { time, what: 'replay', actor, signedBy: null, because: event.because }
    case 'review.blocked':
      return { time, what: 'tried again', actor, signedBy: null, because: event.because }
    case 'review.expire':
    case 'review.released':
    case 'review.release-failed':
    case 'review.release-unknown':
    case 'review.unsent':
    case 'review.open':
    case 'review.read':
    case 'purge':
      return null
  }
}
