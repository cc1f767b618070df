import { dirname, join } from 'node:path'
import { Command, Option } from 'commander'
import { loadPolicy } from '../../proxy/policy/policy-file.ts'
import { coverageOf } from '../../rules/workbench/coverage.ts'
import { printReport, reportFormats, type ReportFormat } from '../review/case-report.ts'
import type { CommonOptions } from '../context.ts'
import { draftPolicyIn } from '../rules/draft-policy-in.ts'
import { examples } from '../terminal/examples.ts'
import { exitCodes } from '../exit-codes.ts'
import { Failure } from '../failure.ts'
import { CASES, casesBeside, runCases } from '../rules/run-cases.ts'
import { policyToRead } from './rules-lint.ts'

type TestOptions = CommonOptions & { readonly policy?: string; readonly format?: ReportFormat }

export const testCommand = (): Command =>
  new Command('test')
    .description('run the cases that stand beside the policy, and say what they cover; exits with 8 when one fails')
    .argument(
      '[cases...]',
      `files of cases, see rules/workbench/cases.schema.json; ${CASES} beside the policy when absent`,
    )
    .option('--policy <file>', 'policy to use instead of the one of the appliance')
    .addOption(new Option('--format <format>', 'how to report').choices(reportFormats))
    .addHelpText(
      'after',
      examples('sluice rules test', 'sluice rules test --policy new.yaml cases.yaml --format junit'),
    )
    .action((files: readonly string[], options: TestOptions) => {
      const policyFile = policyToRead(options)
      const policy = loadPolicy(policyFile)
      const outcomes = (files.length > 0 ? files : [requireCases(policyFile)]).flatMap(file => runCases(file, policy))
      const results = outcomes.map(({ result }) => result)
      const coverage = coverageOf(
        draftPolicyIn(policyFile).routes,
        outcomes.map(({ run }) => run),
      )
      printReport({ policy: policyFile, results, coverage }, options.format ?? (options.json ? 'json' : 'table'))
      if (results.some(result => result.differences.length > 0)) process.exitCode = exitCodes.found
    })

const requireCases = (policyFile: string): string => {
  const file = casesBeside(policyFile)
  if (file !== null) return file
  throw new Failure(
    `there are no cases beside the policy: no file ${join(dirname(policyFile), CASES)}`,
    'write some, as rules/workbench/cases.schema.json describes them, or name a file',
    exitCodes.notFound,
  )
}
