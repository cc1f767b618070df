import type { Frontier } from '../proofs/merkle.ts'
import { rootOf } from '../proofs/merkle.ts'

/** What tampering leaves behind. Codes are stable. */
export const tamperings = {
  'record-missing': 'records are missing from the middle of the log; the first of them is given',
  'log-truncated': 'the last records are missing; the first of them is given',
  'record-edited': 'the record is not the one whose hash was stored',
  'record-misplaced': 'the record says that it belongs elsewhere: records were moved, inserted or renumbered',
  'record-malformed': 'the record is not one that sluice writes',
  'record-not-canonical': 'the record is not in canonical form',
  'record-unsigned': 'the record was added behind the signed end of the log',
  'root-mismatch': 'all records together are not those that the checkpoint signs',
  'frontier-mismatch': 'the stored tree is not the tree of the records',
  'checkpoint-missing': 'the log has no checkpoint',
  'checkpoint-malformed': 'the checkpoint is not a checkpoint',
  'checkpoint-forged': 'the checkpoint was not signed by the key of the log',
  'schema-altered': 'tables, columns, triggers or views were changed, so that queries could lie',
  'index-altered': 'the database contradicts itself, so that queries could lie',
  'segment-missing': 'a sealed segment is gone, and no record says that it was purged; its first record is given',
  'segment-altered': 'a sealed segment is not the one that was sealed; its first record is given',
  'purge-forged': 'records are gone, and no purge in the log vouches for them',
  'redaction-forged': 'the record was emptied, and no redaction in the log names it and its hash',
  'outcome-orphan': 'the outcome names no earlier decision',
  'requests-unaccounted': 'the appliance counted more requests, or sent more, than there are decisions for in the log',
  'held-missing': 'a held payload is gone, and no record says that it was purged',
  'held-altered': 'a held payload is not the one that was sealed for the decision',
  'held-state': 'a held payload is in a state to which its records do not lead',
  'review-impossible': 'records say of a held payload what cannot have happened in that order',
  'signature-forged':
    'the signature under an approval or a release is not of the reviewer whom it names, or not of what the records say',
  'held-orphan': 'a payload is held for which there is no decision',
  'spool-missing': 'a spooled payload is gone, and no record says what became of it',
  'spool-altered': 'a spooled payload is not the one that was sealed for the decision',
  'spool-state': 'a spooled payload is in a state to which its records do not lead',
  'spool-impossible': 'records say of a spooled payload what cannot have happened in that order, or under its promise',
  'spool-orphan': 'a payload is spooled for which there is no decision',
  'rolled-back': 'the log is shorter than the anchor says it was: an older copy was put in its place',
  'anchor-mismatch': 'the log does not begin with the records that the anchor signs: they were written anew',
} as const

export type Tampering = keyof typeof tamperings

export type Evidence = { readonly sequence: number | null; readonly what: Tampering }

/** Why nothing can be said, with `intact` and `tampered` both possible. Codes are stable. */
export const inconclusives = {
  'log-unreadable': 'the database of the log cannot be read to its end',
  'key-unreadable': 'the public key of the log is missing, or is not a key',
  'version-unknown': 'the database is not a log that this version of sluice can read',
  'anchor-unusable': 'an anchor is no checkpoint of this log, or was not signed by its key',
  'anchor-missing': 'an anchor is required, and none was given',
  'anchor-too-old': 'the newest anchor is older than required, so a roll-back to it would not show',
} as const

export type Inconclusive = keyof typeof inconclusives

/** Records that are gone, on the record: `first` to `last`, when and by whom. */
export type Purged = { readonly first: number; readonly last: number; readonly time: string; readonly actor: string }

/** What was checked: records from `from` up to, and without, `to` were read; the others by their hashes only. */
export type Checked = {
  readonly from: number
  readonly to: number
  readonly anchored: number | null
  /** In the order of their records. */
  readonly purged: readonly Purged[]
  /** How many records that were read turned out to be redacted. */
  readonly redacted: number
}

export type Verification =
  | (Checked & {
      readonly kind: 'intact'
      readonly size: number
      /** In base64, as in a checkpoint. */
      readonly root: string
    })
  | { readonly kind: 'tampered'; readonly evidence: readonly [Evidence, ...Evidence[]] }
  | { readonly kind: 'inconclusive'; readonly why: Inconclusive }

/** Evidence of one kind that is listed; a shifted log would otherwise list every record. */
export const MAX_EVIDENCE = 100

export type Collector = {
  readonly add: (what: Tampering, sequence: number | null) => void
  readonly has: (what: Tampering) => boolean
  readonly doubt: (why: Inconclusive) => void
  readonly verdict: (tree: Frontier, checked: Checked) => Verification
}

/** Evidence outweighs doubt: a log that is part unreadable and part forged is forged. */
export const collectEvidence = (): Collector => {
  const found: Evidence[] = []
  const counts = new Map<Tampering, number>()
  let doubt: Inconclusive | null = null
  return {
    add: (what, sequence) => {
      const count = (counts.get(what) ?? 0) + 1
      counts.set(what, count)
      if (count <= MAX_EVIDENCE) found.push({ sequence, what })
    },
    has: what => counts.has(what),
    doubt: why => {
      doubt ??= why
    },
    verdict: (tree, checked) => {
      const [first, ...others] = found
      if (first !== undefined) return { kind: 'tampered', evidence: [first, ...others] }
      if (doubt !== null) return { kind: 'inconclusive', why: doubt }
      return { kind: 'intact', size: tree.size, root: rootOf(tree).toString('base64'), ...checked }
    },
  }
}
