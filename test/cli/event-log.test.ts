import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { openSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import t from 'tap'
import { openEventLog, type ServeEvent } from '../../cli/event-log.ts'
import type { LogFormat, LogLevel } from '../../cli/log-level.ts'

const blocked = {
  kind: 'request',
  verdict: 'blocked',
  decision: '01234567-89ab-7def-8123-456789abcdef',
  instrument: 'novaseq-01',
  route: 'run-status',
  reason: 'schema-violation',
  times: 1,
  bytesIn: 12,
  bytesOut: 0,
  bytesBack: 0,
  inspectMs: 0.25,
  recordMs: 1.5,
  upstreamMs: null,
} as const satisfies ServeEvent
const forwarded: ServeEvent = { ...blocked, verdict: 'forwarded', reason: null }
const full: ServeEvent = { kind: 'disk', state: 'refusing', freeBytes: 1 }

const linesOf = async (format: LogFormat, level: LogLevel): Promise<readonly string[]> => {
  const file = join(t.testdir(), 'out')
  const log = openEventLog(format, level, openSync(file, 'w'))
  for (const event of [forwarded, blocked, full]) log.tell(event)
  await log.close()
  return readFileSync(file, 'utf8').trimEnd().split('\n')
}

t.test('events: a line of JSON each, with time and level, from the level on that is asked for', async t => {
  const lines = (await linesOf('json', 'info')).map(line => JSON.parse(line) as ServeEvent)
  t.match(lines, [
    { ...blocked, level: 'warn', time: /^\d{4}-\d\d-\d\dT.*Z$/ },
    { ...full, level: 'error' },
  ])
  t.equal(lines.length, 2)
  t.match((await linesOf('json', 'debug'))[0], '"level":"debug"')
  t.equal((await linesOf('json', 'error')).length, 1)
})

t.test('events: as text, what there is and nothing else; no colour where there is no terminal', async t => {
  const [first, second] = await linesOf('text', 'info')
  t.match(
    first,
    /^\S+Z warn {2}request verdict=blocked decision=0123\S+ instrument=novaseq-01 route=run-status reason=schema-violation /,
  )
  t.notMatch(first, 'upstreamMs')
  t.match(second, /Z error disk state=refusing freeBytes=1$/)
})

/** Tells of more than a pipe holds and more than may wait, then says what became of it, and how long a turn of the loop took at the most. */
const flood = `
import { openEventLog } from '${join(import.meta.dirname, '..', '..', 'cli', 'event-log.ts')}'
process.stdout.on('error', () => undefined)
const log = openEventLog('json', 'info')
const blocked = ${JSON.stringify(blocked)}
for (let round = 0; round < 20; round++) {
  for (let n = 0; n < 1000; n++) log.tell(blocked)
  await new Promise(resolve => setImmediate(resolve))
}
log.tell({ kind: 'disk', state: 'refusing', freeBytes: 1 })
process.stderr.write(JSON.stringify({ lost: log.lost() }) + '\\n')
process.stdin.once('data', async () => {
  await new Promise(resolve => setTimeout(resolve, 300))
  log.tell(blocked)
  await log.close()
  process.exit()
})
`

t.test('P8: a reader that takes nothing stops nothing: lines about requests are lost, and counted', async t => {
  const file = join(t.testdir(), 'flood.mjs')
  writeFileSync(file, flood)
  const child = spawn(process.execPath, [file], { stdio: ['pipe', 'pipe', 'pipe'] })
  const [said] = (await once(child.stderr, 'data')) as [Buffer]
  const { lost } = JSON.parse(said.toString()) as { lost: number }
  t.ok(lost > 10_000, 'nobody has read anything, and it went on')
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  await setTimeout(200)
  child.stdin.write('go on\n')
  await once(child, 'close')
  const lines = output
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as ServeEvent)
  t.equal(lines.filter(({ kind }) => kind === 'request').length, 20_001 - lost, 'whole lines, each of them or counted')
  t.match(
    lines.filter(({ kind }) => kind === 'disk'),
    [full],
    'what matters more is told',
  )
  const told = lines.map(line => (line.kind === 'lines-lost' ? line.lines : 0))
  t.equal(
    told.reduce((sum, count) => sum + count, 0),
    lost,
  )
})

t.test('events: a reader that never takes anything keeps nobody from ending', async t => {
  const file = join(t.testdir(), 'flood.mjs')
  writeFileSync(file, flood)
  const child = spawn(process.execPath, [file], { stdio: ['pipe', 'pipe', 'pipe'] })
  child.stdin.write('end\n')
  const [code] = await once(child, 'exit')
  t.equal(code, 0)
  child.stdout.destroy()
})
