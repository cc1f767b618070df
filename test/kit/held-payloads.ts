import { openAuthority } from '../../certs/authority.ts'
import { openJournal } from '../../log/journal.ts'
import { activeReviewers } from '../../log/reviewer-folder.ts'
import { activateStart } from '../../proxy/activations.ts'
import type { DataFolder } from '../../proxy/data-folder.ts'
import { createForwarder } from '../../proxy/forwarder.ts'
import { ledgerFrom } from '../../proxy/ledger.ts'
import { createPipeline } from '../../proxy/pipeline.ts'
import { readSettings } from '../../proxy/settings.ts'
import { spliceLedgerFrom } from '../../proxy/splice-ledger.ts'
import { createSplicer } from '../../proxy/splicer.ts'
import { startPolicy } from '../../proxy/start-policy.ts'
import type { JsonValue } from '../../rules/canonical.ts'
import type { Message } from '../../rules/message.ts'
import { runMetadata, seeded } from './run-metadata.ts'
import { addresses } from './test-policy.ts'

/** The field that nobody has allowed yet, as after an update of the firmware. */
export const newField = 'pumpHours'

/** Payloads that are on their way to the disk at a time. */
const AT_ONCE = 64

/**
 * Fills a data folder with blocked payloads, as its appliance would have: through the gate, sealed to its reviewers, under its policy, which
 * has to be `testPolicy` with the kind `run-performance`. Half of them have a field too many, the others an address, a read, or a path that no
 * route has; they are the same every time but for their ids and times.
 */
export const holdPayloads = async (folder: DataFolder, count: number): Promise<void> => {
  const settings = readSettings(folder)
  const authority = openAuthority(folder.authority)
  const journal = await openJournal({ directory: folder.log })
  const forwarder = createForwarder(folder.upstream)
  try {
    const { policy } = await activateStart(
      { folder, settings, journal, authority: () => authority },
      startPolicy(folder, settings),
    )
    const people = activeReviewers(folder.reviewers)
    const pipeline = createPipeline({
      policy,
      journal,
      forwarder,
      reviewers: () => people,
      whenFull: settings.held.whenFull,
      ledger: ledgerFrom(folder.log),
      splices: spliceLedgerFrom(folder.log),
      splicer: createSplicer(folder.upstream),
      notify: () => undefined,
      hasRoom: () => true,
      pauses: () => ({ all: false, instruments: new Set() }),
    })
    const gate = pipeline.gate()
    const messages = blockedMessages(count)
    for (let from = 0; from < count; from += AT_ONCE) {
      const passages = messages.slice(from, from + AT_ONCE).map(message => gate.pass(message, new AbortController()))
      for (const { kind } of await Promise.all(passages))
        if (kind !== 'blocked') throw new Error(`a payload that was to be blocked was ${kind}`)
    }
  } finally {
    forwarder.close()
    await journal.close()
  }
}

const read = 'GATTACAGATTACAGGATCCATTGACCATGACCTGA'

const blockedMessages = (count: number): readonly Message[] => {
  const random = seeded(11)
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)]!
  return runMetadata('run-performance', count, random).map(({ value }, index) => {
    const client = pick([addresses.known, addresses.other])
    const kind = '/proactive/v1/run-performance'
    const object = value as Readonly<Record<string, JsonValue>>
    switch (index % 8) {
      case 0:
        return messageOf(client, '/v1/serial', { serial: index, note: read })
      case 1:
        return messageOf(client, '/v1/serial', { serial: index, lanes: [{ lane: index % 8, note: `x ${read}` }] })
      case 2:
        return messageOf(client, '/v1/serial', { serial: index, note: 'a@example.org' })
      case 3:
        return messageOf(client, '/v1/unheard-of', value)
      default:
        return messageOf(client, kind, { ...object, [newField]: index })
    }
  })
}

const messageOf = (client: string, target: string, value: JsonValue): Message => ({
  arrival: { client, ingress: { kind: 'gateway', names: ['appliance.test'], port: 8443 }, time: Date.now() },
  head: {
    method: 'POST',
    target,
    version: '1.1',
    fields: [
      ['Host', 'appliance.test'],
      ['Content-Type', 'application/json'],
    ],
  },
  content: { kind: 'complete', bytes: Buffer.from(JSON.stringify(value)), trailers: 0 },
})
