import Database from 'better-sqlite3'
import { canonicalize } from '../../rules/canonical.ts'
import type { JsonValue } from '../../rules/canonical.ts'
import { openCheckpoint, signCheckpoint } from '../proofs/checkpoint.ts'
import type { NoteKey } from '../proofs/checkpoint.ts'
import { requireDurability } from './durability.ts'
import { openHeldTable, type HeldChange, type HeldTotal } from '../held/held-table.ts'
import { LogError } from '../log-error.ts'
import { logFiles } from '../log-files.ts'
import { loadSigner } from './log-keys.ts'
import { appendLeaf, decodeFrontier, encodeFrontier, leafHash, rootOf } from '../proofs/merkle.ts'
import type { Frontier } from '../proofs/merkle.ts'
import { hasOriginalSchema, requireVersion } from '../schema.ts'
import { areInOrder, segmentsOf } from '../segments/segments.ts'
import { openSpoolTable, type SpoolChange } from '../spool/spool-table.ts'
import { isSpoolEvent } from '../spool/states.ts'

/**
 * One record to append, with the payload that is held or spooled under its decision, or what else it changes among those that are held; and
 * the roots of the pieces of a segment that it seals.
 */
export type StoreEntry = HeldChange & SpoolChange & { readonly roots?: Uint8Array }

/** Records that stand together or not at all. */
export type StoreGroup = readonly StoreEntry[]

/** The one writing connection to a log. Not for use beside another writer: see `writer-lock.ts`. */
export type Store = {
  /** All leaves so far; only what is durable. */
  readonly frontier: () => Frontier
  /**
   * Appends everything in one transaction, together with the tree and a new signed checkpoint. When this returns, all of it
   * is on the disk; when it throws, none of it may be relied on and the store has to be opened anew.
   * @param groups - each of them is appended as a whole or, where a payload cannot get to the state that it says, not at all
   * @returns sequence of the first entry of each group; null for one that was not appended
   */
  readonly commit: (groups: readonly StoreGroup[]) => readonly (number | null)[]
  /** What is held, as far as it is durable. */
  readonly held: () => HeldTotal
  /** Drops the records before one, all of which are in sealed segments; in one transaction, so in pieces that are not too long. */
  readonly drop: (before: number) => void
  /** Upper bound of the database file in octets, or `null` for none. Commits that would pass it fail. */
  readonly limit: (bytes: number | null) => void
  readonly close: () => void
}

/** How many of the last records are hashed again when a log is opened. */
const TAIL = 256
/** The most pages that SQLite allows a database to have. */
const ALL_PAGES = 4_294_967_294

/**
 * Opens the log for writing, after a look at its end.
 * @param known - a state that was durable before; the log must still begin with it
 * @throws LogError `ERR_LOG_MISSING`, `ERR_LOG_VERSION`, `ERR_LOG_KEY`, `ERR_LOG_NOT_DURABLE`; `ERR_LOG_DAMAGED` when the end
 *   of the log is not what the last checkpoint signed, or `known` was lost
 */
export const openStore = (directory: string, known: Frontier | null): Store => {
  const signer = loadSigner(directory)
  const database = openDatabase(logFiles(directory).database)
  try {
    requireVersion(database)
    // what is purged is overwritten in the database, not only unlinked
    database.pragma('secure_delete = ON')
    const frontier = requireTail(database, signer)
    if (known !== null) requireKnown(database, known, frontier)
    const rewrite = database.prepare('UPDATE tree SET checkpoint = checkpoint WHERE one = 1')
    requireDurability(database, () => rewrite.run())
    // what is redacted must not stay behind in a page that is free
    database.pragma('secure_delete = FAST')
    return storeOf(database, signer, frontier)
  } catch (fault) {
    database.close()
    throw fault
  }
}

const openDatabase = (file: string): Database.Database => {
  try {
    return new Database(file, { fileMustExist: true, timeout: 5_000 })
  } catch (cause) {
    throw new LogError('ERR_LOG_MISSING', 'the database of the log cannot be opened', { cause })
  }
}

const storeOf = (database: Database.Database, signer: NoteKey, start: Frontier): Store => {
  let durable = start
  const insertRecord = database.prepare('INSERT INTO record (sequence, body, leaf) VALUES (?, ?, ?)')
  const held = openHeldTable(database)
  const spool = openSpoolTable(database)
  const insertSegment = database.prepare('INSERT INTO segment (first, last, roots, purged) VALUES (?, ?, ?, 0)')
  const purgeSegment = database.prepare('UPDATE segment SET purged = 1 WHERE first = ? AND last = ?')
  const emptyRecord = database.prepare("UPDATE record SET body = '{}' WHERE sequence = ?")
  const dropRecords = database.prepare('DELETE FROM record WHERE sequence < ?')
  const updateTree = database.prepare('UPDATE tree SET frontier = ?, checkpoint = ? WHERE one = 1')

  /** What some records bring about besides, in the transaction that they are written in. */
  const bringAbout = ({ record, roots }: StoreEntry): void => {
    if (record.kind === 'segment.seal') insertSegment.run(record.first, record.last, roots)
    if (record.kind === 'segment.purge') purgeSegment.run(record.first, record.last)
    if (record.kind === 'redact') emptyRecord.run(record.target)
  }

  const append = (frontier: Frontier, entry: StoreEntry): Frontier => {
    const body = canonicalize({ ...entry.record, sequence: frontier.size } as unknown as JsonValue)
    const leaf = leafHash(Buffer.from(body))
    insertRecord.run(frontier.size, body, leaf)
    held.apply(entry)
    spool.apply(entry)
    bringAbout(entry)
    return appendLeaf(frontier, leaf)
  }

  const transaction = database.transaction((groups: readonly StoreGroup[]) => {
    let next = durable
    const firsts = groups.map(group => {
      if (!group.every(({ record }) => held.allows(record) && spool.allows(record))) return null
      const first = next.size
      next = group.reduce(append, next)
      return first
    })
    updateTree.run(encodeFrontier(next), checkpointOf(next, signer))
    return { next, firsts }
  })

  return {
    frontier: () => durable,
    held: held.total,
    commit: groups => {
      const tells = (isMeant: (kind: string) => boolean): boolean =>
        groups.some(group => group.some(({ record }) => isMeant(record.kind)))
      const redacts = tells(kind => kind === 'redact')
      // FAST leaves the pages of what is longer than one as they are
      if (redacts || tells(isSpoolEvent)) database.pragma('secure_delete = ON')
      const { next, firsts } = transaction.immediate(groups)
      durable = next
      database.pragma('secure_delete = FAST')
      if (redacts) forget(database)
      return firsts
    },
    drop: before => void dropRecords.run(before),
    limit: bytes => {
      const pageSize = database.pragma('page_size', { simple: true }) as number
      const pages = bytes === null ? ALL_PAGES : Math.max(1, Math.floor(bytes / pageSize))
      database.pragma(`max_page_count = ${pages}`)
    },
    close: () => void database.close(),
  }
}

/** Takes what was redacted out of the write-ahead log as well. A reader that is under way puts that off until the next time. */
const forget = (database: Database.Database): void => {
  database.pragma('wal_checkpoint(TRUNCATE)')
}

/** Signs the state of the tree. */
export const checkpointOf = (frontier: Frontier, signer: NoteKey): string =>
  signCheckpoint({ origin: signer.name, size: frontier.size, root: rootOf(frontier) }, signer)

const damaged = (message: string): LogError => new LogError('ERR_LOG_DAMAGED', message)

/** The signed checkpoint, the frontier, the number of records and the last of them must agree. */
const requireTail = (database: Database.Database, signer: NoteKey): Frontier => {
  if (!hasOriginalSchema(database)) throw damaged('tables or views of the log were changed')
  const tree = database.prepare('SELECT frontier, checkpoint FROM tree').get() as
    { frontier: Buffer; checkpoint: string } | undefined
  const frontier = tree && decodeFrontier(tree.frontier)
  const opened = tree && openCheckpoint(tree.checkpoint, signer)
  if (!frontier || opened?.kind !== 'verified') throw damaged('the log has no valid checkpoint')
  const { size, root } = opened.checkpoint
  if (size !== frontier.size || !rootOf(frontier).equals(root)) throw damaged('the tree is not the one that was signed')
  const { total, first, last } = database
    .prepare('SELECT count(*) AS total, coalesce(min(sequence), 0) AS first, max(sequence) AS last FROM record')
    .get() as { total: number; first: number; last: number | null }
  if (total !== size - first || (last ?? -1) !== size - 1) throw damaged('records are missing, or were added unsigned')
  const segments = segmentsOf(database)
  if (!areInOrder(segments) || first < 0 || first > (segments.at(-1)?.last ?? -1) + 1)
    throw damaged('records are missing, and no segment has them')
  if (!hasWholeTail(database, size)) throw damaged('one of the last records was changed')
  return frontier
}

const hasWholeTail = (database: Database.Database, size: number): boolean =>
  leavesFrom(database, Math.max(0, size - TAIL)).every(
    ({ body, leaf, redacted }) => leafHash(body).equals(leaf) || (redacted === 1 && body.toString() === '{}'),
  )

type Leaf = { readonly body: Buffer; readonly leaf: Buffer; readonly redacted: 0 | 1 }

const leavesFrom = (database: Database.Database, sequence: number): Leaf[] =>
  database
    .prepare(
      `SELECT CAST(body AS BLOB) AS body, leaf, EXISTS (SELECT 1 FROM record r WHERE r.id = 'redacted-' || record.sequence
         AND r.body ->> '$.leaf' = lower(hex(record.leaf))) AS redacted
       FROM record WHERE sequence >= ? ORDER BY sequence`,
    )
    .all(sequence) as Leaf[]

/**
 * What was acknowledged must still be there. More may be: a commit that was reported as failed can have reached the disk,
 * which leaves decisions on record that nothing was sent for.
 */
const requireKnown = (database: Database.Database, known: Frontier, frontier: Frontier): void => {
  const extended = leavesFrom(database, known.size).reduce((tree, { leaf }) => appendLeaf(tree, leaf), known)
  if (extended.size !== frontier.size || !rootOf(extended).equals(rootOf(frontier))) {
    throw damaged('acknowledged records are missing')
  }
}
