import { createLog } from '../../../log/writing/create-log.ts'
import { openJournal, type Journal } from '../../../log/writing/journal.ts'
import type { Entry } from '../../../log/record.ts'
import { openRecordSource, type StoredLine } from '../../../log/reading/record-source.ts'
import { uuidV7 } from '../../../log/writing/uuid-v7.ts'
import { blockOf, decisionOf, origin, outcomeOf, sealedSample } from '../samples.ts'

export const sender = { origin, version: '0.1.0' }

const forward = decisionOf()
const [found] = blockOf().findings
const excepted = decisionOf({ exceptions: ['kit-names'], excepted: [{ ...found!, exception: 'kit-names' }] })
const failed = decisionOf({ method: 'MKCALENDAR', destination: '[2001:db8::1]:8443' })
export const block = blockOf({ rule: 'pattern', place: { surface: 'body', pointer: '/lanes/0/note' }, held: true })
const rejected = blockOf({ held: true })
const time = '2026-03-01T10:00:00.000Z'
const policy = `sha256:${'cd'.repeat(32)}`

const fetched = uuidV7()
const requests = { accepted: 6, open: 0, decided: 6, refused: 0, sent: 2 }

const payload = `hmac-sha256:${'ef'.repeat(32)}`
const about = (decision: string) => ({ time, decision, actor: 'os:ada' })
const because = 'a lot number, ticket 4711'
const approve = {
  ...about(block.id),
  kind: 'review.approve',
  because,
  payload,
  policy,
  destination: 'vendor.example:443',
  expires: '2026-03-01T14:00:00.000Z',
  signature: { reviewer: 'ada', fingerprint: policy, value: 'A'.repeat(86) },
} as const
const sent = { release: uuidV7(), key: uuidV7(), people: 2, approvals: [10], signature: null } as const
const release = { ...about(block.id), kind: 'review.release', because, ...sent } as const
const end = { ...about(block.id), release: sent.release, status: null, error: null } as const

/** What befalls two held payloads, each event of which there is a form at least once. */
const reviews: readonly Entry[] = [
  { ...about(block.id), kind: 'review.open', action: 'show', because: null },
  { ...about(block.id), kind: 'review.read' },
  { ...about(block.id), kind: 'review.note', note: because },
  approve,
  { ...about(block.id), kind: 'review.expire', cause: 'policy' },
  { ...approve, signature: null },
  release,
  { ...end, kind: 'review.release-unknown', error: 'process-died' },
  approve,
  release,
  { ...end, kind: 'review.release-failed', status: 401 },
  approve,
  release,
  { ...end, kind: 'review.released', status: 202 },
  { ...about(rejected.id), kind: 'review.blocked', because, attempt: uuidV7() },
  { ...about(rejected.id), kind: 'review.reject', because, finding: 'false-positive' },
  { ...about(rejected.id), kind: 'review.replay', because, replay: uuidV7() },
  { ...about(rejected.id), kind: 'review.unsent', replay: uuidV7(), error: 'dns_error' },
  { kind: 'review.resume', time, because, actor: 'os:ada' },
]

/** One record of each kind, and those that differ in what they leave out. */
export const entries: readonly Entry[] = [
  { kind: 'start', id: 'run-0000000001', time, version: '0.1.0', policy },
  { kind: 'rules.activate', id: 'activation-1', time, policy, previous: null, cause: 'start', actor: 'sluice' },
  forward,
  outcomeOf(forward.id),
  failed,
  outcomeOf(failed.id, { result: 'failed', status: null, error: 'connection_refused', bytes: 0 }),
  block,
  decisionOf({
    verdict: 'block',
    reason: 'instrument-unknown',
    instrument: null,
    route: null,
    destination: null,
    path: null,
    method: null,
    bytesIn: 0,
    bytesOut: null,
  }),
  // The one field of a closed form that can begin like a formula.
  decisionOf({ destination: '-cmd.example:443' }),
  excepted,
  rejected,
  ...reviews,
  { kind: 'purge', time, decision: block.id, cause: 'reviewer', because: null, actor: 'os:ada' },
  { kind: 'gap', time, since: forward.time, cause: 'commit-failed', refused: 3 },
  { kind: 'anchor', time, size: 13, root: `${'A'.repeat(43)}=`, file: 'failed', error: 'ENOSPC', requests },
  { kind: 'config.change', id: 'config-1', time, settings: { 'reviews.people': 2, listen: '10.77.1.10:8443' } },
  { kind: 'bundle.fetch', id: fetched, time, destination: 'policy.hospital.example:443', unless: policy },
  { kind: 'bundle.fetched', time, fetch: fetched, result: 'unchanged', status: 304, error: null, bytes: 0, ms: 41 },
  { kind: 'traffic.pause', id: 'traffic-1', time, instrument: 'novaseq-01', actor: 'ada' },
  { kind: 'traffic.resume', id: 'traffic-2', time, instrument: null, actor: 'ada' },
  { kind: 'ca.rotate', time, action: 'activate', certificate: policy, previous: null, actor: 'ada' },
  {
    kind: 'key.rotate',
    id: 'key-1',
    time,
    action: 'rotate',
    reviewer: 'ada',
    previous: policy,
    fingerprint: policy,
    signingKey: 'A'.repeat(43),
    resealed: 0,
    actor: 'ada',
  },
  { kind: 'held.sweep', time, swept: 1 },
  { kind: 'stop', id: 'run-0000000001', time, cause: 'signal', requests },
]

/** Appends them, with a payload where a decision says that one is held. */
export const appendSamples = async (journal: Journal): Promise<void> => {
  for (const entry of entries)
    await (entry.kind === 'decision' && entry.held ? journal.append(entry, sealedSample) : journal.append(entry))
}

/** Writes them and reads them back. */
export const sampleLines = async (directory: string): Promise<readonly StoredLine[]> => {
  createLog(directory, origin)
  const journal = await openJournal({ directory })
  await appendSamples(journal)
  await journal.close()
  const source = openRecordSource(directory)
  try {
    return source.batch(0, 1_000)
  } finally {
    source.close()
  }
}
