import { renameSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { openJournal } from '../../log/writing/journal.ts'
import { loadReviewers } from '../../log/review/reviewer.ts'
import { seal } from '../../log/held/seal.ts'
import { makeFolder } from '../kit/appliance.ts'
import { sluice } from '../kit/sluice.ts'
import { testPolicy } from '../kit/test-policy.ts'
import { blockOf, decisionOf } from '../log/samples.ts'

t.test('rules explain: a decision without a payload at hand, from what its record and the policy have', async t => {
  const folder = await makeFolder(t, testPolicy(443))
  const reviewers = loadReviewers(folder.reviewers)
  const shared = { route: 'serial', reason: 'schema-violation', rule: 'enum', findings: [] }
  const place = { surface: 'body', pointer: '/status' }
  const trial = {
    route: 'next',
    verdict: 'would-allow',
    reason: null,
    rule: null,
    place: null,
    findings: [],
    exceptions: [],
  } as const
  const entries = {
    blocked: blockOf({ ...shared, place }),
    held: blockOf({ ...shared, place, held: true }),
    forwarded: decisionOf({ route: 'serial', trial }),
  }
  const journal = await openJournal({ directory: folder.log })
  await journal.append(entries.blocked)
  await journal.append(entries.held, await seal(reviewers, entries.held.id, Buffer.from('{}\n')))
  await journal.append(entries.forwarded)
  await journal.close()
  renameSync(join(folder.reviewers, 'default.key'), join(folder.root, 'elsewhere.key'))
  const run = (id: string) => sluice(['rules', 'explain', id, '--data', folder.root])

  const blocked = await run(entries.blocked.id)
  t.equal(blocked.code, 8)
  for (const row of ['payload\tnot held', 'rule\tenum', 'place\tbody /status', 'allowed here\tenum ["idle","running"]'])
    t.ok(blocked.stdout.includes(`\n${row}\n`), row)
  t.match((await run(entries.held.id)).stdout, /\npayload\theld, but not opened: .*\n[^]*allowed here\tenum/)
  const forwarded = await run(entries.forwarded.id)
  t.match([forwarded.code, forwarded.stdout], [0, /\ndecided then\tforwarded\ntrial then\tnext: would-allow\n/])
  t.equal((await run(entries.held.id.replace(/....$/, '0000'))).code, 3)
})
