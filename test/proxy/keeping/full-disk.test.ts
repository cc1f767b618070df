import { rmSync, writeSync, openSync, closeSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { verifyLog } from '../../../log/verify/verify.ts'
import { makeFolder, startInProcess } from '../../kit/appliance.ts'
import { postJson, sendRaw } from '../../kit/raw-client.ts'
import { smallDisk } from '../../kit/small-disk.ts'
import { testPolicy } from '../../kit/test-policy.ts'
import { until } from '../../kit/until.ts'
import { startVendor } from '../../kit/vendor.ts'

const MIB = 1024 ** 2

/** Writes until so many octets are written, or until nothing more fits. */
const fill = (file: string, octets = Number.POSITIVE_INFINITY): void => {
  const descriptor = openSync(file, 'w')
  try {
    for (let piece = 64 * 1024, left = octets; piece >= 1 && left > 0;) {
      try {
        left -= writeSync(descriptor, Buffer.alloc(Math.min(piece, left)))
      } catch {
        piece = Math.floor(piece / 2)
      }
    }
  } finally {
    closeSync(descriptor)
  }
}

t.test('P3: on a full disk every answer is 503 and nothing leaves; with room it goes on by itself', async t => {
  const disk = smallDisk(t, 16 * MIB)
  if (disk === null) return t.comment('skipped: only root can make a small file system')
  const vendor = await startVendor()
  t.teardown(() => vendor.close())
  const limits = { warnBelow: 6 * MIB, refuseBelow: 3 * MIB, ballast: MIB }
  const folder = await makeFolder(t, testPolicy(vendor.port), undefined, disk)
  const appliance = await startInProcess(t, folder, { disk: limits })
  const { status } = appliance.appliance
  const send = (number: number) => sendRaw(appliance, postJson('/v1/serial', `{"serial":${number}}`))
  t.equal((await send(1)).status, 200)

  const big = join(disk, 'big')
  fill(big, status().disk.freeBytes - 2 * MIB)
  await until(() => status().disk.state === 'refusing')
  const refused = await send(2)
  t.match([refused.status, JSON.parse(refused.body)], [503, { code: 'log-space-low' }])
  t.match(appliance.decisions.all().at(-1), { verdict: 'block', reason: 'log-space-low', route: String, held: 0 })

  const rest = join(disk, 'rest')
  fill(rest)
  const codes = new Set<string>()
  for (let number = 3; number < 43; number++) {
    const { status: answer, body } = await send(number)
    if (answer !== 503) t.fail(`${answer} on a full disk`)
    codes.add((JSON.parse(body) as { code: string }).code)
  }
  t.ok(codes.has('decision-not-recorded'), [...codes].join())
  t.equal(vendor.requests.length, 1, 'nothing has left')
  t.match(status(), { disk: { state: 'refusing' }, log: { state: 'failed' } })

  rmSync(rest)
  rmSync(big)
  await until(() => status().disk.state === 'enough' && status().log.state === 'ready')
  t.equal((await send(43)).status, 200)
  t.equal(vendor.requests.length, 2)
  t.ok(appliance.notices.some(notice => notice.kind === 'disk' && notice.state === 'refusing'))
  await appliance.appliance.stop()
  const anchors = appliance.notices.flatMap(notice => (notice.kind === 'anchor' ? [notice.checkpoint] : []))
  t.match(await verifyLog(folder.log, { anchors, deep: true }), { kind: 'intact' })
})
