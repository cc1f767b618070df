import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { Command } from 'commander'
import { loadPolicy, readPolicyFile, spellProblem } from '../../proxy/policy/policy-file.ts'
import { policyFile, readSettings } from '../../proxy/settings.ts'
import type { Policy } from '../../rules/policy.ts'
import { scanPayload, type ScanResult } from '../../rules/inspect.ts'
import { judgeOn } from '../../rules/workbench/judge.ts'
import { blockReasons, type Excepted, type Finding, type Judgement } from '../../rules/verdict.ts'
import { readyFolder, type CommonOptions } from '../context.ts'
import { examples } from '../terminal/examples.ts'
import { printExcepted } from '../rules/exception-table.ts'
import { exitCodes } from '../exit-codes.ts'
import { messageFor } from '../rules/message-for.ts'
import { fields, json, line, table } from '../terminal/print.ts'
import { readPayload } from '../rules/read-payload.ts'
import { activateCommand } from './rules-activate.ts'
import { bundleCommand } from './rules-bundle.ts'
import { capacityCommand } from './rules-capacity.ts'
import { diffCommand } from './rules-diff.ts'
import { explainCommand } from './rules-explain.ts'
import { historyCommand, rollbackCommand } from './rules-history.ts'
import { learnCommand } from './rules-learn.ts'
import { lintCommand } from './rules-lint.ts'
import { schemaCommand } from './rules-schema.ts'
import { testCommand } from './rules-test.ts'

export const rulesCommand = (): Command =>
  new Command('rules')
    .description('check the policy, try payloads against it without sending anything, and put it in force')
    .addCommand(checkCommand())
    .addCommand(scanCommand())
    .addCommand(lintCommand())
    .addCommand(schemaCommand())
    .addCommand(capacityCommand())
    .addCommand(learnCommand())
    .addCommand(testCommand())
    .addCommand(explainCommand())
    .addCommand(diffCommand())
    .addCommand(activateCommand())
    .addCommand(bundleCommand())
    .addCommand(historyCommand())
    .addCommand(rollbackCommand())

type CheckOptions = CommonOptions & {
  readonly policy?: string
  readonly route?: string
  readonly instrument?: string
  readonly path?: string
}

const checkCommand = (): Command =>
  new Command('check')
    .description('check the policy; with --route, give the verdict that the appliance would give on a payload')
    .argument('[file]', 'payload; standard input when absent')
    .option('--policy <file>', 'policy to use instead of the one of the appliance')
    .option('--route <id>', 'route that the payload takes; for a report-only one, what it would say')
    .option('--instrument <id>', 'instrument that sends it; the first one that the route is open to when absent')
    .option('--path <path>', 'path and query, for a route with parameters')
    .addHelpText(
      'after',
      examples(
        'sluice rules check',
        'sluice rules check --route run-performance payload.json',
        'sluice rules check --policy new.yaml',
      ),
    )
    .action(check)

const check = (file: string | undefined, options: CheckOptions): void => {
  const source = options.policy ?? policyOf(options)
  if (options.route === undefined) return checkPolicy(source, options)
  const policy = loadPolicy(source)
  const message = messageFor(policy, { ...options, route: options.route }, readPayload(file))
  const verdict = judgeOn(options.route, message, policy)
  if (verdict.kind === 'block') process.exitCode = exitCodes.found
  if (options.json) return json(documentOfVerdict(verdict))
  if (verdict.kind === 'forward') return tellForward(verdict)
  fields([
    ['verdict', 'block'],
    ['reason', `${verdict.reason}: ${blockReasons[verdict.reason]}`],
    ['rule', verdict.rule],
    ['place', verdict.place ? `${verdict.place.surface} ${verdict.place.pointer}` : null],
  ])
  if (verdict.findings.length > 0) tableOf(verdict.findings)
  if (verdict.excepted.length > 0) printExcepted(verdict.excepted)
}

const tellForward = ({ exceptions, excepted }: Excepted): void => {
  line(exceptions.length > 0 ? `forward, by exception: ${exceptions.join(', ')}` : 'forward')
  if (excepted.length > 0) printExcepted(excepted)
}

const noDetail = { reason: null, rule: null, place: null, findings: [] }

const documentOfVerdict = (verdict: Judgement) => {
  const { reason, rule, place, findings } = verdict.kind === 'block' ? verdict : noDetail
  const { exceptions, excepted } = verdict
  return {
    verdict: verdict.kind,
    reason,
    rule,
    place,
    findings,
    ...(exceptions.length > 0 && { exceptions, excepted }),
  }
}

const policyOf = (options: CommonOptions): string => {
  const folder = readyFolder(options)
  return policyFile(folder, readSettings(folder))
}

const checkPolicy = (file: string, options: CommonOptions): void => {
  const reading = readPolicyFile(file)
  const problems = reading.ok ? [] : reading.problems
  if (problems.length > 0) process.exitCode = exitCodes.found
  if (options.json) return json({ policy: file, digest: reading.ok ? reading.policy.digest : null, problems })
  for (const problem of problems) line(spellProblem(file, problem))
  if (reading.ok) line(`${file} is in order: ${spellRoutes(reading.policy)}, ${reading.policy.digest}`)
}

const spellRoutes = ({ routes, candidates }: Policy): string =>
  `${routes.length} routes${candidates.length > 0 ? ` and ${candidates.length} on trial` : ''}`

type ScanOptions = CommonOptions & { readonly ndjson?: boolean }

const scanCommand = (): Command =>
  new Command('scan')
    .description('run the detectors alone, with no schema, over a payload; exits with 8 when something is found')
    .argument('[file]', 'payload; standard input when absent')
    .option('--ndjson', 'one payload a line, one JSON result a line')
    .addHelpText('after', examples('sluice rules scan payload.json', 'sluice rules scan --ndjson < payloads.ndjson'))
    .action(async (file: string | undefined, options: ScanOptions) =>
      options.ndjson ? scanLines(file) : scanOne(file, options),
    )

const scanOne = (file: string | undefined, options: ScanOptions): void => {
  const result = scanPayload(readPayload(file))
  if (result.verdict === 'block') process.exitCode = exitCodes.found
  if (options.json) return json(documentOf(result, 0))
  line(result.reason === null ? result.verdict : `${result.verdict}: ${result.reason}, ${blockReasons[result.reason]}`)
  if (result.findings.length > 0) tableOf(result.findings)
}

const scanLines = async (file: string | undefined): Promise<void> => {
  const input = file === undefined ? process.stdin : createReadStream(file)
  let index = 0
  for await (const text of createInterface({ input, crlfDelay: Infinity })) {
    if (text === '') continue
    const result = scanPayload(Buffer.from(text))
    if (result.verdict === 'block') process.exitCode = exitCodes.found
    const isTaken = process.stdout.write(`${JSON.stringify(documentOf(result, index++))}\n`)
    if (!isTaken) await new Promise(resolve => process.stdout.once('drain', resolve))
  }
}

const documentOf = ({ verdict, reason, findings }: ScanResult, index: number) => ({
  index,
  verdict,
  ...(reason !== null && { reason }),
  findings: findings.map(({ detector, category, pointer, chain, length }) => ({
    detector,
    category,
    place: pointer,
    chain,
    length,
  })),
})

const tableOf = (findings: readonly Finding[]): void =>
  table(
    ['detector', 'category', 'place', 'through', 'length'],
    findings.map(({ detector, category, surface, pointer, chain, length }) => [
      detector,
      category,
      `${surface} ${pointer || '/'}`,
      chain.join(' > ') || '-',
      length,
    ]),
  )
