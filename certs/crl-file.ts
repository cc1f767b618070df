import { readFileSync } from 'node:fs'
import { createSecureContext } from 'node:tls'
import { CertificateRevocationList } from 'pkijs'
import { CertError } from './cert-error.ts'

const PEM_BLOCK = /-----BEGIN X509 CRL-----[A-Za-z\d+/=\s]+-----END X509 CRL-----/g
/** Octets: some hundred thousand revoked certificates. */
const MAX_OCTETS = 16 * 1024 * 1024

const toPem = (der: Buffer): string =>
  `-----BEGIN X509 CRL-----\n${der.toString('base64').replace(/.{1,64}/g, '$&\n')}-----END X509 CRL-----\n`

const toDer = (pem: string): Buffer => Buffer.from(pem.replaceAll(/-----[A-Z\d ]+-----/g, ''), 'base64')

const isReadable = (pem: string): boolean => {
  try {
    createSecureContext({ crl: pem })
    return true
  } catch {
    return false
  }
}

/**
 * Reads a file of certificate revocation lists: one in DER, or any number in PEM.
 * @returns each in PEM
 * @throws CertError ERR_TRUST_CRL_MISSING, ERR_TRUST_CRL_INVALID
 */
export const readCrls = (path: string): readonly string[] => {
  let bytes: Buffer
  try {
    bytes = readFileSync(path)
  } catch {
    throw new CertError('ERR_TRUST_CRL_MISSING', `the revocation list ${path} is not there or cannot be read`)
  }
  const text = bytes.toString('latin1')
  const crls = text.includes('-----BEGIN') ? (text.match(PEM_BLOCK) ?? []) : [toPem(bytes)]
  if (bytes.length > MAX_OCTETS || crls.length === 0 || !crls.every(isReadable))
    throw new CertError('ERR_TRUST_CRL_INVALID', `${path} does not hold a revocation list in PEM or DER`)
  return crls
}

/**
 * Until when a list is good; null when it does not say.
 * @throws whatever pkijs throws on what is not a list
 */
export const crlEnd = (pem: string): Date | null => {
  const { nextUpdate } = CertificateRevocationList.fromBER(Uint8Array.from(toDer(pem)))
  return nextUpdate?.value ?? null
}

/**
 * The first end among the lists of a file.
 * @param now - milliseconds since 1970
 * @throws CertError ERR_TRUST_CRL_EXPIRED besides what `readCrls` throws
 */
export const requireFreshCrls = (path: string, now = Date.now()): Date | null => {
  const ends = readCrls(path)
    .map(crlEnd)
    .filter(end => end !== null)
  const first = ends.toSorted((a, b) => a.getTime() - b.getTime())[0] ?? null
  if (first && first.getTime() < now)
    throw new CertError('ERR_TRUST_CRL_EXPIRED', `the revocation list ${path} was good until ${first.toISOString()}`)
  return first
}
