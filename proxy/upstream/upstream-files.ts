import { statSync } from 'node:fs'
import { join } from 'node:path'
import { readClientIdentity, type ClientIdentity } from '../../certs/client-identity.ts'
import { readCrls, requireFreshCrls } from '../../certs/crl-file.ts'
import { readPrivateFile } from '../../certs/private-file.ts'
import type { Destination } from '../../rules/policy.ts'
import { ProxyError } from '../proxy-error.ts'
import { UpstreamError } from './upstream-fault.ts'

/**
 * What a destination needs besides its policy: it changes without the policy, or must not stand in one. All of it lies in one
 * folder, and the policy says names only.
 */
export type UpstreamFiles = {
  /** In PEM. */
  readonly crls: readonly string[]
  readonly identity: ClientIdentity | null
  /** `name:password` for the upstream proxy. */
  readonly credentials: string | null
}

/** One of these files, in words. `renewedByHand`: somebody has to think of it before `end`, rather than a job that fetches it. */
export type UpstreamFile = { readonly what: string; readonly end: Date | null; readonly renewedByHand: boolean }

type Named = Pick<Destination, 'revocation' | 'clientCertificate' | 'proxy'>

const filesOf = (folder: string, { revocation, clientCertificate, proxy }: Named): readonly string[] => [
  ...revocation.crls.map(name => join(folder, name)),
  ...(clientCertificate === null ? [] : ['pem', 'key'].map(kind => join(folder, `${clientCertificate}.${kind}`))),
  ...(proxy?.credentials == null ? [] : [join(folder, proxy.credentials)]),
]

/** Changes when one of the files does. */
export const stampOf = (folder: string, destination: Named): string =>
  filesOf(folder, destination)
    .map(file => statSync(file, { bigint: true, throwIfNoEntry: false }))
    .map(stat => (stat ? `${stat.ino}-${stat.mtimeNs}-${stat.ctimeNs}-${stat.size}` : 'none'))
    .join()

/** RFC 7617 section 2: no control characters, and a colon after the name. */
const credentialsForm = /^[^\p{Cc}:]{1,256}:[^\p{Cc}]{0,256}$/u

/** @throws UpstreamError `proxy_credentials_unusable` */
const readCredentials = (path: string): string => {
  const reading = readPrivateFile(path)
  const text = reading.kind === 'read' ? reading.text.trimEnd() : ''
  if (!credentialsForm.test(text)) throw new UpstreamError('proxy_credentials_unusable')
  return text
}

/** @throws CertError, UpstreamError for what cannot be used; no message holds anything of a file */
export const readUpstreamFiles = (folder: string, { revocation, clientCertificate, proxy }: Named): UpstreamFiles => ({
  crls: revocation.crls.flatMap(name => readCrls(join(folder, name))),
  identity: clientCertificate === null ? null : readClientIdentity(join(folder, clientCertificate)),
  credentials: proxy?.credentials == null ? null : readCredentials(join(folder, proxy.credentials)),
})

/**
 * Checks all that `readUpstreamFiles` would read, and that it is still good.
 * @throws CertError, ProxyError `ERR_PROXY_CREDENTIALS`
 */
export const requireUpstreamFiles = (folder: string, destination: Named): readonly UpstreamFile[] => {
  const { revocation, clientCertificate, proxy } = destination
  const files: UpstreamFile[] = revocation.crls.map(name => {
    const end = requireFreshCrls(join(folder, name))
    return { what: `revocation list ${name}`, end, renewedByHand: false }
  })
  if (clientCertificate !== null) {
    const { notAfter } = readClientIdentity(join(folder, clientCertificate))
    files.push({ what: `client certificate ${clientCertificate}`, end: notAfter, renewedByHand: true })
  }
  if (proxy?.credentials != null) {
    requireCredentials(join(folder, proxy.credentials))
    files.push({ what: `credentials ${proxy.credentials} for the proxy`, end: null, renewedByHand: false })
  }
  return files
}

const requireCredentials = (path: string): void => {
  try {
    readCredentials(path)
  } catch {
    throw new ProxyError('ERR_PROXY_CREDENTIALS', `${path} is missing, open to other users, or not name:password`)
  }
}
