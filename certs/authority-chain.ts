import type { X509Certificate } from 'node:crypto'
import { CertError } from './cert-error.ts'
import { chainIn } from './authority-files.ts'
import { signatureSchemeOf } from './certificate.ts'

/** An authority's certificate and how clients get from it to what they trust. */
export type AuthorityChain = {
  /** Of the key that signs. */
  readonly certificate: X509Certificate
  /** What instruments have to trust: the certificate itself, or the root above it. */
  readonly anchor: X509Certificate
  /** What servers send behind a leaf. */
  readonly sent: readonly X509Certificate[]
  /** Whether it stands under somebody else's root. */
  readonly isIntermediate: boolean
}

const issuedBy = (child: X509Certificate, issuer: X509Certificate): boolean =>
  child.checkIssued(issuer) && child.verify(issuer.publicKey)

const isRoot = (certificate: X509Certificate): boolean => issuedBy(certificate, certificate)

/**
 * Reads an authority's certificate file: the certificate, then either those by which other authorities vouch for it (cross
 * certificates, when it signed itself), or those above it, each issued by the next, up to a root.
 * @throws CertError ERR_CA_UNREADABLE, ERR_CA_NOT_CA, ERR_CA_CHAIN_BROKEN
 */
export const readAuthorityChain = (text: string): AuthorityChain => {
  const [certificate, ...others] = chainIn(text)
  if (!certificate.ca) throw new CertError('ERR_CA_NOT_CA', 'the first certificate is not that of an authority')
  if (isRoot(certificate)) return { certificate, anchor: certificate, sent: others, isIntermediate: false }
  const path = [certificate, ...others]
  const anchor = path.at(-1)!
  const isWhole = path.every((child, index) => issuedBy(child, path[index + 1] ?? child))
  if (!isWhole)
    throw new CertError(
      'ERR_CA_CHAIN_BROKEN',
      'the certificates are not in order: each must be issued by the next, the last one by itself',
    )
  return { certificate, anchor, sent: path.slice(0, -1), isIntermediate: true }
}

const day = (date: Date): string => date.toISOString().slice(0, 10)

/** @throws CertError ERR_CA_EXPIRED, ERR_CA_NOT_YET_VALID */
export const assertInForce = (certificate: X509Certificate): void => {
  if (certificate.validToDate.getTime() <= Date.now())
    throw new CertError('ERR_CA_EXPIRED', `the authority's certificate expired on ${day(certificate.validToDate)}`)
  if (certificate.validFromDate.getTime() > Date.now())
    throw new CertError(
      'ERR_CA_NOT_YET_VALID',
      `the authority's certificate begins on ${day(certificate.validFromDate)}`,
    )
}

const MIN_RSA_BITS = 2_048

const isStrongKey = ({ publicKey }: X509Certificate): boolean =>
  signatureSchemeOf(publicKey) !== undefined &&
  (publicKey.asymmetricKeyType !== 'rsa' || (publicKey.asymmetricKeyDetails?.modulusLength ?? 0) >= MIN_RSA_BITS)

/**
 * Refuses what clients of today do not take. The signature of the root is nobody's business: it is trusted as it is.
 * @throws CertError ERR_CA_NOT_CA, ERR_CA_WEAK
 */
export const assertStrong = ({ certificate, anchor, sent }: AuthorityChain): void => {
  for (const one of [certificate, ...sent, anchor])
    if (!one.ca) throw new CertError('ERR_CA_NOT_CA', 'one of the certificates is not that of an authority')
  if (![certificate, ...sent, anchor].every(isStrongKey))
    throw new CertError('ERR_CA_WEAK', 'a key of the chain is not ECDSA on P-256, P-384 or P-521, nor RSA of 2048 bits')
  const isOld = ({ signatureAlgorithm = '' }: X509Certificate): boolean => /sha1|md5|md2/i.test(signatureAlgorithm)
  if (sent.some(isOld)) throw new CertError('ERR_CA_WEAK', 'a certificate of the chain is signed with SHA-1 or MD5')
}
