import { isNeverReleased, isReleasable } from '../../rules/releasable.ts'
import type { ReleaseFigures } from '../../log/reading/query.ts'
import type { ApproveEntry, DecisionEntry } from '../../log/record.ts'
import type { ReviewCase } from '../../log/review/case.ts'
import { comparePeople, type Identity } from '../../log/review/identity.ts'
import { nextState, type ReviewEvent, type State } from '../../log/review/states.ts'

/** What keeps a person from doing something about a held payload that they should not do. Codes are stable. */
export const rails = {
  'state-not-allowed': {
    what: 'the state of the payload does not allow it',
    hint: 'see docs/review.md for what leads where; what nobody has looked at cannot be approved: "sluice blocked show" first',
  },
  'reason-missing': { what: 'no reason is given', hint: 'say with --because why it is right to do it' },
  'reason-unfit': {
    what: 'the reason may not stand in the log',
    hint: 'use at most 200 plain characters, describe the payload without repeating it, and name roles instead of persons',
  },
  'not-releasable': {
    what: 'it was blocked for a reason that no approval can override',
    hint: 'mend the policy and replay it; only findings in the content and schema violations can be released',
  },
  'never-release': {
    what: 'what was found in it is never released, whoever approves it',
    hint: 'if it is a false alarm, except it in the policy ("sluice rules explain" helps), activate, and replay it',
  },
  'approval-too-long': {
    what: 'the approval would last longer than the settings admit',
    hint: 'see reviews.approvalExpires',
  },
  'not-approved': { what: 'nobody has approved its release', hint: 'have somebody else run "sluice blocked approve"' },
  'approval-expired': { what: 'its approval has run out', hint: 'have it approved again' },
  'policy-changed': {
    what: 'another policy came into force since it was approved, so the approval fell away',
    hint: 'have it approved again under the policy of today; it may now simply be replayed',
  },
  'destination-changed': {
    what: 'it would go to another destination than was approved',
    hint: 'have it approved again for the destination of today',
  },
  'bytes-changed': {
    what: 'these are not the octets that were blocked',
    hint: 'run "sluice log verify": the sealed payload or the command was tampered with',
  },
  'same-person': {
    what: 'a release needs two people, and this is who approved it',
    hint: 'have somebody else release it, or, where it was approved with a signature, sign with the key of another reviewer (--sign); one-person mode is set as reviews.people',
  },
  'identity-untold': {
    what: 'one of approval and release is signed and the other is not, so nothing shows that they are of two people',
    hint: 'sign both (--sign), each with the key of another reviewer, or neither',
  },
  'signature-invalid': {
    what: 'the signature is not of a reviewer that this appliance knows, or not of this payload, policy and destination',
    hint: 'sign with a key whose public part is in the reviewers folder, and again if the policy changed meanwhile',
  },
  'release-rate': {
    what: 'as many releases as the settings admit were made in the last hour',
    hint: 'wait, or think about why so many are needed: reviews.releasesPerHour',
  },
  'release-stopped': {
    what: 'too many releases in a row have failed, so no more are made',
    hint: 'find out why, then run "sluice blocked resume --because …"',
  },
  'request-looped': {
    what: 'the payload is itself a replay or a release that was blocked',
    hint: 'go back to the payload that it came from: "sluice log show" names it as replayOf',
  },
  'rejected-as-leak': {
    what: 'it was rejected as a leak',
    hint: 'a leak is not replayed; if that was wrong, the instrument has to send it again',
  },
  'changed-meanwhile': { what: 'its state has changed since it was looked at', hint: 'look again, then decide again' },
} as const satisfies Record<string, { readonly what: string; readonly hint: string }>

export type Rail = keyof typeof rails

/** What the settings say of reviews. */
export type RailSettings = {
  /** How many different people a release takes. */
  readonly people: 1 | 2
  /** Milliseconds that an approval lasts at most. */
  readonly approvalExpires: number
  readonly releasesPerHour: number
  /** Failed releases in a row after which no more are made. */
  readonly stopAfterFailures: number
}

/** What rails go by besides the payload. Times are milliseconds since the epoch. */
export type RailContext = {
  readonly now: number
  readonly settings: RailSettings
  /** In force now. */
  readonly policy: { readonly digest: string; readonly neverRelease: ReadonlySet<string> }
}

/** The first rail that keeps an event from happening to a payload, whoever asks. */
const anyRail = ({ state, decision }: ReviewCase, event: ReviewEvent): Rail | null => {
  if (nextState(state, event) === null) return 'state-not-allowed'
  const isSending = event === 'review.approve' || event === 'review.release' || event === 'review.replay'
  return isSending && decision.replayOf !== null ? 'request-looped' : null
}

/** What keeps a payload from being looked at, noted about, rejected or purged. */
export const changeRail = (
  found: ReviewCase,
  event: 'review.open' | 'review.note' | 'review.reject' | 'purge',
): Rail | null => anyRail(found, event)

export const replayRail = (found: ReviewCase): Rail | null =>
  found.rejected === 'leak' ? 'rejected-as-leak' : anyRail(found, 'review.replay')

/** @param expires - when the approval is to end */
export const approvalRail = (found: ReviewCase, expires: number, context: RailContext): Rail | null => {
  const { now, settings } = context
  if (expires - now > settings.approvalExpires || expires <= now) return 'approval-too-long'
  return anyRail(found, 'review.approve') ?? contentRail(found.decision, context)
}

/** What was found when it was blocked; when it is released, the octets themselves are asked again. */
const contentRail = (
  { reason, findings, destination, payload }: DecisionEntry,
  { policy }: Pick<RailContext, 'policy'>,
): Rail | null => {
  if (reason === null || !isReleasable(reason) || destination === null || payload === undefined) return 'not-releasable'
  const isNever = findings.some(finding => isNeverReleased(finding, policy.neverRelease))
  return isNever ? 'never-release' : null
}

/** Why an approval no longer holds; null while it does. */
export const fallenAway = (
  { expires, policy, destination }: ApproveEntry,
  context: Pick<RailContext, 'now' | 'policy'>,
  decision: Pick<DecisionEntry, 'destination'>,
): 'time' | 'policy' | 'destination' | null => {
  if (policy !== context.policy.digest) return 'policy'
  if (destination !== decision.destination) return 'destination'
  return Date.parse(expires) <= context.now ? 'time' : null
}

const fallenRails = {
  time: 'approval-expired',
  policy: 'policy-changed',
  destination: 'destination-changed',
} as const satisfies Record<string, Rail>

/** The approvals that hold now, oldest first. */
export const holdingApprovals = (
  { approvals, decision }: ReviewCase,
  context: Pick<RailContext, 'now' | 'policy'>,
): ReviewCase['approvals'] => approvals.filter(approval => fallenAway(approval, context, decision) === null)

/** What keeps a payload from being released by somebody. @param figures - of releases in the last hour */
export const releaseRail = (
  found: ReviewCase,
  releaser: Identity,
  figures: ReleaseFigures,
  context: RailContext,
): Rail | null => {
  const { settings } = context
  const rail = unapproved(found, context) ?? anyRail(found, 'review.release') ?? contentRail(found.decision, context)
  if (rail) return rail
  if (settings.people === 2) {
    const people = holdingApprovals(found, context).map(approval => comparePeople(approval, releaser))
    if (!people.includes('two')) return people.includes('untold') ? 'identity-untold' : 'same-person'
  }
  if (figures.failures >= settings.stopAfterFailures) return 'release-stopped'
  return figures.recent >= settings.releasesPerHour ? 'release-rate' : null
}

/** What is in one of these has been decided about; everything else waits for an approval. */
const decided: ReadonlySet<State> = new Set(['releasing', 'released', 'rejected', 'replayed', 'purged'])

const unapproved = (found: ReviewCase, context: RailContext): Rail | null => {
  const { state, approvals, decision, events } = found
  if (state === 'expired') return fallenRails[events.findLast(event => event.kind === 'review.expire')!.cause]
  if (state !== 'approved') return decided.has(state) ? null : 'not-approved'
  if (holdingApprovals(found, context).length > 0) return null
  return fallenRails[fallenAway(approvals.at(-1)!, context, decision)!]
}
