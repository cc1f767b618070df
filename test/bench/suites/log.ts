import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLog } from '../../../log/writing/create-log.ts'
import { openJournal, type Journal } from '../../../log/writing/journal.ts'
import { verifyLog } from '../../../log/verify/verify.ts'
import { decisionOf, origin } from '../../log/samples.ts'
import { spreadOf } from '../measure.ts'
import type { Report, Suite } from '../suite.ts'

/** Of issue 5: decisions a second that are on the disk, each commit with a signed checkpoint, and how long one may wait for it. */
const DECISIONS_A_SECOND = 5_000
const P99_MS = 30
const RECORDS_A_SECOND = 100_000

/** Milliseconds that each number of callers goes on for; half as long before, uncounted. */
const PERIOD = 3_000
/** Callers that ask at the same time. The bars are for the number at which both have to hold. */
const CALLERS = [1, 16, 64, 256, 1_024]
const BARRED = 64

/** `cpu`: microseconds that all threads together took for one decision. */
type Waits = { readonly waits: readonly number[]; readonly seconds: number; readonly cpu: number }

/** Callers that each append one decision after the other, and wait for the disk every time. */
const callersFor = async (journal: Journal, callers: number, milliseconds: number): Promise<Waits> => {
  const waits: number[] = []
  const start = performance.now()
  const before = process.cpuUsage()
  const call = async (): Promise<void> => {
    for (let now = start; now < start + milliseconds;) {
      await journal.append(decisionOf())
      const then = performance.now()
      waits.push(then - now)
      now = then
    }
  }
  await Promise.all(Array.from({ length: callers }, call))
  const { user, system } = process.cpuUsage(before)
  return { waits, seconds: (performance.now() - start) / 1_000, cpu: (user + system) / waits.length }
}

/** Octets of a decision as it is stored. */
const bytes = JSON.stringify({ ...decisionOf(), v: 1, salt: 'x'.repeat(22), seal: null, sequence: 100_000 }).length

const appends = async (report: Report, journal: Journal, callers: number): Promise<void> => {
  await callersFor(journal, callers, PERIOD / 2)
  const { waits, seconds, cpu } = await callersFor(journal, callers, PERIOD)
  const rate = waits.length / seconds
  const sorted = waits.toSorted((a, b) => a - b)
  const p99 = sorted[Math.floor(0.99 * sorted.length)]!
  const isBarred = callers === BARRED
  report.row({
    name: `CPU of a decision, ${callers} callers`,
    unit: 'us/message',
    time: { median: cpu, mean: cpu, p10: cpu, p90: cpu, runs: waits.length },
    bytes,
    ratio: { to: '1 decision/s', value: rate, ...(isBarred && { atLeast: DECISIONS_A_SECOND }) },
  })
  report.row({
    name: `wait of a decision, ${callers} callers`,
    unit: 'ms',
    time: spreadOf(waits),
    bytes,
    ratio: { to: '1 ms at p99', value: p99, ...(isBarred && { atMost: P99_MS }) },
  })
}

const verifies = async (report: Report, directory: string): Promise<void> => {
  const timings: number[] = []
  let records = 0
  for (let round = 0; round < 3; round++) {
    const start = performance.now()
    const result = await verifyLog(directory)
    timings.push(performance.now() - start)
    if (result.kind !== 'intact') throw new Error('bench: the log that was written does not verify')
    records = result.size
  }
  const time = spreadOf(timings)
  const ratio = { to: '1 record/s', value: records / (time.median / 1_000), atLeast: RECORDS_A_SECOND }
  report.row({ name: 'verify, all records', unit: 'ms', time, bytes: records * bytes, ratio })
}

export const logSuite: Suite = {
  name: 'log',
  title: 'decisions through the real writer, with a signed checkpoint in each commit; verifying them',
  run: async report => {
    const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-'))
    const directory = join(folder, 'log')
    createLog(directory, origin)
    const journal = await openJournal({ directory })
    try {
      for (const callers of CALLERS) await appends(report, journal, callers)
      await journal.close()
      await verifies(report, directory)
    } finally {
      await journal.close()
      rmSync(folder, { recursive: true })
    }
    report.note(`the log was in ${tmpdir()}: what a commit takes is what its disk takes (TMPDIR names another)`)
  },
}
