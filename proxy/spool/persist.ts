import { setTimeout } from 'node:timers/promises'
import type { Journal } from '../../log/writing/journal.ts'
import { LogError } from '../../log/log-error.ts'
import type { Entry } from '../../log/record.ts'
import { isChanged } from './attempt.ts'

/** Milliseconds from one try to write what has to be written to the next. */
const RETRY_MS = 500

/** What ends by itself: the log recovers, and its queue empties. */
const passing: ReadonlySet<string> = new Set(['ERR_LOG_FAILED', 'ERR_LOG_QUEUE_FULL'])

/**
 * Writes records that have to be written, however long the log cannot be. A commit that was reported as failed can have reached the disk: then the
 * state of the payload does not allow them a second time, and they are there.
 * @throws LogError (as a rejection) `ERR_LOG_CLOSED`, `ERR_LOG_RECORD`; AbortError once `closed` aborts while the log cannot be written
 */
export const persistWith =
  (journal: Pick<Journal, 'appendAll' | 'status'>, closed: AbortSignal) =>
  async (entries: readonly [Entry, ...Entry[]]): Promise<boolean> => {
    for (;;) {
      try {
        await journal.appendAll(entries)
        return true
      } catch (error) {
        if (isChanged(error)) return false
        if (!(error instanceof LogError && passing.has(error.code))) throw error
      }
      do await setTimeout(RETRY_MS, null, { ref: false, signal: closed })
      while (journal.status().state === 'failed')
    }
  }
