import { openLogReader, type SplicedRow } from '../../log/reading/query.ts'
import { windows } from '../../rules/budget/rate.ts'
import { stateOf, type ExceptionState } from '../../rules/exception.ts'
import { spellAuthority } from '../../rules/framing.ts'
import type { Authority } from '../../rules/message.ts'
import type { Policy } from '../../rules/policy.ts'
import { MAX_SPLICE_MS, splicedDestinations, type SplicedDestination } from '../../rules/splice/splice.ts'
import { SpliceUses, type SpliceUse } from '../../rules/splice/splice-uses.ts'
import type { Clock } from '../ledger.ts'

/** Keeps what connections that pass unopened use of their budgets. It outlives policies, and a restart by way of the log. */
export type SpliceLedger = {
  readonly of: (to: Authority) => SpliceUse
  /** Sets octets aside for a connection; to be called in the turn of the event loop in which `of` was. */
  readonly reserve: (to: Authority, connection: string, bytes: number) => void
  /** What the connection used in the end; the rest of what was set aside is free again. */
  readonly settle: (to: Authority, connection: string, bytes: number) => void
  /** For people: each destination of a policy to which connections pass unopened. */
  readonly status: (policy: Policy) => readonly SpliceStatus[]
}

export type SpliceStatus = {
  /** `host:port`. */
  readonly destination: string
  readonly instruments: readonly string[]
  readonly owner: string
  /** RFC 3339. */
  readonly expires: string
  readonly state: ExceptionState
  /** Connections that are open now, and octets that are set aside for them; these are in the sums as well. */
  readonly open: number
  readonly reserved: number
  readonly bytesLastHour: number
  readonly bytesPerHour: number
  readonly bytesLastDay: number
  readonly bytesPerDay: number
  readonly connectionsLastHour: number
  readonly connectionsPerHour: number
}

/**
 * Opens a ledger with what the log says of the last day. A connection of which it does not say how it ended counts with all that was set
 * aside for it, and as late as it can have ended: a process that is killed opens no fresh budget.
 * @param rows - from `LogReader.splicedSince`, oldest first
 * @param now - milliseconds since the epoch; from then on `clock` says how much time has passed
 */
export const openSpliceLedger = (
  rows: Iterable<SplicedRow>,
  now: number = Date.now(),
  clock: Clock = () => performance.now(),
): SpliceLedger => {
  const origin = now - clock()
  const time = (): number => origin + clock()
  const uses = new SpliceUses()
  for (const { destination, id, reserved, used, end } of entriesOf(rows, now)) {
    uses.reserve(destination, id, reserved, end)
    uses.settle(destination, id, used, end)
  }
  const of = (to: Authority): SpliceUse => uses.at(spellAuthority(to), time())
  return {
    of,
    reserve: (to, connection, bytes) => uses.reserve(spellAuthority(to), connection, bytes, time()),
    settle: (to, connection, bytes) => uses.settle(spellAuthority(to), connection, bytes, time()),
    status: policy => splicedDestinations(policy).map(to => statusOf(to, of(to))),
  }
}

/** Opens a ledger from the log, so that a restart opens no fresh budget. @throws LogError */
export const spliceLedgerFrom = (directory: string): SpliceLedger => {
  const reader = openLogReader(directory)
  try {
    return openSpliceLedger(reader.splicedSince(spliceLedgerStart()))
  } finally {
    reader.close()
  }
}

/** The beginning of what a ledger has to know, for `LogReader.splicedSince`. */
export const spliceLedgerStart = (now: number = Date.now()): string =>
  new Date(now - windows.day - MAX_SPLICE_MS).toISOString()

/** With the latest time at which each can have ended, in that order. A clock that ran ahead, or back, makes nothing older than it is. */
const entriesOf = (rows: Iterable<SplicedRow>, now: number) => {
  let latest = -Infinity
  return [...rows]
    .map(row => {
      latest = Math.max(latest, Date.parse(row.time))
      const end = Math.min(now, latest + (row.used === null ? MAX_SPLICE_MS : row.ms!))
      return { ...row, used: row.used ?? row.reserved, end }
    })
    .toSorted((a, b) => a.end - b.end)
}

const statusOf = ({ host, port, splice }: SplicedDestination, use: SpliceUse): SpliceStatus => {
  const { time, bytes, connections, reserved, open } = use
  const { instruments, owner, expires, bytesPerHour, bytesPerDay, connectionsPerHour } = splice
  return {
    destination: spellAuthority({ host, port }),
    instruments: [...instruments],
    owner,
    expires: new Date(expires).toISOString(),
    state: stateOf(splice, time),
    open,
    reserved,
    bytesLastHour: bytes.within(windows.hour, time) + reserved,
    bytesPerHour,
    bytesLastDay: bytes.within(windows.day, time) + reserved,
    bytesPerDay,
    connectionsLastHour: connections.within(windows.hour, time),
    connectionsPerHour,
  }
}
