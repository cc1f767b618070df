import { placeShape } from '../held/place-shape.ts'
import type { DecisionEntry } from '../record.ts'
import type { PastCase } from './past-cases.ts'
import { outcomeOf, saidIn, type Outcome, type Said } from './said.ts'

/** In what two blocked payloads are the same. `place`: what was found or broken, and where, as `placeShape` has it. */
export type Likeness = 'place' | 'cause' | 'route' | 'instrument'

export type SimilarCase = {
  readonly decision: string
  readonly time: string
  readonly instrument: string | null
  readonly route: string | null
  readonly reason: string | null
  readonly alike: readonly Likeness[]
  /** 0 to 1: 1 is the same in everything. */
  readonly likeness: number
  readonly outcome: Outcome
  /** Oldest first. */
  readonly said: readonly Said[]
}

/** What was found says more about a payload than where it came from. */
const weights = { place: 8, cause: 4, route: 2, instrument: 1 } as const satisfies Record<Likeness, number>

const whole = Object.values(weights).reduce((sum, weight) => sum + weight, 0)

/** From here on a case has something to say about another: the same was found, or it came by the same way. */
const LEAST = (weights.route + weights.instrument) / whole

/**
 * What a blocked payload is compared by, without its content: the reason, and what was found or broken at which place. No case is like one of
 * another reason.
 */
type Traits = {
  readonly reason: string | null
  readonly causes: ReadonlySet<string>
  readonly places: ReadonlySet<string>
  readonly route: string | null
  readonly instrument: string | null
}

type Blocked = Pick<DecisionEntry, 'reason' | 'rule' | 'place' | 'findings' | 'route' | 'instrument'>

const traitsOf = ({ reason, rule, place, findings, route, instrument }: Blocked): Traits => {
  const found = findings.map(finding => [finding.detector, finding] as const)
  const all = found.length > 0 ? found : [[rule ?? '-', place] as const]
  return {
    reason,
    causes: new Set(all.map(([cause]) => cause)),
    places: new Set(all.map(([cause, where]) => `${cause} ${where === null ? '-' : placeShape(where)}`)),
    route,
    instrument,
  }
}

/** Shared members among all of both: 0 to 1 (the Jaccard index). */
const overlap = (one: ReadonlySet<string>, other: ReadonlySet<string>): number =>
  shared(one, other) / (one.size + other.size - shared(one, other))

const shared = (one: ReadonlySet<string>, other: ReadonlySet<string>): number =>
  [...one].filter(member => other.has(member)).length

const compare = (one: Traits, other: Traits): Pick<SimilarCase, 'alike' | 'likeness'> => {
  if (one.reason !== other.reason) return { alike: [], likeness: 0 }
  const shares: Readonly<Record<Likeness, number>> = {
    place: overlap(one.places, other.places),
    cause: overlap(one.causes, other.causes),
    route: Number(one.route === other.route),
    instrument: Number(one.instrument === other.instrument),
  }
  const names = Object.keys(weights) as Likeness[]
  const sum = names.reduce((total, name) => total + shares[name] * weights[name], 0)
  return { alike: names.filter(name => shares[name] > 0), likeness: sum / whole }
}

/** Whether two blocked payloads differ in nothing but their content and their time. */
export const isSameKind = (one: Blocked, other: Blocked): boolean =>
  compare(traitsOf(one), traitsOf(other)).likeness === 1

/**
 * The past cases that are like a blocked payload, and what was decided about them and why: the most similar first, and among those as similar
 * the ones of which something was said last. Goes by records alone; nothing is opened.
 * @param past - from `LogReader.pastCases`
 */
export const similarCases = (
  past: readonly PastCase[],
  decision: Blocked & Pick<DecisionEntry, 'id'>,
): readonly SimilarCase[] => {
  const traits = traitsOf(decision)
  return past
    .flatMap(one => {
      if (one.decision.id === decision.id) return []
      const { alike, likeness } = compare(traits, traitsOf(one.decision))
      return likeness < LEAST ? [] : [{ one, alike, likeness }]
    })
    .sort((a, b) => b.likeness - a.likeness || b.one.events.at(-1)!.sequence - a.one.events.at(-1)!.sequence)
    .map(({ one, ...like }) => ({ ...tellingOf(one), ...like }))
}

const tellingOf = ({
  decision: { id, time, instrument, route, reason },
  events,
}: PastCase): Omit<SimilarCase, 'alike' | 'likeness'> => ({
  decision: id,
  time,
  instrument,
  route,
  reason,
  outcome: outcomeOf(events),
  said: saidIn(events),
})
