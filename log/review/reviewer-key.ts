import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { isExisting, writeExclusive } from '../writing/exclusive-file.ts'
import { LogError } from '../log-error.ts'
import { fingerprintOf, readPair, requireReviewerName, writeReviewer, type KeyPair } from './reviewer.ts'

/** What a reviewer keeps to themselves: `key` opens payloads, `signingKey` signs approvals. */
export type ReviewerKey = KeyPair & {
  /** As in `ReviewerPublicKey`. */
  readonly fingerprint: string
  readonly signingFingerprint: string
}

/** How the private file is protected; null leaves it in the clear. */
export type Protection = {
  /** At least 12 characters. */
  readonly passphrase: string
  /** Binary logarithm of the cost N of scrypt (RFC 7914). Default 18: 256 MiB and about a second and a half. */
  readonly workFactor?: number
} | null

/** Shorter ones fall to whoever gets hold of the file and has time. */
const LEAST_PASSPHRASE = 12

/**
 * Makes a reviewer's keys: `<name>.pub` for the appliance, and `<name>.key` (0600) for the reviewer, who keeps it off the appliance.
 * The private file holds two PKCS#8 blocks in PEM, encrypted in the age format (C2SP, https://age-encryption.org/v1) under the
 * passphrase, so that `age --decrypt` can read it as well.
 * @throws LogError `ERR_REVIEWER_NAME`, `ERR_PASSPHRASE_SHORT`, or `ERR_REVIEWER_EXISTS` when either file is there; nothing is
 *   overwritten
 */
export const createReviewer = async (
  directory: string,
  name: string,
  protection: Protection = null,
): Promise<{ readonly publicFile: string; readonly privateFile: string }> => {
  const publicFile = join(directory, `${requireReviewerName(name)}.pub`)
  const privateFile = join(directory, `${name}.key`)
  const [opening, signing] = [generateKeyPairSync('x25519'), generateKeyPairSync('ed25519')]
  const secret = [opening, signing].map(pair => pair.privateKey.export({ type: 'pkcs8', format: 'pem' })).join('')
  writeNew(privateFile, protection === null ? secret : await protect(secret, protection), 0o600)
  try {
    writeNew(publicFile, writeReviewer({ key: opening.publicKey, signingKey: signing.publicKey }), 0o644)
  } catch (fault) {
    rmSync(privateFile)
    throw fault
  }
  return { publicFile, privateFile }
}

const writeNew = (file: string, content: string, mode: number): void => {
  try {
    writeExclusive(file, content, mode)
  } catch (cause) {
    if (!isExisting(cause)) throw cause
    throw new LogError('ERR_REVIEWER_EXISTS', 'a reviewer of this name exists')
  }
}

const AGE_HEADER = '-----BEGIN AGE ENCRYPTED FILE-----'

/** Protects the text of a private file in the age format. Only whoever makes or opens a protected file loads the library. */
export const protect = async (secret: string, { passphrase, workFactor }: NonNullable<Protection>): Promise<string> => {
  if (passphrase.length < LEAST_PASSPHRASE)
    throw new LogError('ERR_PASSPHRASE_SHORT', `the passphrase has fewer than ${LEAST_PASSPHRASE} characters`)
  const { armor, Encrypter } = await import('age-encryption')
  const encrypter = new Encrypter()
  encrypter.setPassphrase(passphrase)
  if (workFactor !== undefined) encrypter.setScryptWorkFactor(workFactor)
  return `${armor.encode(await encrypter.encrypt(secret)).trimEnd()}\n`
}

/**
 * Reads a reviewer's private file.
 * @param passphrase - is asked only when the file is protected
 * @throws LogError `ERR_REVIEWER_KEY` when the file is no private file of a reviewer, `ERR_PASSPHRASE_WRONG` when the passphrase does
 *   not open it (or the file was altered); and what `passphrase` throws
 */
export const openReviewerKey = async (file: string, passphrase: () => Promise<string> | string): Promise<ReviewerKey> =>
  readSecret(await readPrivate(file, passphrase))

/** The text of a private file, whether it is protected or not. @throws LogError `ERR_PASSPHRASE_WRONG`; and what `passphrase` throws */
export const readPrivate = async (file: string, passphrase: () => Promise<string> | string): Promise<string> => {
  const text = readFileSync(file, 'utf8')
  return text.startsWith(AGE_HEADER) ? unprotect(text, await passphrase()) : text
}

/** Whether a passphrase is needed to read a private file. */
export const isProtected = (file: string): boolean => readFileSync(file, 'utf8').startsWith(AGE_HEADER)

const unprotect = async (text: string, passphrase: string): Promise<string> => {
  const { armor, Decrypter } = await import('age-encryption')
  const decrypter = new Decrypter()
  decrypter.addPassphrase(passphrase)
  try {
    return await decrypter.decrypt(armor.decode(text), 'text')
  } catch {
    throw new LogError('ERR_PASSPHRASE_WRONG', 'the passphrase does not open the key file')
  }
}

const readSecret = (text: string): ReviewerKey => {
  const { key, signingKey } = readPair(text, 'PRIVATE KEY', createPrivateKey)
  return { key, signingKey, fingerprint: fingerprintOf(key), signingFingerprint: fingerprintOf(signingKey) }
}
