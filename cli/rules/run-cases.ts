import { readFileSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { spellProblem } from '../../proxy/policy/policy-file.ts'
import type { Policy } from '../../rules/policy.ts'
import type { Problem } from '../../rules/policy/yaml-document.ts'
import type { Run } from '../../rules/workbench/coverage.ts'
import { nameableIn, payloadOf } from '../../rules/workbench/judge-candidate.ts'
import { runCase } from '../../rules/workbench/run-case.ts'
import { readCases, type TestCase } from '../../rules/workbench/test-case.ts'
import type { CaseResult } from '../review/case-report.ts'
import { exitCodes } from '../exit-codes.ts'
import { Failure } from '../failure.ts'

/** Name of the file of cases that stands beside a policy. */
export const CASES = 'cases.yaml'

/** The file of cases beside a policy; null when there is none. */
export const casesBeside = (policyFile: string): string | null => {
  const file = join(dirname(policyFile), CASES)
  return statSync(file, { throwIfNoEntry: false })?.isFile() ? file : null
}

/** How a case ended, and what it went through. */
export type Outcome = { readonly result: CaseResult; readonly run: Run }

/**
 * Runs all cases of a file.
 * @throws Failure when the file is not in order, or a payload that it names is not there
 */
export const runCases = (file: string, policy: Policy): readonly Outcome[] =>
  casesIn(file, policy).map(test => {
    const payload = payloadOf(test, payloadsBeside(file))
    if (typeof payload === 'string') throw missingPayload(file, test.name, payload)
    const { end, run } = runCase(test, policy, payload, Date.now())
    return { result: { file, ...end }, run }
  })

/** Reads the payloads that a file of cases names; null for one that is not there. */
export const payloadsBeside =
  (file: string) =>
  (payload: string): Uint8Array | null => {
    try {
      return readFileSync(resolve(dirname(file), payload))
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null
      throw cause
    }
  }

export const missingPayload = (file: string, name: string, payload: string): Failure =>
  new Failure(`the payload of "${name}" is not there: ${payload}`, `correct ${file}`, exitCodes.usage)

/** The cases of a file. @throws Failure when it is not in order */
export const casesIn = (file: string, policy: Policy): readonly TestCase[] => {
  const reading = readCases(readFileSync(file, 'utf8'), nameableIn(policy))
  if (reading.ok) return reading.cases
  throw invalidCases(file, reading.problems)
}

export const invalidCases = (file: string, problems: readonly Problem[]): Failure =>
  new Failure(
    `the cases are not in order:\n${problems.map(problem => `  ${spellProblem(file, problem)}`).join('\n')}`,
    'correct the lines that are named; rules/workbench/cases.schema.json describes the file',
    exitCodes.usage,
  )
