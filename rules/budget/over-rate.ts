import type { RouteRules } from '../policy.ts'
import { stop, type Stop } from '../stop.ts'
import type { History } from './history.ts'
import { windows } from './rate.ts'

/** Whether one more message would be more than the rate of its route admits; null where it would not. */
export const overRate = (history: History, instrument: string, { id, rate }: RouteRules): Stop | null => {
  if (rate === null) return null
  const window = windows[rate.per]
  const sent = history.messages(instrument, id)
  if (sent.within(window, history.time) < rate.messages) return null
  const wait = sent.fallsTo(rate.messages - 1, window) - history.time
  return stop('rate-exceeded', { rule: `rate.${rate.per}`, retryAfter: Math.max(1, Math.ceil(wait / 1_000)) })
}
