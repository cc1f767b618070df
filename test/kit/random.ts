/** Numbers that look random and are the same in every run (mulberry32): a failing case can be run again. */
export const seeded = (seed: number) => {
  let state = seed
  /** From 0 up to, and not including, 1. */
  const next = (): number => {
    state = (state + 0x6d_2b_79_f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (limit: number): number => Math.floor(next() * limit)
  const pick = <T>(items: readonly T[]): T => items[below(items.length)]!
  return { next, below, pick, chance: (probability: number): boolean => next() < probability }
}

export type Random = ReturnType<typeof seeded>
