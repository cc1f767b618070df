import { networkHolds, normalizeAddress } from './address.ts'
import { checkFraming, parseAuthority, sameAuthority, spellAuthority, type Target } from './framing.ts'
import { fieldValues, type Authority, type Caller, type Head, type Ingress } from './message.ts'
import { decodePath, matchPath } from './path-template.ts'
import type { Candidate, Destination, Instrument, Policy, Route, RouteRules } from './policy.ts'
import type { ClientHello } from './splice/client-hello.ts'
import type { SplicedDestination } from './splice/splice.ts'
import type { BlockReason } from './verdict.ts'

/** The route a request takes, with what the request line said. */
export type Selected<R extends RouteRules = RouteRules> = {
  readonly ok: true
  readonly instrument: Instrument
  readonly route: R
  readonly pathParameters: Readonly<Record<string, string>>
  /** What stands behind `?`, not yet decoded. */
  readonly query: string
}

/** No route: why, and what is known by then. `destination` may be one that the policy does not name. */
export type Refused = Subject & { readonly ok: false; readonly reason: BlockReason; readonly rule: string | null }

type Subject = {
  readonly instrument: string | null
  readonly destination: Authority | null
  readonly route: string | null
}

const refuse = (reason: BlockReason, subject: Partial<Subject> = {}, rule: string | null = null): Refused => ({
  ok: false,
  reason,
  rule,
  instrument: null,
  destination: null,
  route: null,
  ...subject,
})

/**
 * Who asks, if the policy names an instrument with this certificate or at this address; the narrowest network wins. Where that
 * instrument has to show a certificate, its address alone names nobody, not even an instrument of a wider network.
 */
export const identify = ({ client, clientKey, ingress }: Caller, policy: Policy): Instrument | null => {
  if (ingress.kind === 'replay') return policy.instruments.find(({ id }) => id === ingress.instrument) ?? null
  const here = instrumentsAt(client, policy)
  const holder = clientKey === undefined ? undefined : here.find(({ certificate }) => certificate === clientKey)
  if (holder) return holder
  const nearest = here.find(({ network }) => network !== null)
  return nearest?.certificate === null ? nearest : null
}

/** The instruments that may call from an address: the narrowest networks first, at the end those that may call from anywhere. */
const instrumentsAt = (client: string, policy: Policy): readonly Instrument[] => {
  const known = callers.get(policy)?.get(client)
  if (known) return known
  const found = findInstruments(client, policy)
  const ofPolicy = callers.get(policy)
  if (ofPolicy && ofPolicy.size < MOST_CALLERS) ofPolicy.set(client, found)
  else callers.set(policy, new Map([[client, found]]))
  return found
}

/** What was found under each policy for the addresses that called last: each request asks several times. */
const callers = new WeakMap<Policy, Map<string, readonly Instrument[]>>()
const MOST_CALLERS = 1_024

const findInstruments = (client: string, policy: Policy): readonly Instrument[] => {
  const address = normalizeAddress(client)
  if (address === null) return []
  const here = policy.instruments.filter(({ network }) => network === null || networkHolds(network, address))
  return here.toSorted((a, b) => (b.network?.[1] ?? -1) - (a.network?.[1] ?? -1))
}

/** Whether an instrument may call from an address, be it that it has to show a certificate. Those that are switched off count: they are told so. */
export const mayCallFrom = (client: string, policy: Policy): boolean => instrumentsAt(client, policy).length > 0

/** Whether a client at this address may prove by a certificate which instrument it is: then it has to be asked for one. */
export const mayShowCertificate = (client: string, policy: Policy): boolean =>
  instrumentsAt(client, policy).some(({ certificate }) => certificate !== null)

/** The instrument, or the reason why nobody is let in from there. */
const admit = (caller: Caller, policy: Policy): Instrument | Refused => {
  const instrument = identify(caller, policy)
  if (!instrument)
    return refuse('instrument-unknown', {}, mayShowCertificate(caller.client, policy) ? 'client-certificate' : null)
  return instrument.enabled ? instrument : refuse('instrument-disabled', { instrument: instrument.id })
}

/**
 * Who asks for a connection that passes unopened, and where it goes; or the first reason why it does not. All that names the destination has
 * to name the same. Nobody can show a certificate to us in such a connection, so who has to is not known.
 * @param hello - null: not yet there, and not looked at
 */
export const selectSplice = (
  caller: Caller,
  to: SplicedDestination,
  hello: ClientHello | null,
  policy: Policy,
): { readonly ok: true; readonly instrument: Instrument } | Refused => {
  const instrument = admit({ client: caller.client, ingress: caller.ingress }, policy)
  const destination = { host: to.host, port: to.port }
  if ('ok' in instrument) return { ...instrument, destination }
  const subject = { instrument: instrument.id, destination }
  if (!to.splice.instruments.has(instrument.id)) return refuse('splice-not-allowed', subject)
  if (hello !== null && hello.kind !== 'hello') return refuse('splice-hello', subject)
  if (hello !== null && hello.serverName !== to.host) return refuse('authority-mismatch', subject, 'server-name')
  return { ok: true, instrument }
}

/** Before TLS begins, nobody has shown a certificate: it is enough that some instrument may be behind the address. */
const admitTunnel = (client: string, policy: Policy): { readonly instrument: string | null } | Refused => {
  const caller: Caller = { client, ingress: { kind: 'plain' } }
  const mayComeLater = instrumentsAt(client, policy).some(({ certificate, enabled }) => certificate !== null && enabled)
  if (mayComeLater) return { instrument: identify(caller, policy)?.id ?? null }
  const instrument = admit(caller, policy)
  return 'ok' in instrument ? instrument : { instrument: instrument.id }
}

/**
 * Whether a CONNECT may open a tunnel: to a destination of the policy, for a TLS conversation that is then inspected.
 * HTTP/1.0 is taken here, because clients still send it and nothing but the authority is read.
 * @see RFC 9110 section 9.3.6
 */
export const selectTunnel = (
  client: string,
  head: Head,
  policy: Policy,
): { readonly ok: true; readonly authority: Authority } | Refused => {
  const subject = admitTunnel(client, policy)
  if ('ok' in subject) return subject
  const authority = /:\d+$/.test(head.target) ? parseAuthority(head.target, 443) : null
  if (!authority) return refuse('request-malformed', subject, 'target-form')
  const hosts = fieldValues(head, 'host').map(value => parseAuthority(value, 443))
  if (!hosts.every(host => host && sameAuthority(host, authority))) return refuse('authority-mismatch', subject)
  const isNamed = policy.destinations.some(destination => sameAuthority(destination, authority))
  return isNamed ? { ok: true, authority } : refuse('destination-not-allowed', { ...subject, destination: authority })
}

/** Finds the one route for a request, or the first reason why there is none. Routes on trial are none. */
export const selectRoute = (caller: Caller, head: Head, policy: Policy): Selected<Route> | Refused =>
  select(policy.routes, caller, head, policy)

/** Finds the route on trial that a request would take if it were enforced, or the first reason why there is none. */
export const selectCandidate = (caller: Caller, head: Head, policy: Policy): Selected<Candidate> | Refused =>
  select(policy.candidates, caller, head, policy)

const select = <R extends RouteRules>(
  routes: readonly R[],
  caller: Caller,
  head: Head,
  policy: Policy,
): Selected<R> | Refused => {
  const instrument = admit(caller, policy)
  if ('ok' in instrument) return instrument
  const subject = { instrument: instrument.id }
  const framing = checkFraming(head, caller.ingress.kind === 'plain' ? 80 : 443, policy.limits.maxHeaderFields)
  if (!framing.ok) return refuse('request-malformed', subject, framing.fault)
  const destinations = destinationsFor(caller.ingress, framing.host, framing.target, policy)
  if (typeof destinations === 'string') return refuse(destinations, { ...subject, destination: framing.host })
  return amongRoutes(routes, instrument, destinations, head.method, framing.target, caller.ingress)
}

/** The destinations a request may mean: one, but for a gateway client all, because its path alone decides. */
const destinationsFor = (
  ingress: Ingress,
  host: Authority,
  target: Target,
  policy: Policy,
): readonly Destination[] | BlockReason => {
  switch (ingress.kind) {
    case 'connect':
      if (!sameAuthority(host, ingress.authority) || !namesServer(ingress.serverName, ingress.authority.host))
        return 'authority-mismatch'
      return named(policy, destination => sameAuthority(destination, ingress.authority))
    case 'redirect':
      if (host.host !== ingress.serverName || (host.port !== 443 && host.port !== ingress.port))
        return 'authority-mismatch'
      return named(policy, destination => destination.host === ingress.serverName)
    case 'gateway':
      return ingress.names.includes(host.host) ? policy.destinations : 'authority-mismatch'
    case 'plain':
      if (!target.authority) return 'transport-insecure'
      return named(policy, destination => destination.host === host.host && host.port === 80)
    case 'replay':
      return named(policy, ({ host, port }) => [null, spellAuthority({ host, port })].includes(ingress.destination))
  }
}

/** A literal address has no server name (RFC 6066 section 3). */
const namesServer = (serverName: string | null, host: string): boolean =>
  serverName === host || (serverName === null && normalizeAddress(host) !== null)

const named = (policy: Policy, test: (destination: Destination) => boolean): readonly Destination[] | BlockReason => {
  const found = policy.destinations.filter(test)
  return found.length > 0 ? found : 'destination-not-allowed'
}

const amongRoutes = <R extends RouteRules>(
  routes: readonly R[],
  instrument: Instrument,
  destinations: readonly Destination[],
  method: string,
  { path, query }: Target,
  ingress: Ingress,
): Selected<R> | Refused => {
  const subject = { instrument: instrument.id, destination: destinations.length === 1 ? destinations[0]! : null }
  const segments = decodePath(path)
  const byPath = routes.flatMap(route => {
    const pathParameters = destinations.includes(route.destination) && segments ? matchPath(route.path, segments) : null
    return pathParameters ? [{ route, pathParameters }] : []
  })
  if (byPath.length === 0) return refuse('path-not-allowed', subject)
  const byMethod = byPath.filter(({ route }) => route.method === method)
  if (byMethod.length === 0) return refuse('method-not-allowed', subject)
  const open = byMethod.filter(({ route }) => !route.instruments || route.instruments.has(instrument.id))
  if (open.length === 0) return refuse('instrument-not-allowed', subject)
  if (open.length > 1) return refuse('route-ambiguous', subject)
  const { route, pathParameters } = open[0]!
  const found = { ...subject, destination: route.destination, route: route.id }
  if (ingress.kind === 'plain' && !route.upgradeInsecure) return refuse('transport-insecure', found)
  return { ok: true, instrument, route, pathParameters, query }
}
