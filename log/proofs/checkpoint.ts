import { createPublicKey, hash, sign, verify } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { LogError } from '../log-error.ts'

/** What a log states about itself at one size. `root` is the RFC 6962 root hash, 32 bytes. */
export type Checkpoint = { readonly origin: string; readonly size: number; readonly root: Uint8Array }

/** Name and Ed25519 key of who signs or verifies a note; a log's key name is its origin. */
export type NoteKey = { readonly name: string; readonly key: KeyObject }

/** `unsigned`: no signature of that key. `forged`: a signature in that key's name that is wrong. */
export type OpenedNote =
  { readonly kind: 'verified'; readonly text: string } | { readonly kind: 'malformed' | 'unsigned' | 'forged' }

export type OpenedCheckpoint =
  | { readonly kind: 'verified'; readonly checkpoint: Checkpoint }
  | { readonly kind: 'malformed' | 'unsigned' | 'forged' }

/** Signature type octet of Ed25519 in signed notes. */
const ED25519 = 0x01
const MAX_NOTE_CHARACTERS = 1_000_000
const MAX_SIGNATURES = 100

/** Whether a text can name a key: not empty, no white space, no plus sign. */
export const isKeyName = (name: string): boolean => /^[^\s+\p{Cc}]{1,255}$/u.test(name) && name.isWellFormed()

/** The 32 octets of an Ed25519 public key, also from its private key. */
const rawPublicKey = (key: KeyObject): Buffer => {
  const known = rawPublicKeys.get(key)
  if (known) return known
  const raw = Buffer.from(
    (key.type === 'private' ? createPublicKey(key) : key).export({ format: 'jwk' }).x!,
    'base64url',
  )
  rawPublicKeys.set(key, raw)
  return raw
}

/** A log asks for that of its own key with every commit. */
const rawPublicKeys = new WeakMap<KeyObject, Buffer>()

/** First four octets of SHA-256(name ‖ 0x0A ‖ 0x01 ‖ public key). */
const keyId = ({ name, key }: NoteKey): Buffer =>
  hash('sha256', Buffer.concat([Buffer.from(`${name}\n`), Buffer.of(ED25519), rawPublicKey(key)]), 'buffer').subarray(
    0,
    4,
  )

/** Writes the key as `name+hexid+base64`, the form that other verifiers of signed notes read. */
export const encodeVerifierKey = (verifier: NoteKey): string => {
  const material = Buffer.concat([Buffer.of(ED25519), rawPublicKey(verifier.key)]).toString('base64')
  return `${verifier.name}+${keyId(verifier).toString('hex')}+${material}`
}

/**
 * Reads what `encodeVerifierKey` writes.
 * @throws LogError `ERR_LOG_KEY` for anything else
 */
export const parseVerifierKey = (text: string): NoteKey => {
  const [, name = '', id = '', encoded = ''] = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/.exec(text) ?? []
  const material = fromBase64(encoded)
  if (!isKeyName(name) || material?.length !== 33 || material[0] !== ED25519) throw badKey()
  const x = material.subarray(1).toString('base64url')
  const verifier = { name, key: createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' }) }
  if (keyId(verifier).toString('hex') !== id) throw badKey()
  return verifier
}

const badKey = (): LogError => new LogError('ERR_LOG_KEY', 'the text is not an Ed25519 verifier key of a signed note')

/** Strict base64: what does not encode back to the same text is `null`. */
const fromBase64 = (text: string): Buffer | null => {
  const bytes = Buffer.from(text, 'base64')
  return bytes.toString('base64') === text ? bytes : null
}

/**
 * Signs a text as a note. The signature covers the text with its final newline.
 * @param text - ends in a newline
 * @see https://c2sp.org/signed-note
 */
export const signNote = (text: string, signer: NoteKey): string => {
  const signature = sign(null, Buffer.from(text), signer.key)
  return `${text}\n— ${signer.name} ${Buffer.concat([keyId(signer), signature]).toString('base64')}\n`
}

/** Checks the note's form and the verifier's signature; signatures by others are passed over. Never throws. */
export const openNote = (note: string, verifier: NoteKey, longest = MAX_NOTE_CHARACTERS): OpenedNote => {
  const end = note.lastIndexOf('\n\n')
  if (note.length > longest || end < 0 || !isNoteText(note)) return { kind: 'malformed' }
  const text = note.slice(0, end + 1)
  const signatures = parseSignatures(note.slice(end + 2))
  if (signatures === null) return { kind: 'malformed' }
  const id = keyId(verifier)
  const own = signatures.find(({ name, blob }) => name === verifier.name && blob.subarray(0, 4).equals(id))
  if (own === undefined) return { kind: 'unsigned' }
  return verify(null, Buffer.from(text), verifier.key, own.blob.subarray(4))
    ? { kind: 'verified', text }
    : { kind: 'forged' }
}

/** Well-formed Unicode without control characters other than newline, ending in one. */
const isNoteText = (note: string): boolean =>
  note.endsWith('\n') && note.isWellFormed() && !/[\u0000-\u0009\u000b-\u001f\ufffd]/.test(note)

type NoteSignature = { readonly name: string; readonly blob: Buffer }

const parseSignatures = (block: string): NoteSignature[] | null => {
  const lines = block.slice(0, -1).split('\n')
  if (block === '' || lines.length > MAX_SIGNATURES) return null
  const signatures = lines.map(parseSignature)
  return signatures.some(signature => signature === null) ? null : (signatures as NoteSignature[])
}

const parseSignature = (line: string): NoteSignature | null => {
  const [, name = '', encoded = ''] = /^— ([^ ]+) ([^ ]+)$/.exec(line) ?? []
  const blob = fromBase64(encoded)
  return isKeyName(name) && blob !== null && blob.length > 4 ? { name, blob } : null
}

/**
 * Writes and signs a checkpoint: origin, size, base64 of the root, a line each.
 * @see https://c2sp.org/tlog-checkpoint
 */
export const signCheckpoint = ({ origin, size, root }: Checkpoint, signer: NoteKey): string =>
  signNote(`${origin}\n${size}\n${Buffer.from(root).toString('base64')}\n`, signer)

/** Checks and reads a checkpoint whose origin is the verifier's name. Extension lines are passed over. Never throws. */
export const openCheckpoint = (note: string, verifier: NoteKey): OpenedCheckpoint => {
  const opened = openNote(note, verifier)
  if (opened.kind !== 'verified') return opened
  const [origin = '', size = '', encoded = '', ...extensions] = opened.text.slice(0, -1).split('\n')
  const root = fromBase64(encoded)
  if (origin !== verifier.name || !/^(0|[1-9][0-9]{0,15})$/.test(size) || root?.length !== 32) {
    return { kind: 'malformed' }
  }
  if (!Number.isSafeInteger(Number(size)) || extensions.includes('')) return { kind: 'malformed' }
  return { kind: 'verified', checkpoint: { origin, size: Number(size), root } }
}
