import { setTimeout } from 'node:timers/promises'
import { writeAnchor } from '../../log/proofs/anchor-files.ts'
import type { Journal } from '../../log/writing/journal.ts'
import { openLogReader } from '../../log/reading/query.ts'
import type { RequestCounts } from '../../log/record.ts'
import type { Notify } from '../watch/notice.ts'

/**
 * Sends checkpoints of the log out of the appliance on a schedule, because only what is kept elsewhere shows that a whole log was
 * replaced: as a line of standard output, and to a folder (of another machine, best of all) when there is one. Traffic does not
 * wait for it, and goes on when it fails: whoever can unplug a file server would otherwise stop the lab.
 */
export type Anchors = {
  readonly status: () => AnchorStatus
  /** Sends one now. Never rejects. */
  readonly send: () => Promise<void>
  readonly close: () => void
}

export type AnchorStatus = {
  readonly everyMs: number
  readonly folder: string | null
  /** When the last one went out, and of what size of the log; null before the first. */
  readonly printed: { readonly time: string; readonly size: number } | null
  readonly written: { readonly time: string; readonly size: number } | null
  /** Why the last one could not be written: a code of the operating system, `ETIMEDOUT`, or of the log. */
  readonly fault: string | null
}

export type AnchorParts = {
  /** Folder of the log. */
  readonly log: string
  readonly journal: Journal
  readonly requests: () => RequestCounts
  readonly notify: Notify
  readonly everyMs: number
  readonly folder: string | null
}

/** Milliseconds that a folder gets to take a file. One that hangs is not asked again until it has answered. */
const WRITE_MS = 30_000
/** The longest that Node's timers go, in milliseconds. */
const MAX_TIMER = 2_147_483_647

export const openAnchors = (parts: AnchorParts): Anchors => {
  const { journal, requests, notify, folder, everyMs } = parts
  let printed: AnchorStatus['printed'] = null
  let written: AnchorStatus['written'] = null
  let fault: string | null = null
  let hanging: Promise<unknown> | null = null

  /** @returns why the file could not be written, or null */
  const write = async (to: string, size: number, note: string): Promise<string | null> => {
    if (hanging !== null) return 'ETIMEDOUT'
    const writing = writeAnchor(to, size, note).then(
      () => null,
      (error: NodeJS.ErrnoException) => error.code ?? 'EIO',
    )
    hanging = writing.then(() => (hanging = null))
    return Promise.race([writing, setTimeout(WRITE_MS, 'ETIMEDOUT', { ref: false })])
  }

  const send = async (): Promise<void> => {
    if (journal.status().state !== 'ready') return
    try {
      const { note, size, root } = lastCheckpoint(parts.log)
      const time = new Date().toISOString()
      notify({ kind: 'anchor', size, root, checkpoint: note })
      printed = { time, size }
      const error = folder === null ? null : await write(folder, size, note)
      if (folder !== null && error === null) written = { time, size }
      if (error !== null) notify({ kind: 'anchor-failed', code: error })
      fault = error
      const file = folder === null ? null : error === null ? 'written' : 'failed'
      await journal.append({ kind: 'anchor', time, size, root, file, error, requests: requests() })
    } catch (error) {
      fault = (error as { code?: string }).code ?? 'EIO'
      notify({ kind: 'anchor-failed', code: fault })
    }
  }

  let turn: Promise<void> = Promise.resolve()
  const sendInTurn = (): Promise<void> => (turn = turn.then(send))
  const timer = setInterval(() => void sendInTurn(), Math.min(everyMs, MAX_TIMER))
  timer.unref()
  return {
    status: () => ({ everyMs, folder, printed, written, fault }),
    send: sendInTurn,
    close: () => clearInterval(timer),
  }
}

const lastCheckpoint = (log: string): { readonly note: string; readonly size: number; readonly root: string } => {
  const reader = openLogReader(log)
  try {
    const note = reader.checkpoint()
    const [, size = '', root = ''] = note.split('\n')
    return { note, size: Number(size), root }
  } finally {
    reader.close()
  }
}
