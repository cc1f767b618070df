import { writeSync } from 'node:fs'
import { openJournal } from '../../log/journal.ts'
import { decisionOf, outcomeOf } from './samples.ts'

/**
 * A process for the tests that kill or trace: appends to the log in the first argument, `second argument` chains at a time,
 * and writes `ack <id>` to stdout once a decision is acknowledged. The third argument ends it after so many decisions.
 */
const [directory = '', chains = '1', limit = 'Infinity'] = process.argv.slice(2)
const journal = await openJournal({ directory })
let left = Number(limit)

const chain = async (): Promise<void> => {
  while (left-- > 0) {
    const decision = decisionOf()
    await journal.append(decision)
    writeSync(1, `ack ${decision.id}\n`)
    await journal.append(outcomeOf(decision.id))
  }
}

await Promise.all(Array.from({ length: Number(chains) }, chain))
await journal.close()
