import { existsSync } from 'node:fs'
import { openLogReader, type ActivationRow } from '../../log/reading/query.ts'
import type { Policy } from '../../rules/policy.ts'
import type { DataFolder } from '../data-folder.ts'
import { fileStateThen, readCopy, readFileState } from './policy-copies.ts'
import { requirePolicy, type PolicyTexts } from './policy-file.ts'
import { ProxyError } from '../proxy-error.ts'
import { policyFile, type Settings } from '../settings.ts'

/** The policy that an appliance starts with; `last` is the activation before the start, null at the first. */
export type StartPolicy =
  /** The policy file, which was edited since, or of which nothing is in force yet: it has to be activated. */
  | {
      readonly kind: 'edited'
      readonly policy: Policy
      readonly texts: PolicyTexts
      readonly last: ActivationRow | null
    }
  /** The policy that was in force, which is also what the policy file says. */
  | { readonly kind: 'same'; readonly policy: Policy; readonly last: ActivationRow }
  /** The policy that was in force, although the file says something else: it did so already when that one was activated. */
  | { readonly kind: 'kept'; readonly policy: Policy; readonly last: ActivationRow }

/**
 * Chooses the policy to start with: the policy file, when it was edited since the last activation, as people expect of a restart;
 * else what was activated last, so that a restart undoes neither a rollback nor the activation of another file.
 * @throws ProxyError `ERR_POLICY_UNREADABLE`, `ERR_POLICY_INVALID` for an edited file that is not in order, `ERR_POLICY_COPY`;
 *   LogError
 */
export const startPolicy = (folder: DataFolder, settings: Settings): StartPolicy => {
  const file = policyFile(folder, settings)
  const last = lastActivation(folder)
  const found = readFileState(file)
  if (last !== null && existsSync(folder.policies)) {
    if (found.reading?.ok && found.state === last.policy) return { kind: 'same', policy: found.reading.policy, last }
    if (found.state === fileStateThen(folder, last)) return { kind: 'kept', policy: readCopy(folder, last), last }
  }
  if (found.reading === null) throw new ProxyError('ERR_POLICY_UNREADABLE', `the policy ${file} cannot be read`)
  return { kind: 'edited', policy: requirePolicy(file, found.reading), texts: found.texts, last }
}

/** @throws LogError */
export const lastActivation = (folder: DataFolder): ActivationRow | null => {
  const reader = openLogReader(folder.log)
  try {
    return reader.activations().at(-1) ?? null
  } finally {
    reader.close()
  }
}
