import Database from 'better-sqlite3'
import { LogError } from './log-error.ts'
import { logFiles } from './log-files.ts'
import { requireVersion } from './schema.ts'

/**
 * Opens the log's database for reading, also while another process writes it.
 * @throws LogError `ERR_LOG_MISSING`, `ERR_LOG_VERSION`, `ERR_LOG_UNREADABLE`
 */
export const openReader = (directory: string): Database.Database => {
  const { database: file } = logFiles(directory)
  const database = openReadOnly(file)
  try {
    database.pragma('query_only = ON')
    requireVersion(database)
    return database
  } catch (fault) {
    database.close()
    if (fault instanceof LogError) throw fault
    throw new LogError('ERR_LOG_UNREADABLE', 'the database of the log cannot be read', { cause: fault })
  }
}

const openReadOnly = (file: string): Database.Database => {
  try {
    return new Database(file, { readonly: true, fileMustExist: true, timeout: 5_000 })
  } catch (cause) {
    throw new LogError('ERR_LOG_MISSING', 'the database of the log cannot be opened', { cause })
  }
}
