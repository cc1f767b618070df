import { generateKeyPairSync } from 'node:crypto'
import { writeSync } from 'node:fs'
import { openJournal } from '../../../log/writing/journal.ts'
import { fingerprintOf } from '../../../log/review/reviewer.ts'
import { seal } from '../../../log/held/seal.ts'
import { blockOf, decisionOf, outcomeOf } from '../samples.ts'

/**
 * A process for the tests that kill or trace: appends to the log in the first argument, `second argument` chains at a time,
 * and writes `ack <id>` to stdout once a decision is acknowledged. Every eighth is a block with a payload that is held. The third argument ends it after so many decisions.
 */
const [directory = '', chains = '1', limit = 'Infinity'] = process.argv.slice(2)
const journal = await openJournal({ directory })
let left = Number(limit)

const { publicKey: key } = generateKeyPairSync('x25519')
const reviewers = [{ name: 'ada', fingerprint: fingerprintOf(key), key }]

const appendHeld = async () => {
  const decision = blockOf({ held: true })
  await journal.append(decision, await seal(reviewers, decision.id, Buffer.alloc(6_000, 'made up')))
  return decision
}

const chain = async (): Promise<void> => {
  while (left-- > 0) {
    const decision = left % 8 === 0 ? await appendHeld() : decisionOf()
    if (!decision.held) await journal.append(decision)
    writeSync(1, `ack ${decision.id}\n`)
    await journal.append(outcomeOf(decision.id))
  }
}

await Promise.all(Array.from({ length: Number(chains) }, chain))
await journal.close()
