import { Ajv2020 } from 'ajv/dist/2020.js'
import { openJournal, type Journal } from '../../log/writing/journal.ts'
import { openLogReader } from '../../log/reading/query.ts'
import type { SpoolRow } from '../../log/spool/spool-rows.ts'
import { nextSpoolState, spoolStates, type SpoolState } from '../../log/spool/states.ts'
import { freeTextFault, freeTextFaults } from '../../rules/free-text.ts'
import { ProxyError } from '../proxy-error.ts'
import { about, failedOutcome, isChanged, recoveryOf } from './attempt.ts'

/** What somebody wants with a payload that waits: that it is sent after all, or now instead of later; or that it is deleted. */
export type SpoolRequest = {
  readonly action: 'retry' | 'drop'
  /** Under which it waits. */
  readonly decision: string
  /** `os:` and the operating system's name for whoever asks. */
  readonly actor: string
  /** Why, in their own words. */
  readonly because: string
  /** The state in which they saw it: when it is in another, nothing is done. */
  readonly seen?: SpoolState
}

/** Why it was not done, and what to do. Codes are stable. */
export const spoolRefusals = {
  'state-not-allowed': {
    what: 'the state of the payload does not allow it',
    hint: 'one that is on its way right now is left alone: look again with "sluice spool list"',
  },
  'changed-meanwhile': {
    what: 'something has happened to it meanwhile, so nothing was done',
    hint: 'look again with "sluice spool list"; "sluice log show" has what happened',
  },
  'reason-unfit': {
    what: 'the reason may not stand in the log',
    hint: 'use at most 200 plain characters, and name roles instead of persons',
  },
} as const

export type SpoolRefusal = keyof typeof spoolRefusals

export type SpoolResult =
  | { readonly kind: 'done'; readonly decision: string; readonly state: SpoolState }
  | { readonly kind: 'refused'; readonly decision: string; readonly why: SpoolRefusal; readonly detail: string | null }

const events = { retry: 'spool.retry', drop: 'spool.dropped' } as const

/**
 * Records what a person decided about a payload that waits; the writer does it in the same transaction. That one which waits already is to be
 * tried now changes nothing, and is not recorded.
 * @throws ProxyError (as a rejection) `ERR_SPOOL_UNRECORDED`
 */
export const decideSpooled = async (
  journal: Pick<Journal, 'appendAll'>,
  { decision, state, promise }: Pick<SpoolRow, 'decision' | 'state' | 'promise'>,
  { action, actor, because, seen }: SpoolRequest,
): Promise<SpoolResult> => {
  const refused = (why: SpoolRefusal, detail: string | null = null): SpoolResult => ({
    kind: 'refused',
    decision,
    why,
    detail,
  })
  if (seen !== undefined && seen !== state) return refused('changed-meanwhile')
  const fault = freeTextFault(because)
  if (fault !== null) return refused('reason-unfit', freeTextFaults[fault])
  if (action === 'retry' && state === 'waiting') return { kind: 'done', decision, state }
  const kind = events[action]
  const next = nextSpoolState(state, kind, promise)
  if (next === null) return refused('state-not-allowed')
  const entry = { ...about(decision, actor), kind, because } as const
  try {
    await journal.appendAll(action === 'drop' ? [entry, failedOutcome(decision, 'spool-dropped')] : [entry])
    return { kind: 'done', decision, state: next }
  } catch (cause) {
    if (isChanged(cause)) return refused('changed-meanwhile')
    throw new ProxyError('ERR_SPOOL_UNRECORDED', 'it could not be recorded, so it was not done', { cause })
  }
}

export type ActOnSpool = (request: SpoolRequest) => Promise<SpoolResult>

/**
 * Decides about what waits while no appliance runs: nothing is sent, and what the last one left open is settled first. It is the log's writer as
 * long as it goes on.
 * @throws LogError (as a rejection) `ERR_LOG_BUSY` while an appliance runs
 */
export const withSpoolAlone = async <T>(log: string, use: (act: ActOnSpool) => Promise<T>): Promise<T> => {
  const journal = await openJournal({ directory: log })
  const reader = openLogReader(log)
  try {
    for (const row of reader.spoolList({ state: 'sending' })) await journal.appendAll([recoveryOf(row)])
    return await use(async request => {
      const row = reader.spoolList({ ids: [request.decision], limit: 1 })[0]
      if (!row) throw new ProxyError('ERR_SPOOL_UNKNOWN', `nothing waits under ${request.decision}`)
      return decideSpooled(journal, row, request)
    })
  } finally {
    reader.close()
    await journal.close()
  }
}

const isRequest = new Ajv2020({ strict: true }).compile<SpoolRequest>({
  type: 'object',
  additionalProperties: false,
  required: ['action', 'decision', 'actor', 'because'],
  properties: {
    action: { enum: Object.keys(events) },
    decision: { type: 'string', maxLength: 100 },
    actor: { type: 'string', pattern: '^os:[A-Za-z0-9._@-]{1,120}$' },
    because: { type: 'string', maxLength: 10_000 },
    seen: { enum: Object.keys(spoolStates) },
  },
})

/** Checks the form of what came over the socket. @throws ProxyError `ERR_SPOOL_REQUEST` */
export const readSpoolRequest = (value: unknown): SpoolRequest => {
  if (isRequest(value)) return value
  throw new ProxyError('ERR_SPOOL_REQUEST', 'what is asked about a payload that waits is not of its form')
}
