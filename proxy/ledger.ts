import { openLogReader, type ForwardedRow } from '../log/reading/query.ts'
import { Departures, type History } from '../rules/budget/history.ts'
import { windows } from '../rules/budget/rate.ts'
import type { DripBudget } from '../rules/drip/drip-rules.ts'
import type { Instrument, Policy } from '../rules/policy.ts'
import type { Verdict } from '../rules/verdict.ts'

/** Keeps what left in the last day, for the budgets of the policy. It outlives policies, and a restart by way of the log. */
export type Ledger = {
  /** What `inspect` reckons with. */
  readonly history: () => History
  /**
   * Enters a message that may leave. To be called in the same turn of the event loop as `history` for its verdict, so that no
   * other message is decided in between. What is blocked is not entered; what is entered stays so, whatever becomes of the
   * message on its way.
   */
  readonly enter: (verdict: Verdict) => void
  /** Nucleotides in fragments of those instruments of a policy that sent any in the last day. */
  readonly drips: (policy: Policy) => readonly DripStatus[]
}

/** What an instrument sent of nucleotides in fragments, and what it may. */
export type DripStatus = DripBudget & {
  readonly instrument: string
  readonly lastHour: number
  readonly lastDay: number
}

/** Milliseconds that never go back, nor forward with the clock on the wall. */
export type Clock = () => number

/**
 * Opens a ledger with what the log says of the last day.
 * @param rows - from `LogReader.forwardedSince`, oldest first
 * @param now - milliseconds since the epoch; from then on `clock` says how much time has passed
 */
export const openLedger = (
  rows: Iterable<ForwardedRow>,
  now: number = Date.now(),
  clock: Clock = () => performance.now(),
): Ledger => {
  const origin = now - clock()
  const departures = new Departures()
  for (const departure of timed(rows, now)) departures.add(departure)
  const time = (): number => origin + clock()
  const history = (): History => departures.at(time())
  return {
    history,
    drips: ({ instruments }) =>
      instruments.map(instrument => dripOf(instrument, history())).filter(({ lastDay }) => lastDay > 0),
    enter: verdict => {
      if (verdict.kind !== 'forward') return
      const { instrument, route, nucleotides } = verdict
      departures.add({ time: time(), instrument, route, nucleotides })
    },
  }
}

/** Opens a ledger from the log, so that a restart opens no fresh budget. @throws LogError */
export const ledgerFrom = (directory: string): Ledger => {
  const reader = openLogReader(directory)
  try {
    return reader.forwardedSince(ledgerStart(), rows => openLedger(rows))
  } finally {
    reader.close()
  }
}

const dripOf = ({ id, drip }: Instrument, { time, nucleotides }: History): DripStatus => {
  const sent = nucleotides(id)
  return { instrument: id, lastHour: sent.within(windows.hour, time), lastDay: sent.within(windows.day, time), ...drip }
}

/** The beginning of what a ledger has to know, for `LogReader.forwardedSince`. */
export const ledgerStart = (now: number = Date.now()): string => new Date(now - windows.day).toISOString()

/**
 * Gives each row the latest time at which it can have been: clocks may have been set while the log was written. A row is no earlier than the
 * row before it says. A row of the future was written by a clock that ran ahead: it is no later than the next row that is not of the future,
 * or now where there is none.
 */
const timed = function* (rows: Iterable<ForwardedRow>, now: number) {
  let latest = -Infinity
  let ahead: ForwardedRow[] = []
  for (const row of rows) {
    const stamp = Date.parse(row.time)
    if (stamp > now) {
      ahead.push(row)
      continue
    }
    latest = Math.max(latest, stamp)
    for (const one of [...ahead, row]) yield { ...one, time: latest }
    ahead = []
  }
  for (const row of ahead) yield { ...row, time: now }
}
