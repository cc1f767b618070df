import type { Journal } from '../../log/writing/journal.ts'
import { LogError } from '../../log/log-error.ts'
import { purgeSegments, type PurgeItem, type PurgeRequest } from '../../log/segments/purge-segments.ts'
import type { RedactEntry } from '../../log/record.ts'
import { redactRecord, type RedactRequest } from '../../log/writing/redact.ts'
import { sealSegment, tidySegments, type SealedSegment } from '../../log/segments/seal-segment.ts'
import type { Notify } from '../watch/notice.ts'

/** Records younger than this, in milliseconds, stay in the database. */
export type SealRequest = { readonly age: number }

/** What changes the log other than by appending: one at a time, by its one writer. */
export type LogChanges = {
  readonly seal: (request: SealRequest) => Promise<{ readonly segment: SealedSegment | null }>
  readonly purge: (request: PurgeRequest) => Promise<{ readonly segments: readonly PurgeItem[] }>
  readonly redact: (request: RedactRequest) => Promise<{ readonly redaction: RedactEntry | null }>
}

/** @param log - folder of the log */
export const logChanges = (
  log: string,
  journal: Journal,
): LogChanges & { readonly tidy: () => Promise<SealedSegment | null> } => {
  let turn: Promise<unknown> = Promise.resolve()
  const inTurn = <Result>(act: () => Promise<Result>): Promise<Result> => {
    const next = turn.then(act)
    turn = next.catch(() => undefined)
    return next
  }
  return {
    seal: ({ age }) => inTurn(async () => ({ segment: await sealSegment(log, journal, age) })),
    purge: request => inTurn(async () => ({ segments: await purgeSegments(log, journal, request) })),
    redact: request => inTurn(async () => ({ redaction: await redactRecord(log, journal, request) })),
    tidy: () => inTurn(() => tidySegments(log, journal)),
  }
}

const HOUR = 3_600_000

/** Looks after the segments of the log from the start on, every hour: traffic does not wait for it, and goes on when it fails. */
export const openUpkeep = (
  log: string,
  journal: Journal,
  notify: Notify,
): LogChanges & { readonly close: () => void } => {
  const { tidy, ...changes } = logChanges(log, journal)
  const look = async (): Promise<void> => {
    if (journal.status().state !== 'ready') return
    try {
      const sealed = await tidy()
      if (sealed !== null) notify({ kind: 'segment-sealed', first: sealed.first, last: sealed.last })
    } catch (fault) {
      const code = fault instanceof LogError ? fault.code : ((fault as NodeJS.ErrnoException).code ?? 'EIO')
      if (code !== 'ERR_LOG_CLOSED') notify({ kind: 'segment-failed', code })
    }
  }
  void look()
  const timer = setInterval(() => void look(), HOUR)
  timer.unref()
  return { ...changes, close: () => clearInterval(timer) }
}
