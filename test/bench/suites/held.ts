import { availableParallelism, loadavg } from 'node:os'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
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
    report.row({ name, unit: 'ms', time: wall, bytes: stdout.length, ratio })
    report.row({ name: `${name}, CPU`, unit: 'ms', time: cpu, bytes: stdout.length })
  }
}

const reevaluations = async (report: Report, root: string): Promise<void> => {
  const file = join(root, 'next.yaml')
  writeFileSync(file, allowingNewField())
  const args = ['blocked', 'reevaluate', '--data', root, '--policy', file, '--json']
  const { wall, cpu, stdout } = await timed(args, 3, join(root, 'cpu'))
  const { evaluated, pass } = JSON.parse(stdout) as { readonly evaluated: number; readonly pass: number }
  if (evaluated !== PAYLOADS || pass !== PAYLOADS / 2) throw new Error(`bench: ${evaluated} evaluated, ${pass} pass`)
  const ratio = { to: '1 payload/s', value: evaluated / (wall.median / 1_000), atLeast: A_SECOND }
  report.row({ name: 'blocked reevaluate', unit: 'ms', time: wall, bytes: stdout.length, ratio })
  report.row({ name: 'blocked reevaluate, CPU', unit: 'ms', time: cpu, bytes: stdout.length })
}

export const heldSuite: Suite = {
  name: 'held',
  title: `${PAYLOADS} blocked payloads: listing them, counting them in groups, evaluating them again; whole processes`,
  run: async report => {
    const ends: (() => Promise<unknown> | void)[] = []
    const folder = await makeFolder({ teardown: end => void ends.push(end) }, testPolicy(443, [], ['run-performance']))
    try {
      await holdPayloads(folder, blockedMessages(PAYLOADS))
      await lists(report, folder.root)
      await reevaluations(report, folder.root)
      report.note(
        `wall time on ${availableParallelism()} cores, load ${loadavg()[0]!.toFixed(1)}: a busy machine takes longer`,
      )
    } finally {
      for (const end of ends) await end()
    }
  },
}
