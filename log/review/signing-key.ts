import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { encodeVerifierKey, isKeyName, parseVerifierKey, type NoteKey } from '../proofs/checkpoint.ts'
import { isExisting, writeExclusive } from '../writing/exclusive-file.ts'
import { LogError } from '../log-error.ts'
import { protect, readPrivate, type Protection } from './reviewer-key.ts'

/**
 * Makes an Ed25519 key with which an institution signs notes: `<file>.pub` for everybody who checks them, in the form of a log's
 * `checkpoint.pub`; and `<file>.key` (0600, PKCS#8 in PEM, in the age format under the passphrase) for who signs.
 * @param name - what the signatures say who signed, such as `policy.hospital.example`
 * @throws LogError (as a rejection) `ERR_SIGNER_NAME`, `ERR_SIGNER_EXISTS`, `ERR_PASSPHRASE_SHORT`
 */
export const createSigningKey = async (file: string, name: string, protection: Protection): Promise<NoteKey> => {
  if (!isKeyName(name)) throw new LogError('ERR_SIGNER_NAME', 'the name cannot stand in a signature')
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const secret = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string
  writeNew(`${file}.key`, protection === null ? secret : await protect(secret, protection), 0o600)
  writeNew(`${file}.pub`, `${encodeVerifierKey({ name, key: publicKey })}\n`, 0o644)
  return { name, key: publicKey }
}

const writeNew = (file: string, content: string, mode: number): void => {
  try {
    writeExclusive(file, content, mode)
  } catch (cause) {
    if (!isExisting(cause)) throw cause
    throw new LogError('ERR_SIGNER_EXISTS', `${file} exists`)
  }
}

/** @param file - `<file>.pub` @throws LogError `ERR_SIGNER_KEY` */
export const readVerifierKey = (file: string): NoteKey => {
  const text = readFileSync(file, 'utf8')
  return usable(() => parseVerifierKey(text.trimEnd()))
}

/**
 * Opens `<file>.key`, beside which `<file>.pub` has to be.
 * @throws LogError (as a rejection) `ERR_SIGNER_KEY`, `ERR_PASSPHRASE_WRONG`; and what `passphrase` throws
 */
export const openSigningKey = async (file: string, passphrase: () => Promise<string> | string): Promise<NoteKey> => {
  const verifier = readVerifierKey(file.replace(/\.key$/, '.pub'))
  const secret = await readPrivate(file, passphrase)
  const signer = usable(() => ({ name: verifier.name, key: createPrivateKey(secret) }))
  if (signer.key.asymmetricKeyType === 'ed25519' && encodeVerifierKey(signer) === encodeVerifierKey(verifier))
    return signer
  throw unusable()
}

const unusable = (): LogError =>
  new LogError('ERR_SIGNER_KEY', 'a file does not hold a signing key, or not that of its pair')

/** Causes are dropped: they could quote the file. */
const usable = <Key>(read: () => Key): Key => {
  try {
    return read()
  } catch {
    throw unusable()
  }
}
