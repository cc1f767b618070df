import type { Database } from 'better-sqlite3'
import { LogError } from './log-error.ts'
import { views } from './views.ts'

/** `SLUI` in ASCII: what `file` and SQLite show for a log of sluice. */
const APPLICATION_ID = 0x534c5549
const VERSION = 1

/** A query column: computed from the hashed body whenever it is read, so that there is no second copy of the truth. */
const generated = (name: string, type: 'TEXT' | 'INTEGER', member: string): string =>
  `${name} ${type} GENERATED ALWAYS AS (body ->> '$.${member}') VIRTUAL`

const record = `CREATE TABLE record (
  sequence INTEGER PRIMARY KEY,
  body TEXT NOT NULL,
  leaf BLOB NOT NULL,
  ${[
    generated('kind', 'TEXT', 'kind'),
    generated('time', 'TEXT', 'time'),
    generated('id', 'TEXT', 'id'),
    generated('decision', 'TEXT', 'decision'),
    generated('instrument', 'TEXT', 'instrument'),
    generated('client', 'TEXT', 'client'),
    generated('ingress', 'TEXT', 'ingress'),
    generated('method', 'TEXT', 'method'),
    generated('destination', 'TEXT', 'destination'),
    generated('route', 'TEXT', 'route'),
    generated('path', 'TEXT', 'path'),
    generated('verdict', 'TEXT', 'verdict'),
    generated('reason', 'TEXT', 'reason'),
    generated('replay_of', 'TEXT', 'replayOf'),
    generated('held', 'INTEGER', 'held'),
  ].join(',\n  ')}
) STRICT`

/** Guard-rails against slips, not against attackers: those are what the signed tree is for. */
const guards = [
  `CREATE TRIGGER record_no_update BEFORE UPDATE ON record
  BEGIN SELECT raise(ABORT, 'the decision log is append-only'); END`,
  `CREATE TRIGGER record_no_delete BEFORE DELETE ON record
  BEGIN SELECT raise(ABORT, 'the decision log is append-only'); END`,
  `CREATE TRIGGER record_in_order BEFORE INSERT ON record
  WHEN NEW.sequence IS NOT (SELECT coalesce(max(sequence) + 1, 0) FROM record)
  BEGIN SELECT raise(ABORT, 'the decision log is append-only'); END`,
]

/** All that a log's database holds, in the order of creation. */
const statements: readonly string[] = [
  record,
  'CREATE INDEX record_time ON record (time)',
  'CREATE INDEX record_id ON record (id) WHERE id IS NOT NULL',
  'CREATE INDEX record_decision ON record (decision) WHERE decision IS NOT NULL',
  'CREATE INDEX record_instrument ON record (instrument) WHERE instrument IS NOT NULL',
  'CREATE INDEX record_verdict ON record (verdict) WHERE verdict IS NOT NULL',
  'CREATE INDEX record_replay_of ON record (replay_of) WHERE replay_of IS NOT NULL',
  ...guards,
  `CREATE TABLE tree (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  frontier BLOB NOT NULL,
  checkpoint TEXT NOT NULL
) STRICT`,
  `CREATE TABLE held (
  decision TEXT PRIMARY KEY,
  recipients TEXT NOT NULL,
  nonce BLOB NOT NULL,
  ciphertext BLOB NOT NULL
) STRICT`,
  ...Object.values(views),
]

/** Lays out an empty database. */
export const createSchema = (database: Database): void => {
  database.pragma(`application_id = ${APPLICATION_ID}`)
  database.pragma(`user_version = ${VERSION}`)
  for (const statement of statements) database.exec(statement)
}

/** @throws LogError `ERR_LOG_VERSION` for a database that is not a log, or one of another version */
export const requireVersion = (database: Database): void => {
  if (database.pragma('application_id', { simple: true }) !== APPLICATION_ID) {
    throw new LogError('ERR_LOG_VERSION', 'decisions.sqlite is not a decision log of sluice')
  }
  const version = database.pragma('user_version', { simple: true })
  if (version !== VERSION)
    throw new LogError('ERR_LOG_VERSION', `the log has version ${String(version)}, not ${VERSION}`)
}

/** Whether tables, columns, triggers and views are exactly those that `createSchema` made: else queries could lie. */
export const hasOriginalSchema = (database: Database): boolean => {
  const present = database
    .prepare("SELECT sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'")
    .pluck()
    .all() as (string | null)[]
  return present.length === statements.length && statements.every(statement => present.includes(statement))
}
