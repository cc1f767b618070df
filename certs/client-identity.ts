import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { CertError } from './cert-error.ts'
import { readPrivateFile } from './private-file.ts'

/** What is shown to a server that asks who is calling: a chain in PEM, and the key of its first certificate. */
export type ClientIdentity = {
  readonly chainPem: string
  readonly keyPem: string
  readonly notAfter: Date
}

const readCertificate = (path: string): { readonly text: string; readonly certificate: X509Certificate } => {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch {
    throw new CertError('ERR_CLIENT_CERT_MISSING', `the client certificate ${path} is not there or cannot be read`)
  }
  try {
    return { text, certificate: new X509Certificate(text) }
  } catch {
    throw new CertError('ERR_CLIENT_CERT_INVALID', `${path} does not hold a certificate`)
  }
}

const readKey = (path: string): KeyObject => {
  const reading = readPrivateFile(path)
  if (reading.kind === 'exposed') throw new CertError('ERR_CLIENT_KEY_EXPOSED', `${path} is open to other users`)
  if (reading.kind !== 'read')
    throw new CertError('ERR_CLIENT_CERT_MISSING', `the key ${path} is not there or cannot be read`)
  try {
    return createPrivateKey(reading.text)
  } catch {
    // no cause: it may quote the file
    throw new CertError('ERR_CLIENT_CERT_INVALID', `${path} does not hold a private key without passphrase`)
  }
}

const checkTime = ({ validFrom, validTo }: X509Certificate, path: string, now: number): void => {
  if (now > Date.parse(validTo))
    throw new CertError('ERR_CLIENT_CERT_EXPIRED', `the client certificate ${path} has expired`)
  if (now < Date.parse(validFrom))
    throw new CertError('ERR_CLIENT_CERT_EXPIRED', `the client certificate ${path} is not valid yet`)
}

/**
 * Reads a client certificate (`<base>.pem`, with the certificates above it, if any) and its key (`<base>.key`, for its owner
 * only, without passphrase).
 * @param now - milliseconds since 1970
 * @throws CertError ERR_CLIENT_CERT_MISSING, ERR_CLIENT_CERT_INVALID, ERR_CLIENT_CERT_EXPIRED, ERR_CLIENT_KEY_EXPOSED,
 *   ERR_CLIENT_KEY_MISMATCH
 */
export const readClientIdentity = (base: string, now = Date.now()): ClientIdentity => {
  const path = `${base}.pem`
  const { text, certificate } = readCertificate(path)
  const key = readKey(`${base}.key`)
  if (!certificate.checkPrivateKey(key))
    throw new CertError('ERR_CLIENT_KEY_MISMATCH', `${path} does not belong to ${base}.key`)
  checkTime(certificate, path, now)
  const keyPem = key.export({ type: 'pkcs8', format: 'pem' }).toString()
  return { chainPem: text, keyPem, notAfter: new Date(certificate.validTo) }
}
