import Database from 'better-sqlite3'
import { mkdirSync } from 'node:fs'
import { writeExclusive } from './exclusive-file.ts'
import { LogError } from '../log-error.ts'
import { hasLog, logFiles } from '../log-files.ts'
import { createLogKeys } from './log-keys.ts'
import { emptyFrontier, encodeFrontier } from '../proofs/merkle.ts'
import { createSchema } from '../schema.ts'
import { checkpointOf } from './store.ts'

/**
 * Makes an empty log: its keys, and a database that holds a signed checkpoint of the empty tree.
 * @param origin - name of the log in its checkpoints, such as `sluice.lab.example/log`; it cannot be changed later
 * @throws LogError `ERR_LOG_EXISTS` when the folder holds any part of a log, `ERR_LOG_ORIGIN`
 */
export const createLog = (directory: string, origin: string): void => {
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  if (hasLog(directory)) throw new LogError('ERR_LOG_EXISTS', 'the folder holds a log, or a part of one')
  const signer = createLogKeys(directory, origin)
  const file = logFiles(directory).database
  writeExclusive(file, '', 0o600)
  const database = new Database(file)
  try {
    database.pragma('journal_mode = WAL')
    database.pragma('synchronous = FULL')
    database.transaction(() => {
      createSchema(database)
      database
        .prepare('INSERT INTO tree (one, frontier, checkpoint) VALUES (1, ?, ?)')
        .run(encodeFrontier(emptyFrontier), checkpointOf(emptyFrontier, signer))
    })()
  } finally {
    database.close()
  }
}
