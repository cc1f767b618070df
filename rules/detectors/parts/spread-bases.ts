/** Bases that stand one by one in the members of arrays and objects, and how a row of them is told from header rows and columns. */

const CALLED = 4
/** Of header rows, of blocks, and of states in turn. */
const LONGEST_PERIOD = 12
/** A period with fewer comparisons than this says nothing. */
const LEAST_COMPARED = 6
const MOST_EXPLAINED = 0.8
const LEAST_MINORITY = 4

/** Whether some period of 1 to 12 explains more than four fifths of the places. */
const isPeriodic = (bases: readonly number[]): boolean => {
  for (let period = 1; period <= LONGEST_PERIOD && bases.length - period >= LEAST_COMPARED; period++) {
    let same = 0
    for (let index = period; index < bases.length; index++) if (bases[index] === bases[index - period]) same++
    if (same > MOST_EXPLAINED * (bases.length - period)) return true
  }
  return false
}

/** Whether each four in a row are A, C, G and T in some order: bases sorted by their share, cycle after cycle. */
const arePermutations = (bases: readonly number[]): boolean => {
  for (let index = 0; index + CALLED <= bases.length; index += CALLED)
    if (new Set(bases.slice(index, index + CALLED)).size < CALLED) return false
  return true
}

/**
 * Whether bases in a row read as sequence: three different ones or more, four or more beside the commonest, and neither periodic nor
 * permutations. Of random sequence of 16 bases 3 in 1,000 do not, of 24 or more fewer than 1 in 10,000.
 * @param bases - 0 to 3 for A C G T; others, such as 4 for N, are left out
 * @param least - bases that there have to be
 */
export const readsAsSequence = (bases: readonly number[], least: number): boolean => {
  const called = bases.filter(base => base < CALLED)
  if (called.length < least) return false
  const counts = [0, 0, 0, 0]
  for (const base of called) counts[base]!++
  const distinct = counts.filter(count => count > 0).length
  if (distinct < 3 || called.length - Math.max(...counts) < LEAST_MINORITY) return false
  return !isPeriodic(called) && !arePermutations(called)
}
