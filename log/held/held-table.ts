import type { Database } from 'better-sqlite3'
import type { Salted } from '../record.ts'
import { isReviewEvent, nextState, type State } from '../review/states.ts'
import type { Recipient, Sealed } from './seal.ts'

/** A payload that is held, and its content key wrapped for a reviewer's new key. */
export type Resealed = { readonly decision: string; readonly recipient: Recipient }

/** Payloads that are held, and octets of their ciphertext. */
export type HeldTotal = { readonly payloads: number; readonly bytes: number }

/** What a record may bring along for the table of held payloads. */
export type HeldChange = {
  readonly record: Salted
  readonly sealed: Sealed | null
  /** Of which a `reseal` record tells: the new recipient takes the place of the one that the record calls `previous`. */
  readonly resealed?: readonly Resealed[]
}

/** The held payloads as the writer changes them, always in the transaction of the record that says so. */
export type HeldTable = {
  readonly apply: (change: HeldChange) => void
  /** Whether the state of the payload that a record is about, if it is about one, allows what it says. */
  readonly allows: (record: Salted) => boolean
  /** What is held once the transaction is committed. */
  readonly total: () => HeldTotal
}

/** For which there is no decision: something else than sluice put it there. */
const ORPHANED = `NOT EXISTS (SELECT 1 FROM record r WHERE r.id = held.decision AND r.kind = 'decision' AND r.held = 1)`

export const openHeldTable = (database: Database): HeldTable => {
  const insert = database.prepare(
    "INSERT INTO held (decision, state, recipients, nonce, ciphertext) VALUES (?, 'held', ?, ?, ?)",
  )
  const findState = database.prepare('SELECT state FROM held WHERE decision = ?').pluck()
  const setState = database.prepare('UPDATE held SET state = ? WHERE decision = ?')
  const remove = database.prepare('DELETE FROM held WHERE decision = ? RETURNING length(ciphertext)').pluck()
  const sweep = database.prepare(`DELETE FROM held WHERE ${ORPHANED}`)
  const recipientsOf = database.prepare('SELECT recipients FROM held WHERE decision = ?').pluck()
  const setRecipients = database.prepare('UPDATE held SET recipients = ? WHERE decision = ?')
  let { payloads, bytes } = heldTotal(database)

  const hold = (decision: string, { nonce, ciphertext, recipients }: Sealed): void => {
    insert.run(decision, JSON.stringify(recipients), nonce, ciphertext)
    payloads++
    bytes += ciphertext.length
  }

  const purge = (decision: string): void => {
    const freed = remove.get(decision) as number | undefined
    if (freed === undefined) return
    payloads--
    bytes -= freed
  }

  /** Where a record takes a held payload; `to` is null where it cannot. Undefined for what is about none. */
  const moveOf = (record: Salted): { readonly decision: string; readonly to: State | null } | undefined => {
    if (!isReviewEvent(record.kind) || !('decision' in record)) return undefined
    const { kind, decision } = record
    const from = findState.get(decision) as State | undefined
    return { decision, to: from === undefined ? null : nextState(from, kind) }
  }

  const move = (record: Salted): void => {
    const moved = moveOf(record)
    if (moved?.to === 'purged') purge(moved.decision)
    else if (moved) setState.run(moved.to, moved.decision)
  }

  /** A payload that was purged in the meantime is left out. */
  const reseal = ({ decision, recipient }: Resealed, previous: string | null): void => {
    const recipients = recipientsOf.get(decision) as string | undefined
    if (recipients === undefined) return
    const others = (JSON.parse(recipients) as Recipient[]).filter(({ fingerprint }) => fingerprint !== previous)
    setRecipients.run(JSON.stringify([...others, recipient]), decision)
  }

  return {
    apply: ({ record, sealed, resealed = [] }) => {
      if (record.kind === 'decision' && sealed !== null) hold(record.id, sealed)
      move(record)
      if (record.kind === 'key.rotate') for (const each of resealed) reseal(each, record.previous)
      if (record.kind === 'held.sweep') {
        sweep.run()
        ;({ payloads, bytes } = heldTotal(database))
      }
    },
    allows: record => moveOf(record)?.to !== null,
    total: () => ({ payloads, bytes }),
  }
}

export const heldTotal = (database: Database): HeldTotal =>
  database
    .prepare('SELECT count(*) AS payloads, coalesce(sum(length(ciphertext)), 0) AS bytes FROM held')
    .get() as HeldTotal

/** How many payloads are held for which there is no decision. */
export const countOrphans = (database: Database): number =>
  database.prepare(`SELECT count(*) FROM held WHERE ${ORPHANED}`).pluck().get() as number
