import type { Command } from 'commander'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import t from 'tap'
import { programFor } from '../../cli/program.ts'
import { shippedPolicy } from '../../proxy/set-up.ts'
import { policyFile } from '../../proxy/settings.ts'
import { makeFolder, startInProcess, testSettings } from '../kit/appliance.ts'
import { startCommands } from '../kit/commands.ts'
import { commandsOfLine, sluiceArguments } from './shell-words.ts'
import { typedIn, typedOn } from './typed.ts'

const root = join(import.meta.dirname, '..', '..')

const pages = [
  'README.md',
  ...readdirSync(join(root, 'docs'))
    .filter(name => name.endsWith('.md'))
    .map(name => `docs/${name}`),
]

/** The program as it is, but that no command acts. */
const idle = (command: Command): Command => {
  command.configureOutput({ writeOut: () => undefined, writeErr: () => undefined, outputError: () => undefined })
  if (command.commands.length === 0) command.action(() => undefined)
  for (const inner of command.commands) idle(inner)
  return command
}

const program = idle(await programFor([]))

/** What the program has against a call, or null: it reads the options, their values and the arguments as it would to act. */
const faultOf = async (args: readonly string[]): Promise<string | null> => {
  try {
    await program.parseAsync([...args], { from: 'user' })
    return null
  } catch (error) {
    return (error as Error).message
  }
}

t.test('docs: the program takes every call on every page, with its options, values and arguments', async t => {
  let count = 0
  for (const page of [...pages, 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'CHANGELOG.md'])
    for (const line of typedOn(page))
      for (const args of commandsOfLine(line).flatMap(command => [sluiceArguments(command) ?? []])) {
        if (args.length === 0) continue
        count++
        t.equal(await faultOf(args), null, `${page}: sluice ${args.join(' ')}`)
      }
  t.ok(count > 200, `there were calls to look at: ${count}`)
  t.match(await faultOf(['log', 'list', '--sinse', '1d']), 'unknown option')
  t.match(await faultOf(['log', 'list', '--since', 'yesterday']), '--since')
  t.match(await faultOf(['log', 'export', '--format', 'xml']), 'Allowed choices')
  t.match(await faultOf(['log', 'show']), 'missing required argument')
  t.match(await faultOf(['log', 'lst']), 'unknown command')
})

// --- who runs them

type Proof = readonly [test: string, name: string]

/** Pages that are replayed as they stand, or a part of them: the heading. */
const replayed: readonly (readonly [page: string, part: string | null, ...Proof])[] = [
  ['docs/quick-start.md', null, 'test/docs/quick-start.test.ts', 'quick start: from git clone to the first allowed'],
  ['docs/operations.md', null, 'test/docs/operations.test.ts', 'operations: a backup made in service is restored'],
  ['docs/policy-change.md', null, 'test/cli/policy-change.test.ts', 'docs/policy-change.md: every command does'],
  ['docs/fleet.md', null, 'test/cli/fleet.test.ts', 'docs/fleet.md: every command does what the page shows'],
  ['docs/deployment.md', '## Without Docker', 'test/docs/install.test.ts', 'deployment: without Docker, each command'],
]

/**
 * Lines that another test runs, with other names and paths, because they take more than one running appliance, or seconds: by how they begin.
 * Everything that is in neither list is run below, and has to do what it is there for.
 */
const elsewhere: readonly (readonly [begins: string, ...Proof])[] = [
  ['npm ci && npm start', 'test/cli/lifecycle.test.ts', 'serve: starts, and status says so'],
  ['npm run demo', 'test/cli/demo.test.ts', 'demo: every step happens, in real processes'],
  ['npm ci && npm test', 'test/ci.test.ts', 'ci: .ci/run calls exactly the test command of the README'],
  ['sluice spool show', 'test/cli/spool.test.ts', 'spool: what waits is listed, shown, confirmed and dropped'],
  ['sluice spool retry', 'test/cli/spool.test.ts', 'spool: what waits is listed, shown, confirmed and dropped'],
  ['sluice spool drop', 'test/cli/spool.test.ts', 'spool: what waits is listed, shown, confirmed and dropped'],
  ['sudo sluice doctor isolation', 'test/network/isolation.test.ts', 'doctor isolation: says what is open'],
  ['sudo nft', 'test/network/isolation.test.ts', 'doctor isolation: says what is open'],
  ['curl --cacert sluice-ca.pem -x', 'test/proxy/clients.test.ts', 'what is allowed arrives as canonical octets'],
  ['sluice certs ca import', 'test/cli/certs-rotation.test.ts', 'certs ca import: what a lab brings along'],
  ['sluice certs ca activate', 'test/cli/certs-rotation.test.ts', 'certs ca import: what a lab brings along'],
  [
    'sluice certs instrument issue',
    'test/proxy/lab/client-certificate.test.ts',
    'certs instrument issue: a certificate',
  ],
  ['sluice keys reviewer new', 'test/cli/keys.test.ts', 'keys reviewer new: on a terminal the passphrase'],
  ['sluice keys reviewer add', 'test/cli/keys.test.ts', "'add'"],
  ['sluice keys reviewer retire', 'test/cli/keys.test.ts', "'retire'"],
  ['sluice keys reviewer rotate', 'test/cli/keys.test.ts', "'rotate'"],
  ['sluice init --listen 10.77.1.10:8443', 'test/cli/keys.test.ts', "'--reviewer'"],
  ['sluice blocked show', 'test/cli/lifecycle.test.ts', 'with it from elsewhere, shown'],
  ['sluice blocked approve', 'test/cli/blocked-rails.test.ts', 'rails: a release takes an approval that holds'],
  ['sluice blocked release', 'test/cli/blocked-rails.test.ts', 'rails: a release takes an approval that holds'],
  ['sluice blocked reevaluate', 'test/cli/blocked-reading.test.ts', "'reevaluate'"],
  ['sluice blocked export', 'test/cli/blocked-reading.test.ts', 'blocked export: reports hold no value'],
  ['sluice blocked unseal', 'test/cli/blocked-reading.test.ts', "'unseal'"],
  ['sluice blocked review', 'test/cli/blocked-review.test.ts', 'review: case by case, with the keyboard alone'],
  ['sluice blocked reject', 'test/cli/blocked-false-positive.test.ts', 'false positive: rejected as one, its patch'],
  ['patch -p1', 'test/cli/blocked-false-positive.test.ts', 'false positive: rejected as one, its patch'],
  ['sluice log ship', 'test/cli/log-ship.test.ts', 'log ship --once: to a collector on this machine'],
  ['source <(sluice completion', 'test/cli/completion.test.ts', 'completion: bash offers commands, options'],
  ['sluice status --watch', 'test/cli/status-watch.test.ts', 'status --watch: a picture on a terminal'],
  ['sluice metrics --textfile', 'test/cli/metrics.test.ts', 'metrics: printed, as JSON, and into a file'],
  ['sluice metrics --otlp', 'test/cli/metrics.test.ts', 'metrics: OTLP carries the same figures'],
  ['npm run -s sluice -- init --compose', 'test/docs/install.test.ts', 'the command that writes .env writes what'],
  ['npm run -s sluice -- init', 'test/cli/init.test.ts', 'init: on a terminal it asks for what no option says'],
]

/** Lines that cannot run where tests do, and why not. What of them can be looked at is: options by the test above, files by others. */
const nowhere: readonly (readonly [begins: string, why: string])[] = [
  ['sudo install -d -m 700 -o 1000', 'folders of the user in the container: with docker (test/image-test.sh)'],
  ['docker ', 'no docker here: test/image-test.sh runs them, where it is (npm run test:image)'],
  ['REVISION=$(git rev-parse HEAD)', 'no docker here: the same'],
  ['journalctl ', 'no systemd journal here: test/cli/lifecycle.test.ts verifies with such a file'],
  ['JSON_SCHEMA_TEST_SUITE=', 'asks for the data of others: test/rules/json-schema-test-suite.test.ts skips without'],
  ['JSON_TEST_SUITE=', 'asks for the data of others: test/rules/json-test-suite.test.ts skips without'],
  ['RUN_METADATA_CORPUS=', 'asks for the data of others: test/rules/workbench/learn-corpus.test.ts skips without'],
]

/** The reference of the command line: its examples are those of --help, taken by the program in the first test. */
const reference = 'docs/cli.md'

const isReplayed = (page: string, line: string): boolean =>
  replayed.some(([of, part]) => of === page && (part === null || typedIn(page, part).includes(line)))

type Line = { readonly page: string; readonly line: string }

const all: readonly Line[] = pages
  .filter(page => page !== reference)
  .flatMap(page => typedOn(page).map(line => ({ page, line })))
const begins = (line: string, entries: readonly (readonly [string, ...unknown[]])[]): boolean =>
  entries.some(([start]) => line.startsWith(start))
const cannot = all.filter(({ line }) => begins(line, nowhere))
/** Each once, however many pages have it. */
const here = all
  .filter(({ line }, index) => all.findIndex(other => other.line === line) === index)
  .filter(({ page, line }) => !isReplayed(page, line) && !begins(line, elsewhere) && !begins(line, nowhere))

t.test('docs: every command is run by a test, or it is said why it cannot be', async t => {
  for (const [test, name] of [...replayed.map(entry => entry.slice(2)), ...elsewhere.map(entry => entry.slice(1))])
    t.ok(readFileSync(join(root, test!), 'utf8').includes(name!), `${test} has "${name}"`)
  for (const [page, part] of replayed) t.ok(part === null ? typedOn(page).length : typedIn(page, part).length, page)
  for (const [start, why] of [...elsewhere, ...nowhere])
    t.ok(
      all.some(({ line }) => line.startsWith(start)),
      `${start} (${why}) is still on a page`,
    )
  t.ok(cannot.length < 20, `${cannot.length} of ${all.length} cannot be run`)
})

const id = /[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/g
/** How a line ends that does not end with 0: what was blocked is blocked again, and explained. */
const ends: readonly (readonly [begins: string, code: number])[] = [
  ['sluice blocked replay', 8],
  ['sluice rules explain', 8],
]
const missing = ['curl', 'sqlite3', 'bash'].filter(tool => spawnSync(tool, ['--version']).error)
const skip = missing.length > 0 && `no ${missing.join(', ')} here`

t.test(
  'docs: every other command does what it is there for, one after the other, on a running appliance',
  { skip },
  async t => {
    // A short path, because a Unix socket takes no long one.
    const lab = mkdtempSync(join(tmpdir(), 'sluice-'))
    t.teardown(() => rmSync(lab, { recursive: true, force: true }))
    for (const name of ['anchors', 'bin', 'siem', 'fish']) mkdirSync(join(lab, name))
    const anchors = { every: '1h', folder: join(lab, 'anchors') }
    const folder = await makeFolder(t, shippedPolicy(), { ...testSettings, anchors })
    const { port } = await startInProcess(t, folder)
    symlinkSync(folder.root, join(lab, 'sluice-data'))
    copyFileSync(join(folder.log, 'checkpoint.pub'), join(lab, 'checkpoint.pub'))
    copyFileSync(policyFile(folder, testSettings), join(lab, 'policy.yaml'))
    writeFileSync(
      join(lab, 'cases.yaml'),
      'version: 1\ncases:\n  - { name: nothing, route: run-status, expect: block }\n',
    )
    writeFileSync(
      join(lab, 'bin', 'sluice'),
      `#!/bin/sh\nexec "${process.execPath}" "${join(root, 'cli', 'main.ts')}" "$@"\n`,
    )
    chmodSync(join(lab, 'bin', 'sluice'), 0o755)
    const env = { PATH: `${join(lab, 'bin')}${delimiter}${process.env.PATH}` }
    const run = startCommands(t, { cwd: lab, env })
    const [policies = ''] = readdirSync(folder.policies)
    let decision = ''
    const adapted = (line: string): string =>
      line
        .replaceAll(id, decision)
        .replaceAll(':8443/', `:${port}/`)
        .replace('/mnt/safe/anchors', 'anchors')
        .replace('/media/reviewer/ada.key', 'sluice-data/reviewers/default.key')
        .replace('/var/lib/siem/', 'siem/')
        .replace('/var/log/sluice/', 'siem/')
        .replace('~/.config/fish/completions/', 'fish/')
        .replace('policies/1-0123456789ab', `sluice-data/policies/${policies}`)
        .replace('--instrument novaseq-01', '--instrument this-computer')

    const shell = async (line: string): Promise<Ended> => {
      const child = spawn('bash', ['-c', `{ ${line}; } 2>&1`], {
        cwd: lab,
        env: { ...process.env, ...env },
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      let text = ''
      child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()))
      const [code] = (await once(child, 'close')) as [number | null]
      return { code, text }
    }
    const type = async (line: string): Promise<Ended> => {
      const [command, ...others] = commandsOfLine(line)
      const args = command && others.length === 0 ? sluiceArguments(command) : null
      if (args === null) return shell(line)
      const { code, stdout, stderr } = await run(args)
      if (command!.output !== null) writeFileSync(join(lab, command!.output), stdout)
      return { code, text: `${stdout}${stderr}` }
    }

    for (const { page, line } of here) {
      const { code, text } = await type(adapted(line))
      t.equal(code, ends.find(([start]) => line.startsWith(start))?.[1] ?? 0, `${page}: ${line}: ${text}`)
      // which lifts the pause of all and no other
      if (line === 'sluice resume') await run(['resume', '--instrument', 'this-computer'])
      // that of the first request of the README, which is blocked
      decision ||= text.match(id)?.[0] ?? ''
    }
    t.match(readFileSync(join(lab, 'siem', 'ecs.jsonl'), 'utf8'), '"ecs":{"version":')
    t.match(readFileSync(join(lab, 'report.html'), 'utf8'), '<!doctype html>')
  },
)

type Ended = { readonly code: number | null; readonly text: string }
