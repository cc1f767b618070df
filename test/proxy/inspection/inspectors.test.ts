import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import t, { type Test } from 'tap'
import { verifyLog } from '../../../log/verify/verify.ts'
import { openInspectors, type InspectorsTuning } from '../../../proxy/inspection/inspectors.ts'
import { loadPolicy } from '../../../proxy/policy/policy-file.ts'
import { appraise, inspect, settle } from '../../../rules/inspect.ts'
import type { Field, Message } from '../../../rules/message.ts'
import { makeFolder, startInProcess, startProcess, type Reachable } from '../../kit/appliance.ts'
import { messageOf } from '../../kit/message.ts'
import { postJson, sendRaw } from '../../kit/raw-client.ts'
import { addresses, testPolicy } from '../../kit/test-policy.ts'
import { startVendor } from '../../kit/vendor.ts'

const READ = 'GATTACAGATTACAGGATCCATTGACCATGACCTGA'

const noted = (note: string): string => JSON.stringify({ note: `tile ${note}` })

/** A message of over 64 KB. */
const large = (note: string): string =>
  JSON.stringify({ note, lanes: Array.from({ length: 2_500 }, (_, at) => ({ lane: at % 8, note: `tile ${at}` })) })

const sentTo = (
  target: string,
  body: string | Uint8Array,
  more: readonly Field[] = [],
  client: string = addresses.known,
) =>
  messageOf({
    arrival: { client, ingress: { kind: 'gateway', names: ['appliance.test'], port: 443 } },
    target,
    fields: [['Host', 'appliance.test'], ['Content-Type', 'application/json'], ...more],
    body,
  })

const opened = async (t: Test, tuning: InspectorsTuning) => {
  const { root } = await makeFolder(t, testPolicy(443))
  const file = join(root, 'policy.yaml')
  const policy = loadPolicy(file)
  const inspectors = openInspectors(tuning)
  t.teardown(() => inspectors.close())
  return { file, policy, inspectors }
}

t.test(
  'inspectors: a thread finds in every message what is found here, and the same verdict is made of it',
  async t => {
    const { file, policy, inspectors } = await opened(t, { from: 0 })
    inspectors.know(policy.digest, file)
    const messages: Record<string, Message> = {
      clean: sentTo('/v1/serial', large('idle')),
      'in gzip': sentTo('/v1/serial', gzipSync(large('idle')), [['Content-Encoding', 'gzip']]),
      fragment: sentTo('/v1/serial', noted('GATTACAG')),
      read: sentTo('/v1/serial', large(READ)),
      'member that no schema names': sentTo('/v1/serial', '{"serial":1,"patient":"x"}'),
      'no JSON': sentTo('/v1/serial', '{"serial":'),
      'no route': sentTo('/v1/other', noted('1')),
      stranger: sentTo('/v1/serial', noted('1'), [], addresses.stranger),
    }
    const kinds = new Set<string>()
    for (const [name, message] of Object.entries(messages)) {
      const found = (await inspectors.appraise(message, policy))!
      t.same(found, structuredClone(appraise(message, policy)), name)
      const verdict = settle(found.judged, policy, message.history)
      t.same(structuredClone(verdict), structuredClone(inspect(message, policy)), `${name}: the verdict`)
      kinds.add(verdict.kind === 'block' ? verdict.reason : verdict.kind)
    }
    t.ok(kinds.size >= 5, 'the messages differ in how they end')
  },
)

t.test('P1: what a thread found under another policy, or of another route, lets nothing out', async t => {
  const { policy } = await opened(t, {})
  const { judged } = appraise(sentTo('/v1/serial', noted('1')), policy)
  t.match(settle(judged, policy, undefined), { kind: 'forward' })
  const failed = { kind: 'block', reason: 'inspection-failed' }
  t.match(settle(judged, { ...policy, digest: 'sha256:other' }, undefined), failed)
  t.match(settle({ ...judged, route: 'on-trial' } as typeof judged, policy, undefined), failed)
  t.match(settle({ ...judged, instrument: 'gone' } as typeof judged, policy, undefined), failed)
})

t.test('inspectors: small messages, parts of messages and unknown policies are left to who asks', async t => {
  const { file, policy, inspectors } = await opened(t, {})
  t.equal(inspectors.appraise(sentTo('/v1/serial', large('idle')), policy), null, 'a policy that no thread can read')
  inspectors.know(policy.digest, file)
  t.equal(inspectors.appraise(sentTo('/v1/serial', noted('1')), policy), null, 'a small one')
  const cut = { ...sentTo('/v1/serial', ''), content: { kind: 'too-large' } } as const
  t.equal(inspectors.appraise(cut, policy), null, 'one that was not read')
  t.ok(await inspectors.appraise(sentTo('/v1/serial', large('idle')), policy), 'a large one goes to a thread')
  const coded = sentTo('/v1/serial', Buffer.alloc(9_000), [['Content-Encoding', 'gzip']])
  t.match(await inspectors.appraise(coded, policy), { judged: { kind: 'block' } }, 'and so does what may unfold to one')
})

t.test('P8: a thread does not take a copy that holds another policy for the one that is asked for', async t => {
  const { file, policy, inspectors } = await opened(t, { from: 0 })
  inspectors.know('sha256:other', file)
  await t.rejects(inspectors.appraise(sentTo('/v1/serial', noted('1')), { ...policy, digest: 'sha256:other' })!)
})

const statusOf = async (appliance: Reachable, body: string): Promise<number> =>
  (await sendRaw(appliance, postJson('/v1/serial', body))).status

t.test('P8: a thread that dies or hangs blocks its message, which is held, and the next one passes', async t => {
  const vendor = await startVendor()
  t.teardown(() => vendor.close())
  const folder = await makeFolder(t, testPolicy(vendor.port))
  const script = new URL('../../kit/failing-inspector.ts', import.meta.url)
  const appliance = await startInProcess(t, folder, { inspection: { from: 0, mostMs: 8_000, script } })
  t.equal(await statusOf(appliance, noted('1')), 200)
  t.equal(await statusOf(appliance, noted('dies')), 403)
  t.equal(await statusOf(appliance, noted('2')), 200)
  t.equal(await statusOf(appliance, noted('hangs')), 403)
  t.equal(await statusOf(appliance, noted('3')), 200)
  const blocked = appliance.decisions.all().filter(({ verdict }) => verdict === 'block')
  t.match(blocked, [
    { reason: 'inspection-failed', held: 1, instrument: 'novaseq-01' },
    { reason: 'inspection-failed', held: 1, instrument: 'novaseq-01' },
  ])
  t.equal(appliance.notices.filter(({ kind }) => kind === 'decision-failed').length, 2, 'a person is told')
  t.equal(vendor.requests.length, 3)
  t.match(await verifyLog(folder.log, { deep: true }), { kind: 'intact' })
})

t.test('drip: what threads inspect at the same time takes no place in the budget twice', async t => {
  const vendor = await startVendor()
  t.teardown(() => vendor.close())
  const folder = await makeFolder(t, testPolicy(vendor.port))
  const appliance = await startInProcess(t, folder, { inspection: { from: 0 } })
  const pieces = ['GATTACAG', 'TTGACCAT', 'GGATCCAT', 'ACGTTGCA', 'CCGTAGGA', 'TGCATGAC', 'GTCAAGTC', 'CATTGACG']
  const statuses = await Promise.all(pieces.map(piece => statusOf(appliance, noted(piece))))
  t.equal(statuses.filter(status => status === 200).length, 6)
  t.equal(statuses.filter(status => status === 403).length, 2)
  t.equal(vendor.requests.length, 6)
})

t.test('inspectors: a confined appliance has its large messages inspected by a thread', async t => {
  const vendor = await startVendor()
  t.teardown(() => vendor.close())
  const folder = await makeFolder(t, testPolicy(vendor.port))
  const running = await startProcess(t, folder)
  t.equal(await statusOf(running, large('idle')), 200)
  t.equal(await statusOf(running, large(READ)), 403)
  t.equal(vendor.requests[0]?.body.toString(), JSON.stringify(JSON.parse(large('idle')), ['lanes', 'lane', 'note']))
  t.match(
    running.decisions.all().map(({ reason }) => reason),
    [null, 'sensitive-content'],
  )
  t.equal(await running.stop('SIGTERM'), 0, 'its threads keep nobody from ending it')
})
