import type { Authority, Permitted } from '../certs/authority.ts'
import { forgetChanges, notedChanges } from '../certs/authority-changes.ts'
import {
  activateSuccessor,
  addSuccessor,
  anchorsOf,
  discardSuccessor,
  importSuccessor,
  openRotation,
  replaceAtOnce,
  retirePredecessor,
  type Imported,
  type Rotation,
} from '../certs/rotation.ts'
import type { Journal } from '../log/writing/journal.ts'
import type { Policy } from '../rules/policy.ts'
import type { DataFolder } from './data-folder.ts'
import { ProxyError } from './proxy-error.ts'
import { ownNames, permittedNames } from './set-up.ts'
import { loadPolicy } from './policy/policy-file.ts'
import { policyFile, type Settings } from './settings.ts'

/** A step of a rotation of the lab's authority; see `certs/rotation.ts`. `actor`: the operating system's name for who asked. */
export type AuthorityRequest = { readonly actor: string } & (
  { readonly action: 'new' | 'activate' | 'retire' | 'discard' | 'renew' } | ({ readonly action: 'import' } & Imported)
)

/** One of the certificates that instruments are to trust. */
export type AnchorStatus = {
  readonly role: 'current' | 'next' | 'previous'
  readonly name: string
  /** SHA-256. */
  readonly fingerprint: string
  readonly notAfter: string
}

export const anchorStatus = (rotation: Rotation): readonly AnchorStatus[] =>
  anchorsOf(rotation).map(({ role, name, fingerprint256, notAfter }) => ({
    role,
    name,
    fingerprint: fingerprint256,
    notAfter: notAfter.toISOString(),
  }))

/**
 * Does one step on the files. The running appliance does it by itself; where none runs, whoever asks may, and the next start
 * records it.
 * @throws CertError; ProxyError `ERR_CA_TOO_NARROW`, `ERR_POLICY_…` of the policy file for a new authority
 */
export const changeAuthority = async (
  folder: DataFolder,
  settings: Settings,
  policy: Policy,
  request: AuthorityRequest,
): Promise<Rotation> => {
  const { authority: directory } = folder
  const { dns, addresses } = permittedNames(settings, policy)
  const names = [...dns, ...addresses]
  const { actor } = request
  switch (request.action) {
    case 'new':
      await addSuccessor(directory, plannedNames(folder, settings, policy), { actor })
      break
    case 'import':
      await importSuccessor(directory, request, names, { actor })
      break
    case 'activate':
      requireNames(openRotation(directory).successor, names)
      await activateSuccessor(directory, ownNames(settings)[0]!, { actor })
      break
    case 'retire':
      await retirePredecessor(directory, { actor })
      break
    case 'discard':
      await discardSuccessor(directory, { actor })
      break
    case 'renew':
      await replaceAtOnce(directory, plannedNames(folder, settings, policy), { actor })
      break
  }
  return openRotation(directory)
}

/** Also the hosts of the policy file: one that is to be activated may need an authority for its new hosts first. */
const plannedNames = (folder: DataFolder, settings: Settings, { destinations }: Policy): Permitted => {
  const planned = loadPolicy(policyFile(folder, settings))
  return permittedNames(settings, { destinations: [...destinations, ...planned.destinations] })
}

/** A certificate outside the authority's limits would be refused by every instrument: better to say so beforehand. */
export const requireNames = (authority: Authority | null, names: readonly string[]): void => {
  const missing = authority === null ? [] : names.filter(name => !authority.covers(name))
  if (missing.length > 0)
    throw new ProxyError('ERR_CA_TOO_NARROW', `the lab's authority may not vouch for ${missing.join(', ')}`)
}

/** The authorities of a running appliance. */
export type Authorities = {
  readonly rotation: () => Rotation
  readonly current: () => Authority
  /**
   * Does a step under a policy and records it. What signs changes at once; connections that are open stay as they are.
   * @throws CertError, ProxyError (as a rejection), `ERR_CA_UNRECORDED` among them: then the step is done all the same
   */
  readonly change: (request: AuthorityRequest, policy: Policy) => Promise<readonly AnchorStatus[]>
  /** Who has to know when it changes. */
  readonly follow: (follower: (rotation: Rotation) => void) => void
}

type Parts = { readonly folder: DataFolder; readonly settings: Settings; readonly journal: Journal }

/**
 * Opens them, and records what was changed while no appliance ran.
 * @throws CertError; LogError
 */
export const openAuthorities = async ({ folder, settings, journal }: Parts): Promise<Authorities> => {
  let rotation = openRotation(folder.authority)
  let follower: ((rotation: Rotation) => void) | null = null
  await recordChanges(folder, journal)

  const change = async (request: AuthorityRequest, policy: Policy): Promise<readonly AnchorStatus[]> => {
    requireRequest(request)
    rotation = await changeAuthority(folder, settings, policy, request)
    follower?.(rotation)
    await recordChanges(folder, journal).catch(cause => {
      throw new ProxyError('ERR_CA_UNRECORDED', 'the change is made, and not in the log yet', { cause })
    })
    return anchorStatus(rotation)
  }

  let turn: Promise<unknown> = Promise.resolve()
  return {
    rotation: () => rotation,
    current: () => rotation.current,
    follow: next => {
      follower = next
    },
    change: (request, policy) => {
      const result = turn.then(() => change(request, policy))
      turn = result.catch(() => undefined)
      return result
    },
  }
}

const recordChanges = async ({ authority }: DataFolder, journal: Journal): Promise<void> => {
  const changes = notedChanges(authority)
  for (const { time, action, certificate, previous, actor } of changes)
    await journal.append({
      kind: 'ca.rotate',
      time,
      action,
      certificate: `sha256:${certificate}`,
      previous: previous === null ? null : `sha256:${previous}`,
      actor,
    })
  if (changes.length > 0) forgetChanges(authority)
}

const actions: readonly unknown[] = ['new', 'import', 'activate', 'retire', 'discard', 'renew']

/** Checks the form of what came over the socket. */
const requireRequest = (request: AuthorityRequest): void => {
  const { action, actor, chain, key } = (request ?? {}) as Readonly<Record<string, unknown>>
  const hasFiles = typeof chain === 'string' && typeof key === 'string'
  const isRequest = actions.includes(action) && typeof actor === 'string' && (action !== 'import' || hasFiles)
  if (!isRequest) throw new ProxyError('ERR_CA_REQUEST', 'the request to change the authority is not of its form')
}
