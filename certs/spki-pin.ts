import { createHash, type X509Certificate } from 'node:crypto'

/** `sha256/` and the base64 of the SHA-256 of a certificate's SubjectPublicKeyInfo (RFC 7469 section 2.4). */
export const spkiPin = (certificate: X509Certificate): string => {
  const spki = certificate.publicKey.export({ type: 'spki', format: 'der' })
  return `sha256/${createHash('sha256').update(spki).digest('base64')}`
}
