import t from 'tap'
import { openLogReader } from '../../../log/reading/query.ts'
import { flatSettings } from '../../../proxy/keeping/config-record.ts'
import { defaultSettings, readSettings } from '../../../proxy/settings.ts'
import { makeFolder, startInProcess } from '../../kit/appliance.ts'
import { testPolicy } from '../../kit/test-policy.ts'
import { startAppliance } from '../../../proxy/appliance.ts'

t.test(
  'P5: a start with other settings than the last is a record with all of them; one with the same is none',
  async t => {
    const folder = await makeFolder(t, testPolicy(443))
    const configs = () => {
      const reader = openLogReader(folder.log)
      try {
        return reader.configs()
      } finally {
        reader.close()
      }
    }
    for (let start = 0; start < 2; start++) await (await startInProcess(t, folder)).appliance.stop()
    t.match(configs(), [
      { number: 1, settings: { 'reviews.people': 2, 'held.whenFull': 'refuse', 'names.0': 'appliance.test' } },
    ])
    t.equal(configs().length, 1)
    const settings = readSettings(folder)
    const alone = { ...settings, reviews: { ...settings.reviews, people: 1 as const } }
    await (await startAppliance(folder, alone, () => undefined)).stop()
    t.match(configs(), [{ number: 1 }, { number: 2, settings: { 'reviews.people': 1 } }])
  },
)

t.test('P7: a setting that is not of a closed form is told by its digest', t => {
  const { 'anchors.folder': folder, policy } = flatSettings({
    ...defaultSettings,
    anchors: { every: '1h', folder: '/mnt/Erika Mustermann' },
  })
  t.match(folder, /^sha256:[0-9a-f]{64}$/)
  t.equal(policy, defaultSettings.policy)
  t.end()
})
