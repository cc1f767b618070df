/** Milliseconds until the second attempt, and the most from one attempt to the next. */
export type Pauses = { readonly first: number; readonly longest: number }

/** A vendor that is away for a minute is found soon; one that is away for a weekend is not asked more often than six times an hour. */
export const defaultPauses: Pauses = { first: 5_000, longest: 600_000 }

/** Longest time that a vendor may ask for, in milliseconds. */
const LONGEST_WISH = 3_600_000

/**
 * Milliseconds to the next attempt: doubled with each failure, and between half of that and the whole by chance, so that those who lost their
 * vendor together do not come back together.
 * @param failures - in a row, from 1
 * @param wish - what the vendor asked for (Retry-After), in milliseconds; it is never undercut, up to an hour
 */
export const pauseAfter = (
  failures: number,
  wish: number | null,
  { first, longest }: Pauses,
  chance: () => number = Math.random,
): number => {
  const whole = Math.min(longest, first * 2 ** Math.min(failures - 1, 30))
  const pause = whole / 2 + (whole / 2) * chance()
  return Math.round(Math.max(pause, Math.min(wish ?? 0, LONGEST_WISH)))
}
