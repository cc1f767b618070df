import t from 'tap'
import { safeHarbor } from '../../docs/safe-harbor.ts'
import { detectors } from '../../../rules/registry.ts'
import { subjectsOf } from './identity-detectors.ts'

for (const { letter, what, found } of safeHarbor)
  t.test(`Safe Harbor (${letter}): ${what.toLowerCase()}, found by every detector that is said to`, async t => {
    for (const [id, example] of found) {
      const detector = detectors.find(detector => detector.id === id)!
      if (detector.kind !== 'text') throw new Error(`${id} does not look at text`)
      const finds = [...subjectsOf(example)].some(subject => [...detector.find(subject)].length > 0)
      t.ok(finds, `${id} in ${JSON.stringify(example)}`)
    }
  })

t.test('Safe Harbor: all eighteen identifiers, in order', async t => {
  t.equal(safeHarbor.map(({ letter }) => letter).join(''), 'ABCDEFGHIJKLMNOPQR')
})
