import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createAuthority, type Permitted } from '../certs/authority.ts'
import { createLog } from '../log/writing/create-log.ts'
import { activeReviewers, installReviewer } from '../log/review/reviewer-folder.ts'
import { createReviewer } from '../log/review/reviewer-key.ts'
import type { ReviewerPublicKey } from '../log/review/reviewer.ts'
import type { Policy } from '../rules/policy.ts'
import { normalizeAddress } from '../rules/address.ts'
import type { DataFolder } from './data-folder.ts'
import { documentSchemas, POLICY_SCHEMA, schemaComment } from './policy/document-schemas.ts'
import { loadPolicy, packsFolder } from './policy/policy-file.ts'
import { parseListen, policyFile, writeSettings, type Settings } from './settings.ts'

const REVIEWER = 'default'

/** The policy that a new appliance starts with; editors find its schema beside it. */
export const shippedPolicy = (): string =>
  readFileSync(join(packsFolder, 'illumina-proactive', 'policy.yaml'), 'utf8').replace(
    /^# yaml-language-server: .*$/m,
    () => schemaComment(POLICY_SCHEMA),
  )

/**
 * Makes everything a new appliance needs: settings, policy, the lab's authority, a reviewer's key pair, the log. What is there
 * already is left as it is, so that a set-up that was interrupted can be run again.
 * @param policy - text of the policy; not written when there is one
 * @param reviewers - whom blocked payloads are sealed to; when there is none, a pair is made in the folder, in the clear, to try things with
 * @throws ProxyError `ERR_POLICY_INVALID`, `ERR_LISTEN_ADDRESS`; CertError; LogError
 */
export const setUp = async (
  folder: DataFolder,
  settings: Settings,
  policy: string,
  reviewers: readonly ReviewerPublicKey[] = [],
): Promise<void> => {
  parseListen(settings.listen)
  mkdirSync(folder.root, { recursive: true, mode: 0o700 })
  mkdirSync(folder.reviewers, { recursive: true, mode: 0o700 })
  mkdirSync(folder.upstream, { recursive: true, mode: 0o700 })
  const file = policyFile(folder, settings)
  if (!existsSync(file)) writePolicy(file, policy)
  const permitted = permittedNames(settings, loadPolicy(file))
  if (!existsSync(folder.authority)) await createAuthority(folder.authority, permitted)
  await makeReviewers(folder, reviewers)
  if (!existsSync(folder.log)) makeLog(folder.log, `${settings.names[0] ?? 'sluice'}/sluice`)
  // Last, because it says that the set-up is complete.
  writeFileSync(folder.settings, writeSettings(settings), { flag: 'wx', mode: 0o644 })
}

const makeReviewers = async (folder: DataFolder, reviewers: readonly ReviewerPublicKey[]): Promise<void> => {
  const present = new Set(activeReviewers(folder.reviewers).map(({ name }) => name))
  for (const reviewer of reviewers) if (!present.has(reviewer.name)) await installReviewer(folder.reviewers, reviewer)
  if (present.size === 0 && reviewers.length === 0) await createReviewer(folder.reviewers, REVIEWER)
}

/** With the schema beside it, for editors; `sluice rules schema` writes it anew. */
const writePolicy = (file: string, policy: string): void => {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, policy, { flag: 'wx', mode: 0o644 })
  writeFileSync(join(dirname(file), POLICY_SCHEMA), readFileSync(documentSchemas.policy), { mode: 0o644 })
}

/** Made aside and then moved into place, so that a crash leaves no half of a log. */
const makeLog = (directory: string, origin: string): void => {
  const aside = `${directory}.new`
  rmSync(aside, { recursive: true, force: true })
  createLog(aside, origin)
  renameSync(aside, directory)
}

/** All names that a certificate may have to be minted for: the vendors' hosts and the appliance's own. */
export const permittedNames = (settings: Settings, policy: Pick<Policy, 'destinations'>): Permitted => {
  const names = new Set([...ownNames(settings), ...policy.destinations.map(({ host }) => host)])
  const isAddress = (name: string): boolean => normalizeAddress(name) !== null
  return { dns: [...names].filter(name => !isAddress(name)), addresses: [...names].filter(isAddress) }
}

/** Names and addresses under which gateway clients reach the appliance. */
export const ownNames = ({ listen, names }: Settings): readonly string[] => [
  ...new Set([...names, parseListen(listen).address]),
]
