import { generateKeyPairSync } from 'node:crypto'
import t from 'tap'
import { openingOf } from '../../../log/held/open-many.ts'
import { fingerprintOf } from '../../../log/review/reviewer.ts'
import { seal } from '../../../log/held/seal.ts'
import { uuidV7 } from '../../../log/writing/uuid-v7.ts'

const reviewer = (name: string) => {
  const { publicKey, privateKey } = generateKeyPairSync('x25519')
  const fingerprint = fingerprintOf(publicKey)
  return { addressee: { name, key: publicKey, fingerprint }, key: { key: privateKey, fingerprint } }
}

t.test('P4: many payloads are opened in a thread as they are here: in order, and none that was altered', async t => {
  const [ada, grace] = [reviewer('ada'), reviewer('grace')]
  const texts = ['one', 'two', 'three', 'four']
  const batch = await Promise.all(
    texts.map(async (text, index) => {
      const decision = uuidV7()
      const { addressee } = index % 2 === 0 ? ada : grace
      return { decision, sealed: await seal([addressee], decision, Buffer.from(text)) }
    }),
  )
  batch[1] = { ...batch[1]!, decision: uuidV7() }
  for (const count of [batch.length, 10_000]) {
    const opening = openingOf([ada.key, grace.key], count)
    t.teardown(opening.close)
    const [first, second] = await Promise.all([opening.open(batch), opening.open(batch.slice(2))])
    const spelled = first.map(payload => payload && Buffer.from(payload).toString())
    t.same(spelled, ['one', null, 'three', 'four'])
    t.same(
      second.map(payload => Buffer.from(payload!).toString()),
      ['three', 'four'],
    )
  }
  const opening = openingOf([ada.key], 10_000)
  t.teardown(opening.close)
  t.same(
    batch.map(({ sealed }) => opening.fits(sealed)),
    [true, false, true, false],
  )
  await t.rejects(opening.open(batch), { code: 'ERR_LOG_UNREADABLE' }, 'a fault in the thread is no answer')
  await t.rejects(opening.open(batch.slice(0, 1)), { code: 'ERR_LOG_UNREADABLE' }, 'nor does anybody wait for ever')
})
