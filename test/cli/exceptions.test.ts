import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { makeFolder, startInProcess } from '../kit/appliance.ts'
import { postJson, sendRaw } from '../kit/raw-client.ts'
import { sluice } from '../kit/sluice.ts'
import { testPolicy } from '../kit/test-policy.ts'
import { startVendor } from '../kit/vendor.ts'

const DAY = 86_400_000
const inDays = (days: number): string => new Date(Date.now() + days * DAY).toISOString()

const exceptionFor = (id: string, expires: string, pointer: string, more: object = {}) => ({
  id,
  owner: 'sequencing-it',
  expires,
  reason: 'kits are named after people',
  detector: 'person-name',
  route: 'serial',
  instrument: 'novaseq-01',
  maxLength: 40,
  pointer,
  ...more,
})

const soon = exceptionFor('kit-names', inDays(5), '/note')
const over = exceptionFor('lane-names', inDays(-1), '/lanes/*/note')
const person = 'Jane Doe'
const note = JSON.stringify({ note: person })
const ofLane = JSON.stringify({ lanes: [{ note: person }] })

/** The policy of the tests with these exceptions. */
const policyWith = (vendorPort: number, ...exceptions: readonly object[]): string =>
  JSON.stringify({ ...(JSON.parse(testPolicy(vendorPort)) as object), exceptions })

t.test('exceptions: on the way through a running appliance, each decision that used one is recorded', async t => {
  const vendor = await startVendor()
  t.teardown(() => vendor.close())
  const folder = await makeFolder(t, policyWith(vendor.port, soon, over))
  const appliance = await startInProcess(t, folder)
  const run = (...args: readonly string[]) => sluice([...args, '--data', folder.root])
  t.equal((await sendRaw(appliance, postJson('/v1/serial', note))).status, 200)
  t.equal((await sendRaw(appliance, postJson('/v1/serial', ofLane))).status, 403, 'expired')
  t.same(
    vendor.requests.map(({ body }) => body.toString()),
    [note],
  )
  const [passed, blocked] = appliance.decisions.all()
  t.match([passed, blocked], [{ verdict: 'forward' }, { verdict: 'block', findings: /person-name/ }])

  const shown = await run('log', 'show', passed!.id)
  t.match(shown.stdout, /^exceptions\t\["kit-names"\]$/m)
  t.match(shown.stdout, /^excepted\t\[.*"detector":"person-name","exception":"kit-names".*"pointer":"\/note".*\]$/m)
  t.match((await run('status')).stdout, /^exceptions\t2; end within 14 days: kit-names; expired: lane-names$/m)
  t.match(appliance.appliance.status().policy.exceptions, {
    total: 2,
    endingSoon: ['kit-names'],
    expired: ['lane-names'],
    tooLong: [],
  })
  const doctor = await run('doctor')
  t.equal(doctor.code, 8)
  t.match(doctor.stdout, /^✗ exceptions: 2; end within 14 days: kit-names; expired: lane-names\n {2}→ renew/m)
  for (const { stdout } of [shown, doctor]) t.notMatch(stdout, person, 'P7')
  writeFileSync(join(folder.root, 'policy.yaml'), policyWith(vendor.port, soon))
  const warned = (await run('doctor')).stdout
  t.match(warned, /^! exceptions: 1; end within 14 days: kit-names\n {2}→ renew/m, 'what ends soon is not wrong yet')
})

t.test('exceptions: rules check, explain, test, lint and diff know them', async t => {
  const folder = t.testdir({
    'vendor-ca.pem': '',
    'old.yaml': policyWith(443),
    'policy.yaml': policyWith(443, exceptionFor('kit-names', inDays(100), '/note')),
    'expired.yaml': policyWith(443, soon, over),
    'note.json': note,
    'cases.yaml': JSON.stringify({
      version: 1,
      cases: [
        { name: 'a kit', route: 'serial', json: { note: person }, expect: 'allow', exception: 'kit-names' },
        { name: 'none', route: 'serial', json: { note: 'ok' }, expect: 'allow', exception: 'kit-names' },
        {
          name: 'lane',
          route: 'serial',
          json: { lanes: [{ note: person }] },
          expect: 'block',
          detector: 'person-name',
        },
      ],
    }),
  })
  const path = (name: string): string => join(folder, name)
  const rules = (command: string, ...args: readonly string[]) => sluice(['rules', command, ...args])
  const policy = ['--policy', path('policy.yaml')]
  const payload = [path('note.json'), '--route', 'serial', '--instrument', 'novaseq-01', ...policy]

  const checked = await rules('check', ...payload)
  t.same([checked.code, checked.stderr], [0, ''])
  t.match(checked.stdout, /^forward, by exception: kit-names\n.*\nkit-names\tperson-name\tidentity\tbody \/note\t8\n$/)
  const explained = await rules('explain', ...payload)
  t.match(explained.stdout, /^verdict\tforward: let pass by kit-names/m)
  t.match(explained.stdout, /^kit-names\tperson-name\t/m)

  const tested = await rules('test', ...policy)
  t.equal(tested.code, 8)
  t.match(tested.stdout, /^pass\ta kit\t/m)
  t.match(tested.stdout, /^FAIL\tnone\t.*expected exception kit-names, got none$/m)
  t.match(tested.stdout, /^pass\tlane\t/m)
  const linted = await rules('lint', '--policy', path('expired.yaml'))
  t.equal(linted.code, 8)
  t.match(linted.stdout, /^error\texception-expired\t/m)
  t.match(linted.stdout, /^warning\texception-ends-soon\t/m)
  t.match(linted.stdout, /^lane-names\texpired\t\S+Z\tperson-name\tserial\tnovaseq-01\tbody \/lanes\/\*\/note\tsequencing-it\nkit-names\tends-soon\t/m) // prettier-ignore

  const differs = await rules('diff', path('old.yaml'), path('policy.yaml'), '--against', path('note.json'), '--route', 'serial') // prettier-ignore
  t.equal(differs.code, 7)
  t.match(differs.stdout, /^exception kit-names\t-\tadded\t-$/m)
  t.match(differs.stdout, /1 newly pass, 0 are newly blocked/)
  for (const { stdout } of [checked, explained, tested, linted, differs]) t.notMatch(stdout, person, 'P7')
})
