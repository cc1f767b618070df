import { createPublicKey, hash } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { readFileSync, readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { LogError } from '../log-error.ts'

/** Whom a payload can be sealed for, and whose signature under an approval can be checked. */
export type ReviewerPublicKey = {
  readonly name: string
  /** `sha256:` of the 32 octets of `key`. */
  readonly fingerprint: string
  /** X25519: payloads are sealed to it. */
  readonly key: KeyObject
  /** `sha256:` of the 32 octets of `signingKey`. */
  readonly signingFingerprint: string
  /** Ed25519: checks what the reviewer signed. */
  readonly signingKey: KeyObject
}

const namePattern = /^[a-z0-9-]{1,32}$/

/** @throws LogError `ERR_REVIEWER_NAME` */
export const requireReviewerName = (name: string): string => {
  if (namePattern.test(name)) return name
  throw new LogError('ERR_REVIEWER_NAME', 'the name of the reviewer is not acceptable')
}

/** `sha256:` of the 32 octets of an X25519 or Ed25519 public key, in hexadecimal. Also takes the private key. */
export const fingerprintOf = (key: KeyObject): string =>
  `sha256:${hash('sha256', Buffer.from(publicPart(key), 'base64url'), 'hex')}`

/** The 32 octets of the public key, in base64url. */
export const publicPart = (key: KeyObject): string =>
  (key.type === 'private' ? createPublicKey(key) : key).export({ format: 'jwk' }).x!

/**
 * Reads the public keys in a folder, sorted by name. Files that do not end in `.pub` are never opened.
 * @throws LogError `ERR_REVIEWER_KEY` when one is not a reviewer's public file, or `ERR_REVIEWER_NAME`
 */
export const loadReviewers = (directory: string): ReviewerPublicKey[] =>
  readdirSync(directory)
    .filter(file => file.endsWith('.pub'))
    .sort()
    .map(file => loadReviewer(join(directory, file)))

/**
 * Reads a reviewer's public file, `<name>.pub`.
 * @throws LogError `ERR_REVIEWER_NAME`, `ERR_REVIEWER_KEY`
 */
export const loadReviewer = (file: string): ReviewerPublicKey =>
  parseReviewer(requireReviewerName(basename(file, '.pub')), readFileSync(file, 'utf8'))

/**
 * Reads the text of a public file: two SPKI blocks in PEM (RFC 7468), one X25519 and one Ed25519 (RFC 8410), in any order.
 * @throws LogError `ERR_REVIEWER_KEY`
 */
export const parseReviewer = (name: string, text: string): ReviewerPublicKey => {
  const { key, signingKey } = readPair(text, 'PUBLIC KEY', createPublicKey)
  return { name, key, signingKey, fingerprint: fingerprintOf(key), signingFingerprint: fingerprintOf(signingKey) }
}

/** The keys of one reviewer, both private or both public. */
export type KeyPair = { readonly key: KeyObject; readonly signingKey: KeyObject }

/**
 * Reads two PEM blocks of one label and nothing else: a private key has no business in a public file, and would be taken for one.
 * @throws LogError `ERR_REVIEWER_KEY`; the cause is dropped, since it could quote the file
 */
export const readPair = (text: string, label: string, read: (pem: string) => KeyObject): KeyPair => {
  const block = `-----BEGIN ${label}-----[A-Za-z0-9+/=\\s]+-----END ${label}-----`
  const blocks = new RegExp(`^\\s*(${block})\\s*(${block})\\s*$`).exec(text)
  let keys: KeyObject[]
  try {
    keys = (blocks ?? []).slice(1).map(pem => read(pem))
  } catch {
    throw badKey()
  }
  const key = keys.find(({ asymmetricKeyType }) => asymmetricKeyType === 'x25519')
  const signingKey = keys.find(({ asymmetricKeyType }) => asymmetricKeyType === 'ed25519')
  if (!key || !signingKey) throw badKey()
  return { key, signingKey }
}

const badKey = (): LogError => new LogError('ERR_REVIEWER_KEY', 'a file does not hold the two keys of a reviewer')

/** The text of a reviewer's public file. */
export const writeReviewer = ({ key, signingKey }: KeyPair): string =>
  [key, signingKey].map(each => each.export({ type: 'spki', format: 'pem' }) as string).join('')
