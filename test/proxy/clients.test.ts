import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { packsFolder } from '../../proxy/policy/policy-file.ts'
import { canonicalize, type JsonValue } from '../../rules/canonical.ts'
import { makeFolder, startInProcess } from '../kit/appliance.ts'
import { isPresent, type Client, type Job, type Way } from '../kit/client.ts'
import { curl } from '../kit/curl.ts'
import { java } from '../kit/java.ts'
import { nodeFetch, nodeHttps } from '../kit/node-client.ts'
import { packKinds, testPolicy } from '../kit/test-policy.ts'
import { python } from '../kit/python.ts'
import { accepted, startVendor, vendorHost, type Vendor } from '../kit/vendor.ts'

const vendor = await startVendor()
t.teardown(() => vendor.close())
const folder = await makeFolder(t, testPolicy(vendor.port, [], packKinds))
const appliance = await startInProcess(t, folder)

const ways: readonly Way[] = ['connect', 'gateway', 'redirect']

/** As a client in the field would send it: members in no order, white space, an escape, fields of its own, a credential. */
const allowed = (way: Way): Job => ({
  way,
  method: 'PUT',
  path: '/v1/runs/230504_A00187_0123/metrics/%33?cycle=7&mode=full',
  fields: {
    Authorization: 'Bearer made.up-token',
    'X-Instrument-Model': 'NovaSeq 6000',
    'Content-Type': 'application/json; charset=utf-8',
    Cookie: 'session=made-up',
    'X-Forwarded-For': '10.77.1.20',
    'X-Operator': 'nobody',
    Via: '1.1 lab',
    Accept: 'application/json',
  },
  body: '{ "temperature" : 4.50e1,\n "status":"\\u0069dle" , "serial":3 }',
})

/** The octets that the policy allows for it, in the policy's order: nothing of the client's own is left. */
const allowedOctets = [
  'PUT /v1/runs/230504_A00187_0123/metrics/3?mode=full&cycle=7 HTTP/1.1',
  'authorization: Bearer made.up-token',
  'x-instrument-model: NovaSeq 6000',
  'content-type: application/json',
  'content-length: 45',
  `host: ${vendorHost}:${vendor.port}`,
  'Connection: keep-alive',
  '',
  '{"serial":3,"status":"idle","temperature":45}',
].join('\r\n')

const blockedBodies = {
  'schema-violation': '{"serial":3,"operator":"x"}',
  'sensitive-content': '{"serial":3,"note":"GATTACAGATTACAGGATCCATTGACCATGACCTGA"}',
} as const

const blocked = (way: Way): readonly Job[] => Object.values(blockedBodies).map(body => ({ ...allowed(way), body }))

type Mark = { readonly octets: number; readonly requests: number; readonly connections: number }
const markOf = ({ octets, requests, connections }: Vendor): Mark => ({
  octets: octets(),
  requests: requests.length,
  connections: connections(),
})

const clients: readonly (readonly [Client, readonly Way[]])[] = [
  [curl, ways],
  [nodeHttps, ways],
  [nodeFetch(true), ['connect']],
  [nodeFetch(false), ['gateway', 'redirect']],
  [python, ways],
  [java, ways],
]

for (const [client, itsWays] of clients) {
  t.test(
    `P1 P2: ${client.name} (${itsWays.join(', ')}): what is allowed arrives as canonical octets, what is not never`,
    async t => {
      if (!(await isPresent(client))) return t.comment(`skipped: there is no ${client.probe[0]} on this machine`)
      const before = markOf(vendor)
      const rowsBefore = appliance.decisions.all().length
      const refused = itsWays.flatMap(way => blocked(way))
      const jobs = [...refused, ...itsWays.map(way => allowed(way))]
      const done = await client.send(appliance, vendor.port, jobs)

      t.same(
        done.map(({ status }) => status),
        jobs.map((_, index) => (index < refused.length ? 403 : 200)),
      )
      t.same(
        done.slice(refused.length).map(({ body }) => body),
        itsWays.map(() => accepted),
      )
      const received = vendor.requests.slice(before.requests)
      t.same(
        received.map(({ raw }) => raw.toString()),
        itsWays.map(() => allowedOctets),
      )
      t.equal(vendor.octets() - before.octets, itsWays.length * allowedOctets.length, 'not one octet besides')

      const rows = appliance.decisions.all().slice(rowsBefore)
      t.match(
        rows,
        [
          ...itsWays.flatMap(ingress =>
            Object.keys(blockedBodies).map(reason => ({ ingress, verdict: 'block', reason, result: null })),
          ),
          ...itsWays.map(ingress => ({
            ingress,
            verdict: 'forward',
            reason: null,
            result: 'relayed',
            response_status: 200,
          })),
        ].map(row => ({ ...row, client: '127.0.0.1', instrument: 'novaseq-01', route: 'metrics' })),
      )
      t.equal(rows.length, jobs.length)
    },
  )
}

t.test('P1: what is blocked does not even open a connection to the vendor', async t => {
  const other = await startVendor()
  t.teardown(() => other.close())
  const fresh = await startInProcess(t, await makeFolder(t, testPolicy(other.port)))
  const done = await nodeHttps.send(
    fresh,
    other.port,
    ways.flatMap(way => blocked(way)),
  )
  t.same(
    done.map(({ status }) => status),
    Array.from({ length: 6 }, () => 403),
  )
  t.equal(other.connections(), 0)
})

const samplesOf = (kind: string): readonly (readonly [kind: string, text: string])[] => {
  const directory = join(packsFolder, 'illumina-proactive', 'samples', kind)
  return readdirSync(directory).map(file => [kind, readFileSync(join(directory, file), 'utf8')] as const)
}

t.test('main job: real telemetry passes; the same with one field, one read or one name more does not', async t => {
  const samples = packKinds.flatMap(samplesOf)
  t.ok(samples.length >= 15)
  const job = (kind: string, body: string): Job => ({
    way: 'redirect',
    method: 'POST',
    path: `/proactive/v1/${kind}`,
    fields: { 'content-type': 'application/json' },
    body,
  })
  const additions = [
    { futureField: 1 },
    { comment: 'GATTACAGATTACAGGATCCATTGACCATGACCTGA' },
    { patientName: 'Erika Mustermann' },
  ]
  const altered = samples.flatMap(([kind, text]) =>
    additions.map(addition => job(kind, JSON.stringify({ ...(JSON.parse(text) as object), ...addition }))),
  )
  const before = vendor.requests.length
  const done = await nodeHttps.send(appliance, vendor.port, [
    ...samples.map(([kind, text]) => job(kind, text)),
    ...altered,
  ])
  t.same(
    done.map(({ status }) => status),
    [...samples.map(() => 200), ...altered.map(() => 403)],
  )
  t.same(
    vendor.requests.slice(before).map(({ body }) => body.toString()),
    samples.map(([, text]) => canonicalize(JSON.parse(text) as JsonValue)),
  )
})

t.test('exchange: who sends far too much, and only then reads, is still told so', async t => {
  // urllib writes the whole body before it reads anything.
  if (!(await isPresent(python))) return t.comment('skipped: there is no python3 on this machine')
  const before = vendor.octets()
  const body = JSON.stringify({ note: 'x'.repeat(8_000_000) })
  const done = await python.send(appliance, vendor.port, [{ ...allowed('gateway'), body }])
  t.match(done, [{ status: 403, body: /"code":"body-too-large"/ }])
  t.equal(vendor.octets(), before)
})
