import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { dataFolder } from '../proxy/data-folder.ts'
import { setUp, shippedPolicy } from '../proxy/set-up.ts'
import { testSettings } from './kit/appliance.ts'
import { until } from './kit/until.ts'

const root = join(import.meta.dirname, '..')
const file = join(root, 'deploy', 'sluice.service')

/** A unit file: its assignments by section and name, in their order; an empty one stands alone. @see systemd.syntax(7) */
const readUnit = (text: string): ReadonlyMap<string, readonly string[]> => {
  const values = new Map<string, string[]>()
  let section = ''
  for (const line of text.split('\n').filter(written => written !== '' && !/^[#;]/.test(written))) {
    const [, heading] = /^\[(\w+)\]$/.exec(line) ?? []
    const [, name = '', value = ''] = /^(\w+)=(.*)$/.exec(line) ?? []
    if (heading !== undefined) section = heading
    else if (name === '') throw new Error(`not an assignment: ${line}`)
    else values.set(`${section}.${name}`, [...(values.get(`${section}.${name}`) ?? []), value])
  }
  return values
}

const unit = readUnit(readFileSync(file, 'utf8'))
const has = (command: string): boolean => spawnSync(command, ['--version']).error === undefined

t.test('unit: the appliance runs as a user of its own, without privileges and without a way to any', t => {
  const expected = {
    User: 'sluice',
    AmbientCapabilities: '',
    CapabilityBoundingSet: '',
    NoNewPrivileges: 'yes',
    RestrictSUIDSGID: 'yes',
    PrivateUsers: 'yes',
    RestrictNamespaces: 'yes',
    RestrictRealtime: 'yes',
    LockPersonality: 'yes',
    SystemCallArchitectures: 'native',
    KeyringMode: 'private',
  }
  for (const [name, value] of Object.entries(expected)) t.strictSame(unit.get(`Service.${name}`), [value], name)
  t.strictSame(unit.get('Service.SystemCallFilter'), ['@system-service', '~@privileged @keyring @resources'])
  t.strictSame(unit.get('Service.SystemCallErrorNumber'), ['EPERM'])
  t.notOk(unit.has('Service.DynamicUser'), 'what it seals keeps its owner')
  t.end()
})

t.test('unit: it writes to its state directory alone, and not to its policy', t => {
  const expected = {
    ProtectSystem: 'strict',
    ProtectHome: 'yes',
    PrivateTmp: 'yes',
    PrivateDevices: 'yes',
    ProtectProc: 'invisible',
    ProcSubset: 'pid',
    StateDirectory: 'sluice',
    StateDirectoryMode: '0700',
    ConfigurationDirectory: 'sluice',
    UMask: '0077',
  }
  for (const [name, value] of Object.entries(expected)) t.strictSame(unit.get(`Service.${name}`), [value], name)
  for (const what of ['Clock', 'ControlGroups', 'Hostname', 'KernelLogs', 'KernelModules', 'KernelTunables'])
    t.strictSame(unit.get(`Service.Protect${what}`), ['yes'], what)
  t.notOk(unit.has('Service.ReadWritePaths'))
  t.end()
})

t.test('unit: memory, processes and files are bounded, and it comes back', t => {
  for (const name of ['MemoryMax', 'TasksMax', 'LimitNOFILE', 'TimeoutStopSec'])
    t.match(unit.get(`Service.${name}`), [/^\d+G?$/], name)
  t.strictSame(unit.get('Service.MemorySwapMax'), ['0'])
  t.strictSame(unit.get('Service.LimitCORE'), ['0'])
  t.strictSame(unit.get('Service.Restart'), ['on-failure'])
  t.end()
})

t.test('P6: unit: sockets of IP, of the control socket and of the resolver, and none of cloud metadata', t => {
  t.strictSame(unit.get('Service.RestrictAddressFamilies'), ['AF_INET AF_INET6 AF_UNIX AF_NETLINK'])
  t.strictSame(unit.get('Service.IPAddressDeny'), ['link-local multicast'])
  t.match(unit.get('Unit.After'), [/\bnftables\.service\b/], 'the packet filter before the port')
  t.end()
})

t.test('unit: systemd finds nothing wrong with it, and counts its exposure as low', async t => {
  if (!has('systemd-analyze')) return t.comment('skipped: there is no systemd-analyze on this machine')
  const { stderr } = spawnSync('systemd-analyze', ['verify', file], { encoding: 'utf8' })
  const found = stderr.split('\n').filter(line => line.includes('sluice.service') && !/not executable/.test(line))
  t.strictSame(found, [])
  const args = ['security', '--offline=true', '--no-pager', '--threshold=15', file]
  t.equal(spawnSync('systemd-analyze', args).status, 0, 'at most 1.5 of 10')
})

/** The calls in a set such as `@system-service`, with those of the sets in it. */
const callsIn = (set: string): readonly string[] =>
  execFileSync('systemd-analyze', ['syscall-filter', set], { encoding: 'utf8' })
    .split('\n')
    .slice(1)
    .map(line => line.trim())
    .filter(line => line !== '' && !line.startsWith('#'))
    .flatMap(name => (name.startsWith('@') ? callsIn(name) : [name]))

const get = (port: number, path: string): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    const outgoing = request({ host: '127.0.0.1', port, path, rejectUnauthorized: false }, answer => {
      answer.resume().once('end', () => resolve(answer.statusCode))
    })
    outgoing.once('error', reject).end()
  })

t.test('unit: the system calls that an appliance makes are those that it may make', async t => {
  if (!has('systemd-analyze') || !has('strace')) return t.comment('skipped: there is no strace, or no systemd-analyze')
  const folder = dataFolder(join(mkdtempSync(join(tmpdir(), 'sluice-')), 'data'))
  t.teardown(() => rmSync(join(folder.root, '..'), { recursive: true, force: true }))
  await setUp(folder, testSettings, shippedPolicy())
  const counts = join(folder.root, '..', 'calls')
  const serve = [process.execPath, join(root, 'cli', 'main.ts'), 'serve', '--json', '--data', folder.root]
  const traced = spawn('strace', ['-f', '-c', '-U', 'name', '-o', counts, ...serve], { detached: true })
  let printed = ''
  traced.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString()))
  const ended = new Promise(resolve => traced.once('close', resolve))
  t.teardown(() => traced.exitCode === null && process.kill(-traced.pid!, 'SIGKILL'))
  await until(() => /"ready"[^\n]*\n/.test(printed) || traced.exitCode !== null)
  const [, port] = /"kind":"ready".*?"port":(\d+)/.exec(printed) ?? []
  t.equal(await get(Number(port), '/'), 403)
  process.kill(-traced.pid!, 'SIGTERM')
  await ended
  const [allow = '', deny = ''] = unit.get('Service.SystemCallFilter') ?? []
  const denied = new Set(deny.replace('~', '').split(' ').flatMap(callsIn))
  const allowed = new Set(
    allow
      .split(' ')
      .flatMap(callsIn)
      .filter(name => !denied.has(name)),
  )
  const made = readFileSync(counts, 'utf8').match(/^ *[a-z_]\w*$/gm) ?? []
  t.ok(made.length > 30, 'calls were counted')
  const others = made
    .map(name => name.trim())
    .filter(name => !allowed.has(name) && !['syscall', 'total'].includes(name))
  // SQLite gives a new file to whom the database belongs, and only root can be asked to.
  t.strictSame(
    others.filter(name => name !== 'fchown' || process.getuid!() !== 0),
    [],
  )
})
