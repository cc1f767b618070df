import type { Database } from 'better-sqlite3'
import { LogError } from './log-error.ts'
import { views } from './reading/views.ts'

/** `SLUI` in ASCII: what `file` and SQLite show for a log of sluice. */
const APPLICATION_ID = 0x534c5549
/** `SLUS`: a sealed segment of one. */
const SEGMENT_ID = 0x534c5553
/**
 * Grows with every change of a table, column, trigger or view, however small: those of an older version would otherwise look tampered
 * with. There is no migration, since it would be a program that rewrites logs: a new version of the log begins a new log, and the old
 * folder stays readable by the version that made it. 1: before segments. 2: before held payloads had states. 4: before payloads were spooled.
 */
const VERSION = 5

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

const indexes: readonly string[] = [
  'CREATE INDEX record_time ON record (time)',
  'CREATE INDEX record_id ON record (id) WHERE id IS NOT NULL',
  'CREATE INDEX record_decision ON record (decision) WHERE decision IS NOT NULL',
  'CREATE INDEX record_instrument ON record (instrument) WHERE instrument IS NOT NULL',
  'CREATE INDEX record_verdict ON record (verdict) WHERE verdict IS NOT NULL',
  'CREATE INDEX record_replay_of ON record (replay_of) WHERE replay_of IS NOT NULL',
  // few among many: what befell held payloads
  "CREATE INDEX record_review ON record (kind, sequence) WHERE kind >= 'review.' AND kind < 'review/'",
  "CREATE INDEX record_spool ON record (kind, sequence) WHERE kind >= 'spool.' AND kind < 'spool/'",
]

/**
 * Guard-rails against slips, not against attackers: those are what the signed tree is for. A record changes only when a redaction names
 * it and its hash, and goes only when it is in a sealed segment.
 */
const guards = [
  `CREATE TRIGGER record_no_update BEFORE UPDATE ON record
  WHEN NEW.body IS NOT '{}' OR NEW.leaf IS NOT OLD.leaf OR NEW.sequence IS NOT OLD.sequence OR NOT EXISTS
    (SELECT 1 FROM record WHERE id = 'redacted-' || OLD.sequence AND body ->> '$.leaf' = lower(hex(OLD.leaf)))
  BEGIN SELECT raise(ABORT, 'the decision log is append-only'); END`,
  `CREATE TRIGGER record_no_delete BEFORE DELETE ON record
  WHEN NOT EXISTS (SELECT 1 FROM segment WHERE OLD.sequence BETWEEN first AND last)
  BEGIN SELECT raise(ABORT, 'the decision log is append-only'); END`,
  `CREATE TRIGGER record_in_order BEFORE INSERT ON record
  WHEN NEW.sequence IS NOT (SELECT coalesce(max(sequence) + 1, 0) FROM record)
  BEGIN SELECT raise(ABORT, 'the decision log is append-only'); END`,
  `CREATE TRIGGER segment_no_update BEFORE UPDATE ON segment
  WHEN NEW.first IS NOT OLD.first OR NEW.last IS NOT OLD.last OR NEW.roots IS NOT OLD.roots OR NEW.purged IS NOT 1
  BEGIN SELECT raise(ABORT, 'the decision log is append-only'); END`,
  `CREATE TRIGGER segment_no_delete BEFORE DELETE ON segment
  BEGIN SELECT raise(ABORT, 'the decision log is append-only'); END`,
]

/** All that a log's database holds, in the order of creation. */
const statements: readonly string[] = [
  record,
  ...indexes,
  `CREATE TABLE segment (
  first INTEGER PRIMARY KEY,
  last INTEGER NOT NULL,
  roots BLOB NOT NULL,
  purged INTEGER NOT NULL
) STRICT`,
  ...guards,
  `CREATE TABLE tree (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  frontier BLOB NOT NULL,
  checkpoint TEXT NOT NULL
) STRICT`,
  `CREATE TABLE held (
  decision TEXT PRIMARY KEY,
  state TEXT NOT NULL,
  recipients TEXT NOT NULL,
  nonce BLOB NOT NULL,
  ciphertext BLOB NOT NULL
) STRICT`,
  `CREATE TABLE spool (
  decision TEXT PRIMARY KEY,
  state TEXT NOT NULL,
  promise TEXT NOT NULL,
  nonce BLOB NOT NULL,
  ciphertext BLOB NOT NULL
) STRICT`,
  ...Object.values(views),
]

/** A segment holds records and nothing else; the same views look at them. */
const segmentStatements: readonly string[] = [record, ...indexes, ...Object.values(views)]

const layOut = (database: Database, id: number, ddl: readonly string[]): void => {
  database.pragma(`application_id = ${id}`)
  database.pragma(`user_version = ${VERSION}`)
  for (const statement of ddl) database.exec(statement)
}

/** Lays out an empty database. */
export const createSchema = (database: Database): void => layOut(database, APPLICATION_ID, statements)

/** Lays out an empty segment. */
export const createSegmentSchema = (database: Database): void => layOut(database, SEGMENT_ID, segmentStatements)

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
export const hasOriginalSchema = (database: Database): boolean => holdsExactly(database, 'main', statements)

/** The same of an attached segment. */
export const hasSegmentSchema = (database: Database, schema: string): boolean =>
  database.pragma(`${schema}.application_id`, { simple: true }) === SEGMENT_ID &&
  database.pragma(`${schema}.user_version`, { simple: true }) === VERSION &&
  holdsExactly(database, schema, segmentStatements)

const holdsExactly = (database: Database, schema: string, ddl: readonly string[]): boolean => {
  const present = database
    .prepare(`SELECT sql FROM ${schema}.sqlite_schema WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'`)
    .pluck()
    .all() as (string | null)[]
  return present.length === ddl.length && ddl.every(statement => present.includes(statement))
}
