import { join } from 'node:path'
import t from 'tap'
import { createLog } from '../../../log/writing/create-log.ts'
import { openJournal } from '../../../log/writing/journal.ts'
import { placeShape } from '../../../log/held/place-shape.ts'
import { openLogReader } from '../../../log/reading/query.ts'
import type { DecisionEntry, ReviewEntry } from '../../../log/record.ts'
import { isSameKind, similarCases } from '../../../log/review/similar-cases.ts'
import { blockOf, origin, sealedSample } from '../samples.ts'

const finding = (detector: string, pointer: string) => ({
  detector,
  category: 'sequence',
  surface: 'body',
  pointer,
  chain: [],
  length: 40,
})

const time = '2026-03-01T09:30:00.000Z'

const of = (decision: DecisionEntry, actor = 'os:ada') => ({ time, decision: decision.id, actor })

t.test('place shape: indexes and unnamed properties stand for any, and names that hold digits stay', async t => {
  t.equal(placeShape({ surface: 'body', pointer: '/lanes/3/#12/q30/0' }), 'body /lanes/*/#*/q30/*')
  t.equal(placeShape({ surface: 'query', pointer: '' }), 'query /')
})

t.test('similar cases: what was decided about the same find comes first, with its reason, purged or not', async t => {
  const directory = join(t.testdir(), 'log')
  createLog(directory, origin)
  const journal = await openJournal({ directory })
  const read = [finding('nucleotide-run', '/lanes/0/note')]
  const held = (given: Partial<DecisionEntry> = {}) => blockOf({ held: true, findings: read, ...given })
  const asked = held({ instrument: 'novaseq-1', findings: [finding('nucleotide-run', '/lanes/7/note')] })
  const [same, elsewhere, otherPlace, mail, schema, silent] = [
    held(),
    held({ instrument: 'miseq-7', route: 'other' }),
    held({ findings: [finding('nucleotide-run', '/comment')] }),
    held({ findings: [finding('email', '/operator')], instrument: 'miseq-7' }),
    held({ reason: 'schema-violation', findings: [] }),
    held(),
  ] as const
  for (const each of [asked, same, elsewhere, otherPlace, mail, schema, silent])
    await journal.append(each, sealedSample)
  const reject = (decision: DecisionEntry, verdict: 'leak' | 'false-positive', because: string): ReviewEntry => ({
    ...of(decision),
    kind: 'review.reject',
    because,
    finding: verdict,
  })
  const open = (decision: DecisionEntry): ReviewEntry => ({
    ...of(decision),
    kind: 'review.open',
    action: 'show',
    because: null,
  })
  const events: readonly ReviewEntry[] = [
    open(silent),
    { ...of(same, 'os:bob'), kind: 'review.note', note: 'asked the vendor' },
    reject(same, 'false-positive', 'a calibration adapter'),
    { ...of(same), kind: 'purge', cause: 'retention', because: null },
    reject(elsewhere, 'leak', 'a read in a comment'),
    reject(otherPlace, 'leak', 'typed by hand'),
    reject(mail, 'leak', 'an address'),
    reject(schema, 'false-positive', 'new firmware'),
  ]
  for (const event of events) await journal.append(event)
  await journal.close()

  const reader = openLogReader(directory)
  t.teardown(reader.close)
  const past = reader.pastCases()
  const found = similarCases(past, asked)
  t.same(
    found.map(({ decision }) => decision),
    [same.id, elsewhere.id, otherPlace.id],
    'by what was found and where, then by what was found; none of another find or reason, or about which nothing was said',
  )
  t.match(found[0], {
    likeness: 1,
    alike: ['place', 'cause', 'route', 'instrument'],
    outcome: 'false-positive',
    said: [
      { what: 'note', actor: 'os:bob', because: 'asked the vendor' },
      { what: 'reject', actor: 'os:ada', because: 'a calibration adapter', signedBy: null },
    ],
  })
  t.match(found[1], { alike: ['place', 'cause'], outcome: 'leak' })
  t.match(found[2], { alike: ['cause', 'route', 'instrument'] })
  t.same(
    similarCases(past, same).map(({ decision }) => decision),
    [elsewhere.id, otherPlace.id],
    'no case is like itself',
  )
  t.ok(isSameKind(asked, silent))
  t.notOk(isSameKind(asked, elsewhere))
})
