import Database from 'better-sqlite3'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import t from 'tap'
import type { Command } from 'commander'
import { hints as certHints } from '../certs/cert-error.ts'
import { exitCodes } from '../cli/exit-codes.ts'
import { programFor } from '../cli/program.ts'
import { createLog } from '../log/writing/create-log.ts'
import { hints as fleetHints } from '../fleet/fleet-error.ts'
import { hints as logHints } from '../log/log-error.ts'
import { logFiles } from '../log/log-files.ts'
import { views } from '../log/reading/views.ts'
import { hints as proxyHints } from '../proxy/proxy-error.ts'
import { upstreamFaults } from '../proxy/upstream/upstream-fault.ts'
import { packsFolder } from '../proxy/policy/policy-file.ts'
import { parsePolicy } from '../rules/policy/parse-policy.ts'
import { dripRules } from '../rules/drip/drip-rules.ts'
import { detectors } from '../rules/registry.ts'
import { blockReasons } from '../rules/verdict.ts'
import { parse } from 'yaml'
import { commandsOfLine, sluiceArguments } from './docs/shell-words.ts'
import { formatted } from './docs/formatted.ts'
import { referencePages } from './docs/reference.ts'

const program = await programFor([])

const root = join(import.meta.dirname, '..')
const read = (path: string): string => readFileSync(join(root, path), 'utf8')

const pages = [
  'README.md',
  'ARCHITECTURE.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  ...readdirSync(join(root, 'docs')).map(name => `docs/${name}`),
]

type Block = { readonly language: string; readonly text: string }

const blocksOf = (page: string): readonly Block[] =>
  [...read(page).matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(([, language = '', text = '']) => ({ language, text }))

/** The running text of a page, without code blocks. */
const textOf = (page: string): string => read(page).replaceAll(/^```.*?^```$/gms, '')

/** Code in running text, such as `sluice log list`. */
const inlineCode = (page: string): readonly string[] =>
  [
    ...read(page)
      .replaceAll(/^```.*?^```$/gms, '')
      .matchAll(/`([^`\n]+)`/g),
  ].map(([, code = '']) => code)

/** The words of each call of sluice in a code; none where it is no line of a shell, but a pattern or a fragment. */
const callsIn = (code: string): readonly (readonly string[])[] =>
  /^(?:sluice|npm|node|docker|sudo|runuser) /.test(code)
    ? commandsOfLine(code)
        .flatMap(command => [sluiceArguments(command) ?? []])
        .filter(words => words.length > 0)
    : []

/** What is wrong with a call, or null. `whole`: it has to be a command that acts. */
const faultOf = (words: readonly string[], whole: boolean): string | null => {
  let command: Command = program
  let rest = words
  for (;;) {
    const inner = command.commands.find(candidate => candidate.name() === rest[0])
    if (!inner) break
    command = inner
    rest = rest.slice(1)
  }
  const isGroup = command.commands.length > 0
  if (isGroup && rest.some(word => /^[a-z]/.test(word))) return `no command ${rest[0]}`
  if (isGroup && whole && rest.length === 0) return 'not a command that acts'
  const known = new Set(['--help', '--version', ...command.options.map(({ long }) => long)])
  const unknown = rest.map(word => word.split('=')[0]!).find(word => word.startsWith('--') && !known.has(word))
  return unknown === undefined ? null : `no option ${unknown}`
}

// What is typed, in blocks, is read in full by `docs/commands.test.ts`.
t.test('docs: every sluice command that a text names exists, with its options', async t => {
  let count = 0
  for (const page of pages)
    for (const code of inlineCode(page).filter(text => !text.includes('|')))
      for (const words of callsIn(code)) {
        count++
        t.equal(faultOf(words, false), null, `${page}: sluice ${words.join(' ')}`)
      }
  t.ok(count > 50, 'there were commands to look at')
  t.equal(faultOf(['log', 'lst'], true), 'no command lst')
  t.equal(faultOf(['log', 'list', '--sinse', '1d'], true), 'no option --sinse')
})

t.test('hints: every sluice command that a hint names exists', async t => {
  for (const [code, hint] of Object.entries({ ...proxyHints, ...certHints, ...logHints, ...fleetHints }))
    for (const [, words = ''] of hint.matchAll(/"sluice ([^"]+)"/g))
      t.equal(faultOf(words.split(' '), true), null, `${code}: sluice ${words}`)
})

t.test('docs: every npm script that is named exists', async t => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
  const names = pages.flatMap(page =>
    [...read(page).matchAll(/npm (?:run(?: -s)? ([a-z:]+)|(start|test)\b)/g)].map(([, run, short]) => run ?? short!),
  )
  t.ok(names.length > 10, 'there were scripts to look at')
  for (const name of new Set(names)) t.ok(name in scripts, `npm run ${name}`)
})

/** The anchor that a heading gets. */
const slugOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-')

const anchorsOf = (page: string): ReadonlySet<string> =>
  new Set([...read(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => slugOf(heading)))

t.test('docs: every link leads somewhere', async t => {
  let count = 0
  for (const page of pages)
    for (const [, target = ''] of textOf(page).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^https?:/.test(target)) continue
      count++
      const [path = '', anchor] = target.split('#')
      const file = path === '' ? page : relative(root, resolve(root, dirname(page), path))
      t.ok(existsSync(join(root, file)), `${page}: ${target}`)
      if (anchor !== undefined) t.ok(anchorsOf(file).has(anchor), `${page}: ${target} is a heading`)
    }
  t.ok(count > 30, 'there were links to look at')
})

t.test('docs: every file of the project that is named in ARCHITECTURE.md exists', async t => {
  const named = inlineCode('ARCHITECTURE.md').filter(code =>
    /^(rules|proxy|certs|fleet|log|cli|test)\/[\w./-]*$/.test(code),
  )
  t.ok(named.length > 40, 'there were files to look at')
  for (const path of named) t.ok(existsSync(join(root, path)), path)
})

t.test('docs: the reference pages are those that "npm run docs" writes', async t => {
  for (const [path, text] of Object.entries(referencePages())) t.equal(read(path), await formatted(text), path)
})

t.test('docs: every detector, block reason, upstream fault, error code and exit code is listed', async t => {
  const listed = (page: string, code: string) => t.match(read(page), new RegExp(`^\\| ${code} +\\| `, 'm'), code)
  for (const { id } of [...detectors, ...Object.values(dripRules)]) listed('docs/detectors.md', `\`${id}\``)
  for (const code of Object.keys({
    ...blockReasons,
    ...upstreamFaults,
    ...proxyHints,
    ...certHints,
    ...logHints,
    ...fleetHints,
  }))
    listed('docs/codes.md', `\`${code}\``)
  for (const code of Object.values(exitCodes)) listed('docs/cli.md', String(code))
})

// --- the policy reference

type Schema = { readonly properties?: Readonly<Record<string, Schema>> } & Readonly<Record<string, unknown>>
const policySchema = JSON.parse(read('rules/policy/policy.schema.json')) as Schema & { $defs: Record<string, Schema> }

/** All property names that a part of the schema spells, itself and below. */
const namesIn = (schema: unknown): readonly string[] =>
  typeof schema !== 'object' || schema === null
    ? []
    : Object.entries(schema).flatMap(([key, value]) =>
        key === 'properties'
          ? [...Object.keys(value as object), ...namesIn(Object.values(value as object))]
          : namesIn(value),
      )

const sections: Readonly<Record<string, string>> = {
  instrument: '## instruments',
  destination: '## destinations',
  splice: '### splice',
  proxy: '### Upstream proxy',
  route: '## routes',
  parameters: '### pathParameters, query and headers',
  header: '### pathParameters, query and headers',
  body: '### body',
  noBody: '### body',
  jsonBody: '### body',
  linesBody: '### body',
  formBody: '### body',
  interopBody: '### body',
  logBody: '### body',
  textBody: '### body',
  multipartBody: '### body',
  part: '#### Forms of parts',
  require: '### require, derive and composition',
  derive: '### require, derive and composition',
  composition: '### require, derive and composition',
  rate: '### rate and capacity',
  capacity: '### rate and capacity',
  response: '### response',
  spool: '### delivery',
  onBlock: '### onBlock',
  detector: '## detectors',
  exception: '## exceptions',
  limits: '## limits',
}

const sectionOf = (heading: string): string => {
  const [, after = ''] = read('docs/policy.md').split(`\n${heading}\n`)
  return after.split(/^#/m)[0]!
}

t.test('policy reference: every key of the policy schema is described in its section', async t => {
  const { $defs, ...document } = policySchema
  for (const key of namesIn(document)) t.ok(sectionOf('## The document').includes(`| \`${key}\` `), key)
  for (const [name, schema] of Object.entries($defs)) {
    const heading = sections[name]
    if (heading === undefined) t.strictSame(namesIn(schema), [], `$defs/${name} has keys, and no section`)
    else for (const key of namesIn(schema)) t.ok(sectionOf(heading).includes(`| \`${key}\` `), `${heading}: ${key}`)
  }
})

const example = (): string => blocksOf('docs/policy.md').find(({ language }) => language === 'yaml')!.text

t.test('policy reference: the example is a policy in order, and uses every key', async t => {
  const reading = parsePolicy(example(), reference => {
    const [, pack = '', kind = ''] = /^pack:([^/]+)\/(.+)$/.exec(reference) ?? []
    return pack === '' ? 'a CA file' : readFileSync(join(packsFolder, pack, `${kind}.schema.json`), 'utf8')
  })
  t.strictSame(reading.ok ? [] : reading.problems, [])
  const used = new Set<string>()
  const walk = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return
    for (const [key, inner] of Object.entries(value)) {
      used.add(key)
      walk(inner)
    }
  }
  walk(parse(example()))
  for (const key of namesIn(policySchema)) t.ok(used.has(key), key)
})

// --- the audit guide

const openNewLog = (directory: string): Database.Database => {
  createLog(directory, 'appliance.test/log')
  return new Database(logFiles(directory).database, { readonly: true })
}

/** The columns that the tables of a section describe. */
const describedIn = (section: string): readonly (string | undefined)[] =>
  [...section.split(/^##/m)[0]!.matchAll(/^\| `(\w+)` /gm)].map(([, name]) => name)

t.test('audit guide: it describes exactly the columns of the views, in their order', async t => {
  const database = openNewLog(join(t.testdir(), 'log'))
  t.teardown(() => database.close())
  const guide = read('docs/audit-guide.md')
  for (const view of Object.keys(views)) {
    const columns = database.prepare('SELECT name FROM pragma_table_info(?)').pluck().all(view)
    const [, section = ''] = guide.split(view === 'decisions' ? '## The view `decisions`\n' : `\n### ${view}\n`)
    t.strictSame(describedIn(section), columns, view)
  }
})
