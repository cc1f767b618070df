import { Command } from 'commander'
import { machine } from './machine.ts'
import { lineOf, tableOf } from './report.ts'
import { reaches, type Row, type Suite } from './suite.ts'
import { fleetSuite } from './suites/fleet.ts'
import { heldSuite } from './suites/held.ts'
import { logSuite } from './suites/log.ts'
import { profileSuite } from './suites/profile.ts'
import { proxySuite } from './suites/proxy.ts'
import { scanSuite } from './suites/scan.ts'

/** Every suite. To add one, write it in `suites/` and name it here. */
const suites: readonly Suite[] = [scanSuite, logSuite, heldSuite, fleetSuite, proxySuite, profileSuite]

const print = (text: string): void => void process.stdout.write(`${text}\n`)
const say = (text: string): void => void process.stderr.write(`${text}\n`)

const listOf = (names: readonly string[]): readonly Suite[] | string => {
  const unknown = names.find(name => !suites.some(suite => suite.name === name))
  if (unknown !== undefined) return unknown
  return names.length === 0
    ? suites.filter(({ isExtra }) => !isExtra)
    : suites.filter(({ name }) => names.includes(name))
}

type Options = { readonly json?: boolean; readonly strict?: boolean }

const bench = async (names: readonly string[], { json, strict }: Options): Promise<void> => {
  const chosen = listOf(names)
  if (typeof chosen === 'string') {
    say(`bench: error: there is no suite "${chosen}"\nbench: hint: npm run bench -- --help lists them`)
    process.exitCode = 2
    return
  }
  const on = machine()
  const rows: Row[] = []
  if (!json) print(`${on.cpu}, ${on.cores} cores, load ${on.load}; Node ${on.node}, ${on.platform}; ${on.commit ?? ''}`)
  for (const suite of chosen) {
    const own: Row[] = []
    const row = (measured: Omit<Row, 'suite'>): void => {
      own.push({ suite: suite.name, ...measured })
      if (json) print(lineOf(own.at(-1)!, on))
    }
    await suite.run({ row, note: text => say(`${suite.name}: ${text}`) })
    if (!json) print(`\n${suite.name}: ${suite.title}\n${tableOf(own)}`)
    rows.push(...own)
  }
  if (strict && rows.some(({ ratio }) => ratio !== undefined && reaches(ratio) === false)) process.exitCode = 1
}

await new Command('bench')
  .description('Measures Sluice on this machine. Figures mean something beside others of the same run only.')
  .argument(
    '[suite...]',
    `which to run; all but profile when none is named: ${suites.map(({ name }) => name).join(', ')}`,
  )
  .option('--json', 'one line of JSON for each figure, in place of the table')
  .option('--strict', 'exit with 1 when a bar is missed')
  .addHelpText('after', `\nSuites:\n${suites.map(({ name, title }) => `  ${name.padEnd(10)} ${title}`).join('\n')}`)
  .addHelpText(
    'after',
    `
Examples:
  $ npm run bench -- scan
  $ npm run bench -- scan --json > scan.jsonl

Exit codes: 0 measured, 1 a bar was missed (with --strict), 2 wrong usage`,
  )
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
  .action(bench)
  .parseAsync()
