import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { connect, getCiphers, type ConnectionOptions } from 'node:tls'
import t from 'tap'
import { makeFolder, startInProcess } from '../../kit/appliance.ts'
import { run } from '../../kit/client.ts'
import { testPolicy } from '../../kit/test-policy.ts'
import { vendorHost } from '../../kit/vendor.ts'

const appliance = await startInProcess(t, await makeFolder(t, testPolicy(443)))
const here = `127.0.0.1:${appliance.port}`

/** All that a client of its kind may use; with an ECDSA certificate those for RSA certificates are never chosen. */
const strong = [
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
]

/** The cipher and version of a handshake that succeeds; null when none does. */
const agreed = async (options: ConnectionOptions): Promise<readonly [string, string] | null> => {
  const socket = connect({ port: appliance.port, host: '127.0.0.1', rejectUnauthorized: false, ...options })
  try {
    await once(socket, 'secureConnect')
    return [socket.getCipher().name, socket.getProtocol() ?? '']
  } catch {
    return null
  } finally {
    socket.on('error', () => undefined).destroy()
  }
}

const weakest = 'ALL:COMPLEMENTOFALL:@SECLEVEL=0'

t.test(
  'lab side: of every cipher that Node knows, one at a time, only those with forward secrecy and AEAD are taken',
  async t => {
    const found = new Set<string>()
    for (const cipher of getCiphers().map(name => name.toUpperCase())) {
      const is13 = cipher.startsWith('TLS_')
      const ciphers = is13 ? cipher : `${cipher}:@SECLEVEL=0`
      const only = is13
        ? ({ minVersion: 'TLSv1.3' } as const)
        : ({ maxVersion: 'TLSv1.2', minVersion: 'TLSv1' } as const)
      for (const servername of [vendorHost, '']) {
        const [name] = (await agreed({ ciphers, servername, ...only })) ?? []
        if (name !== undefined) found.add(name)
      }
    }
    t.same([...found].toSorted(), strong)
  },
)

t.test('lab side: no version before TLS 1.2, whatever a client offers with it', async t => {
  for (const version of ['TLSv1', 'TLSv1.1'] as const)
    t.equal(await agreed({ minVersion: version, maxVersion: version, ciphers: weakest, servername: vendorHost }), null)
  t.match(await agreed({ minVersion: 'TLSv1', maxVersion: 'TLSv1.2', ciphers: weakest }), [/GCM|CHACHA20/, 'TLSv1.2'])
  t.match(await agreed({ servername: vendorHost }), ['TLS_AES_256_GCM_SHA384', 'TLSv1.3'])
})

/** Families of what TLS 1.2 once had, as OpenSSL names them. */
const families = [
  'kRSA',
  'kDHE',
  'aNULL',
  'eNULL',
  '3DES',
  'RC4',
  'PSK',
  'SRP',
  'CAMELLIA',
  'ARIA',
  'SHA1',
  'SHA256:!AESGCM:!CHACHA20',
  'SHA384:!AESGCM',
  'AESCCM',
]

t.test('lab side: openssl is refused with each weak family, and is not let renegotiate', async t => {
  const sClient = (input: string, ...more: readonly string[]) =>
    run('openssl', ['s_client', '-connect', here, '-servername', vendorHost, '-tls1_2', ...more], input)
  if ((await run('openssl', ['version'], '')).code === null) return t.comment('skipped: there is no openssl here')
  for (const family of families) {
    const { code, stdout } = await sClient('', '-cipher', `${family}:@SECLEVEL=0`)
    t.ok(code !== 0 || /Cipher is \(NONE\)/.test(stdout), family)
  }
  const sane = await sClient('Q\n')
  t.match(sane.stdout, /Cipher is ECDHE-ECDSA/, 'and it is not refused with what is strong')
  const renegotiating = await sClient('R\n')
  t.match(renegotiating.stderr, /no renegotiation|RENEGOTIATING[^]*error/i)
})

const hasProgram = (name: string): boolean => spawnSync('sh', ['-c', `command -v ${name}`]).status === 0

t.test(
  'lab side: sslscan finds TLS 1.2 and 1.3 with AEAD and ECDHE, and nothing else',
  { skip: !hasProgram('sslscan') && 'no sslscan here (Debian: sslscan)' },
  async t => {
    const { stdout } = await run('sslscan', ['--xml=-', `--sni-name=${vendorHost}`, '--no-colour', here], '')
    const enabled = [...stdout.matchAll(/<protocol type="(\w+)" version="([\d.]+)" enabled="1"/g)].map(
      ([, type, version]) => `${type} ${version}`,
    )
    t.same(enabled, ['tls 1.2', 'tls 1.3'])
    const ciphers = [...stdout.matchAll(/<cipher [^>]*cipher="([^"]+)"/g)].map(([, cipher]) => cipher!)
    t.same(new Set(ciphers), new Set(strong))
    t.notMatch(
      stdout,
      /<renegotiation supported="1" secure="0"|heartbleed[^>]*vulnerable="1"|<compression supported="1"/,
    )
  },
)

const testssl = ['testssl', 'testssl.sh'].find(hasProgram)

t.test(
  'lab side: testssl.sh finds no old protocol, weak cipher family or known hole',
  { skip: testssl === undefined && 'no testssl here (Debian: testssl.sh)' },
  async t => {
    const file = `${t.testdir()}/found.json`
    const wanted = ['--protocols', '--std', '--fs']
    const args = [...wanted, '--quiet', '--color', '0', '--nodns', 'none', '--warnings', 'batch', '--jsonfile', file]
    await run(testssl!, [...args, `https://${here}/`], '')
    const found = JSON.parse(spawnSync('cat', [file], { encoding: 'utf8' }).stdout) as readonly {
      readonly id: string
      readonly severity: string
      readonly finding: string
    }[]
    const bad = found.filter(({ severity }) => ['LOW', 'MEDIUM', 'HIGH', 'CRITICAL'].includes(severity))
    t.same(
      bad.map(({ id, finding }) => `${id}: ${finding}`),
      [],
    )
    const said = (id: string): string => found.find(one => one.id === id)?.finding ?? 'nothing'
    for (const old of ['SSLv2', 'SSLv3', 'TLS1', 'TLS1_1']) t.match(said(old), /not offered/, old)
    for (const now of ['TLS1_2', 'TLS1_3']) t.match(said(now), /^offered/, now)
  },
)
