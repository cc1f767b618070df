import { readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { parsePolicy, type PolicyReading, type ReadReference } from '../../rules/policy/parse-policy.ts'
import type { Problem } from '../../rules/policy/yaml-document.ts'
import type { Policy } from '../../rules/policy.ts'
import { ProxyError } from '../proxy-error.ts'

/** Where the packs stand that come with sluice. */
export const packsFolder = join(import.meta.dirname, '..', '..', 'rules', 'packs')

const packReference = /^pack:(?<pack>[a-z0-9-]+)\/(?<kind>[a-z0-9-]+)$/

/** Stands beside the policy in a copy, and says which file was read for each reference. */
export const copyManifest = 'copy.json'

/** Reads files that a policy refers to: in a copy those that were copied with it, and no others. */
const referenceReader = (folder: string): ReadReference => {
  const manifest = readText(join(folder, copyManifest))
  if (manifest === null) return liveReader(folder)
  const { references } = JSON.parse(manifest) as { readonly references: Readonly<Record<string, string>> }
  return reference => (Object.hasOwn(references, reference) ? readText(join(folder, references[reference]!)) : null)
}

/** `pack:<pack>/<kind>`, or a path relative to the policy. */
const liveReader =
  (folder: string) =>
  (reference: string): string | null => {
    const pack = packReference.exec(reference)?.groups
    return readText(pack ? join(packsFolder, pack.pack!, `${pack.kind!}.schema.json`) : resolve(folder, reference))
  }

const readText = (file: string): string | null => {
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

/** All texts of a policy: itself, and each file that it refers to under the reference that names it. */
export type PolicyTexts = { readonly text: string; readonly references: Readonly<Record<string, string>> }

/**
 * Reads a policy and notes the texts that it was made of, each of them read once.
 * @returns `texts` is complete once the policy has been parsed with `readReference`
 * @throws ProxyError `ERR_POLICY_UNREADABLE`
 */
export const gatherPolicy = (file: string): PolicySource & { readonly texts: () => PolicyTexts } => {
  const { text, readReference } = readPolicySource(file)
  const read = new Map<string, string | null>()
  const noting = (reference: string): string | null => {
    if (!read.has(reference)) read.set(reference, readReference(reference))
    return read.get(reference) ?? null
  }
  const found = () => [...read].filter((entry): entry is [string, string] => entry[1] !== null)
  return { text, readReference: noting, texts: () => ({ text, references: Object.fromEntries(found()) }) }
}

/**
 * The policy of a file that has to be in order.
 * @throws ProxyError `ERR_POLICY_UNREADABLE`, `ERR_POLICY_INVALID` with a line for each problem
 */
export const loadPolicy = (file: string): Policy => {
  return requirePolicy(file, readPolicyFile(file))
}

/** @throws ProxyError `ERR_POLICY_INVALID` with a line for each problem */
export const requirePolicy = (file: string, reading: PolicyReading): Policy => {
  if (reading.ok) return reading.policy
  const lines = reading.problems.map(problem => `  ${spellProblem(file, problem)}`)
  throw new ProxyError('ERR_POLICY_INVALID', `the policy is not in order:\n${lines.join('\n')}`)
}

/** `file:line:column key: message`, as editors understand it. */
export const spellProblem = (file: string, { line, column, key, message }: Problem): string =>
  `${file}:${line}:${column} ${key}${key && ': '}${message}`
