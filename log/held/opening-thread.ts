import { parentPort, workerData } from 'node:worker_threads'
import { batchOpener, type HeldSealed } from './open-many.ts'

/** Thread that opens batches of payloads, one for each message. A fault ends it. */
const open = batchOpener(workerData as Parameters<typeof batchOpener>[0])

parentPort?.on('message', (batch: readonly HeldSealed[]) => {
  // Each in memory of its own: it is handed over, and not copied.
  const opened = open(batch).map(payload => payload && new Uint8Array(payload))
  parentPort?.postMessage(
    opened,
    opened.flatMap(payload => payload?.buffer ?? []),
  )
})
