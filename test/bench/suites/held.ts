import { availableParallelism, loadavg } from 'node:os'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeFolder } from '../../kit/appliance.ts'
import { holdPayloads, newField } from '../../kit/held-payloads.ts'
import { sluice } from '../../kit/sluice.ts'
import { testPolicy } from '../../kit/test-policy.ts'
import { packsFolder } from '../../../proxy/policy-file.ts'
import { spreadOf, type Spread } from '../measure.ts'
import type { Report, Suite } from '../suite.ts'

/** Of issue 6: held payloads, milliseconds that a list of them may take, and payloads that are evaluated again in a second. */
const PAYLOADS = 10_000
const LIST_MS = 1_000
const A_SECOND = 2_000
const ROUNDS = 5

type Timed = { readonly time: Spread; readonly stdout: string }

/** Whole processes, one after the other, from their start to their end. */
const timed = async (args: readonly string[], rounds: number): Promise<Timed> => {
  const timings: number[] = []
  let printed = ''
  for (let round = -1; round < rounds; round++) {
    const start = performance.now()
    const { code, stdout, stderr } = await sluice(args)
    if (code !== 0) throw new Error(`bench: ${args.join(' ')} failed: ${stderr}`)
    if (round >= 0) timings.push(performance.now() - start)
    printed = stdout
  }
  return { time: spreadOf(timings), stdout: printed }
}

/** The policy of the folder once the new field is allowed. */
const nextPolicy = (root: string): string => {
  const schema = JSON.parse(
    readFileSync(join(packsFolder, 'illumina-proactive', 'run-performance.schema.json'), 'utf8'),
  ) as { properties: Record<string, object> }
  schema.properties[newField] = { type: 'integer', minimum: 0, maximum: 1_000_000 }
  const policy = JSON.parse(testPolicy(443, [], ['run-performance'])) as {
    routes: { id: string; body: { schema: unknown } }[]
  }
  policy.routes.find(({ id }) => id === 'run-performance')!.body.schema = schema
  const file = join(root, 'next.yaml')
  writeFileSync(file, JSON.stringify(policy))
  return file
}

const lists = async (report: Report, root: string): Promise<void> => {
  const commands = {
    'blocked list': ['list'],
    'blocked list --group-by reason,instrument': ['list', '--group-by', 'reason,instrument'],
    'blocked list --group-by place,detector': ['list', '--group-by', 'place,detector'],
  }
  for (const [name, args] of Object.entries(commands)) {
    const { time, stdout } = await timed(['blocked', ...args, '--data', root], ROUNDS)
    const ratio = { to: '1 ms', value: time.median, atMost: LIST_MS }
    report.row({ name: `${name}, whole process`, unit: 'ms', time, bytes: stdout.length, ratio })
  }
}

const reevaluations = async (report: Report, root: string): Promise<void> => {
  const args = ['blocked', 'reevaluate', '--data', root, '--policy', nextPolicy(root), '--json']
  const { time, stdout } = await timed(args, 3)
  const { evaluated, pass } = JSON.parse(stdout) as { readonly evaluated: number; readonly pass: number }
  if (evaluated !== PAYLOADS || pass !== PAYLOADS / 2) throw new Error(`bench: ${evaluated} evaluated, ${pass} pass`)
  const ratio = { to: '1 payload/s', value: evaluated / (time.median / 1_000), atLeast: A_SECOND }
  report.row({ name: 'blocked reevaluate, whole process', unit: 'ms', time, bytes: stdout.length, ratio })
}

export const heldSuite: Suite = {
  name: 'held',
  title: `${PAYLOADS} blocked payloads: listing them, counting them in groups, evaluating them again`,
  run: async report => {
    const ends: (() => Promise<unknown> | void)[] = []
    const folder = await makeFolder({ teardown: end => void ends.push(end) }, testPolicy(443, [], ['run-performance']))
    try {
      await holdPayloads(folder, PAYLOADS)
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
