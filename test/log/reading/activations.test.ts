import t from 'tap'
import { createLog } from '../../../log/writing/create-log.ts'
import { openJournal } from '../../../log/writing/journal.ts'
import { openLogReader } from '../../../log/reading/query.ts'
import type { ActivationEntry } from '../../../log/record.ts'
import { verifyLog } from '../../../log/verify/verify.ts'
import { decisionOf, origin } from '../samples.ts'

const digest = (letters: string): string => `sha256:${letters.repeat(32)}`

const activation = (number: number, given: Partial<ActivationEntry> = {}): ActivationEntry => ({
  kind: 'rules.activate',
  id: `activation-${number}`,
  time: '2026-03-01T08:00:00.000Z',
  policy: digest('ab'),
  previous: null,
  cause: 'start',
  actor: 'sluice',
  ...given,
})

t.test('P5: activations: a log of before goes on with them, lists them in order, and is intact', async t => {
  const directory = t.testdir()
  createLog(directory, origin)
  const journal = await openJournal({ directory })
  t.teardown(() => journal.close())
  const reader = openLogReader(directory)
  t.teardown(() => reader.close())
  await journal.append(decisionOf())
  t.same(reader.activations(), [])
  t.equal((await verifyLog(directory)).kind, 'intact')
  // By number, not by the spelling of the id: 10 comes after 9.
  for (let number = 1; number <= 10; number++) {
    await journal.append(activation(number))
    await journal.append(decisionOf())
  }
  const { kind: _kind, id: _id, ...rest } = activation(1)
  t.same(
    reader.activations(),
    Array.from({ length: 10 }, (_, index) => ({ number: index + 1, ...rest })),
  )
  t.equal(reader.list().length, 11, 'they are no decisions')
  t.match(reader.show('activation-3'), [{ record: { kind: 'rules.activate' } }])
  t.equal((await verifyLog(directory, { deep: true })).kind, 'intact')
})

t.test('P7: activations: what has not the form of one is not written', async t => {
  const directory = t.testdir()
  createLog(directory, origin)
  const journal = await openJournal({ directory })
  t.teardown(() => journal.close())
  const wrong: readonly Partial<Record<keyof ActivationEntry, unknown>>[] = [
    { id: 'activation-0' },
    { id: 'activation-1 and more' },
    { policy: 'sha256:ab' },
    { previous: 'none' },
    { cause: 'restart' },
    { actor: 'Ada Lovelace <ada@example.org>' },
  ]
  for (const given of wrong)
    await t.rejects(journal.append({ ...activation(1), ...given } as ActivationEntry), { code: 'ERR_LOG_RECORD' })
  t.equal(journal.status().size, 0)
})
