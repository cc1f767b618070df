import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { startAppliance } from '../../proxy/appliance.ts'
import { documentSchemas } from '../../proxy/policy/document-schemas.ts'
import { isSetUp } from '../../proxy/data-folder.ts'
import { setUp, shippedPolicy } from '../../proxy/set-up.ts'
import { defaultSettings, readSettings } from '../../proxy/settings.ts'
import { makeFolder, newFolder, testSettings } from '../kit/appliance.ts'
import { testPolicy } from '../kit/test-policy.ts'

const modeOf = (file: string): number => statSync(file).mode & 0o777

t.test(
  'set-up: an appliance made from nothing runs on the shipped policy, and its secrets are for its owner only',
  async t => {
    const folder = newFolder(t)
    t.notOk(isSetUp(folder))
    await setUp(folder, { ...defaultSettings, listen: '127.0.0.1:0' }, shippedPolicy())
    t.ok(isSetUp(folder))
    for (const directory of [folder.root, folder.reviewers, folder.authority, folder.log])
      t.equal(modeOf(directory), 0o700, directory)
    const secrets = [
      join(folder.reviewers, 'default.key'),
      join(folder.authority, 'authority.key'),
      ...['checkpoint.key', 'digest.key', 'decisions.sqlite'].map(name => join(folder.log, name)),
    ]
    for (const file of secrets) t.equal(modeOf(file), 0o600, file)
    const schema = readFileSync(join(folder.root, 'policy.schema.json'), 'utf8')
    t.equal(schema, readFileSync(documentSchemas.policy, 'utf8'), 'editors find the schema beside the policy')
    const appliance = await startAppliance(folder, readSettings(folder), () => undefined)
    t.match(appliance.status(), { policy: { instruments: 1, routes: 5 }, reviewers: ['default'] })
    await appliance.stop()
  },
)

t.test('set-up: one that was interrupted can be run again, and what it had made stays', async t => {
  const folder = await makeFolder(t, testPolicy(443))
  const kept = [
    join(folder.authority, 'authority.pem'),
    join(folder.reviewers, 'default.pub'),
    join(folder.log, 'checkpoint.pub'),
  ]
  const before = kept.map(file => readFileSync(file, 'utf8'))
  rmSync(folder.settings)
  mkdirSync(`${folder.log}.new`)
  await setUp(folder, testSettings, shippedPolicy())
  t.same(
    kept.map(file => readFileSync(file, 'utf8')),
    before,
  )
  t.equal(readFileSync(join(folder.root, 'policy.yaml'), 'utf8'), testPolicy(443), 'the policy too')
  await t.rejects(setUp(folder, testSettings, shippedPolicy()), { code: 'EEXIST' }, 'settings are never written over')
})

t.test('P8: nothing is made for an address that could not be served, or a policy that is not in order', async t => {
  for (const [listen, policy, code] of [
    ['0.0.0.0:8443', testPolicy(443), 'ERR_LISTEN_WILDCARD'],
    ['127.0.0.1:8443', 'version: 1', 'ERR_POLICY_INVALID'],
  ] as const) {
    const folder = newFolder(t)
    await t.rejects(setUp(folder, { ...testSettings, listen }, policy), { code })
    t.notOk(isSetUp(folder))
    t.throws(() => statSync(folder.authority), { code: 'ENOENT' })
  }
})

t.test(
  'P8: an appliance does not start without a reviewer, nor with an authority that vouches for too little',
  async t => {
    const folder = await makeFolder(t, testPolicy(443))
    const settings = readSettings(folder)
    await t.rejects(
      startAppliance(folder, { ...settings, names: ['other.test'] }, () => undefined),
      { code: 'ERR_CA_TOO_NARROW' },
    )
    const further = testPolicy(443, [{ id: 'new', host: 'new.vendor.test' }])
    writeFileSync(join(folder.root, 'policy.yaml'), further)
    await t.rejects(
      startAppliance(folder, settings, () => undefined),
      { code: 'ERR_CA_TOO_NARROW', message: /new\.vendor\.test/ },
    )
    writeFileSync(join(folder.root, 'policy.yaml'), testPolicy(443))
    rmSync(join(folder.reviewers, 'default.pub'))
    await t.rejects(
      startAppliance(folder, settings, () => undefined),
      { code: 'ERR_NO_REVIEWER' },
    )
  },
)
