import { spellAuthority } from '../framing.ts'
import type { Ingress } from '../message.ts'
import { parsePathTemplate, type PathTemplate } from '../path-template.ts'
import type { Destination, Instrument, Policy, Route } from '../policy.ts'
import { canBothMatch } from '../policy/route-overlap.ts'
import { identify, mayShowCertificate } from '../select-route.ts'
import type { BlockReason } from '../verdict.ts'

/** Recorded decisions that came the same way, and how many they are; `log/reading/traffic.ts` counts them. Nothing of their content is known. */
export type RecordedTraffic = {
  readonly instrument: string | null
  readonly client: string
  readonly ingress: Ingress['kind']
  readonly destination: string | null
  readonly method: string | null
  readonly route: string | null
  /** The template of the route that was found then. */
  readonly path: string | null
  readonly verdict: 'forward' | 'block'
  readonly reason: string | null
  /** Digest of the policy that decided. */
  readonly policy: string
  readonly count: number
  readonly held: number
}

/** A policy, and `routeDigests` of it. */
export type Side = { readonly policy: Policy; readonly digests: ReadonlyMap<string, string> }

/**
 * What can be said of recorded requests without their content:
 * - `newly-blocked`: they were forwarded, and the new policy has no route for them
 * - `content`: another route than before, or one that changed, would judge them, and their content decides
 * - `unknown`: it depends on what the log does not hold, see `why`
 * - `stays-blocked`: they were blocked, and are blocked under the new policy, whatever they hold
 * - `same`: both policies say the same of them
 */
export const trafficOutcomes = ['newly-blocked', 'content', 'unknown', 'stays-blocked', 'same'] as const

export type TrafficOutcome = (typeof trafficOutcomes)[number]

export type TrafficChange = {
  readonly outcome: TrafficOutcome
  /** The reason for which the new policy blocks; or what the log lacks: `path`, `destination` or `certificate`. */
  readonly why: string | null
  /** The routes that such requests find; null where there is none, or it is not known which. */
  readonly oldRoute: string | null
  readonly newRoute: string | null
  readonly instrument: string | null
  readonly destination: string | null
  readonly method: string | null
  readonly path: string | null
  readonly forwarded: number
  readonly blocked: number
  /** Of how many the payload is held. */
  readonly held: number
}

/** Blocks for which the policy does not matter. */
const independent: ReadonlySet<string> = new Set([
  'request-malformed',
  'request-incomplete',
  'authority-mismatch',
] satisfies BlockReason[])

/** What another policy would change for requests that were recorded; the most important first, alike ones added up. */
export const diffTraffic = (
  traffic: readonly RecordedTraffic[],
  before: Side,
  after: Side,
): readonly TrafficChange[] => {
  const added = new Map<string, TrafficChange>()
  for (const one of traffic) {
    const { forwarded, blocked, held, ...kind } = judge(one, before, after)
    const key = JSON.stringify(kind)
    const sum = added.get(key) ?? { ...kind, forwarded: 0, blocked: 0, held: 0 }
    added.set(key, {
      ...kind,
      forwarded: sum.forwarded + forwarded,
      blocked: sum.blocked + blocked,
      held: sum.held + held,
    })
  }
  const rank = ({ outcome }: TrafficChange): number => trafficOutcomes.indexOf(outcome)
  const size = ({ forwarded, blocked }: TrafficChange): number => forwarded + blocked
  return [...added.values()].toSorted((a, b) => rank(a) - rank(b) || size(b) - size(a))
}

const judge = (one: RecordedTraffic, before: Side, after: Side): TrafficChange => {
  const [old, fresh] = [wayIn(before.policy, one), wayIn(after.policy, one)]
  const { instrument, destination, method, path, count, held } = one
  const isForward = one.verdict === 'forward'
  return {
    ...outcomeOf(one, { old, fresh }, before, after),
    oldRoute: old.kind === 'route' ? old.id : null,
    newRoute: fresh.kind === 'route' ? fresh.id : null,
    instrument,
    destination,
    method,
    path,
    forwarded: isForward ? count : 0,
    blocked: isForward ? 0 : count,
    held,
  }
}

type Ways = { readonly old: Way; readonly fresh: Way }

const outcomeOf = (
  { verdict, reason }: RecordedTraffic,
  { old, fresh }: Ways,
  before: Side,
  after: Side,
): Pick<TrafficChange, 'outcome' | 'why'> => {
  if (reason !== null && independent.has(reason)) return { outcome: 'stays-blocked', why: reason }
  switch (fresh.kind) {
    case 'none':
      if (old.kind === 'none') return { outcome: 'same', why: fresh.reason }
      return { outcome: verdict === 'forward' ? 'newly-blocked' : 'stays-blocked', why: fresh.reason }
    case 'route': {
      const isSame =
        old.kind === 'route' &&
        before.digests.get(old.id) === after.digests.get(fresh.id) &&
        sameDrip(old.instrument, fresh.instrument)
      return { outcome: isSame ? 'same' : 'content', why: null }
    }
    case 'unknown':
      if (old.kind === 'unknown' && areAlike(before, after)) return { outcome: 'same', why: null }
      if (fresh.lacks === 'path' && verdict === 'block' && addsNothing(before.policy, after.policy))
        return { outcome: 'stays-blocked', why: reason }
      return { outcome: 'unknown', why: fresh.lacks }
  }
}

/** Whether both may send as many nucleotides in pieces. */
const sameDrip = ({ drip: a }: Instrument, { drip: b }: Instrument): boolean =>
  a.perHour === b.perHour && a.perDay === b.perDay

/** Whether both policies let in the same callers, and have the same routes. */
const areAlike = (before: Side, after: Side): boolean => {
  const spell = ({ policy: { instruments, routes }, digests }: Side): string =>
    JSON.stringify([instruments, routes.map(route => [scopeOf(route), digests.get(route.id)])])
  return spell(before) === spell(after)
}

/** What no route took then, none takes now, if none is there that was not there before. */
const addsNothing = (before: Policy, after: Policy): boolean => {
  const known = new Set(before.routes.map(scopeOf))
  return after.routes.every(route => known.has(scopeOf(route)))
}

const scopeOf = ({ destination, method, path, instruments, upgradeInsecure }: Route): string =>
  JSON.stringify([
    spellAuthority(destination),
    method,
    path.text,
    instruments && [...instruments].toSorted(),
    upgradeInsecure,
  ])

/** Where a policy leads a request, as far as can be told without its path, its content and the certificate behind it. */
type Way =
  | { readonly kind: 'route'; readonly id: string; readonly instrument: Instrument }
  | { readonly kind: 'none'; readonly reason: BlockReason }
  | { readonly kind: 'unknown'; readonly lacks: 'path' | 'destination' | 'certificate' }

const none = (reason: BlockReason): Way => ({ kind: 'none', reason })
const lacking = (lacks: 'path' | 'destination' | 'certificate'): Way => ({ kind: 'unknown', lacks })

const wayIn = (policy: Policy, traffic: RecordedTraffic): Way => {
  const instrument = callerIn(policy, traffic)
  if (instrument === null)
    return mayShowCertificate(traffic.client, policy) ? lacking('certificate') : none('instrument-unknown')
  if (!instrument.enabled) return none('instrument-disabled')
  const destinations = destinationsIn(policy, traffic)
  if (destinations === null) return lacking('destination')
  if (destinations.length === 0) return none('destination-not-allowed')
  const template = traffic.path === null ? null : parsePathTemplate(traffic.path)
  return template === null ? lacking('path') : routeFor(policy, traffic, instrument, destinations, template)
}

/** Who calls from there; an instrument that has to show a certificate is taken to show it, as it did then. */
const callerIn = (policy: Policy, { client, instrument }: RecordedTraffic): Instrument | null => {
  const certificate = policy.instruments.find(({ id }) => id === instrument)?.certificate
  return identify({ client, ingress: { kind: 'plain' }, ...(certificate && { clientKey: certificate }) }, policy)
}

/** Null where it is not known which was asked for. A gateway client names none: its path alone decides. */
const destinationsIn = (
  { destinations }: Policy,
  { ingress, destination }: RecordedTraffic,
): readonly Destination[] | null => {
  if (ingress === 'gateway') return destinations
  if (destination === null) return null
  const isPortKnown = ingress === 'connect' || ingress === 'replay'
  return destinations.filter(one => {
    const spelled = spellAuthority(one)
    return isPortKnown ? spelled === destination : hostOf(spelled) === hostOf(destination)
  })
}

const hostOf = (authority: string): string => authority.replace(/:\d+$/, '')

const routeFor = (
  policy: Policy,
  { method, ingress }: RecordedTraffic,
  instrument: Instrument,
  destinations: readonly Destination[],
  template: PathTemplate,
): Way => {
  const possible = policy.routes.filter(
    ({ destination, path }) => destinations.includes(destination) && canBothMatch(path, template),
  )
  if (possible.length === 0) return none('path-not-allowed')
  if (!possible.every(({ path }) => takesAllOf(path, template))) return lacking('path')
  const byMethod = possible.filter(route => route.method === method)
  if (byMethod.length === 0) return none('method-not-allowed')
  const open = byMethod.filter(({ instruments }) => instruments?.has(instrument.id) ?? true)
  const [route, ...others] = open
  if (!route) return none('instrument-not-allowed')
  if (others.length > 0) return none('route-ambiguous')
  return ingress === 'plain' && !route.upgradeInsecure
    ? none('transport-insecure')
    : { kind: 'route', id: route.id, instrument }
}

/** Whether each path of the second template is one of the first. */
const takesAllOf = (wide: PathTemplate, narrow: PathTemplate): boolean =>
  wide.segments.every((segment, index) => 'parameter' in segment || 'literal' in narrow.segments[index]!)
