/** The reference pages of docs/ that are written from the code itself: `npm run docs` writes them, a test compares them. */
import type { Argument, Command, Option } from 'commander'
import { hints as certHints } from '../../certs/cert-error.ts'
import { exitCodes } from '../../cli/exit-codes.ts'
import { programFor } from '../../cli/program.ts'
import { inconclusives, tamperings } from '../../log/verify/evidence.ts'
import { hints as fleetHints } from '../../fleet/fleet-error.ts'
import { hints as logHints } from '../../log/log-error.ts'
import { openMetrics } from '../../proxy/watch/metrics.ts'
import { rails } from '../../proxy/review/review-rails.ts'
import { states } from '../../log/review/states.ts'
import { spoolStates } from '../../log/spool/states.ts'
import { hints as proxyHints } from '../../proxy/proxy-error.ts'
import { spoolRefusals } from '../../proxy/spool/spool-desk.ts'
import { upstreamFaults } from '../../proxy/upstream/upstream-fault.ts'
import type { Category, Detector } from '../../rules/detector.ts'
import { dripRules } from '../../rules/drip/drip-rules.ts'
import { freeTextFaults } from '../../rules/free-text.ts'
import { detectors } from '../../rules/registry.ts'
import { blockReasons } from '../../rules/verdict.ts'
import { exceptionObstacles } from '../../rules/workbench/suggest-exceptions.ts'
import { safeHarbor } from './safe-harbor.ts'

const program = await programFor([])

const exitMeanings = {
  done: 'done',
  failed: 'it could not be done; standard error says why and what to do',
  usage: 'the command line is wrong: an unknown option, a missing argument, an impossible value',
  notFound:
    'there is no such thing: no appliance in the data folder, no decision or held payload of that id, no such file',
  permission: 'a file may not be read or written by this user, or no private key that fits is at hand',
  refused:
    '`rules activate`, `rules rollback`, `rules bundle`: the running appliance refused the policy, or the newest is not known to be in force; `blocked`, `spool`: a rail kept it from being done',
  partly: '`blocked`: it was done for some of the payloads, and not for others',
  changed:
    '`rules diff`: the two policies differ; `--confirm`: the list has changed since the dry run, so nothing was done',
  found: 'a check found something: a problem in the policy, a detector, a blocked payload, a fault of the installation',
  tampering: '`log verify`, `fleet verify`: evidence of tampering',
  inconclusive:
    '`log verify`, `fleet verify`: nothing can be said: a file is missing or unreadable, or an anchor is missing or too old',
  unreachable: 'no appliance is running on the data folder, or it fails closed; `fleet`: the database is not reachable',
  interrupted: 'interrupted with Ctrl-C',
} satisfies Record<keyof typeof exitCodes, string>

const note = (source: string): string => `<!-- Written by "npm run docs" from ${source}. Do not edit by hand. -->\n`

const escape = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ')

const tableOf = (headings: readonly string[], rows: readonly (readonly string[])[]): string =>
  [headings, headings.map(() => '---'), ...rows.map(row => row.map(escape))]
    .map(cells => `| ${cells.join(' | ')} |`)
    .join('\n')

const codeRows = (codes: Readonly<Record<string, string | number>>): readonly (readonly string[])[] =>
  Object.entries(codes).map(([code, meaning]) => [`\`${code}\``, String(meaning)])

/** Commands that act, with the words that lead to them; `help` is commander's own. */
export const commandsOf = (
  command: Command,
  words: readonly string[] = [],
): readonly (readonly [words: readonly string[], command: Command])[] =>
  command.commands.length === 0
    ? [[words, command]]
    : command.commands.flatMap(inner => commandsOf(inner, [...words, inner.name()]))

/** The examples that `addHelpText` put behind a command's help. */
const examplesOf = (command: Command): string => {
  let text = ''
  command.configureOutput({ writeOut: part => void (text += part), getOutHelpWidth: () => 100 })
  command.outputHelp()
  const [, lines = ''] = text.split(/\nExamples?:\n/)
  return lines.replaceAll(/^ {2}/gm, '').trimEnd()
}

const isShared = ({ long }: Option): boolean => long === '--data' || long === '--json'

const optionRow = ({ flags, description, defaultValue, argChoices }: Option): readonly string[] => {
  const isPlain = typeof defaultValue === 'string' || typeof defaultValue === 'number'
  const choices = argChoices ? `; one of ${argChoices.map(choice => `\`${choice}\``).join(', ')}` : ''
  return [`\`${flags}\``, `${description}${choices}${isPlain ? ` (default \`${defaultValue}\`)` : ''}`]
}

const argumentText = (argument: Argument): string =>
  argument.required ? `<${argument.name()}>` : `[${argument.name()}]`

const commandSection = ([words, command]: readonly [readonly string[], Command]): string => {
  const options = command.options.filter(option => !isShared(option))
  const own = [
    ...command.registeredArguments.map(argument => [`\`${argumentText(argument)}\``, argument.description]),
    ...options.map(optionRow),
  ]
  const usage = ['sluice', ...words, ...command.registeredArguments.map(argumentText)].join(' ')
  const sentence = command.description()
  const parts = [
    `## sluice ${words.join(' ')}`,
    `\`${usage}\`: ${sentence}${sentence.endsWith('.') ? '' : '.'}`,
    ...(own.length > 0 ? [tableOf(['argument or option', 'meaning'], own)] : []),
    ...(examplesOf(command) ? [`\`\`\`sh\n${examplesOf(command)}\n\`\`\``] : []),
  ]
  return parts.join('\n\n')
}

const cliPage = (): string =>
  [
    note('cli/program.ts'),
    '# Commands',
    'In a checkout every command is `npm run sluice --` and then the command, or `node cli/main.ts`; in the container it is `sluice`.',
    'All commands take `--data <folder>` (the data folder of the appliance: default `sluice-data`, or the environment variable ' +
      '`SLUICE_DATA`), `--json` (one JSON document, or one a line) and `--help`. On a terminal they print tables; when piped, columns ' +
      'separated by tabs with one heading line. An error is two lines on standard error: what went wrong, and what to do.',
    '## Exit codes',
    tableOf(
      ['code', 'meaning'],
      Object.entries(exitCodes).map(([name, code]) => [String(code), exitMeanings[name as keyof typeof exitCodes]]),
    ),
    ...commandsOf(program).map(commandSection),
  ].join('\n\n') + '\n'

const categories = {
  sequence: 'nucleotides, proteins, reads, alignments, variants, and the files that hold them',
  identity: 'persons: names, numbers, addresses, dates',
  health: 'health',
  secret: 'credentials',
} satisfies Record<Category, string>

const all: readonly Detector[] = detectors

const byDefault = ({ mandatory, onByDefault }: Detector): string =>
  mandatory ? 'always on' : onByDefault === false ? 'off' : 'on'

const settingRows = (detector: Detector): readonly (readonly string[])[] => {
  const settings = detector.kind === 'text' ? detector.settings : undefined
  return Object.entries(settings?.schema.properties ?? {}).map(([name, property]) => [
    `\`${detector.id}\``,
    `\`${name}\``,
    property.description,
    `\`${JSON.stringify(property.default)}\``,
  ])
}

const dripText = [
  'Pieces of sequence that are too short for any detector are counted in each request: the letters of each whole word of four or more of A, C, G, T, U that ' +
    'holds G, T or U; those of such words in a word of 8 to 64 characters of base64 or hexadecimal; and 12 or more for a run of eight or more in a longer word. Texts that ' +
    'the policy itself spells in an `enum` or `const` (the indexes of a kit, for example), its property names and what it excepts from a detector of sequence are not counted; of a credential only words of eight letters or more are.',
  'A request of 24 or more is blocked as `nucleotide-sum`. One with fewer is blocked as `drip` when its instrument would have sent more than 48 within an ' +
    'hour, or 96 within a day ([limits](policy.md#limits)), whatever the routes: then the appliance says so on its standard output, once an hour. Requests ' +
    'that hold none go on, because an instrument is of no use to its vendor without telemetry; `enabled: false` in the policy stops it altogether. Each decision ' +
    'record of a request that left has the count (`nucleotides`), never the letters, and `sluice status` shows what each instrument has sent.',
].join('\n\n')

const detectorsPage = (): string =>
  [
    note('rules/registry.ts'),
    '# Detectors',
    `Every string, every number and every property name that the policy does not itself spell, in a request that would leave, is shown to each of these ${all.length} detectors that is on, also ` +
      'through nested encodings (base64, hexadecimal, percent, escapes, JSON in a string, compression). One finding blocks the ' +
      'request. Some of them look at arrays and objects as a whole, for what is spread over their members. The examples that each must find and must not find stand in its file in `rules/detectors/`, and a test runs them. ' +
      'How to add one: [CONTRIBUTING](../CONTRIBUTING.md).',
    'A policy switches detectors on and off and sets them ([detectors](policy.md#detectors)), and excepts what one of them finds at one place ' +
      '([exceptions](policy.md#exceptions)). *Off*: asked only where the policy says `enabled: true`. *Always on*: it goes by a structure that ' +
      'telemetry does not have, so it can neither be switched off nor excepted.',
    ...Object.entries(categories).flatMap(([category, what]) => [
      `## ${category}: ${what}`,
      tableOf(
        ['id', 'finds', 'by default', 'source'],
        all
          .filter(detector => detector.category === category)
          .map(detector => [`\`${detector.id}\``, detector.title, byDefault(detector), detector.source]),
      ),
    ]),
    '## Counted over a request, and over time',
    dripText,
    tableOf(
      ['id', 'finds', 'source'],
      Object.values(dripRules).map(({ id, title, source }) => [`\`${id}\``, title, source]),
    ),
    '## Settings',
    'Keys of the detector under `detectors` in the policy, beside `enabled` and `reason`.',
    tableOf(
      ['detector', 'setting', 'meaning', 'default'],
      all.flatMap(detector => settingRows(detector)),
    ),
  ].join('\n\n') + '\n'

const codesPage = (): string =>
  [
    note('the tables of codes in rules/, proxy/, log/ and certs/'),
    '# Codes',
    'Codes are stable: they stand in decision records, in answers to instruments and in the output of commands.',
    '## Why a request is blocked',
    'The `reason` of a decision, and the `code` of the answer. The answer has status 403, but 400 for `request-malformed` and ' +
      '`request-incomplete`, 421 for `authority-mismatch`, 429 (with `Retry-After`) for `rate-exceeded` and 503 for `log-space-low`, `paused`, `held-full` and `spool-full`; for all but the last four a route can choose another ([onBlock](policy.md#onblock)).',
    tableOf(['reason', 'meaning'], codeRows(blockReasons)),
    '## Rails',
    'What keeps a person from doing something about a held payload (exit code 5, or 7 for `changed-meanwhile`); [blocked payloads](review.md#rails) tells why.',
    tableOf(
      ['rail', 'meaning', 'what to do'],
      Object.entries(rails).map(([code, { what, hint }]) => [`\`${code}\``, what, hint]),
    ),
    'Why a reason or a note is not taken:',
    tableOf(['fault', 'meaning'], codeRows(freeTextFaults)),
    '## Why no exception is suggested',
    'What `blocked reject --false-positive` and the verdict `f` of `blocked review` say where they suggest no exception; [false positives](review.md#false-positives) tells more.',
    tableOf(
      ['code', 'meaning', 'what to do'],
      Object.entries(exceptionObstacles).map(([code, { what, hint }]) => [`\`${code}\``, what, hint]),
    ),
    '## States of a held payload',
    tableOf(['state', 'meaning'], codeRows(states)),
    '## States of a spooled request',
    'What becomes of a request that was accepted to be [sent later](delivery.md). Those up to `stuck` are kept.',
    tableOf(['state', 'meaning'], codeRows(spoolStates)),
    'Why `sluice spool retry` or `drop` did nothing (exit code 5, or 7 for `changed-meanwhile`):',
    tableOf(
      ['code', 'meaning', 'what to do'],
      Object.entries(spoolRefusals).map(([code, { what, hint }]) => [`\`${code}\``, what, hint]),
    ),
    '## What can go wrong on the way to the vendor',
    'The `error` of an outcome. The instrument gets 502, or 504 for the two time-outs, with the code in its hyphenated form; and, for machines, the ' +
      'type of error that RFC 9209 has for it. `sluice log show` says what to do.',
    tableOf(
      ['error', 'meaning', 'what to do', 'type'],
      Object.entries(upstreamFaults).map(([code, { meaning, hint, type }]) => [
        `\`${code}\``,
        meaning,
        hint,
        `\`${type}\``,
      ]),
    ),
    'When the decision itself cannot be recorded, nothing is sent and the instrument gets 503 with the code `decision-not-recorded`.',
    '## What `sluice log verify` finds',
    'Evidence of tampering (exit code 10), which outweighs any doubt:',
    tableOf(['evidence', 'meaning'], codeRows(tamperings)),
    'Why nothing can be said (exit code 11):',
    tableOf(['doubt', 'meaning'], codeRows(inconclusives)),
    '## Faults and what to do about them',
    tableOf(['fault', 'what to do'], codeRows({ ...proxyHints, ...certHints, ...logHints, ...fleetHints })),
  ].join('\n\n') + '\n'

const safeHarborPage = (): string =>
  [
    note('test/docs/safe-harbor.ts'),
    '# The identifiers of HIPAA Safe Harbor',
    'Health data count as de-identified when eighteen kinds of identifiers are removed (45 CFR 164.514(b)(2)(i), Safe Harbor). Each is looked ' +
      'for in every request, by the detectors named here; [`test/rules/detectors/safe-harbor.test.ts`](../test/rules/detectors/safe-harbor.test.ts) ' +
      'holds every row to its examples, and `npm run detection` measures how much of each is found among persons made up by two generators. ' +
      'Detectors are the second lock: the first is the schema, which says what may leave at all.',
    tableOf(
      ['', 'identifier', 'detectors, each with an example', 'what they do not decide'],
      safeHarbor.map(({ letter, what, found, limits }) => [
        letter,
        what,
        found.map(([id, example]) => `\`${id}\`: \`${JSON.stringify(example)}\``).join('<br>'),
        limits,
      ]),
    ),
  ].join('\n\n') + '\n'

/** Pages by their path from the root of the project, not yet formatted. */
const metricsPage = (): string => {
  const metrics = openMetrics()
  metrics.close()
  const rows = metrics
    .described()
    .toSorted((a, b) => a.name.localeCompare(b.name))
    .map(({ name, type, labels, help }) => [`\`${name}\``, type, labels.map(label => `\`${label}\``).join(', '), help])
  return `${note('proxy/watch/metrics.ts and proxy/watch/gauges.ts')}
# Metrics

What \`sluice metrics\` prints; [observability](observability.md) says how it gets to a monitoring system. Times are seconds since the epoch, durations seconds, sizes octets. A label
without a value says that there is none: a request of whoever is no instrument has no \`instrument\`. Histograms have buckets up to 30 seconds.

${tableOf(['metric', 'type', 'labels', 'what it says'], rows)}
`
}

export const referencePages = (): Readonly<Record<string, string>> => ({
  'docs/cli.md': cliPage(),
  'docs/detectors.md': detectorsPage(),
  'docs/codes.md': codesPage(),
  'docs/hipaa.md': safeHarborPage(),
  'docs/metrics.md': metricsPage(),
})
