import t from 'tap'
import type { ApproveEntry, DecisionEntry, LogRecord } from '../../../log/record.ts'
import type { ReviewCase } from '../../../log/review/case.ts'
import { approvalRail, releaseRail, replayRail, type RailContext } from '../../../proxy/review/review-rails.ts'
import { blockOf } from '../../log/samples.ts'

// What no command can bring about, because something else is in its way: an approval for another destination is for another policy as well,
// and what was sent again is not held anew. Should either change, the rail is still there.

const now = Date.parse('2026-03-01T10:00:00.000Z')
const policy = `sha256:${'ab'.repeat(32)}`
const context: RailContext = {
  now,
  policy: { digest: policy, neverRelease: new Set() },
  settings: { people: 2, approvalExpires: 3_600_000, releasesPerHour: 20, stopAfterFailures: 3 },
}

const approval: LogRecord & ApproveEntry = {
  v: 1,
  salt: '',
  seal: null,
  sequence: 2,
  kind: 'review.approve',
  time: new Date(now).toISOString(),
  decision: '019aa0f2-7d1c-7abc-9def-0123456789ab',
  actor: 'os:ada',
  because: 'a lot number',
  payload: '',
  policy,
  destination: 'vendor.example:443',
  expires: new Date(now + 60_000).toISOString(),
  signature: null,
}

const caseOf = (given: Partial<DecisionEntry>, more: Partial<ReviewCase> = {}): ReviewCase => ({
  decision: {
    v: 1,
    salt: '',
    sequence: 1,
    ...blockOf({ held: true, payload: 'hmac', ...given }),
  } as ReviewCase['decision'],
  state: 'in-review',
  events: [],
  approvals: [],
  rejected: null,
  unknownRelease: null,
  ...more,
})

const bob = { actor: 'os:bob', signature: null }
const none = { recent: 0, failures: 0 }

t.test('rails: an approval is for one destination', async t => {
  const approved = { state: 'approved', approvals: [approval] } as const
  t.equal(releaseRail(caseOf({ destination: 'vendor.example:443' }, approved), bob, none, context), null)
  t.equal(
    releaseRail(caseOf({ destination: 'other.example:443' }, approved), bob, none, context),
    'destination-changed',
  )
})

t.test('rails: what was sent again is neither approved nor sent once more', async t => {
  const again = caseOf({ replayOf: '019aa0f2-7d1c-7abc-9def-0123456789ac' })
  t.equal(approvalRail(again, now + 60_000, context), 'request-looped')
  t.equal(replayRail(again), 'request-looped')
  t.equal(replayRail(caseOf({})), null)
})
