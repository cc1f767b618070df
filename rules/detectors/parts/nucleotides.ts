/** Nucleotide letters, and how a stretch of them is judged to be sequence rather than chance. */

const A = 0
const C = 1
const G = 2
const T = 3
const N = 4

/** For each ASCII code: 1 + index of the base it stands for (A, C, G, T or U, N; either case), 0 for anything else. */
export const baseAt = new Uint8Array(128)
for (const [letters, base] of [
  ['Aa', A],
  ['Cc', C],
  ['Gg', G],
  ['TtUu', T],
  ['Nn', N],
] as const)
  for (const letter of letters) baseAt[letter.charCodeAt(0)] = base + 1

/** Counts of A, C, G, T (or U) and N in a stretch of letters. */
export type Tally = { readonly counts: Uint32Array; total: number }

export const emptyTally = (): Tally => ({ counts: new Uint32Array(5), total: 0 })

export const reset = (tally: Tally): void => {
  tally.counts.fill(0)
  tally.total = 0
}

/** @param base - what `baseAt` says of the letter; not 0 */
export const count = (tally: Tally, base: number): void => {
  tally.counts[base - 1]!++
  tally.total++
}

/** How many letters are A, C, G, T or U. */
export const called = ({ counts, total }: Tally): number => total - counts[N]!

/** How many of A, C, G and T (U counts as T) occur. */
export const distinctBases = ({ counts }: Tally): number =>
  Number(counts[A]! > 0) + Number(counts[C]! > 0) + Number(counts[G]! > 0) + Number(counts[T]! > 0)

/** How many called bases are not the commonest one: low in zero-padded base64 (`AAAAAAAAGAAAC`) and in flags (`TTTTTT`). */
export const minority = (tally: Tally): number =>
  called(tally) - Math.max(tally.counts[A]!, tally.counts[C]!, tally.counts[G]!, tally.counts[T]!)

/** Whether G or T (U) occurs: letters that no hexadecimal number has. */
export const beyondHex = ({ counts }: Tally): boolean => counts[G]! + counts[T]! > 0

/** Whether a whole token is made of A C G T U N only, with at least three different bases and one that no hexadecimal number has. */
export const isBaseToken = (token: string): boolean => {
  const tally = emptyTally()
  for (let index = 0; index < token.length; index++) {
    const code = token.charCodeAt(index)
    const base = code < 128 ? baseAt[code]! : 0
    if (base === 0) return false
    count(tally, base)
  }
  return distinctBases(tally) >= 3 && beyondHex(tally)
}
