import t from 'tap'
import { isPublicAddress } from '../../../rules/address.ts'
import type { TextDetector } from '../../../rules/detector.ts'
import { ipAddress } from '../../../rules/detectors/ip-address.ts'
import { macAddress } from '../../../rules/detectors/mac-address.ts'
import { reaches } from '../../kit/reaches.ts'
import { seeded } from '../../kit/random.ts'

/** Whether a detector finds something, which has to meet its needs. */
const isFound = (detector: TextDetector, text: string, keys: readonly string[] = []): boolean => {
  const subject = { text, keys, role: 'value' } as const
  const isAny = !Iterator.from(detector.find(subject)).next().done
  if (isAny && !reaches(detector, subject)) throw new Error(`no need is met by ${text}`)
  return isAny
}

const random = seeded(15)
const times = <T>(count: number, make: () => T): readonly T[] => Array.from({ length: count }, make)
const octets = (count: number): readonly number[] => times(count, () => random.below(256))
const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0')

const publicAddresses = times(4_000, () => octets(4).join('.')).filter(isPublicAddress)

t.test('ip-address: random public addresses, at least 97 % alone and all beside a word of networks', async t => {
  t.ok(publicAddresses.length > 3_000)
  const alone = publicAddresses.filter(address => isFound(ipAddress, address))
  t.ok(alone.length / publicAddresses.length >= 0.97, `${alone.length} of ${publicAddresses.length}`)
  for (const write of [
    (address: string) => `connection from ${address} refused by peer`,
    (address: string) => `https://${address}/status`,
    (address: string) => `${address}:8443`,
    (address: string) => `[${address}] gateway timed out`,
  ])
    t.same(
      publicAddresses.filter(address => !isFound(ipAddress, write(address))),
      [],
      write('…'),
    )
  t.same(
    publicAddresses.filter(address => !isFound(ipAddress, address, ['network', 'remoteAddress'])),
    [],
  )
})

t.test('ip-address: random IPv6 addresses, in full and shortened', async t => {
  for (const first of ['2a02', '2600', 'fd4e', 'fe80'])
    for (const rest of times(50, () => times(7, () => random.below(65_536)))) {
      const groups = [first, ...rest.map(group => group.toString(16))]
      t.ok(isFound(ipAddress, groups.join(':')))
      t.ok(isFound(ipAddress, `from [${first}:${groups[1]}::${groups[7]}]:443`))
      t.ok(isFound(ipAddress, groups.join(':').toUpperCase()))
    }
})

t.test('ip-address: versions, times, netmasks and addresses that are nobody’s, nothing found', async t => {
  const versions = times(500, () => times(4, () => random.below(100)).join('.')).filter(text => !text.startsWith('10.'))
  const clock = times(200, () => [24, 60, 60].map(limit => hex(random.below(limit), 2)).join(':'))
  for (const text of [
    ...versions,
    ...versions.map(version => `NovaSeq Control Software ${version}`),
    ...versions.map(version => `server version ${version}`),
    ...clock,
    ...'127.0.0.1 0.0.0.0 255.255.255.255 255.255.240.0 224.0.0.251 203.0.113.9 ::1 2001:db8::1 ff02::1'.split(' '),
    ...'256.300.1.2 1.2.3 1.2.3.4.5 10.1.2.3.4 a10.1.2.3 dead::beef'.split(' '),
    '2023:11:08 16:06:42',
  ])
    if (isFound(ipAddress, text)) t.fail(text)
  t.notOk(isFound(ipAddress, '10.4.1.2', ['softwareVersion']))
  t.ok(isFound(ipAddress, '10.4.1.2', ['instrument', 'address']))
})

t.test('mac-address: random addresses in every way of writing, and all of them in context', async t => {
  const addresses = times(1_000, () => octets(6).map(octet => hex(octet, 2)))
  for (const write of [
    (parts: readonly string[]) => parts.join(':'),
    (parts: readonly string[]) => parts.join('-').toUpperCase(),
    (parts: readonly string[]) => `eth0: ${parts.join(':')}, up`,
    (parts: readonly string[]) => [...parts.slice(0, 3), 'ff', 'fe', ...parts.slice(3)].join(':'),
  ]) {
    const found = addresses.filter(parts => isFound(macAddress, write(parts)))
    t.ok(found.length / addresses.length >= 0.99, `${found.length} of ${addresses.length}`)
  }
  for (const parts of addresses) {
    t.ok(isFound(macAddress, parts.join(''), ['nic', 'macAddress']))
    t.notOk(isFound(macAddress, parts.join(''), ['run', 'id']))
  }
  const fingerprint = octets(32).map(octet => hex(octet, 2)).join(':') // prettier-ignore
  t.notOk(isFound(macAddress, fingerprint), 'a fingerprint is longer')
})
