import type { Journal } from '../../log/writing/journal.ts'
import { openLogReader } from '../../log/reading/query.ts'

/** Deletes held payloads when they are as old as they may become, each with a record that says so. */
export type Retention = {
  /** Looks now instead of at the next turn. Never rejects: what could not be deleted is left for the next turn. */
  readonly look: () => Promise<void>
  readonly close: () => void
}

const HOUR = 3_600_000
/** Payloads that are deleted at a time. */
const BATCH = 500

/** @param log - folder of the log. @param keepMs - how long payloads are held, in milliseconds */
export const openRetention = (log: string, journal: Journal, keepMs: number): Retention => {
  const purgeDue = async (): Promise<void> => {
    for (let due = heldUntil(log, keepMs); due.length > 0; due = heldUntil(log, keepMs)) {
      const time = new Date().toISOString()
      const purge = { kind: 'purge', time, cause: 'retention', because: null, actor: 'sluice' } as const
      await Promise.all(due.map(decision => journal.append({ ...purge, decision })))
    }
  }
  let turn: Promise<void> = Promise.resolve()
  // a log that cannot be written is told of elsewhere
  const look = (): Promise<void> => (turn = turn.then(purgeDue).catch(() => undefined))
  const timer = setInterval(() => void look(), Math.min(HOUR, keepMs))
  timer.unref()
  return { look, close: () => clearInterval(timer) }
}

const heldUntil = (log: string, keepMs: number): readonly string[] => {
  const reader = openLogReader(log)
  try {
    return reader.heldBefore(new Date(Date.now() - keepMs).toISOString(), BATCH)
  } finally {
    reader.close()
  }
}

/** Deletes payloads for which there is no decision, and records how many. Only something else than sluice can have put them there. */
export const sweepOrphans = async (log: string, journal: Journal): Promise<number> => {
  const reader = openLogReader(log)
  const swept = reader.heldOrphans()
  reader.close()
  if (swept > 0) await journal.append({ kind: 'held.sweep', time: new Date().toISOString(), swept })
  return swept
}
