import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import t from 'tap'
import { inspect } from '../../../../rules/inspect.ts'
import { makeFolder, startInProcess } from '../../../kit/appliance.ts'
import { openRaw, postJson, type RawClient } from '../../../kit/raw-client.ts'
import { answersOn, noRequest, type Answers, type WireAnswer } from '../../../kit/smuggling/answers-on.ts'
import { mutatedRequests, smuggled, type Aim, type MutatedRequest } from '../../../kit/smuggling/mutated-requests.ts'
import { addresses, testPolicy } from '../../../kit/test-policy.ts'
import { answering, startVendor, vendorHost, type ReceivedRequest } from '../../../kit/vendor.ts'

const SEED = 20_261_123
const PLAIN = 1_140
const SECURE = 380
const LANES = 8
const PATIENCE_MS = 1_000
/** Serial numbers of the requests that follow each mutated one, over the same connection and over another. */
const behind = 100_000_000
const beside = 200_000_000

type Way = { readonly name: 'plain' | 'gateway'; readonly aim: Aim }
const ways = {
  plain: { name: 'plain', aim: { host: vendorHost, target: `http://${vendorHost}/v1/insecure` } },
  gateway: { name: 'gateway', aim: { host: 'appliance.test', target: '/v1/serial' } },
} as const satisfies Record<string, Way>

const vendor = await startVendor()
t.teardown(() => vendor.close())
vendor.behaviour = (socket, request) =>
  answering(200, [['content-type', 'application/json']], request.body.toString())(socket, request)
const folder = await makeFolder(t, testPolicy(vendor.port))
const appliance = await startInProcess(t, folder)
const { policy } = appliance.appliance.inForce()

/** The octets that `inspect` makes of a request with this serial number: no other may arrive. */
const built = (path: string, serial: number): string => {
  const content = Buffer.from(JSON.stringify({ serial }))
  const fields = [
    ['host', 'appliance.test'],
    ['content-type', 'application/json'],
  ] as const
  const head = { method: 'POST', target: path, version: '1.1', fields }
  const ingress = { kind: 'gateway', names: ['appliance.test'], port: appliance.port } as const
  const arrival = { client: '127.0.0.1', ingress, time: Date.now() }
  const verdict = inspect({ arrival, head, content: { kind: 'complete', bytes: content, trailers: 0 } }, policy)
  if (verdict.kind === 'block') throw new Error(`the plain request is blocked: ${verdict.reason}`)
  const { method, target, fields: kept, body } = verdict.request
  const lines = [
    `${method} ${target} HTTP/1.1`,
    ...kept.map(([name, value]) => `${name}: ${value}`),
    `content-length: ${body.length}`,
    `host: ${vendorHost}:${vendor.port}`,
    'Connection: keep-alive',
  ]
  return `${lines.join('\r\n')}\r\n\r\n${Buffer.from(body).toString('latin1')}`
}

const serialOf = ({ body }: { readonly body: string | Uint8Array }): number | null =>
  Number(/^\{"serial":(\d+)\}$/.exec(Buffer.from(body as string).toString('latin1'))?.[1] ?? Number.NaN)

type Sent = Answers & { readonly request: MutatedRequest }

const plainRequest = ({ aim }: Way, serial: number): string =>
  postJson(aim.target, JSON.stringify({ serial }), { Host: aim.host })

let session: Buffer | undefined
/** Each on a connection of its own, with a plain request right behind it and one over a connection that stays. */
const send = async (way: Way, request: MutatedRequest, witness: RawClient): Promise<Sent> => {
  const client = await openRaw(appliance, { way: way.name, tls: { ...(session && { session }) } })
  if (way.name === 'gateway') client.stream.once('session', (given: Buffer) => (session = given))
  const next = Buffer.from(plainRequest(way, behind + request.serial))
  const got = await answersOn(client.stream, Buffer.concat([request.bytes, next, noRequest]), PATIENCE_MS)
  witness.write(plainRequest(ways.gateway, beside + request.serial))
  const { status, body } = await witness.answer()
  if (status !== 200 || serialOf({ body }) !== beside + request.serial)
    throw new Error(`after ${request.family} ${request.serial} another client got ${status} ${body}`)
  return { request, ...got }
}

const lanes = async (requests: readonly (readonly [Way, MutatedRequest])[]): Promise<readonly Sent[]> => {
  const all: Sent[] = []
  let next = 0
  const lane = async (): Promise<void> => {
    const witness = await openRaw(appliance, { from: addresses.other })
    for (let entry = requests[next++]; entry; entry = requests[next++]) all.push(await send(...entry, witness))
    witness.stream.destroy()
  }
  await Promise.all(Array.from({ length: LANES }, lane))
  return all
}

const mutants = (way: Way, count: number, from: number) =>
  mutatedRequests(SEED + from, count, way.aim, from).map(request => [way, request] as const)

const sent = await lanes([...mutants(ways.plain, PLAIN, 1), ...mutants(ways.gateway, SECURE, 1_000_000)])
await setTimeout(50)
const rows = new Map(appliance.decisions.all().map(row => [row.id, row]))

t.test('P2: of 1,500 mutated requests no octet arrives that the policy did not build', async t => {
  t.ok(sent.length >= 1_500, `${sent.length} requests`)
  const wrong = vendor.requests.filter(({ raw, requestLine, body }: ReceivedRequest) => {
    const path = requestLine.split(' ')[1]!
    const serial = serialOf({ body })
    return serial === null || Number.isNaN(serial) || raw.toString('latin1') !== built(path, serial)
  })
  t.same(
    wrong.map(({ raw }) => raw.toString('latin1')),
    [],
  )
  t.equal(
    vendor.octets(),
    vendor.requests.reduce((sum, { raw }) => sum + raw.length, 0),
    'no octet between them',
  )
  t.notOk(vendor.requests.some(({ raw }) => smuggled.test(raw.toString('latin1'))))
  const serials = vendor.requests.map(request => serialOf(request))
  t.equal(new Set(serials).size, serials.length, 'none twice')
  const forwarded = [...rows.values()].filter(({ verdict }) => verdict === 'forward')
  t.equal(serials.length, forwarded.length, 'one for each decision to forward')
})

t.test('P2: each answer belongs to its request, and there is one for each that was understood', async t => {
  const ids = sent.flatMap(({ answers }) => answers.map(({ fields }) => fields.get('sluice-decision')))
  t.equal(new Set(ids).size, ids.length, 'no answer twice')
  t.ok(
    ids.every(id => id !== undefined && rows.has(id)),
    'each with a record',
  )
  const given = new Set(ids)
  const unanswered = [...rows.values()].filter(({ id, client }) => client === addresses.known && !given.has(id))
  const left = unanswered.filter(({ rule }) => rule !== 'behind-last')
  const waiting = sent.filter(({ wasWaiting }) => wasWaiting)
  t.ok(left.length <= waiting.length, 'what has none stood behind the last answer, or the client gave up on it')
  t.ok(waiting.length < 30, `${waiting.length} readers waited for more than came`)
  for (const { request, answers, rest, wasWaiting } of sent) {
    const echoed = answers.filter(({ status }) => status === 200).map(serialOf)
    const own = [request.serial, behind + request.serial]
    const inOrder = own.filter(serial => echoed.includes(serial))
    if (rest !== '' || (answers.length === 0 && !wasWaiting) || JSON.stringify(echoed) !== JSON.stringify(inOrder))
      t.fail(`${request.family} ${request.serial}`, { rest, echoed, sent: request.bytes.toString('latin1') })
  }
})

t.test('P1: mutated requests by family', async t => {
  const families = Map.groupBy(sent, ({ request }) => request.family)
  for (const [family, of] of families) {
    const outcomes = Map.groupBy(of, ({ answers }) => outcomeOf(answers[0]))
    const told = [...outcomes].map(([outcome, these]) => `${outcome} ${these.length}`).toSorted()
    t.comment(`${family}: ${told.join(', ')}`)
    t.ok(outcomes.size > 1 || !outcomes.has('relayed'), `${family} has mutations that are refused`)
  }
  const text = readFileSync(join(folder.log, 'decisions.sqlite'), 'latin1')
  t.notMatch(text, smuggled, 'and none of their words stand in the log')
})

const outcomeOf = (answer: WireAnswer | undefined): string =>
  answer?.status === 200 ? 'relayed' : `${answer?.status} ${/"code":"([a-z-]+)"/.exec(answer?.body ?? '')?.[1]}`
