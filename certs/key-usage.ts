import type { X509Certificate } from 'node:crypto'
import { BitString } from 'asn1js'
import { Certificate } from 'pkijs'

/** id-ce-keyUsage (RFC 5280 section 4.2.1.3). */
const KEY_USAGE = '2.5.29.15'
const DIGITAL_SIGNATURE = 0x80

/**
 * Whether the key of a certificate may sign, which is all that a server does with it under our cipher suites. OpenSSL also takes
 * a key that may only encrypt or agree.
 * @throws whatever pkijs throws on what it cannot read
 */
export const maySign = (certificate: X509Certificate): boolean => {
  const { extensions = [] } = Certificate.fromBER(Uint8Array.from(certificate.raw))
  const usage = extensions.find(({ extnID }) => extnID === KEY_USAGE)
  if (!usage) return true
  const bits: unknown = usage.parsedValue
  return bits instanceof BitString && ((bits.valueBlock.valueHexView[0] ?? 0) & DIGITAL_SIGNATURE) !== 0
}
