import { cpuTime } from '../kit/cpu-time.ts'

/** What a series of timings comes to, in the unit in which they were taken. */
export type Spread = {
  readonly median: number
  /** Clocks of CPU time that tick every few milliseconds are right on average, where single timings are not: ratios are of means. */
  readonly mean: number
  readonly p10: number
  readonly p90: number
  readonly runs: number
}

/** The same for a share of the work. */
export const shareOf = ({ runs, ...times }: Spread, share: number): Spread => ({
  median: times.median * share,
  mean: times.mean * share,
  p10: times.p10 * share,
  p90: times.p90 * share,
  runs,
})

/** The value below which a share of a sorted series lies. */
const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!

export const spreadOf = (timings: readonly number[]): Spread => {
  const sorted = timings.toSorted((left, right) => left - right)
  return {
    median: quantile(sorted, 0.5),
    mean: sorted.reduce((sum, timing) => sum + timing, 0) / sorted.length,
    p10: quantile(sorted, 0.1),
    p90: quantile(sorted, 0.9),
    runs: sorted.length,
  }
}

/** Things to do, by name, with data that no round before has seen. */
export type Round<Name extends string> = Readonly<Record<Name, () => void>>

/**
 * Times several things in turn within one process, so that a busy machine is as busy for one as for the other: only the
 * ratios between them mean anything elsewhere.
 * @param prepare - makes the next round; its time is not counted
 * @param rounds - how many are counted; half as many go before them, uncounted, for the compiler to get to know the work
 * @returns milliseconds of CPU of each
 */
export const measure = <const Name extends string>(
  rounds: number,
  prepare: () => Round<Name>,
): Readonly<Record<Name, Spread>> => {
  const timings = new Map<string, number[]>()
  for (let round = -Math.ceil(rounds / 2); round < rounds; round++)
    for (const [name, work] of Object.entries<() => void>(prepare())) {
      const spent = cpuTime(work)
      if (round >= 0) timings.set(name, [...(timings.get(name) ?? []), spent])
    }
  return Object.fromEntries([...timings].map(([name, series]) => [name, spreadOf(series)])) as Record<Name, Spread>
}
