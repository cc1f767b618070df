import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import t, { type Test } from 'tap'
import { logFiles } from '../../../log/log-files.ts'
import { openLogReader } from '../../../log/reading/query.ts'
import { createReviewer, openReviewerKey } from '../../../log/review/reviewer-key.ts'
import { signAct } from '../../../log/review/review-signature.ts'
import { statementBytes, statementOf, statementTypes } from '../../../log/review/statement.ts'
import { verifyLog } from '../../../log/verify/verify.ts'
import { callControl } from '../../../proxy/watch/control.ts'
import type { DataFolder } from '../../../proxy/data-folder.ts'
import { writeSettings, type ReviewSettings } from '../../../proxy/settings.ts'
import { makeFolder, startInProcess, testSettings } from '../../kit/appliance.ts'
import { postJson, requestText, sendRaw } from '../../kit/raw-client.ts'
import { block, desk, endOf, read } from '../../kit/reviewing.ts'
import { testPolicy } from '../../kit/test-policy.ts'
import { until } from '../../kit/until.ts'
import { answering, startVendor, vendorAuthority, writing } from '../../kit/vendor.ts'

const guide = join(import.meta.dirname, '../../../docs/audit-guide.md')

/** An appliance with settings of its own, its vendor, and its desk. */
const reviewing = async (t: Test, reviews: Partial<ReviewSettings> = {}) => {
  const vendor = await startVendor()
  t.teardown(() => vendor.close())
  const policy = testPolicy(vendor.port)
  const folder = await makeFolder(t, policy)
  writeFileSync(folder.settings, writeSettings({ ...testSettings, reviews: { ...testSettings.reviews, ...reviews } }))
  const appliance = await startInProcess(t, folder)
  return { vendor, policy, folder, appliance, ...desk(folder) }
}

const activate = (folder: DataFolder, policy: object) =>
  callControl(folder.control, 'POST /activations', {
    text: JSON.stringify(policy),
    references: { 'vendor-ca.pem': vendorAuthority.pem },
    cause: 'activate',
    actor: 'ada',
  })

t.test('release: looked at, approved by one, released by another, once; and the log says who', async t => {
  const { vendor, appliance, folder, ask, approve, release, caseOf, payloadOf } = await reviewing(t)
  const id = await block(appliance)
  t.equal(endOf(await ask('approve', id)), 'state-not-allowed', 'nobody has looked at it')
  t.equal(endOf(await release(id)), 'not-approved')
  t.equal(endOf(await approve(id)), 'approved')
  t.equal(endOf(await release(id, { actor: 'os:ada' })), 'same-person')
  t.equal(vendor.requests.length, 0)
  const released = await release(id)
  t.match(released, { kind: 'done', state: 'released', sent: { verdict: 'forward', status: 200 } })
  t.equal(endOf(await release(id)), 'state-not-allowed')
  t.equal(endOf(await ask('replay', id, { payload: await payloadOf(id) })), 'state-not-allowed')
  const [received, ...more] = vendor.requests
  t.same(more, [])
  t.equal(received!.body.toString(), JSON.stringify({ note: read, serial: 1 }))
  const { events } = caseOf(id)
  const approval = events.find(({ kind }) => kind === 'review.approve')!
  t.match(events.at(-2), {
    kind: 'review.release',
    actor: 'os:bob',
    people: 2,
    approvals: [approval.sequence],
    because: 'a lot number, ticket 4711',
  })
  const sent = (released as { sent: { decision: string } }).sent.decision
  t.match(appliance.decisions.of(sent), {
    verdict: 'forward',
    replay_of: id,
    ingress: 'replay',
    findings: /nucleotide-run/,
  })
  const { key } = events.at(-2) as { key: string }
  t.match(received!.raw.toString(), new RegExp(`\\r\\nidempotency-key: "${key}"\\r\\n`, 'i'))
  const looped = postJson('/v1/serial', '{"serial":1}').replace('\r\n', `\r\nIdempotency-Key: "${key}"\r\n`)
  t.match(await sendRaw(appliance, looped), { status: 403, body: /request-looped/ }, 'what comes back from itself')
  const [, query = ''] = /### Who released what.*?```sql\n(.*?)```/s.exec(readFileSync(guide, 'utf8')) ?? []
  const database = new Database(logFiles(folder.log).database, { readonly: true })
  t.match(database.prepare(query).all(), [
    {
      decision: id,
      people: 2,
      released_by: 'os:bob',
      approved_by: 'os:ada',
      ended: 'released',
      findings: /nucleotide/,
    },
  ])
  database.close()
  t.match(await verifyLog(folder.log), { kind: 'intact' })
})

t.test('release: at the same time by many, once', async t => {
  const { vendor, appliance, approve, release } = await reviewing(t)
  const id = await block(appliance)
  await approve(id)
  const ends = (await Promise.all(Array.from({ length: 5 }, () => release(id)))).map(endOf)
  t.same(ends.toSorted(), ['released', ...Array.from({ length: 4 }, () => 'state-not-allowed')])
  t.equal(vendor.requests.length, 1)
})

t.test(
  'approve: what is never released, and what no approval can override, is refused; and what has no reason',
  async t => {
    const { appliance, folder, ask, approve } = await reviewing(t)
    const mail = await block(appliance, { note: 'erika.mustermann@example.org' })
    t.equal(endOf(await approve(mail)), 'never-release')
    const nowhere = (await sendRaw(appliance, postJson('/nowhere', '{}'))).fields['sluice-decision']!
    t.equal(endOf(await approve(nowhere)), 'not-releasable')
    const id = await block(appliance)
    const unfit = { '': 'reason-missing', [`saw ${read}`]: 'reason-unfit', 'a\u001b[2J': 'reason-unfit' }
    for (const [because, rail] of Object.entries(unfit)) t.equal(endOf(await approve(id, { because })), rail, because)
    for (const action of ['note', 'reject', 'purge'] as const) {
      const more = { because: ' ', ...(action === 'reject' && { finding: 'leak' }) }
      t.equal(endOf(await ask(action, id, more)), 'reason-missing', action)
    }
    const late = new Date(Date.now() + 5 * 3_600_000).toISOString()
    t.equal(endOf(await approve(id, { expires: late })), 'approval-too-long')
    t.equal(endOf(await ask('note', id, { seen: 'held' })), 'changed-meanwhile')
    t.match(await callControl(folder.control, 'POST /reviews', { action: 'approve', decision: id }), {
      status: 409,
      document: { code: 'ERR_REVIEW_REQUEST' },
    })
  },
)

t.test('approval: it falls away with time, with the policy, and where the octets are others', async t => {
  const { vendor, appliance, folder, policy, ask, approve, release, payloadOf, caseOf } = await reviewing(t)
  const [one, two, three] = [await block(appliance), await block(appliance), await block(appliance)]
  await ask('show', one)
  const soon = Date.now() + 2_000
  t.equal(endOf(await ask('approve', one, { expires: new Date(soon).toISOString() })), 'approved')
  await approve(three)
  const altered = Buffer.from(await payloadOf(three), 'base64')
    .toString()
    .replace('/v1/serial', '/v1/others')
  t.equal(endOf(await release(three, { payload: Buffer.from(altered).toString('base64') })), 'bytes-changed')
  await until(() => Date.now() >= soon)
  t.equal(endOf(await release(one)), 'approval-expired')
  await approve(two)
  await activate(folder, { ...(JSON.parse(policy) as object), limits: { maxBodyBytes: 1_000 } })
  t.equal(caseOf(two).state, 'expired', 'told at once')
  t.equal(endOf(await release(two)), 'policy-changed')
  t.equal(vendor.requests.length, 0)
  t.equal(endOf(await approve(two)), 'approved')
  t.equal(endOf(await release(two)), 'released')
})

t.test('release: so many an hour, and none after failures until people say so', async t => {
  const { vendor, appliance, folder, approve, release, caseOf } = await reviewing(t, {
    releasesPerHour: 3,
    stopAfterFailures: 1,
  })
  vendor.behaviour = answering(401, [], '')
  const [one, two, three] = [await block(appliance), await block(appliance), await block(appliance)]
  for (const id of [one, two, three]) await approve(id)
  t.match(await release(one), { state: 'release-failed', sent: { status: 401 } }, 'no credentials were ever stored')
  t.equal(endOf(await release(two)), 'release-stopped')
  const resume = (because: string) => callControl(folder.control, 'POST /reviews/resume', { actor: 'os:ada', because })
  t.match(await resume(`saw ${read}`), { document: { fault: { code: 'sensitive' } } })
  t.match(await resume('the vendor takes it without a token now'), { document: { fault: null } })
  vendor.behaviour = writing('HTTP/1.1 200', 'reset')
  t.match(await release(two), { state: 'release-unknown', sent: { code: 'connection_terminated' } })
  await resume('asked the vendor')
  vendor.behaviour = answering()
  const keyOf = (id: string) =>
    (caseOf(id).events.findLast(({ kind }) => kind === 'review.release') as { key: string }).key
  const before = keyOf(two)
  t.equal(endOf(await release(two)), 'not-approved', 'not by itself')
  await approve(two)
  t.equal(endOf(await release(two)), 'released')
  t.equal(keyOf(two), before, 'the vendor can tell that it is the same')
  t.equal(endOf(await release(three)), 'release-rate')
})

t.test('one-person mode: has to be set, and stands in status and in the record', async t => {
  const { appliance, approve, release, caseOf } = await reviewing(t, { people: 1 })
  t.equal(appliance.appliance.status().reviews.people, 1)
  const id = await block(appliance)
  await approve(id)
  t.equal(endOf(await release(id, { actor: 'os:ada' })), 'released')
  t.match(caseOf(id).events.at(-2), { kind: 'review.release', people: 1 })
})

t.test('replay: decided anew, sent once; again only when nothing was written upstream', async t => {
  const { vendor, appliance, folder, policy, ask, replay } = await reviewing(t)
  const [field, leak, alarm] = [
    await block(appliance, { serial: 1, status: 'resting' }),
    await block(appliance, { serial: 2, status: 'resting' }),
    await block(appliance, { serial: 3, status: 'resting' }),
  ]
  t.match(await replay(field), { state: 'held', sent: { verdict: 'block', code: 'schema-violation' } })
  await ask('reject', leak, { finding: 'leak' })
  await ask('reject', alarm, { finding: 'false-positive' })
  const wider = JSON.parse(policy.replaceAll('["idle","running"]', '["idle","running","resting"]')) as {
    destinations: { port: number }[]
  }
  const unreachable = { ...wider, destinations: wider.destinations.map(one => ({ ...one, port: 1 })) }
  const nobody = JSON.stringify(unreachable).replaceAll(`:${vendor.port}`, ':1')
  await activate(folder, JSON.parse(nobody) as object)
  t.match(await replay(field), { sent: { verdict: 'block', code: 'destination-not-allowed' } })
  await activate(folder, wider)
  const { port } = vendor
  await vendor.close()
  t.match(await replay(field), { state: 'in-review', sent: { code: 'connection_refused' } })
  const again = await startVendor({ port })
  t.teardown(() => again.close())
  t.match(await replay(field), { state: 'replayed', sent: { verdict: 'forward', status: 200 } })
  t.equal(endOf(await replay(field)), 'state-not-allowed')
  t.equal(endOf(await replay(leak)), 'rejected-as-leak')
  t.equal(endOf(await replay(alarm)), 'replayed')
  t.equal(again.requests.length, 2)
  t.match(await verifyLog(folder.log), { kind: 'intact' })
})

t.test('P4: signatures: two keys are two people; of another, or of something else, they are refused', async t => {
  const vendor = await startVendor()
  t.teardown(() => vendor.close())
  const folder = await makeFolder(t, testPolicy(vendor.port))
  const people = await Promise.all(
    ['ada', 'bob'].map(async name => {
      const { privateFile } = await createReviewer(folder.reviewers, name)
      return { name, ...(await openReviewerKey(privateFile, () => '')) }
    }),
  )
  const [ada, bob] = people as [(typeof people)[0], (typeof people)[0]]
  const appliance = await startInProcess(t, folder)
  const { ask, approve, release, caseOf } = desk(folder)
  const id = await block(appliance)
  const expires = new Date(Date.now() + 3_600_000).toISOString()
  const policy = appliance.appliance.inForce().policy.digest
  const sign = (who: typeof ada, action: keyof typeof statementTypes, until = expires, name = who.name) => ({
    signature: {
      reviewer: name,
      fingerprint: who.signingFingerprint,
      value: signAct(
        who.signingKey,
        statementTypes[action],
        statementBytes(statementOf(caseOf(id).decision, policy, until)),
      ),
    },
  })
  await ask('show', id)
  const later = new Date(Date.parse(expires) + 1).toISOString()
  t.equal(endOf(await approve(id, { expires, ...sign(ada, 'approve', later) })), 'signature-invalid', 'another time')
  t.equal(endOf(await approve(id, { expires, ...sign(ada, 'release') })), 'signature-invalid', 'another act')
  t.equal(
    endOf(await approve(id, { expires, ...sign(ada, 'approve', expires, 'bob') })),
    'signature-invalid',
    'another name',
  )
  t.equal(endOf(await approve(id, { expires, ...sign(ada, 'approve') })), 'approved')
  t.equal(endOf(await release(id, { actor: 'os:ada' })), 'same-person', 'unsigned, by the same user')
  t.equal(endOf(await release(id, { actor: 'os:eve' })), 'identity-untold', 'unsigned, it may be whoever approved')
  t.equal(
    endOf(await release(id, { actor: 'os:eve', ...sign(ada, 'release') })),
    'same-person',
    'one key is one person',
  )
  t.equal(endOf(await release(id, { actor: 'os:ada', ...sign(bob, 'approve') })), 'signature-invalid')
  t.equal(endOf(await release(id, { actor: 'os:ada', ...sign(bob, 'release') })), 'released')
  t.match(caseOf(id).events.at(-2), { signature: { reviewer: 'bob' } })
  t.equal(vendor.requests.length, 1)
  t.match(await verifyLog(folder.log), { kind: 'intact' }, 'the signatures fit')
})

t.test('reviews: every event is a row of the view, with who and why', async t => {
  const { appliance, folder, ask } = await reviewing(t)
  const id = await block(appliance)
  await ask('reveal', id)
  await ask('reject', id, { finding: 'leak' })
  await ask('purge', id)
  const reader = openLogReader(folder.log)
  t.teardown(() => reader.close())
  t.same(
    reader.show(id).map(({ record }) => record.kind),
    ['decision', 'review.open', 'review.reject', 'purge'],
  )
  t.equal(endOf(await ask('show', id)), 'state-not-allowed')
  t.equal((await sendRaw(appliance, requestText('GET', '/nowhere'))).status, 403)
})
