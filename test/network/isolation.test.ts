import { execFile, execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'

type State = 'holds' | 'found' | 'unproven'
type Checks = Readonly<Record<string, State>>

/** What `scenario.ts` prints. */
type Seen = {
  readonly ways: Readonly<Record<string, string>>
  readonly bare: { readonly doctor: Checks; readonly vendor: string }
  readonly filtered: { readonly doctor: Checks; readonly open: readonly string[]; readonly vendor: string }
  readonly opened: { readonly doctor: Checks; readonly open: readonly string[] }
  readonly udp: string
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

  t.test('three hosts: telemetry passes by CONNECT, as a gateway, and redirected by nftables', async t => {
    t.strictSame(seen.ways, { connect: '200', gateway: '200', redirect: '200' })
  })

  t.test(
    'P6: no TCP port of any address is open to the vendor, over IPv4 and IPv6; the scan sees one that is',
    async t => {
      t.strictSame(seen.filtered.open, [])
      t.strictSame(seen.opened.open, [
        '10.77.1.10 61234',
        '203.0.113.10 61234',
        'fd00:77:1::10 61234',
        '2001:db8:113::10 61234',
      ])
    },
  )

  t.test('P6: UDP gives the vendor no answer, not even a refusal', async t => {
    t.match(seen.udp, /open\|filtered/)
    t.notMatch(seen.udp, /\/(open|closed)\//)
  })

  t.test(
    'P6: without a packet filter the lab address shows on the egress side, and nobody is let in there',
    async t => {
      t.match(seen.bare.vendor, /instrument-unknown.*\s403 0 /s)
      t.match(seen.filtered.vendor, /^000 28 /)
    },
  )

  t.test('doctor isolation: says what is open, and what the rule set has closed', async t => {
    t.equal(seen.bare.doctor['packet filter'], 'found')
    t.equal(seen.bare.doctor['weak host model'], 'found')
    const { 'published ports': published, ...filtered } = seen.filtered.doctor
    t.ok(published === undefined || published === 'unproven')
    for (const [check, state] of Object.entries(filtered)) t.equal(state, 'holds', check)
    t.equal(seen.opened.doctor['packet filter'], 'found')
    t.equal(seen.opened.doctor['other sockets'], 'found')
  })

  t.test('DNS: only the names of the policy are asked for', async t => {
    t.strictSame(seen.asked, ['vendor.test'])
  })
})
