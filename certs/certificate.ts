import { createHash, randomBytes, sign, type KeyObject } from 'node:crypto'
import forge from 'node-forge'
import {
  bitString,
  bytesOf,
  fromDer,
  isTagged,
  itemsOf,
  nothing,
  objectIdentifier,
  octetString,
  sequence,
  tagged,
  toDer,
  type Der,
} from './der.ts'

/** An X.509 extension as node-forge takes it: by name with its fields, or by `id` with a `value`. */
export type Extension = { readonly critical?: boolean } & (
  | { readonly name: 'basicConstraints'; readonly cA: true; readonly pathLenConstraint: number }
  | { readonly name: 'keyUsage'; readonly [usage: string]: boolean | string }
  | { readonly name: 'extKeyUsage'; readonly [usage: string]: boolean | string }
  | { readonly id: string; readonly value: Der }
)

export type Attribute = { readonly shortName: 'CN' | 'O'; readonly value: string }

/**
 * What is to be certified, and by whom. `signingKey` is an ECDSA or RSA private key; `issuer` the issuer's certificate or itself.
 * `subject`: attributes, or the subject of another certificate, octet for octet.
 */
export type CertificatePlan = {
  readonly subject: readonly Attribute[] | { readonly sameAs: Buffer }
  readonly issuer: 'self' | { readonly certificateDer: Buffer }
  readonly notBefore: Date
  readonly notAfter: Date
  readonly publicKey: KeyObject
  readonly signingKey: KeyObject
  readonly extensions: readonly Extension[]
}

// Absent from @types/node-forge; public in node-forge since 0.6.
const pki = forge.pki as typeof forge.pki & { getTBSCertificate(certificate: forge.pki.Certificate): Der }

/** forge writes RSA keys only. This one keeps the place of the real key, which `writeCertificate` puts there. */
const placeholder = pki.setRsaPublicKey(new forge.jsbn.BigInteger('1'), new forge.jsbn.BigInteger('1'))

type SignatureScheme = { readonly hash: string; readonly algorithm: () => Der }

const ecdsaWith = (hash: string, oid: string): SignatureScheme => ({
  hash,
  algorithm: () => sequence(objectIdentifier(oid)),
})

/** RFC 5758 section 3.2 (ECDSA, with no parameters), RFC 4055 section 5 (RSA, with NULL); the hash as strong as the curve. */
const schemes: Readonly<Record<string, SignatureScheme>> = {
  prime256v1: ecdsaWith('sha256', '1.2.840.10045.4.3.2'),
  secp384r1: ecdsaWith('sha384', '1.2.840.10045.4.3.3'),
  secp521r1: ecdsaWith('sha512', '1.2.840.10045.4.3.4'),
  rsa: { hash: 'sha256', algorithm: () => sequence(objectIdentifier('1.2.840.113549.1.1.11'), nothing()) },
}

/** How a key signs certificates; undefined for one that cannot here (Ed25519, RSA-PSS, other curves). */
export const signatureSchemeOf = (key: KeyObject): SignatureScheme | undefined =>
  schemes[key.asymmetricKeyType === 'ec' ? (key.asymmetricKeyDetails?.namedCurve ?? '') : (key.asymmetricKeyType ?? '')]

/** Positive, 126 random bits, 16 octets (RFC 5280 section 4.1.2.2 allows 20), never with a leading zero octet. */
const randomSerial = (): string => {
  const octets = randomBytes(16)
  octets[0] = ((octets[0] ?? 0) & 0x3f) | 0x40
  return octets.toString('hex')
}

/** A public key's identifier: the first 160 bits of SHA-256 over its bits (RFC 7093 section 2, method 1). */
export const keyIdentifier = (key: KeyObject): Buffer => {
  const spki = fromDer(key.export({ type: 'spki', format: 'der' }))
  return createHash('sha256')
    .update(bytesOf(itemsOf(spki)[1]).subarray(1))
    .digest()
    .subarray(0, 20)
}

/** RFC 5280 section 4.2.1.2. */
export const subjectKeyIdentifier = (key: KeyObject): Extension => ({
  id: SUBJECT_KEY_IDENTIFIER,
  value: octetString(keyIdentifier(key)),
})

const SUBJECT_KEY_IDENTIFIER = '2.5.29.14'

/** RFC 5280 section 4.2.1.1, by key identifier only: the one that the issuer's certificate gives, however that was reckoned. */
export const authorityKeyIdentifier = (issuer: { readonly publicKey: KeyObject; readonly raw: Buffer }): Extension => {
  const given = bytesOf(extensionOf(issuer.raw, SUBJECT_KEY_IDENTIFIER))
  return { id: '2.5.29.35', value: sequence(tagged(0, given.length > 0 ? given : keyIdentifier(issuer.publicKey))) }
}

/** The TBSCertificate (RFC 5280 section 4.1). */
const toBeSigned = (certificateDer: Buffer): readonly Der[] => itemsOf(itemsOf(fromDer(certificateDer))[0])

/** The subject of an issuer's certificate. */
const subjectOf = (certificateDer: Buffer): Der => {
  const subject = toBeSigned(certificateDer)[5]
  if (subject === undefined) throw new TypeError('the issuer certificate has no subject')
  return subject
}

/** The value of an extension of a certificate, by its OID; undefined when there is none. */
export const extensionOf = (certificateDer: Buffer, oid: string): Der | undefined => {
  const wanted = bytesOf(objectIdentifier(oid))
  const extensions = itemsOf(itemsOf(toBeSigned(certificateDer).find(field => isTagged(field, 3)))[0])
  const found = extensions.find(extension => bytesOf(itemsOf(extension)[0]).equals(wanted))
  return found === undefined ? undefined : fromDer(bytesOf(itemsOf(found).at(-1)))
}

/**
 * Writes an X.509 v3 certificate. node-forge builds the part to be signed; the SubjectPublicKeyInfo and the algorithm, which it
 * knows for RSA only, are replaced, and node:crypto signs.
 * @returns DER
 * @throws TypeError when the key cannot sign certificates, see `signatureSchemeOf`
 */
export const writeCertificate = (plan: CertificatePlan): Buffer => {
  const scheme = signatureSchemeOf(plan.signingKey)
  if (!scheme) throw new TypeError('a key of this kind does not sign certificates')
  const certificate = pki.createCertificate()
  certificate.publicKey = placeholder
  certificate.serialNumber = randomSerial()
  certificate.validity = { notBefore: plan.notBefore, notAfter: plan.notAfter }
  const attributes = 'sameAs' in plan.subject ? [] : plan.subject
  certificate.setSubject(attributes.map(attribute => ({ ...attribute })))
  certificate.setIssuer(attributes.map(attribute => ({ ...attribute })))
  certificate.setExtensions(plan.extensions.map(extension => ({ ...extension })))
  certificate.siginfo.algorithmOid = pki.oids['sha256WithRSAEncryption'] ?? ''
  const tbs = pki.getTBSCertificate(certificate)
  const fields = itemsOf(tbs) as Der[]
  fields[2] = scheme.algorithm()
  if (plan.issuer !== 'self') fields[3] = subjectOf(plan.issuer.certificateDer)
  if ('sameAs' in plan.subject) fields[5] = subjectOf(plan.subject.sameAs)
  fields[6] = fromDer(plan.publicKey.export({ type: 'spki', format: 'der' }))
  const signature = sign(scheme.hash, toDer(tbs), plan.signingKey)
  return toDer(sequence(tbs, scheme.algorithm(), bitString(signature)))
}
