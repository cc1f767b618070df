import type { DeliveryPromise } from '../../rules/delivery.ts'
import type { UpstreamAnswer } from '../upstream/forwarder.ts'
import { isCertainlyUnsent, type UpstreamFault } from '../upstream/upstream-fault.ts'

/** How an attempt ended. `wish`: milliseconds after which the vendor wants to be asked again; null where it did not say. */
export type DeliveryEnd = {
  readonly kind: 'spool.delivered' | 'spool.stuck' | 'spool.unsent' | 'spool.again' | 'spool.unknown'
  readonly status: number | null
  readonly error: UpstreamFault | null
  readonly wish: number | null
}

/**
 * What an answer means for a spooled request. Delivered is only what the vendor said it took. What it did certainly not take is sent again under
 * either promise; what it may have taken, only where that was promised.
 */
export const deliveryEnd = (answer: UpstreamAnswer, promise: DeliveryPromise): DeliveryEnd => {
  const mayHaveArrived = promise === 'at-least-once' ? 'spool.again' : 'spool.unknown'
  if (answer.kind === 'fault') {
    const { fault: error } = answer
    const end = (kind: DeliveryEnd['kind']): DeliveryEnd => ({ kind, status: null, error, wish: null })
    if (answer.isUnsent || isCertainlyUnsent(error)) return end('spool.unsent')
    return end(isAnswered(error, promise) ? 'spool.stuck' : mayHaveArrived)
  }
  const { status } = answer
  const wish = wishOf(answer)
  const end = (kind: DeliveryEnd['kind']): DeliveryEnd => ({ kind, status, error: null, wish })
  if (status >= 200 && status < 300) return end('spool.delivered')
  if (isTurnedAway(status, wish)) return end('spool.unsent')
  return end(status >= 500 ? mayHaveArrived : 'spool.stuck')
}

/** The vendor did answer, and would answer the same to each attempt. */
const isAnswered = (fault: UpstreamFault, promise: DeliveryPromise): boolean =>
  fault === 'http_response_body_size' && promise === 'at-least-once'

/**
 * Answers by which the vendor says that it has not taken a request that it would take later: 408, 425, 429 (RFC 9110 section 15.5.9, RFC 8470, RFC
 * 6585), and 503 with the time to come back, which the proxies before a vendor do not add when they lost a request on the way.
 */
const isTurnedAway = (status: number, wish: number | null): boolean =>
  status === 408 || status === 425 || status === 429 || (status === 503 && wish !== null)

/** Retry-After in seconds or as a date (RFC 9110 section 10.2.3). */
const wishOf = ({ fields }: Extract<UpstreamAnswer, { readonly kind: 'answer' }>): number | null => {
  const text = fields.find(([name]) => name === 'retry-after')?.[1]
  if (text === undefined) return null
  const wish = /^\d{1,9}$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - Date.now()
  return Number.isFinite(wish) ? Math.max(0, wish) : null
}
