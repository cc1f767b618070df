import type { Journal } from '../../log/writing/journal.ts'
import { LogError } from '../../log/log-error.ts'
import { openLogReader, type LogReader } from '../../log/reading/query.ts'
import type { ApproveEntry, ReviewEntry, SignatureRecord } from '../../log/record.ts'
import { isSigned } from '../../log/review/review-signature.ts'
import { readCase, type ReviewCase } from '../../log/review/case.ts'
import {
  approvalRail,
  changeRail,
  fallenAway,
  holdingApprovals,
  rails,
  releaseRail,
  replayRail,
  type Rail,
  type RailContext,
  type RailSettings,
} from './review-rails.ts'
import type { State } from '../../log/review/states.ts'
import { statementBytes, statementOf, statementTypes, type Statement } from '../../log/review/statement.ts'
import type { ReviewerPublicKey } from '../../log/review/reviewer.ts'
import { uuidV7 } from '../../log/writing/uuid-v7.ts'
import { freeTextFault, freeTextFaults } from '../../rules/free-text.ts'
import { blockReasons, type Approval, type BlockReason } from '../../rules/verdict.ts'
import type { UpstreamAnswer } from '../upstream/forwarder.ts'
import { decodeHeld, messageOfHeld } from './held-payload.ts'
import type { Gate, Passage, Pipeline, Resend } from '../pipeline.ts'
import { ProxyError } from '../proxy-error.ts'
import { releaseEnd } from './release-end.ts'
import type { ReviewRequest } from './review-request.ts'
import { upstreamFaults } from '../upstream/upstream-fault.ts'

/** What became of what somebody wanted. */
export type ReviewResult =
  /** `sent`: how a replay or a release went; `state` is the payload's after it. */
  | { readonly kind: 'done'; readonly decision: string; readonly state: State; readonly sent: Sent | null }
  /** Nothing was done and nothing left. `detail`: a code that says more, such as a block reason. */
  | { readonly kind: 'refused'; readonly decision: string; readonly rail: Rail; readonly detail: Detail | null }

type Detail = { readonly code: string; readonly explanation: string }

/** How a payload that was sent again ended; `decision` is the id of the new decision. */
export type Sent = {
  readonly decision: string
  readonly verdict: 'forward' | 'block'
  /** Reason of a block, or fault on the way. */
  readonly code: string | null
  readonly explanation: string | null
  /** Status code of the vendor's answer. */
  readonly status: number | null
}

/**
 * Where held payloads are decided about: the one place that puts the rails before what people want, records it, and sends. The running
 * appliance has one; `stand-alone.ts` opens one while it is stopped.
 */
export type ReviewDesk = {
  /** @throws ProxyError (as a rejection) `ERR_REVIEW_UNKNOWN`, `ERR_REVIEW_UNRECORDED`; LogError */
  readonly act: (request: ReviewRequest) => Promise<ReviewResult>
  /** Records that a command reads payloads, before it does: all of them, or none. */
  readonly read: (actor: string, decisions: readonly string[]) => Promise<void>
  /** Lets releases go on after too many of them failed. */
  readonly resume: (actor: string, because: string) => Promise<Detail | null>
  /** Records which approvals have fallen away: by time, or because another policy is in force. */
  readonly sweep: () => Promise<void>
  /** Records which releases the process before left open: nobody knows how they ended, and nobody tries again by himself. */
  readonly recover: () => Promise<void>
}

export type DeskParts = {
  readonly log: string
  readonly journal: Journal
  readonly pipeline: Pick<Pipeline, 'gate' | 'take'>
  readonly reviewers: () => readonly ReviewerPublicKey[]
  readonly settings: RailSettings
}

/** What the appliance finds out by itself is recorded by this name. */
const APPLIANCE = 'sluice'
/** All that are in one state. */
const ALL = 1_000_000_000

export const openDesk = ({ log, journal, pipeline, reviewers, settings }: DeskParts): ReviewDesk => {
  const reading = <T>(read: (reader: LogReader) => T): T => {
    const reader = openLogReader(log)
    try {
      return read(reader)
    } finally {
      reader.close()
    }
  }

  const caseOf = (id: string): ReviewCase => {
    const found = reading(reader => readCase(reader, id))
    if (found) return found
    throw new ProxyError('ERR_REVIEW_UNKNOWN', `no payload is held for ${id}`)
  }

  const contextOf = (gate: Gate): RailContext => ({ now: Date.now(), settings, policy: gate.policy })

  const act = async (request: ReviewRequest): Promise<ReviewResult> => {
    const { decision, seen } = request
    const found = caseOf(decision)
    if (seen !== undefined && seen !== found.state) return refused(decision, 'changed-meanwhile')
    const words = wordsFault(request)
    if (words) return { kind: 'refused', decision, ...words }
    try {
      return await perform(found, request)
    } catch (error) {
      if (!(error instanceof LogError)) throw error
      if (error.code === 'ERR_REVIEW_STATE') return refused(decision, 'changed-meanwhile')
      throw new ProxyError('ERR_REVIEW_UNRECORDED', 'it could not be recorded, so it was not done', { cause: error })
    }
  }

  const perform = (found: ReviewCase, request: ReviewRequest): Promise<ReviewResult> => {
    switch (request.action) {
      case 'show':
      case 'reveal': {
        const { action, because = null } = request
        const entry = { ...entryOf(request), kind: 'review.open', action, because } as const
        return change(found, changeRail(found, entry.kind), entry)
      }
      case 'note': {
        const entry = { ...entryOf(request), kind: 'review.note', note: request.because } as const
        return change(found, changeRail(found, entry.kind), entry)
      }
      case 'reject': {
        const { because, finding } = request
        const entry = { ...entryOf(request), kind: 'review.reject', because, finding } as const
        return change(found, changeRail(found, entry.kind), entry)
      }
      case 'purge': {
        const entry = { ...entryOf(request), kind: 'purge', cause: 'reviewer', because: request.because } as const
        return change(found, changeRail(found, entry.kind), entry)
      }
      case 'approve':
        return approve(found, request)
      case 'replay':
        return replay(found, request)
      case 'release':
        return inTurn(() => release(caseOf(found.decision.id), request))
    }
  }

  /** Releases go one after the other, so that no two of them count the same ones before them. */
  let turn: Promise<unknown> = Promise.resolve()
  const inTurn = <T>(run: () => Promise<T>): Promise<T> => {
    const result = turn.then(run)
    turn = result.catch(() => undefined)
    return result
  }

  const change = async ({ decision }: ReviewCase, rail: Rail | null, entry: ReviewEntry): Promise<ReviewResult> => {
    if (rail) return refused(decision.id, rail)
    await journal.appendAll([entry])
    return { kind: 'done', decision: decision.id, state: caseOf(decision.id).state, sent: null }
  }

  const approve = async (found: ReviewCase, request: Wanting<'approve'>): Promise<ReviewResult> => {
    const { decision } = found
    const context = contextOf(pipeline.gate())
    const { because, signature = null } = request
    const expires = request.expires ?? new Date(context.now + settings.approvalExpires).toISOString()
    const rail = approvalRail(found, Date.parse(expires), context)
    if (rail) return refused(decision.id, rail)
    const { policy } = context
    const statement = statementOf(decision, policy.digest, expires)
    if (signature && !isOf(signature, 'approve', statement)) return refused(decision.id, 'signature-invalid')
    const { payload, destination } = statement
    const approval: ApproveEntry = {
      ...entryOf(request),
      kind: 'review.approve',
      because,
      payload,
      policy: policy.digest,
      destination,
      expires,
      signature,
    }
    return change(found, null, approval)
  }

  const isOf = (signature: SignatureRecord, action: keyof typeof statementTypes, statement: Statement): boolean => {
    const reviewer = reviewers().find(({ signingFingerprint }) => signingFingerprint === signature.fingerprint)
    if (reviewer?.name !== signature.reviewer) return false
    return isSigned(reviewer.signingKey, statementTypes[action], statementBytes(statement), signature.value)
  }

  const replay = async (found: ReviewCase, request: Wanting<'replay'>): Promise<ReviewResult> => {
    const rail = replayRail(found)
    if (rail) return refused(found.decision.id, rail)
    const { because } = request
    return resend(found, request.payload, pipeline.gate(), {
      of: found.decision.id,
      release: null,
      begin: id => ({ ...entryOf(request), kind: 'review.replay', because, replay: id }),
      blocked: blockedEntry(request),
      end: (id, answer) => unsentEntry(found.decision.id, id, answer),
    })
  }

  const release = async (found: ReviewCase, request: Wanting<'release'>): Promise<ReviewResult> => {
    const { because, signature = null, actor } = request
    const { decision, unknownRelease } = found
    const gate = pipeline.gate()
    const context = contextOf(gate)
    const { policy, now } = context
    const holding = holdingApprovals(found, context)
    const last = holding.at(-1)
    const figures = reading(reader => reader.releaseFigures(new Date(now - HOUR).toISOString()))
    const rail = releaseRail(found, { actor, signature }, figures, context)
    if (rail ?? !last) return refused(decision.id, rail ?? 'not-approved')
    const { expires, destination } = last
    if (signature && !isOf(signature, 'release', statementOf(decision, policy.digest, expires)))
      return refused(decision.id, 'signature-invalid')
    // The vendor may have taken a release of which nobody knows: under the same key it takes it once.
    const key = unknownRelease?.key ?? uuidV7()
    return resend(found, request.payload, gate, {
      of: decision.id,
      release: { approval: { policy: policy.digest, destination, expires: Date.parse(expires) }, key },
      begin: id => ({
        ...entryOf(request),
        kind: 'review.release',
        because,
        release: id,
        approvals: holding.map(({ sequence }) => sequence),
        people: settings.people,
        key,
        signature,
      }),
      blocked: blockedEntry(request),
      end: (id, answer) => ({ ...own(decision.id), release: id, ...releaseEnd(answer) }),
    })
  }

  /** Sends exactly the octets that were held: their digest stands in the record of the decision. */
  const resend = async (found: ReviewCase, payload: string, gate: Gate, how: Resend): Promise<ReviewResult> => {
    const id = found.decision.id
    const bytes = Buffer.from(payload, 'base64')
    if (journal.digest(bytes) !== found.decision.payload) return refused(id, 'bytes-changed')
    const answered = pipeline.take()
    try {
      const passage = await gate.resend(messageOfHeld(decodeHeld(bytes)), how)
      return resultOf(id, passage, how, () => caseOf(id).state)
    } finally {
      answered()
    }
  }

  const inState = (state: State): readonly ReviewCase[] =>
    reading(reader =>
      reader.heldList({ state, limit: ALL }).flatMap(({ decision }) => readCase(reader, decision) ?? []),
    )

  return {
    act,
    read: (actor, decisions) => recordReads(journal, actor, decisions),
    resume: async (actor, because) => {
      const fault = freeTextFault(because)
      if (fault) return { code: fault, explanation: freeTextFaults[fault] }
      await journal.append({ kind: 'review.resume', time: now(), actor, because })
      return null
    },
    sweep: async () => {
      const context = contextOf(pipeline.gate())
      for (const { decision, approvals } of inState('approved')) {
        const causes = approvals.map(approval => fallenAway(approval, context, decision))
        const cause = causes.at(-1)
        if (!cause || causes.includes(null)) continue
        await journal.appendAll([{ ...own(decision.id), kind: 'review.expire', cause }]).catch(() => undefined)
      }
    },
    recover: async () => {
      for (const { decision, events } of inState('releasing')) {
        const { release } = events.findLast(event => event.kind === 'review.release')!
        const end = { release, kind: 'review.release-unknown', status: null, error: 'process-died' } as const
        await journal.appendAll([{ ...own(decision.id), ...end }])
      }
    },
  }
}

/** As `ReviewDesk.read`, for whoever has no desk. */
export const recordReads = async (
  journal: Pick<Journal, 'appendAll'>,
  actor: string,
  decisions: readonly string[],
): Promise<void> => {
  const entries = decisions.map(decision => ({ kind: 'review.read', time: now(), decision, actor }) as const)
  const [first, ...more] = entries
  if (first) await journal.appendAll([first, ...more])
}

const HOUR = 3_600_000

type Wanting<Action extends ReviewRequest['action']> = Extract<ReviewRequest, { readonly action: Action }>

const now = (): string => new Date().toISOString()

const entryOf = ({ decision, actor }: ReviewRequest) => ({ time: now(), decision, actor })

const own = (decision: string) => ({ time: now(), decision, actor: APPLIANCE })

const refused = (decision: string, rail: Rail, detail: Detail | null = null): ReviewResult => ({
  kind: 'refused',
  decision,
  rail,
  detail,
})

/** Only looking at the structure needs no reason. */
const wordsFault = ({
  action,
  because,
}: ReviewRequest): { readonly rail: Rail; readonly detail: Detail | null } | null => {
  if (because === undefined) return action === 'show' ? null : { rail: 'reason-missing', detail: null }
  const fault = freeTextFault(because)
  if (fault === 'empty') return { rail: 'reason-missing', detail: null }
  return fault && { rail: 'reason-unfit', detail: { code: fault, explanation: freeTextFaults[fault] } }
}

const blockedEntry =
  (request: Wanting<'replay' | 'release'>): Resend['blocked'] =>
  id => ({ ...entryOf(request), kind: 'review.blocked', because: request.because, attempt: id })

const unsentEntry = (decision: string, replay: string, answer: UpstreamAnswer): ReviewEntry | null => {
  const { kind, error } = releaseEnd(answer)
  return kind === 'review.release-failed' && error !== null
    ? { ...own(decision), kind: 'review.unsent', replay, error }
    : null
}

/** What keeps a release back when inspection does. An approval that is void ran out since, or is for another destination. */
const railOf = (reason: BlockReason, { expires }: Approval): Rail => {
  if (reason === 'never-release') return reason
  if (reason !== 'approval-void') return 'not-releasable'
  return Date.now() >= expires ? 'approval-expired' : 'destination-changed'
}

const resultOf = (of: string, passage: Passage, { release }: Resend, stateNow: () => State): ReviewResult => {
  const decision = passage.id
  switch (passage.kind) {
    case 'overtaken':
      return refused(of, 'changed-meanwhile')
    case 'unrecorded':
      throw new ProxyError('ERR_REVIEW_UNRECORDED', 'the decision could not be recorded, so nothing was sent')
    case 'blocked': {
      const { reason } = passage.block
      const why = { code: reason, explanation: blockReasons[reason] }
      if (release) return refused(of, railOf(reason, release.approval), why)
      return {
        kind: 'done',
        decision: of,
        state: stateNow(),
        sent: { decision, verdict: 'block', ...why, status: null },
      }
    }
    case 'spooled':
      throw new ProxyError('ERR_REVIEW_UNRECORDED', 'what people send is never spooled')
    case 'forwarded':
      return { kind: 'done', decision: of, state: stateNow(), sent: sentBy(decision, passage.answer) }
  }
}

const sentBy = (decision: string, answer: UpstreamAnswer): Sent => {
  const verdict = 'forward'
  if (answer.kind === 'answer') return { decision, verdict, code: null, explanation: null, status: answer.status }
  const { meaning, hint } = upstreamFaults[answer.fault]
  return { decision, verdict, code: answer.fault, explanation: `${meaning}; ${hint}`, status: null }
}

/** What a rail says, with what to do. */
export const spellRail = (rail: Rail): { readonly what: string; readonly hint: string } => rails[rail]
