/**
 * The name that a writer most likely meant: the one with the fewest letters to insert, delete, exchange or swap, without
 * regard to case, and at most half of them.
 * @returns null when none is near; of two that are equally near, the first in the order of the code units
 * @see Damerau 1964, "A technique for computer detection and correction of spelling errors", CACM 7(3):171
 */
export const nearestName = (name: string, names: Iterable<string>): string | null => {
  let best: string | null = null
  let least = Math.ceil(name.length / 2) + 1
  for (const candidate of [...names].sort()) {
    if (Math.abs(candidate.length - name.length) >= least) continue
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase())
    if (distance < least) [best, least] = [candidate, distance]
  }
  return best
}

/** A name longer than this is no slip of the pen. */
const LONGEST = 128

/** Optimal string alignment: neighbours that changed places count once. */
const editDistance = (from: string, to: string): number => {
  if (from.length > LONGEST || to.length > LONGEST) return Infinity
  let beforeLast: number[] = []
  let last = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let row = 1; row <= from.length; row++) {
    const next = [row]
    for (let column = 1; column <= to.length; column++) {
      const isSame = from[row - 1] === to[column - 1]
      const isSwap = row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]
      next[column] = Math.min(
        last[column]! + 1,
        next[column - 1]! + 1,
        last[column - 1]! + (isSame ? 0 : 1),
        isSwap ? beforeLast[column - 2]! + 1 : Infinity,
      )
    }
    beforeLast = last
    last = next
  }
  return last[to.length]!
}
