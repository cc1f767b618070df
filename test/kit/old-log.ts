import { createLog } from '../../log/writing/create-log.ts'
import type { Entry, Salted } from '../../log/record.ts'
import { PIECE } from '../../log/segments/segments.ts'
import { openStore } from '../../log/writing/store.ts'
import { blockOf, decisionOf, origin, outcomeOf } from '../log/samples.ts'

const salted = (entry: Entry): Salted => ({ ...entry, v: 1, salt: 'x'.repeat(22), seal: null })

/** Times of the two oldest pieces of an old log. */
export const oldTimes = ['2018-05-01T08:00:00.000Z', '2019-07-01T08:00:00.000Z'] as const

const activation = (number: number, time: string): Entry => ({
  kind: 'rules.activate',
  id: `activation-${number}`,
  time,
  policy: `sha256:${'ab'.repeat(32)}`,
  previous: null,
  cause: 'start',
  actor: 'sluice',
})

/** Decisions and their outcomes, one of them across each edge of two pieces; the last one is a block. */
function* traffic(count: number, time: string): Generator<Entry> {
  let before = decisionOf({ time })
  yield before
  for (let left = count - 2; left > 0; left -= 2) {
    const decision = left % 16 === 0 ? blockOf({ time }) : decisionOf({ time })
    yield outcomeOf(before.id, { time })
    if (left > 1) yield decision
    before = decision
  }
  yield blockOf({ time })
}

/**
 * A log of whole pieces from long ago and some records of today, ready to be sealed: `pieces` of the first time, one of the second.
 * @param given - `isStartedAnew`: whether a policy came into force today, so that the records of long ago are not needed any more
 */
export const oldLog = (
  directory: string,
  given: { readonly pieces?: number; readonly isStartedAnew?: boolean } = {},
) => {
  const { pieces = 1, isStartedAnew = true } = given
  createLog(directory, origin)
  const now = new Date().toISOString()
  write(directory, [
    [activation(1, oldTimes[0]), ...traffic(pieces * PIECE - 1, oldTimes[0])],
    [...traffic(PIECE, oldTimes[1])],
    [...traffic(21, now), ...(isStartedAnew ? [activation(2, now)] : [])],
  ])
}

/** Fills an empty log with a piece from long ago. */
export const ageLog = (directory: string): void => write(directory, [[...traffic(PIECE, oldTimes[0])]])

const write = (directory: string, parts: readonly (readonly Entry[])[]): void => {
  const store = openStore(directory, null)
  const entries = parts.flat().map(entry => [{ record: salted(entry), sealed: null }])
  for (let from = 0; from < entries.length; from += 4_096) store.commit(entries.slice(from, from + 4_096))
  store.close()
}
