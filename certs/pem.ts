import { X509Certificate } from 'node:crypto'

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[A-Za-z\d+/=\s]+-----END CERTIFICATE-----/g

/** All certificates of a PEM file, in its order. Null when one is damaged, or when the file holds anything else, such as a key. */
export const certificatesIn = (pem: string): readonly X509Certificate[] | null => {
  if (pem.replace(CERTIFICATE, '').includes('-----BEGIN')) return null
  try {
    return (pem.match(CERTIFICATE) ?? []).map(block => new X509Certificate(block))
  } catch {
    return null
  }
}
