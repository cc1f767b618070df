import { generateKeyPairSync, X509Certificate, type KeyObject } from 'node:crypto'
import { assertInForce, assertStrong, readAuthorityChain, type AuthorityChain } from './authority-chain.ts'
import { readPair, writeFirstPair, type Pair, type PairText } from './authority-files.ts'
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
import { allows, nameConstraints, readConstraints, readPermitted, type Permitted } from './name-constraints.ts'
import { parseName, type Name } from './name.ts'
import { spkiPin } from './spki-pin.ts'

export type { Permitted } from './name-constraints.ts'

/** A certificate that the authority issued, with its key (PKCS#8), all in PEM. `chainPem`: with what servers send behind it. */
export type Leaf = {
  readonly certificatePem: string
  readonly chainPem: string
  readonly privateKeyPem: string
  readonly notAfter: Date
}

/** A certificate that instruments have to trust. */
export type Anchor = {
  readonly pem: string
  readonly der: Buffer
  /** SHA-256 of the certificate, as `AA:BB:…`. */
  readonly fingerprint256: string
  /** Common name of the subject, or what it has instead. */
  readonly name: string
  readonly notAfter: Date
}

/** The lab's authority. Its private key stays inside. */
export type Authority = {
  readonly certificatePem: string
  readonly certificateDer: Buffer
  /** SHA-256 of the certificate, as `AA:BB:…`. */
  readonly fingerprint256: string
  /** The certificate itself, or the root of the lab above it. */
  readonly anchor: Anchor
  /** Read from the certificate, so that it is what clients will enforce. Null for one that is limited in some other way, or not at all. */
  readonly permitted: Permitted | null
  /** The first end among its certificate and those above it. */
  readonly notAfter: Date
  /** Whether another authority vouches for it too, so that instruments which trust only that one work as well. */
  readonly isCrossSigned: boolean
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

/** Makes a key and a certificate that it signs itself. The path length leaves room for a successor that this one vouches for. */
export const selfSigned = (permitted: Permitted): PairText => {
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
      { name: 'basicConstraints', critical: true, cA: true, pathLenConstraint: 1 },
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

type Signer = AuthorityChain & { readonly privateKey: KeyObject }

const mayVouchFor = ({ certificate, sent, isIntermediate }: AuthorityChain, name: Name): boolean =>
  [certificate, ...(isIntermediate ? sent : [])].every(one => allows(readConstraints(one.raw), name))

const permittedNames = (names: readonly string[], signer: Signer): readonly Name[] => {
  if (names.length === 0) throw new CertError('ERR_NAME_INVALID', 'a certificate needs at least one name')
  const parsed = names.map(name => parseName(name))
  if (!parsed.every(name => mayVouchFor(signer, name)))
    throw new CertError('ERR_NAME_NOT_PERMITTED', 'the name is not among those that the authority is limited to')
  return parsed
}

/** The first end among the certificates that clients check. */
const endOf = ({ certificate, anchor, sent, isIntermediate }: AuthorityChain): Date =>
  new Date(
    Math.min(...[certificate, anchor, ...(isIntermediate ? sent : [])].map(({ validToDate }) => validToDate.getTime())),
  )

const issueLeaf = (signer: Signer, names: readonly string[]): Leaf => {
  const parsed = permittedNames(names, signer)
  assertInForce(signer.certificate)
  const { publicKey, privateKey } = newKeyPair()
  const notAfter = new Date(Math.min(Date.now() + LEAF_LIFETIME, endOf(signer).getTime()))
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
      authorityKeyIdentifier(signer.certificate),
    ],
  })
  const certificatePem = toPem('CERTIFICATE', certificate)
  const chainPem = [certificatePem, ...signer.sent.map(String)].join('')
  return { certificatePem, chainPem, privateKeyPem: pemOf(privateKey), notAfter }
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
      authorityKeyIdentifier(issuer),
    ],
  })
  return { certificatePem: toPem('CERTIFICATE', certificate), pin: spkiPin(new X509Certificate(certificate)), notAfter }
}

/** Reads the constraints last: of those that signed themselves, only one that our own key has signed is parsed by anything but OpenSSL. */
const assertOurs = (certificate: X509Certificate, key: KeyObject): void => {
  if (key.asymmetricKeyDetails?.namedCurve !== 'prime256v1')
    throw new CertError('ERR_CA_KEY_TYPE', "the authority's key is not an ECDSA key on P-256")
  if (!certificate.verify(certificate.publicKey) || readPermitted(certificate.raw) === undefined)
    throw new CertError(
      'ERR_CA_UNCONSTRAINED',
      "the authority's certificate is not one that Sluice limited to named hosts",
    )
}

const anchorOf = (certificate: X509Certificate): Anchor => ({
  pem: certificate.toString(),
  der: certificate.raw,
  fingerprint256: certificate.fingerprint256,
  name: /^CN=(?<name>.+)$/m.exec(certificate.subject)?.groups?.name ?? certificate.subject.replaceAll('\n', ', '),
  notAfter: certificate.validToDate,
})

/** What instruments have to trust for an authority that is not in use, by its certificate file. @throws CertError */
export const anchorIn = (text: string): Anchor => anchorOf(readAuthorityChain(text).anchor)

/** An authority out of its key and its certificate file. @throws CertError as `openAuthority` does */
export const authorityOf = ({ privateKey, text }: Pair): Authority => {
  const signer: Signer = { ...readAuthorityChain(text), privateKey }
  const { certificate, anchor, sent, isIntermediate } = signer
  if (isIntermediate) assertStrong(signer)
  else assertOurs(certificate, privateKey)
  for (const one of [certificate, ...(isIntermediate ? [...sent, anchor] : [])]) assertInForce(one)
  return {
    certificatePem: certificate.toString(),
    certificateDer: certificate.raw,
    fingerprint256: certificate.fingerprint256,
    anchor: anchorOf(anchor),
    permitted: readPermitted(certificate.raw) ?? null,
    notAfter: endOf(signer),
    isCrossSigned: !isIntermediate && sent.length > 0,
    covers: name => {
      try {
        return mayVouchFor(signer, parseName(name))
      } catch {
        return false
      }
    },
    issue: names => issueLeaf(signer, names),
    issueClient: (name, publicKey, lifetime) => issueClient(signer, name, publicKey, lifetime),
  }
}

/**
 * Opens the authority in a folder.
 * @throws CertError when it is missing, unfinished, unreadable, open to other users, not matching its key, not an
 *   authority, not constrained (or, for one that a lab brought along, too weak or not connected to a root), or not in force:
 *   each has its own code
 */
export const openAuthority = (directory: string): Authority => authorityOf(readPair(directory))

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
