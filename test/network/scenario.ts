/** Runs among the hosts of three-hosts.sh, and prints what was seen as one JSON document. `isolation.test.ts` says what it has to be. */
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type { ApplianceStatus } from '../../proxy/watch/control-handlers.ts'

const root = join(import.meta.dirname, '..', '..')
const main = join(root, 'cli', 'main.ts')
const work = mkdtempSync(join(tmpdir(), 'sluice-net-'))
const families = [4, 6] as const
type Family = (typeof families)[number]

/** Addresses of the appliance: on the side of the lab, and of the vendor. */
const addresses = {
  4: ['10.77.1.10', '203.0.113.10'],
  6: ['fd00:77:1::10', '2001:db8:113::10'],
} as const
const children: ChildProcess[] = []

/** Runs a command on a host to its end; its standard output, whatever its exit code. */
const on = (host: string, ...command: string[]): Promise<string> =>
  new Promise(resolve => execFile('on', [host, ...command], (_error, stdout) => resolve(stdout)))

/** Runs a command on a host until the end of the scenario. */
const start = (host: string, ...command: string[]): (() => string) => {
  const child = spawn('on', [host, ...command], { stdio: ['ignore', 'pipe', 'inherit'] })
  children.push(child)
  let printed = ''
  child.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString()))
  return () => printed
}

const until = async (holds: () => boolean | Promise<boolean>): Promise<void> => {
  for (let attempt = 0; attempt < 200; attempt++) {
    if (await holds()) return
    await setTimeout(100)
  }
  throw new Error('waited for too long')
}

/** An appliance for each family: it listens on one address, and calls its vendor by that family. */
const sides = {
  4: {
    data: join(work, 'data4'),
    port: 8443,
    lab: '10.77.1.10',
    instrument: '10.77.1.20',
    vendor: '203.0.113.20',
    network: '203.0.113.0/24',
  },
  6: {
    data: join(work, 'data6'),
    port: 9443,
    lab: '[fd00:77:1::10]',
    instrument: 'fd00:77:1::20',
    vendor: '2001:db8:113::20',
    network: '2001:db8:113::/64',
  },
} as const

const sluice = (family: Family, ...args: string[]): Promise<string> =>
  on('appliance', process.execPath, main, ...args, '--data', sides[family].data)

/** Sends a run status as an instrument does. @returns status code of the answer, 000 for none */
const send = (family: Family, ...options: string[]): Promise<string> =>
  on(
    'instrument',
    'curl',
    '--silent',
    '--max-time',
    '10',
    '--noproxy',
    options[0] === '--proxy' ? '' : '*',
    '--cacert',
    join(sides[family].data, 'ca', 'authority.pem'),
    '--output',
    '/dev/null',
    '--write-out',
    '%{http_code}',
    '--header',
    'content-type: application/json',
    '--data-binary',
    `@${sample}`,
    ...options,
  )

const samples = join(root, 'rules', 'packs', 'illumina-proactive', 'samples', 'run-status')
const sample = (await on('instrument', 'find', samples, '-name', '*.json')).trim().split('\n').sort()[0]!

const ALL_PORTS = '1-65535'

/** TCP ports of the addresses of a family, from the vendor's side: `address port` of those that took a connection. */
const scan = async (family: Family, ports: string): Promise<readonly string[]> => {
  const speed = ['-n', '-Pn', '-sS', '-p', ports, '--min-rate', '60000', '--max-retries', '1', '-oG', '-']
  const report = await on('vendor', 'nmap', ...(family === 6 ? ['-6'] : []), ...speed, ...addresses[family])
  const hosts = [...report.matchAll(/^Host: (\S+) .*Ports: (.*)$/gm)]
  return hosts.flatMap(([, host, ports = '']) =>
    [...ports.matchAll(/(\d+)\/open\//g)].map(([, open]) => `${host} ${open}`),
  )
}

/** UDP: `address port state` of ports that may be in use. A filtered one neither answers (`open`) nor refuses (`closed`): `open|filtered`. */
const probeUdp = async (family: Family): Promise<readonly string[]> => {
  const speed = ['-n', '-Pn', '-sU', '-p', `53,123,${sides[family].port},${CONTROL}`, '--max-retries', '1', '-oG', '-']
  const report = await on('vendor', 'nmap', ...(family === 6 ? ['-6'] : []), ...speed, ...addresses[family])
  const hosts = [...report.matchAll(/^Host: (\S+) .*Ports: (.*)$/gm)]
  return hosts.flatMap(([, host, ports = '']) =>
    [...ports.matchAll(/(\d+)\/([a-z|]+)\/udp/g)].map(([, open, state]) => `${host} ${open} ${state}`),
  )
}

/** What a caller from the vendor's side is given by the port of the lab address: status code, and exit code of curl. */
const callFromVendor = (family: Family, scheme: 'http' | 'https' = 'https'): Promise<string> =>
  on(
    'vendor',
    'curl',
    '--silent',
    '--insecure',
    '--noproxy',
    '*',
    '--max-time',
    '3',
    '--write-out',
    '%{http_code} %{exitcode}',
    `${scheme}://${sides[family].lab}:${sides[family].port}/`,
  )

const callAll = (): Promise<readonly string[]> =>
  Promise.all(families.flatMap(family => [callFromVendor(family), callFromVendor(family, 'http')]))

/** How many callers an appliance dropped when it accepted them. */
const dropped = async (family: Family): Promise<number> => {
  const { outsiders } = JSON.parse(await sluice(family, 'status', '--json')) as ApplianceStatus
  return outsiders.connections
}

/** Sets up the appliance of a family, starts it, and waits until it is ready. */
const serve = async (family: Family): Promise<void> => {
  const { data, lab, port, instrument, network } = sides[family]
  const who = ['--instrument', `novaseq-01=${instrument}`, '--destination', 'vendor.test']
  await sluice(family, 'init', '--listen', `${lab}:${port}`, ...who)
  const policy = join(data, 'policy.yaml')
  const text = readFileSync(policy, 'utf8')
  const named = text.replace(/^( *)host: vendor\.test/m, `$&\n$1networks: ['${network}']\n$1ca: vendor-ca.pem`)
  writeFileSync(policy, named)
  writeFileSync(join(data, 'vendor-ca.pem'), readFileSync(join(work, 'vendor-ca.pem')))
  const serving = start('appliance', process.execPath, main, 'serve', '--json', '--data', data)
  await until(() => serving().includes('"kind":"ready"'))
}

/** Loads the packet filter of an appliance, twice: a set that is in force is replaced. Clients of the lab are redirected besides. */
const filter = async (family: Family): Promise<void> => {
  const file = join(work, `sluice${family}.nft`)
  writeFileSync(file, await sluice(family, 'doctor', 'isolation', '--print-nftables'))
  await on('appliance', 'nft', '-f', file)
  await on('appliance', 'nft', '-f', file)
  const nat = join(work, `nat${family}.nft`)
  const rule = `type nat hook prerouting priority dstnat; iifname "lab" tcp dport 443 redirect to :${sides[family].port}`
  writeFileSync(nat, `table ${family === 6 ? 'ip6' : 'ip'} steering { chain prerouting { ${rule}\n}\n}\n`)
  await on('appliance', 'nft', '-f', nat)
}

/** The main job in the three ways of clients. */
const sendAll = async (family: Family): Promise<Record<string, string>> => {
  const { lab, port, vendor } = sides[family]
  const target = 'https://vendor.test/proactive/v1/run-status'
  return {
    connect: await send(family, '--proxy', `http://${lab}:${port}`, target),
    gateway: await send(family, `https://${lab}:${port}/proactive/v1/run-status`),
    redirect: await send(family, '--resolve', `vendor.test:443:${vendor}`, target),
  }
}

const underFilter = async (family: Family): Promise<object> => {
  await filter(family)
  const ways = await sendAll(family)
  const [doctor, open, udp, vendor] = await Promise.all([
    isolation(family),
    scan(family, ALL_PORTS),
    probeUdp(family),
    callFromVendor(family),
  ])
  return { ways, doctor, open, udp, vendor }
}

/** A port on which TCP and UDP are answered on every address, so that the scans show that they would see one. */
const CONTROL = 61234
const control = `
for (const address of ${JSON.stringify([...addresses[4], ...addresses[6]])}) {
  require('net').createServer().listen(${CONTROL}, address)
  const socket = require('dgram').createSocket(address.includes(':') ? 'udp6' : 'udp4')
  socket.on('message', (_, { address, port }) => socket.send('here', port, address)).bind(${CONTROL}, address)
}`

const run = async (): Promise<object> => {
  chmodSync(work, 0o755)
  start('vendor', process.execPath, join(root, 'test', 'image', 'vendor.ts'), 'vendor.test', work)
  const names = join(root, 'test', 'network', 'name-server.ts')
  const asked = start('vendor', process.execPath, names, 'vendor.test', sides[4].vendor, sides[6].vendor)
  await until(() => on('vendor', 'cat', join(work, 'vendor-ca.pem')).then(text => text.trim().endsWith('-----')))
  await Promise.all(families.map(serve))

  const bare = {
    doctor: await isolation(4),
    vendor: await callAll(),
    dropped: await Promise.all(families.map(dropped)),
  }
  await on('appliance', 'sysctl', '-q', '-w', 'net.ipv4.conf.all.rp_filter=1', 'net.ipv4.conf.all.arp_ignore=1')
  const filtered = { 4: await underFilter(4), 6: await underFilter(6) }

  // The positive control.
  start('appliance', process.execPath, '-e', control)
  for (const protocol of ['tcp', 'udp'])
    await on('appliance', 'nft', 'insert', 'rule', 'inet', 'sluice', 'input', protocol, 'dport', `${CONTROL}`, 'accept')
  await setTimeout(300)
  const opened = {
    doctor: await isolation(6),
    open: (await Promise.all(families.map(family => scan(family, '60000-65535')))).flat(),
    udp: (await Promise.all(families.map(probeUdp))).flat(),
  }
  return { bare, filtered, opened, asked: [...new Set(asked().trim().split('\n'))] }
}

const isolation = async (family: Family): Promise<Record<string, string>> => {
  const lines = (await sluice(family, 'doctor', 'isolation', '--json')).trim().split('\n')
  return Object.fromEntries(
    lines.map(text => JSON.parse(text) as { check: string; state: string }).map(({ check, state }) => [check, state]),
  )
}

try {
  process.stdout.write(`${JSON.stringify(await run())}\n`)
} finally {
  for (const child of children) child.kill('SIGTERM')
}
