import Database from 'better-sqlite3'
import { LogError } from './log-error.ts'
import { logFiles } from './log-files.ts'

/**
 * Becomes the log's only writer, until `release` or the end of the process: SQLite's exclusive lock is one of the
 * operating system's file locks, so that a killed process leaves none behind.
 * @throws LogError `ERR_LOG_BUSY` when another writer holds it, in this process or another
 */
export const acquireWriterLock = (directory: string): { readonly release: () => void } => {
  const lock = new Database(logFiles(directory).lock, { timeout: 0 })
  try {
    lock.exec('BEGIN EXCLUSIVE')
  } catch (cause) {
    lock.close()
    throw new LogError('ERR_LOG_BUSY', 'another process writes this log', { cause })
  }
  return { release: () => void lock.close() }
}
