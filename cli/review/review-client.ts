import { userInfo } from 'node:os'
import { callControl, refusalIn } from '../../proxy/watch/control.ts'
import type { DataFolder } from '../../proxy/data-folder.ts'
import { ProxyError } from '../../proxy/proxy-error.ts'
import type { ReviewDesk, ReviewResult } from '../../proxy/review/review-desk.ts'
import { withDesk, withReads } from '../../proxy/review/stand-alone.ts'
import { exitCodes } from '../exit-codes.ts'
import { Failure } from '../failure.ts'

/** Who is asking, as the operating system knows them. */
export const osIdentity = (): string => `os:${userInfo().username}`

/** The desk at which held payloads are decided about, wherever it is. */
export type Reviews = Pick<ReviewDesk, 'act' | 'read' | 'resume'>

/**
 * Goes to the desk of the running appliance, which is the log's one writer; while none runs, opens one with the same code.
 * @throws Failure, ProxyError, LogError
 */
export const withReviews = async <T>(folder: DataFolder, use: (reviews: Reviews) => Promise<T>): Promise<T> =>
  (await isRunning(folder)) ? use(throughAppliance(folder)) : withDesk(folder, use)

/**
 * The same for who only reads payloads.
 * @param use - gets what records that payloads are read, before they are
 */
export const withReader = async <T>(folder: DataFolder, use: (read: Reviews['read']) => Promise<T>): Promise<T> =>
  (await isRunning(folder)) ? use(throughAppliance(folder).read) : withReads(folder, use)

export const isRunning = async (folder: DataFolder): Promise<boolean> => {
  try {
    await callControl(folder.control, 'GET /health')
    return true
  } catch (error) {
    if (error instanceof ProxyError && error.code === 'ERR_CONTROL_UNREACHABLE') return false
    throw error
  }
}

/** Payloads that one request tells of. */
const BATCH = 1_000

const throughAppliance = ({ control }: DataFolder): Reviews => ({
  act: async request => (await callAppliance(control, 'POST /reviews', request)) as ReviewResult,
  read: async (actor, decisions) => {
    for (let from = 0; from < decisions.length; from += BATCH)
      await callAppliance(control, 'POST /reviews/read', { actor, decisions: decisions.slice(from, from + BATCH) })
  },
  resume: async (actor, because) => {
    const { fault } = (await callAppliance(control, 'POST /reviews/resume', { actor, because })) as {
      readonly fault: Awaited<ReturnType<Reviews['resume']>>
    }
    return fault
  },
})

/** Asks the running appliance. @throws Failure, ProxyError, LogError */
export const callAppliance = async (control: string, command: string, body: object): Promise<unknown> => {
  const { status, document } = await callControl(control, command, body).catch(goneAway)
  if (status === 200) return document
  const refusal = refusalIn(document)
  if (refusal) throw refusal
  throw new Failure(
    'the appliance failed over it',
    'see "sluice status", and "sluice log show" for what happened',
    exitCodes.failed,
  )
}

/** It was there a moment ago: what it was asked for may be done, or half done. */
const goneAway = (error: unknown): never => {
  if (!(error instanceof ProxyError && error.code === 'ERR_CONTROL_UNREACHABLE')) throw error
  throw new Failure(
    'the appliance ended before it had answered, so nobody knows yet whether it was done',
    'start it again: it then records what it left open; "sluice blocked list" has the state',
    exitCodes.unreachable,
  )
}

/** How payloads are looked at: their structure or, for a reason, their values are shown to a person; or a command reads them for itself. */
export type Look = 'show' | 'read' | { readonly because: string }

/**
 * Records that payloads are looked at, before it happens.
 * @throws Failure when one of them cannot be looked at
 */
export const recordLooks = (folder: DataFolder, decisions: readonly string[], look: Look): Promise<void> =>
  look === 'read'
    ? withReader(folder, read => read(osIdentity(), decisions))
    : withReviews(folder, async reviews => {
        const how = look === 'show' ? { action: look } : { action: 'reveal' as const, ...look }
        for (const decision of decisions) {
          const result = await reviews.act({ ...how, decision, actor: osIdentity() })
          if (result.kind === 'refused')
            throw new Failure('the look could not be recorded, so nothing is shown', 'see "sluice log show"')
        }
      })
