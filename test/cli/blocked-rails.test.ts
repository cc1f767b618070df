import { copyFileSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import t, { type Test } from 'tap'
import { logFiles } from '../../log/log-files.ts'
import { activeReviewers } from '../../log/review/reviewer-folder.ts'
import { createReviewer } from '../../log/review/reviewer-key.ts'
import { seal } from '../../log/held/seal.ts'
import { callControl } from '../../proxy/watch/control.ts'
import type { DataFolder } from '../../proxy/data-folder.ts'
import { writeSettings } from '../../proxy/settings.ts'
import { makeFolder, startInProcess, testSettings } from '../kit/appliance.ts'
import { startCommands } from '../kit/commands.ts'
import { postJson, sendRaw } from '../kit/raw-client.ts'
import { block, desk } from '../kit/reviewing.ts'
import { testPolicy } from '../kit/test-policy.ts'
import { until } from '../kit/until.ts'
import { answering, startVendor, vendorAuthority, writing } from '../kit/vendor.ts'

const because = ['--because', 'a lot number, ticket 4711'] as const

const myself = `os:${userInfo().username}`

type Row = Readonly<Record<string, unknown>>

const rows = (stdout: string): readonly Row[] =>
  stdout
    .trim()
    .split('\n')
    .filter(Boolean)
    .map(line => JSON.parse(line) as Row)

/** An appliance with two reviewers besides the one that a trial has, and the command line in front of it. */
const reviewing = async (t: Test, reviews: Partial<typeof testSettings.reviews> = {}) => {
  const vendor = await startVendor()
  t.teardown(() => vendor.close())
  const policy = testPolicy(vendor.port)
  const folder = await makeFolder(t, policy)
  const settle = (more: Partial<typeof testSettings.reviews>): void =>
    writeFileSync(folder.settings, writeSettings({ ...testSettings, reviews: { ...testSettings.reviews, ...more } }))
  settle(reviews)
  const keyOf = async (name: string, isKnown = true): Promise<readonly string[]> => {
    const { publicFile, privateFile } = await createReviewer(join(folder.root, '..'), name)
    if (isKnown) copyFileSync(publicFile, join(folder.reviewers, `${name}.pub`))
    return ['--sign', '--key', privateFile]
  }
  const [ada, bob, eve] = [await keyOf('ada'), await keyOf('bob'), await keyOf('eve', false)]
  const appliance = await startInProcess(t, folder)
  const commands = startCommands(t)
  const run = (...args: readonly string[]) => commands([...args, '--data', folder.root])
  /** The rail, or the state, for each of several ids: listed first, and then confirmed. */
  const each = async (action: string, ids: readonly string[], ...more: readonly string[]) => {
    const args = ['blocked', action, ...ids, ...because, ...more, '--json']
    const { token } = rows((await run(...args, '--dry-run')).stdout)[0] as { readonly token: string }
    const { code, stdout } = await run(...args, '--confirm', token)
    const ends = new Map(rows(stdout).map(row => [row.decision, row.rail ?? row.state]))
    return { code, ends: ids.map(id => ends.get(id)) }
  }
  return { vendor, policy, folder, settle, ada, bob, eve, appliance, run, each, ...desk(folder) }
}

const activate = (folder: DataFolder, policy: object) =>
  callControl(folder.control, 'POST /activations', {
    text: JSON.stringify(policy),
    references: { 'vendor-ca.pem': vendorAuthority.pem },
    cause: 'activate',
    actor: 'ada',
  })

t.test('rails: what may not be approved is not, and the exit code is 5', async t => {
  const { folder, appliance, run, each, ask, eve } = await reviewing(t)
  const [unseen, seen, mail] = [
    await block(appliance),
    await block(appliance),
    await block(appliance, { note: 'a@b.example' }),
  ]
  const nowhere = (await sendRaw(appliance, postJson('/nowhere', '{}'))).fields['sluice-decision']!
  for (const id of [seen, mail, nowhere]) await ask('show', id)
  t.same(await each('approve', [unseen, mail, nowhere]), {
    code: 5,
    ends: ['state-not-allowed', 'never-release', 'not-releasable'],
  })
  const approve = (...more: readonly string[]) => run('blocked', 'approve', seen, ...more)
  t.match(await approve(...because, '--expires', '5h'), { code: 5, stderr: /approval-too-long[^]*hint: / })
  t.match(await approve('--because', ' '), { code: 5, stderr: /reason-missing/ })
  t.match(await approve('--because', 'for erika.mustermann@example.org'), { code: 5, stderr: /reason-unfit/ })
  t.match(await approve(), { code: 2, stderr: /--because/ }, 'commander asks for it as well')
  t.match(await approve(...because, ...eve), { code: 4, stderr: /no key at hand is of a reviewer/ })
  copyFileSync(join(folder.root, '..', 'eve.pub'), join(folder.reviewers, 'eve.pub'))
  t.match(
    await approve(...because, ...eve),
    { code: 5, stderr: /signature-invalid/ },
    'a key that the log has not named',
  )
  t.match(await run('blocked', 'show', seen), { code: 0 })
})

t.test(
  'rails: a release takes an approval that holds, of another person, for the octets that were blocked',
  async t => {
    const { vendor, folder, policy, appliance, run, each, ask, ada, bob, caseOf } = await reviewing(t)
    const [without, late, own, unsigned, altered, good] = (await Promise.all(
      Array.from({ length: 6 }, (_, serial) =>
        block(appliance, { serial, note: 'GATTACAGATTACAGGATCCATTGACCATGACCTGA' }),
      ),
    )) as [string, string, string, string, string, string]
    for (const id of [late, own, unsigned, altered, good]) await ask('show', id)
    const soon = Date.now() + 1_500
    await ask('approve', late, { expires: new Date(soon).toISOString(), actor: 'os:bob' })
    await ask('approve', own, { actor: myself })
    await ask('approve', unsigned, { actor: 'os:bob' })
    t.equal((await each('approve', [altered, good], ...bob)).code, 0)
    t.match(
      await run('blocked', 'release', good, ...because),
      { code: 5, stderr: /same-person/ },
      'unsigned, by the same user',
    )

    // Whoever can write to the database can put another payload there, sealed to the same reviewers.
    const octets = Buffer.from((await desk(folder).payloadOf(altered)).replaceAll('\n', ''), 'base64')
    const other = Buffer.from(octets.toString('latin1').replace('/v1/serial', '/v1/others'), 'latin1')
    const { nonce, ciphertext, recipients } = await seal(activeReviewers(folder.reviewers), altered, other)
    const database = new Database(logFiles(folder.log).database)
    database
      .prepare('UPDATE held SET nonce = ?, ciphertext = ?, recipients = ? WHERE decision = ?')
      .run(nonce, ciphertext, JSON.stringify(recipients), altered)
    database.close()

    await until(() => Date.now() > soon)
    t.same(await each('release', [without, late, own, unsigned, altered], ...ada), {
      code: 5,
      ends: ['not-approved', 'approval-expired', 'same-person', 'identity-untold', 'bytes-changed'],
    })
    t.equal(vendor.requests.length, 0)
    t.match(
      await run('blocked', 'release', good, ...because, ...bob),
      { code: 5, stderr: /same-person/ },
      'one key is one person',
    )
    t.match(await run('blocked', 'release', good, ...because, ...ada), { code: 0, stdout: /released/ }, 'two keys')
    t.match(caseOf(good).events.at(-2), { kind: 'review.release', people: 2, signature: { reviewer: 'ada' } })
    t.equal(vendor.requests.length, 1)

    await activate(folder, { ...(JSON.parse(policy) as object), limits: { maxBodyBytes: 1_000 } })
    t.match(await run('blocked', 'release', unsigned, ...because), { code: 5, stderr: /policy-changed/ })
    t.match(await run('log', 'verify'), { code: 10, stdout: /held-altered/ }, 'and the exchange shows')
  },
)

t.test(
  'rails: so many releases an hour, none after failures, no leak again, and no loop; alone only where that is set',
  async t => {
    const limits = { releasesPerHour: 3, stopAfterFailures: 1 }
    const { vendor, folder, settle, appliance, run, each, ask, caseOf } = await reviewing(t, limits)
    const [one, two, three, leak] = [
      await block(appliance),
      await block(appliance),
      await block(appliance),
      await block(appliance),
    ]
    for (const id of [one, two, three]) {
      await ask('show', id)
      await ask('approve', id, { actor: 'os:bob' })
    }
    const release = (id: string) => run('blocked', 'release', id, ...because)
    t.match(await release(one), { code: 0, stdout: /released/ })
    vendor.behaviour = answering(401, [], '')
    t.match(await release(two), { code: 1, stdout: /^NOT taken: .*credentials are never stored.* release-failed/ })
    t.match(await release(three), { code: 5, stderr: /release-stopped/ })
    const resume = ['blocked', 'resume', '--because', 'the vendor was asked'] as const
    t.equal((await run(...resume)).code, 0)
    vendor.behaviour = writing('HTTP/1.1 200', 'reset')
    t.match(await release(three), { code: 1, stdout: /nobody knows whether it arrived.* release-unknown/ })
    t.equal((await run(...resume)).code, 0)
    t.match(await release(three), { code: 5, stderr: /not-approved/ }, 'not by itself')
    await ask('approve', three, { actor: 'os:bob' })
    t.match(await release(three), { code: 5, stderr: /release-rate/ })
    t.equal(vendor.requests.length, 3)

    t.equal((await run('blocked', 'reject', leak, ...because)).code, 0)
    const replayed = await each('replay', [leak, one, three])
    t.same(replayed, { code: 5, ends: ['rejected-as-leak', 'state-not-allowed', 'approved'] })
    const attempt = (caseOf(three).events.at(-1) as { readonly attempt: string }).attempt
    t.match(await run('blocked', 'replay', attempt, ...because), { code: 3 }, 'what was sent again is not held anew')
    t.match(await run('blocked', 'show', '019aa0f2-7d1c-7abc-9def-0123456789ab'), { code: 3 })

    await appliance.appliance.stop()
    t.match(await run('status'), { code: 12 })
    settle({ people: 1 })
    const alone = await startInProcess(t, folder)
    vendor.behaviour = answering()
    const mine = await block(alone)
    t.match((await run('status')).stdout, /ONE person/)
    t.equal((await run('blocked', 'show', mine)).code, 0)
    t.equal((await run('blocked', 'approve', mine, ...because)).code, 0)
    t.match(await release(mine), { code: 0, stdout: /released/ })
    t.match(caseOf(mine).events.at(-2), { kind: 'review.release', people: 1 })
  },
)
