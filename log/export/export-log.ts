import type { Cursor } from '../reading/cursor.ts'
import { isRedacted, type RecordSource, type StoredLine } from '../reading/record-source.ts'
import type { Encoder, Sender } from './encoder.ts'

/** Where exported text goes. */
export type Sink = {
  readonly write: (text: string) => Promise<void>
  /** Resolves when all that was written is as safe as the sink can make it. */
  readonly flush: () => Promise<void>
}

/** How many records are encoded, written and flushed at a time. */
const BATCH = 500

/**
 * Writes every record from the cursor on that there is now, in order, and advances the cursor after each batch that the sink
 * has flushed. It stops at the size that the log had at first, so that it ends under load.
 * @param checkpoint - how to write the signed checkpoint of everything that is about to be written; it then stands first
 * @returns how many records were written
 */
export const exportLog = async (
  source: RecordSource,
  cursor: Pick<Cursor, 'next' | 'advance'>,
  encoder: Encoder,
  sender: Sender,
  sink: Sink,
  checkpoint?: Encoder['checkpoint'],
): Promise<number> => {
  const { note, size: end } = source.checkpoint()
  const start = cursor.next()
  if (checkpoint !== undefined && start < end) await sink.write(`${checkpoint(note)}\n`)
  while (cursor.next() < end) {
    const batch = source.batch(cursor.next(), Math.min(BATCH, end - cursor.next()))
    if (batch.length === 0) break
    await sink.write(textOf(batch, encoder, sender))
    await sink.flush()
    cursor.advance(batch.at(-1)!)
  }
  return cursor.next() - start
}

const textOf = (batch: readonly StoredLine[], encoder: Encoder, sender: Sender): string =>
  batch
    .filter(stored => !isRedacted(stored))
    .flatMap(stored => encoder.lines(stored, sender))
    .map(line => `${line}\n`)
    .join('')

/** A cursor that is not kept. */
export const passingCursor = (first: number): Pick<Cursor, 'next' | 'advance'> => {
  let next = first
  return { next: () => next, advance: ({ sequence }) => void (next = sequence + 1) }
}
