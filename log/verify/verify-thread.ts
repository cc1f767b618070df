import { parentPort, workerData } from 'node:worker_threads'
import { openExaminer } from '../reading/reader.ts'
import { chunkExaminer } from './verify-chunk.ts'
import type { ChunkTask } from './examine-rows.ts'

/** Thread that examines pieces of the log, one for each message, over a connection of its own. A fault ends it. */
const { database } = openExaminer(workerData as string)
const examine = chunkExaminer(database)

parentPort?.on('message', (task: ChunkTask | null) => {
  if (task !== null) return parentPort?.postMessage(examine(task), [])
  database.close()
  parentPort?.close()
})
