import { createCipheriv, createDecipheriv, randomBytes, type KeyObject } from 'node:crypto'
import { LogError } from '../log-error.ts'

/**
 * A spooled payload: AES-256-GCM under the spool key of the appliance, which has to open it again to send it. It is bound to the id of its
 * decision, so that none can be put in the place of another.
 */
export type SpoolSealed = {
  /** 12 random octets, for each payload anew: good for 2^32 payloads under one key (NIST SP 800-38D section 8.3). */
  readonly nonce: Uint8Array
  /** As long as the payload, plus the 16 octets of the tag. */
  readonly ciphertext: Uint8Array
}

const NONCE_BYTES = 12
const TAG_BYTES = 16

/** A sealed payload of no other kind opens as one of these, whatever key it was sealed under. */
const boundTo = (decision: string): Buffer => Buffer.from(`sluice spooled payload v1 ${decision}`)

/** @param key - 32 octets */
export const sealSpooled = (key: KeyObject, decision: string, payload: Uint8Array): SpoolSealed => {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES }).setAAD(boundTo(decision))
  return { nonce, ciphertext: Buffer.concat([cipher.update(payload), cipher.final(), cipher.getAuthTag()]) }
}

/** @throws LogError `ERR_SPOOL_BROKEN` when it was altered, is of another decision, or was sealed under another key */
export const openSpooled = (key: KeyObject, decision: string, { nonce, ciphertext }: SpoolSealed): Uint8Array => {
  try {
    const end = ciphertext.length - TAG_BYTES
    const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES })
      .setAAD(boundTo(decision))
      .setAuthTag(ciphertext.subarray(end))
    return Buffer.concat([decipher.update(ciphertext.subarray(0, end)), decipher.final()])
  } catch {
    throw new LogError('ERR_SPOOL_BROKEN', 'the spooled payload does not open')
  }
}
