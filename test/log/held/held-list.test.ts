import { join } from 'node:path'
import t from 'tap'
import { createLog } from '../../../log/writing/create-log.ts'
import { groupHeld } from '../../../log/held/held-groups.ts'
import { openJournal } from '../../../log/writing/journal.ts'
import { openLogReader } from '../../../log/reading/query.ts'
import { blockOf, decisionOf, origin, sealedSample } from '../samples.ts'

t.test('held list: narrowed by what was found, where and by which policy; groups count, the largest first', async t => {
  const directory = join(t.testdir(), 'log')
  createLog(directory, origin)
  const journal = await openJournal({ directory })
  const finding = { ...blockOf().findings[0]!, pointer: '/lanes/4/note' }
  const mail = { ...finding, detector: 'email', category: 'identity', pointer: '/operator' }
  const other = `sha256:${'cd'.repeat(32)}`
  const [reads, both, late, broken] = [
    blockOf({ held: true }),
    blockOf({ held: true, findings: [finding, mail], instrument: 'miseq-7' }),
    blockOf({ held: true, policy: other, time: '2026-03-02T08:00:00.000Z' }),
    blockOf({
      held: true,
      reason: 'schema-violation',
      rule: 'additionalProperties',
      place: { surface: 'body', pointer: '/#3' },
      findings: [],
    }),
  ] as const
  for (const each of [reads, both, late, broken]) await journal.append(each, sealedSample)
  await journal.append(decisionOf())
  const { time, id: decision } = { ...reads, time: '2026-03-01T10:00:00.000Z' }
  await journal.append({
    kind: 'review.reject',
    time,
    decision,
    actor: 'os:ada',
    because: 'a read',
    finding: 'leak',
  })
  await journal.close()

  const reader = openLogReader(directory)
  t.teardown(reader.close)
  const found = (filter: Parameters<typeof reader.heldList>[0]) => reader.heldList(filter).map(row => row.decision)
  t.same(found({}), [broken.id, late.id, both.id, reads.id], 'newest first')
  t.same(found({ detector: 'email' }), [both.id])
  t.same(found({ where: 'body /lanes/*/note' }), [late.id, both.id, reads.id])
  t.same(found({ where: 'body /#*' }), [broken.id])
  t.same(found({ policy: 'cdcd' }), [late.id])
  t.same(found({ policy: other, detector: 'email' }), [])
  t.same(found({ state: 'rejected' }), [reads.id])
  t.same(found({ ids: [reads.id, late.id], limit: 1 }), [late.id], 'the limit is of those that are meant')

  const rows = reader.heldList({})
  t.same(groupHeld(rows, ['detector', 'instrument']), [
    {
      detector: 'nucleotide-run',
      instrument: 'novaseq-1',
      payloads: 2,
      waiting: 1,
      bytes: 34,
      first: reads.time,
      last: late.time,
    },
    ...(['email', 'nucleotide-run'] as const).map(detector => ({
      detector,
      instrument: 'miseq-7',
      payloads: 1,
      waiting: 1,
      bytes: 17,
      first: both.time,
      last: both.time,
    })),
    {
      detector: null,
      instrument: 'novaseq-1',
      payloads: 1,
      waiting: 1,
      bytes: 17,
      first: broken.time,
      last: broken.time,
    },
  ])
  t.same(
    groupHeld(rows, ['place']).map(({ place, payloads }) => [place, payloads]),
    [
      ['body /lanes/*/note', 3],
      ['body /#*', 1],
      ['body /operator', 1],
    ],
  )
})
