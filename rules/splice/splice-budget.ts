import { windows } from '../budget/rate.ts'
import { stop, type Stop } from '../stop.ts'
import type { Splice } from './splice.ts'
import type { SpliceUse } from './splice-uses.ts'

/** Octets both ways without which no TLS handshake comes to its end: less is not worth a connection. */
export const LEAST_BYTES = 16_384

/** Octets that may be set aside for one more connection, or why there is to be none. */
export const reservationOf = (splice: Splice, use: SpliceUse): number | Stop => {
  const { time, bytes, connections, reserved } = use
  const { connectionsPerHour } = splice
  if (connections.within(windows.hour, time) >= connectionsPerHour)
    return over('connectionsPerHour', connections.fallsTo(connectionsPerHour - 1, windows.hour) - time)
  for (const [key, window] of budgets) {
    const most = splice[key] - LEAST_BYTES
    if (bytes.within(window, time) + reserved <= most) continue
    // When connections that are open end, nobody knows.
    return over(key, reserved > 0 ? null : bytes.fallsTo(most, window) - time)
  }
  const left = budgets.map(([key, window]) => splice[key] - reserved - bytes.within(window, time))
  return Math.min(splice.maxBytesPerConnection ?? Infinity, ...left)
}

const budgets = [
  ['bytesPerHour', windows.hour],
  ['bytesPerDay', windows.day],
] as const

const over = (rule: string, wait: number | null): Stop =>
  stop('splice-budget', { rule, retryAfter: wait === null ? null : Math.max(1, Math.ceil(wait / 1_000)) })
