import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { Aes256Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from '@hpke/core'
import { hpkeOpener } from './hpke-open.ts'
import { LogError } from '../log-error.ts'
import { fingerprintOf, publicPart, type ReviewerPublicKey } from '../review/reviewer.ts'

/**
 * A payload that only reviewers can read: AES-256-GCM under a fresh key, which is wrapped for each of them with HPKE
 * (RFC 9180, base mode). Both layers are bound to the decision's id.
 */
export type Sealed = {
  /** 12 octets. */
  readonly nonce: Uint8Array
  /** As long as the payload, plus the 16 octets of the tag. */
  readonly ciphertext: Uint8Array
  readonly recipients: readonly Recipient[]
}

/** The content key for one reviewer: HPKE encapsulated key (32 octets) and wrapped key (48), in base64url. */
export type Recipient = {
  readonly name: string
  readonly fingerprint: string
  readonly encapsulated: string
  readonly wrapped: string
}

const KEY_BYTES = 32
const NONCE_BYTES = 12
const TAG_BYTES = 16

const suite = new CipherSuite({
  kem: new DhkemX25519HkdfSha256(),
  kdf: new HkdfSha256(),
  aead: new Aes256Gcm(),
})
const info = bytesOf('sluice held payload v1')

/** HPKE takes ArrayBuffer-backed views only. */
function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(text))
}

/** The part of a reviewer's public keys that a payload is sealed to. */
export type Addressee = Pick<ReviewerPublicKey, 'name' | 'fingerprint' | 'key'>

/**
 * Seals a payload for the reviewers.
 * @throws LogError `ERR_SEAL_NO_REVIEWER` when there is none
 */
export const seal = async (
  reviewers: readonly Addressee[],
  decisionId: string,
  plaintext: Uint8Array,
): Promise<Sealed> => {
  if (reviewers.length === 0) throw new LogError('ERR_SEAL_NO_REVIEWER', 'there is no reviewer to seal a payload for')
  const contentKey = new Uint8Array(randomBytes(KEY_BYTES))
  try {
    const recipients = await Promise.all(reviewers.map(reviewer => wrap(reviewer, decisionId, contentKey)))
    const nonce = randomBytes(NONCE_BYTES)
    const cipher = createCipheriv('aes-256-gcm', contentKey, nonce).setAAD(bytesOf(decisionId))
    const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()])
    return { nonce, ciphertext, recipients }
  } finally {
    contentKey.fill(0)
  }
}

const wrap = async (
  { name, fingerprint, key }: Addressee,
  decisionId: string,
  contentKey: Uint8Array<ArrayBuffer>,
): Promise<Recipient> => {
  const recipientPublicKey = await suite.kem.importKey('raw', rawBytes(publicPart(key)), true)
  const { enc, ct } = await suite.seal({ recipientPublicKey, info }, contentKey, bytesOf(decisionId))
  return { name, fingerprint, encapsulated: base64url(enc), wrapped: base64url(ct) }
}

/**
 * Opens payloads with one reviewer's private key, one after the other: thousands a second.
 * @returns what opens one, and throws LogError `ERR_SEAL_NOT_RECIPIENT` when it was sealed for others, `ERR_SEAL_BROKEN` when it was
 *   altered or belongs to another decision
 */
export const opener = (privateKey: KeyObject): ((sealed: Sealed, decisionId: string) => Uint8Array) => {
  const unwrap = unwrapper(privateKey)
  return (sealed, decisionId) => {
    const recipient = unwrap.recipientAmong(sealed.recipients)
    try {
      return decrypt(sealed, decisionId, unwrap.contentKey(recipient, decisionId))
    } catch {
      throw new LogError(
        'ERR_SEAL_BROKEN',
        'the sealed payload does not open: it was altered, or is not of this decision',
      )
    }
  }
}

/** Opens one payload; throws as what `opener` gives. */
export const open = async (sealed: Sealed, decisionId: string, privateKey: KeyObject): Promise<Uint8Array> =>
  opener(privateKey)(sealed, decisionId)

/**
 * Wraps the content key of a held payload for another key, without opening the payload itself.
 * @throws LogError `ERR_SEAL_NOT_RECIPIENT`, `ERR_SEAL_BROKEN`
 */
export const rewrap = async (
  recipients: readonly Recipient[],
  decisionId: string,
  privateKey: KeyObject,
  addressee: Addressee,
): Promise<Recipient> => {
  const unwrap = unwrapper(privateKey)
  const contentKey = contentKeyIn(unwrap, unwrap.recipientAmong(recipients), decisionId)
  try {
    return await wrap(addressee, decisionId, contentKey)
  } finally {
    contentKey.fill(0)
  }
}

const contentKeyIn = ({ contentKey }: Unwrapper, recipient: Recipient, decisionId: string): Uint8Array<ArrayBuffer> => {
  try {
    return contentKey(recipient, decisionId)
  } catch {
    throw new LogError('ERR_SEAL_BROKEN', 'the wrapped key does not open: it was altered, or is not of this decision')
  }
}

type Unwrapper = {
  /** @throws LogError `ERR_SEAL_NOT_RECIPIENT` */
  readonly recipientAmong: (recipients: readonly Recipient[]) => Recipient
  readonly contentKey: (recipient: Recipient, decisionId: string) => Uint8Array<ArrayBuffer>
}

const unwrapper = (privateKey: KeyObject): Unwrapper => {
  const fingerprint = fingerprintOf(privateKey)
  const unwrap = hpkeOpener(privateKey, info)
  return {
    recipientAmong: recipients => {
      const recipient = recipients.find(candidate => candidate.fingerprint === fingerprint)
      if (recipient) return recipient
      throw new LogError('ERR_SEAL_NOT_RECIPIENT', 'the payload was not sealed for this key')
    },
    contentKey: ({ encapsulated, wrapped }, decisionId) =>
      new Uint8Array(unwrap(rawBytes(encapsulated), rawBytes(wrapped), bytesOf(decisionId))),
  }
}

const decrypt = ({ nonce, ciphertext }: Sealed, decisionId: string, contentKey: Uint8Array): Uint8Array => {
  const end = ciphertext.length - TAG_BYTES
  const decipher = createDecipheriv('aes-256-gcm', contentKey, nonce, { authTagLength: TAG_BYTES })
    .setAAD(bytesOf(decisionId))
    .setAuthTag(ciphertext.subarray(end))
  return Buffer.concat([decipher.update(ciphertext.subarray(0, end)), decipher.final()])
}

const rawBytes = (text: string): Uint8Array<ArrayBuffer> => new Uint8Array(Buffer.from(text, 'base64url'))

const base64url = (bytes: ArrayBuffer): string => Buffer.from(bytes).toString('base64url')

/** Digest of nonce and ciphertext that stands in the decision's record. Wrapped keys may change; these may not. */
export const sealDigest = ({ nonce, ciphertext }: Pick<Sealed, 'nonce' | 'ciphertext'>): string =>
  `sha256:${createHash('sha256').update(nonce).update(ciphertext).digest('hex')}`
