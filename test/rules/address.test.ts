import t from 'tap'
import {
  isPublicAddress,
  isWildcardAddress,
  networkHolds,
  normalizeAddress,
  parseNetwork,
  sameNetwork,
} from '../../rules/address.ts'

t.test('address: one spelling', async t => {
  const spellings: Readonly<Record<string, string | null>> = {
    '10.77.1.20': '10.77.1.20',
    '::ffff:10.77.1.20': '10.77.1.20',
    '::FFFF:0a4d:0114': '10.77.1.20',
    '2001:DB8:0:0::1': '2001:db8::1',
    '127.1': null,
    '0x7f.0.0.1': null,
    '010.0.0.1': null,
    '2130706433': null,
    '256.0.0.1': null,
    '10.0.0.1/8': null,
    ' 10.0.0.1': null,
    '[::1]': null,
    'vendor.example': null,
    '': null,
  }
  for (const [text, spelling] of Object.entries(spellings)) t.equal(normalizeAddress(text), spelling, text)
})

t.test('address: networks, read or null', async t => {
  for (const text of ['10.77.1.0/28', '0.0.0.0/0', 'fd00::/64', '10.77.1.20/32']) t.ok(parseNetwork(text), text)
  for (const text of [
    '10.77.1.0',
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0/16',
    'fd00::/129',
    '::ffff:10.0.0.0/120',
    '/8',
    '',
  ])
    t.equal(parseNetwork(text), null, text)
})

t.test('address: a network holds its own addresses, in either family', async t => {
  const lab = parseNetwork('10.77.1.0/28')!
  t.ok(networkHolds(lab, '10.77.1.15'))
  t.ok(networkHolds(lab, '::ffff:10.77.1.15'), 'mapped into IPv6')
  t.notOk(networkHolds(lab, '10.77.1.16'))
  t.notOk(networkHolds(lab, 'fd00::1'))
  t.notOk(networkHolds(lab, 'nobody'))
  t.notOk(networkHolds(parseNetwork('::/0')!, '10.77.1.15'))
})

t.test('address: two networks are the same however they are written', async t => {
  const same = (a: string, b: string) => sameNetwork(parseNetwork(a)!, parseNetwork(b)!)
  t.ok(same('10.77.1.0/24', '10.77.1.99/24'))
  t.notOk(same('10.77.1.0/24', '10.77.1.0/25'))
  t.notOk(same('0.0.0.0/0', '::/0'))
})

t.test('P6: address: public is global unicast only', async t => {
  const held = [
    '10.0.0.1', '172.16.0.1', '192.168.0.1', '127.0.0.1', '169.254.169.254', '100.64.0.1', '0.0.0.0', '0.1.2.3',
    '192.0.0.8', '192.0.2.1', '198.18.0.1', '198.51.100.1', '203.0.113.1', '224.0.0.1', '240.0.0.1', '255.255.255.255',
    '::', '::1', '::7f00:1', '::ffff:127.0.0.1', 'fe80::1', 'fec0::1', 'fd00::1', 'ff02::1', '64:ff9b::a00:1',
    '64:ff9b:1::a00:1', '100::1', '2001::1', '2001:db8::1', '2002:a00:1::', '3fff::1', '5f00::1', 'nobody', '',
  ] // prettier-ignore
  for (const text of held) t.notOk(isPublicAddress(text), text)
  for (const text of ['8.8.8.8', '::ffff:8.8.8.8', '2606:4700::1111', '2a00:1450::1']) t.ok(isPublicAddress(text), text)
})

t.test('P6: address: wildcards are recognised', async t => {
  for (const text of ['0.0.0.0', '::', '::ffff:0.0.0.0']) t.ok(isWildcardAddress(text), text)
  for (const text of ['10.0.0.1', '::1', '*', '']) t.notOk(isWildcardAddress(text), text)
})
