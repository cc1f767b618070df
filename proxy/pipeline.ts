import { METHODS } from 'node:http'
import { LogError } from '../log/log-error.ts'
import { uuidV7 } from '../log/writing/uuid-v7.ts'
import type { Journal } from '../log/writing/journal.ts'
import {
  isTrialRecord,
  type DecisionEntry,
  type Entry,
  type OutcomeEntry,
  type RequestCounts,
  type ReviewEntry,
} from '../log/record.ts'
import type { ReviewerPublicKey } from '../log/review/reviewer.ts'
import { seal, type Sealed } from '../log/held/seal.ts'
import { windows } from '../rules/budget/rate.ts'
import { dripRules } from '../rules/drip/drip-rules.ts'
import {
  inspect,
  inspectLoop,
  inspectPaused,
  inspectRelease,
  inspectShut,
  inspectTrial,
  inspectUnheld,
  inspectUnreadable,
  inspectUnspooled,
  settle,
  settleTrial,
  type Appraised,
} from '../rules/inspect.ts'
import { spellAuthority } from '../rules/framing.ts'
import { fieldValues, type Arrival, type Head, type Message } from '../rules/message.ts'
import { splicedDestinations } from '../rules/splice/splice.ts'
import { isPaused, type Pauses } from '../rules/pauses.ts'
import type { Policy, ResponseRule, Route } from '../rules/policy.ts'
import type { Approval, Block, BlockReason, Forward, Release, Trial, Verdict } from '../rules/verdict.ts'
import { decisionSubject } from './decision-subject.ts'
import type { Forwarder, UpstreamAnswer } from './upstream/forwarder.ts'
import { encodeHeld, withoutCredentials } from './review/held-payload.ts'
import type { Ledger } from './ledger.ts'
import { faultName, type Notify } from './watch/notice.ts'
import { Gathering } from './gathering.ts'
import type { Inspectors } from './inspection/inspectors.ts'
import type { WhenFull } from './settings.ts'
import { OpenSplices } from './splice/open-splices.ts'
import { measuring, noticeOf, noticeOfSplice, type Measured } from './watch/request-notice.ts'
import { spliceGate, type Spliced, type SpliceGate } from './splice/splice-gate.ts'
import type { SpliceLedger } from './splice/splice-ledger.ts'
import type { Splicer } from './splice/splicer.ts'
import { spoolGate, type Place, type SpoolRooms } from './spool/spool-gate.ts'
import { newTally, type Answered } from './watch/tally.ts'
import { openTally, type TrialTally } from './policy/trial-tally.ts'
import { newUnderway, type Underway } from './underway.ts'
import { UpstreamError } from './upstream/upstream-fault.ts'

/** How a request ended. */
export type Passage =
  | {
      readonly kind: 'blocked'
      readonly id: string
      readonly block: Block
      readonly route: Route | null
      /** Whether the decision is that about an earlier one, which this one repeats; they are counted and recorded together. */
      readonly repeats: boolean
    }
  | {
      readonly kind: 'forwarded'
      readonly id: string
      readonly verdict: Forward
      readonly answer: UpstreamAnswer
      /** What of the answer the instrument gets. */
      readonly mode: ResponseRule['mode']
    }
  /** It was accepted, and waits for its destination. */
  | { readonly kind: 'spooled'; readonly id: string }
  /** The decision could not be made durable, so nothing left, whatever it was. */
  | { readonly kind: 'unrecorded'; readonly id: string }
  /** Somebody else was quicker with the same held payload, so nothing left. */
  | { readonly kind: 'overtaken'; readonly id: string }

/** Requests since the start, by how they ended; and lines of logs that were left out of what was forwarded. */
export type Counts = {
  forwarded: number
  failed: number
  blocked: number
  unrecorded: number
  overtaken: number
  linesDropped: number
  /** Accepted, to be sent later; `SpoolStatus` says what became of them. */
  spooled: number
  /** Connections that passed unopened. */
  spliced: number
}

/** A held payload that is sent again: by a replay, or by a release. */
export type Resend = {
  /** The decision under which it is held. */
  readonly of: string
  /** Null for a replay, which is decided like any other request. */
  readonly release: { readonly approval: Approval; readonly key: string } | null
  /** What befalls the held payload when it leaves. @param id - of the new decision */
  readonly begin: (id: string) => ReviewEntry
  /** What is recorded of it when it is blocked again. */
  readonly blocked: (id: string) => ReviewEntry
  /** What befalls it by the answer, if anything does. */
  readonly end: (id: string, answer: UpstreamAnswer) => ReviewEntry | null
}

/** The way out under one policy. Whoever takes a request keeps to the gate at which it began. */
export type Gate = {
  readonly policy: Policy
  /** The block for what need not be read: the disk of the log is nearly full, or people have paused the instrument. */
  readonly closed: (arrival: Arrival, head: Head) => Block | null
  /** What the routes on trial have said since the gate was opened. */
  readonly trials: TrialTally
  /**
   * Inspects, records, and forwards what may leave: the one way out. Never rejects.
   * @param gone - aborts when nobody waits for the answer; a pause aborts it as well
   */
  readonly pass: (message: Message, gone: AbortController) => Promise<Passage>
  /** The same for a payload that was held: it leaves once, because its state changes in the transaction of the decision. */
  readonly resend: (message: Message, resend: Resend) => Promise<Passage>
  /**
   * Records that what waited for its destination is blocked by now, and hands its payload over to the reviewers.
   * @param ends - what else stands in the transaction of that decision, whose id it gets
   * @throws LogError (as a rejection): then nothing was changed, as when there is no room for the payload
   */
  readonly blockSpooled: (
    message: Message,
    block: Block,
    of: string,
    ends: (id: string) => readonly Entry[],
  ) => Promise<void>
  /** Records a block that was certain without the content of the request. */
  readonly refuse: (message: Received, block: Block) => Promise<Passage>
  /** For connections that pass unopened. */
  readonly splices: SpliceGate<Passage>
}

export type Pipeline = {
  /** The gate for requests that begin now. */
  readonly gate: () => Gate
  readonly counts: Readonly<Counts>
  /** Counts a request that has come in, before anything is done about it. @returns to be called when it has been answered */
  readonly take: () => Answered
  /** What was counted since the start, for the log. */
  readonly requests: () => RequestCounts
  /** Opens another gate. Requests that began at the one before end there. */
  readonly enforce: (policy: Policy) => void
  /** Under this idempotency key something leaves: what comes back with it came from here. */
  readonly sendsAs: (key: string) => void
  /** Breaks off what is on its way out for instruments that are paused now. */
  readonly breakOff: (pauses: Pauses) => void
  /** Cuts connections that pass unopened, and waits for their records. */
  readonly endSplices: () => Promise<void>
  /** Records what was only counted until now. */
  readonly close: () => Promise<void>
}

/** A message as far as it was read. */
type Received = Pick<Message, 'arrival'> & Partial<Message>

export type PipelineParts = {
  readonly policy: Policy
  readonly journal: Journal
  readonly forwarder: Forwarder
  readonly splicer: Splicer
  readonly inspectors: Pick<Inspectors, 'appraise'>
  /** Whom a payload is sealed to that is blocked now. */
  readonly reviewers: () => readonly ReviewerPublicKey[]
  /** What becomes of a block whose payload cannot be held any more; see `Settings`. */
  readonly whenFull: WhenFull
  /** What has left; it goes on under the next policy. */
  readonly ledger: Ledger
  readonly splices: SpliceLedger
  readonly spool: SpoolRooms
  /** Never throws; see `unfailing`. */
  readonly notify: Notify
  /** Whether there is room for more than the records of refusals. */
  readonly hasRoom: () => boolean
  readonly pauses: () => Pauses
}

const knownMethods: ReadonlySet<string> = new Set(METHODS)

/** Request header fields that a route lets pass and that are not credentials. */
const harmlessFields = (policy: Policy, routeId: string | null): ReadonlySet<string> => {
  const headers = policy.routes.find(({ id }) => id === routeId)?.headers.values() ?? []
  return new Set([...headers].filter(({ credential }) => !credential).map(({ name }) => name))
}

const outcomeEntry = (decision: string, route: Route, answer: UpstreamAnswer, ms: number): OutcomeEntry => ({
  kind: 'outcome',
  time: new Date().toISOString(),
  decision,
  result: answer.kind === 'answer' ? 'relayed' : 'failed',
  status: answer.kind === 'answer' ? answer.status : null,
  error: answer.kind === 'answer' ? null : answer.fault,
  bytes: answer.kind === 'answer' ? answer.body.length : 0,
  ms: Math.round(ms),
  ...(route.destination.proxy !== null && { via: 'proxy' }),
  ...(route.response.mode === 'status-only' && { response: 'status-only' }),
})

/** A report that the log would not take must not keep the decision out of it. */
const fitForRecord = (trial: Trial | null): Trial | null => {
  if (trial === null || isTrialRecord(trial)) return trial
  const { route } = trial
  return {
    route,
    verdict: 'would-block',
    reason: 'inspection-failed',
    rule: null,
    place: null,
    findings: [],
    exceptions: [],
  }
}

export const createPipeline = ({ policy, notify, ...parts }: PipelineParts): Pipeline => {
  /** Tells once that records cannot be written, and once that they can be again. */
  let failure: string | null = null
  const tally = newTally()
  const tell = (code: string | null): void => {
    tally.tell(code === null)
    if (code === 'ERR_REVIEW_STATE') return
    if (code !== null && failure === null) notify({ kind: 'log-failed', code })
    if (code === null && failure !== null) notify({ kind: 'log-recovered' })
    failure = code
  }
  const counts: Counts = {
    forwarded: 0,
    failed: 0,
    blocked: 0,
    unrecorded: 0,
    overtaken: 0,
    linesDropped: 0,
    spooled: 0,
    spliced: 0,
  }
  const counted = (passage: Passage, measured: Measured): Passage => {
    const notice = noticeOf(passage, measured)
    counts[notice.verdict] += measured.times
    if (passage.kind === 'forwarded') counts.linesDropped += passage.verdict.linesDropped
    notify(notice)
    return passage
  }
  const alert = dripAlert(notify)
  const faulted = (error: unknown): void => notify({ kind: 'decision-failed', error: faultName(error) })
  const underway = newUnderway()
  const gathering = new Gathering<Passage>()
  const outside = new Gathering<Passage>({ maxKinds: MAX_OUTSIDERS })
  const ownKeys = recentKeys()
  const open = new OpenSplices()
  const spliced = (passage: Spliced): void => {
    const notice = noticeOfSplice(passage)
    counts[notice.verdict]++
    notify(notice)
  }
  const { take } = tally
  const openGate = (policy: Policy): Gate =>
    gateUnder(policy, {
      ...parts,
      tell,
      counted,
      spliced,
      alert,
      faulted,
      underway,
      open,
      gathering,
      outside,
      take,
      ownKeys,
    })
  let gate = openGate(policy)
  return {
    gate: () => gate,
    counts,
    take: tally.take,
    requests: () => tally.counts(parts.forwarder.sent() + parts.splicer.dialled()),
    enforce: next => {
      gate = openGate(next)
      open.review(next)
    },
    sendsAs: ownKeys.add,
    breakOff: pauses => underway.abort(instrument => isPaused(pauses, instrument), new UpstreamError('traffic_paused')),
    endSplices: () => open.close(),
    close: async () => {
      await Promise.all([gathering.close(), outside.close()])
    },
  }
}

/** What a client can bring about without end, at no cost of its own: the first in a minute is recorded, and then how many more. */
const isGathered = ({ reason, rule }: Block): boolean =>
  gatheredReasons.has(reason) || (reason === 'request-incomplete' && rule !== null && gatheredRules.has(rule))

const gatheredReasons: ReadonlySet<BlockReason> = new Set([
  'handshake-failed',
  'outside-lab',
  'connections-exceeded',
  'requests-exceeded',
  'splice-not-allowed',
  'splice-expired',
  'splice-budget',
  'splice-hello',
])
/** Addresses of callers from outside that are told apart in a minute. */
const MAX_OUTSIDERS = 64

const kindOf = ({ client }: Arrival, { instrument, destination, reason, rule }: Block): string =>
  [client, instrument, destination, reason, rule].join(' ')

/** The unspecified address stands for all callers beyond those that are told apart, of whom only the number is known. */
const ofMany = (arrival: Arrival, block: Block) => ({
  arrival: { time: arrival.time, client: '::', ingress: arrival.ingress },
  block: { ...block, instrument: null, destination: null, route: null },
})

const gatheredRules: ReadonlySet<string> = new Set(['first-byte', 'handshake', 'behind-last'])

type GateParts = Pick<
  PipelineParts,
  | 'journal'
  | 'forwarder'
  | 'splicer'
  | 'inspectors'
  | 'reviewers'
  | 'whenFull'
  | 'ledger'
  | 'splices'
  | 'spool'
  | 'hasRoom'
  | 'pauses'
> & {
  readonly underway: Underway
  readonly open: OpenSplices
  readonly spliced: (passage: Spliced) => void
  /** Hears after each decision whether it could be recorded: null, or why not. */
  readonly tell: (code: string | null) => void
  readonly counted: (passage: Passage, measured: Measured) => Passage
  readonly gathering: Gathering<Passage>
  /** The same of callers that are not of the lab: they are many addresses at no cost, and must not crowd out the others. */
  readonly outside: Gathering<Passage>
  readonly take: () => Answered
  readonly alert: (decision: string, verdict: Verdict) => void
  /** Hears of each fault on the way to a verdict. */
  readonly faulted: (error: unknown) => void
  /** The idempotency keys of releases: what comes back with one of them came from here. */
  readonly ownKeys: RecentKeys
}

type RecentKeys = { readonly add: (key: string) => void; readonly has: (head: Head) => boolean }

/** As many as a loop can have under way. */
const MOST_KEYS = 1_000

const recentKeys = (): RecentKeys => {
  const keys = new Set<string>()
  return {
    add: key => {
      keys.add(`"${key}"`)
      if (keys.size > MOST_KEYS) keys.delete(keys.values().next().value!)
    },
    has: head => keys.size > 0 && fieldValues(head, 'idempotency-key').some(value => keys.has(value)),
  }
}

/** Tells of an instrument whose fragments have come to their budget, at most once an hour. */
const dripAlert = (notify: Notify): GateParts['alert'] => {
  const told = new Map<string, number>()
  return (decision, verdict) => {
    if (verdict.kind === 'forward' || !verdict.findings.some(({ detector }) => detector === dripRules.drip.id)) return
    const instrument = verdict.instrument!
    const now = performance.now()
    if (now - (told.get(instrument) ?? -Infinity) < windows.hour) return
    told.set(instrument, now)
    notify({ kind: 'drip', instrument, decision })
  }
}

/** Octets of content, as far as it came. */
const octetsOf = ({ content }: Received): number => (content?.kind === 'complete' ? content.bytes.length : 0)

const nobody = { instrument: null, route: null, destination: null } as const

/** What a record says besides the message and the verdict. */
type Beside = { readonly resend?: Resend | null; readonly trial?: Trial | null; readonly times?: number }

/** `place`: the verdict lets it out, and it waits for its destination. */
type Judged = { readonly verdict: Verdict | Release; readonly trial: Trial | null; readonly place: Place | null }

type Decided = Judged & { readonly measured: Measured }

/** The block of what is not looked at any more. */
type Shut = { readonly shut: Block }

/** Why a decision is not in the log; see `Passage`. */
type Unrecorded = 'unrecorded' | 'overtaken'

const gateUnder = (policy: Policy, parts: GateParts): Gate => {
  const { journal, forwarder, inspectors, reviewers, whenFull, ledger, hasRoom, pauses } = parts
  const { underway, tell, counted, alert, faulted, gathering, outside, take, ownKeys } = parts
  const trials = openTally(policy)
  const spooling = spoolGate(policy, parts.spool)
  const splicedNames = new Set(splicedDestinations(policy).map(spellAuthority))
  const isSpliced = ({ destination }: Block): boolean => destination !== null && splicedNames.has(destination)

  /** A fault on the way to a verdict is one: nothing leaves of which nobody can say why it may. */
  const failed = (arrival: Arrival, error: unknown): Block => {
    faulted(error)
    return inspectUnreadable(arrival, { reason: 'inspection-failed', rule: null, destination: null }, policy)
  }

  /** @returns what shut the gate while a thread inspected the message, where something did */
  const decide = async (id: string, message: Message, resend: Resend | null): Promise<Decided | Shut> => {
    const started = performance.now()
    // What people release is rare, and looked at here.
    const judged = resend?.release ? judge(id, message, resend, null) : await judgeLarge(id, message, resend)
    if ('shut' in judged) return judged
    return { ...judged, measured: measuring(judged.verdict, octetsOf(message), 1, performance.now() - started) }
  }

  const judge = (id: string, message: Message, resend: Resend | null, appraised: Appraised | null): Judged => {
    try {
      return judgeAndEnter(id, message, resend, appraised)
    } catch (error) {
      return { verdict: failed(message.arrival, error), trial: null, place: null }
    }
  }

  /** The same, but what is large is inspected by a thread. */
  const judgeLarge = async (id: string, message: Message, resend: Resend | null): Promise<Judged | Shut> => {
    try {
      const appraising = inspectors.appraise(message, policy)
      if (appraising === null) return judge(id, message, resend, null)
      const appraised = await appraising
      // Meanwhile people may have paused the instrument, or the disk become full.
      const shut = closed(message.arrival, message.head)
      return shut ? { shut } : judge(id, message, resend, appraised)
    } catch (error) {
      return { verdict: failed(message.arrival, error), trial: null, place: null }
    }
  }

  const inspectAny = (message: Message, resend: Resend | null, appraised: Appraised | null): Verdict | Release => {
    const release = resend?.release
    if (release) return inspectRelease(message, policy, release.approval, release.key)
    return appraised ? settle(appraised.judged, policy, message.history) : inspect(message, policy)
  }

  /** Decides and enters in one turn, so that no two messages take the same place in a budget. A trial enters nothing. */
  const judgeAndEnter = (id: string, message: Message, resend: Resend | null, appraised: Appraised | null): Judged => {
    const history = ledger.history()
    const told = { ...message, history }
    const inspected = inspectAny(told, resend, appraised)
    const trial = fitForRecord(appraised ? settleTrial(appraised.tried, policy, history) : inspectTrial(told, policy))
    // People who send something again want to know how that ended.
    const place = inspected.kind === 'block' || resend ? null : spooling.placeFor(message, inspected)
    const verdict = place === 'full' ? inspectUnspooled(inspected as Forward) : inspected
    try {
      ledger.enter(verdict)
      alert(id, verdict)
    } catch (error) {
      if (place && place !== 'full') spooling.giveBack(inspected as Forward, place)
      throw error
    }
    return { verdict, trial, place: place === 'full' ? null : place }
  }

  /**
   * Makes the decision durable. A trial stands in its record, and has no other effect.
   * @returns the verdict as it was recorded, or why it was not
   */
  const record = async <Said extends Verdict | Release>(
    id: string,
    message: Received,
    verdict: Said,
    beside: Beside,
    measured: Measured,
  ): Promise<Said | Block | Unrecorded> => {
    const started = performance.now()
    try {
      // What is sent again is held already.
      const held = verdict.kind === 'block' && !beside.resend ? await hold(id, message, verdict) : null
      const recorded = held
        ? await appendHeld(id, message, verdict as Block, beside, held)
        : await appendEntry(id, message, verdict, beside).then(() => verdict)
      tell(null)
      return recorded
    } catch (error) {
      const code = (error as { code?: string }).code ?? 'ERR_LOG_FAILED'
      tell(code)
      return code === 'ERR_REVIEW_STATE' ? 'overtaken' : 'unrecorded'
    } finally {
      measured.recordMs = performance.now() - started
    }
  }

  const appendEntry = (
    id: string,
    message: Received,
    verdict: Verdict | Release,
    beside: Beside,
    more: Pick<DecisionEntry, 'dropped'> = {},
  ): Promise<unknown> => {
    const { resend = null } = beside
    const entry = { ...entryWith(id, message, verdict, beside), ...more }
    if (!resend) return journal.appendAll([entry])
    return journal.appendAll([entry, verdict.kind === 'forward' ? resend.begin(id) : resend.blocked(id)])
  }

  /** With its payload; where there is no room for it the block is recorded without, as the settings say. */
  const appendHeld = async (
    id: string,
    message: Received,
    block: Block,
    beside: Beside,
    { sealed, digest: payload }: Held,
  ): Promise<Block> => {
    const entry = { ...entryWith(id, message, block, beside), held: true, payload }
    try {
      await journal.append(entry, sealed)
      return block
    } catch (error) {
      if (!isFull(error)) throw error
    }
    const recorded = whenFull === 'refuse' ? inspectUnheld(block) : block
    await appendEntry(id, message, recorded, beside, whenFull === 'refuse' ? {} : { dropped: 'held-full' })
    return recorded
  }

  /** Seals the payload of a known instrument to the reviewers. Null when there is no payload to keep. */
  const hold = async (id: string, { arrival, head, content }: Received, block: Block): Promise<Held | null> => {
    // what found no room to wait stays with the instrument
    if (!head || content?.kind !== 'complete' || block.instrument === null || block.reason === 'spool-full') return null
    const fields = withoutCredentials(head.fields, harmlessFields(policy, block.route))
    const payload = encodeHeld({
      client: arrival.client,
      instrument: block.instrument,
      destination: block.destination,
      head: { ...head, fields },
      content: content.bytes,
    })
    return { sealed: await seal(reviewers(), id, payload), digest: journal.digest(payload) }
  }

  const entryWith = (
    id: string,
    message: Received,
    verdict: Verdict | Release,
    { resend = null, trial = null, times = 1 }: Beside,
  ): DecisionEntry => ({
    ...decisionEntry(id, message, verdict, resend),
    ...(verdict.kind === 'block' && isSpliced(verdict) && { splice: { reserved: 0 } }),
    ...(trial !== null && { trial }),
    ...(times > 1 && { times }),
  })

  const decisionEntry = (
    id: string,
    { arrival, head, content }: Received,
    verdict: Verdict | Release,
    resend: Resend | null,
  ): DecisionEntry => {
    const received = content?.kind === 'complete' ? content.bytes : null
    const block = verdict.kind === 'block' ? verdict : null
    const overrode = 'overrode' in verdict ? verdict.overrode : null
    const objection = block ?? overrode
    return {
      ...decisionSubject(id, arrival, verdict),
      method: head && knownMethods.has(head.method) ? head.method : null,
      path: policy.routes.find(route => route.id === verdict.route)?.path.text ?? null,
      verdict: verdict.kind,
      reason: block?.reason ?? null,
      rule: objection?.rule ?? null,
      place: objection?.place ?? null,
      findings: objection?.findings ?? [],
      ...(verdict.exceptions.length > 0 && { exceptions: verdict.exceptions, excepted: verdict.excepted }),
      policy: policy.digest,
      bytesIn: received?.length ?? 0,
      bytesOut: verdict.kind === 'forward' ? verdict.request.body.length : null,
      nucleotides: verdict.kind === 'forward' ? verdict.nucleotides : null,
      ...(verdict.kind === 'forward' && verdict.linesDropped > 0 && { linesDropped: verdict.linesDropped }),
      digest: received ? journal.digest(received) : null,
      replayOf: resend?.of ?? null,
      ...(resend?.release && { release: { overrode: overrode?.reason ?? null } }),
      held: false,
    }
  }

  const send = async (
    id: string,
    verdict: Forward,
    signal: AbortSignal,
    resend: Resend | null,
    measured: Measured,
  ): Promise<Passage> => {
    const route = policy.routes.find(({ id }) => id === verdict.route)!
    const started = performance.now()
    const answer = await forwarder.forward(verdict.request, route.destination, route.response, signal)
    measured.upstreamMs = performance.now() - started
    const outcome = outcomeEntry(id, route, answer, measured.upstreamMs)
    const end = resend?.end(id, answer) ?? null
    await journal.appendAll(end ? [outcome, end] : [outcome]).catch(() => undefined)
    return { kind: 'forwarded', id, verdict, answer, mode: route.response.mode }
  }

  const blocked = (id: string, block: Block): Passage => ({
    kind: 'blocked',
    id,
    block,
    route: policy.routes.find(({ id }) => id === block.route) ?? null,
    repeats: false,
  })

  const refuse = async (message: Received, block: Block, beside: Beside = {}): Promise<Passage> => {
    const id = uuidV7()
    const measured = measuring(block, octetsOf(message), beside.times ?? 1, null)
    const recorded = await record(id, message, block, beside, measured)
    return counted(typeof recorded === 'string' ? { kind: recorded, id } : blocked(id, recorded), measured)
  }

  const refuseGathered = async (from: Arrival, refused: Block): Promise<Passage> => {
    const pool = refused.reason === 'outside-lab' ? outside : gathering
    const { arrival, block } = pool.hasRoom(kindOf(from, refused))
      ? { arrival: from, block: refused }
      : ofMany(from, refused)
    const { first, repeats } = await pool.take(kindOf(arrival, block), async times => {
      if (times === null) return refuse({ arrival }, block)
      const answered = take()
      const passage = await refuse({ arrival }, block, { times })
      answered()
      return passage
    })
    return first.kind === 'blocked' ? { ...first, repeats } : first
  }

  const refuseAny = (message: Received, block: Block): Promise<Passage> =>
    isGathered(block) ? refuseGathered(message.arrival, block) : refuse(message, block)

  const splices = spliceGate(policy, { ...parts, refuse: (arrival, block) => refuseAny({ arrival }, block) })

  const closed = (arrival: Arrival, head: Head): Block | null => {
    try {
      return hasRoom() ? inspectPaused(arrival, head, policy, pauses()) : inspectShut(arrival, head, policy)
    } catch (error) {
      return failed(arrival, error)
    }
  }

  /** Under way from before its record on: a pause that comes while that is written still keeps it in. */
  const passOn = async (
    id: string,
    verdict: Forward,
    gone: AbortController,
    recorded: Promise<unknown>,
    resend: Resend | null,
    measured: Measured,
  ): Promise<Passage> => {
    const ended = underway.begin(verdict.instrument, gone)
    try {
      const why = await recorded
      if (why === 'unrecorded' || why === 'overtaken') return { kind: why, id }
      return await send(id, verdict, gone.signal, resend, measured)
    } finally {
      ended()
    }
  }

  const spoolUp = async (id: string, entry: DecisionEntry, place: Place, measured: Measured): Promise<Passage> => {
    const started = performance.now()
    try {
      await spooling.accept(entry, place)
      measured.recordMs = performance.now() - started
      tell(null)
      return { kind: 'spooled', id }
    } catch (error) {
      tell((error as { code?: string }).code ?? 'ERR_LOG_FAILED')
      return { kind: 'unrecorded', id }
    }
  }

  const blockSpooled: Gate['blockSpooled'] = async (message, block, of, ends) => {
    const answered = take()
    let isRecorded = false
    try {
      const id = uuidV7()
      const held = (await hold(id, message, block))!
      const entry = { ...entryWith(id, message, block, {}), replayOf: of }
      const rest = ends(id)
      await journal.appendAll([{ ...entry, held: true, payload: held.digest }, ...rest], held.sealed).catch(error => {
        if (!(whenFull === 'drop-payload' && isFull(error))) throw error
        return journal.appendAll([{ ...entry, dropped: 'held-full' }, ...rest])
      })
      isRecorded = true
      tell(null)
      counted(blocked(id, block), measuring(block, octetsOf(message), 1, null))
    } finally {
      answered(!isRecorded)
    }
  }

  const pass = async (message: Message, gone: AbortController, resend: Resend | null): Promise<Passage> => {
    const { arrival, head } = message
    // without its content, for which there may be no room, and which the instrument keeps
    const shut = closed(arrival, head)
    if (shut) return refuse({ arrival, head }, shut, { resend })
    if (ownKeys.has(head)) return refuse({ arrival, head }, inspectLoop(arrival, head, policy), { resend })
    if (resend?.release) ownKeys.add(resend.release.key)
    const id = uuidV7()
    const decided = await decide(id, message, resend)
    if ('shut' in decided) return refuse({ arrival, head }, decided.shut, { resend })
    const { verdict, trial, place, measured } = decided
    const tried = <Said>(said: Said): Said => {
      if (typeof said !== 'string' && trial !== null) trials.add(trial)
      return said
    }
    const beside = { resend, trial }
    if (verdict.kind === 'forward' && place) {
      const passage = await spoolUp(id, entryWith(id, message, verdict, beside), place, measured)
      if (passage.kind === 'spooled') tried(verdict)
      return counted(passage, measured)
    }
    if (verdict.kind === 'forward') {
      const recorded = record(id, message, verdict, beside, measured).then(tried)
      return counted(await passOn(id, verdict, gone, recorded, resend, measured), measured)
    }
    const recorded = tried(await record(id, message, verdict, beside, measured))
    return counted(typeof recorded === 'string' ? { kind: recorded, id } : blocked(id, recorded), measured)
  }

  return {
    policy,
    closed,
    trials,
    pass: (message, gone) => pass(message, gone, null),
    // Nobody's connection decides about it: once it has begun, it is ended, but for a pause.
    resend: (message, resend) => pass(message, new AbortController(), resend),
    blockSpooled,
    refuse: refuseAny,
    splices: {
      ahead: splices.ahead,
      pass: async (...attempt) => {
        const passage = await splices.pass(...attempt)
        if (passage.kind === 'spliced') parts.spliced(passage)
        else if (passage.kind === 'unrecorded') counted(passage, measuring(nobody, 0, 1, null))
        return passage
      },
    },
  }
}

const isFull = (error: unknown): boolean => error instanceof LogError && error.code === 'ERR_HELD_FULL'

/** A sealed payload, and the keyed digest of what is in it. */
type Held = { readonly sealed: Sealed; readonly digest: string }
