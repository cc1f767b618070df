import { createHmac, createPrivateKey, createSecretKey, generateKeyPairSync, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { encodeVerifierKey, isKeyName, parseVerifierKey } from '../proofs/checkpoint.ts'
import type { NoteKey } from '../proofs/checkpoint.ts'
import { writeExclusive } from './exclusive-file.ts'
import { LogError } from '../log-error.ts'
import { logFiles } from '../log-files.ts'

const DIGEST_KEY_BYTES = 32

/**
 * Makes the log's keys, each in a new file.
 * @param origin - name of the log in its checkpoints, such as `sluice.lab.example/log`
 * @throws LogError `ERR_LOG_ORIGIN`
 */
export const createLogKeys = (directory: string, origin: string): NoteKey => {
  if (!isKeyName(origin)) throw new LogError('ERR_LOG_ORIGIN', 'the name of the log cannot stand in a checkpoint')
  const files = logFiles(directory)
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  writeExclusive(files.signingKey, privateKey.export({ type: 'pkcs8', format: 'pem' }), 0o600)
  writeExclusive(files.digestKey, randomBytes(DIGEST_KEY_BYTES), 0o600)
  writeExclusive(files.verifierKey, `${encodeVerifierKey({ name: origin, key: publicKey })}\n`, 0o644)
  return { name: origin, key: privateKey }
}

/** @throws LogError `ERR_LOG_KEY` */
export const loadVerifier = (directory: string): NoteKey =>
  readKey(() => parseVerifierKey(readFileSync(logFiles(directory).verifierKey, 'utf8').trimEnd()))

/** @throws LogError `ERR_LOG_KEY`, also when the private and the public key do not belong together */
export const loadSigner = (directory: string): NoteKey => {
  const verifier = loadVerifier(directory)
  const key = readKey(() => createPrivateKey(readFileSync(logFiles(directory).signingKey)))
  const signer = { name: verifier.name, key }
  if (key.asymmetricKeyType !== 'ed25519' || encodeVerifierKey(signer) !== encodeVerifierKey(verifier)) {
    throw new LogError('ERR_LOG_KEY', 'checkpoint.key and checkpoint.pub do not belong together')
  }
  return signer
}

/**
 * Loads the key that names bodies.
 * @returns HMAC-SHA-256 of the bytes as `hmac-sha256:` and 64 hexadecimal digits
 * @throws LogError `ERR_LOG_KEY`
 */
export const loadDigest = (directory: string): ((bytes: Uint8Array) => string) => {
  const key = readKey(() => readFileSync(logFiles(directory).digestKey))
  if (key.length !== DIGEST_KEY_BYTES) throw new LogError('ERR_LOG_KEY', 'digest.key does not hold 32 octets')
  // Given as octets, the key would be made into one anew for each body, which takes longer than to hash a kilobyte.
  const prepared = createSecretKey(key)
  return bytes => `hmac-sha256:${createHmac('sha256', prepared).update(bytes).digest('hex')}`
}

/** Causes are dropped: OpenSSL's could quote a key file. */
const readKey = <Key>(read: () => Key): Key => {
  try {
    return read()
  } catch (fault) {
    if (fault instanceof LogError) throw fault
    throw new LogError('ERR_LOG_KEY', 'a key file of the log is missing, unreadable or not a key')
  }
}
