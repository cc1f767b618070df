import { createPrivateKey, type KeyObject } from 'node:crypto'
import { anchorIn, authorityOf, openAuthority, selfSigned, type Anchor, type Authority } from './authority.ts'
import { digestOf, noteChange, type AuthorityChange } from './authority-changes.ts'
import { readAuthorityChain } from './authority-chain.ts'
import {
  promoteSuccessor,
  readPair,
  readPredecessor,
  readSuccessor,
  removePredecessor,
  removeSuccessor,
  replacePair,
  writeSuccessor,
  type Pair,
} from './authority-files.ts'
import { CertError } from './cert-error.ts'
import { authorityKeyIdentifier, subjectKeyIdentifier, writeCertificate } from './certificate.ts'
import { clientVerdict } from './client-verdict.ts'
import { toPem } from './der.ts'
import { nameConstraints, readPermitted, type Permitted } from './name-constraints.ts'

/**
 * The authority changes in steps, so that no instrument is cut off: the next one is made (or brought along) and given to instruments
 * beside the one in use; once all of them trust it, it is activated; once nothing needs the old one any more, that is retired.
 */
export type Rotation = {
  /** Signs. */
  readonly current: Authority
  /** Signs after the next activation. */
  readonly successor: Authority | null
  /** Signed before, and is still trusted by some. */
  readonly predecessor: Anchor | null
}

/** @throws CertError as `openAuthority` does */
export const openRotation = (directory: string): Rotation => {
  const current = openAuthority(directory)
  const successor = readSuccessor(directory)
  const before = readPredecessor(directory)
  return {
    current,
    successor: successor && authorityOf(successor),
    predecessor: before === null ? null : anchorIn(before),
  }
}

/** What instruments are to trust now: the one in use first. One root above several authorities is listed once. */
export const anchorsOf = ({ current, successor, predecessor }: Rotation): readonly PublishedAnchor[] => {
  const all: readonly PublishedAnchor[] = [
    { ...current.anchor, role: 'current' },
    ...(successor ? [{ ...successor.anchor, role: 'next' } as const] : []),
    ...(predecessor ? [{ ...predecessor, role: 'previous' } as const] : []),
  ]
  return all.filter(
    (one, index) => all.findIndex(({ fingerprint256 }) => fingerprint256 === one.fingerprint256) === index,
  )
}

export type PublishedAnchor = Anchor & { readonly role: 'current' | 'next' | 'previous' }

type Actor = { readonly actor: string }

const note = (
  directory: string,
  action: AuthorityChange['action'],
  certificate: string,
  previous: string | null,
  { actor }: Actor,
): void =>
  noteChange(directory, {
    time: new Date().toISOString(),
    action,
    certificate: digestOf(certificate),
    previous: previous === null ? null : digestOf(previous),
    actor,
  })

const assertNoSuccessor = (directory: string): void => {
  if (readSuccessor(directory))
    throw new CertError('ERR_CA_ROTATION_UNDER_WAY', 'a new authority is waiting to be activated already')
}

/**
 * Makes the next authority, limited to `permitted`. It signs nothing before it is activated.
 * @throws CertError ERR_CA_ROTATION_UNDER_WAY, ERR_NAME_INVALID, ERR_CA_NOT_WRITTEN
 */
export const addSuccessor = async (directory: string, permitted: Permitted, actor: Actor): Promise<Authority> => {
  assertNoSuccessor(directory)
  const pair = selfSigned(permitted)
  note(directory, 'add', readAuthorityChain(pair.certificate).certificate.fingerprint256, null, actor)
  await writeSuccessor(directory, pair)
  return openRotation(directory).successor!
}

/** What a lab brings along, in PEM: its intermediate, what stands above it, and the key, not encrypted. */
export type Imported = { readonly chain: string; readonly key: string }

const readKey = (pem: string): KeyObject => {
  try {
    return createPrivateKey(pem)
  } catch {
    // no cause: it may quote the file
    throw new CertError('ERR_CA_UNREADABLE', 'the key file does not hold a private key in PEM without a passphrase')
  }
}

/**
 * Takes an authority of the lab's own as the next one, after everything that can be wrong with it has been looked for, the last of
 * it by a TLS client for each of `names`.
 * @throws CertError ERR_CA_ROTATION_UNDER_WAY, ERR_CA_UNREADABLE, ERR_CA_KEY_MISMATCH, ERR_CA_CHAIN_BROKEN, ERR_CA_NOT_CA, ERR_CA_WEAK,
 *   ERR_CA_EXPIRED, ERR_CA_NOT_YET_VALID, ERR_CA_UNCONSTRAINED (of one that signed itself), ERR_NAME_NOT_PERMITTED, ERR_CA_CHAIN_REFUSED
 */
export const importSuccessor = async (
  directory: string,
  { chain, key }: Imported,
  names: readonly string[],
  actor: Actor,
): Promise<Authority> => {
  assertNoSuccessor(directory)
  const privateKey = readKey(key)
  const { certificate } = readAuthorityChain(chain)
  if (!certificate.checkPrivateKey(privateKey))
    throw new CertError('ERR_CA_KEY_MISMATCH', 'the key does not belong to the first certificate of the chain')
  const authority = authorityOf({ privateKey, certificate, text: chain, settled: true })
  await proveAuthority(authority, names)
  note(directory, 'add', authority.fingerprint256, null, actor)
  const text = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  await writeSuccessor(directory, { key: text, certificate: chain })
  return openRotation(directory).successor!
}

const proveAuthority = async (authority: Authority, names: readonly string[]): Promise<void> => {
  const missing = names.filter(name => !authority.covers(name))
  if (missing.length > 0)
    throw new CertError('ERR_NAME_NOT_PERMITTED', `the authority may not vouch for ${missing.join(', ')}`)
  for (const name of names) {
    const verdict = await clientVerdict(authority.issue([name]), authority.anchor, name)
    if (verdict !== null)
      throw new CertError(
        'ERR_CA_CHAIN_REFUSED',
        `TLS clients refuse what this authority issues for ${name}: ${verdict}`,
      )
  }
}

/**
 * Has the next authority sign. Where the one in use can vouch for it, its certificate from that one is sent too, so that instruments
 * which trust only the old one go on working.
 * @param name - one that both may vouch for, to try it with
 * @throws CertError ERR_CA_NO_SUCCESSOR, ERR_CA_ROTATION_UNDER_WAY (one before is not retired), ERR_CA_EXPIRED of the next one
 */
export const activateSuccessor = async (directory: string, name: string, actor: Actor): Promise<Rotation> => {
  const next = readSuccessor(directory)
  if (!next) throw new CertError('ERR_CA_NO_SUCCESSOR', 'there is no authority to activate')
  if (readPredecessor(directory) !== null)
    throw new CertError('ERR_CA_ROTATION_UNDER_WAY', 'the authority before the one in use has not been retired')
  const old = readPair(directory)
  authorityOf(next)
  const certificate = await crossSigned(next, old, name)
  note(directory, 'activate', next.certificate.fingerprint256, old.certificate.fingerprint256, actor)
  const key = next.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  await promoteSuccessor(directory, { key, certificate })
  return openRotation(directory)
}

/**
 * The certificate file of an authority with a certificate for the same key from another authority behind it; without, where clients of
 * either would not take it (the other one may not sign authorities, has expired, or is itself under another root).
 */
const crossSigned = async (next: Pair, old: Pair, name: string): Promise<string> => {
  const plain = next.certificate.toString()
  const { isIntermediate } = readAuthorityChain(next.text)
  if (isIntermediate) return next.text
  try {
    const text = `${plain}${crossCertificate(next, old)}`
    const leaf = authorityOf({ ...next, text }).issue([name])
    const anchors = [anchorIn(old.text), anchorIn(next.text)]
    const verdicts = await Promise.all(anchors.map(anchor => clientVerdict(leaf, anchor, name)))
    return verdicts.every(verdict => verdict === null) ? text : plain
  } catch {
    return plain // an old one that cannot sign: what is certain is that the next one can
  }
}

/** With the name, the key and the limits of the next one, signed by the old one, and those above the old one. */
const crossCertificate = (next: Pair, old: Pair): string => {
  const { certificate: issuer, anchor, sent, isIntermediate } = readAuthorityChain(old.text)
  const permitted = readPermitted(next.certificate.raw)
  const end = Math.min(...[next.certificate, issuer, anchor].map(({ validToDate }) => validToDate.getTime()))
  const der = writeCertificate({
    subject: { sameAs: next.certificate.raw },
    issuer: { certificateDer: issuer.raw },
    notBefore: next.certificate.validFromDate,
    notAfter: new Date(end),
    publicKey: next.certificate.publicKey,
    signingKey: old.privateKey,
    extensions: [
      { name: 'basicConstraints', critical: true, cA: true, pathLenConstraint: 0 },
      { name: 'keyUsage', critical: true, keyCertSign: true, cRLSign: true },
      subjectKeyIdentifier(next.certificate.publicKey),
      authorityKeyIdentifier(issuer),
      ...(permitted ? [nameConstraints(permitted, 'together')] : []),
    ],
  })
  return [toPem('CERTIFICATE', der), ...(isIntermediate ? sent.map(String) : [])].join('')
}

/**
 * Ends a rotation: the authority before is given to no instrument any more, vouches for nothing any more, and its private key is deleted,
 * like those of all authorities that were in use earlier.
 * @throws CertError ERR_CA_NO_PREDECESSOR
 */
export const retirePredecessor = async (directory: string, actor: Actor): Promise<Rotation> => {
  const before = readPredecessor(directory)
  if (before === null) throw new CertError('ERR_CA_NO_PREDECESSOR', 'there is no authority to retire')
  const { text, certificate } = readPair(directory)
  const { isIntermediate } = readAuthorityChain(text)
  const retired = readAuthorityChain(before).certificate.fingerprint256
  note(directory, 'retire', retired, null, actor)
  await removePredecessor(directory, isIntermediate ? text : certificate.toString())
  return openRotation(directory)
}

/**
 * Puts a new authority in the place of the one in use with no overlap, for when its key is no longer secret or it has expired: every
 * instrument has to be given the new certificate before it gets through again. A crash at any step leaves one complete pair.
 * @throws CertError as `openAuthority` does for the pair that is there, except for its dates; ERR_CA_RENEWAL_INCOMPLETE
 */
export const replaceAtOnce = async (directory: string, permitted: Permitted, actor: Actor): Promise<Authority> => {
  const pair = selfSigned(permitted)
  const { certificate: old } = readPair(directory)
  const { certificate } = readAuthorityChain(pair.certificate)
  note(directory, 'activate', certificate.fingerprint256, old.fingerprint256, actor)
  await replacePair(directory, pair)
  return openAuthority(directory)
}

/** Drops the next authority before it has signed anything. @throws CertError ERR_CA_NO_SUCCESSOR */
export const discardSuccessor = async (directory: string, actor: Actor): Promise<void> => {
  const next = readSuccessor(directory)
  if (!next) throw new CertError('ERR_CA_NO_SUCCESSOR', 'there is no authority to discard')
  note(directory, 'discard', next.certificate.fingerprint256, null, actor)
  await removeSuccessor(directory)
}
