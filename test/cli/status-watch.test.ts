import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import t from 'tap'
import { makeFolder, startInProcess } from '../kit/appliance.ts'
import { postJson, sendRaw } from '../kit/raw-client.ts'
import { hasTmux, startTerminal } from '../kit/terminal.ts'
import { testPolicy } from '../kit/test-policy.ts'
import { startVendor } from '../kit/vendor.ts'

const main = join(import.meta.dirname, '..', '..', 'cli', 'main.ts')
const vendor = await startVendor()
t.teardown(() => vendor.close())
const folder = await makeFolder(t, testPolicy(vendor.port))
const running = await startInProcess(t, folder)
const canary = 'GATTACAGATTACAGGATCCATTGACC'
await sendRaw(running, postJson('/v1/serial', '{"serial":1}'))
await sendRaw(running, postJson('/v1/serial', JSON.stringify({ note: canary })))
const blocked = running.decisions.all().find(({ verdict }) => verdict === 'block')!

t.test('status --watch: where there is no terminal, a line each time', async t => {
  const child = spawn(process.execPath, [main, 'status', '--watch', '--json', '--data', folder.root])
  const lines: string[] = []
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line)
    if (lines.length === 2) child.kill('SIGINT')
  }
  for (const line of lines)
    t.match(JSON.parse(line), { isRunning: true, status: { requests: { forwarded: 1, blocked: 1 } } })
  t.equal(lines.length, 2)
})

t.test(
  'status --watch: a picture on a terminal that follows its size and what happens, and gives it back (P7)',
  { skip: !hasTmux && 'tmux is not installed' },
  async t => {
    const watch = ['status', '--watch', '--interval', '1s', '--data', folder.root]
    const options = { before: 'what was there', env: { NO_COLOR: '1' } }
    const terminal = await startTerminal(t, watch, options)
    const first = await terminal.sees(/q or Ctrl-C ends/)
    t.match(first, /serving\nrequests .*1 out {2}1 blocked {2}0 failed/)
    t.match(first, new RegExp(`${blocked.instrument} +\\d+ +1 +1 +0\n`))
    t.match(first, new RegExp(`LAST BLOCKS\n.*${blocked.instrument} +${blocked.reason}`))
    t.notMatch(first, /what was there/)
    t.notMatch(first, canary)
    await terminal.resize(40, 8)
    const small = await terminal.sees(/requests[^]*q or Ctrl-C ends\n?$/)
    t.ok(small.split('\n').every(line => line.length <= 40))
    t.ok(small.trimEnd().split('\n').length <= 8)
    await terminal.resize(80, 24)
    await running.appliance.stop()
    await terminal.sees(/NOT RUNNING/)
    await terminal.press('q')
    t.equal(await terminal.ended(), 0)
    t.notMatch(await terminal.sees(/what was there/), /NOT RUNNING/, 'the screen that was there is back')
    const again = await startTerminal(t, watch, options)
    await again.sees(/NOT RUNNING/)
    await again.press('C-c')
    t.equal(await again.ended(), 130)
  },
)
