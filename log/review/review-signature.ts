import { sign, verify } from 'node:crypto'
import type { KeyObject } from 'node:crypto'

/**
 * A reviewer's signature under an act: Ed25519 (RFC 8032) over the pre-authentication encoding of DSSE, which binds the kind of
 * act to its octets, so that what was signed as one thing cannot be shown as another.
 * @see https://github.com/secure-systems-lab/dsse/blob/master/protocol.md
 */

/** Kind of what is signed, as a media type such as `application/vnd.sluice.approval+json`. */
export type SignedType = `application/vnd.sluice.${string}`

/** @returns the signature's 64 octets in base64url */
export const signAct = (signingKey: KeyObject, type: SignedType, act: Uint8Array): string =>
  sign(null, encode(type, act), signingKey).toString('base64url')

/** Whether the owner of the public key signed exactly this act of this type. Never throws. */
export const isSigned = (signingKey: KeyObject, type: SignedType, act: Uint8Array, signature: string): boolean => {
  const octets = Buffer.from(signature, 'base64url')
  return octets.toString('base64url') === signature && verify(null, encode(type, act), signingKey, octets)
}

/** `DSSEv1 <length of type> <type> <length of act> <act>`, lengths in octets, as decimal numbers. */
const encode = (type: string, act: Uint8Array): Uint8Array =>
  Buffer.concat([Buffer.from(`DSSEv1 ${Buffer.byteLength(type)} ${type} ${act.length} `), act])
