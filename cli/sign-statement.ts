import { openLogReader } from '../log/reading/query.ts'
import type { SignatureRecord } from '../log/record.ts'
import { signAct } from '../log/review/review-signature.ts'
import { readCase, type ReviewCase } from '../log/review/case.ts'
import { statementBytes, statementOf, statementTypes } from '../log/review/statement.ts'
import type { ReviewerKey } from '../log/review/reviewer-key.ts'
import { activeReviewers } from '../log/review/reviewer-folder.ts'
import type { ReviewerPublicKey } from '../log/review/reviewer.ts'
import type { DataFolder } from '../proxy/data-folder.ts'
import { exitCodes } from './exit-codes.ts'
import { Failure } from './failure.ts'

/**
 * Signs what is to be done about a held payload, under the policy that is in force.
 * @param expires - when the approval is to end; for a release, null: that of the approval it rests on
 * @throws Failure when none of the keys belongs to a reviewer whom the appliance knows
 */
export const signStatement = (
  folder: DataFolder,
  action: keyof typeof statementTypes,
  id: string,
  expires: string | null,
  keys: readonly ReviewerKey[],
): SignatureRecord => {
  const { key, reviewer } = knownKey(folder, keys)
  const reader = openLogReader(folder.log)
  try {
    const found = readCase(reader, id)
    const policy = reader.activations().at(-1)?.policy
    const end = expires ?? lastHolding(found?.approvals ?? [], policy)
    // What is missing here the appliance refuses, and says why.
    const { payload, destination } = found?.decision ?? {}
    const isWhole = found && policy && end && payload && destination
    const statement = isWhole ? statementBytes(statementOf(found.decision, policy, end)) : new Uint8Array()
    const value = signAct(key.signingKey, statementTypes[action], statement)
    return { reviewer: reviewer.name, fingerprint: key.signingFingerprint, value }
  } finally {
    reader.close()
  }
}

/** The end of the last approval that holds now, which the signature under a release names. */
const lastHolding = (approvals: ReviewCase['approvals'], policy: string | undefined): string | undefined =>
  approvals.findLast(approval => approval.policy === policy && Date.parse(approval.expires) > Date.now())?.expires

const knownKey = (
  folder: DataFolder,
  keys: readonly ReviewerKey[],
): { readonly key: ReviewerKey; readonly reviewer: ReviewerPublicKey } => {
  const reviewers = activeReviewers(folder.reviewers)
  for (const key of keys) {
    const reviewer = reviewers.find(({ signingFingerprint }) => signingFingerprint === key.signingFingerprint)
    if (reviewer) return { key, reviewer }
  }
  throw new Failure(
    'no key at hand is of a reviewer whom this appliance knows',
    'name the key file with --key, and see that its public part is in the reviewers folder',
    exitCodes.permission,
  )
}
