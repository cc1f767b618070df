import { once } from 'node:events'
import { connect, createServer, type AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { openJournal } from '../../log/writing/journal.ts'
import { activeReviewers } from '../../log/review/reviewer-folder.ts'
import type { DataFolder } from '../../proxy/data-folder.ts'
import { createForwarder } from '../../proxy/upstream/forwarder.ts'
import { ledgerFrom } from '../../proxy/ledger.ts'
import { unfailing, type Notice } from '../../proxy/watch/notice.ts'
import { noInspectors } from '../../proxy/inspection/no-inspectors.ts'
import { createPipeline, type PipelineParts } from '../../proxy/pipeline.ts'
import { loadPolicy } from '../../proxy/policy/policy-file.ts'
import { spliceLedgerFrom } from '../../proxy/splice/splice-ledger.ts'
import { noSpool } from '../../proxy/spool/spool-gate.ts'
import { SpoolRoom } from '../../proxy/spool/spool-room.ts'
import { createSplicer } from '../../proxy/splice/splicer.ts'
import { appraise } from '../../rules/inspect.ts'
import { noPauses } from '../../rules/pauses.ts'
import type { SplicedDestination } from '../../rules/splice/splice.ts'
import { decisionsOf, makeFolder } from '../kit/appliance.ts'
import { messageOf } from '../kit/message.ts'
import { spoolPolicy } from '../kit/spooling.ts'
import { addresses, testPolicy } from '../kit/test-policy.ts'
import { startVendor } from '../kit/vendor.ts'

const vendor = await startVendor()
t.teardown(() => vendor.close())

const message = messageOf({
  arrival: {
    client: addresses.known,
    ingress: { kind: 'gateway', names: ['appliance.test'], port: 443 },
    time: Date.now(),
  },
  target: '/v1/serial',
  fields: [
    ['Host', 'appliance.test'],
    ['Content-Type', 'application/json'],
  ],
  body: '{"serial":1}',
})

const fail = (): never => {
  throw new TypeError('a fault that holds ACGTACGTACGTACGTACGT')
}

/** What a pipeline is made of, whole; and what it tells people. */
const partsOf = async (t: Test, folder: DataFolder): Promise<PipelineParts & { readonly notices: Notice[] }> => {
  const journal = await openJournal({ directory: folder.log, maxHeld: { payloads: 9, bytes: 9_999 } })
  const forwarder = createForwarder(folder.upstream)
  t.teardown(async () => {
    forwarder.close()
    await journal.close()
  })
  const notices: Notice[] = []
  return {
    policy: loadPolicy(`${folder.root}/policy.yaml`),
    journal,
    forwarder,
    splicer: createSplicer(folder.upstream),
    inspectors: noInspectors,
    spool: noSpool,
    reviewers: () => activeReviewers(folder.reviewers),
    whenFull: 'refuse',
    ledger: ledgerFrom(folder.log),
    splices: spliceLedgerFrom(folder.log),
    notify: notice => void notices.push(notice),
    hasRoom: () => true,
    pauses: () => noPauses,
    notices,
  }
}

t.test('P8: a fault in any part on the way to a verdict blocks, with a record and a word to a person', async t => {
  const folder = await makeFolder(t, testPolicy(vendor.port))
  const { notices, ...parts } = await partsOf(t, folder)
  const decisions = decisionsOf(t, folder)
  const broken: Record<string, Partial<PipelineParts>> = {
    'what has left': { ledger: { ...parts.ledger, history: fail } },
    'entering what leaves': { ledger: { ...parts.ledger, enter: fail } },
    'the watch over the disk': { hasRoom: fail },
    pauses: { pauses: fail },
    'the threads that inspect': { inspectors: { appraise: fail } },
    'a thread that inspects': { inspectors: { appraise: () => Promise.reject(new TypeError('a fault')) } },
  }
  for (const [name, part] of Object.entries(broken)) {
    const gate = createPipeline({ ...parts, ...part }).gate()
    const passage = await gate.pass(message, new AbortController())
    t.match(passage, { kind: 'blocked', block: { reason: 'inspection-failed', instrument: 'novaseq-01' } }, name)
    t.match(decisions.all().at(-1), { verdict: 'block', reason: 'inspection-failed' }, `${name}: its record`)
  }
  t.same(
    notices.filter(({ kind }) => kind !== 'request'),
    Object.keys(broken).map(() => ({ kind: 'decision-failed', error: 'TypeError' })),
  )
  const spliceGate = createPipeline({ ...parts, splices: { ...parts.splices, of: fail } }).gate().splices
  const socket = connect((await listening(t)).port, '127.0.0.1')
  const to = { host: 'pinned.test', port: 443 } as SplicedDestination
  const hello = { kind: 'hello', serverName: 'pinned.test' } as const
  const spliced = await spliceGate.pass(message.arrival, to, hello, socket)
  socket.destroy()
  t.match(spliced, { kind: 'blocked', block: { reason: 'inspection-failed', destination: 'pinned.test:443' } })
  t.equal(vendor.connections(), 0, 'nothing left')
  t.match(
    await createPipeline(parts).gate().pass(message, new AbortController()),
    { kind: 'forwarded' },
    'and whole it would',
  )
})

const listening = async (t: { readonly teardown: (done: () => void) => void }): Promise<AddressInfo> => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => void server.close())
  return server.address() as AddressInfo
}

t.test('P8: whom nobody can tell keeps no decision from its record, nor a request from its answer', async t => {
  const warned = once(process, 'warning') as Promise<[Error]>
  unfailing(fail)({ kind: 'log-recovered' })
  const [{ message }] = await warned
  t.equal(message, 'the notice log-recovered could not be given: TypeError')
})

t.test('P8: what people pause while a thread inspects it does not leave, and is not held', async t => {
  const folder = await makeFolder(t, testPolicy(vendor.port))
  const { notices: _, ...parts } = await partsOf(t, folder)
  let pauses = noPauses
  const inspectors: PipelineParts['inspectors'] = {
    appraise: async (inspected, policy) => {
      pauses = { all: true, instruments: new Set() }
      return appraise(inspected, policy)
    },
  }
  const passage = await createPipeline({ ...parts, inspectors, pauses: () => pauses })
    .gate()
    .pass(message, new AbortController())
  t.match(passage, { kind: 'blocked', block: { reason: 'paused', instrument: 'novaseq-01' } })
  t.match(decisionsOf(t, folder).all(), [{ reason: 'paused', held: 0 }])
})

t.test('P8: what was to wait and fails leaves nothing behind: it is not accepted, and its room is free', async t => {
  const folder = await makeFolder(t, spoolPolicy(vendor.port))
  const { notices, ...parts } = await partsOf(t, folder)
  const room = new SpoolRoom({ items: 2, bytes: 10_000 })
  const spool: PipelineParts['spool'] = {
    reserve: (instrument, bytes) => room.take(instrument, bytes),
    giveBack: (instrument, bytes) => room.leave(instrument, bytes),
    accept: () => Promise.reject(new TypeError('a fault')),
  }
  const toWait = { ...message, head: { ...message.head, target: '/v1/once' } }
  const passedBy = (part: Partial<PipelineParts>) =>
    createPipeline({ ...parts, spool, ...part })
      .gate()
      .pass(toWait, new AbortController())
  t.match(await passedBy({ spool: { ...spool, reserve: fail } }), { block: { reason: 'inspection-failed' } })
  t.match(await passedBy({ ledger: { ...parts.ledger, enter: fail } }), { block: { reason: 'inspection-failed' } })
  t.same(room.total, { items: 0, bytes: 0 })
  t.match(await passedBy({}), { kind: 'unrecorded' })
  t.equal(room.total.items, 1, 'it is the spool itself that gives back what it does not accept')
  t.same(
    notices.map(({ kind }) => kind).filter(kind => kind !== 'request'),
    ['decision-failed', 'decision-failed', 'log-failed'],
  )
  t.equal(vendor.connections(), 1, 'nothing left beside what the test before sent')
})
