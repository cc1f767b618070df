import t from 'tap'
import type { Caller, Field, Head, Ingress } from '../../rules/message.ts'
import { identify, selectRoute, selectTunnel } from '../../rules/select-route.ts'
import { generousPolicy } from '../kit/message.ts'

const policy = generousPolicy()
const vendor = { host: 'telemetry.vendor.example', port: 443 }

const ways = {
  connect: { kind: 'connect', authority: vendor, serverName: 'telemetry.vendor.example' },
  gateway: { kind: 'gateway', names: ['sluice.lab', '10.77.1.1'], port: 8443 },
  redirect: { kind: 'redirect', serverName: 'telemetry.vendor.example', port: 8443 },
  plain: { kind: 'plain' },
  replay: { kind: 'replay', instrument: 'sequencer', destination: 'telemetry.vendor.example:443' },
} as const satisfies Record<string, Ingress>

type Case = {
  readonly ingress: Ingress
  readonly client?: string
  readonly host?: string
  readonly method?: string
  readonly target?: string
  readonly fields?: readonly Field[]
}

const select = ({ ingress, client = '10.77.1.20', host = vendor.host, ...rest }: Case) => {
  const caller: Caller = { client, ingress }
  const fields: readonly Field[] = rest.fields ?? [['Host', host]]
  const head: Head = { method: rest.method ?? 'POST', target: rest.target ?? '/telemetry', version: '1.1', fields }
  return selectRoute(caller, head, policy)
}

/** The route, or the reason with the rule, and what is known by then. */
const outcomeOf = (example: Case): string => {
  const selected = select(example)
  if (selected.ok) return `route ${selected.route.id} of ${selected.instrument.id}`
  return selected.rule === null ? selected.reason : `${selected.reason} ${selected.rule}`
}

type Cases = Readonly<Record<string, readonly [Case, string]>>

const expectAll = (title: string, cases: Cases): void => {
  t.test(`select route: ${title}`, async t => {
    for (const [name, [example, outcome]] of Object.entries(cases)) t.equal(outcomeOf(example), outcome, name)
  })
}

const telemetry = 'route telemetry of sequencer'

expectAll('each way in leads to the same route', {
  connect: [{ ingress: ways.connect }, telemetry],
  'connect, Host with its port': [{ ingress: ways.connect, host: 'Telemetry.Vendor.example:443' }, telemetry],
  'connect, absolute form': [
    { ingress: ways.connect, target: 'https://telemetry.vendor.example/telemetry' },
    telemetry,
  ],
  gateway: [{ ingress: ways.gateway, host: 'sluice.lab' }, telemetry],
  'gateway by address, with port': [{ ingress: ways.gateway, host: '10.77.1.1:8443' }, telemetry],
  'gateway to another destination': [
    { ingress: ways.gateway, host: 'sluice.lab', target: '/telemetry-elsewhere' },
    'route other-port of sequencer',
  ],
  redirect: [{ ingress: ways.redirect }, telemetry],
  'redirect, Host with the port of the vendor': [
    { ingress: ways.redirect, host: 'telemetry.vendor.example:443' },
    telemetry,
  ],
  'redirect, Host with the port of the appliance': [
    { ingress: ways.redirect, host: 'telemetry.vendor.example:8443' },
    telemetry,
  ],
  replay: [{ ingress: ways.replay }, telemetry],
  'replay without destination': [{ ingress: { ...ways.replay, destination: null } }, telemetry],
  'plain, on a route that upgrades': [
    { ingress: ways.plain, target: 'http://telemetry.vendor.example/upgraded' },
    'route upgraded of sequencer',
  ],
})

expectAll('P1: who is not known or not meant is refused', {
  'another network': [{ ingress: ways.gateway, client: '10.77.2.1', host: 'sluice.lab' }, 'instrument-unknown'],
  'no address': [{ ingress: ways.gateway, client: 'localhost', host: 'sluice.lab' }, 'instrument-unknown'],
  'an empty address': [{ ingress: ways.gateway, client: '', host: 'sluice.lab' }, 'instrument-unknown'],
  IPv6: [{ ingress: ways.gateway, client: 'fd00::1', host: 'sluice.lab' }, 'instrument-unknown'],
  'switched off': [{ ingress: ways.gateway, client: '10.77.1.21', host: 'sluice.lab' }, 'instrument-disabled'],
  'switched off, by its mapped address': [
    { ingress: ways.gateway, client: '::ffff:10.77.1.21', host: 'sluice.lab' },
    'instrument-disabled',
  ],
  'replay of an instrument that is gone': [{ ingress: { ...ways.replay, instrument: 'gone' } }, 'instrument-unknown'],
  'replay of one that is switched off': [
    { ingress: { ...ways.replay, instrument: 'switched-off' } },
    'instrument-disabled',
  ],
  'a route for others': [
    { ingress: ways.redirect, client: '10.77.1.99', method: 'PUT', target: '/runs/1/notes' },
    'instrument-not-allowed',
  ],
})

expectAll('P1: where to has to be named, and named once', {
  'connect, another Host': [{ ingress: ways.connect, host: 'evil.example' }, 'authority-mismatch'],
  'connect, another port in Host': [
    { ingress: ways.connect, host: 'telemetry.vendor.example:444' },
    'authority-mismatch',
  ],
  'connect, a dot behind Host': [{ ingress: ways.connect, host: 'telemetry.vendor.example.' }, 'authority-mismatch'],
  'connect, another server name': [
    { ingress: { ...ways.connect, serverName: 'other.vendor.example' } },
    'authority-mismatch',
  ],
  'connect, no server name': [{ ingress: { ...ways.connect, serverName: null } }, 'authority-mismatch'],
  'connect, an address without server name': [
    { ingress: { kind: 'connect', authority: { host: '192.0.2.7', port: 443 }, serverName: null }, host: '192.0.2.7' },
    'destination-not-allowed',
  ],
  'connect, elsewhere': [
    {
      ingress: { kind: 'connect', authority: { host: 'evil.example', port: 443 }, serverName: 'evil.example' },
      host: 'evil.example',
    },
    'destination-not-allowed',
  ],
  'connect, another port of the vendor': [
    { ingress: { ...ways.connect, authority: { ...vendor, port: 444 } }, host: 'telemetry.vendor.example:444' },
    'destination-not-allowed',
  ],
  'connect, absolute form for another host': [
    { ingress: ways.connect, target: 'https://evil.example/telemetry' },
    'request-malformed host-field',
  ],
  'gateway, the name of the vendor': [{ ingress: ways.gateway }, 'authority-mismatch'],
  'redirect, another Host': [{ ingress: ways.redirect, host: 'evil.example' }, 'authority-mismatch'],
  'redirect, another port': [{ ingress: ways.redirect, host: 'telemetry.vendor.example:9443' }, 'authority-mismatch'],
  'redirect, elsewhere': [
    { ingress: { ...ways.redirect, serverName: 'evil.example' }, host: 'evil.example' },
    'destination-not-allowed',
  ],
  'plain, not in absolute form': [{ ingress: ways.plain }, 'transport-insecure'],
  'plain, elsewhere': [
    { ingress: ways.plain, host: 'evil.example', target: 'http://evil.example/upgraded' },
    'destination-not-allowed',
  ],
  'plain, another port': [
    {
      ingress: ways.plain,
      host: 'telemetry.vendor.example:443',
      target: 'http://telemetry.vendor.example:443/upgraded',
    },
    'destination-not-allowed',
  ],
  'plain, a route that does not upgrade': [
    { ingress: ways.plain, target: 'http://telemetry.vendor.example/telemetry' },
    'transport-insecure',
  ],
  'replay, elsewhere': [{ ingress: { ...ways.replay, destination: 'evil.example:443' } }, 'destination-not-allowed'],
})

expectAll('P1: path and method have to be named by exactly one route', {
  'unknown path': [{ ingress: ways.redirect, target: '/nope' }, 'path-not-allowed'],
  'a solidus more': [{ ingress: ways.redirect, target: '/telemetry/' }, 'path-not-allowed'],
  'another case': [{ ingress: ways.redirect, target: '/Telemetry' }, 'path-not-allowed'],
  'a way around': [{ ingress: ways.redirect, target: '/nope/../telemetry' }, 'path-not-allowed'],
  'an empty segment': [{ ingress: ways.redirect, target: '//telemetry' }, 'path-not-allowed'],
  'the path of another destination': [{ ingress: ways.redirect, target: '/telemetry-elsewhere' }, 'path-not-allowed'],
  'another method': [{ ingress: ways.redirect, method: 'PUT' }, 'method-not-allowed'],
  'a method in lower case': [{ ingress: ways.redirect, method: 'post' }, 'method-not-allowed'],
  CONNECT: [
    { ingress: ways.redirect, method: 'CONNECT', target: 'telemetry.vendor.example:443' },
    'request-malformed target-form',
  ],
  'OPTIONS *': [{ ingress: ways.redirect, method: 'OPTIONS', target: '*' }, 'request-malformed target-form'],
  'two routes': [{ ingress: ways.redirect, target: '/both/this' }, 'route-ambiguous'],
  'one of the two': [{ ingress: ways.redirect, target: '/both/that' }, 'route ambiguous-one of sequencer'],
  'bad framing': [{ ingress: ways.redirect, fields: [] }, 'request-malformed host-field'],
})

t.test('select route: parameters of the path decoded, the query as it came', async t => {
  const selected = select({ ingress: ways.redirect, method: 'PUT', target: '/runs/A%20B/notes?cycle=%31&note=' })
  if (!selected.ok) throw new Error(selected.reason)
  t.same({ ...selected.pathParameters }, { run: 'A B' })
  t.equal(selected.query, 'cycle=%31&note=')
})

t.test('select route: a refusal tells what is known by then', async t => {
  t.match(select({ ingress: ways.redirect, target: '/nope' }), {
    instrument: 'sequencer',
    destination: vendor,
    route: null,
  })
  t.match(select({ ingress: ways.plain, target: 'http://telemetry.vendor.example/telemetry' }), { route: 'telemetry' })
  t.match(select({ ingress: ways.redirect, host: 'evil.example', client: '10.9.9.9' }), { instrument: null })
})

t.test('identify: the narrowest network wins', async t => {
  const idOf = (client: string) => identify({ client, ingress: ways.gateway }, policy)?.id ?? null
  t.equal(idOf('10.77.1.20'), 'sequencer')
  t.equal(idOf('::ffff:10.77.1.20'), 'sequencer')
  t.equal(idOf('10.77.1.21'), 'switched-off', 'also when that one is switched off')
  t.equal(idOf('10.77.1.22'), 'bench')
  t.equal(idOf('10.77.2.20'), null)
})

t.test('select tunnel: to a destination of the policy, and nowhere else', async t => {
  const tunnel = (
    target: string,
    fields: readonly Field[] = [['Host', target]],
    client = '10.77.1.20',
    version = '1.1',
  ) => {
    const result = selectTunnel(client, { method: 'CONNECT', target, version, fields }, policy)
    return result.ok ? result.authority : result.reason
  }
  t.same(tunnel('telemetry.vendor.example:443'), vendor)
  t.same(tunnel('Telemetry.Vendor.Example:443'), vendor)
  t.same(tunnel('telemetry.vendor.example:443', [], '10.77.1.20', '1.0'), vendor, 'HTTP/1.0 without Host')
  t.same(tunnel('telemetry.vendor.example:443', [['Host', 'telemetry.vendor.example']]), vendor, 'Host without port')
  t.same(tunnel('other.vendor.example:8443'), { host: 'other.vendor.example', port: 8443 })
  t.equal(tunnel('other.vendor.example:443'), 'destination-not-allowed')
  t.equal(tunnel('evil.example:443'), 'destination-not-allowed')
  t.equal(tunnel('127.0.0.1:443'), 'destination-not-allowed')
  t.equal(tunnel('[::1]:443'), 'destination-not-allowed')
  t.equal(tunnel('telemetry.vendor.example.:443'), 'destination-not-allowed')
  t.equal(tunnel('telemetry.vendor.example:443', [['Host', 'evil.example']]), 'authority-mismatch')
  t.equal(tunnel('telemetry.vendor.example:443', [['Host', 'user@telemetry.vendor.example']]), 'authority-mismatch')
  for (const target of [
    'telemetry.vendor.example',
    'https://telemetry.vendor.example:443',
    '/',
    '',
    'a@telemetry.vendor.example:443',
    ':443',
  ])
    t.equal(tunnel(target, []), 'request-malformed', target)
  t.equal(tunnel('telemetry.vendor.example:443', [], '10.9.9.9'), 'instrument-unknown')
  t.equal(tunnel('telemetry.vendor.example:443', [], '10.77.1.21'), 'instrument-disabled')
})
