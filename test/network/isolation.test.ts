import { execFile, execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'

type State = 'holds' | 'found' | 'unproven'
type Checks = Readonly<Record<string, State>>

/** What is seen while the packet filter of an appliance is in force; `open`: `address port`, `udp`: `address port state`. */
type Filtered = {
  readonly ways: Readonly<Record<string, string>>
  readonly doctor: Checks
  readonly open: readonly string[]
  readonly udp: readonly string[]
  readonly vendor: string
}

/** What `scenario.ts` prints. */
type Seen = {
  readonly bare: { readonly doctor: Checks; readonly vendor: readonly string[]; readonly dropped: readonly number[] }
  /** By family of addresses. */
  readonly filtered: Readonly<Record<4 | 6, Filtered>>
  readonly opened: { readonly doctor: Checks; readonly open: readonly string[]; readonly udp: readonly string[] }
  readonly asked: readonly string[]
}

/** Null when this machine can make network namespaces and has the programs. */
const missing = ((): string | null => {
  if (process.getuid?.() !== 0) return 'needs root'
  try {
    for (const program of ['ip', 'nft', 'nmap', 'curl', 'nsenter'])
      execFileSync('which', [program], { stdio: 'ignore' })
    execFileSync('unshare', ['--net', '--mount', '--pid', '--fork', 'true'], { stdio: 'ignore' })
    return null
  } catch {
    return 'needs ip, nft, nmap, curl, nsenter, and leave to make network namespaces'
  }
})()

t.test('three hosts', { skip: missing ?? false, timeout: 110_000 }, async t => {
  const here = import.meta.dirname
  const scenario = [join(here, 'three-hosts.sh'), process.execPath, join(here, 'scenario.ts')]
  const { stdout } = await promisify(execFile)('bash', scenario, { maxBuffer: 1024 ** 2 })
  const seen = JSON.parse(stdout) as Seen

  const { bare, filtered, opened } = seen
  const ofBoth = ['10.77.1.10', '203.0.113.10', 'fd00:77:1::10', '2001:db8:113::10']

  t.test(
    'three hosts: telemetry passes by CONNECT, as a gateway, and redirected by nftables, over IPv4 and IPv6',
    async t => {
      for (const family of [4, 6] as const)
        t.strictSame(filtered[family].ways, { connect: '200', gateway: '200', redirect: '200' }, `IPv${family}`)
    },
  )

  t.test(
    'P6: no TCP port of any address is open to the vendor, over IPv4 and IPv6; the scan sees one that is',
    async t => {
      t.strictSame([...filtered[4].open, ...filtered[6].open], [])
      t.strictSame(
        opened.open,
        ofBoth.map(address => `${address} 61234`),
      )
    },
  )

  t.test('P6: UDP gives the vendor no answer, not even a refusal; the probe sees a listener', async t => {
    const udp = [...filtered[4].udp, ...filtered[6].udp]
    t.equal(udp.length, 16, 'four ports of four addresses')
    t.strictSame(
      udp.filter(line => !line.endsWith(' open|filtered')),
      [],
    )
    t.strictSame(
      opened.udp.filter(line => line.endsWith(' open')),
      ofBoth.map(address => `${address} 61234 open`),
    )
  })

  t.test(
    'P6: without a packet filter the lab address shows on the egress side, and nobody there gets an octet',
    async t => {
      t.strictSame(bare.dropped, [2, 2], 'it is accepted, over IPv4 and IPv6, and dropped')
      // reset, amid what curl was about: connecting (7), the handshake (35), waiting for an answer (52, 56)
      for (const seen of bare.vendor) t.match(seen, /^000 (7|35|52|56)$/)
      for (const { vendor } of Object.values(filtered)) t.match(vendor, /^000 28$/, 'with it, it does not even show')
    },
  )

  t.test('doctor isolation: says what is open, and what the rule set has closed', async t => {
    t.equal(bare.doctor['packet filter'], 'found')
    t.equal(bare.doctor['weak host model'], 'found')
    for (const family of [4, 6] as const) {
      const { 'published ports': published, ...closed } = filtered[family].doctor
      t.ok(published === undefined || published === 'unproven')
      for (const [check, state] of Object.entries(closed)) t.equal(state, 'holds', `IPv${family}: ${check}`)
    }
    t.equal(opened.doctor['packet filter'], 'found')
    t.equal(opened.doctor['other sockets'], 'found')
  })

  t.test('DNS: only the names of the policy are asked for', async t => {
    t.strictSame(seen.asked, ['vendor.test'])
  })
})
