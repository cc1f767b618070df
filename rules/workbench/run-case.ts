import type { Policy } from '../policy.ts'
import { bodyOf, caseMessage } from './case-message.ts'
import type { Run } from './coverage.ts'
import { judgeOn, writtenRoutes } from './judge.ts'
import { differences, type TestCase } from './test-case.ts'

/** How one case ended. `differences`: from what was expected; empty when it passed. */
export type CaseEnd = {
  readonly name: string
  readonly route: string
  readonly expect: 'allow' | 'block'
  readonly got: 'allow' | 'block'
  readonly reason: string | null
  readonly differences: readonly string[]
}

/** How a case ended, and what it went through. */
export type CaseRun = { readonly end: CaseEnd; readonly run: Run }

/**
 * Runs a case of `readCases`, which has seen to it that the policy has the route.
 * @param time - milliseconds since the epoch, when the payload would come
 */
export const runCase = (test: TestCase, policy: Policy, payload: Uint8Array, time: number): CaseRun => {
  const { name, route, expect } = test
  const message = caseMessage(
    policy,
    writtenRoutes(policy).find(({ id }) => id === route)!,
    test,
    payload,
    time,
  )
  const body = bodyOf(message, policy, route)
  const verdict = judgeOn(route, message, policy)
  const isBlocked = verdict.kind === 'block'
  const got = isBlocked ? 'block' : 'allow'
  const reason = isBlocked ? verdict.reason : null
  return {
    run: { route, verdict, body },
    end: { name, route, expect, got, reason, differences: differences(test, verdict, body) },
  }
}
