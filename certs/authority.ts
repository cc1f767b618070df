import { generateKeyPairSync, X509Certificate, type KeyObject } from 'node:crypto'
import { readPair, replacePair, writeFirstPair, type PairText } from './authority-files.ts'
import { CertError } from './cert-error.ts'
import {
  authorityKeyIdentifier,
  keyIdentifier,
  subjectKeyIdentifier,
  writeCertificate,
  type Attribute,
  type Extension,
} from './certificate.ts'
import { sequence, tagged, toPem } from './der.ts'
import { covers, nameConstraints, readPermitted, type Permitted } from './name-constraints.ts'
import { parseName, type Name } from './name.ts'
import { spkiPin } from './spki-pin.ts'

export type { Permitted } from './name-constraints.ts'

/** A certificate that the authority issued, with its key (PKCS#8), both in PEM. */
export type Leaf = { readonly certificatePem: string; readonly privateKeyPem: string; readonly notAfter: Date }

/** The lab's own authority. Its private key stays inside. */
export type Authority = {
  readonly certificatePem: string
  readonly certificateDer: Buffer
  /** SHA-256 of the certificate, as `AA:BB:…`. */
  readonly fingerprint256: string
  /** Read from the certificate, so that it is what clients will enforce. */
  readonly permitted: Permitted
  readonly notAfter: Date
  /** Whether a DNS name or IP literal stands under the certificate's constraints; false for what is neither. */
  readonly covers: (name: string) => boolean
  /**
   * Issues a server certificate with a fresh P-256 key for one name or several; it ends after 30 days, or with the authority.
   * @throws CertError ERR_NAME_INVALID, ERR_NAME_NOT_PERMITTED, ERR_CA_EXPIRED
   */
  readonly issue: (names: readonly string[]) => Leaf
  /**
   * Issues a TLS client certificate, by which an instrument proves which one it is.
   * @param name - id of the instrument in the policy; the common name
   * @param publicKey - of a key that stays with the instrument
   * @throws CertError ERR_CA_EXPIRED
   */
  readonly issueClient: (name: string, publicKey: KeyObject, lifetime: ClientLifetime) => ClientCertificate
}

export type ClientLifetime = { readonly days: number }

/** In PEM, with the pin of its key, `sha256/…`, by which the policy names it. */
export type ClientCertificate = { readonly certificatePem: string; readonly pin: string; readonly notAfter: Date }

const HOUR = 3_600_000
const DAY = 24 * HOUR
const AUTHORITY_LIFETIME = 3_653 * DAY
const LEAF_LIFETIME = 30 * DAY
/** How far back certificates begin, for instruments whose clock is slow. */
const CLOCK_SKEW = 12 * HOUR

const organisation: Attribute = { shortName: 'O', value: 'Sluice' }

const newKeyPair = (): { readonly publicKey: KeyObject; readonly privateKey: KeyObject } =>
  generateKeyPairSync('ec', { namedCurve: 'P-256' })

const pemOf = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }).toString()

const selfSigned = (permitted: Permitted): PairText => {
  const { publicKey, privateKey } = newKeyPair()
  const name = `Sluice lab authority ${keyIdentifier(publicKey).toString('hex', 0, 4)}`
  const certificate = writeCertificate({
    subject: [{ shortName: 'CN', value: name }, organisation],
    issuer: 'self',
    notBefore: new Date(Date.now() - CLOCK_SKEW),
    notAfter: new Date(Date.now() + AUTHORITY_LIFETIME),
    publicKey,
    signingKey: privateKey,
    extensions: [
      { name: 'basicConstraints', critical: true, cA: true, pathLenConstraint: 0 },
      { name: 'keyUsage', critical: true, keyCertSign: true, cRLSign: true },
      subjectKeyIdentifier(publicKey),
      nameConstraints(permitted),
    ],
  })
  return { key: pemOf(privateKey), certificate: toPem('CERTIFICATE', certificate) }
}

/** RFC 5280 section 4.2.1.6. */
const subjectAltName = (names: readonly Name[]): Extension => ({
  id: '2.5.29.17',
  value: sequence(
    ...names.map(name => (name.kind === 'ip' ? tagged(7, name.octets) : tagged(2, Buffer.from(name.text)))),
  ),
})

/** An address is left out: OpenSSL holds a common name of digits and dots against the DNS constraints. */
const leafSubject = (first: Name | undefined): readonly Attribute[] =>
  first?.kind === 'dns' && first.text.length <= 64
    ? [{ shortName: 'CN', value: first.text }, organisation]
    : [organisation]

type Signer = { readonly certificate: X509Certificate; readonly privateKey: KeyObject; readonly permitted: Permitted }

const permittedNames = (names: readonly string[], permitted: Permitted): readonly Name[] => {
  if (names.length === 0) throw new CertError('ERR_NAME_INVALID', 'a certificate needs at least one name')
  const parsed = names.map(name => parseName(name))
  if (!parsed.every(name => covers(permitted, name)))
    throw new CertError('ERR_NAME_NOT_PERMITTED', 'the name is not among those that the authority is limited to')
  return parsed
}

const issueLeaf = (signer: Signer, names: readonly string[]): Leaf => {
  const parsed = permittedNames(names, signer.permitted)
  assertInForce(signer.certificate)
  const { publicKey, privateKey } = newKeyPair()
  const notAfter = new Date(Math.min(Date.now() + LEAF_LIFETIME, signer.certificate.validToDate.getTime()))
  const certificate = writeCertificate({
    subject: leafSubject(parsed[0]),
    issuer: { certificateDer: signer.certificate.raw },
    notBefore: new Date(Date.now() - CLOCK_SKEW),
    notAfter,
    publicKey,
    signingKey: signer.privateKey,
    extensions: [
      { name: 'keyUsage', critical: true, digitalSignature: true },
      { name: 'extKeyUsage', serverAuth: true },
      subjectAltName(parsed),
      subjectKeyIdentifier(publicKey),
      authorityKeyIdentifier(signer.certificate.publicKey),
    ],
  })
  return { certificatePem: toPem('CERTIFICATE', certificate), privateKeyPem: pemOf(privateKey), notAfter }
}

const issueClient = (
  { certificate: issuer, privateKey }: Signer,
  name: string,
  publicKey: KeyObject,
  { days }: ClientLifetime,
): ClientCertificate => {
  assertInForce(issuer)
  const notAfter = new Date(Math.min(Date.now() + days * DAY, issuer.validToDate.getTime()))
  const certificate = writeCertificate({
    subject: [{ shortName: 'CN', value: name }, organisation],
    issuer: { certificateDer: issuer.raw },
    notBefore: new Date(Date.now() - CLOCK_SKEW),
    notAfter,
    publicKey,
    signingKey: privateKey,
    extensions: [
      { name: 'keyUsage', critical: true, digitalSignature: true },
      { name: 'extKeyUsage', clientAuth: true },
      subjectKeyIdentifier(publicKey),
      authorityKeyIdentifier(issuer.publicKey),
    ],
  })
  return { certificatePem: toPem('CERTIFICATE', certificate), pin: spkiPin(new X509Certificate(certificate)), notAfter }
}

const day = (date: Date): string => date.toISOString().slice(0, 10)

const assertInForce = (certificate: X509Certificate): void => {
  if (certificate.validToDate.getTime() <= Date.now())
    throw new CertError('ERR_CA_EXPIRED', `the authority's certificate expired on ${day(certificate.validToDate)}`)
  if (certificate.validFromDate.getTime() > Date.now())
    throw new CertError(
      'ERR_CA_NOT_YET_VALID',
      `the authority's certificate begins on ${day(certificate.validFromDate)}`,
    )
}

/** Reads the constraints last: only a certificate that our own key has signed is parsed by anything but OpenSSL. */
const assertOurs = (certificate: X509Certificate, key: KeyObject): Permitted => {
  if (!certificate.ca) throw new CertError('ERR_CA_NOT_CA', 'authority.pem is not the certificate of an authority')
  if (key.asymmetricKeyDetails?.namedCurve !== 'prime256v1')
    throw new CertError('ERR_CA_KEY_TYPE', "the authority's key is not an ECDSA key on P-256")
  const permitted = certificate.verify(certificate.publicKey) ? readPermitted(certificate.raw) : undefined
  if (permitted === undefined)
    throw new CertError(
      'ERR_CA_UNCONSTRAINED',
      "the authority's certificate is not one that Sluice limited to named hosts",
    )
  return permitted
}

/**
 * Opens the authority in a folder.
 * @throws CertError when it is missing, unfinished, unreadable, open to other users, not matching its key, not an
 *   authority, not constrained, or not in force: each has its own code
 */
export const openAuthority = (directory: string): Authority => {
  const { certificate, privateKey } = readPair(directory)
  const permitted = assertOurs(certificate, privateKey)
  assertInForce(certificate)
  return {
    certificatePem: certificate.toString(),
    certificateDer: certificate.raw,
    fingerprint256: certificate.fingerprint256,
    permitted,
    notAfter: certificate.validToDate,
    covers: name => {
      try {
        return covers(permitted, parseName(name))
      } catch {
        return false
      }
    },
    issue: names => issueLeaf({ certificate, privateKey, permitted }, names),
    issueClient: (name, publicKey, lifetime) =>
      issueClient({ certificate, privateKey, permitted }, name, publicKey, lifetime),
  }
}

/**
 * Makes the lab's authority: P-256, ten years, able to vouch for `permitted` and nothing else. The folder is made if
 * need be; the key is durable before the certificate.
 * @throws CertError ERR_CA_EXISTS; ERR_CA_INCOMPLETE or ERR_CA_KEY_MISSING for remains, which are left as they are;
 *   ERR_NAME_INVALID; ERR_CA_NOT_WRITTEN
 */
export const createAuthority = async (directory: string, permitted: Permitted): Promise<Authority> => {
  await writeFirstPair(directory, selfSigned(permitted))
  return openAuthority(directory)
}

/**
 * Puts a new authority (new key, new certificate) in the place of the one there, which may have expired and is kept
 * under dated names. Instruments must be given the new certificate. A crash at any step leaves one complete pair.
 * @throws CertError as `openAuthority` does for the pair that is there, except for its dates; ERR_CA_RENEWAL_INCOMPLETE
 */
export const renewAuthority = async (directory: string, permitted: Permitted): Promise<Authority> => {
  await replacePair(directory, selfSigned(permitted))
  return openAuthority(directory)
}
