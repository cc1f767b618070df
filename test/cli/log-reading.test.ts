import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import t from 'tap'
import type { DecisionFilter } from '../../log/reading/decision-filter.ts'
import { tailLog } from '../../log/reading/follow.ts'
import { openJournal } from '../../log/writing/journal.ts'
import { dimensionNames, statsOf, type Dimension } from '../../log/reading/stats.ts'
import { busyLog } from '../kit/busy-appliance.ts'
import { blockOf, decisionOf, outcomeOf } from '../log/samples.ts'

const log = await busyLog(t)
const rows = (stdout: string) =>
  stdout
    .trim()
    .split('\n')
    .filter(Boolean)
    .map(line => JSON.parse(line) as Record<string, unknown>)

t.test('log list: filters together, as a table when piped', async t => {
  const { stdout } = await log.run('log', 'list', '--reason', 'sensitive-content', '--instrument', 'other')
  const [heading, first, ...more] = stdout.trimEnd().split('\n')
  t.match(heading, /^time\tid\tinstrument\t/)
  t.match(first, /\tother\tothers\t.*\tblock\tsensitive-content\temail .*; nucleotide-run .*\t-$/)
  t.same(more, [])
})

t.test('log list: a reason that does not exist is an error, not an empty list', async t => {
  const { code, stdout, stderr } = await log.run('log', 'list', '--reason', 'sensitive-contnet')
  t.same([code, stdout], [2, ''])
  t.match(stderr, 'Did you mean sensitive-content?')
})

t.test('log stats: groups as JSON, the largest first', async t => {
  const { stdout } = await log.run('log', 'stats', '--json', '--by', 'verdict,instrument', '--since', '1d')
  t.match(rows(stdout), [
    { verdict: 'forward', instrument: 'novaseq-01', requests: 6, forwarded: 6, bytes_in: 95, bytes_out: 95 },
    { verdict: 'block', instrument: 'novaseq-01', requests: 5, forwarded: 0, blocked: 5, bytes_out: 0 },
    { verdict: 'block', instrument: null, requests: 1 },
    { verdict: 'block', instrument: 'other', requests: 1 },
    { verdict: 'forward', instrument: 'other', requests: 1, bytes_out: 20 },
  ])
})

t.test('stats: a decision counts once for each detector, and each group can be filtered', async t => {
  const stats = (by: readonly Dimension[], filter: DecisionFilter = {}) => statsOf(log.folder.log, by, filter, 100)
  const byDetector = stats(['detector'], { verdict: 'block' }).map(({ detector, requests }) => [detector, requests])
  t.same(byDetector, [
    [null, 3],
    ['nucleotide-run', 3],
    ['email', 2],
  ])
  t.match(stats([], { instrument: 'other' }), [{ requests: 2, forwarded: 1, blocked: 1 }])
  t.same(stats(['reason'], { instrument: 'nobody' }), [])
  t.same(stats([], { instrument: 'nobody' }), [])
  t.match(stats(['exception']), [
    { exception: null, requests: 13 },
    { exception: 'kit-names', requests: 1 },
  ])
  t.equal(stats(dimensionNames).length > 5, true, 'all at once')
})

t.test(
  'tail: the last records, oldest first; under a filter the decisions that fit and what is about them',
  async t => {
    const kinds = async (last: number, filter: DecisionFilter = {}) => {
      const found: string[] = []
      for await (const { record } of tailLog(log.folder.log, filter, last)) found.push(record.kind)
      return found
    }
    t.same((await kinds(6)).slice(-4), ['review.blocked', 'rules.activate', 'anchor', 'stop'])
    t.same(await kinds(9, { destination: log.dead }), ['decision', 'outcome'])
    t.same(await kinds(3, { reason: 'sensitive-content' }), ['review.open', 'decision', 'review.blocked'])
  },
)

t.test('log tail --follow: each record that fits comes once it is durable, until interrupted', async t => {
  const main = join(import.meta.dirname, '../../cli/main.ts')
  const args = ['log', 'tail', '-f', '-n', '1', '--json', '--instrument', 'miseq-9', '--data', log.folder.root]
  const journal = await openJournal({ directory: log.folder.log })
  t.teardown(() => journal.close())
  const first = decisionOf({ instrument: 'miseq-9' })
  await journal.append(first)
  const child = spawn(process.execPath, [main, ...args])
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const next = async () => JSON.parse((await lines.next()).value as string) as Record<string, unknown>
  t.match(await next(), { id: first.id })
  const blocked = blockOf({ instrument: 'miseq-9' })
  await journal.append(decisionOf({ instrument: 'elsewhere' }))
  await journal.append(blocked)
  t.match(await next(), { id: blocked.id, leafHash: /^[0-9a-f]{64}$/ })
  await journal.append(outcomeOf(blocked.id))
  t.match(await next(), { kind: 'outcome', decision: blocked.id })
  child.kill('SIGINT')
  t.same(await once(child, 'close'), [130, null])
})
