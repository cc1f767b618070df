import type { Database } from 'better-sqlite3'
import { createPublicKey, hash } from 'node:crypto'
import { isSigned } from '../review/review-signature.ts'
import { statementBytes, statementOf, statementTypes } from '../review/statement.ts'
import type { ApproveEntry, DecisionEntry, KeyEntry, LogRecord, ReleaseEntry } from '../record.ts'
import { segmentsOf } from '../segments/segments.ts'

/** Milliseconds after which a key that was retired signs nothing any more: what was checked before is recorded soon after. */
const UNDER_WAY = 60_000

/**
 * Whether the signature under an approval or a release, if the record has one, is of the reviewer's key that the log had named by then, and
 * of what the records say. What it was over may have been redacted or purged: then nothing can be said against it.
 */
export const signatureCheck = (database: Database): ((record: LogRecord) => boolean) => {
  const find = database.prepare("SELECT body FROM record WHERE id = ? AND kind = 'decision'").pluck()
  const findAt = database.prepare("SELECT body FROM record WHERE sequence = ? AND kind = 'review.approve'").pluck()
  let keys: KeyHistory | null = null

  const decisionOf = (id: string) => parsed<DecisionEntry>(find.get(id))
  /** The last one on which a release rests: what was signed names its end. */
  const approvalOf = ({ approvals }: ReleaseEntry) => parsed<ApproveEntry>(findAt.get(approvals.at(-1) ?? -1))

  return record => {
    if (record.kind !== 'review.approve' && record.kind !== 'review.release') return true
    const { signature, sequence, time } = record
    if (signature === null) return true
    keys ??= readKeys(database)
    const key = keys.signingKey(signature.reviewer, signature.fingerprint, sequence, time)
    if (key === null) return !keys.isWhole
    const approval = record.kind === 'review.approve' ? record : approvalOf(record)
    const decision = decisionOf(record.decision)
    if (!approval || !decision) return true
    const { policy, expires, payload, destination } = approval
    if (payload !== decision.payload || destination !== decision.destination) return false
    const type = record.kind === 'review.approve' ? statementTypes.approve : statementTypes.release
    const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: key }, format: 'jwk' })
    return isSigned(publicKey, type, statementBytes(statementOf(decision, policy, expires)), signature.value)
  }
}

const parsed = <Form>(body: unknown): (LogRecord & Form) | null =>
  typeof body === 'string' ? (JSON.parse(body) as LogRecord & Form) : null

type KeyHistory = {
  /** The key of a reviewer as it stood when a record was written, in base64url; null when it was another, or none. */
  readonly signingKey: (reviewer: string, fingerprint: string, sequence: number, time: string) => string | null
  /** False when what is purged may have named further keys. */
  readonly isWhole: boolean
}

const readKeys = (database: Database): KeyHistory => {
  const bodies = database
    .prepare("SELECT body, sequence FROM record WHERE id >= 'key-' AND id < 'key.' ORDER BY sequence")
    .pluck()
    .all()
  const entries = bodies.flatMap(body => parsed<KeyEntry>(body) ?? [])
  return {
    isWhole: !segmentsOf(database).some(({ isPurged }) => isPurged),
    signingKey: (reviewer, fingerprint, sequence, time) => {
      const own = entries.filter(entry => entry.reviewer === reviewer && entry.sequence < sequence)
      const index = own.findLastIndex(
        ({ signingKey }) => signingKey !== null && fingerprintOf(signingKey) === fingerprint,
      )
      const next = own[index + 1]
      const isOver = next !== undefined && Date.parse(time) - Date.parse(next.time) > UNDER_WAY
      return isOver ? null : (own[index]?.signingKey ?? null)
    },
  }
}

const fingerprintOf = (signingKey: string): string =>
  `sha256:${hash('sha256', Buffer.from(signingKey, 'base64url'), 'hex')}`
