/** What came of a number of requests. Octets are those of bodies. */
export type Tally = {
  readonly requests: number
  /** Allowed out, whatever came of it. */
  readonly letOut: number
  /** Of those: the destination answered. */
  readonly answered: number
  readonly stopped: number
  /** Of those that were stopped: a detector found something in it. */
  readonly sensitive: number
  /** Of what was let out. */
  readonly octetsOut: number
}

export const none: Tally = { requests: 0, letOut: 0, answered: 0, stopped: 0, sensitive: 0, octetsOut: 0 }

export const sum = (one: Tally, other: Tally): Tally => ({
  requests: one.requests + other.requests,
  letOut: one.letOut + other.letOut,
  answered: one.answered + other.answered,
  stopped: one.stopped + other.stopped,
  sensitive: one.sensitive + other.sensitive,
  octetsOut: one.octetsOut + other.octetsOut,
})

/** Groups beyond so many are counted together: names that strangers send can be as many as they like. */
const MOST_GROUPS = 2_000

/** Sums by a name. `rest` sums what came after there were too many names. */
export type Groups = {
  readonly add: (name: string | null, tally: Tally) => void
  /** The largest first; null is what has no such name. */
  readonly ranked: () => readonly Ranked[]
  readonly rest: () => Tally
}

export type Ranked = { readonly name: string | null; readonly tally: Tally }

export const newGroups = (): Groups => {
  const groups = new Map<string | null, Tally>()
  let rest = none
  return {
    add: (name, tally) => {
      const known = groups.get(name)
      if (known !== undefined || groups.size < MOST_GROUPS) groups.set(name, sum(known ?? none, tally))
      else rest = sum(rest, tally)
    },
    ranked: () =>
      [...groups].map(([name, tally]) => ({ name, tally })).sort((a, b) => b.tally.requests - a.tally.requests),
    rest: () => rest,
  }
}
