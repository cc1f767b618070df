import type { BlockReason, Subject } from '../../rules/verdict.ts'
import type { Passage } from '../pipeline.ts'
import type { Spliced } from '../splice/splice-gate.ts'
import type { UpstreamFault } from '../upstream/upstream-fault.ts'

/** What is measured of a request on its way. Durations are milliseconds; null for what it did not come to. */
export type Measured = Pick<Subject, 'instrument' | 'route'> & {
  /** How many like it the record stands for; see `gathering.ts`. */
  readonly times: number
  /** Octets of content that came from the instrument. */
  readonly bytesIn: number
  readonly inspectMs: number | null
  /** Until the decision was on the disk. */
  recordMs: number | null
  /** Until the answer of the destination was complete, or it was clear that there will be none. */
  upstreamMs: number | null
}

/** How a request ended, once its end is known: what was counted, and never what was in it. */
export type RequestNotice = Measured & {
  readonly kind: 'request'
  readonly verdict: 'forwarded' | 'failed' | 'blocked' | 'unrecorded' | 'overtaken' | 'spooled' | 'spliced'
  /** Id of the decision. */
  readonly decision: string
  /** Why it was blocked, or why it failed on the way. */
  readonly reason: BlockReason | UpstreamFault | null
  /** Octets of content that went to the destination, and that came back from it. */
  readonly bytesOut: number
  readonly bytesBack: number
}

export const measuring = (subject: Subject, bytesIn: number, times: number, inspectMs: number | null): Measured => ({
  instrument: subject.instrument,
  route: subject.route,
  times,
  bytesIn,
  inspectMs,
  recordMs: null,
  upstreamMs: null,
})

/** To microseconds, which is as far as they mean anything. */
const spanOf = (ms: number | null): number | null => (ms === null ? null : Math.round(ms * 1_000) / 1_000)

const nothing = { reason: null, bytesOut: 0, bytesBack: 0 } as const

export const noticeOf = (passage: Passage, measured: Measured): RequestNotice => ({
  kind: 'request',
  decision: passage.id,
  ...measured,
  inspectMs: spanOf(measured.inspectMs),
  recordMs: spanOf(measured.recordMs),
  upstreamMs: spanOf(measured.upstreamMs),
  ...endOf(passage),
})

const endOf = (passage: Passage): Pick<RequestNotice, 'verdict' | 'reason' | 'bytesOut' | 'bytesBack'> => {
  switch (passage.kind) {
    case 'blocked':
      return { ...nothing, verdict: 'blocked', reason: passage.block.reason }
    case 'spooled':
    case 'unrecorded':
    case 'overtaken':
      return { ...nothing, verdict: passage.kind }
    case 'forwarded': {
      const { answer, verdict } = passage
      const sent = { ...nothing, bytesOut: verdict.request.body.length }
      if (answer.kind === 'fault') return { ...sent, verdict: 'failed', reason: answer.fault }
      return { ...sent, verdict: 'forwarded', bytesBack: answer.body.length }
    }
  }
}

/** Of a connection that passed unopened. */
export const noticeOfSplice = ({ id, instrument, end, ms }: Spliced): RequestNotice => ({
  kind: 'request',
  verdict: end.stood ? 'spliced' : 'failed',
  decision: id,
  instrument,
  route: null,
  times: 1,
  bytesIn: end.up,
  inspectMs: null,
  recordMs: null,
  upstreamMs: spanOf(ms),
  reason: end.fault,
  bytesOut: end.up,
  bytesBack: end.down,
})
