/** A time cut into equal parts. */
export type Period = {
  /** RFC 3339 in UTC with milliseconds; `until` is exclusive. */
  readonly since: string
  readonly until: string
  readonly unit: 'hour' | 'day' | 'month'
  /** Beginnings of the parts, as `2026-11-23T17`, `2026-11-23` or `2026-11`; without gaps. */
  readonly parts: readonly string[]
}

const HOUR = 3_600_000
const DAY = 24 * HOUR

/** How much of RFC 3339 names a part. */
export const partLengths = { hour: 13, day: 10, month: 7 } as const satisfies Record<Period['unit'], number>

/** Cuts a time so that a plot has neither a handful of parts nor hundreds. */
export const periodOf = (since: string, until: string): Period => {
  const [start, end] = [new Date(since).getTime(), new Date(until).getTime()]
  const unit = end - start <= 3 * DAY ? 'hour' : end - start <= 124 * DAY ? 'day' : 'month'
  const parts: string[] = []
  for (let at = beginningOf(start, unit); at < end; at = nextOf(at, unit))
    parts.push(new Date(at).toISOString().slice(0, partLengths[unit]))
  return { since, until, unit, parts }
}

const beginningOf = (time: number, unit: Period['unit']): number => {
  if (unit !== 'month') return time - (time % (unit === 'hour' ? HOUR : DAY))
  const date = new Date(time)
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth())
}

const nextOf = (time: number, unit: Period['unit']): number => {
  if (unit !== 'month') return time + (unit === 'hour' ? HOUR : DAY)
  const date = new Date(time)
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1)
}
