import { openCheckpoint } from './checkpoint.ts'
import type { Checkpoint, NoteKey, OpenedCheckpoint } from './checkpoint.ts'
import { leafHash, verifyInclusion } from './merkle.ts'

/**
 * Proof that a record is in the log, in the C2SP format for transparency log proofs: a text that can be verified offline with
 * nothing but the public key of the log.
 * @see https://c2sp.org/tlog-proof
 */
export type TlogProof = {
  /** The record's bytes as they were hashed, or `null` when the proof does not bring them along. */
  readonly record: Uint8Array | null
  readonly index: number
  /** Hashes of 32 octets, leaf side first. */
  readonly hashes: readonly Uint8Array[]
  /** A signed note. */
  readonly checkpoint: string
}

/** `false-proof`: the signature is right, but the record is not where the proof says. `no-record`: there is none to look at. */
export type CheckedProof =
  | {
      readonly kind: 'proven'
      readonly index: number
      readonly record: Uint8Array
      readonly checkpoint: Checkpoint
    }
  | { readonly kind: 'false-proof' | 'no-record' | Exclude<OpenedCheckpoint['kind'], 'verified'> }

const HEADING = 'c2sp.org/tlog-proof@v1'
/** Height of a tree of 2^53 leaves. */
const MAX_HASHES = 53

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')

/** Writes a proof. The record goes as `extra`, which the format leaves to the application. */
export const formatProof = ({ record, index, hashes, checkpoint }: TlogProof): string =>
  [
    HEADING,
    ...(record === null ? [] : [`extra ${base64(record)}`]),
    `index ${index}`,
    ...hashes.map(base64),
    '',
    checkpoint,
  ].join('\n')

const form =
  /^c2sp\.org\/tlog-proof@v1\n(?:extra (?<extra>[A-Za-z0-9+/]*={0,2})\n)?index (?<index>0|[1-9][0-9]{0,15})\n(?<hashes>(?:[A-Za-z0-9+/]{43}=\n)*)\n(?<checkpoint>[^]+)$/

/** Reads what `formatProof` or another writer of the format wrote; `null` for anything else. */
export const parseProof = (text: string): TlogProof | null => {
  const { extra, index, hashes = '', checkpoint = '' } = form.exec(text)?.groups ?? {}
  const lines = hashes.split('\n').slice(0, -1)
  const isExact = [...lines, extra ?? ''].every(line => base64(Buffer.from(line, 'base64')) === line)
  if (index === undefined || !Number.isSafeInteger(Number(index)) || lines.length > MAX_HASHES || !isExact) return null
  return {
    record: extra === undefined ? null : Buffer.from(extra, 'base64'),
    index: Number(index),
    hashes: lines.map(line => Buffer.from(line, 'base64')),
    checkpoint,
  }
}

/**
 * Checks a proof with the log's public key alone. Never throws.
 * @param record - the record's bytes, for a proof that does not bring them along; they must not differ from those it brings
 */
export const checkProof = (text: string, verifier: NoteKey, record: Uint8Array | null = null): CheckedProof => {
  const proof = parseProof(text)
  if (proof === null) return { kind: 'malformed' }
  const opened = openCheckpoint(proof.checkpoint, verifier)
  if (opened.kind !== 'verified') return opened
  const bytes = record ?? proof.record
  if (bytes === null) return { kind: 'no-record' }
  const { checkpoint } = opened
  const { index, hashes } = proof
  const isSame = proof.record === null || Buffer.compare(bytes, proof.record) === 0
  const inclusion = { index, size: checkpoint.size, leaf: leafHash(bytes), proof: hashes, root: checkpoint.root }
  return isSame && verifyInclusion(inclusion)
    ? { kind: 'proven', index, record: bytes, checkpoint }
    : { kind: 'false-proof' }
}
