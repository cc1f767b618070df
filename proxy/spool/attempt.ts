import type { Journal } from '../../log/writing/journal.ts'
import { LogError } from '../../log/log-error.ts'
import type { Entry, OutcomeEntry, SpoolEntry } from '../../log/record.ts'
import type { SpoolState } from '../../log/spool/states.ts'
import type { DeliveryPromise } from '../../rules/delivery.ts'
import { inspectSpooled } from '../../rules/inspect.ts'
import type { Message } from '../../rules/message.ts'
import type { Route } from '../../rules/policy.ts'
import type { Block, Forward } from '../../rules/verdict.ts'
import type { Forwarder, UpstreamAnswer } from '../upstream/forwarder.ts'
import type { Gate } from '../pipeline.ts'
import type { Underway } from '../underway.ts'
import { deliveryEnd, type DeliveryEnd } from './delivery-end.ts'
import type { Queued } from './lanes.ts'

/** What is spooled, as the process knows it; its payload is on the disk. */
export type SpoolItem = Queued & {
  readonly decision: string
  readonly route: string
  readonly promise: DeliveryPromise
  /** Octets of the sealed payload. */
  readonly bytes: number
  /** Milliseconds since the epoch: when it was accepted, and until when it waits. */
  readonly accepted: number
  readonly expires: number
  state: Extract<SpoolState, 'waiting' | 'sending' | 'unknown' | 'stuck'>
  attempts: number
}

/**
 * Where an attempt led. `end`: how it ended badly; `pause`: milliseconds until the destination is tried again with anything. `changed`: a person was
 * quicker.
 */
export type Attempted =
  | { readonly kind: 'ended'; readonly state: SpoolState; readonly failed?: Failed }
  | ({ readonly kind: 'failed' } & Failed)
  /** Something that has nothing to do with its destination. */
  | { readonly kind: 'held' }
  | { readonly kind: 'changed' }

export type Failed = { readonly pause: number; readonly end: DeliveryEnd }

export type AttemptParts = {
  readonly journal: Pick<Journal, 'appendAll'>
  readonly forwarder: Pick<Forwarder, 'forward'>
  readonly underway: Underway
  readonly gate: () => Gate
  /** Called before a request leaves that carries a key, so that it is known again should it come back. */
  readonly sendsAs: (key: string) => void
  /** The request itself; null where it does not open. */
  readonly messageOf: (item: SpoolItem) => Message | null
  readonly mayLeave: (item: SpoolItem) => boolean
  readonly pauseAfter: (item: SpoolItem, end: DeliveryEnd) => number
  /** Writes records until they are written. @returns false where the state of the payload does not allow them: also when they are written already */
  readonly persist: (entries: readonly [Entry, ...Entry[]]) => Promise<boolean>
}

/** What the appliance does by itself is recorded by this name. */
const APPLIANCE = 'sluice'

const now = (): string => new Date().toISOString()

/** The beginning of every record about a spooled payload. */
export const about = (decision: string, actor = APPLIANCE) => ({ time: now(), decision, actor })

/** What is recorded of an attempt during which the process died: whether it arrived, nobody knows. */
export const recoveryOf = ({ decision, promise }: Pick<SpoolItem, 'decision' | 'promise'>): SpoolEntry => {
  const told = { ...about(decision), status: null, error: 'process-died' }
  return promise === 'at-least-once'
    ? { ...told, kind: 'spool.again', next: told.time }
    : { ...told, kind: 'spool.unknown' }
}

/** The outcome of a decision whose payload is not going to be sent. */
export const failedOutcome = (decision: string, error: string): OutcomeEntry => ({
  kind: 'outcome',
  time: now(),
  decision,
  result: 'failed',
  status: null,
  error,
  bytes: 0,
  ms: 0,
})

/**
 * One attempt to send one payload, from the verdict of the policy in force to the record of how it ended. An attempt is on the disk before its
 * first octet leaves, and nobody attempts anything further before its end is there too: what dies in between is found as `sending`.
 */
export const attemptWith = (parts: AttemptParts): ((item: SpoolItem) => Promise<Attempted>) => {
  const { journal, forwarder, underway, gate, sendsAs, messageOf, mayLeave, pauseAfter, persist } = parts

  const attempt = async (item: SpoolItem): Promise<Attempted> => {
    if (Date.now() >= item.expires) return expire(item)
    if (!mayLeave(item)) return { kind: 'held' }
    const message = messageOf(item)
    if (message === null) return cannotOpen(item)
    const { policy } = gate()
    const verdict = inspectSpooled(message, policy, item.decision)
    if (verdict.kind === 'block') return block(item, message, verdict)
    const route = policy.routes.find(({ id }) => id === verdict.route)!
    return send(item, verdict, route, policy.digest)
  }

  const expire = async (item: SpoolItem): Promise<Attempted> => {
    const { decision } = item
    const told = [{ ...about(decision), kind: 'spool.expired' }, failedOutcome(decision, 'spool-expired')] as const
    return (await persist(told)) ? { kind: 'ended', state: 'expired' } : { kind: 'changed' }
  }

  const cannotOpen = async (item: SpoolItem): Promise<Attempted> => {
    const entry = { ...about(item.decision), kind: 'spool.stuck', status: null, error: 'ERR_SPOOL_BROKEN' } as const
    return (await persist([entry])) ? { kind: 'ended', state: 'stuck' } : { kind: 'changed' }
  }

  /** What becomes of the payload stands in one transaction with the decision under which the reviewers get it. */
  const block = async ({ decision, instrument, destination }: SpoolItem, message: Message, verdict: Block) => {
    const ends = (attempt: string): readonly Entry[] => [
      { ...about(decision), kind: 'spool.blocked', attempt },
      failedOutcome(decision, 'spool-blocked'),
    ]
    try {
      await gate().blockSpooled(message, { ...verdict, instrument, destination }, decision, ends)
      return { kind: 'ended', state: 'blocked' } as const
    } catch (error) {
      return isChanged(error) ? ({ kind: 'changed' } as const) : ({ kind: 'held' } as const)
    }
  }

  /** Under way from before its record on: a pause or a policy that comes while that is written still keeps it in. */
  const send = async (item: SpoolItem, verdict: Forward, route: Route, policy: string): Promise<Attempted> => {
    const { decision, instrument } = item
    const broken = new AbortController()
    const ended = underway.begin(instrument, broken)
    try {
      const entry: SpoolEntry = { ...about(decision), kind: 'spool.send', policy, attempt: item.attempts + 1 }
      item.state = 'sending'
      const recorded = await journal.appendAll([entry]).then(() => null, asError)
      if (recorded !== null) return await unrecorded(item, recorded)
      item.attempts++
      if (gate().policy.digest !== policy) return await unsent(item)
      if (route.spool?.idempotencyKey === true) sendsAs(decision)
      const started = performance.now()
      const answer = await forwarder.forward(verdict.request, route.destination, whatCounts(route), broken.signal)
      return await conclude(item, route, answer, performance.now() - started)
    } finally {
      ended()
    }
  }

  /** A commit that is reported as failed may have reached the disk: then the attempt has to be ended before there is another. */
  const unrecorded = async (item: SpoolItem, error: Error): Promise<Attempted> => {
    if (isChanged(error)) return { kind: 'changed' }
    await persist([unsentEntry(item.decision, 'ERR_LOG_FAILED')])
    item.state = 'waiting'
    return { kind: 'held' }
  }

  /** Another policy came into force: it has to be asked first. */
  const unsent = async (item: SpoolItem): Promise<Attempted> => {
    await persist([unsentEntry(item.decision, 'policy-activated')])
    item.state = 'waiting'
    return attempt(item)
  }

  const conclude = async (item: SpoolItem, route: Route, answer: UpstreamAnswer, ms: number): Promise<Attempted> => {
    const { decision, promise } = item
    const end = deliveryEnd(answer, promise)
    const { kind, status, error } = end
    const told = { ...about(decision), status, error }
    const pause = kind === 'spool.delivered' ? 0 : pauseAfter(item, end)
    if (kind === 'spool.unsent' || kind === 'spool.again') {
      await persist([{ ...told, kind, next: new Date(Date.now() + pause).toISOString() }])
      item.state = 'waiting'
      return { kind: 'failed', pause, end }
    }
    if (kind !== 'spool.delivered') {
      await persist([{ ...told, kind }])
      return { kind: 'ended', state: kind === 'spool.stuck' ? 'stuck' : 'unknown', failed: { pause, end } }
    }
    await persist([{ ...told, kind }, deliveredOutcome(decision, route, answer, ms)])
    return { kind: 'ended', state: 'delivered' }
  }

  return attempt
}

/** Nothing of the answer goes back to the instrument; all that is heard is its status and when to come again. */
const whatCounts = ({ response: { maxBytes } }: Route): Route['response'] => ({
  mode: 'relay',
  headers: new Set(['retry-after']),
  maxBytes,
})

const unsentEntry = (decision: string, error: string): SpoolEntry => {
  const { time, ...rest } = about(decision)
  return { ...rest, time, kind: 'spool.unsent', status: null, error, next: time }
}

const deliveredOutcome = (decision: string, route: Route, answer: UpstreamAnswer, ms: number): OutcomeEntry => ({
  kind: 'outcome',
  time: now(),
  decision,
  result: 'delivered',
  status: answer.kind === 'answer' ? answer.status : null,
  error: null,
  bytes: answer.kind === 'answer' ? answer.body.length : 0,
  ms: Math.round(ms),
  ...(route.destination.proxy !== null && { via: 'proxy' }),
})

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error('unknown'))

/** Whether the state of a payload did not allow a record about it. */
export const isChanged = (error: unknown): boolean => error instanceof LogError && error.code === 'ERR_REVIEW_STATE'
