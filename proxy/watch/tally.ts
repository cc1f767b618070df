import type { RequestCounts } from '../../log/record.ts'

/**
 * Counts requests where they come in, apart from the decisions about them, so that `sluice log verify` can compare: a request that was
 * answered without a decision, or sent without one, would show.
 */
export type Tally = {
  /** A request has come in. @returns to be called when it has been answered */
  readonly take: () => Answered
  /** The decision about a request is durable, or could not be made so. */
  readonly tell: (isRecorded: boolean) => void
  /** @param sent - requests that went out */
  readonly counts: (sent: number) => RequestCounts
}

/** @param repeats - whether it was no more than counted, because a record of one like it stands already: then it is not counted here */
export type Answered = (repeats?: boolean) => void

export const newTally = (): Tally => {
  let accepted = 0
  let open = 0
  let decided = 0
  let refused = 0
  return {
    take: () => {
      accepted++
      open++
      return (repeats = false) => {
        open--
        if (repeats) accepted--
      }
    },
    tell: isRecorded => {
      if (isRecorded) decided++
      else refused++
    },
    counts: sent => ({ accepted, open, decided, refused, sent }),
  }
}
