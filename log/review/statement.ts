import { canonicalize } from '../../rules/canonical.ts'
import type { DecisionEntry, LogRecord } from '../record.ts'
import type { SignedType } from './review-signature.ts'

/**
 * What a reviewer signs. Everything in it stands in the log: in the record of the decision and in that of the approval or the release,
 * so that an auditor can write it again and check the signature.
 */
export type Statement = {
  /** Id of the decision under which the payload is held. */
  readonly decision: string
  /** Digest of what was sealed, and keyed digest of the payload that is in it: both from the record of the decision. */
  readonly seal: string
  readonly payload: string
  /** Digest of the policy under which it may leave, and `host:port` to which. */
  readonly policy: string
  readonly destination: string
  /** When the approval ends: RFC 3339, UTC, milliseconds. For a release, that of the last approval that it rests on. */
  readonly expires: string
}

/** An approval cannot be shown as a release, nor the other way round: the type is signed with the statement. */
export const statementTypes = {
  approve: 'application/vnd.sluice.approval+json',
  release: 'application/vnd.sluice.release+json',
} as const satisfies Record<string, SignedType>

/** What is signed about a held payload that `approvalRail` has nothing against. */
export const statementOf = (
  { id, seal, payload, destination }: LogRecord & DecisionEntry,
  policy: string,
  expires: string,
): Statement => ({ decision: id, seal: seal!, payload: payload!, policy, destination: destination!, expires })

/** The octets that are signed: canonical JSON (RFC 8785). */
export const statementBytes = (statement: Statement): Uint8Array => Buffer.from(canonicalize(statement))
