import Database from 'better-sqlite3'
import { attachSegments } from '../segments/attach.ts'
import type { Attached } from '../segments/attach.ts'
import { LogError } from '../log-error.ts'
import { logFiles } from '../log-files.ts'
import { requireVersion } from '../schema.ts'

/**
 * Opens the whole log for reading, also while another process writes it: `record` and the views span the sealed segments.
 * `main.record` is what is in the database itself, with the newest records always among them. For a short time only: what is
 * sealed after it was opened goes out of its sight (`openLastingReader`).
 * @throws LogError `ERR_LOG_MISSING`, `ERR_LOG_VERSION`, `ERR_LOG_UNREADABLE`, `ERR_LOG_SEGMENT`
 */
export const openReader = (directory: string): Database.Database => {
  const { database, segments } = openExaminer(directory)
  const lacking = segments.find(({ fault }) => fault !== null)
  if (lacking === undefined) return database
  database.close()
  const { first, last } = lacking.segment
  throw new LogError('ERR_LOG_SEGMENT', `the segment of records ${first} to ${last} is ${lacking.fault}`)
}

/**
 * The same for who wants to know what is wrong: segments that cannot be attached are left out of the views, and named.
 * @throws LogError `ERR_LOG_MISSING`, `ERR_LOG_VERSION`, `ERR_LOG_UNREADABLE`
 */
export const openExaminer = (
  directory: string,
): { readonly database: Database.Database; readonly segments: readonly Attached[] } => {
  const { database: file } = logFiles(directory)
  const database = openReadOnly(file)
  try {
    requireVersion(database)
    const segments = attachSegments(database, directory)
    database.pragma('query_only = ON')
    return { database, segments }
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

/** Names the segments that there are: changes whenever one is sealed or purged. */
export const segmentState = (database: Database.Database): string =>
  database.prepare("SELECT coalesce(group_concat(last || ' ' || purged), '') FROM main.segment").pluck().get() as string

/** A reader that may stay open for as long as anybody likes, whatever is sealed meanwhile. */
export type LastingReader = {
  /** Reads at one moment of the log. Nothing that is asked of the database may go on after it. */
  readonly read: <Result>(use: (database: Database.Database) => Result) => Result
  readonly close: () => void
}

/** @throws LogError as `openReader`; so does `read` */
export const openLastingReader = (directory: string): LastingReader => {
  let database = openReader(directory)
  let state = segmentState(database)
  const tryRead = <Result>(use: (database: Database.Database) => Result): { readonly result: Result } | null =>
    database.transaction(() => (segmentState(database) === state ? { result: use(database) } : null))()
  const renew = (): void => {
    const next = openReader(directory)
    database.close()
    database = next
    state = segmentState(database)
  }
  return {
    read: use => {
      for (;;) {
        const answer = tryRead(use)
        if (answer !== null) return answer.result
        renew()
      }
    },
    close: () => void database.close(),
  }
}
