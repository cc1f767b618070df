import { Command, InvalidArgumentError } from 'commander'
import { machine } from './machine.ts'
import { headingOf, lineOf, tableOf } from './report.ts'
import { reaches, type Row, type Suite } from './suite.ts'
import { decodeSuite } from './suites/decode.ts'
import { fleetSuite } from './suites/fleet.ts'
import { heldSuite } from './suites/held.ts'
import { linearSuite } from './suites/linear.ts'
import { logSuite } from './suites/log.ts'
import { mintSuite } from './suites/mint.ts'
import { peersSuite } from './suites/peers.ts'
import { profileSuite } from './suites/profile.ts'
import { proxySuite } from './suites/proxy.ts'
import { scanSuite } from './suites/scan.ts'
import { schemaSuite } from './suites/schema.ts'
import { sizingSuite } from './suites/sizing.ts'
import { soakSuite } from './suites/soak.ts'

/** Every suite. To add one, write it in `suites/` and name it here. */
const suites: readonly Suite[] = [
  scanSuite,
  schemaSuite,
  decodeSuite,
  mintSuite,
  logSuite,
  heldSuite,
  fleetSuite,
  proxySuite,
  sizingSuite,
  peersSuite,
  linearSuite,
  soakSuite,
  profileSuite,
]

const print = (text: string): void => void process.stdout.write(`${text}\n`)
const say = (text: string): void => void process.stderr.write(`${text}\n`)

const listOf = (names: readonly string[]): readonly Suite[] | string => {
  const unknown = names.find(name => !suites.some(suite => suite.name === name))
  if (unknown !== undefined) return unknown
  return names.length === 0
    ? suites.filter(({ isExtra }) => !isExtra)
    : suites.filter(({ name }) => names.includes(name))
}

type Options = { readonly json?: boolean; readonly strict?: boolean; readonly requests?: number }

const bench = async (names: readonly string[], { json, strict, requests }: Options): Promise<void> => {
  const chosen = listOf(names)
  if (typeof chosen === 'string') {
    say(`bench: error: there is no suite "${chosen}"\nbench: hint: npm run bench -- --help lists them`)
    process.exitCode = 2
    return
  }
  const rows: Row[] = []
  for (const suite of chosen) {
    const on = machine()
    if (!json) print(`\n${suite.name}: ${suite.title}\n${headingOf(on)}`)
    const own: Row[] = []
    const row = (measured: Omit<Row, 'suite'>): void => {
      own.push({ suite: suite.name, ...measured })
      if (json) print(lineOf(own.at(-1)!, on))
    }
    await suite.run({ row, note: text => say(`${suite.name}: ${text}`) }, { requests: requests ?? null })
    if (!json) print(tableOf(own))
    rows.push(...own)
  }
  if (strict && rows.some(({ ratio }) => ratio !== undefined && reaches(ratio) === false)) process.exitCode = 1
}

const count = (text: string): number => {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('it has to be a whole number from 1 to 999999999')
}

await new Command('bench')
  .description('Measures Sluice on this machine. Figures mean something beside others of the same run only.')
  .argument(
    '[suite...]',
    `which to run; without a name, all but those in brackets below: ${suites.map(({ name }) => name).join(', ')}`,
  )
  .option('--json', 'one line of JSON for each figure, in place of the table')
  .option('--requests <count>', 'how many soak sends; as many as last about two minutes when not said', count)
  .option('--strict', 'exit with 1 when a bar is missed')
  .addHelpText(
    'after',
    `\nSuites:\n${suites.map(({ name, title, isExtra }) => `  ${(isExtra ? `(${name})` : name).padEnd(10)} ${title}`).join('\n')}`,
  )
  .addHelpText(
    'after',
    `
Examples:
  $ npm run bench -- scan
  $ npm run bench -- scan --json > scan.jsonl
  $ npm run bench -- soak --requests 1000000

Exit codes: 0 measured, 1 a bar was missed (with --strict), 2 wrong usage`,
  )
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
  .action(bench)
  .parseAsync()
