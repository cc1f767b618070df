import { InvalidArgumentError } from 'commander'

const units = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/**
 * Reads a span of time: `30m`, `2h`, `7d`.
 * @returns milliseconds
 */
export const parseAge = (text: string): number => {
  const { amount, unit } = /^(?<amount>\d{1,6})(?<unit>[mhd])$/.exec(text)?.groups ?? {}
  if (amount === undefined) throw new InvalidArgumentError('must be a span of time such as 30m, 2h, 7d.')
  return Number(amount) * units[unit as keyof typeof units]
}

/**
 * Reads how often something is to happen: `1s`, `15s`, `5m`, `1h`.
 * @returns milliseconds
 */
export const parseInterval = (text: string): number => {
  const { amount, unit } = /^(?<amount>[1-9]\d{0,3})(?<unit>[smh])$/.exec(text)?.groups ?? {}
  if (amount === undefined) throw new InvalidArgumentError('must be a span of time such as 1s, 15s, 5m.')
  return Number(amount) * { ...units, s: 1_000 }[unit as 's' | 'm' | 'h']
}

/**
 * Reads a point in time: RFC 3339, a date, or how long ago (`30m`, `2h`, `7d`).
 * @returns RFC 3339 in UTC with milliseconds, as the log has it
 */
export const parseTime = (text: string): string => {
  const ago = /^(?<amount>\d{1,6})(?<unit>[mhd])$/.exec(text)?.groups
  const time = ago
    ? new Date(Date.now() - Number(ago.amount) * units[ago.unit as keyof typeof units])
    : new Date(/^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/.test(text) ? text : Number.NaN)
  if (Number.isNaN(time.getTime()))
    throw new InvalidArgumentError('must be a date, a time such as 2026-11-01T08:00:00Z, or 30m, 2h, 7d ago.')
  return time.toISOString()
}
