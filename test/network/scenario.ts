/** Runs among the hosts of three-hosts.sh, and prints what was seen as one JSON document. `isolation.test.ts` says what it has to be. */
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'

const root = join(import.meta.dirname, '..', '..')
const main = join(root, 'cli', 'main.ts')
const work = mkdtempSync(join(tmpdir(), 'sluice-net-'))
const data = join(work, 'data')
const port = 8443
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

const sluice = (...args: string[]): Promise<string> => on('appliance', process.execPath, main, ...args, '--data', data)

/** Sends a run status as an instrument does. @returns status code of the answer, 000 for none */
const send = (...options: string[]): Promise<string> =>
  on(
    'instrument',
    'curl',
    '--silent',
    '--max-time',
    '10',
    '--noproxy',
    options[0] === '--proxy' ? '' : '*',
    '--cacert',
    join(data, 'ca', 'authority.pem'),
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

/** All 65,535 TCP ports of all addresses, from the vendor's side: `address port` of those that took a connection. */
const scan = async (): Promise<readonly string[]> => {
  const seen = await Promise.all(([4, 6] as const).map(family => scanFamily(family)))
  return seen.flat()
}

const scanFamily = async (family: 4 | 6): Promise<readonly string[]> => {
  const speed = ['-n', '-Pn', '-sS', '-p-', '--min-rate', '60000', '--max-retries', '1', '-oG', '-']
  const report = await on('vendor', 'nmap', ...(family === 6 ? ['-6'] : []), ...speed, ...addresses[family])
  const hosts = [...report.matchAll(/^Host: (\S+) .*Ports: (.*)$/gm)]
  return hosts.flatMap(([, host, ports = '']) =>
    [...ports.matchAll(/(\d+)\/open\//g)].map(([, open]) => `${host} ${open}`),
  )
}

/** Whether UDP answers or refuses, which a filtered port does not. */
const probeUdp = (address: string): Promise<string> =>
  on(
    'vendor',
    'nmap',
    ...(address.includes(':') ? ['-6'] : []),
    '-n',
    '-Pn',
    '-sU',
    '-p',
    '53,123',
    '--max-retries',
    '1',
    '-oG',
    '-',
    address,
  )

/** What a caller from the vendor's side is given by the port of the lab address: nothing, or some octets. */
const callFromVendor = (): Promise<string> =>
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
    '%{http_code} %{exitcode} %{time_connect}',
    `https://10.77.1.10:${port}/`,
  )

const run = async (): Promise<object> => {
  start('vendor', process.execPath, join(root, 'test', 'image', 'vendor.ts'), 'vendor.test', work)
  const asked = start(
    'vendor',
    process.execPath,
    join(root, 'test', 'network', 'name-server.ts'),
    '203.0.113.20',
    'vendor.test',
  )
  await sluice(
    'init',
    '--listen',
    `10.77.1.10:${port}`,
    '--instrument',
    'novaseq-01=10.77.1.20',
    '--destination',
    'vendor.test',
  )
  const policy = join(data, 'policy.yaml')
  writeFileSync(
    policy,
    readFileSync(policy, 'utf8').replace(
      /^( *)host: vendor\.test/m,
      '$&\n$1networks: [203.0.113.0/24]\n$1ca: vendor-ca.pem',
    ),
  )
  await until(() =>
    on('vendor', 'cat', join(work, 'vendor-ca.pem')).then(
      text => text.endsWith('-----\n') || text.trim().endsWith('-----'),
    ),
  )
  writeFileSync(join(data, 'vendor-ca.pem'), readFileSync(join(work, 'vendor-ca.pem')))
  chmodSync(work, 0o755)
  const serving = start('appliance', process.execPath, main, 'serve', '--json', '--data', data)
  await until(() => serving().includes('"kind":"ready"'))

  const bare = { doctor: await isolation(), vendor: await callFromVendor() }
  const ruleset = await sluice('doctor', 'isolation', '--print-nftables')
  const file = join(work, 'sluice.nft')
  writeFileSync(file, ruleset)
  await on('appliance', 'nft', '-f', file)
  // Once more: a set that is in force is replaced.
  await on('appliance', 'nft', '-f', file)
  writeFileSync(
    join(work, 'nat.nft'),
    `table ip steering { chain prerouting { type nat hook prerouting priority dstnat; iifname "lab" tcp dport 443 redirect to :${port}\n}\n}\n`,
  )
  await on('appliance', 'nft', '-f', join(work, 'nat.nft'))

  const target = 'https://vendor.test/proactive/v1/run-status'
  const ways = {
    connect: await send('--proxy', `http://10.77.1.10:${port}`, target),
    gateway: await send(`https://10.77.1.10:${port}/proactive/v1/run-status`),
    redirect: await send('--resolve', 'vendor.test:443:203.0.113.20', target),
  }
  await on('appliance', 'sysctl', '-q', '-w', 'net.ipv4.conf.all.rp_filter=1', 'net.ipv4.conf.all.arp_ignore=1')
  const filtered = { doctor: await isolation(), open: await scan(), vendor: await callFromVendor() }
  const udp = (await Promise.all([...addresses[4], ...addresses[6]].map(probeUdp))).join('')

  // The positive control: ports that are open to the vendor's side, on each address, are seen by the same scan.
  start('appliance', process.execPath, '-e', "require('net').createServer().listen(61234, '::')")
  await on('appliance', 'nft', 'insert', 'rule', 'inet', 'sluice', 'input', 'tcp', 'dport', '61234', 'accept')
  await setTimeout(300)
  const opened = { doctor: await isolation(), open: await scan() }
  return { ways, bare, filtered, udp, opened, asked: [...new Set(asked().trim().split('\n'))], ruleset }
}

const isolation = async (): Promise<Record<string, string>> => {
  const lines = (await sluice('doctor', 'isolation', '--json')).trim().split('\n')
  return Object.fromEntries(
    lines.map(text => JSON.parse(text) as { check: string; state: string }).map(({ check, state }) => [check, state]),
  )
}

try {
  process.stdout.write(`${JSON.stringify(await run())}\n`)
} finally {
  for (const child of children) child.kill('SIGTERM')
}
