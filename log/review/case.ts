import type { LogReader } from '../reading/query.ts'
import type { ApproveEntry, DecisionEntry, LogRecord, RejectEntry, ReleaseEntry, ReviewEntry } from '../record.ts'
import { isReviewEvent, stateAfter, type State } from './states.ts'

/** All that the log says of one held payload. */
export type ReviewCase = {
  readonly decision: Stored<DecisionEntry>
  readonly state: State
  /** What befell it, oldest first. */
  readonly events: readonly Stored<ReviewEntry>[]
  /** The approvals that have neither been used nor fallen away. */
  readonly approvals: readonly Stored<ApproveEntry>[]
  /** How it was rejected, if that was the last word. */
  readonly rejected: RejectEntry['finding'] | null
  /** The last release of which nobody knows whether it arrived, when it was the last one of all. */
  readonly unknownRelease: ReleaseEntry | null
}

type Stored<Form> = LogRecord & Form

/** @returns null where no payload was ever held under the id; a purged one has a case all the same */
export const readCase = (reader: Pick<LogReader, 'show'>, id: string): ReviewCase | null => {
  const records = reader.show(id).map(({ record }) => record)
  const decision = records.find(
    (record): record is Stored<DecisionEntry> => record.kind === 'decision' && record.id === id,
  )
  if (!decision?.held) return null
  const events = records.filter(
    (record): record is Stored<ReviewEntry> =>
      isReviewEvent(record.kind) && (record as ReviewEntry).decision === decision.id,
  )
  // A log that leads nowhere is for `log verify`; nothing may be done about such a payload.
  const state = stateAfter(events.map(({ kind }) => kind)) ?? 'purged'
  return {
    decision,
    state,
    events,
    approvals: approvalsIn(events),
    rejected: state === 'rejected' ? lastOf(events, 'review.reject')!.finding : null,
    unknownRelease: wasUnknown(events) ? lastOf(events, 'review.release') : null,
  }
}

/** What ends an approval. */
const ending: ReadonlySet<string> = new Set(['review.release', 'review.reject', 'review.expire', 'review.replay'])

const approvalsIn = (events: readonly Stored<ReviewEntry>[]): readonly Stored<ApproveEntry>[] => {
  const end = events.findLastIndex(({ kind }) => ending.has(kind))
  return events.slice(end + 1).filter((event): event is Stored<ApproveEntry> => event.kind === 'review.approve')
}

const releaseEnds: ReadonlySet<string> = new Set([
  'review.released',
  'review.release-failed',
  'review.release-unknown',
] satisfies ReviewEntry['kind'][])

const wasUnknown = (events: readonly ReviewEntry[]): boolean =>
  events.findLast(({ kind }) => releaseEnds.has(kind))?.kind === 'review.release-unknown'

const lastOf = <Kind extends ReviewEntry['kind']>(
  events: readonly ReviewEntry[],
  kind: Kind,
): Extract<ReviewEntry, { kind: Kind }> | null =>
  (events.findLast(event => event.kind === kind) as Extract<ReviewEntry, { kind: Kind }> | undefined) ?? null
