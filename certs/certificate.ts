import { createHash, randomBytes, sign, type KeyObject } from 'node:crypto'
import forge from 'node-forge'
import {
  bitString,
  bytesOf,
  fromDer,
  itemsOf,
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

/** What is to be certified, and by whom. `signingKey` is an ECDSA private key; `issuer` the issuer's certificate or itself. */
export type CertificatePlan = {
  readonly subject: readonly Attribute[]
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

/** RFC 5758 section 3.2: ecdsa-with-SHA256, with no parameters. */
const ecdsaWithSha256 = (): Der => sequence(objectIdentifier('1.2.840.10045.4.3.2'))

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
  id: '2.5.29.14',
  value: octetString(keyIdentifier(key)),
})

/** RFC 5280 section 4.2.1.1, by key identifier only. */
export const authorityKeyIdentifier = (key: KeyObject): Extension => ({
  id: '2.5.29.35',
  value: sequence(tagged(0, keyIdentifier(key))),
})

/** The TBSCertificate of one of our own certificates (RFC 5280 section 4.1). */
const toBeSigned = (certificateDer: Buffer): readonly Der[] => itemsOf(itemsOf(fromDer(certificateDer))[0])

/** The subject of one of our own certificates. */
const subjectOf = (certificateDer: Buffer): Der => {
  const subject = toBeSigned(certificateDer)[5]
  if (subject === undefined) throw new TypeError('the issuer certificate has no subject')
  return subject
}

/** The value of an extension of one of our own certificates, by its OID; undefined when there is none. */
export const extensionOf = (certificateDer: Buffer, oid: string): Der | undefined => {
  const wanted = bytesOf(objectIdentifier(oid))
  const extensions = itemsOf(itemsOf(toBeSigned(certificateDer)[7])[0])
  const found = extensions.find(extension => bytesOf(itemsOf(extension)[0]).equals(wanted))
  return found === undefined ? undefined : fromDer(bytesOf(itemsOf(found).at(-1)))
}

/**
 * Writes an X.509 v3 certificate with an ECDSA key and signature. node-forge builds the part to be signed; the
 * SubjectPublicKeyInfo and the algorithm, which it knows for RSA only, are replaced, and node:crypto signs.
 * @returns DER
 */
export const writeCertificate = (plan: CertificatePlan): Buffer => {
  const certificate = pki.createCertificate()
  certificate.publicKey = placeholder
  certificate.serialNumber = randomSerial()
  certificate.validity = { notBefore: plan.notBefore, notAfter: plan.notAfter }
  certificate.setSubject(plan.subject.map(attribute => ({ ...attribute })))
  certificate.setIssuer(plan.subject.map(attribute => ({ ...attribute })))
  certificate.setExtensions(plan.extensions.map(extension => ({ ...extension })))
  certificate.siginfo.algorithmOid = pki.oids['sha256WithRSAEncryption'] ?? ''
  const tbs = pki.getTBSCertificate(certificate)
  const fields = itemsOf(tbs) as Der[]
  fields[2] = ecdsaWithSha256()
  if (plan.issuer !== 'self') fields[3] = subjectOf(plan.issuer.certificateDer)
  fields[6] = fromDer(plan.publicKey.export({ type: 'spki', format: 'der' }))
  const signature = sign('sha256', toDer(tbs), plan.signingKey)
  return toDer(sequence(tbs, ecdsaWithSha256(), bitString(signature)))
}
