import { Worker } from 'node:worker_threads'
import { LogError } from '../log-error.ts'
import type { ReviewerKey } from '../review/reviewer-key.ts'
import { opener, type Sealed } from './seal.ts'

/** A sealed payload, and the decision under which it is held. */
export type HeldSealed = { readonly decision: string; readonly sealed: Sealed }

type OpeningKey = Pick<ReviewerKey, 'fingerprint' | 'key'>

/** What opens sealed payloads with the keys at hand, many at a time. */
export type Opening = {
  /** Whether one of the keys is among those that it was sealed to. */
  readonly fits: (sealed: Pick<Sealed, 'recipients'>) => boolean
  /**
   * Opens payloads for which one of the keys fits, in their order. Null stands for one that does not open: it was altered, or is not of
   * this decision.
   */
  readonly open: (batch: readonly HeldSealed[]) => Promise<readonly (Uint8Array | null)[]>
  readonly close: () => Promise<void>
}

/** Opens in this thread. What is reckoned for a key is reckoned once. @returns as `Opening.open` */
export const batchOpener = (keys: readonly OpeningKey[]): ((batch: readonly HeldSealed[]) => (Uint8Array | null)[]) => {
  const openers = new Map(keys.map(({ fingerprint, key }) => [fingerprint, opener(key)]))
  return batch =>
    batch.map(({ decision, sealed }) => {
      const fitting = sealed.recipients.find(({ fingerprint }) => openers.has(fingerprint))
      if (!fitting) throw new LogError('ERR_SEAL_NOT_RECIPIENT', 'the payload was not sealed for this key')
      try {
        return openers.get(fitting.fingerprint)!(sealed, decision)
      } catch (fault) {
        if (fault instanceof LogError && fault.code === 'ERR_SEAL_BROKEN') return null
        throw fault
      }
    })
}

/** Payloads from which on a thread is worth the time that it takes to start. */
const MANY = 500

/**
 * @param count - how many there are to open: many are opened in a thread of their own, beside what is made of them here
 */
export const openingOf = (keys: readonly OpeningKey[], count: number): Opening => {
  const fingerprints = new Set(keys.map(({ fingerprint }) => fingerprint))
  const fits: Opening['fits'] = ({ recipients }) => recipients.some(({ fingerprint }) => fingerprints.has(fingerprint))
  if (count < MANY) {
    const openHere = batchOpener(keys)
    return { fits, open: async batch => openHere(batch), close: async () => undefined }
  }
  return { fits, ...openingThread(keys) }
}

type Waiting = {
  readonly resolve: (opened: readonly (Uint8Array | null)[]) => void
  readonly reject: (fault: Error) => void
}

/** The thread answers in the order in which it is asked. */
const openingThread = (keys: readonly OpeningKey[]): Pick<Opening, 'open' | 'close'> => {
  const workerData = keys.map(({ fingerprint, key }) => ({ fingerprint, key }))
  const thread = new Worker(new URL('./opening-thread.ts', import.meta.url), { workerData })
  const waiting: Waiting[] = []
  let ended: Error | null = null
  const end = (fault: Error): void => {
    ended ??= fault
    for (const { reject } of waiting.splice(0)) reject(ended)
  }
  thread.on('message', (opened: readonly (Uint8Array | null)[]) => waiting.shift()?.resolve(opened))
  thread.once('error', cause =>
    end(new LogError('ERR_LOG_UNREADABLE', 'the thread that opens payloads failed', { cause })),
  )
  thread.once('exit', () => end(new LogError('ERR_LOG_UNREADABLE', 'the thread that opens payloads ended early')))
  return {
    open: batch =>
      new Promise((resolve, reject) => {
        if (ended) return reject(ended)
        waiting.push({ resolve, reject })
        thread.postMessage(batch, [])
      }),
    close: async () => void (await thread.terminate()),
  }
}
