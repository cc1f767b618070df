import Database from 'better-sqlite3'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { reevaluate } from '../../cli/review/reevaluate.ts'
import { osIdentity, withReader, withReviews } from '../../cli/review/review-client.ts'
import { reviewerKeys } from '../../cli/review/reviewer-keys.ts'
import { readSealedFile } from '../../cli/review/sealed-file.ts'
import { logFiles } from '../../log/log-files.ts'
import { openLogReader, type LogReader } from '../../log/reading/query.ts'
import { createReviewer } from '../../log/review/reviewer-key.ts'
import { verifyLog } from '../../log/verify/verify.ts'
import { loadPolicy } from '../../proxy/policy/policy-file.ts'
import { makeFolder } from '../kit/appliance.ts'
import { startCommands } from '../kit/commands.ts'
import { allowingNewField, blockedMessages, holdPayloads, requestOf } from '../kit/held-payloads.ts'
import { read } from '../kit/reviewing.ts'
import { sluice } from '../kit/sluice.ts'
import { addresses, testPolicy } from '../kit/test-policy.ts'

const because = 'a lot number, ticket 4711'
// ESC, OSC, C1, a line separator, an override of the reading direction
const hostile = '\u001B]0;x\u0007\u009B31m\u2028\u202E'

const folder = await makeFolder(t, testPolicy(443, [], ['run-performance']))
const ids = await holdPayloads(folder, [
  ...blockedMessages(16),
  requestOf(addresses.known, '/v1/serial', {
    serial: 1,
    lanes: [{ lane: 3, note: `${hostile}${read}` }],
    [hostile]: 1,
  }),
])
const [aRead, likeIt, worst] = [ids[0]!, ids[1]!, ids.at(-1)!]

const run = (...args: string[]) => sluice(['blocked', ...args, '--data', folder.root])

const reading = <T>(use: (reader: LogReader) => T): T => {
  const reader = openLogReader(folder.log)
  try {
    return use(reader)
  } finally {
    reader.close()
  }
}

const recordsOf = (id: string) => reading(reader => reader.show(id).map(({ record }) => record))

/** Nothing in it commands a terminal, or changes the order in which it is read. */
const isHarmless = (text: string): boolean => !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(text.replaceAll(/[\n\t]/g, ''))

t.test(
  "blocked reevaluate: what today's policy makes of what is held; recorded as read, and nothing is sent",
  async t => {
    const next = join(folder.root, 'next.yaml')
    writeFileSync(next, allowingNewField({ rate: { messages: 1, per: 'day' } }))
    const told = await run('reevaluate', '--policy', next)
    t.match(told, {
      code: 0,
      stdout: /17 blocked [^]*: ?\n8 would pass, 0 [^]*, 9 for the same[^]*\nschema-violation\tpasses\t8\t/,
    })
    const keys = await reviewerKeys(folder, {})
    const rows = reading(reader => reader.heldList({ reason: 'schema-violation' }))
    const how = { policy: loadPolicy(next), inTurn: true }
    const { results, unopened, broken } = await withReader(folder, read =>
      reevaluate(folder, rows, keys, how, read, () => undefined),
    )
    t.same([unopened, broken], [0, []])
    t.same(
      Map.groupBy(results, ({ now }) => now)
        .get(null)
        ?.map(({ instrument }) => instrument)
        .sort(),
      ['novaseq-01', 'other'],
      'each of the two instruments has one message a day',
    )
    t.equal(results.filter(({ now }) => now === 'rate-exceeded').length, 6)
    t.same(
      recordsOf(aRead).map(({ kind }) => kind),
      ['decision', 'review.read'],
    )
    t.equal(reading(reader => reader.heldList({ state: 'held' })).length, 17, 'nobody has seen any')
  },
)

t.test('blocked list, show: what is held, counted in groups, and what was decided about others like it', async t => {
  const groups = await run('list', '--group-by', 'reason,detector', '--json')
  t.same(
    groups.stdout
      .trim()
      .split('\n')
      .map(line => JSON.parse(line) as Record<string, unknown>)
      .map(({ reason, detector, payloads, waiting }) => [reason, detector, payloads, waiting]),
    [
      ['schema-violation', null, 8, 8],
      ['sensitive-content', 'nucleotide-run', 5, 5],
      ['path-not-allowed', null, 2, 2],
      ['sensitive-content', 'email', 2, 2],
    ],
  )
  const places = await run('list', '--place', 'body /lanes/*/note', '--limit', '1')
  t.match(places, { code: 0, stderr: /more than 1 of them/ })
  const [, newest, ...more] = places.stdout.trim().split('\n')
  t.match(newest, /\theld\tnovaseq-01\tserial\tsensitive-content\tnucleotide-run in body \/lanes\/\*\/note\t\d+$/)
  t.equal(more.length, 0)

  await withReviews(folder, reviews =>
    reviews.act({ action: 'reject', decision: likeIt, actor: osIdentity(), because, finding: 'false-positive' }),
  )
  const shown = await run('show', worst, '--similar')
  t.equal(shown.code, 0)
  t.ok(isHarmless(shown.stdout))
  t.notMatch(shown.stdout, read)
  t.match(shown.stdout, /found\tnucleotide-run \(sequence\) in body \/lanes\/0\/note, \d+ long\n/)
  t.match(shown.stdout, /^\/lanes\/0\/note\tstring\t\d+\t/m)
  t.match(shown.stdout, new RegExp(`${likeIt}\t\\S+\tfalse-positive\t\\S+\treject\tos:\\w+\t${because}`))
  const json = await run('show', worst, '--json')
  t.ok(isHarmless(json.stdout))
  t.match(JSON.parse(json.stdout), {
    state: 'in-review',
    findings: [{ pointer: '/lanes/0/note' }],
    isCut: false,
    looks: 2,
  })
})

t.test(
  'P4: blocked export: reports hold no value; payloads leave once it is recorded, for their owner alone',
  async t => {
    const path = (name: string) => join(folder.root, name)
    const report = await run('export', aRead, '--structure', '--format', 'markdown')
    t.match(report.stdout, /\| `\/note` \| `string` \| `\d+` \| `A{35,}` \|/)
    t.notMatch(report.stdout, read)
    t.match(recordsOf(aRead).at(-1), { kind: 'review.open', action: 'show' })

    const handed = ['export', '--sealed', '--detector', 'email', '--because', because, '-o', path('away')]
    const { token, items } = JSON.parse((await run(...handed, '--dry-run', '--json')).stdout) as {
      readonly token: string
      readonly items: readonly { readonly decision: string }[]
    }
    const chosen = items.map(({ decision }) => decision)
    t.same(new Set(chosen), new Set([ids[2], ids[10]]))
    t.equal(recordsOf(chosen[0]!).at(-1)?.kind, 'review.read', 'a dry run records nothing')
    t.equal((await run(...handed, '--confirm', token)).code, 0)
    for (const id of chosen) t.match(recordsOf(id).at(-1), { kind: 'review.open', action: 'reveal', because })
    t.equal(statSync(path('away')).mode & 0o777, 0o600)
    t.notMatch(readFileSync(path('away'), 'utf8'), 'a@example.org')

    const key = join(folder.reviewers, 'default.key')
    t.equal((await sluice(['blocked', 'unseal', path('away'), chosen[0]!, '--key', key, '-o', path('opened')])).code, 0)
    t.same(readdirSync(path('opened')).sort(), [`${chosen[0]}.body`, `${chosen[0]}.json`])
    for (const name of readdirSync(path('opened'))) t.equal(statSync(path(`opened/${name}`)).mode & 0o777, 0o600)
    t.match(readFileSync(path(`opened/${chosen[0]}.body`), 'utf8'), 'a@example.org')
    const altered = readFileSync(path('away'), 'utf8').replace(/"ciphertext":"../, text => text.slice(0, -2) + '__')
    writeFileSync(path('away'), altered)
    t.throws(() => readSealedFile(path('away')), /does not hold the payload/)
    t.match(await verifyLog(folder.log), { kind: 'intact' })
  },
)

t.test('blocked reevaluate, export, unseal: exit codes tell what was wrong, and how much of it was done', async t => {
  const command = startCommands(t)
  const run = (...args: string[]) => command(['blocked', ...args, '--data', folder.root])
  const path = (name: string) => join(folder.root, name)
  const stranger = path('stranger')
  mkdirSync(stranger)
  await createReviewer(stranger, 'stranger')
  const strange = ['--key', join(stranger, 'stranger.key')]
  const none = '019aa0f2-7d1c-7abc-9def-0123456789ab'
  const handed = ['--because', because, '-o']
  const { token } = JSON.parse(
    (await run('export', likeIt, '--sealed', ...handed, path('one'), '--dry-run', '--json')).stdout,
  ) as { readonly token: string }
  const sealed = await run('export', likeIt, '--sealed', ...handed, path('one'), '--confirm', token)
  t.equal(sealed.code, 0)
  const endings: readonly (readonly [number, readonly string[]])[] = [
    [2, ['export', aRead, '--opened', '-o', path('nowhere')]],
    [2, ['export', aRead, '--opened', '--because', because]],
    [3, ['reevaluate', none]],
    [3, ['export', none]],
    [3, ['unseal', path('one'), none, '--key', join(folder.reviewers, 'default.key')]],
    [4, ['reevaluate', ...strange]],
    [4, ['export', aRead, '--opened', ...handed, path('nowhere'), ...strange]],
    [4, ['unseal', path('one'), ...strange]],
    [7, ['export', '--reason', 'schema-violation', '--sealed', ...handed, path('nowhere'), '--confirm', token]],
  ]
  for (const [code, args] of endings) {
    const ended = await run(...args)
    t.equal(ended.code, code, args.join(' '))
    t.match(ended.stderr, /^sluice: error: .+\nsluice: hint: .+\n$/)
  }
  t.notOk(existsSync(path('nowhere')), 'nothing was handed out')

  const database = new Database(logFiles(folder.log).database)
  database.prepare('UPDATE held SET ciphertext = zeroblob(length(ciphertext)) WHERE decision = ?').run(aRead)
  database.close()
  const part = await run('reevaluate', aRead, likeIt)
  t.match(part, { code: 6, stdout: /1 do not open, see "sluice log verify"/ })
  t.match(await verifyLog(folder.log), { kind: 'tampered' })
})
