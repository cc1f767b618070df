import { openReader } from './reader.ts'

/** The last run of the appliance, as the log has it. */
export type LastRun = {
  /** Counted from 1. */
  readonly number: number
  /** Whether it ended with a word: without, the process was killed, or the machine lost its power. */
  readonly isEnded: boolean
  /** Time of the last record of the log. */
  readonly last: string
}

/** Id of the records of a run: in ten digits, so that ids are in the order of their numbers. */
export const runId = (number: number): string => `run-${String(number).padStart(10, '0')}`

/**
 * Looks for the last run by the range of its id, because ids have an index and kinds have none: `.` follows `-` in ASCII.
 * @returns `null` for a log in which nothing ever ran
 * @throws LogError `ERR_LOG_MISSING`, `ERR_LOG_VERSION`, `ERR_LOG_UNREADABLE`
 */
export const lastRun = (directory: string): LastRun | null => {
  const database = openReader(directory)
  try {
    const row = database
      .prepare(
        `SELECT id, max(kind = 'stop') AS isEnded, (SELECT time FROM main.record WHERE time IS NOT NULL ORDER BY sequence DESC LIMIT 1) AS last
         FROM record WHERE id = (SELECT max(id) FROM record WHERE id >= 'run-' AND id < 'run.')`,
      )
      .get() as { id: string | null; isEnded: number; last: string }
    if (row.id === null) return null
    return { number: Number(row.id.slice('run-'.length)), isEnded: row.isEnded === 1, last: row.last }
  } finally {
    database.close()
  }
}
