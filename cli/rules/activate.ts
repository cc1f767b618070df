import { readFileSync } from 'node:fs'
import { refusalIn, callControl } from '../../proxy/watch/control.ts'
import type { ActivationRequest, ActivationResult } from '../../proxy/policy/activations.ts'
import type { DataFolder } from '../../proxy/data-folder.ts'
import { gatherPolicy, type PolicyTexts } from '../../proxy/policy/policy-file.ts'
import { ProxyError } from '../../proxy/proxy-error.ts'
import { judgeCandidate } from '../../rules/workbench/judge-candidate.ts'
import type { LintFinding } from '../../rules/workbench/lint.ts'
import type { CaseResult } from '../review/case-report.ts'
import { printFindings, spellCount } from '../commands/rules-lint.ts'
import { exitCodes } from '../exit-codes.ts'
import { Failure, hintOf } from '../failure.ts'
import { actor } from '../review/held.ts'
import { json, line, table } from '../terminal/print.ts'
import { casesBeside, invalidCases, missingPayload, payloadsBeside } from './run-cases.ts'

/** A policy that may be activated as far as can be told without the appliance. */
export type Candidate = {
  readonly texts: PolicyTexts
  readonly digest: string
  readonly warnings: readonly LintFinding[]
  /** How many cases passed; null when none stand beside the policy. */
  readonly cases: number | null
}

/**
 * Checks a policy, lints it, and runs the cases beside it. What speaks against it is printed.
 * @throws Failure when anything does; ProxyError `ERR_POLICY_UNREADABLE`
 */
export const checkCandidate = (file: string, isJson: boolean): Candidate => {
  const { text, readReference, texts } = gatherPolicy(file)
  const besides = casesBeside(file)
  const cases = besides === null ? null : { text: readFileSync(besides, 'utf8'), readPayload: payloadsBeside(besides) }
  const candidacy = judgeCandidate({ text, readReference, cases }, Date.now())
  const findings = candidacy.kind === 'lint' ? candidacy.findings : candidacy.warnings
  if (!isJson && findings.length > 0) printFindings(file, findings)
  const tell = (failed: readonly CaseResult[]): void => json({ policy: file, activated: false, findings, failed })
  switch (candidacy.kind) {
    case 'fit':
      return { texts: texts(), ...candidacy }
    case 'lint': {
      const errors = findings.filter(({ severity }) => severity === 'error')
      if (isJson) tell([])
      throw refused(`${file} has ${spellCount(errors.length, 'error')}`, 'correct what is listed, then activate again')
    }
    case 'cases-invalid':
      throw invalidCases(besides!, candidacy.problems)
    case 'payload-missing':
      throw missingPayload(besides!, candidacy.name, candidacy.file)
    case 'cases-failed': {
      const failed = candidacy.failed.map(end => ({ file: besides!, ...end }))
      if (isJson) tell(failed)
      else printFailed(failed)
      throw refused(`${spellCount(failed.length, 'case')} of ${besides} failed`, 'correct the policy or its cases')
    }
  }
}

const refused = (message: string, hint: string): Failure =>
  new Failure(`${message}, so nothing was changed`, hint, exitCodes.found)

const printFailed = (failed: readonly CaseResult[]): void =>
  table(
    ['case', 'route', 'expected', 'got', 'reason', 'difference'],
    failed.map(({ name, route, expect, got, reason, differences }) => [
      name,
      route,
      expect,
      got,
      reason,
      differences.join('; '),
    ]),
  )

/**
 * Has the running appliance activate a policy that was checked.
 * @throws Failure when it refuses; ProxyError `ERR_CONTROL_UNREACHABLE`
 */
export const activate = async (
  folder: DataFolder,
  { texts }: Candidate,
  cause: ActivationRequest['cause'],
  bundle?: string,
): Promise<ActivationResult> => {
  const request: ActivationRequest = { ...texts, cause, actor: actor(), ...(bundle !== undefined && { bundle }) }
  const { status, document } = await callControl(folder.control, 'POST /activations', request)
  if (status === 200) return document as ActivationResult
  const { message, code } = refusalIn(document) ?? notTaken(document)
  throw new Failure(`${message}; nothing was changed`, hintOf(code), exitCodes.refused)
}

/** An appliance that does not know the request, or failed over it. */
const notTaken = (document: unknown): ProxyError => {
  const { error } = document as { readonly error?: unknown }
  return new ProxyError('ERR_ACTIVATION_REQUEST', `the appliance did not take the policy (${String(error)})`)
}

export const printActivation = (
  file: string,
  { warnings, cases }: Candidate,
  { number, digest, previous }: ActivationResult,
  isJson: boolean,
): void => {
  const isChanged = digest !== previous
  if (isJson) return json({ policy: file, activated: isChanged, number, digest, previous, findings: warnings, cases })
  line(`checked: ${spellCount(warnings.length, 'warning')}, ${cases === null ? 'no cases' : `${cases} cases passed`}`)
  line(isChanged ? `in force: ${number}, ${digest}` : `was in force already: ${number}, ${digest}`)
}
