import { parentPort, workerData } from 'node:worker_threads'
import { openReader } from '../reading/reader.ts'

/**
 * Thread that has SQLite compare every table with its indexes, beside the check of the records: indexes are what queries
 * look at first, and no hash covers them; those of segments too. Tells whether all is well; ends without a word when the log cannot be read.
 */
const database = openReader(workerData as string)
try {
  const answer = database.pragma('integrity_check(1)', { simple: true })
  parentPort?.postMessage(answer === 'ok', [])
} finally {
  database.close()
}
