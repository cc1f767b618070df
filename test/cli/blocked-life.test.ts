import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, readdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import Database from 'better-sqlite3'
import t from 'tap'
import { logFiles } from '../../log/log-files.ts'
import { verifyLog } from '../../log/verify/verify.ts'
import { decisionsOf, makeFolder, startInProcess, startProcess } from '../kit/appliance.ts'
import { startCommands } from '../kit/commands.ts'
import { block, desk, read } from '../kit/reviewing.ts'
import { testPolicy } from '../kit/test-policy.ts'
import { startVendor } from '../kit/vendor.ts'

const because = ['--because', 'a lot number, ticket 4711'] as const

const rows = (stdout: string) =>
  stdout
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as Record<string, unknown>)

/** Somebody else than root, who can read what the project is made of. */
const nobody = 65_534

const isReadableByAll = (path: string): boolean =>
  (statSync(path).mode & 0o005) === 0o005 && (path === dirname(path) || isReadableByAll(dirname(path)))

const canBeTwo = process.getuid?.() === 0 && isReadableByAll(import.meta.dirname)

const giveTo = (path: string, uid: number): void => {
  chownSync(path, uid, uid)
  if (statSync(path).isDirectory()) for (const name of readdirSync(path)) giveTo(join(path, name), uid)
}

t.test(
  'P4: the life of a blocked payload: looked at, noted, approved by one user, released by another, once',
  { skip: canBeTwo ? false : 'only root can be two users' },
  async t => {
    const vendor = await startVendor()
    t.teardown(() => vendor.close())
    const folder = await makeFolder(t, testPolicy(vendor.port))
    giveTo(dirname(folder.root), nobody)
    const appliance = await startProcess(t, folder, { uid: nobody, gid: nobody })
    const commands = startCommands(t)
    const asRoot = async (...args: readonly string[]) => {
      const { code, stdout, stderr } = await commands(['blocked', ...args, '--data', folder.root])
      return { code, output: stdout + stderr }
    }
    const asNobody = async (...args: readonly string[]) => {
      const main = join(import.meta.dirname, '../../cli/main.ts')
      // Of the cache of whoever runs the tests they can read nothing.
      const env = { ...process.env, NODE_COMPILE_CACHE: join(dirname(folder.root), 'cache') }
      const user = { uid: nobody, gid: nobody, env }
      const child = spawn(process.execPath, [main, 'blocked', ...args, '--data', folder.root], user)
      let output = ''
      for (const stream of [child.stdout, child.stderr])
        stream.on('data', (chunk: Buffer) => (output += chunk.toString()))
      const [code] = (await once(child, 'close')) as [number]
      return { code, output }
    }
    const id = await block(appliance)
    t.match(await asNobody('approve', id, ...because), { code: 5, output: /state-not-allowed[^]*hint: / })
    t.equal((await asNobody('show', id)).code, 0)
    t.match(await asNobody('approve', id, ...because), { code: 0, output: /approved/ })
    t.match(await asNobody('release', id, ...because), { code: 5, output: /same-person[^]*hint: / })
    t.equal(vendor.requests.length, 0)
    t.match(await asRoot('release', id, ...because), {
      code: 0,
      output: /^sent: the vendor answered 200; .* released\n$/,
    })
    t.match(await asRoot('release', id, ...because), { code: 5, output: /state-not-allowed/ })
    t.equal(vendor.requests.length, 1)

    const signed = await block(appliance)
    t.equal((await asNobody('show', signed)).code, 0)
    t.equal((await asNobody('approve', signed, ...because, '--sign')).code, 0)
    t.match(await asRoot('release', signed, ...because), { code: 5, output: /identity-untold[^]*hint: / })
    t.equal(vendor.requests.length, 1, 'who signed may be any user, so two users prove nothing then')

    const database = new Database(logFiles(folder.log).database, { readonly: true })
    t.teardown(() => database.close())
    const reviews = database
      .prepare('SELECT action, actor, because, people FROM reviews WHERE decision = ? ORDER BY sequence')
      .raw()
      .all(id)
    t.same(reviews, [
      ['show', 'os:nobody', null, null],
      ['approve', 'os:nobody', because[1], null],
      ['release', 'os:root', because[1], 2],
      ['released', 'sluice', null, null],
    ])
    t.match(await verifyLog(folder.log), { kind: 'intact' })
    t.ok(
      decisionsOf(t, folder)
        .all()
        .some(({ replay_of }) => replay_of === id),
    )
  },
)

t.test(
  'blocked: a dry run lists and changes nothing; its token does exactly that, and nothing once it has changed',
  async t => {
    const vendor = await startVendor()
    t.teardown(() => vendor.close())
    const folder = await makeFolder(t, testPolicy(vendor.port))
    const appliance = await startInProcess(t, folder)
    const { ask, caseOf } = desk(folder)
    const commands = startCommands(t)
    const run = (...args: string[]) => commands(['blocked', ...args, '--data', folder.root])
    const [one, two, mail] = [
      await block(appliance),
      await block(appliance),
      await block(appliance, { note: 'a@example.org' }),
    ]
    const filter = ['--reason', 'sensitive-content', '--instrument', 'novaseq-01', '--json']

    const dry = await run('reject', ...filter, ...because, '--dry-run')
    const { items, token } = rows(dry.stdout)[0] as { items: { decision: string; state: string }[]; token: string }
    t.same([dry.code, items.map(({ decision }) => decision)], [0, [mail, two, one]])
    t.ok(items.every(({ state }) => state === 'held'))
    t.equal(caseOf(one).state, 'held', 'nothing was changed')
    t.equal((await run('purge', ...filter, ...because, '--confirm', token)).code, 7, 'a token is for one action')
    await ask('show', two)
    t.match(await run('reject', ...filter, ...because, '--confirm', token), { code: 7, stderr: /--dry-run again/ })
    t.equal(caseOf(one).state, 'held', 'all or nothing')

    t.match(
      await run('approve', one, two, ...because),
      { code: 2, stderr: /--dry-run/ },
      'more than one, without a token',
    )
    t.equal((await run('approve', '019aa0f2-7d1c-7abc-9def-0123456789ab', ...because)).code, 3)
    t.equal((await run('reject', '--state', 'released', ...because, '--dry-run')).code, 3, 'there are none')

    await ask('show', mail)
    const both = rows((await run('approve', two, mail, ...because, '--json', '--dry-run')).stdout)[0] as {
      token: string
    }
    const part = await run('approve', two, mail, ...because, '--json', '--confirm', both.token)
    t.equal(part.code, 6)
    const parts = rows(part.stdout)
    t.match(
      parts.find(({ decision }) => decision === two),
      { kind: 'done', state: 'approved' },
    )
    t.match(
      parts.find(({ decision }) => decision === mail),
      { kind: 'refused', rail: 'never-release', hint: /policy/ },
    )

    const unfit = await run('note', one, '--because', `saw ${read}`)
    t.match(unfit, { code: 5, stderr: /reason-unfit/ })
    t.notMatch(unfit.stderr, read)
    t.equal((await run('reveal', one, ...because)).code, 2, 'standard output is no terminal')
    const output = join(folder.root, 'payload')
    t.equal((await run('reveal', one, ...because, '--output', output)).code, 0)
    t.equal(statSync(output).mode & 0o777, 0o600)
    t.match(caseOf(one).events.at(-1), { kind: 'review.open', action: 'reveal', because: because[1] })

    await appliance.appliance.stop()
    const alone = await run('replay', one, ...because)
    t.match(alone, { code: 8, stdout: /^blocked again, so nothing was sent/ }, 'stand-alone, by the same code')
    t.match(await run('purge', one, ...because), { code: 0, stdout: /purged/ })
    t.match(await verifyLog(folder.log), { kind: 'intact' })
  },
)
