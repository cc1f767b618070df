import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { settle, makeExclusive } from '../../log/writing/exclusive-file.ts'
import type { ActivationRow } from '../../log/reading/query.ts'
import { parsePolicy, type PolicyReading } from '../../rules/policy/parse-policy.ts'
import type { Policy } from '../../rules/policy.ts'
import type { DataFolder } from '../data-folder.ts'
import { copyManifest, gatherPolicy, loadPolicy, readPolicySource, type PolicyTexts } from './policy-file.ts'
import { ProxyError } from '../proxy-error.ts'

/**
 * Each policy that comes into force is copied first, with all it refers to, as `policies/<number>-<12 digits of its digest>/`:
 * `policy.yaml`, the files in `files/`, and `copy.json`. What the log says was in force can so be read, and activated, again.
 */
type Manifest = {
  readonly version: 1
  /** File of the copy for each reference. */
  readonly references: Readonly<Record<string, string>>
  /** `FileState` of the policy file when the copy was made, or `same` when it was this policy. */
  readonly policyFile: string
}

/** What tells whether the policy file was edited: its digest; for one that is not in order `text:` and a hash; or `missing`. */
export type FileState = string

const DIGITS = 12

export const copyFolder = (folder: DataFolder, { number, policy }: Pick<ActivationRow, 'number' | 'policy'>): string =>
  join(folder.policies, `${number}-${policy.slice('sha256:'.length, 'sha256:'.length + DIGITS)}`)

/** The policy of the copy. */
export const copiedPolicy = (folder: DataFolder, activation: Pick<ActivationRow, 'number' | 'policy'>): string =>
  join(copyFolder(folder, activation), 'policy.yaml')

/** A copy that is on the disk, and was read and compiled from there, but does not count yet. */
export type CopyDraft = {
  readonly policy: Policy
  /** Gives the copy its name. Durable when this returns. */
  readonly keep: (number: number) => Promise<void>
  readonly drop: () => void
}

/**
 * Copies a policy aside and reads it from there. Only one may be made at a time.
 * @param file - the policy file of the data folder
 * @throws ProxyError `ERR_POLICY_INVALID`, `ERR_POLICY_NOT_COPIED`; both as rejections; `keep` throws the latter as well
 */
export const draftCopy = async (folder: DataFolder, texts: PolicyTexts, file: string): Promise<CopyDraft> => {
  const aside = join(folder.policies, '.new')
  const drop = (): void => rmSync(aside, { recursive: true, force: true })
  await writing(folder, async () => {
    if (mkdirSync(folder.policies, { recursive: true, mode: 0o700 }) !== undefined) await settle(folder.root)
    drop()
    await writeCopy(aside, texts, stateBeside(file, texts))
  })
  const keep = async (policy: Policy, number: number): Promise<void> => {
    const target = copyFolder(folder, { number, policy: policy.digest })
    // Left over from an activation that was never recorded.
    rmSync(target, { recursive: true, force: true })
    renameSync(aside, target)
    await settle(folder.policies)
  }
  try {
    const policy = loadPolicy(join(aside, 'policy.yaml'))
    return { policy, keep: number => writing(folder, () => keep(policy, number)), drop }
  } catch (error) {
    drop()
    throw error
  }
}

const writing = async (folder: DataFolder, act: () => Promise<void>): Promise<void> => {
  try {
    await act()
  } catch (cause) {
    const why = (cause as NodeJS.ErrnoException).code ?? 'failed'
    throw new ProxyError('ERR_POLICY_NOT_COPIED', `the policy could not be copied into ${folder.policies} (${why})`, {
      cause,
    })
  }
}

/** Writes a policy and all it refers to, so that it can be read from there. @param policyFile - see `Manifest` */
export const writeCopy = async (
  target: string,
  { text, references }: PolicyTexts,
  policyFile: string,
): Promise<void> => {
  mkdirSync(join(target, 'files'), { recursive: true, mode: 0o700 })
  const files = Object.keys(references).map((reference, index) => [reference, fileFor(reference, index)] as const)
  for (const [reference, file] of files) await makeExclusive(join(target, file), references[reference]!, 0o600)
  await makeExclusive(join(target, 'policy.yaml'), text, 0o600)
  const manifest: Manifest = { version: 1, references: Object.fromEntries(files), policyFile }
  await makeExclusive(join(target, copyManifest), `${JSON.stringify(manifest, null, 2)}\n`, 0o600)
}

/** A name that says where the file came from, and cannot lead out of the folder. */
const fileFor = (reference: string, index: number): string =>
  `files/${index + 1}-${basename(reference).replaceAll(/[^A-Za-z0-9._-]/g, '_')}`

const stateBeside = (file: string, { text, references }: PolicyTexts): string => {
  try {
    const source = readPolicySource(file)
    const isSame =
      source.text === text &&
      Object.keys(references).every(reference => source.readReference(reference) === references[reference])
    return isSame ? 'same' : readFileState(file).state
  } catch {
    return 'missing'
  }
}

type PolicyFileState =
  | { readonly state: FileState; readonly reading: PolicyReading; readonly texts: PolicyTexts }
  | { readonly state: 'missing'; readonly reading: null }

/** The policy file as it stands, read once. */
export const readFileState = (file: string): PolicyFileState => {
  let source: ReturnType<typeof gatherPolicy>
  try {
    source = gatherPolicy(file)
  } catch {
    return { state: 'missing', reading: null }
  }
  const reading = parsePolicy(source.text, source.readReference)
  const state = reading.ok ? reading.policy.digest : `text:${createHash('sha256').update(source.text).digest('hex')}`
  return { state, reading, texts: source.texts() }
}

type Named = Pick<ActivationRow, 'number' | 'policy'>

/**
 * What the policy file was when the copy of an activation was made.
 * @throws ProxyError `ERR_POLICY_COPY`
 */
export const fileStateThen = (folder: DataFolder, activation: Named): FileState => {
  const path = copyFolder(folder, activation)
  try {
    const { policyFile } = JSON.parse(readFileSync(join(path, copyManifest), 'utf8')) as Manifest
    return policyFile === 'same' ? activation.policy : policyFile
  } catch (cause) {
    throw unreadable(path, cause)
  }
}

/**
 * The policy that came into force with an activation.
 * @throws ProxyError `ERR_POLICY_COPY` when the copy is missing, or is not what was in force
 */
export const readCopy = (folder: DataFolder, activation: Named): Policy => {
  const path = copyFolder(folder, activation)
  const policy = loadCopy(path)
  if (policy.digest === activation.policy) return policy
  throw new ProxyError('ERR_POLICY_COPY', `the copy ${path} is not the policy that was in force`)
}

const loadCopy = (path: string): Policy => {
  try {
    return loadPolicy(join(path, 'policy.yaml'))
  } catch (cause) {
    throw unreadable(path, cause)
  }
}

const unreadable = (path: string, cause: unknown): ProxyError =>
  new ProxyError('ERR_POLICY_COPY', `the copy ${path} of a policy that was in force cannot be read`, { cause })
