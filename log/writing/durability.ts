import type { Database } from 'better-sqlite3'
import { LogError } from '../log-error.ts'

const FULL = 2

/**
 * Makes every commit wait for the disk, and does not take SQLite's word for it: better-sqlite3 falls back to NORMAL with
 * the first write of a WAL connection, so the setting is read back after one.
 * @param write - any transaction that changes the database
 * @throws LogError `ERR_LOG_NOT_DURABLE`
 */
export const requireDurability = (database: Database, write: () => void): void => {
  const mode = database.pragma('journal_mode = WAL', { simple: true })
  database.pragma('synchronous = FULL')
  write()
  if (mode !== 'wal') throw new LogError('ERR_LOG_NOT_DURABLE', 'the database cannot use a write-ahead log here')
  requireFull(database)
}

/** @throws LogError `ERR_LOG_NOT_DURABLE` unless the connection syncs every commit */
export const requireFull = (database: Database): void => {
  const level = database.pragma('synchronous', { simple: true })
  if (level !== FULL)
    throw new LogError('ERR_LOG_NOT_DURABLE', `SQLite runs with synchronous=${String(level)}, not FULL`)
}
