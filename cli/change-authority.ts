import { anchorStatus, changeAuthority, type AnchorStatus, type AuthorityRequest } from '../proxy/authorities.ts'
import { callControl, certRefusalIn, refusalIn } from '../proxy/watch/control.ts'
import type { DataFolder } from '../proxy/data-folder.ts'
import { loadPolicy } from '../proxy/policy/policy-file.ts'
import { ProxyError } from '../proxy/proxy-error.ts'
import { policyFile, readSettings } from '../proxy/settings.ts'

/** What instruments are to trust after a step of a rotation, and whether a running appliance did it. */
export type AuthorityChanged = { readonly anchors: readonly AnchorStatus[]; readonly isRunning: boolean }

/**
 * Does one step of a rotation: the running appliance does, without a restart; where none runs, it is done on the files, and the next
 * start records it.
 * @throws CertError, ProxyError
 */
export const changeAuthorityOf = async (folder: DataFolder, request: AuthorityRequest): Promise<AuthorityChanged> => {
  const answer = await callControl(folder.control, 'POST /authority', request).catch((error: unknown) => {
    if (error instanceof ProxyError && error.code === 'ERR_CONTROL_UNREACHABLE') return null
    throw error
  })
  if (answer === null) {
    const settings = readSettings(folder)
    const rotation = await changeAuthority(folder, settings, loadPolicy(policyFile(folder, settings)), request)
    return { anchors: anchorStatus(rotation), isRunning: false }
  }
  const { status, document } = answer
  if (status === 200) return { anchors: document as readonly AnchorStatus[], isRunning: true }
  throw refusalIn(document) ?? certRefusalIn(document) ?? notTaken(document)
}

/** An appliance that does not know the request, or failed over it. */
const notTaken = (document: unknown): ProxyError => {
  const { error } = document as { readonly error?: unknown }
  return new ProxyError('ERR_CA_REQUEST', `the appliance did not change the authority (${String(error)})`)
}
