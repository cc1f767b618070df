import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { openAuthority } from '../../certs/authority.ts'
import { openJournal } from '../../log/writing/journal.ts'
import { activeReviewers } from '../../log/review/reviewer-folder.ts'
import { activateStart } from '../../proxy/policy/activations.ts'
import type { DataFolder } from '../../proxy/data-folder.ts'
import { createForwarder } from '../../proxy/upstream/forwarder.ts'
import { ledgerFrom } from '../../proxy/ledger.ts'
import { noInspectors } from '../../proxy/inspection/no-inspectors.ts'
import { createPipeline } from '../../proxy/pipeline.ts'
import { packsFolder } from '../../proxy/policy/policy-file.ts'
import { readSettings } from '../../proxy/settings.ts'
import { spliceLedgerFrom } from '../../proxy/splice/splice-ledger.ts'
import { noSpool } from '../../proxy/spool/spool-gate.ts'
import { createSplicer } from '../../proxy/splice/splicer.ts'
import { startPolicy } from '../../proxy/policy/start-policy.ts'
import type { JsonValue } from '../../rules/canonical.ts'
import type { Message } from '../../rules/message.ts'
import { runMetadata, seeded } from './run-metadata.ts'
import { addresses, testPolicy } from './test-policy.ts'

/** The field that nobody has allowed yet, as after an update of the firmware. */
export const newField = 'pumpHours'

/** Payloads that are on their way to the disk at a time. */
const AT_ONCE = 64

/**
 * Puts blocked payloads into a data folder, as its appliance would have: through the gate, sealed to its reviewers, under its policy.
 * @param messages - which that policy blocks
 * @returns ids of the decisions
 */
export const holdPayloads = async (folder: DataFolder, messages: readonly Message[]): Promise<readonly string[]> => {
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
      inspectors: noInspectors,
      policy,
      journal,
      forwarder,
      reviewers: () => people,
      whenFull: settings.held.whenFull,
      ledger: ledgerFrom(folder.log),
      splices: spliceLedgerFrom(folder.log),
      splicer: createSplicer(folder.upstream),
      spool: noSpool,
      notify: () => undefined,
      hasRoom: () => true,
      pauses: () => ({ all: false, instruments: new Set() }),
    })
    const gate = pipeline.gate()
    const ids: string[] = []
    for (let from = 0; from < messages.length; from += AT_ONCE) {
      const passages = messages.slice(from, from + AT_ONCE).map(message => gate.pass(message, new AbortController()))
      for (const { kind, id } of await Promise.all(passages)) {
        if (kind !== 'blocked') throw new Error(`a payload that was to be blocked was ${kind}`)
        ids.push(id)
      }
    }
    return ids
  } finally {
    forwarder.close()
    await journal.close()
  }
}

const read = 'GATTACAGATTACAGGATCCATTGACCATGACCTGA'

/**
 * Requests that `testPolicy` with the kind `run-performance` blocks: half of them have a field too many, the others a read, an address, or a
 * path that no route has. They are the same every time.
 */
export const blockedMessages = (count: number): readonly Message[] => {
  const random = seeded(11)
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)]!
  return runMetadata('run-performance', count, random).map(({ value }, index) => {
    const client = pick([addresses.known, addresses.other])
    const kind = '/proactive/v1/run-performance'
    const object = value as Readonly<Record<string, JsonValue>>
    switch (index % 8) {
      case 0:
        return requestOf(client, '/v1/serial', { serial: index, note: read })
      case 1:
        return requestOf(client, '/v1/serial', { serial: index, lanes: [{ lane: index % 8, note: `x ${read}` }] })
      case 2:
        return requestOf(client, '/v1/serial', { serial: index, note: 'a@example.org' })
      case 3:
        return requestOf(client, '/v1/unheard-of', value)
      default:
        return requestOf(client, kind, { ...object, [newField]: index })
    }
  })
}

/** A request of a gateway client. */
export const requestOf = (client: string, target: string, value: JsonValue): Message => ({
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

/** The text of `testPolicy` once somebody has allowed the new field. @param more - members of its route */
export const allowingNewField = (more: object = {}): string => {
  const file = join(packsFolder, 'illumina-proactive', 'run-performance.schema.json')
  const schema = JSON.parse(readFileSync(file, 'utf8')) as { readonly properties: Record<string, object> }
  schema.properties[newField] = { type: 'integer', minimum: 0, maximum: 1_000_000 }
  const policy = JSON.parse(testPolicy(443, [], ['run-performance'])) as {
    readonly routes: readonly { readonly id: string; readonly body: object }[]
  }
  const routes = policy.routes.map(route =>
    route.id === 'run-performance' ? { ...route, body: { ...route.body, schema }, ...more } : route,
  )
  return JSON.stringify({ ...policy, routes })
}
