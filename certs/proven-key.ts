import type { TLSSocket } from 'node:tls'
import { spkiPin } from './spki-pin.ts'

/**
 * The public key (`sha256/…`, RFC 7469 section 2.4) of the certificate that a TLS client presented, and whose private key it
 * proved to hold in the handshake. Who issued the certificate is not asked: the policy names the key itself.
 * @returns null when none was presented, when it is not valid today, or when it cannot be read
 */
export const provenKeyOf = (socket: TLSSocket): string | null => {
  try {
    const certificate = socket.getPeerX509Certificate()
    if (!certificate) return null
    const now = Date.now()
    const isValid = certificate.validFromDate.getTime() <= now && now < certificate.validToDate.getTime()
    return isValid ? spkiPin(certificate) : null
  } catch {
    return null // a key of a kind that Node does not know
  }
}
