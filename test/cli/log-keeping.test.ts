import { existsSync } from 'node:fs'
import t from 'tap'
import { segmentFile } from '../../log/segments/segments.ts'
import { PIECE } from '../../log/segments/segments.ts'
import { makeFolder, startInProcess } from '../kit/appliance.ts'
import { ageLog } from '../kit/old-log.ts'
import { postJson, sendRaw } from '../kit/raw-client.ts'
import { sluice } from '../kit/sluice.ts'
import { testPolicy } from '../kit/test-policy.ts'
import { until } from '../kit/until.ts'
import { startVendor } from '../kit/vendor.ts'

const vendor = await startVendor()
t.teardown(() => vendor.close())
const folder = await makeFolder(t, testPolicy(vendor.port))
ageLog(folder.log)
const run = (...args: readonly string[]) => sluice([...args, '--data', folder.root])
const file = segmentFile(folder.log, { first: 0, last: PIECE - 1 })

t.test('P5: an appliance seals what is old; purge and redact go through it, and alone when there is none', async t => {
  const running = await startInProcess(t, folder)
  const { notices } = running
  await until(() => notices.some(({ kind }) => kind === 'segment-sealed'))
  t.match(
    notices.filter(({ kind }) => kind.startsWith('segment')),
    [{ kind: 'segment-sealed', first: 0, last: PIECE - 1 }],
  )
  t.match((await run('log', 'attach')).stdout, `ATTACH '${file}' AS segment_0;`)

  const dry = await run('log', 'purge', '--dry-run')
  t.match(dry, { code: 0, stdout: /\t8192\t2018-05-01.*\n.*--confirm [0-9a-f]{32}\n$/ })
  t.match(await run('log', 'purge'), { code: 2, stderr: /--dry-run/ })
  const [, token = ''] = /--confirm ([0-9a-f]{32})/.exec(dry.stdout) ?? []
  t.match(await run('log', 'purge', '--confirm', '0'.repeat(32)), { code: 7, stderr: /--dry-run again/ })
  t.ok(existsSync(file), 'nothing was purged')
  t.match(await run('log', 'purge', '--confirm', token), { code: 0, stdout: /purged: 1 segment/ })
  t.notOk(existsSync(file))
  t.match(await run('log', 'purge', '--dry-run'), { code: 3, stderr: /nothing to purge/ })

  const send = async (body: string): Promise<string> =>
    (await sendRaw(running, postJson('/v1/serial', body))).fields['sluice-decision'] ?? ''
  const forwarded = await send('{"serial":1}')
  const blocked = await send('{"temperature":"warm"}')
  const redact = (id: string) => run('log', 'redact', id, '--reason', 'erasure-request')
  t.match(await redact(forwarded), {
    code: 0,
    stdout: /^redacted: record \d+ \(decision\); its hash [0-9a-f]{64} stays/,
  })
  t.match(await redact(blocked), { code: 5, stderr: /still held/ })
  await running.appliance.stop()

  const outcome = JSON.parse((await run('log', 'show', forwarded, '--json')).stdout.split('\n')[0]!) as {
    sequence: number
  }
  t.match(await redact(String(outcome.sequence)), { code: 0, stdout: /\(outcome\)/ })
  t.match(await redact(forwarded), { code: 3 }, 'what is redacted is not there')
  const verified = await run('log', 'verify')
  t.equal(verified.code, 0)
  t.match(verified.stdout, /^purged: records 0 to 8191, on 20.* by \w+$/m)
  t.match(verified.stdout, /^redacted: 2 records/m)
})

t.test('log purge: of what is young it does nothing', async t => {
  t.match(await run('log', 'purge', '--dry-run', '--older-than', '30d'), { code: 5, stderr: /younger than 90 days/ })
})
