import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { readFileSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { isExisting, writeExclusive } from './exclusive-file.ts'
import { LogError } from './log-error.ts'
import { fingerprintOf } from './seal.ts'

/** Whom a payload can be sealed for. `fingerprint` is `sha256:` of the raw X25519 public key. */
export type ReviewerPublicKey = { readonly name: string; readonly fingerprint: string; readonly key: KeyObject }

const namePattern = /^[a-z0-9-]{1,32}$/

/**
 * Makes a reviewer's X25519 key pair: `<name>.pub` (SPKI PEM) for the appliance and `<name>.key` (PKCS#8 PEM, 0600) for
 * the reviewer, who should take it off the appliance.
 * @throws LogError `ERR_REVIEWER_NAME`, or `ERR_REVIEWER_EXISTS` when either file is there; nothing is overwritten
 */
export const createReviewer = (
  directory: string,
  name: string,
): { readonly publicFile: string; readonly privateFile: string } => {
  if (!namePattern.test(name)) throw new LogError('ERR_REVIEWER_NAME', 'the name of the reviewer is not acceptable')
  const { privateKey, publicKey } = generateKeyPairSync('x25519')
  const publicFile = join(directory, `${name}.pub`)
  const privateFile = join(directory, `${name}.key`)
  writeNew(privateFile, privateKey.export({ type: 'pkcs8', format: 'pem' }), 0o600)
  try {
    writeNew(publicFile, publicKey.export({ type: 'spki', format: 'pem' }), 0o644)
  } catch (fault) {
    rmSync(privateFile)
    throw fault
  }
  return { publicFile, privateFile }
}

const writeNew = (file: string, content: string | Uint8Array, mode: number): void => {
  try {
    writeExclusive(file, content, mode)
  } catch (cause) {
    if (!isExisting(cause)) throw cause
    throw new LogError('ERR_REVIEWER_EXISTS', 'a reviewer of this name exists')
  }
}

/**
 * Reads the public keys in a folder, sorted by name. Files that do not end in `.pub` are never opened.
 * @throws LogError `ERR_REVIEWER_KEY` when one is not an X25519 public key, or `ERR_REVIEWER_NAME`
 */
export const loadReviewers = (directory: string): ReviewerPublicKey[] =>
  readdirSync(directory)
    .filter(file => file.endsWith('.pub'))
    .sort()
    .map(file => loadPublicKey(directory, file.slice(0, -'.pub'.length)))

const loadPublicKey = (directory: string, name: string): ReviewerPublicKey => {
  if (!namePattern.test(name))
    throw new LogError('ERR_REVIEWER_NAME', 'a .pub file has a name that no reviewer can have')
  const pem = readFileSync(join(directory, `${name}.pub`), 'utf8')
  // createPublicKey would also take a private key, which has no business on the appliance
  if (!pem.startsWith('-----BEGIN PUBLIC KEY-----')) throw badKey()
  const key = requireX25519(() => createPublicKey(pem))
  return { name, fingerprint: fingerprintOf(key), key }
}

/**
 * Reads a reviewer's private key.
 * @throws LogError `ERR_REVIEWER_KEY` when the file is not an unencrypted X25519 private key in PEM
 */
export const loadReviewerKey = (file: string): KeyObject => {
  const pem = readFileSync(file)
  return requireX25519(() => createPrivateKey(pem))
}

/** The cause is dropped: it could quote the file. */
const requireX25519 = (read: () => KeyObject): KeyObject => {
  let key: KeyObject
  try {
    key = read()
  } catch {
    throw badKey()
  }
  if (key.asymmetricKeyType !== 'x25519') throw badKey()
  return key
}

const badKey = (): LogError => new LogError('ERR_REVIEWER_KEY', 'a file is not an X25519 key of a reviewer')
