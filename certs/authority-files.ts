/**
 * The authority's files. `authority.key` (PKCS#8 PEM, 0600) is created exclusively, so it is also the lock between
 * two processes that make an authority at once. A certificate is first written whole as `authority.next.pem`, then
 * renamed. The certificate in use is the one that matches the key, so that a crash at any step is either harmless or
 * has a name of its own. Behind it, in the same file, stand those that connect it with what instruments trust.
 *
 * While a rotation is under way there is also `successor.key` and `.pem`, the one that is to sign next, or, once it does,
 * `predecessor.pem`, what instruments trusted before.
 */
import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto'
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs'
import { access, mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { CertError, type CertErrorCode } from './cert-error.ts'
import { certificatesIn } from './pem.ts'

export type Pair = {
  readonly privateKey: KeyObject
  readonly certificate: X509Certificate
  /** The certificate file: that certificate, and those behind it. */
  readonly text: string
  /** False after a renewal or creation that crashed just before its last rename. */
  readonly settled: boolean
}

/** A pair on its way to the disk, both in PEM. */
export type PairText = { readonly key: string; readonly certificate: string }

const KEY = 'authority.key'
const CERTIFICATE = 'authority.pem'
const NEXT_KEY = 'authority.next.key'
const NEXT_CERTIFICATE = 'authority.next.pem'
const SUCCESSOR_KEY = 'successor.key'
const SUCCESSOR = 'successor.pem'
const PREDECESSOR = 'predecessor.pem'

const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code

const unreadable = (path: string, cause: unknown): CertError =>
  new CertError('ERR_CA_UNREADABLE', `cannot read ${path}`, { cause })

const exists = async (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    error => {
      if (hasCode(error, 'ENOENT')) return false
      throw unreadable(path, error)
    },
  )

/** Reads a file if there is one. The mode is that of the very file that is read. */
const readIfThere = (path: string): { readonly text: string; readonly mode: number } | undefined => {
  let file: number
  try {
    file = openSync(path, 'r')
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined
    throw unreadable(path, error)
  }
  try {
    return { text: readFileSync(file, 'utf8'), mode: fstatSync(file).mode }
  } catch (error) {
    throw unreadable(path, error)
  } finally {
    closeSync(file)
  }
}

/** Turns a failure to write into an error that names the file; lets our own errors pass. */
const writing = async <T>(path: string, work: () => Promise<T>): Promise<T> => {
  try {
    return await work()
  } catch (error) {
    throw error instanceof CertError
      ? error
      : new CertError('ERR_CA_NOT_WRITTEN', `cannot write ${path}`, { cause: error })
  }
}

const syncDirectory = async (directory: string): Promise<void> => {
  const handle = await open(directory, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Creates a file, which must not be there yet, and returns once it is durable under its name. */
const writeNew = async (
  directory: string,
  file: string,
  text: string,
  mode: number,
  taken: CertErrorCode,
): Promise<void> =>
  writing(join(directory, file), async () => {
    const handle = await open(join(directory, file), 'wx', mode).catch((error: unknown) => {
      throw hasCode(error, 'EEXIST') ? new CertError(taken, `${join(directory, file)} is there already`) : error
    })
    try {
      await handle.chmod(mode)
      await handle.writeFile(text)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await syncDirectory(directory)
  })

const moveInto = async (directory: string, from: string, to: string): Promise<void> =>
  writing(join(directory, to), async () => {
    await rename(join(directory, from), join(directory, to))
    await syncDirectory(directory)
  })

const refuseToOverwrite = async (directory: string): Promise<void> => {
  const [key, current] = await Promise.all([KEY, CERTIFICATE].map(file => exists(join(directory, file))))
  const next = readIfThere(join(directory, NEXT_CERTIFICATE))
  if (key && (current || (next && parseCertificate(next.text))))
    throw new CertError('ERR_CA_EXISTS', `there is an authority in ${directory} already`)
  if (current) throw keyMissing(directory)
  if (key || next) throw incomplete(directory)
}

const incomplete = (directory: string): CertError =>
  new CertError('ERR_CA_INCOMPLETE', `the authority in ${directory} was not finished`)

const keyMissing = (directory: string): CertError =>
  new CertError('ERR_CA_KEY_MISSING', `${join(directory, CERTIFICATE)} is there, but ${KEY} is not`)

/**
 * Writes the first pair: the key, then the certificate, each durable before the next step.
 * @throws CertError ERR_CA_EXISTS, or ERR_CA_INCOMPLETE or ERR_CA_KEY_MISSING for remains that it will not touch
 */
export const writeFirstPair = async (directory: string, pair: PairText): Promise<void> => {
  await writing(directory, () => mkdir(directory, { recursive: true, mode: 0o700 }))
  await refuseToOverwrite(directory)
  await writeNew(directory, KEY, pair.key, 0o600, 'ERR_CA_EXISTS')
  await writeNew(directory, NEXT_CERTIFICATE, pair.certificate, 0o644, 'ERR_CA_INCOMPLETE')
  await moveInto(directory, NEXT_CERTIFICATE, CERTIFICATE)
}

const parseKey = (path: string, text: string): KeyObject => {
  try {
    return createPrivateKey(text)
  } catch {
    throw new CertError('ERR_CA_UNREADABLE', `${path} does not hold a private key`) // no cause: it may quote the file
  }
}

const parseCertificate = (text: string): X509Certificate | undefined => {
  try {
    return new X509Certificate(text)
  } catch {
    return undefined
  }
}

type Certificates = { readonly current?: string | undefined; readonly next?: string | undefined }

const chooseCertificate = (
  path: string,
  key: KeyObject,
  texts: Certificates,
): Pick<Pair, 'certificate' | 'text' | 'settled'> => {
  const [current, next] = [texts.current, texts.next].map(text => text && parseCertificate(text))
  if (current && current.checkPrivateKey(key)) return { certificate: current, text: texts.current!, settled: true }
  if (next && next.checkPrivateKey(key)) return { certificate: next, text: texts.next!, settled: false }
  if (!current) throw new CertError('ERR_CA_UNREADABLE', `${path} does not hold a certificate`)
  throw new CertError('ERR_CA_KEY_MISMATCH', `${path} does not belong to ${KEY}`)
}

/**
 * Reads the key and the certificate that belongs to it.
 * @throws CertError ERR_CA_MISSING, ERR_CA_KEY_MISSING, ERR_CA_KEY_EXPOSED (readable or writable by group or others),
 *   ERR_CA_UNREADABLE, ERR_CA_INCOMPLETE, ERR_CA_KEY_MISMATCH
 */
export const readPair = (directory: string): Pair => {
  const [keyPath, path] = [join(directory, KEY), join(directory, CERTIFICATE)]
  const key = readIfThere(keyPath)
  const current = readIfThere(path)?.text
  const next = readIfThere(join(directory, NEXT_CERTIFICATE))?.text
  if (key === undefined) {
    if (current !== undefined) throw keyMissing(directory)
    throw new CertError('ERR_CA_MISSING', `there is no authority in ${directory}`)
  }
  if ((key.mode & 0o077) !== 0) throw new CertError('ERR_CA_KEY_EXPOSED', `${keyPath} is open to other users`)
  if (current === undefined && !parseCertificate(next ?? '')) throw incomplete(directory)
  const privateKey = parseKey(keyPath, key.text)
  return { privateKey, ...chooseCertificate(path, privateKey, { current, next }) }
}

/** 2026-11-23T13:50:00.000Z as 20261123T135000000Z. */
const stampOf = (date: Date): string => date.toISOString().replace(/[-:.]/g, '')

/**
 * Puts a new pair in the place of the old one, which stays as `authority-<UTC time>.key` and `.pem`. At every moment
 * `readPair` finds one complete pair: the old one up to the rename of the key, the new one after it.
 * @throws CertError ERR_CA_RENEWAL_INCOMPLETE when the remains of an earlier try, or another process at it, are in the way
 */
export const replacePair = async (directory: string, pair: PairText): Promise<void> => {
  const old = readPair(directory)
  if (!old.settled) await moveInto(directory, NEXT_CERTIFICATE, CERTIFICATE)
  const kept = `authority-${stampOf(new Date())}`
  const oldKey = old.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  await writeNew(directory, NEXT_KEY, pair.key, 0o600, 'ERR_CA_RENEWAL_INCOMPLETE')
  await writeNew(directory, NEXT_CERTIFICATE, pair.certificate, 0o644, 'ERR_CA_RENEWAL_INCOMPLETE')
  await writeNew(directory, `${kept}.key`, oldKey, 0o600, 'ERR_CA_RENEWAL_INCOMPLETE')
  await writeNew(directory, `${kept}.pem`, old.text, 0o644, 'ERR_CA_RENEWAL_INCOMPLETE')
  await moveInto(directory, NEXT_KEY, KEY)
  await moveInto(directory, NEXT_CERTIFICATE, CERTIFICATE)
}

const isSame = (a: X509Certificate, b: X509Certificate | undefined): boolean => a.fingerprint256 === b?.fingerprint256

/**
 * Reads the pair that is to sign next. Null when there is none, or when it signs already.
 * @throws CertError as `readPair` does
 */
export const readSuccessor = (directory: string): Pair | null => {
  const [keyPath, path] = [join(directory, SUCCESSOR_KEY), join(directory, SUCCESSOR)]
  const text = readIfThere(path)?.text
  const key = readIfThere(keyPath)
  if (text === undefined || key === undefined) return null
  if ((key.mode & 0o077) !== 0) throw new CertError('ERR_CA_KEY_EXPOSED', `${keyPath} is open to other users`)
  const certificate = parseCertificate(text)
  if (!certificate) throw new CertError('ERR_CA_UNREADABLE', `${path} does not hold a certificate`)
  const privateKey = parseKey(keyPath, key.text)
  if (!certificate.checkPrivateKey(privateKey))
    throw new CertError('ERR_CA_KEY_MISMATCH', `${path} does not belong to ${SUCCESSOR_KEY}`)
  return isSame(certificate, readPair(directory).certificate) ? null : { privateKey, certificate, text, settled: true }
}

/** Puts a pair aside that is to sign next. @throws CertError ERR_CA_ROTATION_UNDER_WAY when there is one already */
export const writeSuccessor = async (directory: string, pair: PairText): Promise<void> => {
  if (readSuccessor(directory)) throw new CertError('ERR_CA_ROTATION_UNDER_WAY', 'a new authority is waiting already')
  await removeSuccessor(directory)
  await writeNew(directory, SUCCESSOR_KEY, pair.key, 0o600, 'ERR_CA_ROTATION_UNDER_WAY')
  await writeNew(directory, SUCCESSOR, pair.certificate, 0o644, 'ERR_CA_ROTATION_UNDER_WAY')
}

const remove = async (directory: string, ...files: readonly string[]): Promise<void> =>
  writing(directory, async () => {
    for (const file of files) await rm(join(directory, file), { force: true })
    await syncDirectory(directory)
  })

export const removeSuccessor = async (directory: string): Promise<void> => remove(directory, SUCCESSOR, SUCCESSOR_KEY)

/** The certificates that were in use before and are still given to instruments; null when there are none. */
export const readPredecessor = (directory: string): string | null => {
  const text = readIfThere(join(directory, PREDECESSOR))?.text
  const certificate = text === undefined ? undefined : parseCertificate(text)
  if (text === undefined || certificate === undefined) return null
  return isSame(certificate, readPair(directory).certificate) ? null : text
}

/** Writes a certificate file whole, over the one that may be there. */
const replaceText = async (directory: string, file: string, text: string): Promise<void> => {
  await remove(directory, `${file}.new`)
  await writeNew(directory, `${file}.new`, text, 0o644, 'ERR_CA_NOT_WRITTEN')
  await moveInto(directory, `${file}.new`, file)
}

/**
 * Has the successor sign from now on. At every moment `readPair` finds one complete pair, as with `replacePair`.
 * @param certificate - text of its certificate file
 * @throws CertError as `replacePair` does
 */
export const promoteSuccessor = async (directory: string, pair: PairText): Promise<void> => {
  await replaceText(directory, PREDECESSOR, readPair(directory).text)
  await replacePair(directory, pair)
  await removeSuccessor(directory)
}

/**
 * Ends a rotation: what was in use before is given to nobody any more, and its private keys are deleted.
 * @param certificate - text of the certificate file from now on
 */
export const removePredecessor = async (directory: string, certificate: string): Promise<void> => {
  await replaceText(directory, CERTIFICATE, certificate)
  const old = (await readdir(directory)).filter(file => /^authority-\d{8}T\d{9}Z\.key$/.test(file))
  await remove(directory, ...old, PREDECESSOR)
}

/** Certificates of a file of ours, the one that matters first. @throws CertError ERR_CA_UNREADABLE */
export const chainIn = (text: string): readonly [X509Certificate, ...X509Certificate[]] => {
  const [first, ...rest] = certificatesIn(text) ?? []
  if (!first) throw new CertError('ERR_CA_UNREADABLE', 'a certificate file of the authority is damaged')
  return [first, ...rest]
}
