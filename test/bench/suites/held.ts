import { availableParallelism, loadavg } from 'node:os'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { heldRows } from '../../../cli/review/held.ts'
import { reevaluate } from '../../../cli/review/reevaluate.ts'
import { withReader } from '../../../cli/review/review-client.ts'
import { reviewerKeys } from '../../../cli/review/reviewer-keys.ts'
import type { DataFolder } from '../../../proxy/data-folder.ts'
import { loadPolicy } from '../../../proxy/policy/policy-file.ts'
import { makeFolder } from '../../kit/appliance.ts'
import { allowingNewField, blockedMessages, holdPayloads } from '../../kit/held-payloads.ts'
import { sluice } from '../../kit/sluice.ts'
import { testPolicy } from '../../kit/test-policy.ts'
import { spreadOf, type Spread } from '../measure.ts'
import type { Report, Suite } from '../suite.ts'

/** Of issue 6: held payloads, milliseconds that a list of them may take, and payloads that are evaluated again in a second. */
const PAYLOADS = 10_000
const LIST_MS = 1_000
const A_SECOND = 2_000
const ROUNDS = 5

/** `cpu`: of all its threads, which a busy machine changes less than the time on the wall. Both in milliseconds. */
type Timed = { readonly wall: Spread; readonly cpu: Spread; readonly stdout: string }

/** Whole processes, one after the other, from their start to their end. */
const timed = async (args: readonly string[], rounds: number, file: string): Promise<Timed> => {
  const env = { BENCH_CPU: file, NODE_OPTIONS: `--import=${new URL('../bed/report-cpu.ts', import.meta.url).href}` }
  const walls: number[] = []
  const cpus: number[] = []
  let printed = ''
  for (let round = -1; round < rounds; round++) {
    const start = performance.now()
    const { code, stdout, stderr } = await sluice(args, '', env)
    if (code !== 0) throw new Error(`bench: ${args.join(' ')} failed: ${stderr}`)
    if (round >= 0) walls.push(performance.now() - start)
    if (round >= 0) cpus.push(Number(readFileSync(file, 'utf8')) / 1_000)
    printed = stdout
  }
  return { wall: spreadOf(walls), cpu: spreadOf(cpus), stdout: printed }
}

const lists = async (report: Report, root: string): Promise<void> => {
  const commands = {
    'blocked list': ['list'],
    'blocked list --group-by reason,instrument': ['list', '--group-by', 'reason,instrument'],
    'blocked list --group-by place,detector': ['list', '--group-by', 'place,detector'],
  }
  for (const [name, args] of Object.entries(commands)) {
    const { wall, cpu, stdout } = await timed(['blocked', ...args, '--data', root], ROUNDS, join(root, 'cpu'))
    const ratio = { to: '1 ms', value: wall.median, atMost: LIST_MS }
    report.row({ name: `${name}, whole process`, unit: 'ms', time: wall, bytes: stdout.length, ratio })
    report.row({ name: `${name}, whole process, CPU`, unit: 'ms', time: cpu, bytes: stdout.length })
  }
}

/** With its records, its thread and its progress, but without the start of a process and the compilation of policies. */
const reevaluations = async (report: Report, folder: DataFolder): Promise<void> => {
  const file = join(folder.root, 'next.yaml')
  writeFileSync(file, allowingNewField())
  const how = { policy: loadPolicy(file), inTurn: false }
  const keys = await reviewerKeys(folder, {})
  const rows = heldRows(folder)
  const seconds: number[] = []
  const cpus: number[] = []
  for (let round = -1; round < 3; round++) {
    const [start, before] = [performance.now(), process.cpuUsage()]
    const { results } = await withReader(folder, read => reevaluate(folder, rows, keys, how, read, () => undefined))
    const { user, system } = process.cpuUsage(before)
    if (results.filter(({ now }) => now === null).length !== PAYLOADS / 2) throw new Error('bench: half of them pass')
    if (round < 0) continue
    seconds.push((performance.now() - start) / 1_000)
    cpus.push((user + system) / PAYLOADS)
  }
  const time = spreadOf(seconds.map(each => each * 1_000))
  const ratio = { to: '1 payload/s', value: PAYLOADS / (time.median / 1_000), atLeast: A_SECOND }
  const bytes = rows.reduce((sum, row) => sum + row.bytes, 0)
  report.row({ name: 'reevaluate', unit: 'ms', time, bytes, ratio })
  report.row({
    name: 'reevaluate, CPU of all threads',
    unit: 'us/message',
    time: spreadOf(cpus),
    bytes: bytes / PAYLOADS,
  })
  const whole = await timed(
    ['blocked', 'reevaluate', '--data', folder.root, '--policy', file],
    2,
    join(folder.root, 'cpu'),
  )
  report.row({ name: 'blocked reevaluate, whole process', unit: 'ms', time: whole.wall, bytes })
  report.row({ name: 'blocked reevaluate, whole process, CPU', unit: 'ms', time: whole.cpu, bytes })
}

export const heldSuite: Suite = {
  name: 'held',
  title: `${PAYLOADS} blocked payloads: listing them, counting them in groups, evaluating them again`,
  run: async report => {
    const ends: (() => Promise<unknown> | void)[] = []
    const folder = await makeFolder({ teardown: end => void ends.push(end) }, testPolicy(443, [], ['run-performance']))
    try {
      await holdPayloads(folder, blockedMessages(PAYLOADS))
      await lists(report, folder.root)
      await reevaluations(report, folder)
      report.note(
        `wall time on ${availableParallelism()} cores, load ${loadavg()[0]!.toFixed(1)}: a busy machine takes longer`,
      )
    } finally {
      for (const end of ends) await end()
    }
  },
}
