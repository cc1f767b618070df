import { writeFileSync } from 'node:fs'
import t from 'tap'
import { writeSettings } from '../../proxy/settings.ts'
import { makeFolder, startInProcess, testSettings } from '../kit/appliance.ts'
import { sluice } from '../kit/sluice.ts'
import { idOf, never, postSerial, spoolLog, spoolPolicy } from '../kit/spooling.ts'
import { until } from '../kit/until.ts'
import { startVendor, writing } from '../kit/vendor.ts'

t.test(
  'spool: what waits is listed, shown, confirmed and dropped, with an appliance and without; no payload anywhere',
  async t => {
    const vendor = await startVendor()
    t.teardown(() => vendor.close())
    const folder = await makeFolder(t, spoolPolicy(vendor.port))
    writeFileSync(folder.settings, writeSettings({ ...testSettings, spool: { ...testSettings.spool, maxItems: 10 } }))
    const running = await startInProcess(t, folder, { spool: never })
    const { rows, story } = spoolLog(t, folder)
    const said: string[] = []
    const run = async (...args: readonly string[]) => {
      const finished = await sluice([...args, '--data', folder.root])
      said.push(finished.stdout, finished.stderr)
      return finished
    }
    vendor.behaviour = writing('', 'reset')
    const note = 'Zebra4711'
    const first = idOf(await postSerial(running, 'once', 1, { note }))
    await until(() => running.appliance.status().spool.unknown === 1)
    const second = idOf(await postSerial(running, 'again', 2, { note }))
    const third = idOf(await postSerial(running, 'again', 3, { note }))

    const listed = await run('spool', 'list', '--json')
    t.match(
      listed.stdout
        .trimEnd()
        .split('\n')
        .map(line => JSON.parse(line) as object),
      [
        { decision: first, state: 'unknown', promise: 'at-most-once', attempts: 1, error: 'connection_terminated' },
        { decision: second, state: 'waiting', promise: 'at-least-once' },
        { decision: third, state: 'waiting', instrument: 'novaseq-01', route: 'again' },
      ],
    )
    const shown = await run('spool', 'show', first)
    t.match(shown.stdout, /state\tunknown: nobody knows whether the destination took it/)
    t.match(shown.stdout, /spool\.unknown\tsluice\tconnection_terminated/)
    t.match((await run('status')).stdout, /spooled\t3 of 10, .*; 1 UNKNOWN; see "sluice spool list"/)
    const doctor = await run('doctor')
    t.match(doctor.stdout, /✗ spool: .*UNKNOWN.*\n {2}→ ask the vendor what it has/)

    const because = ['--because', 'the vendor has them, ticket 4711']
    const dry = await run('spool', 'drop', '--state', 'waiting', ...because, '--dry-run', '--json')
    const { token, items } = JSON.parse(dry.stdout) as { token: string; items: object[] }
    t.equal(items.length, 2)
    t.equal(rows().length, 3, 'a dry run changes nothing')
    t.match(await run('spool', 'drop', '--state', 'waiting', ...because, '--confirm', token), { code: 0 })
    t.same(
      rows().map(({ decision }) => decision),
      [first],
    )
    t.same(story(third), ['decision', 'spool.dropped', 'outcome'])

    await running.appliance.stop()
    t.match(await run('spool', 'retry', first, ...because), { code: 0, stdout: /it is now waiting/ })
    t.same(story(first).slice(-1), ['spool.retry'])
    t.notMatch(said.join(''), /Zebra4711/)
  },
)
