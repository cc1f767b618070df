import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { packsFolder } from '../../proxy/policy/policy-file.ts'
import { sluice } from '../kit/sluice.ts'

const pack = join(packsFolder, 'illumina-proactive')
const samples = join(pack, 'samples')
const policy = readFileSync(join(pack, 'policy.yaml'), 'utf8')
const schema = JSON.parse(readFileSync(join(pack, 'run-status.schema.json'), 'utf8')) as {
  properties: Record<string, unknown>
}
const { postRunWashMinutes: _removed, ...others } = schema.properties
const changed = { ...schema, properties: { ...others, gasketHours: { type: 'integer', minimum: 0, maximum: 9 } } }

const lab = (t: Test): string[] => {
  const folder = t.testdir({
    'old.yaml': policy,
    'new.yaml': policy
      .replace("'pack:illumina-proactive/run-status'", 'run-status.schema.json')
      .replace('telemetry.vendor.example', 'telemetry.vendor.test')
      .replace('  - id: this-computer', '  - { id: miseq-02, address: 10.77.1.21 }\n  - id: this-computer')
      .replace(/ {2}- id: instrument-configuration[^]*?\n\n/, ''),
    'run-status.schema.json': JSON.stringify(changed),
    'gasket.json': '{"category":"run-status","runId":"230912_A00187_1009_AHK33MDRX3","gasketHours":3}',
  })
  return ['rules', 'diff', join(folder, 'old.yaml'), join(folder, 'new.yaml')]
}

t.test('rules diff: instruments, destinations, routes and properties, by place; exit code 7', async t => {
  const { code, stdout } = await sluice(lab(t))
  t.equal(code, 7)
  for (const row of [
    'instrument miseq-02\t-\tadded\t-',
    'destination vendor\t-\tchanged\thost',
    'route instrument-configuration\t-\tremoved\t-',
    'route run-status\tbody.schema /gasketHours\tadded\t-',
    'route run-status\tbody.schema /postRunWashMinutes\tremoved\t-',
  ])
    t.ok(stdout.includes(`\n${row}\n`), row)
  t.match(stdout, /\nroute run-status\tcapacity\t[\d.]+ bit to [\d.]+ bit\t-\n/)
})

t.test('rules diff: what is to pass unopened is said first of all, in words that are not overlooked', async t => {
  const splice = `destinations:\n  - { id: pinned, host: pinned.vendor.example, splice: { instruments: [this-computer], bytesPerHour: 50000,
      bytesPerDay: 100000, connectionsPerHour: 2, owner: lab-it@lab.test, expires: 2027-01-31T00:00:00Z, reason: it pins a certificate } }\n`
  const folder = t.testdir({ 'none.yaml': policy, 'some.yaml': policy.replace('destinations:\n', splice) })
  const { code, stdout } = await sluice(['rules', 'diff', join(folder, 'none.yaml'), join(folder, 'some.yaml')])
  t.equal(code, 7)
  t.match(stdout.split('\n')[1], 'splice pinned\t-\tPASSES WITHOUT INSPECTION from now on\t-')
})

t.test('rules diff --against: which payloads newly pass and which are newly blocked, counted and listed', async t => {
  const args = lab(t)
  const paths = [
    join(t.testdirName, 'gasket.json'),
    join(samples, 'run-status'),
    join(samples, 'instrument-configuration'),
  ]
  const { code, stdout } = await sluice([...args, '--json', '--against', ...paths])
  t.equal(code, 7)
  const { payloads } = JSON.parse(stdout) as {
    payloads: { changes: { payload: string; change: string; reason: string }[] }
  }
  t.match(payloads, { tried: 10, newlyPass: 1, newlyBlocked: 7 })
  t.match(payloads.changes[0], { payload: /gasket\.json$/, change: 'newly passes', reason: 'schema-violation' })
  t.same(payloads.changes.filter(({ reason }) => reason === 'path-not-allowed').length, 6, 'the route is gone')
})

t.test('rules diff: the same policy, exit code 0; one with a mistake, 1', async t => {
  const [, , old = ''] = lab(t)
  const same = await sluice(['rules', 'diff', old, old, '--against', join(samples, 'run-status')])
  t.equal(same.code, 0)
  t.match(same.stdout, /^the policies say the same\n\n3 payloads tried: 0 newly pass, 0 are newly blocked\n$/)
  t.equal((await sluice(['rules', 'diff', old, join(samples, 'run-status', 'novaseq-x.json')])).code, 1)
})
