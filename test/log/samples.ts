import { createLog } from '../../log/writing/create-log.ts'
import { openJournal } from '../../log/writing/journal.ts'
import type { DecisionEntry, OutcomeEntry } from '../../log/record.ts'
import { seal, type Sealed } from '../../log/held/seal.ts'
import type { ReviewerPublicKey } from '../../log/review/reviewer.ts'
import { uuidV7 } from '../../log/writing/uuid-v7.ts'

/** Made-up records for the tests of the log. */

export const origin = 'sluice.test/log'

export const decisionOf = (given: Partial<DecisionEntry> = {}): DecisionEntry => ({
  kind: 'decision',
  id: uuidV7(),
  time: '2026-03-01T09:30:00.000Z',
  ingress: 'connect',
  client: '192.0.2.10',
  instrument: 'novaseq-1',
  route: 'run-metrics',
  destination: 'vendor.example:443',
  method: 'POST',
  path: '/v1/runs/{runId}/metrics',
  verdict: 'forward',
  reason: null,
  rule: null,
  place: null,
  findings: [],
  policy: `sha256:${'ab'.repeat(32)}`,
  bytesIn: 1_204,
  bytesOut: 1_180,
  digest: null,
  replayOf: null,
  held: false,
  ...given,
})

export const blockOf = (given: Partial<DecisionEntry> = {}): DecisionEntry =>
  decisionOf({
    verdict: 'block',
    reason: 'sensitive-content',
    bytesOut: null,
    findings: [
      {
        detector: 'nucleotide-run',
        category: 'sequence',
        surface: 'body',
        pointer: '/lanes/0/note',
        chain: ['base64', 'gzip'],
        length: 151,
      },
    ],
    ...given,
  })

export const outcomeOf = (decision: string, given: Partial<OutcomeEntry> = {}): OutcomeEntry => ({
  kind: 'outcome',
  time: '2026-03-01T09:30:00.120Z',
  decision,
  result: 'relayed',
  status: 200,
  error: null,
  bytes: 17,
  ms: 118,
  ...given,
})

/** What stands for a sealed payload where nobody opens it. */
export const sealedSample: Sealed = { nonce: new Uint8Array(12), ciphertext: new Uint8Array(17), recipients: [] }

/** Makes a log with `pairs` decisions, each with its outcome, and one blocked payload that is held for the reviewers. */
export const fillLog = async (directory: string, pairs: number, reviewers: readonly ReviewerPublicKey[]) => {
  createLog(directory, origin)
  const journal = await openJournal({ directory, maxQueue: 1_000_000 })
  const held = blockOf({ held: true })
  const written = [journal.append(held, await seal(reviewers, held.id, Buffer.from('{"note":"made up"}')))]
  for (let count = 0; count < pairs; count++) {
    const decision = decisionOf()
    written.push(journal.append(decision), journal.append(outcomeOf(decision.id)))
  }
  await Promise.all(written)
  await journal.close()
  return { held: held.id, size: 1 + 2 * pairs }
}
