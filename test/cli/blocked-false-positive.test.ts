import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { stringify } from 'yaml'
import { openLogReader } from '../../log/reading/query.ts'
import { callControl } from '../../proxy/watch/control.ts'
import { policyFile, readSettings } from '../../proxy/settings.ts'
import { makeFolder, startInProcess } from '../kit/appliance.ts'
import { startCommands } from '../kit/commands.ts'
import { block } from '../kit/reviewing.ts'
import { testPolicy } from '../kit/test-policy.ts'
import { until } from '../kit/until.ts'
import { startVendor, vendorAuthority } from '../kit/vendor.ts'

/** An index sequence of a made-up kit: what the instrument sends again tomorrow. */
const note = 'GATTACAGATTACAGGATCCATTGACCATG'
const because = ['--because', 'an index sequence of the kit'] as const

t.test(
  'false positive: rejected as one, its patch applied and activated, a replay passes and names the exception, until that ends',
  { skip: spawnSync('git', ['--version']).status === 0 ? false : 'there is no git to apply a patch' },
  async t => {
    const vendor = await startVendor()
    t.teardown(() => vendor.close())
    const written = `# Written by hand.\n${stringify(JSON.parse(testPolicy(vendor.port)))}# The end.\n`
    const folder = await makeFolder(t, written)
    const appliance = await startInProcess(t, folder)
    const commands = startCommands(t)
    const run = (...args: string[]) => commands([...args, '--data', folder.root])
    const id = await block(appliance, { serial: 1, note })
    const miss = await block(appliance, { serial: 1, status: 'resting' })

    const patch = join(folder.root, 'kit.patch')
    const rejected = await run('blocked', 'reject', id, ...because, '--false-positive', '--patch', patch)
    t.match(rejected, { code: 0, stdout: /now rejected\nsuggested for .*\n {2}patch -p1 -d .* < .*kit\.patch\n$/ })
    const file = policyFile(folder, readSettings(folder))
    t.equal(readFileSync(file, 'utf8'), written, 'nobody but a person changes the policy')
    t.match(await run('blocked', 'reject', miss, ...because, '--false-positive'), {
      code: 0,
      stdout: /no exception is suggested .*\(schema-miss\).*\n.*sluice rules learn/,
    })

    const applied = spawnSync('git', ['apply', '-p1', patch], { cwd: folder.root, encoding: 'utf8' })
    t.equal(applied.status, 0, applied.stderr)
    const text = readFileSync(file, 'utf8')
    t.ok(text.startsWith('# Written by hand.\n') && text.includes('# The end.\n'), 'what was written stays')
    const lint = await run('rules', 'lint', '--json')
    const { exceptions } = JSON.parse(lint.stdout) as { exceptions: readonly { id: string }[] }
    t.match(exceptions, [
      {
        state: 'in-force',
        detector: 'nucleotide-run',
        route: 'serial',
        instrument: 'novaseq-01',
        surface: 'body',
        pointer: '/note',
        maxLength: note.length,
        reason: because[1],
      },
    ])
    t.equal((await run('rules', 'activate')).code, 0)
    t.match(await run('blocked', 'replay', id, '--because', 'the policy knows the kit now'), {
      code: 0,
      stdout: /^sent: the vendor answered 200;.* replayed\n$/,
    })
    const replayed = appliance.decisions.all().find(row => row.replay_of === id)
    t.equal(replayed?.verdict, 'forward')
    const reader = openLogReader(folder.log)
    t.match(reader.show(replayed!.id)[0]!.record, { exceptions: [exceptions[0]!.id] })
    reader.close()
    t.equal(vendor.requests.length, 1)

    const ends = Date.now() + 500
    const ending = text.replace(/expires: .*/, `expires: ${new Date(ends).toISOString()}`)
    writeFileSync(file, ending)
    const activated = await callControl(folder.control, 'POST /activations', {
      text: ending,
      references: { 'vendor-ca.pem': vendorAuthority.pem },
      cause: 'activate',
      actor: 'ada',
    })
    t.equal(activated.status, 200)
    await until(() => Date.now() > ends)
    const again = await block(appliance, { serial: 1, note })
    t.match(appliance.decisions.of(again), { verdict: 'block', reason: 'sensitive-content' }, 'it ends closed')
  },
)
