import { chmodSync, existsSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { once } from 'node:events'
import t from 'tap'
import { startAppliance } from '../../../proxy/appliance.ts'
import { callControl } from '../../../proxy/watch/control.ts'
import { readSettings } from '../../../proxy/settings.ts'
import { makeFolder, startInProcess, startProcess } from '../../kit/appliance.ts'
import { run } from '../../kit/client.ts'
import { openRaw, postJson, sendRaw } from '../../kit/raw-client.ts'
import { testPolicy } from '../../kit/test-policy.ts'
import { until } from '../../kit/until.ts'
import { answering, startVendor, vendorHost } from '../../kit/vendor.ts'

const vendor = await startVendor()
t.teardown(() => vendor.close())
const policy = testPolicy(vendor.port)
const good = postJson('/v1/serial', '{"serial":1}')
const silent = (): void => undefined

t.test('P6: an address that others than the lab could reach is refused, with its reason', async t => {
  const folder = await makeFolder(t, policy)
  const settings = readSettings(folder)
  const refused = {
    '0.0.0.0:0': 'ERR_LISTEN_WILDCARD',
    '[::]:0': 'ERR_LISTEN_WILDCARD',
    '[::ffff:0.0.0.0]:0': 'ERR_LISTEN_WILDCARD',
    '8.8.8.8:0': 'ERR_LISTEN_PUBLIC',
    '[2001:4860:4860::8888]:0': 'ERR_LISTEN_PUBLIC',
    '[::ffff:8.8.8.8]:0': 'ERR_LISTEN_PUBLIC',
    'localhost:0': 'ERR_LISTEN_ADDRESS',
    '127.1:0': 'ERR_LISTEN_ADDRESS',
    '127.0.0.1': 'ERR_LISTEN_ADDRESS',
    '127.0.0.1:70000': 'ERR_LISTEN_ADDRESS',
  }
  for (const [listen, code] of Object.entries(refused))
    await t.rejects(startAppliance(folder, { ...settings, listen }, silent), { code }, listen)
  await t.rejects(startAppliance(folder, { ...settings, listen: '10.77.1.1:0' }, silent), { code: 'ERR_CA_TOO_NARROW' })
})

t.test('P8: an occupied port is refused, and the folder is free again afterwards', async t => {
  const first = await startInProcess(t, await makeFolder(t, policy))
  const folder = await makeFolder(t, policy)
  const settings = { ...readSettings(folder), listen: `127.0.0.1:${first.port}` }
  await t.rejects(startAppliance(folder, settings, silent), { code: 'ERR_LISTEN_UNAVAILABLE' })
  t.notOk(existsSync(folder.control))
  t.equal((await sendRaw(await startInProcess(t, folder), good)).status, 200)
})

t.test('P8: a control socket that others could replace is refused at the start, and nothing stays open', async t => {
  const folder = await makeFolder(t, policy)
  chmodSync(folder.root, 0o770)
  await t.rejects(startAppliance(folder, readSettings(folder), silent), { code: 'ERR_CONTROL_MODE', message: /770/ })
  t.notOk(existsSync(folder.control))
  chmodSync(folder.root, 0o700)
  const appliance = await startInProcess(t, folder)
  t.equal((await sendRaw(appliance, good)).status, 200)
})

type Bound = { readonly protocol: string; readonly address: string }

/** Sockets of a process that others can open a connection or send a datagram to. */
const boundBy = (pid: number): readonly Bound[] => {
  const inodes = new Set(
    readdirSync(`/proc/${pid}/fd`).flatMap(fd => {
      const link = existsSync(`/proc/${pid}/fd/${fd}`) ? readlinkSync(`/proc/${pid}/fd/${fd}`) : ''
      return /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []
    }),
  )
  const table = (name: string): readonly (readonly string[])[] =>
    readFileSync(`/proc/${pid}/net/${name}`, 'utf8')
      .trim()
      .split('\n')
      .slice(1)
      .map(line => line.trim().split(/\s+/))
  const listening = ['tcp', 'tcp6'].flatMap(protocol =>
    table(protocol)
      .filter(row => row[3] === '0A' && inodes.has(row[9]!))
      .map(row => ({ protocol, address: row[1]! })),
  )
  const datagram = ['udp', 'udp6', 'raw', 'raw6'].flatMap(protocol =>
    table(protocol)
      .filter(row => inodes.has(row[9]!))
      .map(row => ({ protocol, address: row[1]! })),
  )
  const unix = table('unix').filter(row => row[3] === '00010000' && inodes.has(row[6]!))
  return [...listening, ...datagram, ...unix.map(row => ({ protocol: 'unix', address: row[7] ?? '' }))]
}

t.test('P6: it listens on its one address and port and on its control socket, and nowhere else', async t => {
  if (!existsSync('/proc/net/tcp')) return t.comment('skipped: there is no /proc/net on this machine')
  const folder = await makeFolder(t, policy)
  const running = await startProcess(t, folder)
  t.equal((await sendRaw(running, good)).status, 200)
  const port = running.port.toString(16).toUpperCase().padStart(4, '0')
  t.same(boundBy(running.child.pid!), [
    { protocol: 'tcp', address: `0100007F:${port}` },
    { protocol: 'unix', address: folder.control },
  ])
  t.equal(statSync(folder.control).mode & 0o777, 0o600)
  await t.rejects(startInProcess(t, folder), { code: 'ERR_LOG_BUSY' }, 'a second one on the same folder')
  t.equal((await sendRaw(running, good)).status, 200, 'does the first no harm')

  await running.stop('SIGKILL')
  t.ok(existsSync(folder.control), 'a killed process leaves its control socket behind')
  const after = await startInProcess(t, folder)
  t.match(await callControl(folder.control, 'GET /status'), { status: 200, document: { listen: { port: after.port } } })
  t.equal(statSync(folder.control).mode & 0o777, 0o600)
})

t.test('P8: a stop lets the request under way end, takes no new one, and closes idle connections', async t => {
  const folder = await makeFolder(t, policy)
  const running = await startProcess(t, folder)
  const idle = await openRaw(running)
  idle.write(good)
  t.equal((await idle.answer()).status, 200)
  const silentOne = await openRaw(running, { way: 'plain' })
  const before = vendor.requests.length
  let finish = (): void => undefined
  vendor.behaviour = (socket, request) => (finish = () => answering()(socket, request))
  const busy = await openRaw(running)
  busy.write(good)
  await until(() => vendor.requests.length > before)
  const stopped = running.stop('SIGTERM')
  await Promise.all([idle.closed, silentOne.closed])
  await t.rejects(openRaw(running))
  finish()
  t.equal((await busy.answer()).status, 200)
  t.equal(await stopped, 0)
  t.match(running.decisions.all().at(-1), { verdict: 'forward', result: 'relayed' })
  t.notOk(existsSync(folder.control))
  vendor.behaviour = answering()
})

t.test('listener: an instrument that does not trust the authority is told of, whichever way it comes', async t => {
  const folder = await makeFolder(t, policy)
  const appliance = await startInProcess(t, folder)
  const other = join(folder.root, 'vendor-ca.pem')
  const ways = [
    [`https://127.0.0.1:${appliance.port}/`],
    ['--connect-to', `${vendorHost}:443:127.0.0.1:${appliance.port}`, `https://${vendorHost}/`],
    ['--proxy', `http://127.0.0.1:${appliance.port}`, `https://${vendorHost}:${vendor.port}/`],
  ]
  const refused = (): number => appliance.appliance.status().handshakes.reduce((sum, seen) => sum + seen.refused, 0)
  for (const [index, way] of ways.entries()) {
    const { code } = await run('curl', ['--silent', '--cacert', other, '--interface', '127.0.0.1', ...way], '')
    if (code === null) return t.comment('skipped: there is no curl on this machine')
    t.equal(code, 60)
    await until(() => refused() > index)
  }
  t.match(
    appliance.notices.filter(({ kind }) => kind === 'handshake-failed'),
    [null, vendorHost].map(host => ({ client: '127.0.0.1', host, diagnosis: 'distrusts', code: /UNKNOWN_CA/ })),
    'once for each host',
  )
})

t.test('listener: TLS before 1.2 is refused, and HTTP/1.1 is what ALPN agrees on', async t => {
  const appliance = await startInProcess(t, await makeFolder(t, policy))
  const old = connect({
    port: appliance.port,
    ca: appliance.ca,
    servername: vendorHost,
    minVersion: 'TLSv1',
    maxVersion: 'TLSv1.1',
    ciphers: 'DEFAULT:@SECLEVEL=0',
  })
  await t.rejects(once(old, 'secureConnect'))
  const socket = connect({
    port: appliance.port,
    ca: appliance.ca,
    servername: vendorHost,
    ALPNProtocols: ['h2', 'http/1.1'],
  })
  await once(socket, 'secureConnect')
  t.equal(socket.alpnProtocol, 'http/1.1')
  t.ok(socket.authorized)
  socket.destroy()
})
