import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TLSSocket } from 'node:tls'
import t from 'tap'
import { spkiPin } from '../../../certs/spki-pin.ts'
import { makeCertificate, type Made } from '../../certs/made-certificate.ts'
import { makeFolder, startInProcess, type InProcess } from '../../kit/appliance.ts'
import { openRaw, postJson, requestText, sendRaw, type RawOptions } from '../../kit/raw-client.ts'
import { sluice } from '../../kit/sluice.ts'
import { addresses, testPolicy } from '../../kit/test-policy.ts'
import { startVendor, vendorHost } from '../../kit/vendor.ts'

const vendor = await startVendor()
t.teardown(() => vendor.close())

const roving = makeCertificate({ commonName: 'roving', usage: 'clientAuth' })
const bound = makeCertificate({ commonName: 'bound', usage: 'clientAuth' })
const expired = makeCertificate({ commonName: 'roving', usage: 'clientAuth', from: -9, to: -1 })
const stranger = makeCertificate({ commonName: 'roving', usage: 'clientAuth' })
const pinOf = ({ certificate }: Made): string => spkiPin(certificate)

/** `wide` holds every loopback address, `bound` one of them, with a certificate; `roving` may call from anywhere. */
const policy = JSON.stringify({
  ...(JSON.parse(testPolicy(vendor.port)) as object),
  instruments: [
    { id: 'other', network: '127.0.0.0/24' },
    { id: 'bound', address: addresses.known, certificate: pinOf(bound) },
    { id: 'roving', certificate: pinOf(roving) },
    { id: 'lapsed', certificate: pinOf(expired) },
  ],
})
const folder = await makeFolder(t, policy)
const appliance = await startInProcess(t, folder)

const good = postJson('/v1/serial', '{"serial":1}')
const vendorName = vendor.port === 443 ? vendorHost : `${vendorHost}:${vendor.port}`
const shows = ({ pem, keyPem }: Made): RawOptions => ({ tls: { cert: pem, key: keyPem } })

const judged = async (
  bytes: string,
  options: RawOptions,
  { decisions }: InProcess = appliance,
): Promise<readonly [number, string | null, string | null]> => {
  const { status, fields } = await sendRaw(appliance, bytes, options)
  const decision = decisions.of(fields['sluice-decision'] ?? '')
  return [status, decision?.instrument ?? null, decision?.rule ?? null]
}

t.test('P1: a client certificate names the instrument, whichever way it comes', async t => {
  const elsewhere = { ...shows(roving), from: '127.0.0.9' }
  t.same(await judged(good, elsewhere), [200, 'roving', null])
  const inTunnel = requestText('POST', '/v1/serial', { 'Content-Type': 'application/json' }, '{"serial":1}', vendorName)
  t.same(await judged(inTunnel, { ...elsewhere, way: 'connect', vendorPort: vendor.port }), [200, 'roving', null])
  t.same(await judged(good, { ...shows(roving), from: '127.0.1.9' }), [200, 'roving', null], 'outside every network')
})

t.test('P1: without its certificate an address names nobody, not even an instrument of a wider network', async t => {
  t.same(await judged(good, {}), [403, null, 'client-certificate'])
  t.same(await judged(good, shows(stranger)), [403, null, 'client-certificate'])
  t.same(await judged(good, shows(bound)), [200, 'bound', null])
})

t.test('P1: a certificate does not name an instrument whose network is another', async t => {
  t.same(await judged(good, { ...shows(bound), from: '127.0.0.9' }), [200, 'other', null])
  t.same(await judged(good, { ...shows(bound), from: '127.0.1.9' }), [403, null, 'client-certificate'])
})

t.test('P1: a certificate that has expired proves nothing', async t => {
  t.same(await judged(good, { ...shows(expired), from: '127.0.1.9' }), [403, null, 'client-certificate'])
})

for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const)
  t.test(`client certificate: a session resumed over ${maxVersion}, the instrument is still known`, async t => {
    const options = { ...shows(roving), from: '127.0.1.9' }
    const first = await openRaw(appliance, { ...options, tls: { ...options.tls, maxVersion } })
    first.write(good)
    t.equal((await first.answer()).status, 200)
    const session = (first.stream as TLSSocket).getSession()!
    first.stream.destroy()
    const again = await openRaw(appliance, { ...options, tls: { session, maxVersion } })
    t.ok((again.stream as TLSSocket).isSessionReused(), 'and no certificate was shown')
    again.write(good)
    const { status, fields } = await again.answer()
    t.same([status, appliance.decisions.of(fields['sluice-decision']!)?.instrument], [200, 'roving'])
    again.stream.destroy()
  })

t.test('client certificate: only who may have one is asked for it', async t => {
  const asking = JSON.stringify({
    ...(JSON.parse(testPolicy(vendor.port)) as object),
    instruments: [
      { id: 'other', address: addresses.other },
      { id: 'bound', address: addresses.known, certificate: pinOf(bound) },
    ],
  })
  const picky = await startInProcess(t, await makeFolder(t, asking))
  // Of a client that was not asked, the appliance knows no key, so the same certificate changes nothing.
  const answer = await sendRaw(picky, good, { ...shows(bound), from: addresses.other })
  t.same([answer.status, picky.decisions.of(answer.fields['sluice-decision']!)?.instrument], [200, 'other'])
  const refused = await sendRaw(picky, good, { ...shows(bound), from: addresses.stranger })
  t.same([refused.status, picky.decisions.of(refused.fields['sluice-decision']!)?.rule], [403, null])
})

t.test('certs instrument issue: a certificate by which the appliance knows the instrument', async t => {
  const out = t.testdir()
  const issued = await sluice(['certs', 'instrument', 'issue', 'new', '--out', out, '--json', '--data', folder.root])
  t.equal(issued.code, 0, issued.stderr)
  const { certificate: pin, keyFile } = JSON.parse(issued.stdout) as { certificate: string; keyFile: string }
  t.equal(statSync(keyFile).mode & 0o777, 0o600)
  const file = join(out, 'new.pem')
  t.equal((await sluice(['certs', 'instrument', 'pin', file])).stdout, `${pin}\n`)
  const instruments = [{ id: 'new', certificate: pin }]
  const own = await startInProcess(
    t,
    await makeFolder(t, JSON.stringify({ ...(JSON.parse(policy) as object), instruments, routes: routesOf('new') })),
  )
  const tls = { cert: readFileSync(file), key: readFileSync(keyFile) }
  t.equal((await sendRaw(own, good, { tls })).status, 200)
  const again = await sluice(['certs', 'instrument', 'issue', 'new', '--out', out, '--data', folder.root])
  t.equal(again.code, 1)
  t.match(again.stderr, /exists\n.*hint/, 'a key is never written over')
})

t.test('certs instrument issue: with a public key, the private one is never seen', async t => {
  const out = t.testdir()
  const own = makeCertificate({ commonName: 'x' })
  const publicKey = join(out, 'key.pub.pem')
  writeFileSync(publicKey, own.certificate.publicKey.export({ type: 'spki', format: 'pem' }))
  const args = ['certs', 'instrument', 'issue', 'apart', '--out', out, '--data', folder.root, '--json']
  const issued = await sluice([...args, '--public-key', publicKey])
  t.match(JSON.parse(issued.stdout), { certificate: pinOf(own), keyFile: null })
  writeFileSync(publicKey, own.keyPem)
  const refused = await sluice([...args.slice(0, 3), 'again', ...args.slice(4), '--public-key', publicKey])
  t.same([refused.code, refused.stderr.split('\n').length], [1, 3], 'a private key is not taken')
})

/** The routes of the policy that name instruments, named for one. */
const routesOf = (instrument: string): readonly object[] =>
  (JSON.parse(policy) as { readonly routes: readonly { readonly instruments?: unknown }[] }).routes.map(route =>
    route.instruments ? { ...route, instruments: [instrument] } : route,
  )
