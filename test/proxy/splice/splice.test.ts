import { once } from 'node:events'
import { statSync } from 'node:fs'
import { connect as connectTcp, createServer, type AddressInfo, type Socket } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import t from 'tap'
import { logFiles } from '../../../log/log-files.ts'
import { openLogReader } from '../../../log/reading/query.ts'
import { verifyLog } from '../../../log/verify/verify.ts'
import { callControl } from '../../../proxy/watch/control.ts'
import type { ApplianceStatus } from '../../../proxy/watch/control-handlers.ts'
import type { DataFolder } from '../../../proxy/data-folder.ts'
import { openSpliceLedger } from '../../../proxy/splice/splice-ledger.ts'
import { createSplicer } from '../../../proxy/splice/splicer.ts'
import { inspectSplice } from '../../../rules/inspect.ts'
import { noPauses } from '../../../rules/pauses.ts'
import { splicedTo } from '../../../rules/splice/splice.ts'
import { makeFolder, startInProcess, startProcess, type Reachable } from '../../kit/appliance.ts'
import { clientHelloOf } from '../../kit/client-hello-of.ts'
import { startConnectProxy } from '../../kit/connect-proxy.ts'
import { policyOf } from '../../kit/message.ts'
import { requestText, sendRaw } from '../../kit/raw-client.ts'
import { sluice } from '../../kit/sluice.ts'
import { addresses, testPolicy } from '../../kit/test-policy.ts'
import { until } from '../../kit/until.ts'
import { accepted, hanging, startVendor, vendorAuthority, vendorHost, type Vendor } from '../../kit/vendor.ts'
import { makeCertificate } from '../../certs/made-certificate.ts'

const host = 'pinned.vendor.test'
const certificate = makeCertificate({ dns: [host] }, vendorAuthority)

type Test = Parameters<typeof makeFolder>[0]

const pinnedVendor = async (t: Test): Promise<Vendor> => {
  const vendor = await startVendor({ certificate })
  t.teardown(() => vendor.close())
  return vendor
}

const soon = (days = 30): string => new Date(Date.now() + days * 86_400_000).toISOString()

const terms = {
  instruments: ['novaseq-01'],
  bytesPerHour: 100_000,
  bytesPerDay: 200_000,
  connectionsPerHour: 20,
  maxBytesPerConnection: 30_000,
  owner: 'lab-it@lab.test',
  expires: soon(),
  reason: 'the instrument pins the certificate of its vendor',
}

/** A policy in which connections to one destination pass unopened. */
const policyWith = (port: number, splice: object = {}, more: object = {}): string => {
  const policy = JSON.parse(testPolicy(9)) as { destinations: object[] }
  const pinned = { id: 'pinned', host, port, addresses: ['127.0.0.1'], splice: { ...terms, ...splice }, ...more }
  return JSON.stringify({ ...policy, destinations: [...policy.destinations, pinned] })
}

/** A connection to the appliance, through CONNECT where an authority is given; else what it answered. */
const reach = async (to: Reachable, authority: string | null, from: string): Promise<Socket | string> => {
  const tcp = connectTcp({ host: '127.0.0.1', port: to.port, localAddress: from })
  tcp.on('error', () => undefined)
  await once(tcp, 'connect')
  if (authority === null) return tcp
  tcp.write(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n\r\n`)
  const [answer] = (await once(tcp, 'data')) as [Buffer]
  return / 200 /.test(answer.toString()) ? tcp : answer.toString()
}

type Options = { readonly authority?: string | null; readonly from?: string; readonly serverName?: string }

/** The client of an instrument that takes one certificate and no other. */
const pinning = async (to: Reachable, options: Options = {}): Promise<TLSSocket> => {
  const { authority = null, from = addresses.known, serverName = host } = options
  const tcp = await reach(to, authority, from)
  if (typeof tcp === 'string') throw new Error(tcp)
  const socket = connectTls({ socket: tcp, ca: vendorAuthority.pem, servername: serverName })
  await once(socket, 'secureConnect')
  if (socket.getPeerX509Certificate()?.raw.equals(certificate.certificate.raw) !== true)
    throw new Error('this is not the certificate that is pinned')
  socket.on('error', () => undefined)
  return socket
}

const ask = (socket: TLSSocket): Promise<string> => {
  socket.write(requestText('POST', '/v1/anything', {}, 'ACGTACGTACGTACGTACGT', host))
  return once(socket, 'data').then(([chunk]) => String(chunk))
}

/** Both ends of a connection. */
const pairOfSockets = async (t: Test): Promise<readonly [Socket, Socket]> => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const far = connectTcp((server.address() as AddressInfo).port, '127.0.0.1')
  const [near] = (await once(server, 'connection')) as [Socket]
  far.on('error', () => undefined).resume()
  t.teardown(() => {
    far.destroy()
    server.close()
  })
  return [near, far]
}

const refused = (message: RegExp) => ({ message })

const splicesIn = (folder: DataFolder) => {
  const reader = openLogReader(folder.log)
  const rows = reader.splicedSince('2000-01-01T00:00:00.000Z')
  const records = reader
    .list()
    .toReversed()
    .map(({ id }) => reader.show(id).map(({ record }) => record))
  reader.close()
  return { rows, records }
}

const statusOf = async (folder: DataFolder): Promise<ApplianceStatus> =>
  (await callControl(folder.control, 'GET /status')).document as ApplianceStatus

t.test(
  'splice: a client that pins reaches its vendor through CONNECT and by redirect, and every octet counts',
  async t => {
    const vendor = await pinnedVendor(t)
    const folder = await makeFolder(t, policyWith(vendor.port))
    const appliance = await startInProcess(t, folder)
    for (const authority of [`${host}:${vendor.port}`, null]) {
      const socket = await pinning(appliance, { authority })
      t.match(await ask(socket), accepted)
      socket.end()
      await once(socket, 'close')
    }
    await until(() => splicesIn(folder).rows.every(({ used }) => used !== null))
    const { records } = splicesIn(folder)
    t.equal(records.length, 2)
    for (const [index, [decision, outcome]] of records.entries()) {
      t.match(decision, {
        verdict: 'forward',
        ingress: ['connect', 'redirect'][index],
        instrument: 'novaseq-01',
        destination: `${host}:${vendor.port}`,
        route: null,
        splice: { reserved: terms.maxBytesPerConnection },
      })
      t.match(outcome, { kind: 'outcome', result: 'spliced', error: null, status: null })
      if (outcome?.kind !== 'outcome') throw new Error('there is no outcome')
      t.ok(outcome.bytesUp! > 300 && outcome.bytes > 500)
    }
    const { splices, requests } = await statusOf(folder)
    t.match(splices, [{ destination: `${host}:${vendor.port}`, open: 0, reserved: 0, connectionsLastHour: 2 }])
    t.equal(
      splices[0]!.bytesLastHour,
      splicesIn(folder).rows.reduce((sum, { used }) => sum + used!, 0),
    )
    t.equal(requests.spliced, 2)
    const text = await sluice(['status', '--data', folder.root])
    t.match(text.stdout, /UNINSPECTED pinned\.vendor\.test/)
    await appliance.appliance.stop()
    t.match(await verifyLog(folder.log, {}), { kind: 'intact' })
  },
)

t.test(
  'P1: splice: what is not exactly what the policy says is refused, each with its reason, and nothing arrives',
  async t => {
    const vendor = await pinnedVendor(t)
    const folder = await makeFolder(t, policyWith(vendor.port))
    const appliance = await startInProcess(t, folder)
    const authority = `${host}:${vendor.port}`
    const last = () => {
      const { verdict, reason, rule } = appliance.decisions.all().at(-1)!
      return [verdict, reason, rule]
    }
    await t.rejects(pinning(appliance, { authority, from: addresses.other }), refused(/403/))
    t.same(last(), ['block', 'splice-not-allowed', null])
    await t.rejects(pinning(appliance, { authority, from: addresses.disabled }), refused(/403/))
    t.same(last(), ['block', 'instrument-disabled', null])
    await t.rejects(pinning(appliance, { from: addresses.stranger }), refused(/alert|access/i), 'by redirect')
    t.same(last(), ['block', 'instrument-unknown', null])
    await t.rejects(pinning(appliance, { authority, serverName: vendorHost }), refused(/alert|access/i))
    t.same(last(), ['block', 'authority-mismatch', 'server-name'])
    const sends = async (bytes: string | Uint8Array): Promise<string> => {
      const tcp = await reach(appliance, authority, addresses.known)
      if (typeof tcp === 'string') throw new Error(tcp)
      tcp.write(bytes)
      const [answer] = (await once(tcp, 'data')) as [Buffer]
      tcp.destroy()
      return answer.toString('hex')
    }
    const alert = '15030100020231'
    for (const [name, bytes, reason] of [
      ['no server name', clientHelloOf(null), 'authority-mismatch'],
      ['another name', clientHelloOf('evil.test'), 'authority-mismatch'],
      ['a hidden name', clientHelloOf(host, [0xfe0d, Buffer.alloc(8)]), 'splice-hello'],
      ['two names', clientHelloOf(host, [0, Buffer.from(clientHelloOf('a').subarray(-9))]), 'splice-hello'],
      ['HTTP', 'GET / HTTP/1.1\r\nHost: a\r\n\r\n', 'splice-hello'],
      ['SSH', 'SSH-2.0-OpenSSH_9\r\n', 'splice-hello'],
      ['a hello in pieces', Buffer.from([0x16, 3, 1, 0, 1, 1]), 'splice-hello'],
    ] as const) {
      t.equal(await sends(bytes), alert, name)
      t.equal(last()[1], reason, name)
    }
    const decisions = splicesIn(folder).records.flatMap(([one]) => (one?.kind === 'decision' ? [one] : []))
    const unmarked = decisions.filter(({ splice }) => splice?.reserved !== 0).map(({ reason }) => reason)
    t.same(unmarked, ['instrument-disabled'], 'marked are all for which it was known where they were to go')
    t.equal(vendor.connections(), 0)
    const other = await sendRaw(appliance, requestText('POST', '/v1/x', {}, '{}'), { way: 'gateway' })
    t.equal(other.status, 403, 'and there is no way to it for a request')
  },
)

t.test('P3: splice: not one octet goes up before the decision is durable', async t => {
  let sawRecord: boolean | null = null
  const upstream = createServer(socket => {
    sawRecord = splicesIn(folder).rows.length === 1
    socket.on('error', () => undefined)
  })
  upstream.listen(0, '127.0.0.1')
  await once(upstream, 'listening')
  t.teardown(() => void upstream.close())
  const folder = await makeFolder(t, policyWith((upstream.address() as AddressInfo).port))
  const appliance = await startInProcess(t, folder)
  const tcp = await reach(appliance, null, addresses.known)
  if (typeof tcp === 'string') throw new Error(tcp)
  tcp.write(clientHelloOf(host))
  await until(() => sawRecord !== null)
  t.equal(sawRecord, true)
  tcp.destroy()
})

t.test('splice: a pause cuts what is open, and so does a policy without it', async t => {
  const vendor = await pinnedVendor(t)
  vendor.behaviour = hanging
  const folder = await makeFolder(t, policyWith(vendor.port))
  const appliance = await startInProcess(t, folder)
  const cutBy = async (act: () => Promise<unknown>): Promise<string | null> => {
    const socket = await pinning(appliance)
    const closed = once(socket, 'close')
    await act()
    await closed
    await until(() => splicesIn(folder).rows.at(-1)!.used !== null)
    return appliance.decisions
      .all()
      .filter(({ result }) => result === 'spliced')
      .at(-1)!.error
  }
  const turn = (action: string) =>
    callControl(folder.control, 'POST /pauses', { action, instrument: 'novaseq-01', actor: 'lab' })
  t.equal(await cutBy(() => turn('pause')), 'traffic_paused')
  await t.rejects(pinning(appliance, { authority: `${host}:${vendor.port}` }), refused(/503/))
  t.equal(appliance.decisions.all().at(-1)!.reason, 'paused')
  await turn('resume')
  const text = JSON.stringify({ ...(JSON.parse(policyWith(vendor.port, { connectionsPerHour: 19 })) as object) })
  const references = { 'vendor-ca.pem': vendorAuthority.pem }
  const activate = () =>
    callControl(folder.control, 'POST /activations', { text, references, cause: 'activate', actor: 'lab' })
  t.equal(await cutBy(activate), 'splice_withdrawn')
  const socket = await pinning(appliance)
  await Promise.all([once(socket, 'close'), appliance.appliance.stop()])
  t.match(splicesIn(folder).records.at(-1)![1], { result: 'spliced', error: 'splice_stopped' })
  t.match(await verifyLog(folder.log, {}), { kind: 'intact' })
})

t.test('splice: a connection is cut at what was set aside for it, and not an octet more passes', async t => {
  const vendor = await pinnedVendor(t)
  const folder = await makeFolder(t, policyWith(vendor.port))
  const appliance = await startInProcess(t, folder)
  const socket = await pinning(appliance)
  for (let at = 0; at < 10; at++) socket.write(Buffer.alloc(10_000))
  await until(() => socket.closed)
  await until(() => splicesIn(folder).rows[0]!.used !== null)
  const [{ reserved, used } = { reserved: 0, used: 1 }] = splicesIn(folder).rows
  t.ok(used! <= reserved)
  t.match(splicesIn(folder).records[0]![1], { result: 'spliced', error: 'splice_bytes_used' })
  t.ok(vendor.octets() < 30_000)
})

t.test('splice: a connection over which nothing passes is cut, and its record says why', async t => {
  const silent = createServer(socket => void socket.on('error', () => undefined))
  silent.listen(0, '127.0.0.1')
  await once(silent, 'listening')
  t.teardown(() => void silent.close())
  const folder = await makeFolder(t, policyWith((silent.address() as AddressInfo).port))
  const appliance = await startInProcess(t, folder, { splice: { connect: 10_000, idle: 50 } })
  const tcp = await reach(appliance, null, addresses.known)
  if (typeof tcp === 'string') throw new Error(tcp)
  tcp.write(clientHelloOf(host))
  await once(tcp, 'close')
  await until(() => splicesIn(folder).rows[0]?.used != null)
  t.match(splicesIn(folder).records[0]![1], { result: 'spliced', error: 'splice_idle', bytes: 0 })
  t.equal((await statusOf(folder)).splices[0]!.open, 0)
})

t.test('splice: a connection is cut when the time of the policy is over, though octets still pass', async t => {
  const ticking = createServer(socket => {
    const timer = setInterval(() => socket.write('.'), 5)
    socket.on('error', () => undefined).on('close', () => clearInterval(timer))
  })
  ticking.listen(0, '127.0.0.1')
  await once(ticking, 'listening')
  t.teardown(() => void ticking.close())
  const { port } = ticking.address() as AddressInfo
  const policy = policyOf(policyWith(port), { 'vendor-ca.pem': vendorAuthority.pem })
  const to = splicedTo(policy, { host, port })!
  const attempt = {
    arrival: {
      client: addresses.known,
      ingress: { kind: 'redirect', serverName: host, port },
      // the last tenth of a second before the policy has no such connection any more
      time: to.splice.expires - 100,
    },
    to,
    hello: { kind: 'hello', serverName: host },
    use: openSpliceLedger([]).of(to),
  } as const
  const verdict = inspectSplice(attempt, policy, noPauses)
  if (verdict.kind === 'block') throw new Error(verdict.reason)
  t.equal(verdict.lasts, 100)
  const folder = await makeFolder(t, testPolicy(9))
  const [client, far] = await pairOfSockets(t)
  const end = await createSplicer(folder.upstream).splice(verdict, to, client, new AbortController().signal)
  t.match(end, { stood: true, up: 0, fault: 'splice_time_over' })
  t.ok(end.down > 0, 'octets had passed until then')
  t.ok(client.destroyed, 'and neither end stays open')
  await until(() => far.closed)
  const late = { ...attempt, arrival: { ...attempt.arrival, time: to.splice.expires } }
  t.match(inspectSplice(late, policy, noPauses), { kind: 'block', reason: 'splice-expired' })
})

t.test('P8: splice: a kill opens no fresh budget; what nobody recorded the end of counts in full', async t => {
  const vendor = await pinnedVendor(t)
  vendor.behaviour = hanging
  const folder = await makeFolder(t, policyWith(vendor.port, { maxBytesPerConnection: 60_000 }))
  const running = await startProcess(t, folder)
  const authority = `${host}:${vendor.port}`
  const socket = await pinning(running, { authority })
  await t.rejects(
    pinning(running, { authority }).then(() => pinning(running, { authority })),
    refused(/429/),
  )
  await running.stop('SIGKILL')
  socket.destroy()
  const again = await startInProcess(t, folder)
  t.match((await statusOf(folder)).splices, [{ open: 0, bytesLastHour: 100_000, connectionsLastHour: 2 }])
  await t.rejects(pinning(again, { authority }), refused(/429/))
  t.match(again.decisions.all().at(-1), { reason: 'splice-budget', rule: 'bytesPerHour' })
})

t.test('splice: an end that has come, and too many connections, let nothing pass', async t => {
  const vendor = await pinnedVendor(t)
  for (const [splice, reason] of [
    [{ expires: soon(-1) }, 'splice-expired'],
    [{ expires: soon(400) }, 'splice-expired'],
    [{ connectionsPerHour: 1 }, 'splice-budget'],
  ] as const) {
    const folder = await makeFolder(t, policyWith(vendor.port, splice))
    const appliance = await startInProcess(t, folder)
    if (reason === 'splice-budget') (await pinning(appliance)).destroy()
    await t.rejects(pinning(appliance, { authority: `${host}:${vendor.port}` }), refused(/403|429/))
    t.equal(appliance.decisions.all().at(-1)!.reason, reason)
    await appliance.appliance.stop()
  }
  t.equal(vendor.connections(), 1)
})

t.test('splice: only an address that may be dialled is, and the proxy of the site is gone through', async t => {
  const vendor = await pinnedVendor(t)
  const folder = await makeFolder(t, policyWith(vendor.port, {}, { host: 'localhost', addresses: undefined }))
  const appliance = await startInProcess(t, folder)
  await t.rejects(pinning(appliance, { serverName: 'localhost' }))
  await until(() => appliance.decisions.all().at(-1)?.result === 'failed')
  t.equal(appliance.decisions.all().at(-1)!.error, 'destination_ip_prohibited')
  t.equal(vendor.connections(), 0)
  const proxy = await startConnectProxy()
  t.teardown(() => proxy.close())
  const through = { host: '127.0.0.1', port: proxy.port }
  const proxied = await makeFolder(t, policyWith(vendor.port, {}, { addresses: undefined, proxy: through }))
  const site = await startInProcess(t, proxied)
  t.match(await ask(await pinning(site)), accepted)
  t.equal(proxy.heads.length, 1)
  t.notMatch(proxy.tunnelled().toString('latin1'), 'ACGTACGT')
})

t.test('P3: when the log is full no connection passes unopened', async t => {
  const vendor = await pinnedVendor(t)
  const folder = await makeFolder(
    t,
    policyWith(vendor.port, { bytesPerHour: 10_000_000, bytesPerDay: 10_000_000, connectionsPerHour: 1_000 }),
  )
  const maxLogBytes = statSync(logFiles(folder.log).database).size + 30_000
  const appliance = await startInProcess(t, folder, { maxLogBytes })
  let inARow = 0
  for (let tried = 0; inARow < 3 && tried < 200; tried++) {
    const before = vendor.connections()
    const socket = await reach(appliance, `${host}:${vendor.port}`, addresses.known)
    if (typeof socket !== 'string') {
      socket.write(clientHelloOf(host))
      await once(socket, 'data').catch(() => undefined)
      socket.destroy()
    }
    const isOut = vendor.connections() > before
    inARow = isOut ? 0 : inARow + 1
  }
  t.equal(inARow, 3, 'the log was full in the end')
  const decided = appliance.decisions.all().filter(({ verdict }) => verdict === 'forward')
  t.ok(vendor.connections() > 0, 'it had worked before')
  t.equal(vendor.connections(), decided.length, 'a connection for each decision that is on the disk, and no other')
})
