import { readFileSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { Command, Option } from 'commander'
import { loadPolicy, spellProblem } from '../../proxy/policy-file.ts'
import { coverageOf, type Run } from '../../rules/workbench/coverage.ts'
import { inspect } from '../../rules/inspect.ts'
import type { Policy } from '../../rules/policy.ts'
import { differences, readCases, type TestCase } from '../../rules/workbench/test-case.ts'
import { printReport, reportFormats, type CaseResult, type ReportFormat } from '../case-report.ts'
import type { CommonOptions } from '../context.ts'
import { draftPolicyIn } from '../draft-policy-in.ts'
import { examples } from '../examples.ts'
import { exitCodes } from '../exit-codes.ts'
import { Failure } from '../failure.ts'
import { messageFor } from '../message-for.ts'
import { bodyOf } from '../observations.ts'
import { policyToRead } from './rules-lint.ts'

type TestOptions = CommonOptions & { readonly policy?: string; readonly format?: ReportFormat }

const CASES = 'cases.yaml'

export const testCommand = (): Command =>
  new Command('test')
    .description('run the cases that stand beside the policy, and say what they cover; exits with 8 when one fails')
    .argument('[cases...]', `files of cases, see rules/workbench/cases.schema.json; ${CASES} beside the policy when absent`)
    .option('--policy <file>', 'policy to use instead of the one of the appliance')
    .addOption(new Option('--format <format>', 'how to report').choices(reportFormats))
    .addHelpText(
      'after',
      examples('sluice rules test', 'sluice rules test --policy new.yaml cases.yaml --format junit'),
    )
    .action((files: readonly string[], options: TestOptions) => {
      const policyFile = policyToRead(options)
      const policy = loadPolicy(policyFile)
      const outcomes = (files.length > 0 ? files : [casesBeside(policyFile)]).flatMap(file => runFile(file, policy))
      const results = outcomes.map(({ result }) => result)
      const coverage = coverageOf(
        draftPolicyIn(policyFile).routes,
        outcomes.map(({ run }) => run),
      )
      printReport({ policy: policyFile, results, coverage }, options.format ?? (options.json ? 'json' : 'table'))
      if (results.some(result => result.differences.length > 0)) process.exitCode = exitCodes.found
    })

const casesBeside = (policyFile: string): string => {
  const file = join(dirname(policyFile), CASES)
  if (statSync(file, { throwIfNoEntry: false })?.isFile()) return file
  throw new Failure(
    `there are no cases beside the policy: no file ${file}`,
    'write some, as rules/workbench/cases.schema.json describes them, or name a file',
    exitCodes.notFound,
  )
}

type Outcome = { readonly result: CaseResult; readonly run: Run }

const runFile = (file: string, policy: Policy): readonly Outcome[] => {
  const reading = readCases(
    readFileSync(file, 'utf8'),
    policy.routes.map(({ id }) => id),
  )
  if (reading.ok) return reading.cases.map(test => runCase(test, file, policy))
  const lines = reading.problems.map(problem => `  ${spellProblem(file, problem)}`)
  throw new Failure(
    `the cases are not in order:\n${lines.join('\n')}`,
    'correct the lines that are named; rules/workbench/cases.schema.json describes the file',
    exitCodes.usage,
  )
}

const runCase = (test: TestCase, file: string, policy: Policy): Outcome => {
  const message = messageFor(policy, test, payloadOf(test, file))
  const verdict = inspect(message, policy)
  const body = bodyOf(message)
  const { name, route, expect } = test
  const isBlocked = verdict.kind === 'block'
  return {
    run: { route, verdict, body },
    result: {
      file,
      name,
      route,
      expect,
      got: isBlocked ? 'block' : 'allow',
      reason: isBlocked ? verdict.reason : null,
      differences: differences(test, verdict, body),
    },
  }
}

const payloadOf = ({ name, payload }: TestCase, file: string): Uint8Array => {
  if (payload.kind === 'none') return new Uint8Array()
  if (payload.kind === 'text') return Buffer.from(payload.text)
  try {
    return readFileSync(resolve(dirname(file), payload.file))
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause
    throw new Failure(`the payload of "${name}" is not there: ${payload.file}`, `correct ${file}`, exitCodes.usage)
  }
}
