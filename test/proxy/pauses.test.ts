import t from 'tap'
import { LogError } from '../../log/log-error.ts'
import { verifyLog } from '../../log/verify/verify.ts'
import type { TrafficEntry } from '../../log/record.ts'
import { openPauses, type PauseParts, type PauseRequest } from '../../proxy/pauses.ts'
import { makeFolder, startInProcess, startProcess } from '../kit/appliance.ts'
import { postJson, sendRaw } from '../kit/raw-client.ts'
import { sluice } from '../kit/sluice.ts'
import { testPolicy } from '../kit/test-policy.ts'
import { until } from '../kit/until.ts'
import { answering, hanging, startVendor } from '../kit/vendor.ts'

const INSTRUMENT = 'novaseq-01'

/** Switches over a log that can be told to fail, with what was appended. */
const switchesOver = (parts: Partial<PauseParts> = {}) => {
  const entries: TrafficEntry[] = []
  const log = { fails: false, gate: Promise.resolve() }
  const append = async (entry: unknown): Promise<never> => {
    await log.gate
    if (log.fails) throw new LogError('ERR_LOG_FAILED', 'the log could not be written')
    entries.push(entry as TrafficEntry)
    return undefined as never
  }
  const switches = openPauses({
    rows: [],
    journal: { append },
    isInstrument: id => id === 'a',
    onPause: () => undefined,
    ...parts,
  })
  const turn = (action: PauseRequest['action'], instrument: string | null = null) =>
    switches.turn({ action, instrument, actor: 'lab' })
  return { switches, turn, entries, log }
}

t.test('pause: each instrument has a switch of its own, and what is so already is not recorded again', async t => {
  const { switches, turn, entries } = switchesOver()
  t.match(await turn('pause', 'a'), {
    isChanged: true,
    paused: { all: null, instruments: [{ instrument: 'a', actor: 'lab' }] },
  })
  t.match(await turn('pause', 'a'), { isChanged: false })
  await turn('pause')
  t.match(switches.now(), { all: true, instruments: new Set(['a']) })
  t.match(await turn('resume'), { isChanged: true, paused: { all: null, instruments: [{ instrument: 'a' }] } })
  await turn('resume', 'a')
  t.match(switches.now(), { all: false, instruments: new Set() })
  t.strictSame(
    entries.map(({ id, kind, instrument }) => [id, kind, instrument]),
    [
      ['traffic-1', 'traffic.pause', 'a'],
      ['traffic-2', 'traffic.pause', null],
      ['traffic-3', 'traffic.resume', null],
      ['traffic-4', 'traffic.resume', 'a'],
    ],
  )
})

t.test('pause: an instrument that nobody knows is refused, and so is what is not of the form', async t => {
  const { switches, turn } = switchesOver()
  await t.rejects(turn('pause', 'b'), { code: 'ERR_PAUSE_INSTRUMENT' })
  await t.rejects(turn('resume', 'a'), { code: 'ERR_PAUSE_INSTRUMENT' })
  for (const request of [
    null,
    {},
    { action: 'stop', instrument: null, actor: 'x' },
    { action: 'pause', instrument: '\u001b', actor: 'x' },
  ])
    await t.rejects(switches.turn(request as never), { code: 'ERR_PAUSE_REQUEST' })
})

t.test(
  'P8: a pause that cannot be recorded is in force all the same; what cannot be recorded is not resumed',
  async t => {
    const { switches, turn, entries, log } = switchesOver()
    log.fails = true
    await t.rejects(turn('pause'), { code: 'ERR_PAUSE_UNRECORDED' })
    t.equal(switches.now().all, true)
    log.fails = false
    t.match(await turn('pause'), { isChanged: false })
    t.match(entries.at(-1), { kind: 'traffic.pause' }, 'asked once more, it is recorded once more')
    log.fails = true
    await t.rejects(turn('resume'), { code: 'ERR_PAUSE_UNRECORDED' })
    t.equal(switches.now().all, true)
  },
)

t.test('pause: one that comes while a resume is being recorded has the last word', async t => {
  const { switches, turn, entries, log } = switchesOver()
  await turn('pause')
  const { promise, resolve } = Promise.withResolvers<void>()
  log.gate = promise
  const resumed = turn('resume')
  const paused = turn('pause')
  resolve()
  await Promise.all([resumed, paused])
  t.equal(switches.now().all, true)
  t.equal(entries.at(-1)!.kind, 'traffic.pause', 'and the log says the same')
})

t.test('P3: a pause breaks off what is on its way, and lets nothing out until it is lifted', async t => {
  const vendor = await startVendor()
  t.teardown(() => vendor.close())
  const folder = await makeFolder(t, testPolicy(vendor.port))
  const appliance = await startInProcess(t, folder)
  const send = (number: number) => sendRaw(appliance, postJson('/v1/serial', `{"serial":${number}}`))
  vendor.behaviour = hanging
  const first = send(1)
  await until(() => vendor.requests.length === 1)
  t.match(await sluice(['pause', '--instrument', INSTRUMENT, '--data', folder.root]), {
    code: 0,
    stdout: /novaseq-01 is paused/,
  })
  const broken = await first
  t.match([broken.status, JSON.parse(broken.body)], [503, { code: 'traffic-paused' }])
  t.match(appliance.decisions.all().at(-1), { verdict: 'forward', result: 'failed', error: 'traffic_paused' })
  vendor.behaviour = answering()
  const refused = await send(2)
  t.match([refused.status, JSON.parse(refused.body)], [503, { code: 'paused' }])
  t.match(appliance.decisions.all().at(-1), { verdict: 'block', reason: 'paused', instrument: INSTRUMENT, held: 0 })
  t.equal(vendor.requests.length, 1)
  t.match((await sluice(['status', '--data', folder.root])).stdout, /paused\tnovaseq-01 since/)
  t.match((await sluice(['doctor', '--data', folder.root])).stdout, /✗ traffic: paused: novaseq-01/)
  t.match(await sluice(['resume', '--instrument', INSTRUMENT, '--data', folder.root]), {
    code: 0,
    stdout: /nothing is paused/,
  })
  t.equal((await send(3)).status, 200)
  await appliance.appliance.stop()
  t.match(await verifyLog(folder.log, {}), { kind: 'intact' })
})

t.test('P3: a pause outlives a kill, and can be set and lifted while no appliance runs', async t => {
  const vendor = await startVendor()
  t.teardown(() => vendor.close())
  const folder = await makeFolder(t, testPolicy(vendor.port))
  const command = (...args: string[]) => sluice([...args, '--data', folder.root])
  t.match(await command('pause'), { code: 0, stdout: /all traffic is paused/ })
  t.match(await command('pause', '--instrument', 'nobody'), { code: 1, stderr: /no instrument nobody/ })
  const running = await startProcess(t, folder)
  const send = (appliance: typeof running) => sendRaw(appliance, postJson('/v1/serial', '{"serial":1}'))
  t.equal((await send(running)).status, 503)
  await running.stop('SIGKILL')
  const again = await startProcess(t, folder)
  t.equal((await send(again)).status, 503)
  await again.stop('SIGTERM')
  t.equal(vendor.requests.length, 0)
  t.match(await command('resume', '--json'), { code: 0, stdout: /"isChanged":true/ })
  t.equal((await send(await startProcess(t, folder))).status, 200)
})
