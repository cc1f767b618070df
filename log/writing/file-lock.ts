import Database from 'better-sqlite3'

export type FileLock = { readonly release: () => void }

/**
 * Takes a lock that one process can have: SQLite's exclusive lock on a file is one of the operating system's, so that a killed
 * process leaves none behind. Makes the file when there is none. It must never be opened in any other way: closing would drop the lock.
 * @returns null when it is taken, in this process or another
 */
export const lockFile = (file: string): FileLock | null => {
  const lock = new Database(file, { timeout: 0 })
  try {
    lock.exec('BEGIN EXCLUSIVE')
  } catch (fault) {
    lock.close()
    if (fault instanceof Database.SqliteError && fault.code === 'SQLITE_BUSY') return null
    throw fault
  }
  return { release: () => void lock.close() }
}
