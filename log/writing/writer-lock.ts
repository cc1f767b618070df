import { lockFile, type FileLock } from './file-lock.ts'
import { LogError } from '../log-error.ts'
import { logFiles } from '../log-files.ts'

/**
 * Becomes the log's only writer, until `release` or the end of the process.
 * @throws LogError `ERR_LOG_BUSY` when another writer holds it, in this process or another
 */
export const acquireWriterLock = (directory: string): FileLock => {
  const lock = lockFile(logFiles(directory).lock)
  if (lock === null) throw new LogError('ERR_LOG_BUSY', 'another process writes this log')
  return lock
}
