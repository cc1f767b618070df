import { openLogReader } from '../../log/reading/query.ts'
import type { Traffic } from '../../log/reading/traffic.ts'
import {
  diffTraffic,
  trafficOutcomes,
  type Side,
  type TrafficChange,
  type TrafficOutcome,
} from '../../rules/workbench/traffic-diff.ts'
import { readyFolder, type CommonOptions } from '../context.ts'
import { line, table } from '../terminal/print.ts'
import { progressBar } from '../terminal/progress-bar.ts'

type Amount = { readonly forwarded: number; readonly blocked: number; readonly held: number }

/** What a new policy would change for the decisions of a period. */
export type LogDiff = {
  /** RFC 3339. */
  readonly since: string
  /** Without replays, which reviewers send and not instruments. */
  readonly decisions: number
  readonly replays: number
  /** Decided under another policy than the old one of the comparison. */
  readonly underOthers: number
  readonly outcomes: Readonly<Record<TrafficOutcome, Amount>>
  readonly changes: readonly TrafficChange[]
}

/** Reads the log from a time on, with a progress bar on a terminal when it takes long. */
export const diffAgainstLog = (since: string, before: Side, after: Side, options: CommonOptions): LogDiff => {
  const all = trafficSince(since, options)
  const traffic = all.filter(({ ingress }) => ingress !== 'replay')
  const changes = diffTraffic(traffic, before, after)
  const decisions = sum(traffic.map(({ count }) => count))
  return {
    since,
    decisions,
    replays: sum(all.map(({ count }) => count)) - decisions,
    underOthers: sum(traffic.map(({ policy, count }) => (policy === before.policy.digest ? 0 : count))),
    outcomes: Object.fromEntries(trafficOutcomes.map(outcome => [outcome, amountOf(changes, outcome)])) as Record<
      TrafficOutcome,
      Amount
    >,
    changes,
  }
}

const trafficSince = (since: string, options: CommonOptions): readonly Traffic[] => {
  const reader = openLogReader(readyFolder(options).log)
  const bar = progressBar('records')
  try {
    return reader.traffic(since, bar.show)
  } finally {
    bar.end()
    reader.close()
  }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0)

const amountOf = (changes: readonly TrafficChange[], wanted: TrafficOutcome): Amount => {
  const these = changes.filter(({ outcome }) => outcome === wanted)
  return {
    forwarded: sum(these.map(({ forwarded }) => forwarded)),
    blocked: sum(these.map(({ blocked }) => blocked)),
    held: sum(these.map(({ held }) => held)),
  }
}

const meanings: Readonly<Record<TrafficOutcome, string>> = {
  'newly-blocked': 'newly blocked: they were forwarded, and the new policy has no route for them',
  content: 'the content decides, which the log does not have: their route is new or changed',
  unknown: 'cannot be told: it depends on what the log does not hold',
  'stays-blocked': 'stay blocked, whatever they hold',
  same: 'the same verdict: their route is unchanged, or there is none as before',
}

export const tellLogDiff = (
  { since, decisions, replays, underOthers, outcomes, changes }: LogDiff,
  tried: boolean,
): void => {
  line()
  line(`${decisions} decisions since ${since}${replays > 0 ? `, and ${replays} replays, which are left out` : ''}`)
  if (underOthers > 0) line(`${underOthers} of them were decided under other policies than the old one`)
  table(
    ['forwarded', 'blocked', 'under the new policy'],
    trafficOutcomes.map(outcome => [outcomes[outcome].forwarded, outcomes[outcome].blocked, meanings[outcome]]),
  )
  const { held } = outcomes.content
  if (held > 0 && !tried)
    line(`${held} of the blocked ones whose content decides are held: --against-blocked tries them`)
  const told = changes.filter(({ outcome }) => outcome !== 'same' && outcome !== 'stays-blocked')
  if (told.length === 0) return
  line()
  table(
    ['what', 'why', 'old route', 'new route', 'instrument', 'destination', 'request', 'forwarded', 'blocked', 'held'],
    told.map(one => [
      one.outcome,
      one.why,
      one.oldRoute,
      one.newRoute,
      one.instrument,
      one.destination,
      `${one.method ?? '?'} ${one.path ?? '?'}`,
      one.forwarded,
      one.blocked,
      one.held,
    ]),
  )
}
