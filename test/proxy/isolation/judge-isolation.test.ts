import t from 'tap'
import type { Facts } from '../../../proxy/isolation/facts.ts'
import { judgeIsolation } from '../../../proxy/isolation/judge-isolation.ts'
import { nftRuleset, planFor, resolversIn, type RulesetPlan } from '../../../proxy/isolation/nft-ruleset.ts'
import { readRoutes4, readSocketTable } from '../../../proxy/isolation/proc-net.ts'
import type { Policy } from '../../../rules/policy.ts'
import { parseDestination } from '../../../rules/policy/parse-destination.ts'

const accept = (...expr: readonly object[]) => ({
  rule: { family: 'inet', table: 'sluice', chain: 'input', handle: 7, expr: [...expr, { accept: null }] },
})
const match = (left: object, right: unknown, op = '==') => ({ match: { op, left, right } })
const iifname = { meta: { key: 'iifname' } }
const chain = (hook: string) => ({
  chain: { family: 'inet', table: 'sluice', name: hook, hook, policy: 'drop' },
})
const sound = [
  chain('input'),
  chain('forward'),
  accept(match(iifname, 'lo')),
  accept(match({ ct: { key: 'state' } }, ['established', 'related'], 'in')),
  accept(match(iifname, 'lab0'), match({ payload: { protocol: 'tcp', field: 'dport' } }, 8443)),
]

/** A machine on which there is nothing to find. */
const machine: Facts = {
  listen: { address: '10.77.1.10', port: 8443 },
  lab: 'lab0',
  egress: ['wan0'],
  interfaces: [
    { name: 'lab0', addresses: ['10.77.1.10'] },
    { name: 'wan0', addresses: ['192.168.7.2', '2001:db8::2'] },
  ],
  sockets: [{ protocol: 'tcp', address: '10.77.1.10', port: 8443 }],
  routes: [{ interface: 'wan0', family: 4, prefix: 0 }],
  sysctls: {
    'net.ipv4.ip_forward': 0,
    'net.ipv6.conf.all.forwarding': 0,
    'net.ipv4.conf.all.rp_filter': 1,
    'net.ipv4.conf.all.arp_ignore': 1,
  },
  nftables: { kind: 'read', document: { nftables: sound } },
  container: null,
  control: { mode: 0o600, folderMode: 0o700, isOwn: true },
  confinement: { isConfined: true, childProcesses: false, allFiles: false },
}
const read = (...items: readonly object[]): Facts['nftables'] => ({ kind: 'read', document: { nftables: items } })

t.test('P6: isolation: of a sound machine everything holds', async t => {
  for (const { check, state, seen, hint } of judgeIsolation(machine))
    t.strictSame([state, hint], ['holds', null], `${check}: ${seen}`)
})

type Case = readonly [name: string, check: string, state: 'found' | 'unproven', change: Partial<Facts>]

const cases: readonly Case[] = [
  ['one interface for both sides', 'lab interface', 'found', { egress: ['lab0'] }],
  ['no interface with the address', 'lab interface', 'found', { lab: null }],
  [
    'its port open on all addresses',
    'own port',
    'found',
    { sockets: [{ protocol: 'tcp', address: '::', port: 8443 }] },
  ],
  ['sockets that cannot be read', 'other sockets', 'unproven', { sockets: null }],
  [
    'a UDP socket on all addresses',
    'other sockets',
    'found',
    { sockets: [{ protocol: 'udp', address: '0.0.0.0', port: 68 }] },
  ],
  [
    'a service on the egress address',
    'other sockets',
    'found',
    { sockets: [{ protocol: 'tcp', address: '2001:db8::2', port: 22 }] },
  ],
  [
    'a raw socket on all addresses',
    'other sockets',
    'found',
    { sockets: [{ protocol: 'raw', address: '0.0.0.0', port: 1 }] },
  ],
  [
    'forwarding of IPv6 only',
    'forwarding',
    'found',
    { sysctls: { ...machine.sysctls, 'net.ipv6.conf.all.forwarding': 1 } },
  ],
  [
    'no reverse path filter',
    'weak host model',
    'found',
    { sysctls: { ...machine.sysctls, 'net.ipv4.conf.all.rp_filter': 0 } },
  ],
  ['a default route into the lab', 'routes', 'found', { routes: [{ interface: 'lab0', family: 6, prefix: 0 }] }],
  ['rules that may not be read', 'packet filter', 'unproven', { nftables: { kind: 'unreadable', why: 'only root' } }],
  ['no rules at all', 'packet filter', 'found', { nftables: read() }],
  ['no forward chain', 'packet filter', 'found', { nftables: read(chain('input')) }],
  [
    'a port opened on every interface',
    'packet filter',
    'found',
    { nftables: read(...sound, accept(match({ payload: { protocol: 'tcp', field: 'dport' } }, 22))) },
  ],
  [
    'new connections accepted',
    'packet filter',
    'found',
    { nftables: read(...sound, accept(match({ ct: { key: 'state' } }, ['established', 'new'], 'in'))) },
  ],
  [
    'everything but the lab accepted',
    'packet filter',
    'found',
    { nftables: read(...sound, accept(match(iifname, 'lab0', '!='))) },
  ],
  ['a container', 'published ports', 'unproven', { container: 'docker' }],
  [
    'a control socket for the group',
    'control socket',
    'found',
    { control: { mode: 0o660, folderMode: 0o700, isOwn: true } },
  ],
  [
    'a control socket of somebody else',
    'control socket',
    'found',
    { control: { mode: 0o600, folderMode: 0o700, isOwn: false } },
  ],
  [
    'an appliance that is not confined',
    'confinement',
    'found',
    { confinement: { isConfined: false, childProcesses: true, allFiles: true } },
  ],
]

for (const [name, check, state, change] of cases)
  t.test(`P6: isolation: ${name}, ${state}`, async t => {
    const judgement = judgeIsolation({ ...machine, ...change }).find(each => each.check === check)
    t.equal(judgement?.state, state)
    t.ok(judgement?.hint)
  })

t.test('proc-net: addresses and masks are read in the byte order of the machine', async t => {
  const head = '  sl  local_address rem_address   st\n'
  t.strictSame(
    readSocketTable('tcp', `${head}   0: 0A014D0A:20FB 00000000:0000 0A\n   1: 0A014D0A:20FB 1401A8C0:1 01\n`),
    [{ protocol: 'tcp', address: '10.77.1.10', port: 8443 }],
  )
  const six = '000080FE00000000FF005450B6AD1DFE'
  t.strictSame(readSocketTable('udp', `${head}   0: ${six}:0035 0:0 07\n`), [
    { protocol: 'udp', address: 'fe80::5054:ff:fe1d:adb6', port: 53 },
  ])
  t.strictSame(
    readRoutes4(
      'Iface Destination Gateway Flags RefCnt Use Metric Mask\nwan 0 0 3 0 0 0 00000000\nlab 1 0 1 0 0 0 00FFFFFF\n',
    ),
    [
      { interface: 'wan', family: 4, prefix: 0 },
      { interface: 'lab', family: 4, prefix: 24 },
    ],
  )
})

const plan: RulesetPlan = {
  listen: { address: '10.77.1.10', port: 8443 },
  lab: 'lab0',
  egress: 'wan0',
  callers: ['10.77.1.20/32', 'fd00::/64'],
  destinations: [
    { host: 'fixed.vendor.test', port: 443, addresses: ['192.0.2.7', '2001:db8::7'] },
    { host: 'named.vendor.test', port: 8443, addresses: [] },
  ],
  resolvers: ['192.0.2.53'],
  timeServers: ['192.0.2.123'],
}

t.test(
  'P6: nftables: opens the one port to callers in the lab, and only what the policy names on the way out',
  async t => {
    const rules = nftRuleset(plan)
      .split('\n')
      .map(line => line.trim())
    const accepts = rules.filter(line => /dport.*accept$/.test(line) && !line.startsWith('#'))
    t.strictSame(accepts, [
      'iifname "lab0" ip daddr 10.77.1.10 ip saddr 10.77.1.20/32 tcp dport 8443 ct state new accept',
      'oifname "wan0" ip daddr 192.0.2.7 tcp dport 443 accept',
      'oifname "wan0" ip6 daddr 2001:db8::7 tcp dport 443 accept',
      'oifname "wan0" tcp dport 8443 accept',
      'ip daddr 192.0.2.53 udp dport 53 accept',
      'ip daddr 192.0.2.53 tcp dport 53 accept',
      'ip daddr 192.0.2.123 udp dport 123 accept',
    ])
    t.equal(rules.filter(line => line.endsWith('policy drop;')).length, 3)
  },
)

t.test(
  'nftables: through a proxy of the site it is the proxy that may be reached; and so may the server of bundles',
  async t => {
    const proxy = { host: 'proxy.lab.example', port: 3128, networks: ['10.0.0.0/8'] }
    const reading = parseDestination({ id: 'vendor', host: 'vendor.example', ca: 'a', proxy }, () => '')
    const bundles = parseDestination({ id: 'bundles', host: 'policy.hospital.example', port: 8443 }, () => '')
    if (!reading.ok || !bundles.ok) throw new Error('not read')
    const policy = { instruments: [], destinations: [reading.destination] } as unknown as Policy
    t.match(planFor(policy, [bundles.destination], plan).destinations, [
      { host: 'proxy.lab.example', port: 3128 },
      { host: 'policy.hospital.example', port: 8443 },
    ])
  },
)

t.test('nftables: resolvers on this machine are left out, they ask others', async t => {
  t.strictSame(resolversIn('nameserver 127.0.0.53\n# nameserver 1.1.1.1\nnameserver 192.0.2.53\nnameserver ::1\n'), [
    '192.0.2.53',
  ])
})
