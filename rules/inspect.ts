import type { History } from './budget/history.ts'
import { overLoad, type Load } from './budget/load.ts'
import { overRate } from './budget/over-rate.ts'
import { readBody, type Body, type Written } from './body/read-body.ts'
import type { JsonValue } from './canonical.ts'
import { checkParameters, type Values } from './check-parameters.ts'
import { decodeText } from './decode.ts'
import { overDrip, overSum } from './drip/drip-rules.ts'
import { exceptedTexts, spelledNucleotides } from './drip/spelled-nucleotides.ts'
import { exceptionsFor, isInForce } from './exception.ts'
import { spellAuthority } from './framing.ts'
import { readJson, type JsonReading } from './json.ts'
import { referenceToken } from './json-pointer.ts'
import { fieldValues, type Arrival, type Authority, type Caller, type Head, type Message } from './message.ts'
import type { Panel } from './panel.ts'
import { writePath } from './path-template.ts'
import { isPaused, type Pauses } from './pauses.ts'
import { defaultLimits, type Limits, type Policy, type RouteRules } from './policy.ts'
import { parseQuery, writeQuery } from './query.ts'
import { isNeverReleased, isReleasable } from './releasable.ts'
import { MAX_FINDINGS, scan, type Scanned } from './scan.ts'
import {
  identify,
  selectCandidate,
  selectRoute,
  selectSplice,
  selectTunnel,
  type Refused,
  type Selected,
} from './select-route.ts'
import type { ClientHello } from './splice/client-hello.ts'
import { reservationOf } from './splice/splice-budget.ts'
import { MAX_SPLICE_MS, type SplicedDestination } from './splice/splice.ts'
import type { SpliceUse } from './splice/splice-uses.ts'
import { Stop, stop } from './stop.ts'
import {
  openSplice,
  release,
  type Approval,
  type Block,
  type BlockReason,
  type Excepted,
  type Finding,
  type Forward,
  type Judgement,
  type Objection,
  type Place,
  type Release,
  type SpliceVerdict,
  type Surface,
  type Trial,
  type Verdict,
} from './verdict.ts'

/**
 * What happens to one request: the only place where that is decided. No socket, no clock, no log: whoever calls it acts on the
 * answer. Never throws: a fault inside ends in a block.
 */
export const inspect = (message: Message, policy: Policy): Verdict =>
  settle(appraiseBy(selectRoute(message.arrival, message.head, policy), message, policy), policy, message.history)

declare const appraised: unique symbol

/**
 * What was found of a request, all but whether it comes too early or with too much before it: values that another thread can hand over.
 * Nothing leaves by it; `settle` makes the verdict of it.
 */
export type Appraisal =
  | { readonly kind: 'block'; readonly block: Block }
  | {
      readonly kind: 'clear'
      /** Digest of the policy under which it holds, and ids of what it names. */
      readonly policy: string
      readonly instrument: string
      readonly route: string
      readonly excepted: Excepted
      readonly leaving: Leaving
      readonly [appraised]: true
    }

/** By the routes that are enforced, and by the one on trial where there is one for such requests. */
export type Appraised = { readonly judged: Appraisal; readonly tried: Appraisal | null }

/** The part of `inspect` and `inspectTrial` that takes its time, and needs to know nothing that changes meanwhile. Never throws. */
export const appraise = (message: Message, policy: Policy): Appraised => ({
  judged: appraiseBy(selectRoute(message.arrival, message.head, policy), message, policy),
  tried: policy.candidates.length === 0 ? null : appraiseCandidate(message, policy),
})

const appraiseBy = (selected: Selected | Refused, message: Message, policy: Policy): Appraisal => {
  if (!selected.ok) return { kind: 'block', block: blockOf(selected) }
  const { outcome, ...excepted } = inspectSafely(message, selected, policy)
  if (outcome instanceof Stop) return { kind: 'block', block: { ...stopped(selected, outcome), ...excepted } }
  const { instrument, route } = selected
  const clear = { policy: policy.digest, instrument: instrument.id, route: route.id, excepted, leaving: outcome }
  return { kind: 'clear', ...clear } as Appraisal
}

/**
 * The rest of `inspect`: makes the verdict, by what left before. To be called in the turn of the event loop in which the verdict is entered.
 * Never throws.
 * @param history - absent where nothing is going to leave; see `Message`
 */
export const settle = (appraisal: Appraisal, policy: Policy, history: History | undefined): Verdict => {
  const settled = settleAmong(policy.routes, appraisal, policy, history)
  if (settled.kind === 'block') return settled
  const { nucleotides, linesDropped, ...outbound } = settled.leaving
  const request = release(outbound, settled.route)
  return { kind: 'forward', ...subjectOf(settled), ...settled.excepted, request, nucleotides, linesDropped }
}

type Settled<R extends RouteRules> = Chosen<R> & {
  readonly kind: 'clear'
  readonly leaving: Leaving
  readonly excepted: Excepted
}

const settleAmong = <R extends RouteRules>(
  routes: readonly R[],
  appraisal: Appraisal,
  policy: Policy,
  history: History | undefined,
): Block | Settled<R> => {
  if (appraisal.kind === 'block') return appraisal.block
  const { leaving, excepted } = appraisal
  const instrument = policy.instruments.find(({ id }) => id === appraisal.instrument)
  const route = routes.find(({ id }) => id === appraisal.route)
  // What was found under another policy, or of a route on trial, lets nothing out.
  if (appraisal.policy !== policy.digest || !instrument || !route)
    return blockOf({ reason: 'inspection-failed', rule: null, instrument: null, destination: null, route: null })
  const chosen = { instrument, route }
  const late = beyondBudgetSafely(history, chosen, leaving)
  return late ? { ...stopped(chosen, late), ...excepted } : { kind: 'clear', ...chosen, leaving, excepted }
}

/**
 * What happens to a request that people approved although `inspect` blocks it: it leaves once, by its route, if nothing speaks against it
 * but what an approval can override (`releasable.ts`). Never throws.
 * @param idempotencyKey - names the release to the vendor, so that a second one of the same key has no effect there
 * @see https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
 */
export const inspectRelease = (
  message: Message,
  policy: Policy,
  approval: Approval,
  idempotencyKey: string,
): Release | Block => {
  const selected = selectRoute(message.arrival, message.head, policy)
  if (!selected.ok) return blockOf(selected)
  if (!isCovered(message.arrival.time, selected, policy, approval)) return stopped(selected, stop('approval-void'))
  const { outcome, overrode, ...excepted } = overrideSafely(message, selected, policy)
  if (outcome instanceof Stop) return { ...stopped(selected, outcome), ...excepted }
  const { nucleotides, linesDropped, ...outbound } = outcome
  const fields = [...outbound.fields, keyField(idempotencyKey)]
  const request = release({ ...outbound, fields }, selected.route)
  return { kind: 'forward', ...subjectOf(selected), ...excepted, request, nucleotides, linesDropped, overrode }
}

const isCovered = (time: number, { route }: Selected, policy: Policy, approval: Approval): boolean =>
  approval.policy === policy.digest &&
  approval.destination === spellAuthority(route.destination) &&
  time < approval.expires

/**
 * What the route on trial would have said of a request, whatever was decided: a report for the record, and never a reason to let
 * anything out. Null when no route of the policy is on trial for such requests. Never throws.
 */
export const inspectTrial = (message: Message, policy: Policy): Trial | null =>
  policy.candidates.length === 0 ? null : settleTrial(appraiseCandidate(message, policy), policy, message.history)

/** The rest of `inspectTrial`. Never throws. */
export const settleTrial = (
  appraisal: Appraisal | null,
  policy: Policy,
  history: History | undefined,
): Trial | null => {
  if (appraisal === null) return null
  const judgement = settleCandidate(appraisal, policy, history)
  if (judgement.route === null) return null
  const { kind, route, exceptions } = judgement
  if (kind === 'forward')
    return { route, verdict: 'would-allow', reason: null, rule: null, place: null, findings: [], exceptions }
  const { reason, rule, place, findings } = judgement
  return { route, verdict: 'would-block', reason, rule, place, findings, exceptions }
}

/** The same as a judgement, which also says why no route on trial is for such requests. Never throws. */
export const inspectCandidate = (message: Message, policy: Policy): Judgement =>
  settleCandidate(appraiseCandidate(message, policy), policy, message.history)

const settleCandidate = (appraisal: Appraisal, policy: Policy, history: History | undefined): Judgement => {
  const settled = settleAmong(policy.candidates, appraisal, policy, history)
  return settled.kind === 'block' ? settled : { kind: 'forward', ...subjectOf(settled), ...settled.excepted }
}

const appraiseCandidate = (message: Message, policy: Policy): Appraisal => {
  try {
    return appraiseBy(selectCandidate(message.arrival, message.head, policy), message, policy)
  } catch {
    const nobody = { instrument: null, destination: null, route: null }
    return { kind: 'block', block: { kind: 'block', reason: 'inspection-failed', ...noDetail, ...nobody } }
  }
}

/** What a request was recognised as. */
type Chosen<R extends RouteRules = RouteRules> = Pick<Selected<R>, 'instrument' | 'route'>

const subjectOf = ({ instrument, route }: Chosen) => ({
  instrument: instrument.id,
  destination: spellAuthority(route.destination),
  route: route.id,
})

const stopped = (selected: Chosen, { reason, detail }: Stop): Block => ({
  kind: 'block',
  ...subjectOf(selected),
  reason,
  ...noDetail,
  ...detail,
})

/** What to do once the header section has arrived, before any content is read. */
export type HeadVerdict = {
  /** The block that is certain already, whatever the content is. */
  readonly block: Block | null
  /** Octets of content worth reading: none from a caller that the policy does not know. */
  readonly maxBodyBytes: number
  /** Whether a route on trial has to see the content, even when the block is certain. */
  readonly isTried: boolean
}

export const inspectHead = (arrival: Arrival, head: Head, policy: Policy): HeadVerdict => {
  const selected = selectRoute(arrival, head, policy)
  const isKnown = selected.instrument !== null
  return {
    block: selected.ok ? null : blockOf(selected),
    maxBodyBytes: isKnown ? policy.limits.maxBodyBytes : 0,
    isTried: isTried(arrival, head, policy),
  }
}

/** A fault on the way to a trial means that there is none. */
const isTried = (arrival: Arrival, head: Head, policy: Policy): boolean => {
  try {
    return policy.candidates.length > 0 && selectCandidate(arrival, head, policy).ok
  } catch {
    return false
  }
}

/** The verdict on what this appliance sent upstream itself, and got back: always a block. */
export const inspectLoop = (arrival: Arrival, head: Head, policy: Policy): Block => {
  const selected = selectRoute(arrival, head, policy)
  return selected.ok ? stopped(selected, stop('request-looped')) : blockOf(selected)
}

/** The verdict on what comes while the appliance cannot promise to record more than refusals: always a block. */
export const inspectShut = (arrival: Arrival, head: Head, policy: Policy): Block => {
  const selected = selectRoute(arrival, head, policy)
  return selected.ok ? stopped(selected, stop('log-space-low')) : blockOf(selected)
}

/** The verdict on what comes while its instrument is paused: a block. Null for what is not, and for what no route takes anyway. */
export const inspectPaused = (arrival: Arrival, head: Head, policy: Policy, pauses: Pauses): Block | null => {
  if (!pauses.all && pauses.instruments.size === 0) return null
  const selected = selectRoute(arrival, head, policy)
  return selected.ok && isPaused(pauses, selected.instrument.id) ? stopped(selected, stop('paused')) : null
}

/**
 * The verdict on a request whose sender asks more of the appliance than it may, before anything else is looked at; null where it does not.
 * It is a block like any other, so that who slows the others down is in the log.
 */
export const inspectLoad = (caller: Caller, load: Load, policy: Policy): Block | null => {
  const instrument = identify(caller, policy)?.id ?? null
  const rule = overLoad(load, policy.limits, instrument !== null)
  if (rule === null) return null
  const block = blockOf({ reason: 'requests-exceeded', rule, instrument, destination: null, route: null })
  return { ...block, retryAfter: 1 }
}

/**
 * The verdict on what was blocked while there is no room to hold its payload for the reviewers: always a block, which says why it was
 * blocked as its rule.
 */
export const inspectUnheld = (block: Block): Block => ({
  ...block,
  reason: 'held-full',
  rule: block.reason,
  place: null,
})

/** The verdict on what may leave, and finds no room to wait for its destination: always a block. It takes nothing of a budget. */
export const inspectUnspooled = ({ instrument, destination, route }: Forward): Block => ({
  kind: 'block',
  reason: 'spool-full',
  ...noDetail,
  instrument,
  destination,
  route,
  retryAfter: SPOOL_RETRY_S,
})

/** Seconds after which an instrument may ask again whether there is room. */
const SPOOL_RETRY_S = 60

/**
 * The verdict on a spooled request whose turn to be sent has come: the policy of now has to let it out as any other. What it takes of the budgets was
 * taken when it was accepted. Never throws.
 * @param idempotencyKey - names the request to the destination, where the route says so: the same in every attempt
 */
export const inspectSpooled = (message: Omit<Message, 'history'>, policy: Policy, idempotencyKey: string): Verdict => {
  const verdict = inspect(message, policy)
  if (verdict.kind === 'block') return verdict
  const route = policy.routes.find(({ id }) => id === verdict.route)!
  if (route.spool?.idempotencyKey !== true) return verdict
  const fields = [...verdict.request.fields, keyField(idempotencyKey)]
  return { ...verdict, request: release({ ...verdict.request, fields }, route) }
}

/** A structured field of type string (RFC 8941 section 3.3.3). */
const keyField = (key: string): readonly [string, string] => ['idempotency-key', `"${key}"`]

export type TunnelVerdict = { readonly kind: 'open'; readonly authority: Authority } | Block

/** Whether a CONNECT may open a tunnel. What comes through it is then inspected request by request. */
export const inspectTunnel = (client: string, head: Head, policy: Policy): TunnelVerdict => {
  const tunnel = selectTunnel(client, head, policy)
  return tunnel.ok ? { kind: 'open', authority: tunnel.authority } : blockOf(tunnel)
}

/** A connection that asks to pass unopened. */
export type SpliceAttempt = {
  readonly arrival: Arrival
  readonly to: SplicedDestination
  /** Null: not yet there; then the verdict is on all else. */
  readonly hello: ClientHello | null
  /** What was used of the budget by now. */
  readonly use: SpliceUse
}

/**
 * Whether a connection may pass unopened, and how much of it: the only verdict on what nobody sees. What it reserves has to be set aside in
 * the same turn of the event loop. Never throws.
 */
export const inspectSplice = (attempt: SpliceAttempt, policy: Policy, pauses: Pauses): SpliceVerdict => {
  const { arrival, to, hello, use } = attempt
  const subject = { instrument: null, destination: { host: to.host, port: to.port }, route: null }
  try {
    const selected = selectSplice(arrival, to, hello, policy)
    if (!selected.ok) return blockOf(selected)
    const instrument = selected.instrument.id
    const block = ({ reason, detail }: Stop): Block => ({
      ...blockOf({ ...subject, instrument, reason, rule: null }),
      ...detail,
    })
    if (isPaused(pauses, instrument)) return block(stop('paused'))
    const { splice } = to
    if (!isInForce(splice, arrival.time)) return block(stop('splice-expired'))
    const reserved = reservationOf(splice, use)
    if (reserved instanceof Stop) return block(reserved)
    const lasts = Math.min(MAX_SPLICE_MS, splice.expires - arrival.time)
    return openSplice({ kind: 'splice', instrument, destination: spellAuthority(to), route: null, reserved, lasts })
  } catch {
    return blockOf({ ...subject, reason: 'inspection-failed', rule: null })
  }
}

/** The verdict on one that comes while the appliance cannot promise to record more than refusals. */
export const inspectSpliceShut = ({ arrival, to, hello }: SpliceAttempt, policy: Policy): Block => {
  const selected = selectSplice(arrival, to, hello, policy)
  if (!selected.ok) return blockOf(selected)
  const destination = { host: to.host, port: to.port }
  return blockOf({
    instrument: selected.instrument.id,
    destination,
    route: null,
    reason: 'log-space-low',
    rule: null,
  })
}

/** Why something is not a request at all: the HTTP parser or the TLS handshake refused it, or it never became one. */
export type Unreadable = Pick<Block, 'reason' | 'rule'> & { readonly destination: Authority | null }

/** The verdict on what is not a request: always a block. */
export const inspectUnreadable = (caller: Caller, unreadable: Unreadable, policy: Policy): Block =>
  blockOf({ ...unreadable, instrument: identify(caller, policy)?.id ?? null, route: null })

const nothingExcepted: Excepted = { exceptions: [], excepted: [] }

const noDetail = { rule: null, place: null, findings: [], retryAfter: null, ...nothingExcepted } as const

const blockOf = ({ reason, rule, instrument, destination, route }: Omit<Refused, 'ok'>): Block => ({
  kind: 'block',
  reason,
  ...noDetail,
  rule,
  instrument,
  destination: destination && isFitToName(destination) ? spellAuthority(destination) : null,
  route,
})

/** A host that the policy does not name is the client's text: it is repeated only where no detector finds anything in it. */
const isFitToName = ({ host }: Authority): boolean => {
  try {
    const { findings, overBudget } = scan([{ surface: 'header', value: host, names: null }], defaultLimits)
    return findings.length === 0 && !overBudget
  } catch {
    return false
  }
}

type Outbound = Parameters<typeof release>[0]

/** What may leave, what it takes of the budgets, and what of it stays behind. */
type Leaving = Outbound & Pick<Forward, 'nucleotides' | 'linesDropped'>

/** What may leave, or why nothing does; either may owe something to exceptions. */
type Inspected = Excepted & { readonly outcome: Leaving | Stop }

/** A fault inside (a detector that throws, for one) is no reason to let anything out, nor to lose who asked. */
const inspectSafely = (message: Message, selected: Selected, policy: Policy): Inspected => {
  try {
    return inspectOnRoute(message, selected, policy)
  } catch {
    return { outcome: stop('inspection-failed'), ...nothingExcepted }
  }
}

/** Whether a message that could leave is too much, together with what left before it. */
const beyondBudget = (history: History | undefined, selected: Chosen, { nucleotides }: Leaving): Stop | null => {
  if (!history) return null
  const { instrument, route } = selected
  const drip = overDrip(history, instrument.id, nucleotides, instrument.drip)
  return drip ? stop('sensitive-content', { findings: [drip] }) : overRate(history, instrument.id, route)
}

/** Last of all, so that what is wrong with a message is said even when it comes too early. */
const beyondBudgetSafely = (history: History | undefined, chosen: Chosen, leaving: Leaving): Stop | null => {
  try {
    return beyondBudget(history, chosen, leaving)
  } catch {
    return stop('inspection-failed')
  }
}

const inspectOnRoute = (message: Message, selected: Selected, policy: Policy): Inspected => {
  const parts = readParts(message, selected, policy.limits)
  if (parts instanceof Stop) return { outcome: parts, ...nothingExcepted }
  const { objection, write, exceptions, excepted } = examine(message, selected, policy, parts)
  return { outcome: objection ?? write(), exceptions, excepted }
}

/** What speaks against a request that could be read, and how it would leave. */
type Examined = Excepted & {
  readonly objection: Stop | null
  /** Whether all of it was looked through. */
  readonly isUnfolded: boolean
  readonly write: () => Leaving | Stop
}

const examine = (message: Message, selected: Selected, policy: Policy, parts: Parts): Examined => {
  const { limits } = policy
  const surfaces = surfacesOf(selected, parts, policy, message.arrival.time)
  const { findings, overBudget, exceptions, excepted, nucleotides: spelled } = scan(surfaces, limits)
  const { body } = parts
  const invalid = body.kind === 'value' ? body.invalid : null
  let counted: number | null = spelled === 0 ? 0 : null
  const nucleotides = (): number => (counted ??= countNucleotides(surfaces, selected.route, limits))
  const objection = (): Stop | null => {
    // Also what the schema refuses is scanned: who reviews it has to know a leak from a new field.
    if (findings.length > 0) return stop('sensitive-content', { ...invalid?.detail, findings })
    if (overBudget) return stop('inspection-budget')
    const sum = overSum(nucleotides())
    return sum ? stop('sensitive-content', { ...invalid?.detail, findings: [sum] }) : invalid
  }
  const write = (): Leaving | Stop => {
    const outbound = writeOutbound(message.head, selected, parts)
    const linesDropped = body.kind === 'value' ? body.linesDropped : 0
    return outbound instanceof Stop ? outbound : { ...outbound, nucleotides: nucleotides(), linesDropped }
  }
  return { objection: objection(), write, exceptions, excepted, isUnfolded: !overBudget }
}

type Overridden = Inspected & { readonly overrode: Objection | null }

/** As `inspectSafely`, for a request that was approved. */
const overrideSafely = (message: Message, selected: Selected, policy: Policy): Overridden => {
  try {
    const inspected = overrideOnRoute(message, selected, policy)
    const { outcome } = inspected
    if (outcome instanceof Stop) return inspected
    return { ...inspected, outcome: beyondBudget(message.history, selected, outcome) ?? outcome }
  } catch {
    return { outcome: stop('inspection-failed'), overrode: null, ...nothingExcepted }
  }
}

const overrideOnRoute = (message: Message, selected: Selected, policy: Policy): Overridden => {
  const parts = readParts(message, selected, policy.limits)
  if (parts instanceof Stop) return { outcome: parts, overrode: null, ...nothingExcepted }
  const { objection, isUnfolded, write, ...excepted } = examine(message, selected, policy, parts)
  const reason = objection && whyNotOverridden(objection, isUnfolded, parts, policy)
  const overrode = objection && { reason: objection.reason, rule: null, place: null, findings: [], ...objection.detail }
  if (reason) return { outcome: stop(reason, objection.detail), overrode: null, ...excepted }
  const outcome = write()
  // The budget of fragments is for what nobody looked at.
  const isCounted = outcome instanceof Stop || overrode === null
  return { outcome: isCounted ? outcome : { ...outcome, nucleotides: 0 }, overrode, ...excepted }
}

/** The reason for which an objection stands whatever people approve; null where they can override it. */
const whyNotOverridden = (
  { reason, detail }: Stop,
  isUnfolded: boolean,
  { body }: Parts,
  { neverRelease }: Policy,
): BlockReason | null => {
  const invalid = body.kind === 'value' ? body.invalid : null
  if (!isReleasable(reason)) return reason
  if (invalid && !isReleasable(invalid.reason)) return invalid.reason
  // More may be hidden than was found or is listed, and than anybody has looked at.
  const { findings = [] } = detail
  if (!isUnfolded || findings.length >= MAX_FINDINGS) return 'inspection-budget'
  return findings.some(finding => isNeverReleased(finding, neverRelease)) ? 'never-release' : null
}

/** Those that the policy does not let pass. Hardly any message spells one, so they are only counted anew for those that do. */
const countNucleotides = (parts: readonly Scanned[], route: RouteRules, limits: Limits): number => {
  const { pathParameters, query, headers, body } = route
  const parameters = [pathParameters, query, headers].flatMap(map => [...map.values()])
  const fixed = [...parameters, ...(body.kind === 'none' ? [] : [body])].flatMap(({ fixed }) => [...fixed])
  return spelledNucleotides(parts, limits, new Set([...fixed, ...parts.flatMap(exceptedTexts)]))
}

/** The parts of a request that would leave, each of them held to what the route says of it. */
type Parts = { readonly query: Values; readonly headers: Values; readonly body: Body }

const readParts = ({ head, content }: Message, selected: Selected, limits: Limits): Parts | Stop => {
  const { route } = selected
  const path = checkParameters('path', selected.pathParameters, route.pathParameters, 'path-not-allowed')
  if (path instanceof Stop) return path
  const query = readQuery(selected.query, route)
  if (query instanceof Stop) return query
  const headers = readHeaders(head, route)
  if (headers instanceof Stop) return headers
  const body = readBody(head, content, route.body, limits)
  return body instanceof Stop ? body : { query, headers, body }
}

const readQuery = (text: string, route: RouteRules): Values | Stop => {
  const query = parseQuery(text)
  return query ? checkParameters('query', query, route.query, 'query-not-allowed') : stop('query-not-allowed')
}

/** Visible ASCII, SP and HTAB: beyond that, nobody knows in which charset a field is meant (RFC 9110 section 5.5). */
const fieldValue = /^[\t\x20-\x7e]*$/

/** The fields that the route names; all others stay behind. */
const readHeaders = (head: Head, route: RouteRules): Values | Stop => {
  const headers: Record<string, string> = Object.create(null)
  for (const name of route.headers.keys()) {
    const [value, ...more] = fieldValues(head, name)
    if (value === undefined) continue
    const place: Place = { surface: 'header', pointer: referenceToken(name) }
    if (more.length > 0) return stop('header-not-allowed', { rule: 'repeated', place })
    if (!fieldValue.test(value)) return stop('header-not-allowed', { rule: 'field-value', place })
    headers[name] = value
  }
  return checkParameters('header', headers, route.headers, 'header-not-allowed')
}

/** Everything that would leave and is not written in the policy. */
const surfacesOf = (
  { instrument, route, pathParameters }: Selected,
  { query, headers, body }: Parts,
  { panels, exceptions }: Policy,
  time: number,
): Scanned[] => {
  const inForce = exceptionsFor(exceptions, { instrument: instrument.id, route: route.id, time })
  const part = (surface: Surface, value: JsonValue, names: ReadonlySet<string>, panel = panels.whole): Scanned => ({
    surface,
    value,
    names,
    panel,
    exceptions: inForce.filter(exception => exception.surface === surface),
  })
  const ofValues = (surface: Surface, values: Values, panel?: Panel) =>
    part(surface, values, new Set(Object.keys(values)), panel)
  const isCredential = ([name]: readonly [string, string]) => route.headers.get(name)!.credential
  const fields = Object.entries(headers)
  const secrets = Object.fromEntries(fields.filter(isCredential))
  return [
    ofValues('path', pathParameters),
    ofValues('query', query),
    ofValues('header', Object.fromEntries(fields.filter(field => !isCredential(field)))),
    { ...ofValues('header', secrets, panels.credentials), isCredential: true },
    ...(body.kind === 'value' ? [part('body', body.shown, body.names)] : []),
  ]
}

/** Writes the request anew from what was inspected, or proves that the bytes received say the same. */
const writeOutbound = (head: Head, selected: Selected, { query, headers, body }: Parts): Outbound | Stop => {
  const { route, pathParameters } = selected
  const fields: [string, string][] = Object.entries(headers)
  const outbound = {
    destination: route.destination.id,
    method: route.method,
    target: writePath(route.path, pathParameters) + writeQuery(query),
    fields,
  }
  const send = ({ contentType, content }: Written): Outbound => {
    fields.push(['content-type', contentType])
    return { ...outbound, body: content }
  }
  if (route.forward === 'exact' && !head.target.endsWith(outbound.target))
    return stop('not-equivalent', { rule: 'target' })
  if (body.kind === 'none') return { ...outbound, body: new Uint8Array() }
  if (route.forward === 'canonical') return send(body.write())
  if (body.coding !== null) return stop('not-equivalent', { rule: 'content-encoding' })
  const difference = body.differs()
  if (difference !== null) return stop('not-equivalent', { rule: difference })
  return send(body.received)
}

/** What the detectors alone say of a payload. */
export type ScanResult = {
  readonly verdict: 'allow' | 'block'
  /** Null when nothing is wrong. */
  readonly reason: BlockReason | null
  readonly findings: readonly Finding[]
}

/** Runs the detectors alone, with no schema, over a payload from wherever. What is not JSON is scanned as text, and blocks. */
export const scanPayload = (bytes: Uint8Array, limits: Limits = defaultLimits): ScanResult => {
  try {
    const text = decodeText(bytes)
    const json = text === null ? null : readJson(text, limits)
    const value = json?.ok ? json.value : (text ?? bytes)
    const parts = [{ surface: 'body', value, names: null }] as const
    const { findings: found, overBudget, nucleotides } = scan(parts, limits)
    const sum = found.length > 0 || overBudget ? null : overSum(nucleotides)
    const findings = sum ? [sum] : found
    const reason = reasonOf(json, findings, overBudget)
    return { verdict: reason === null ? 'allow' : 'block', reason, findings }
  } catch {
    return { verdict: 'block', reason: 'inspection-failed', findings: [] }
  }
}

const reasonOf = (json: JsonReading | null, findings: readonly Finding[], overBudget: boolean): BlockReason | null => {
  if (findings.length > 0) return 'sensitive-content'
  if (overBudget) return 'inspection-budget'
  if (json === null) return 'body-undecodable'
  return json.ok ? null : json.fault
}
