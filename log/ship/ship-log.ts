import { setTimeout } from 'node:timers/promises'
import type { Cursor } from '../reading/cursor.ts'
import { LogError } from '../log-error.ts'
import { isRedacted, type RecordSource } from '../reading/record-source.ts'
import type { Receiver } from './receiver.ts'

/** What happens on the way, for whoever watches. */
export type ShipNotice =
  | { readonly kind: 'delivered'; readonly records: number; readonly next: number }
  | { readonly kind: 'waiting'; readonly why: string; readonly seconds: number }

export type ShipOptions = {
  /** Ends when everything that there is was delivered, and fails at the first failure. */
  readonly once: boolean
  /** Whether signed checkpoints go along, each behind the last record that it signs: one a minute, and with `once` at the end. */
  readonly checkpoints?: boolean
  readonly signal: AbortSignal
  readonly notify: (notice: ShipNotice) => void
  /** First pause after a failure, in milliseconds; each further one is twice as long, up to a minute. Default one second. */
  readonly pause?: number
}

const BATCH = 200
const LONGEST_PAUSE = 60_000
/** How often a quiet log is looked at, in milliseconds. */
const INTERVAL = 500
/** Least time from one checkpoint to the next, in milliseconds: each costs a message and a signature to check. */
const CHECKPOINT_INTERVAL = 60_000

/**
 * Delivers every record from the cursor on, in order, and goes on with those to come until it is aborted. The log is the queue: the cursor
 * advances only after a delivery, and a receiver that is down is tried again until it is back. What is delivered between two checkpoints is
 * what there was at the first of them, so that a log that grows all the time has checkpoints all the same.
 * @throws LogError `ERR_SHIP_REJECTED`; with `once` also `ERR_SHIP_UNDELIVERED`
 */
export const shipLog = async (
  source: RecordSource,
  cursor: Pick<Cursor, 'next' | 'advance'>,
  receiver: Receiver,
  options: ShipOptions,
): Promise<void> => {
  const { signal, notify, once, checkpoints = false, pause: firstPause = 1_000 } = options
  let pause = firstPause
  let goal = source.checkpoint()
  let signed = { size: 0, at: Number.NEGATIVE_INFINITY }
  while (!signal.aborted) {
    if (cursor.next() >= goal.size) goal = source.checkpoint()
    const batch = source.batch(cursor.next(), Math.min(BATCH, goal.size - cursor.next()))
    const isCovered = cursor.next() + batch.length === goal.size && goal.size > signed.size
    const isDue = checkpoints && isCovered && (once || performance.now() - signed.at >= CHECKPOINT_INTERVAL)
    if (batch.length === 0 && !isDue) {
      if (once) return
      await rest(INTERVAL, signal)
      continue
    }
    try {
      const told = batch.filter(stored => !isRedacted(stored))
      if (told.length > 0 || isDue) await receiver.deliver(told, signal, isDue ? goal : null)
      if (isDue) signed = { size: goal.size, at: performance.now() }
      if (batch.length > 0) cursor.advance(batch.at(-1)!)
      pause = firstPause
      notify({ kind: 'delivered', records: batch.length, next: cursor.next() })
    } catch (fault) {
      if (signal.aborted) return
      if (once || !(fault instanceof LogError) || fault.code !== 'ERR_SHIP_UNDELIVERED') throw fault
      notify({ kind: 'waiting', why: fault.message, seconds: pause / 1_000 })
      await rest(pause, signal)
      pause = Math.min(2 * pause, LONGEST_PAUSE)
    }
  }
}

const rest = (milliseconds: number, signal: AbortSignal): Promise<void> =>
  setTimeout(milliseconds, undefined, { signal }).catch(() => undefined)
