import type { Policy } from '../policy.ts'
import { parsePolicy, type ReadReference } from '../policy/parse-policy.ts'
import type { Problem } from '../policy/yaml-document.ts'
import { writtenRoutes } from './judge.ts'
import { lint, type LintFinding } from './lint.ts'
import { runCase, type CaseEnd } from './run-case.ts'
import { readCases, type TestCase } from './test-case.ts'

/** A policy that somebody wants in force, with all that can be said of it without the appliance. */
export type CandidateTexts = {
  /** The document, YAML 1.2. */
  readonly text: string
  readonly readReference: ReadReference
  /** The cases that go with it, and the payloads that they name; null where there are none. */
  readonly cases: { readonly text: string; readonly readPayload: (file: string) => Uint8Array | null } | null
}

export type Candidacy =
  /** `warnings`: what lint says besides. `cases`: how many passed; null when there are none. */
  | {
      readonly kind: 'fit'
      readonly digest: string
      readonly warnings: readonly LintFinding[]
      readonly cases: number | null
    }
  /** Lint finds errors: the policy is wrong, or fails open. */
  | { readonly kind: 'lint'; readonly findings: readonly LintFinding[] }
  | {
      readonly kind: 'cases-invalid'
      readonly warnings: readonly LintFinding[]
      readonly problems: readonly Problem[]
    }
  /** The payload `file` of case `name` is not there. */
  | {
      readonly kind: 'payload-missing'
      readonly warnings: readonly LintFinding[]
      readonly name: string
      readonly file: string
    }
  | {
      readonly kind: 'cases-failed'
      readonly warnings: readonly LintFinding[]
      readonly failed: readonly CaseEnd[]
      readonly of: number
    }

/**
 * Whether a policy may come into force, as far as it says itself: lint finds no errors, and its own cases end as they should. Who
 * activates a file asks this, and so does an appliance of a bundle that it fetched.
 * @param time - milliseconds since the epoch, by which exceptions expire
 */
export const judgeCandidate = ({ text, readReference, cases }: CandidateTexts, time: number): Candidacy => {
  const findings = lint(text, readReference, time)
  const reading = parsePolicy(text, readReference)
  if (!reading.ok || findings.some(({ severity }) => severity === 'error')) return { kind: 'lint', findings }
  const { policy } = reading
  const tried = cases === null ? null : tryCases(cases, policy, time)
  if (tried !== null && tried.kind !== 'passed') return { ...tried, warnings: findings }
  return { kind: 'fit', digest: policy.digest, warnings: findings, cases: tried?.count ?? null }
}

type Tried = WithoutWarnings<Exclude<Candidacy, { kind: 'fit' | 'lint' }>> | { kind: 'passed'; count: number }
type WithoutWarnings<Kind> = Kind extends unknown ? Omit<Kind, 'warnings'> : never

const tryCases = ({ text, readPayload }: NonNullable<CandidateTexts['cases']>, policy: Policy, time: number): Tried => {
  const reading = readCases(text, nameableIn(policy))
  if (!reading.ok) return { kind: 'cases-invalid', problems: reading.problems }
  const ends: CaseEnd[] = []
  for (const test of reading.cases) {
    const payload = payloadOf(test, readPayload)
    if (typeof payload === 'string') return { kind: 'payload-missing', name: test.name, file: payload }
    ends.push(runCase(test, policy, payload, time).end)
  }
  const failed = ends.filter(({ differences }) => differences.length > 0)
  return failed.length > 0 ? { kind: 'cases-failed', failed, of: ends.length } : { kind: 'passed', count: ends.length }
}

/** What cases of a policy may name. */
export const nameableIn = (policy: Policy) => ({
  routes: writtenRoutes(policy).map(({ id }) => id),
  exceptions: policy.exceptions.map(({ id }) => id),
})

/** The payload of a case; the path of a file that is not there. */
export const payloadOf = (
  { payload }: TestCase,
  readPayload: (file: string) => Uint8Array | null,
): Uint8Array | string => {
  if (payload.kind === 'none') return new Uint8Array()
  if (payload.kind === 'text') return new TextEncoder().encode(payload.text)
  return readPayload(payload.file) ?? payload.file
}
