import { readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { parsePolicy, type PolicyReading, type ReadReference } from '../rules/parse-policy.ts'
import type { Problem } from '../rules/policy-document.ts'
import type { Policy } from '../rules/policy.ts'
import { ProxyError } from './proxy-error.ts'

/** Where the packs stand that come with sluice. */
export const packsFolder = join(import.meta.dirname, '..', 'rules', 'packs')

const packReference = /^pack:(?<pack>[a-z0-9-]+)\/(?<kind>[a-z0-9-]+)$/

/** Reads files that a policy refers to: `pack:<pack>/<kind>`, or a path relative to the policy. */
const referenceReader =
  (folder: string) =>
  (reference: string): string | null => {
    const pack = packReference.exec(reference)?.groups
    const file = pack ? join(packsFolder, pack.pack!, `${pack.kind!}.schema.json`) : resolve(folder, reference)
    try {
      return readFileSync(file, 'utf8')
    } catch {
      return null
    }
  }

/** The text of a policy, and the way to the files that it refers to. */
export type PolicySource = { readonly text: string; readonly readReference: ReadReference }

/** @throws ProxyError `ERR_POLICY_UNREADABLE` */
export const readPolicySource = (file: string): PolicySource => {
  try {
    return { text: readFileSync(file, 'utf8'), readReference: referenceReader(dirname(file)) }
  } catch (cause) {
    throw new ProxyError('ERR_POLICY_UNREADABLE', `the policy ${file} cannot be read`, { cause })
  }
}

/**
 * Reads a policy file and all it refers to.
 * @throws ProxyError `ERR_POLICY_UNREADABLE`
 */
export const readPolicyFile = (file: string): PolicyReading => {
  const { text, readReference } = readPolicySource(file)
  return parsePolicy(text, readReference)
}

/**
 * The policy of a file that has to be in order.
 * @throws ProxyError `ERR_POLICY_UNREADABLE`, `ERR_POLICY_INVALID` with a line for each problem
 */
export const loadPolicy = (file: string): Policy => {
  const reading = readPolicyFile(file)
  if (reading.ok) return reading.policy
  const lines = reading.problems.map(problem => `  ${spellProblem(file, problem)}`)
  throw new ProxyError('ERR_POLICY_INVALID', `the policy is not in order:\n${lines.join('\n')}`)
}

/** `file:line:column key: message`, as editors understand it. */
export const spellProblem = (file: string, { line, column, key, message }: Problem): string =>
  `${file}:${line}:${column} ${key}${key && ': '}${message}`
