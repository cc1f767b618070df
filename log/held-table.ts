import type { Database } from 'better-sqlite3'
import type { Salted } from './record.ts'
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
  /** What is held once the transaction is committed. */
  readonly total: () => HeldTotal
}

/** For which there is no decision: something else than sluice put it there. */
const ORPHANED = `NOT EXISTS (SELECT 1 FROM record r WHERE r.id = held.decision AND r.kind = 'decision' AND r.held = 1)`

export const openHeldTable = (database: Database): HeldTable => {
  const insert = database.prepare('INSERT INTO held (decision, nonce, ciphertext, recipients) VALUES (?, ?, ?, ?)')
  const remove = database.prepare('DELETE FROM held WHERE decision = ? RETURNING length(ciphertext)').pluck()
  const sweep = database.prepare(`DELETE FROM held WHERE ${ORPHANED}`)
  const recipientsOf = database.prepare('SELECT recipients FROM held WHERE decision = ?').pluck()
  const setRecipients = database.prepare('UPDATE held SET recipients = ? WHERE decision = ?')
  let { payloads, bytes } = heldTotal(database)

  const hold = (decision: string, { nonce, ciphertext, recipients }: Sealed): void => {
    insert.run(decision, nonce, ciphertext, JSON.stringify(recipients))
    payloads++
    bytes += ciphertext.length
  }

  const purge = (decision: string): void => {
    const freed = remove.get(decision) as number | undefined
    if (freed === undefined) return
    payloads--
    bytes -= freed
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
      if (record.kind === 'purge') purge(record.decision)
      if (record.kind === 'key.rotate') for (const each of resealed) reseal(each, record.previous)
      if (record.kind === 'held.sweep') {
        sweep.run()
        ;({ payloads, bytes } = heldTotal(database))
      }
    },
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
