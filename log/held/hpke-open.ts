import { createDecipheriv, createPublicKey, diffieHellman, hash, type KeyObject } from 'node:crypto'
import { publicPart } from '../review/reviewer.ts'

/**
 * Opens what was sealed with HPKE (RFC 9180): base mode, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, and AES-GCM. `@hpke/core` seals and could
 * open as well, but each of its steps is a task for the thread pool; this takes a fifth of the time, which counts where ten thousand payloads are
 * opened at once. The vectors of the RFC are in its test.
 * @see https://www.rfc-editor.org/rfc/rfc9180
 */

/** The AEADs that are known here, with their identifier and the octets of their key (section 7.3). */
const aeads = { 'aes-128-gcm': [0x0001, 16], 'aes-256-gcm': [0x0002, 32] } as const

const KEM = 0x0020
const KDF = 0x0001
const SECRET_BYTES = 32
const NONCE_BYTES = 12
const TAG_BYTES = 16

/** I2OSP(n, 2). */
const twoOctets = (number: number): Buffer => Buffer.from([number >> 8, number & 0xff])

const BLOCK_BYTES = 64

/** HMAC-SHA-256 (RFC 2104), of a key of at most 64 octets: two one-shot hashes are a fifth of what an `Hmac` object costs. */
const hmac = (key: Uint8Array, ...parts: readonly Uint8Array[]): Buffer => {
  const inner = Buffer.alloc(BLOCK_BYTES, 0x36)
  const outer = Buffer.alloc(BLOCK_BYTES, 0x5c)
  for (const [at, octet] of key.entries()) {
    inner[at]! ^= octet
    outer[at]! ^= octet
  }
  return sha256(outer, sha256(inner, ...parts))
}

const sha256 = (...parts: readonly Uint8Array[]): Buffer => hash('sha256', Buffer.concat(parts), 'buffer')

const VERSION = Buffer.from('HPKE-v1')
const none = Buffer.alloc(0)

/** LabeledExtract (section 4). */
const extract = (suite: Uint8Array, salt: Uint8Array, label: string, secret: Uint8Array): Buffer =>
  hmac(salt, VERSION, suite, Buffer.from(label), secret)

/** LabeledExpand (section 4), of at most 32 octets: one round of HKDF-Expand. */
const expand = (suite: Uint8Array, key: Uint8Array, label: string, info: Uint8Array, length: number): Buffer =>
  hmac(key, twoOctets(length), VERSION, suite, Buffer.from(label), info, Buffer.from([1])).subarray(0, length)

const kemSuite = Buffer.concat([Buffer.from('KEM'), twoOctets(KEM)])

/** SubjectPublicKeyInfo of an X25519 key up to its 32 octets (RFC 8410). */
const spkiHead = Buffer.from('302a300506032b656e032100', 'hex')

const publicKeyOf = (octets: Uint8Array): KeyObject =>
  createPublicKey({ key: Buffer.concat([spkiHead, octets]), format: 'der', type: 'spki' })

/**
 * @param encapsulated - 32 octets
 * @param associated - associated data that the ciphertext is bound to
 * @throws Error when it does not open
 */
export type HpkeOpener = (encapsulated: Uint8Array, ciphertext: Uint8Array, associated: Uint8Array) => Uint8Array

/**
 * What is the same for everything that one key opens is reckoned once.
 * @param privateKey - X25519
 */
export const hpkeOpener = (
  privateKey: KeyObject,
  info: Uint8Array,
  aead: keyof typeof aeads = 'aes-256-gcm',
): HpkeOpener => {
  const [id, keyBytes] = aeads[aead]
  const own = Buffer.from(publicPart(privateKey), 'base64url')
  const suite = Buffer.concat([Buffer.from('HPKE'), twoOctets(KEM), twoOctets(KDF), twoOctets(id)])
  const pskIdHash = extract(suite, none, 'psk_id_hash', none)
  const context = Buffer.concat([Buffer.from([0]), pskIdHash, extract(suite, none, 'info_hash', info)])

  /** Decap (section 4.1). OpenSSL refuses a point of small order, for which all would share one secret. */
  const decapsulate = (encapsulated: Uint8Array): Uint8Array => {
    const dh = diffieHellman({ privateKey, publicKey: publicKeyOf(encapsulated) })
    const prk = extract(kemSuite, none, 'eae_prk', dh)
    return expand(kemSuite, prk, 'shared_secret', Buffer.concat([encapsulated, own]), SECRET_BYTES)
  }

  return (encapsulated, ciphertext, associated) => {
    const secret = extract(suite, decapsulate(encapsulated), 'secret', none)
    const key = expand(suite, secret, 'key', context, keyBytes)
    const nonce = expand(suite, secret, 'base_nonce', context, NONCE_BYTES)
    const end = ciphertext.length - TAG_BYTES
    const decipher = createDecipheriv(aead, key, nonce, { authTagLength: TAG_BYTES })
      .setAAD(associated)
      .setAuthTag(ciphertext.subarray(end))
    return Buffer.concat([decipher.update(ciphertext.subarray(0, end)), decipher.final()])
  }
}
