import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'

const root = join(import.meta.dirname, '..')

/** What `.ci/count.js` says of TAP files and of how the test command ended. */
const count = (status: number, folder: string): { readonly line: string; readonly code: number | null } => {
  const script = join(root, '.ci', 'count.js')
  const { stdout, status: code } = spawnSync(process.execPath, [script, String(status), folder], { encoding: 'utf8' })
  return { line: stdout.trimEnd().split('\n').at(-1)!, code }
}

const good = 'TAP version 14\n# Subtest: one\n    ok 1 - inner\n    1..1\nok 1 - one\nok 2 - two # SKIP no java\n1..2\n'

t.test('ci: what passed and was skipped is counted, in folders too', async t => {
  const folder = t.testdir({ test: { 'a.test.ts.tap': good, log: { 'b.test.ts.tap': good } } })
  t.strictSame(count(0, folder), { line: '2 passed, 0 failed, 2 skipped', code: 0 })
})

t.test('ci: nothing executed is a failure, whatever the test command says', async t => {
  t.strictSame(count(0, t.testdir()), { line: '0 passed, 0 failed, 0 skipped', code: 1 })
  t.strictSame(count(0, join(t.testdir(), 'missing')), { line: '0 passed, 0 failed, 0 skipped', code: 1 })
  const skipped = t.testdir({ 'a.tap': 'TAP version 14\nok 1 - a # SKIP\n1..1\n' })
  t.strictSame(count(0, skipped), { line: '0 passed, 0 failed, 1 skipped', code: 1 })
})

t.test('ci: a test that failed, a file that broke off and a command that failed are failures', async t => {
  const failed = t.testdir({ 'a.tap': `${good}not ok 3 - three\n` })
  t.strictSame(count(0, failed), { line: '1 passed, 1 failed, 1 skipped', code: 1 })
  const broken = t.testdir({ 'a.tap': 'TAP version 14\nok 1 - one\n' })
  t.strictSame(count(0, broken), { line: '1 passed, 1 failed, 0 skipped', code: 1 })
  const whole = t.testdir({ 'a.tap': good })
  t.strictSame(count(1, whole), { line: '1 passed, 1 failed, 1 skipped', code: 1 })
  t.strictSame(count(1, t.testdir()), { line: '0 passed, 1 failed, 0 skipped', code: 1 })
})

t.test('ci: .ci/run calls exactly the test command of the README', async t => {
  const command = 'npm ci && npm test'
  t.match(readFileSync(join(root, 'README.md'), 'utf8'), `\`\`\`sh\n${command}\n\`\`\``)
  t.match(readFileSync(join(root, '.ci', 'run'), 'utf8'), `\n(${command}) </dev/null\n`)
})

type Entry = { readonly optionalDependencies?: Readonly<Record<string, string>> }

// npm ci refuses a lock file in which the package for another platform is missing, on every platform.
t.test('ci: the lock file names every optional package of every platform, so that npm ci works', async t => {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, Entry>
  }
  for (const [path, { optionalDependencies = {} }] of Object.entries(packages))
    for (const name of Object.keys(optionalDependencies)) {
      const isNamed = `node_modules/${name}` in packages || `${path}/node_modules/${name}` in packages
      t.ok(isNamed, `${path} needs ${name}`)
    }
})
