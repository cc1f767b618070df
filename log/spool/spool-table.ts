import type { Database } from 'better-sqlite3'
import type { DeliveryPromise } from '../../rules/delivery.ts'
import type { Salted } from '../record.ts'
import type { SpoolSealed } from './spool-seal.ts'
import { isKept, isSpoolEvent, nextSpoolState, type SpoolState } from './states.ts'

/** What a record may bring along for the table of spooled payloads. */
export type SpoolChange = { readonly record: Salted; readonly spooled?: SpoolSealed }

/** The spooled payloads as the writer changes them, always in the transaction of the record that says so. */
export type SpoolTable = {
  readonly apply: (change: SpoolChange) => void
  /** Whether the state of the payload that a record is about, if it is about one, allows what it says. */
  readonly allows: (record: Salted) => boolean
}

/** What the table knows of a payload; the rest stands in the record of its decision. */
type Row = { readonly state: SpoolState; readonly promise: DeliveryPromise }

/** For which there is no decision: something else than sluice put it there. */
export const ORPHANED_SPOOL = `NOT EXISTS (SELECT 1 FROM record r WHERE r.id = spool.decision AND r.kind = 'decision'
  AND r.body -> '$.spool' IS NOT NULL)`

export const openSpoolTable = (database: Database): SpoolTable => {
  const insert = database.prepare(
    "INSERT INTO spool (decision, state, promise, nonce, ciphertext) VALUES (?, 'waiting', ?, ?, ?)",
  )
  const find = database.prepare('SELECT state, promise FROM spool WHERE decision = ?')
  const setState = database.prepare('UPDATE spool SET state = ? WHERE decision = ?')
  const remove = database.prepare('DELETE FROM spool WHERE decision = ?')

  /** Where a record takes a spooled payload; `to` is null where it cannot. Undefined for what is about none. */
  const moveOf = (record: Salted): { readonly decision: string; readonly to: SpoolState | null } | undefined => {
    if (!isSpoolEvent(record.kind) || !('decision' in record)) return undefined
    const { kind, decision } = record
    const row = find.get(decision) as Row | undefined
    return { decision, to: row === undefined ? null : nextSpoolState(row.state, kind, row.promise) }
  }

  /** What is not kept is deleted, and its octets are overwritten: see `store.ts`. */
  const move = (record: Salted): void => {
    const moved = moveOf(record)
    if (!moved?.to) return
    if (isKept(moved.to)) setState.run(moved.to, moved.decision)
    else remove.run(moved.decision)
  }

  return {
    apply: ({ record, spooled }) => {
      if (record.kind === 'decision' && record.spool && spooled)
        insert.run(record.id, record.spool.promise, spooled.nonce, spooled.ciphertext)
      move(record)
    },
    allows: record => moveOf(record)?.to !== null,
  }
}
