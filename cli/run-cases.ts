import { readFileSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { spellProblem } from '../proxy/policy-file.ts'
import type { Policy } from '../rules/policy.ts'
import type { Run } from '../rules/workbench/coverage.ts'
import { judgeOn, writtenRoutes } from '../rules/workbench/judge.ts'
import { differences, readCases, type TestCase } from '../rules/workbench/test-case.ts'
import type { CaseResult } from './case-report.ts'
import { exitCodes } from './exit-codes.ts'
import { Failure } from './failure.ts'
import { bodyOf, messageFor } from './message-for.ts'

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
  casesIn(file, policy).map(test => runCase(test, file, policy))

/** The cases of a file. @throws Failure when it is not in order */
export const casesIn = (file: string, policy: Policy): readonly TestCase[] => {
  const routes = writtenRoutes(policy).map(({ id }) => id)
  const reading = readCases(readFileSync(file, 'utf8'), { routes, exceptions: policy.exceptions.map(({ id }) => id) })
  if (reading.ok) return reading.cases
  const lines = reading.problems.map(problem => `  ${spellProblem(file, problem)}`)
  throw new Failure(
    `the cases are not in order:\n${lines.join('\n')}`,
    'correct the lines that are named; rules/workbench/cases.schema.json describes the file',
    exitCodes.usage,
  )
}

const runCase = (test: TestCase, file: string, policy: Policy): Outcome => {
  const message = messageFor(policy, test, payloadOf(test, file))
  const body = bodyOf(message, policy, test.route)
  const { name, route, expect } = test
  const verdict = judgeOn(route, message, policy)
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
