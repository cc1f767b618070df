import { readPolicySource } from '../../proxy/policy/policy-file.ts'
import { readDraftPolicy, type DraftPolicy } from '../../rules/workbench/draft-policy.ts'
import { readPolicyDocument } from '../../rules/policy/policy-document.ts'

/** A policy that is in order, as its author wrote it: with its schemas, which the compiled one has no more. */
export const draftPolicyIn = (file: string): DraftPolicy => {
  const { text, readReference } = readPolicySource(file)
  const document = readPolicyDocument(text)
  if (!document.ok) throw new Error('the policy was in order a moment ago')
  return readDraftPolicy(document.value, readReference)
}
