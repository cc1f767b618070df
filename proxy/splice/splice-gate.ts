import type { Socket } from 'node:net'
import type { Journal } from '../../log/writing/journal.ts'
import type { DecisionEntry, OutcomeEntry } from '../../log/record.ts'
import { uuidV7 } from '../../log/writing/uuid-v7.ts'
import { inspectSplice, inspectSpliceShut, inspectUnreadable } from '../../rules/inspect.ts'
import type { Arrival } from '../../rules/message.ts'
import type { Pauses } from '../../rules/pauses.ts'
import type { Policy } from '../../rules/policy.ts'
import type { ClientHello } from '../../rules/splice/client-hello.ts'
import type { SplicedDestination } from '../../rules/splice/splice.ts'
import type { Block, Splicing, SpliceVerdict } from '../../rules/verdict.ts'
import { decisionSubject } from '../decision-subject.ts'
import type { OpenSplices } from './open-splices.ts'
import type { SpliceLedger } from './splice-ledger.ts'
import type { SpliceEnd, Splicer } from './splicer.ts'
import type { Underway } from '../underway.ts'

/** How a connection that passed unopened ended. */
export type Spliced = {
  readonly kind: 'spliced'
  readonly id: string
  readonly instrument: string
  readonly end: SpliceEnd
  /** Milliseconds from the attempt to reach the destination to the end of both connections. */
  readonly ms: number
}

export type SpliceGate<Refusal> = {
  /** The block that is certain before the ClientHello has come; null where there is none. */
  readonly ahead: (arrival: Arrival, to: SplicedDestination) => Block | null
  /** Decides, records, and connects: the one way out that nobody sees into. Never rejects. */
  readonly pass: (
    arrival: Arrival,
    to: SplicedDestination,
    hello: ClientHello,
    client: Socket,
  ) => Promise<Spliced | Refusal | { readonly kind: 'unrecorded'; readonly id: string }>
}

export type SpliceParts<Refusal> = {
  readonly journal: Pick<Journal, 'append'>
  readonly splicer: Splicer
  readonly splices: SpliceLedger
  readonly open: OpenSplices
  readonly underway: Underway
  readonly hasRoom: () => boolean
  readonly pauses: () => Pauses
  /** Hears after each decision whether it could be recorded: null, or why not. */
  readonly tell: (code: string | null) => void
  /** Hears of each fault on the way to a verdict. */
  readonly faulted: (error: unknown) => void
  /** Records a block. */
  readonly refuse: (arrival: Arrival, block: Block) => Promise<Refusal>
}

export const spliceGate = <Refusal>(policy: Policy, parts: SpliceParts<Refusal>): SpliceGate<Refusal> => {
  const { journal, splicer, splices, open, underway, hasRoom, pauses, tell, faulted, refuse } = parts

  /** A fault on the way to a verdict is one, and nothing passes. */
  const inspect = (arrival: Arrival, to: SplicedDestination, hello: ClientHello | null): SpliceVerdict => {
    try {
      const attempt = { arrival, to, hello, use: splices.of(to) }
      return hasRoom() ? inspectSplice(attempt, policy, pauses()) : inspectSpliceShut(attempt, policy)
    } catch (error) {
      faulted(error)
      const destination = { host: to.host, port: to.port }
      return inspectUnreadable(arrival, { reason: 'inspection-failed', rule: null, destination }, policy)
    }
  }

  const record = async (entry: DecisionEntry): Promise<boolean> => {
    try {
      await journal.append(entry)
      tell(null)
      return true
    } catch (error) {
      tell((error as { code?: string }).code ?? 'ERR_LOG_FAILED')
      return false
    }
  }

  /** Under way from before its record on, so that a pause that comes while that is written keeps it in. */
  const connect = async (id: string, arrival: Arrival, verdict: Splicing, to: SplicedDestination, client: Socket) => {
    const cut = new AbortController()
    const ended = underway.begin(verdict.instrument, cut)
    const { promise, resolve } = Promise.withResolvers<void>()
    open.add(policy, verdict.instrument, to, cut, promise)
    let used = 0
    try {
      if (!(await record(decisionEntry(id, arrival, verdict, policy)))) return { kind: 'unrecorded', id } as const
      const started = performance.now()
      const end = await splicer.splice(verdict, to, client, cut.signal)
      used = end.up + end.down
      const ms = performance.now() - started
      await journal.append(outcomeEntry(id, to, end, ms)).catch(() => undefined)
      return { kind: 'spliced', id, instrument: verdict.instrument, end, ms } as const
    } finally {
      splices.settle(to, id, used)
      ended()
      resolve()
    }
  }

  return {
    ahead: (arrival, to) => {
      const verdict = inspect(arrival, to, null)
      return verdict.kind === 'block' ? verdict : null
    },
    pass: async (arrival, to, hello, client) => {
      const verdict = inspect(arrival, to, hello)
      if (verdict.kind === 'block') return refuse(arrival, verdict)
      const id = uuidV7()
      splices.reserve(to, id, verdict.reserved)
      return connect(id, arrival, verdict, to, client)
    },
  }
}

const decisionEntry = (id: string, arrival: Arrival, verdict: Splicing, policy: Policy): DecisionEntry => ({
  ...decisionSubject(id, arrival, verdict),
  method: null,
  path: null,
  verdict: 'forward',
  reason: null,
  rule: null,
  place: null,
  findings: [],
  policy: policy.digest,
  bytesIn: 0,
  bytesOut: null,
  nucleotides: null,
  digest: null,
  replayOf: null,
  held: false,
  splice: { reserved: verdict.reserved },
})

const outcomeEntry = (
  decision: string,
  to: SplicedDestination,
  { stood, up, down, fault }: SpliceEnd,
  ms: number,
): OutcomeEntry => ({
  kind: 'outcome',
  time: new Date().toISOString(),
  decision,
  result: stood ? 'spliced' : 'failed',
  status: null,
  error: fault,
  bytes: down,
  bytesUp: up,
  ms: Math.round(ms),
  ...(to.proxy !== null && { via: 'proxy' }),
})
