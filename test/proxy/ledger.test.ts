import t from 'tap'
import { createLog } from '../../log/writing/create-log.ts'
import { openJournal } from '../../log/writing/journal.ts'
import { openLogReader, type ForwardedRow } from '../../log/reading/query.ts'
import { ledgerStart, openLedger } from '../../proxy/ledger.ts'
import { windows } from '../../rules/budget/rate.ts'
import type { Verdict } from '../../rules/verdict.ts'
import { blockOf, decisionOf, origin } from '../log/samples.ts'

const now = Date.UTC(2026, 2, 1, 12)
const ago = (ms: number): string => new Date(now - ms).toISOString()
const rowAt = (time: string): ForwardedRow => ({ time, instrument: 'seq', route: 'one', nucleotides: 8 })

/** Messages and nucleotides of the instrument in the last minute, hour and day, after rows of these times. */
const counted = (times: readonly string[]): readonly number[] => {
  const history = openLedger(times.map(rowAt), now, () => 0).history()
  const messages = history.messages('seq', 'one')
  return [windows.minute, windows.hour, windows.day].map(window => messages.within(window, history.time))
}

t.test(
  'ledger: what the log says of the last day counts from when it was, for each instrument and route alone',
  async t => {
    t.same(counted([ago(90_000_000), ago(7_200_000), ago(1_800_000), ago(10_000)]), [1, 2, 3])
    const { messages, nucleotides } = openLedger([rowAt(ago(1_000))], now, () => 0).history()
    t.equal(nucleotides('seq').within(windows.hour, now), 8)
    t.equal(nucleotides('other').within(windows.hour, now), 0)
    t.equal(messages('seq', 'two').within(windows.hour, now), 0)
  },
)

t.test('ledger: a clock that was set back or ran ahead while the log was written opens no budget', async t => {
  const hour = 3_600_000
  t.same(counted([ago(-9 * hour)]), [1, 1, 1], 'written ahead of now: as late as can be')
  t.same(counted([ago(1_000), ago(40 * hour)]), [2, 2, 2], 'no earlier than the record before it')
  t.same(counted([ago(-9 * hour), ago(2 * hour)]), [0, 0, 2], 'no later than the record behind it')
  t.same(counted([ago(-9e4 * hour), ago(200 * hour), ago(1_000)]), [1, 1, 1], 'and gone when that one is')
})

t.test('ledger: while it runs, the clock on the wall has no say', async t => {
  let elapsed = 0
  const ledger = openLedger([], now, () => elapsed)
  ledger.enter({ kind: 'forward', instrument: 'seq', route: 'one' } as Verdict)
  const sent = () => {
    const { messages, time } = ledger.history()
    return messages('seq', 'one').within(windows.hour, time)
  }
  const wall = Date.now
  t.teardown(() => (Date.now = wall))
  for (const jump of [-windows.day, 2 * windows.day]) {
    Date.now = () => now + jump
    t.equal(sent(), 1)
  }
  elapsed = windows.hour + 1_000
  t.equal(sent(), 0)
})

t.test('forwardedSince: what was let out, in the order of the log, from the first that is young enough', async t => {
  const directory = t.testdir()
  createLog(directory, origin)
  const journal = await openJournal({ directory })
  const times = ['2026-02-27T12:00:00.000Z', ago(windows.hour), ago(40 * windows.hour), ago(-5_000)]
  for (const time of times) await journal.append(decisionOf({ time }))
  await journal.append(blockOf({ time: ago(0) }))
  await journal.close()
  const reader = openLogReader(directory)
  t.teardown(() => reader.close())
  t.same(
    reader.forwardedSince(ledgerStart(now), rows => [...rows]),
    times.slice(1).map(time => ({ time, instrument: 'novaseq-1', route: 'run-metrics', nucleotides: 0 })),
  )
  t.same(
    reader.forwardedSince('2027-01-01T00:00:00.000Z', rows => [...rows]),
    [],
  )
})
