import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import forge from 'node-forge'
import { vendorAuthority, vendorHost } from '../../kit/vendor.ts'
import { compare, type Way } from '../bed/compare.ts'
import { openProxyBed, type Subject } from '../bed/proxy-bed.ts'
import { runSchema } from '../bed/run-telemetry.ts'
import { peersFolder, type PeerTold } from '../peers/job.ts'
import type { Report, Suite } from '../suite.ts'

const folder = join(import.meta.dirname, '../peers')
const SQUID_HELPERS = '/usr/lib/squid'
const WAIT_MS = 20_000
const ROUNDS = 3

/** What a peer needs of the bed, with a port of its own and a second one. */
type Place = PeerTold & { readonly otherPort: number }

type Peer = {
  readonly name: string
  /** Where it is missing: what to do about it. Null where it is there. */
  readonly missing: string | null
  readonly start: (place: Place) => readonly ChildProcess[]
  /** Of issue 8, by KB: how many times as much CPU as Sluice it takes at least. */
  readonly bars: Readonly<Record<number, number>>
}

const run = (command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcess =>
  spawn(command, args, { stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, ...env } })

/** Where a program is that a package manager installs, or null. */
const program = (name: string): string | null =>
  [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin'].map(path => join(path, name)).find(existsSync) ?? null

const lacking = (names: readonly string[]): string | null =>
  names.every(name => program(name) !== null)
    ? null
    : 'apt-get install mitmproxy python3-jsonschema squid-openssl c-icap'

const fromNpm = (name: string): Pick<Peer, 'name' | 'missing' | 'start'> => ({
  name,
  missing: existsSync(join(peersFolder, 'node_modules', name))
    ? null
    : 'npm install --prefix test/bench/peers (or in the folder that BENCH_PEERS names)',
  start: place => [run(process.execPath, [join(folder, `run-${name}.ts`), JSON.stringify(place)])],
})

const mitmproxy = (withSchema: boolean, bars: Peer['bars']): Peer => ({
  name: `mitmproxy with an addon, ${withSchema ? 'jsonschema' : 'no schema'}`,
  missing: lacking(['mitmdump']),
  bars,
  start: ({ port, folder: own, schema, vendorCa, authority }) => {
    writeFileSync(join(own, 'mitmproxy-ca.pem'), authority.key + authority.cert)
    writeFileSync(join(own, 'vendor.pem'), vendorCa)
    writeFileSync(join(own, 'schema.json'), JSON.stringify(schema))
    const settings = [`confdir=${own}`, `ssl_verify_upstream_trusted_ca=${join(own, 'vendor.pem')}`]
    const options = ['-q', '--listen-host', '127.0.0.1', '--listen-port', String(port), '-s', join(folder, 'addon.py')]
    const env = { BENCH_FOLDER: own, ...(withSchema && { BENCH_SCHEMA: '1' }) }
    return [run(program('mitmdump')!, [...options, ...settings.flatMap(one => ['--set', one])], env)]
  },
})

const cicapConfiguration = (own: string, port: number): string => `
PidFile ${own}/c-icap.pid
CommandsSocket ${own}/c-icap.ctl
Port 127.0.0.1:${port}
TmpDir ${own}
ModulesDir /usr/lib/x86_64-linux-gnu/c_icap
ServicesDir /usr/lib/x86_64-linux-gnu/c_icap
ServerLog ${own}/c-icap.log
AccessLog ${own}/c-icap-access.log
MaxKeepAliveRequests -1
StartServers 1
MaxServers 1
ThreadsPerChild 40
Service echo srv_echo.so
`

/** Previews are off: with them the service would be shown the first kilobyte alone. */
const squidConfiguration = (own: string, { port, otherPort }: Place): string => `
http_port 127.0.0.1:${port} ssl-bump tls-cert=${own}/authority.pem generate-host-certificates=on dynamic_cert_mem_cache_size=4MB
sslcrtd_program ${SQUID_HELPERS}/security_file_certgen -s ${own}/certificates -M 4MB
ssl_bump bump all
tls_outgoing_options cafile=${own}/vendor.pem
icap_enable on
icap_preview_enable off
icap_service echo reqmod_precache bypass=off icap://127.0.0.1:${otherPort}/echo
adaptation_access echo allow all
http_access allow all
cache deny all
access_log none
cache_log ${own}/cache.log
pid_filename ${own}/squid.pid
coredump_dir ${own}
shutdown_lifetime 1 second
`

const squid: Peer = {
  name: 'Squid with c-icap, which inspects nothing',
  missing: lacking(['squid', 'c-icap']),
  bars: { 256: 1 },
  start: place => {
    const own = place.folder
    writeFileSync(join(own, 'authority.pem'), place.authority.key + place.authority.cert)
    writeFileSync(join(own, 'vendor.pem'), place.vendorCa)
    writeFileSync(join(own, 'c-icap.conf'), cicapConfiguration(own, place.otherPort))
    writeFileSync(join(own, 'squid.conf'), squidConfiguration(own, place))
    execFileSync(join(SQUID_HELPERS, 'security_file_certgen'), ['-c', '-s', join(own, 'certificates'), '-M', '4MB'], {
      stdio: 'ignore',
    })
    // Squid gives up being root before it opens them.
    execFileSync('chmod', ['-R', 'a+rwX', own])
    return [
      run(program('c-icap')!, ['-N', '-f', join(own, 'c-icap.conf')]),
      run(program('squid')!, ['-N', '-f', join(own, 'squid.conf')]),
    ]
  },
}

const peers: readonly Peer[] = [
  mitmproxy(false, { 1: 5, 256: 10 }),
  mitmproxy(true, {}),
  { ...fromNpm('mockttp'), bars: { 1: 3, 16: 3, 256: 3 } },
  { ...fromNpm('http-mitm-proxy'), bars: { 1: 1.3, 256: 4 } },
  squid,
]

/** RSA-2048, which all of them take. */
const rsaAuthority = (): PeerTold['authority'] => {
  const { privateKey, publicKey } = forge.pki.rsa.generateKeyPair(2_048)
  const certificate = forge.pki.createCertificate()
  certificate.publicKey = publicKey
  certificate.serialNumber = '01'
  certificate.validity.notAfter = new Date(Date.now() + 30 * 86_400_000)
  const name = [{ name: 'commonName', value: 'Bench authority of peers' }]
  certificate.setSubject(name)
  certificate.setIssuer(name)
  certificate.setExtensions([
    { name: 'basicConstraints', cA: true, critical: true },
    { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    { name: 'subjectKeyIdentifier' },
  ])
  certificate.sign(privateKey, forge.md.sha256.create())
  return { cert: forge.pki.certificateToPem(certificate), key: forge.pki.privateKeyToPem(privateKey) }
}

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

const listens = async (port: number): Promise<void> => {
  for (const end = performance.now() + WAIT_MS; performance.now() < end; await setTimeout(100)) {
    const socket = connect(port, '127.0.0.1')
    // `once` rejects when the connection is refused.
    const isOpen = await once(socket, 'connect').then(
      () => true,
      () => false,
    )
    socket.destroy()
    if (isOpen) return
  }
  throw new Error(`bench: nothing listens on port ${port}`)
}

type Started = { readonly subject: Subject & Way; readonly bars: Peer['bars']; readonly end: () => Promise<void> }

const start = async ({ name, bars, start: begin }: Peer, under: string, vendorPort: number): Promise<Started> => {
  const own = mkdtempSync(join(under, 'peer-'))
  chmodSync(own, 0o777)
  const authority = rsaAuthority()
  const [port, otherPort] = [await freePort(), await freePort()]
  const place = { port, otherPort, folder: own, schema: runSchema, vendorCa: vendorAuthority.pem, authority }
  const children = begin(place)
  const end = async (): Promise<void> => {
    for (const child of children) {
      const isOver = child.exitCode !== null || child.signalCode !== null
      child.kill('SIGKILL')
      if (!isOver) await once(child, 'exit')
    }
  }
  try {
    await listens(port)
  } catch (error) {
    await end()
    throw error
  }
  const pids = children.map(({ pid }) => pid!)
  const tunnel = `localhost:${vendorPort}`
  return { subject: { name, pids, port, serverName: 'localhost', ca: authority.cert, tunnel }, bars, end }
}

const cases = [
  { kilobytes: 1, requests: 2_000 },
  { kilobytes: 16, requests: 600 },
  { kilobytes: 256, requests: 64 },
] as const

const measureBeside = async (report: Report, sluice: Subject & Way, bare: Subject, peer: Started): Promise<void> => {
  for (const { kilobytes, requests } of cases) {
    const measured = await compare([bare, sluice, peer.subject], kilobytes, requests, ROUNDS)
    const own = measured.get(sluice.name)!
    for (const [name, { cpu, bytes }] of measured) {
      const atLeast = peer.bars[kilobytes]
      const ratio = { to: 'sluice', value: cpu.mean / own.cpu.mean, ...(atLeast !== undefined && { atLeast }) }
      const label = `${name}, ${kilobytes} KB, CPU`
      if (name === peer.subject.name) report.row({ name: label, unit: 'ms/request', time: cpu, bytes, ratio })
      else report.row({ name: `${label} beside ${peer.subject.name}`, unit: 'ms/request', time: cpu, bytes })
    }
  }
}

export const peersSuite: Suite = {
  name: 'peers',
  title: 'other proxies with the same job (JSON, schema, 21 patterns, a durable row), as far as they are installed',
  isExtra: true,
  async run(report) {
    const bed = await openProxyBed()
    const under = mkdtempSync(join(tmpdir(), 'sluice-peers-'))
    chmodSync(under, 0o777)
    const tunnel = `${vendorHost}:${bed.vendorPort}`
    const sluice = { ...bed.sluice, name: 'sluice', serverName: vendorHost, tunnel }
    try {
      for (const peer of peers) {
        if (peer.missing !== null) {
          report.note(`${peer.name} is missing and left out: ${peer.missing}`)
          continue
        }
        const started = await start(peer, under, bed.vendorPort)
        try {
          await measureBeside(report, sluice, bed.bare, started)
        } finally {
          await started.end()
        }
      }
    } finally {
      await bed.close()
      rmSync(under, { recursive: true, force: true })
    }
  },
}
