import type { LookupAddress, LookupAllOptions } from 'node:dns'
import { isIP } from 'node:net'
import t from 'tap'
import { guardedLookup } from '../../../proxy/upstream/upstream-address.ts'
import { parseNetwork } from '../../../rules/address.ts'
import type { Endpoint } from '../../../rules/policy.ts'

const HOST = 'telemetry.vendor.test'
const endpoint: Endpoint = { host: HOST, port: 443, addresses: [], networks: [], ca: null }

/** A DNS that answers as somebody else wants it to, each time something else; `asked` are the names. */
const answering = (...answers: readonly (readonly string[])[]) => {
  const asked: string[] = []
  const resolve = (
    host: string,
    _: LookupAllOptions,
    done: (error: null, addresses: LookupAddress[]) => void,
  ): void => {
    const texts = answers[asked.length % answers.length]!
    asked.push(host)
    done(
      null,
      texts.map(address => ({ address, family: isIP(address) })),
    )
  }
  return { resolve, asked }
}

type Dns = ReturnType<typeof answering>

/** The addresses that would be dialled, or the fault. */
const dialled = (to: Endpoint, dns: Dns, host = HOST, all = true): Promise<readonly string[] | string> =>
  new Promise(resolve =>
    guardedLookup(to, 'destination_ip_prohibited', dns.resolve)(host, { all }, (error, found) => {
      if (error) return resolve((error as { fault?: string }).fault ?? error.message)
      resolve(typeof found === 'string' ? [found] : found.map(({ address }) => address))
    }),
  )

t.test('P6: upstream address: whatever form DNS gives an address that is not public, it is not dialled', async t => {
  const forms = [
    '10.0.0.1', '172.16.0.1', '192.168.1.1', '127.0.0.1', '127.255.255.254', '169.254.169.254', '100.64.0.1', '0.0.0.0',
    '192.0.2.1', '198.51.100.1', '203.0.113.1', '198.18.0.1', '192.0.0.170', '224.0.0.251', '239.1.1.1', '240.0.0.1',
    '255.255.255.255', '::', '::1', '::7f00:1', '::127.0.0.1', '::ffff:10.0.0.1', '::ffff:7f00:1', '::ffff:0:10.0.0.1',
    'fe80::1', 'fe80::1%1', 'fec0::1', 'fc00::1', 'fd00::1', 'ff02::1', 'ff0e::1', '64:ff9b::10.0.0.1', '64:ff9b::7f00:1',
    '64:ff9b:1::a00:1', '64:ff9b:1:fffe::1', '2002:a00:1::', '2002:7f00:1::', '2001::1', '2001:0:a00:1::f5ff:fffe', '2001:db8::1',
    '2001:10::1', '2001:20::1', '3fff::1', '100::1', '5f00::1',
  ] // prettier-ignore
  for (const form of forms) t.equal(await dialled(endpoint, answering([form])), 'destination_ip_prohibited', form)
  t.same(await dialled(endpoint, answering(['93.184.215.14', '2a00:1450::1'])), ['93.184.215.14', '2a00:1450::1'])
})

t.test('P6: upstream address: of a mixed answer only the public addresses are dialled', async t => {
  const dns = answering(['10.0.0.1', '93.184.215.14', '::ffff:192.168.0.1'])
  t.same(await dialled(endpoint, dns), ['93.184.215.14'])
  t.same(await dialled(endpoint, dns, HOST, false), ['93.184.215.14'], 'also when one is asked for')
})

t.test('P6: upstream address: a name that is rebound is refused from that answer on', async t => {
  const dns = answering(['93.184.215.14'], ['10.0.0.1'])
  t.same(await dialled(endpoint, dns), ['93.184.215.14'])
  t.equal(await dialled(endpoint, dns), 'destination_ip_prohibited')
  t.equal(dns.asked.length, 2, 'DNS is asked once for a connection: what was checked is what is dialled')
})

t.test('P6: upstream address: exceptions are those of the policy and no wider', async t => {
  const to = { ...endpoint, networks: [parseNetwork('10.77.9.0/24')!, parseNetwork('fd00:77::/64')!] }
  const dns = answering(['10.77.9.5', '10.77.8.5', 'fd00:77::1', 'fd00:78::1', '::ffff:10.77.9.6'])
  t.same(await dialled(to, dns), ['10.77.9.5', 'fd00:77::1', '::ffff:10.77.9.6'])
})

t.test(
  'P1: upstream address: DNS is asked for the name of the policy, and for none that has fixed addresses',
  async t => {
    const dns = answering(['93.184.215.14'])
    t.equal(await dialled(endpoint, dns, 'other.test'), 'destination_ip_prohibited')
    t.same(await dialled({ ...endpoint, addresses: ['10.77.9.5'] }, dns), ['10.77.9.5'])
    t.same(dns.asked, [])
  },
)
