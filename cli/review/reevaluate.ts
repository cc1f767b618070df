import { setImmediate } from 'node:timers/promises'
import { openingOf, type HeldSealed, type Opening } from '../../log/held/open-many.ts'
import { openLogReader, type HeldRow, type LogReader } from '../../log/reading/query.ts'
import { readCase } from '../../log/review/case.ts'
import { nextState, type State } from '../../log/review/states.ts'
import type { ReviewerKey } from '../../log/review/reviewer-key.ts'
import type { DataFolder } from '../../proxy/data-folder.ts'
import { decodeHeld, type HeldPayload } from '../../proxy/review/held-payload.ts'
import { ledgerFrom, type Ledger } from '../../proxy/ledger.ts'
import { replayRail, type Rail } from '../../proxy/review/review-rails.ts'
import { inspect } from '../../rules/inspect.ts'
import type { Policy } from '../../rules/policy.ts'
import type { Place } from '../../rules/verdict.ts'
import { messageOfHeld } from '../rules/message-for.ts'
import { osIdentity, type Reviews } from './review-client.ts'

/** What would become of one held payload now. */
export type Reevaluated = Pick<HeldRow, 'decision' | 'time' | 'instrument' | 'route'> & {
  readonly state: State
  /** The reason for which it was blocked. */
  readonly was: string | null
  /** Null: it would pass. */
  readonly now: string | null
  readonly rule: string | null
  readonly place: Place | null
  /** Ids of the detectors that find something now. */
  readonly detectors: readonly string[]
  /** What keeps a replay of it back although it would pass. */
  readonly rail: Rail | null
}

export type Reevaluation = {
  readonly results: readonly Reevaluated[]
  /** Sealed for others than the keys at hand; looked at by nobody. */
  readonly unopened: number
  /** Ids of those that do not open although a key fits: altered, or of another decision. */
  readonly broken: readonly string[]
}

/** `inTurn`: what would pass takes of the rates and budgets of those behind it. */
export type ReevaluateHow = { readonly policy: Policy; readonly inTurn: boolean }

/** Payloads that are read from the log, recorded as read, and opened at a time. */
const BATCH = 500
/** Batches that are on their way to be recorded and opened while one is inspected. */
const AHEAD = 3
/** Payloads that are inspected before whatever else there is gets its turn. */
const STRIDE = 50

/**
 * Evaluates held payloads again as their replay would be now, and sends nothing. That they are read is in the log before the first of a
 * batch is opened. The next batches are recorded, and opened in a thread of their own, while one is inspected here.
 * @param rows - newest first, as a list of held payloads is
 * @throws LogError, ProxyError
 */
export const reevaluate = async (
  folder: DataFolder,
  rows: readonly HeldRow[],
  keys: readonly ReviewerKey[],
  how: ReevaluateHow,
  read: Reviews['read'],
  onProgress: (done: number) => void,
): Promise<Reevaluation> => {
  const reader = openLogReader(folder.log)
  const opening = openingOf(keys, rows.length)
  const judge = judgeUnder(how, ledgerFrom(folder.log), reader)
  const results: Reevaluated[] = []
  const broken: string[] = []
  try {
    for await (const { row, payload } of openedInOrder(batchesOf(rows.toReversed(), reader, opening), opening, read)) {
      if (payload === null) broken.push(row.decision)
      else results.push(judge(row, decodeHeld(payload)))
      const done = results.length + broken.length
      onProgress(done)
      if (done % STRIDE === 0) await setImmediate()
    }
    return { results, broken, unopened: rows.length - results.length - broken.length }
  } finally {
    await opening.close()
    reader.close()
  }
}

type Batch = readonly (HeldSealed & { readonly row: HeldRow })[]

type Opened = { readonly row: HeldRow; readonly payload: Uint8Array | null }

const openedInOrder = async function* (
  batches: Generator<Batch, undefined>,
  opening: Opening,
  read: Reviews['read'],
): AsyncGenerator<Opened> {
  const begin = async (batch: Batch): Promise<readonly Opened[]> => {
    await read(
      osIdentity(),
      batch.map(({ decision }) => decision),
    )
    const payloads = await opening.open(batch.map(({ decision, sealed }) => ({ decision, sealed })))
    return batch.map(({ row }, index) => ({ row, payload: payloads[index]! }))
  }
  const coming: Promise<readonly Opened[]>[] = []
  const start = (): void => {
    const { value } = batches.next()
    if (value) coming.push(handled(begin(value)))
  }
  for (let count = 0; count < AHEAD; count++) start()
  for (let next = coming.shift(); next; next = coming.shift()) {
    start()
    yield* await next
  }
}

/** Whoever awaits it hears of its fault; until then that is nobody. */
const handled = <T>(promise: Promise<T>): Promise<T> => {
  promise.catch(() => undefined)
  return promise
}

/** Those that can be opened. What was purged since it was listed is left out. */
const batchesOf = function* (
  rows: readonly HeldRow[],
  reader: Pick<LogReader, 'heldGetAll'>,
  { fits }: Pick<Opening, 'fits'>,
): Generator<Batch, undefined> {
  for (let from = 0; from < rows.length; from += BATCH) {
    const some = rows.slice(from, from + BATCH)
    const held = reader.heldGetAll(some.map(({ decision }) => decision))
    const batch = some.flatMap(row => {
      const sealed = held.get(row.decision)
      return sealed && fits(sealed) ? [{ row, decision: row.decision, sealed }] : []
    })
    if (batch.length > 0) yield batch
  }
}

const judgeUnder =
  ({ policy, inTurn }: ReevaluateHow, ledger: Ledger, reader: Pick<LogReader, 'show'>) =>
  (row: HeldRow, payload: HeldPayload): Reevaluated => {
    const { decision, time, instrument, route, state, reason: was } = row
    const verdict = inspect({ ...messageOfHeld(payload), history: ledger.history() }, policy)
    const subject = { decision, time, instrument, route, state, was }
    if (verdict.kind === 'block') {
      const { reason: now, rule, place, findings } = verdict
      const detectors = [...new Set(findings.map(({ detector }) => detector))]
      return { ...subject, now, rule, place, detectors, rail: null }
    }
    const rail = replayRailOf(row, reader)
    if (inTurn && rail === null) ledger.enter(verdict)
    return { ...subject, now: null, rule: null, place: null, detectors: [], rail }
  }

/** Only how one was rejected is not said by its state. */
const replayRailOf = ({ decision, state }: HeldRow, reader: Pick<LogReader, 'show'>): Rail | null => {
  if (state !== 'rejected') return nextState(state, 'review.replay') === null ? 'state-not-allowed' : null
  const found = readCase(reader, decision)
  return found && replayRail(found)
}
