import { execFile } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { join } from 'node:path'
import { mock } from 'node:test'
import { promisify } from 'node:util'
import t from 'tap'
import { createAuthority, type Authority } from '../../certs/authority.ts'
import { CertError } from '../../certs/cert-error.ts'
import { leafStore, type LeafStore } from '../../certs/leaf.ts'
import { strongTls } from '../../certs/strong-tls.ts'
import { handshake, listen, type Listening } from './tls-peer.ts'

const run = promisify(execFile)
const directory = t.testdir()
const authority = await createAuthority(directory, {
  dns: ['telemetry.vendor.example', 'localhost'],
  addresses: ['127.0.0.1', '::1'],
})
const caFile = join(directory, 'authority.pem')

/** A server as the lab side runs it: a context per SNI, and its own certificate for clients that send none. */
const serve = async (store: LeafStore): Promise<Listening> => {
  const own = authority.issue(['localhost', '127.0.0.1'])
  return listen({
    ...strongTls,
    cert: own.certificatePem,
    key: own.privateKeyPem,
    SNICallback: (name, answer) => {
      store.contextFor(name).then(
        context => answer(null, context),
        error => answer(error),
      )
    },
  })
}

const counted = (authority: Authority): { readonly authority: Authority; readonly minted: () => number } => {
  let minted = 0
  const issue: Authority['issue'] = names => {
    minted++
    return authority.issue(names)
  }
  return { authority: { ...authority, issue }, minted: () => minted }
}

const refusal = async (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'none',
    error => (error instanceof CertError ? error.code : String(error)),
  )

void t.test(
  'leaf: real handshakes with TLS 1.3 and 1.2 under the certificate for the name that was asked for',
  async t => {
    const store = leafStore(authority)
    const server = await serve(store)
    t.teardown(server.close)
    const client = { ca: authority.certificatePem, servername: 'telemetry.vendor.example' }
    const newest = await handshake(server.port, client)
    const older = await handshake(server.port, { ...client, maxVersion: 'TLSv1.2' })
    const fingerprint256 = store.list().find(entry => entry.names[0] === client.servername)?.fingerprint256
    t.match(newest, { protocol: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384', fingerprint256 })
    t.match(older, { protocol: 'TLSv1.2', cipher: 'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384', fingerprint256 })
    const own = await handshake(server.port, { ca: authority.certificatePem, servername: '' })
    t.match(own, { protocol: 'TLSv1.3' }, 'by address, with no SNI')
  },
)

void t.test('leaf: openssl s_client and curl verify it; old protocols and weak ciphers find no server', async t => {
  const server = await serve(leafStore(authority))
  t.teardown(server.close)
  const sClient = async (...more: string[]): Promise<string> => {
    const base = ['s_client', '-brief', '-connect', `127.0.0.1:${server.port}`, '-CAfile', caFile]
    const checks = ['-servername', 'localhost', '-verify_hostname', 'localhost', '-verify_return_error']
    const child = run('openssl', [...base, ...checks, ...more])
    child.child.stdin?.end('x')
    return child.then(
      ({ stderr }) => stderr,
      error => `failed: ${error.stderr}`,
    )
  }
  t.match(await sClient('-tls1_3'), /Protocol version: TLSv1\.3[^]*Verification: OK/)
  t.match(await sClient('-tls1_2'), /Protocol version: TLSv1\.2[^]*Verification: OK/)
  t.match(await sClient('-tls1_1', '-cipher', 'ALL:@SECLEVEL=0'), /^failed: /)
  const cbc = 'ECDHE-ECDSA-AES256-SHA384:ECDHE-ECDSA-AES128-SHA:AES128-GCM-SHA256:@SECLEVEL=0'
  t.match(await sClient('-tls1_2', '-cipher', cbc), /^failed: /)
  const url = (host: string): string[] => ['-sS', '--cacert', caFile, `https://${host}:${server.port}/`]
  const resolve = ['--resolve', `telemetry.vendor.example:${server.port}:127.0.0.1`]
  t.equal((await run('curl', [...resolve, ...url('telemetry.vendor.example')])).stdout, 'ok')
  t.equal((await run('curl', url('127.0.0.1'))).stdout, 'ok')
})

void t.test('leaf: a name asked for many times at once is minted once', async t => {
  const { authority: counting, minted } = counted(authority)
  const store = leafStore(counting)
  const spellings = ['localhost', 'LOCALHOST', 'LocalHost']
  const contexts = await Promise.all(
    Array.from({ length: 300 }, (_, index) => store.contextFor(spellings[index % 3] ?? '')),
  )
  t.equal(minted(), 1)
  t.equal(new Set(contexts).size, 1)
  await Promise.all([store.contextFor(['localhost', '::1']), store.contextFor(['0:0:0::1', 'localhost', 'localhost'])])
  t.equal(minted(), 2, 'the same list in another order is the same certificate')
})

void t.test('leaf: the cache is bounded and drops what was least recently used', async t => {
  const { authority: counting, minted } = counted(authority)
  const store = leafStore(counting, { capacity: 2 })
  for (const name of ['a.localhost', 'b.localhost', 'a.localhost', 'c.localhost']) await store.contextFor(name)
  t.same(
    store.list().map(entry => entry.names),
    [['a.localhost'], ['c.localhost']],
  )
  t.equal(minted(), 3)
  await store.contextFor('b.localhost')
  t.equal(minted(), 4)
})

void t.test('leaf: minted anew when less than a third of its lifetime is left', async t => {
  const { authority: counting, minted } = counted(authority)
  const store = leafStore(counting)
  await store.contextFor('localhost')
  const first = store.list()[0]?.notAfter.getTime() ?? 0
  t.teardown(() => mock.timers.reset())
  mock.timers.enable({ apis: ['Date'], now: first - 10.1 * 86_400_000 })
  await store.contextFor('localhost')
  t.equal(minted(), 1)
  mock.timers.setTime(first - 9.9 * 86_400_000)
  await store.contextFor('localhost')
  await store.contextFor('localhost')
  t.equal(minted(), 2)
  t.equal(store.list().length, 1)
  t.ok((store.list()[0]?.notAfter.getTime() ?? 0) > first + 20 * 86_400_000)
})

void t.test('P8: names outside the authority, and what is no name, get no certificate', async t => {
  const store = leafStore(authority)
  t.equal(await refusal(store.contextFor('other.example')), 'ERR_NAME_NOT_PERMITTED')
  t.equal(await refusal(store.contextFor(['localhost', '192.0.2.1'])), 'ERR_NAME_NOT_PERMITTED')
  for (const name of [
    '',
    ' ',
    '.',
    '*',
    'a..localhost',
    '-a.localhost',
    'localhost\0.evil.example',
    'localhost:443',
    '[::1]',
  ])
    t.equal(await refusal(store.contextFor(name)), 'ERR_NAME_INVALID', JSON.stringify(name))
  t.equal(await refusal(store.contextFor([])), 'ERR_NAME_INVALID')
  t.same(store.list(), [])
})

void t.test('P7: a refusal does not repeat the name', async t => {
  const store = leafStore(authority)
  for (const name of ['jane-doe-1970-01-01.example', 'jane doe 1970'])
    await t.rejects(store.contextFor(name), { message: /^(?!.*jane)/ })
})

void t.test('leaf: the list tells names, end and fingerprint of the certificate that is served', async t => {
  const store = leafStore(authority)
  await store.contextFor(['telemetry.vendor.example', '::1'])
  const [entry] = store.list()
  t.same(entry?.names, ['telemetry.vendor.example', '::1'])
  t.ok((entry?.notAfter.getTime() ?? 0) > Date.now())
  t.match(entry?.fingerprint256, /^([\dA-F]{2}:){31}[\dA-F]{2}$/)
  t.not(entry?.fingerprint256, new X509Certificate(authority.certificatePem).fingerprint256)
})
