import { cpuTime } from './cpu-time.ts'

/** Below this the clock says more about the machine than about the code. In milliseconds. */
const FLOOR_MS = 20

/**
 * Linear work grows 8 times with 8 times the text, quadratic work 64 times. Between the two lies what caches and the collector of garbage add on a
 * busy machine: more than 10 was seen there. How near to 8 it is, `npm run bench` shows.
 */
export const MOST_GROWTH = 20

/**
 * Time for 8 times `small` over time for `small` code units of a repeated piece; 1 when that is too short to tell. The least of up to three
 * tries, each with twice the text: what the collector of garbage adds jumps at some sizes, what is quadratic is so at all of them.
 */
export const growth = (piece: string, small: number, work: (text: string) => void): number => {
  let least = Infinity
  for (let tries = 0, size = small; tries < 3 && least > MOST_GROWTH; tries++, size *= 2) {
    const text = piece.repeat(size / piece.length)
    const before = cpuTime(() => work(text))
    if (before < FLOOR_MS) return 1
    const large = piece.repeat((8 * size) / piece.length)
    least = Math.min(least, cpuTime(() => work(large)) / before)
  }
  return least
}
