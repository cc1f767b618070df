import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import t from 'tap'
import { openJournal } from '../../log/writing/journal.ts'
import { busyLog, sizeOf } from '../kit/busy-appliance.ts'
import { until } from '../kit/until.ts'
import { decisionOf } from '../log/samples.ts'

const log = await busyLog(t)
const folder = t.testdir()
const parsed = (text: string) =>
  text
    .split('\n')
    .filter(Boolean)
    .map(line => JSON.parse(line) as { sequence: number; event?: { action: string } })

t.test('log export: from a decision on, in the form that is asked for; nothing of a payload is in it', async t => {
  const { stdout, code } = await log.run('log', 'export', '--format', 'ecs', '--from', log.ids.replay)
  t.equal(code, 0)
  t.same(
    parsed(stdout)
      .map(({ event }) => event?.action)
      .filter(action => action !== 'anchor'),
    ['decision', 'review.blocked', 'rules.activate', 'stop'],
  )
  const all = (await log.run('log', 'export', '--format', 'csv')).stdout
  t.equal(all.trimEnd().split('\r\n').length, sizeOf(log.folder) + 1)
  for (const canary of log.canaries) t.notOk(all.includes(canary) || stdout.includes(canary), `no ${canary}`)
})

t.test('log export: an id that is not there is said to be missing', async t => {
  t.equal((await log.run('log', 'export', '--from', '019aa0f2-7d1c-7abc-9def-0123456789ab')).code, 3)
})

t.test('log export: killed again and again, nothing is missing and no line is broken', async t => {
  const journal = await openJournal({ directory: log.folder.log, maxQueue: 100_000 })
  await Promise.all(Array.from({ length: 15_000 }, () => journal.append(decisionOf())))
  await journal.close()
  const [output, cursor] = [join(folder, 'siem.jsonl'), join(folder, 'siem.cursor')]
  const args = ['log', 'export', '--cursor', cursor, '-o', output, '--data', log.folder.root]
  const main = join(import.meta.dirname, '../../cli/main.ts')
  const length = () => statSync(output, { throwIfNoEntry: false })?.size ?? 0
  for (let round = 0; round < 2; round++) {
    const before = length()
    const child = spawn(process.execPath, [main, ...args])
    const ended = once(child, 'close')
    await until(() => length() > before)
    await setTimeout(round * 7)
    child.kill('SIGKILL')
    await ended
    if (round === 0) appendFileSync(output, '{"kind":"decis')
  }
  t.equal((await log.run('log', 'export', '--cursor', cursor, '-o', output)).code, 0)
  const sequences = parsed(readFileSync(output, 'utf8')).map(({ sequence }) => sequence)
  const size = sizeOf(log.folder)
  t.equal(new Set(sequences).size, size, 'every record')
  t.ok(sequences.length >= size && sequences.length < size + 2 * 501, 'few of them twice')
})
