import { openJournal } from '../../log/writing/journal.ts'
import { callControl, refusalIn } from '../../proxy/watch/control.ts'
import type { DataFolder } from '../../proxy/data-folder.ts'
import { ProxyError } from '../../proxy/proxy-error.ts'
import { openReviewers, type KeyChange, type Reviewers } from '../../proxy/review/reviewers.ts'
import { exitCodes } from '../exit-codes.ts'
import { Failure } from '../failure.ts'

/** Changes whom payloads are sealed to. `isRunning`: through the running appliance, which takes them up at once. */
export type ReviewerChanges = Omit<Reviewers, 'current'> & {
  readonly isRunning: boolean
  readonly close: () => Promise<void>
}

/** Through the running appliance, which is the log's one writer; by ourselves when there is none. */
export const openReviewerChanges = async (folder: DataFolder): Promise<ReviewerChanges> =>
  (await isRunning(folder)) ? throughAppliance(folder) : alone(folder)

const isRunning = async (folder: DataFolder): Promise<boolean> => {
  try {
    await callControl(folder.control, 'GET /health')
    return true
  } catch (error) {
    if (error instanceof ProxyError && error.code === 'ERR_CONTROL_UNREACHABLE') return false
    throw error
  }
}

const throughAppliance = (folder: DataFolder): ReviewerChanges => {
  const ask = async (what: string, request: object): Promise<KeyChange> => {
    const { status, document } = await callControl(folder.control, `POST /reviewers/${what}`, request)
    if (status === 200) return document as KeyChange
    const refusal = refusalIn(document)
    throw refusal ?? new Failure('the appliance did not take the change', 'see "sluice status"', exitCodes.unreachable)
  }
  return {
    isRunning: true,
    add: request => ask('add', request),
    retire: request => ask('retire', request),
    rotate: request => ask('rotate', request),
    reseal: request => ask('reseal', request),
    close: async () => undefined,
  }
}

const alone = async (folder: DataFolder): Promise<ReviewerChanges> => {
  const journal = await openJournal({ directory: folder.log })
  try {
    return { ...(await openReviewers(folder, journal)), isRunning: false, close: () => journal.close() }
  } catch (fault) {
    await journal.close()
    throw fault
  }
}
