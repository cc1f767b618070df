/** A thread that inspects: the same function as everywhere, under the same policy. */
import { appraise, type Appraised } from '../../rules/inspect.ts'
import type { Message } from '../../rules/message.ts'
import type { Policy } from '../../rules/policy.ts'
import { loadPolicy } from '../policy/policy-file.ts'

export type Task = {
  readonly message: Omit<Message, 'history'>
  /** Digest of the policy, and the copy to compile it from. */
  readonly digest: string
  readonly file: string
}

let known: Policy | null = null

/** @throws ProxyError where the copy cannot be read, or is another policy */
const policyOf = ({ digest, file }: Task): Policy => {
  if (known?.digest === digest) return known
  const policy = loadPolicy(file)
  if (policy.digest !== digest) throw new Error(`the copy of the policy ${digest} holds another one`)
  known = policy
  return policy
}

export default (task: Task): Appraised => appraise(task.message, policyOf(task))
