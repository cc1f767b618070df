import type { ReleaseEndEntry } from '../../log/record.ts'
import type { UpstreamAnswer } from '../upstream/forwarder.ts'
import { isCertainlyUnsent } from '../upstream/upstream-fault.ts'

export type ReleaseEnd = Pick<ReleaseEndEntry, 'kind' | 'status' | 'error'>

/** A gateway of the vendor's does not know itself whether what stands behind it took the request (RFC 9110 sections 15.6.3, 15.6.5). */
const unclear: ReadonlySet<number> = new Set([502, 504])

/**
 * How a release ended by the answer. Only what the vendor said it took is released; what may have reached it without an answer is
 * unknown, and all else failed.
 */
export const releaseEnd = (answer: UpstreamAnswer): ReleaseEnd => {
  if (answer.kind === 'fault') {
    const { fault: error } = answer
    return { kind: isCertainlyUnsent(error) ? 'review.release-failed' : 'review.release-unknown', status: null, error }
  }
  const { status } = answer
  if (status >= 200 && status < 300) return { kind: 'review.released', status, error: null }
  return { kind: unclear.has(status) ? 'review.release-unknown' : 'review.release-failed', status, error: null }
}
