import { execFile } from 'node:child_process'
import { createPrivateKey, X509Certificate } from 'node:crypto'
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { mock } from 'node:test'
import { promisify } from 'node:util'
import t from 'tap'
import { createAuthority, openAuthority, type Authority, type Permitted } from '../../certs/authority.ts'
import { CertError, hints } from '../../certs/cert-error.ts'
import { replaceAtOnce } from '../../certs/rotation.ts'
import { makeCertificate, type Wish } from './made-certificate.ts'
import { handshake, listen } from './tls-peer.ts'

const run = promisify(execFile)
const permitted: Permitted = { dns: ['Telemetry.Vendor.example', 'localhost'], addresses: ['127.0.0.1', '::1'] }

const codeOf = (work: () => unknown): string => {
  try {
    work()
    return 'none'
  } catch (error) {
    return error instanceof CertError ? error.code : String(error)
  }
}

const rejectionOf = async (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'none',
    error => (error instanceof CertError ? error.code : String(error)),
  )

const renewAuthority = (directory: string, names: Permitted): Promise<Authority> =>
  replaceAtOnce(directory, names, { actor: 'ada' })

const modeOf = (path: string): number => statSync(path).mode & 0o777

/** What stands in a folder: name and text of each file. */
const contentOf = (directory: string): Record<string, string> =>
  Object.fromEntries(readdirSync(directory).map(file => [file, readFileSync(join(directory, file), 'utf8')]))

/** Runs work as if the clock stood elsewhere. */
const atDaysFromNow = async <T>(days: number, work: () => T | Promise<T>): Promise<T> => {
  mock.timers.enable({ apis: ['Date'], now: Date.now() + days * 86_400_000 })
  try {
    return await work()
  } finally {
    mock.timers.reset()
  }
}

const opensslVerifies = async (directory: string, leafPem: string): Promise<string> => {
  const leaf = join(directory, 'leaf.pem')
  writeFileSync(leaf, leafPem)
  const work = run('openssl', ['verify', '-x509_strict', '-CAfile', join(directory, 'authority.pem'), leaf])
  return work.then(
    () => 'OK',
    error => /error \d+ at \d+ depth lookup: (.*)/.exec(String(error.stderr))?.[1] ?? String(error),
  )
}

/** A certificate signed with the authority's own key, by somebody who has stolen it. */
const forge = (directory: string, authority: Authority, wish: Wish) =>
  makeCertificate(wish, {
    certificate: new X509Certificate(authority.certificatePem),
    key: createPrivateKey(readFileSync(join(directory, 'authority.key'))),
  })

void t.test('authority: openssl reads what was asked for', async t => {
  const directory = t.testdir()
  const authority = await createAuthority(join(directory, 'made', 'on', 'the', 'way'), permitted)
  const certificate = new X509Certificate(authority.certificatePem)
  writeFileSync(join(directory, 'a.pem'), authority.certificatePem)
  const { stdout } = await run('openssl', ['x509', '-in', join(directory, 'a.pem'), '-noout', '-text'])
  const text = stdout.replace(/\s+/g, ' ')
  t.match(text, 'Basic Constraints: critical CA:TRUE, pathlen:1')
  t.match(text, 'Key Usage: critical Certificate Sign, CRL Sign')
  t.match(text, 'Name Constraints: critical Permitted: DNS:telemetry.vendor.example DNS:localhost')
  t.match(text, 'ASN1 OID: prime256v1')
  const [, id] = /CN ?= ?Sluice lab authority ([\da-f]{8}), O ?= ?Sluice/.exec(stdout) ?? []
  t.match(text, new RegExp(`Subject Key Identifier: ${id?.toUpperCase().replace(/..(?!$)/g, '$&:')}`))
  t.match(certificate.serialNumber, /^[4-7][\dA-F]{31}$/, 'the serial number is positive and has 16 octets')
  t.ok(certificate.verify(certificate.publicKey))
  t.equal(certificate.validToDate.getUTCFullYear() - new Date().getUTCFullYear(), 10)
  t.ok(certificate.validFromDate.getTime() < Date.now() - 3 * 3_600_000, 'slow clocks are allowed for')
  t.equal(authority.fingerprint256, certificate.fingerprint256)
  t.same(authority.certificateDer, certificate.raw)
})

void t.test('authority: the key is closed to others, the certificate open, and both reopen as they were', async t => {
  const directory = t.testdir()
  const made = await createAuthority(directory, permitted)
  t.equal(modeOf(join(directory, 'authority.key')), 0o600)
  t.equal(modeOf(join(directory, 'authority.pem')), 0o644)
  t.same(readdirSync(directory).toSorted(), ['authority.key', 'authority.pem'])
  const opened = openAuthority(directory)
  t.equal(opened.fingerprint256, made.fingerprint256)
  t.same(opened.permitted, { dns: ['telemetry.vendor.example', 'localhost'], addresses: ['127.0.0.1', '::1'] })
  t.notMatch(JSON.stringify(opened), 'PRIVATE KEY')
})

void t.test('authority: covers what the constraints cover and nothing else', async t => {
  const authority = await createAuthority(t.testdir(), permitted)
  const yes = ['telemetry.vendor.example', 'A.telemetry.vendor.EXAMPLE', 'localhost', '127.0.0.1', '::1', '0:0::1']
  const no = [
    'vendor.example',
    'xtelemetry.vendor.example',
    '127.0.0.2',
    '::2',
    '::1%eth0',
    '[::1]',
    '*.localhost',
    '',
    'a b',
  ]
  for (const name of yes) t.equal(authority.covers(name), true, name)
  for (const name of no) t.equal(authority.covers(name), false, JSON.stringify(name))
})

void t.test('authority: openssl accepts its leaves, with the extensions of a server', async t => {
  const directory = t.testdir()
  const authority = await createAuthority(directory, permitted)
  for (const names of [['localhost'], ['127.0.0.1'], ['::1'], ['telemetry.vendor.example', '::1', '127.0.0.1']]) {
    t.equal(await opensslVerifies(directory, authority.issue(names).certificatePem), 'OK', names.join())
  }
  const leaf = new X509Certificate(authority.issue(['localhost', '::1']).certificatePem)
  t.equal(leaf.subjectAltName, 'DNS:localhost, IP Address:0:0:0:0:0:0:0:1')
  t.same(leaf.keyUsage, ['1.3.6.1.5.5.7.3.1'])
  t.equal(leaf.ca, false)
  const days = (leaf.validToDate.getTime() - Date.now()) / 86_400_000
  t.ok(days > 29.9 && days <= 30, 'it ends after 30 days')
  t.not(authority.issue(['localhost']).privateKeyPem, authority.issue(['localhost']).privateKeyPem)
})

void t.test('authority: refuses to issue for what it does not cover', async t => {
  const authority = await createAuthority(t.testdir(), permitted)
  t.equal(
    codeOf(() => authority.issue(['other.example'])),
    'ERR_NAME_NOT_PERMITTED',
  )
  t.equal(
    codeOf(() => authority.issue(['localhost', '10.0.0.1'])),
    'ERR_NAME_NOT_PERMITTED',
  )
  for (const name of [
    '*.localhost',
    'a_b.localhost',
    'localhost.',
    'local host',
    '1.2.3',
    'münchen.example',
    `${'a'.repeat(64)}.localhost`,
  ])
    t.equal(
      codeOf(() => authority.issue([name])),
      'ERR_NAME_INVALID',
      name,
    )
  t.equal(
    codeOf(() => authority.issue([])),
    'ERR_NAME_INVALID',
  )
})

void t.test(
  'P8: a name outside the constraints, forged with the same key, fails in openssl and in a handshake',
  async t => {
    const directory = t.testdir()
    const authority = await createAuthority(directory, permitted)
    const sound = forge(directory, authority, { dns: ['localhost'] })
    const forgeries: Record<string, Wish> = {
      'another host': { dns: ['bank.example'] },
      'a host that ends alike': { dns: ['xtelemetry.vendor.example'] },
      'a wildcard above': { dns: ['*.vendor.example'] },
      'another IPv4 address': { addresses: [[10, 0, 0, 1]] },
      'another IPv6 address': { addresses: [[0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]] },
      'a host in the common name alone': { commonName: 'bank.example' },
    }
    t.equal(await opensslVerifies(directory, sound.pem), 'OK', 'the way of forging works')
    for (const [what, wish] of Object.entries(forgeries)) {
      const forged = forge(directory, authority, wish)
      t.equal(await opensslVerifies(directory, forged.pem), 'permitted subtree violation', `${what}: openssl`)
      const server = await listen({ key: forged.keyPem, cert: forged.pem })
      const outcome = await handshake(server.port, {
        ca: authority.certificatePem,
        checkServerIdentity: () => undefined,
      })
      t.same(outcome, { refused: 'permitted subtree violation' }, `${what}: handshake`)
      server.close()
    }
  },
)

void t.test('P8: a type of name of which none is permitted is shut as a whole', async t => {
  const root = t.testdir()
  const cases: readonly (readonly [Permitted, Wish])[] = [
    [{ dns: [], addresses: ['127.0.0.1'] }, { dns: ['localhost'] }],
    [{ dns: ['localhost'], addresses: [] }, { addresses: [[127, 0, 0, 1]] }],
    [{ dns: ['localhost'], addresses: [] }, { addresses: [[...Array.from({ length: 15 }, () => 0), 1]] }],
    [{ dns: [], addresses: [] }, { dns: ['localhost'] }],
  ]
  for (const [index, [limits, wish]] of cases.entries()) {
    const directory = join(root, String(index))
    const authority = await createAuthority(directory, limits)
    t.same(authority.permitted, limits)
    const verdict = await opensslVerifies(directory, forge(directory, authority, wish).pem)
    t.equal(verdict, 'excluded subtree violation', JSON.stringify(wish))
  }
})

void t.test('authority: a permitted name that is none is refused by its place, before anything is written', async t => {
  const directory = join(t.testdir(), 'ca')
  const work = createAuthority(directory, { dns: ['localhost', 'https://x'], addresses: [] })
  await t.rejects(work, { code: 'ERR_NAME_INVALID', message: /^host number 2 of/ })
  t.equal(await rejectionOf(createAuthority(directory, { dns: ['127.0.0.1'], addresses: [] })), 'ERR_NAME_INVALID')
  t.equal(await rejectionOf(createAuthority(directory, { dns: [], addresses: ['10.0.0.0/8'] })), 'ERR_NAME_INVALID')
  t.notOk(existsSync(directory))
})

void t.test('authority: two that are made at once end as one, and the other is told', async t => {
  const directory = t.testdir()
  const results = await Promise.all([1, 2, 3].map(() => rejectionOf(createAuthority(directory, permitted))))
  t.equal(results.filter(result => result === 'none').length, 1)
  for (const result of results) t.match(result, /^(none|ERR_CA_EXISTS|ERR_CA_INCOMPLETE)$/)
  t.equal(openAuthority(directory).covers('localhost'), true)
  t.equal(await rejectionOf(createAuthority(directory, permitted)), 'ERR_CA_EXISTS')
})

void t.test('P8: each thing that can be wrong with the files has its own code, and its hint', async t => {
  const good = join(t.testdir(), 'good')
  await createAuthority(good, permitted)
  const other = join(t.testdirName, 'other')
  await createAuthority(other, permitted)
  const leaf = openAuthority(good).issue(['localhost'])
  const selfMade = makeCertificate({ ca: true })
  const damage: Record<string, (directory: string) => void> = {
    ERR_CA_MISSING: directory => ['key', 'pem'].forEach(end => rmSync(join(directory, `authority.${end}`))),
    ERR_CA_KEY_MISSING: directory => rmSync(join(directory, 'authority.key')),
    ERR_CA_INCOMPLETE: directory => rmSync(join(directory, 'authority.pem')),
    ERR_CA_KEY_EXPOSED: directory => chmodSync(join(directory, 'authority.key'), 0o640),
    ERR_CA_UNREADABLE: directory => writeFileSync(join(directory, 'authority.key'), 'no key'),
    ERR_CA_KEY_MISMATCH: directory => copyFileSync(join(other, 'authority.pem'), join(directory, 'authority.pem')),
    ERR_CA_NOT_CA: directory => {
      writeFileSync(join(directory, 'authority.pem'), leaf.certificatePem)
      writeFileSync(join(directory, 'authority.key'), leaf.privateKeyPem)
    },
    ERR_CA_UNCONSTRAINED: directory => {
      writeFileSync(join(directory, 'authority.pem'), selfMade.pem)
      writeFileSync(join(directory, 'authority.key'), selfMade.keyPem)
    },
  }
  for (const [code, harm] of Object.entries(damage)) {
    const directory = join(t.testdirName, code)
    cpSync(good, directory, { recursive: true })
    t.equal(
      codeOf(() => openAuthority(directory)),
      'none',
      'sound before',
    )
    harm(directory)
    t.equal(
      codeOf(() => openAuthority(directory)),
      code,
    )
    t.ok(Object.hasOwn(hints, code))
  }
  writeFileSync(join(good, 'authority.pem'), 'no certificate')
  t.equal(
    codeOf(() => openAuthority(good)),
    'ERR_CA_UNREADABLE',
  )
})

void t.test('P8: an authority from RSA-land is refused by name', async t => {
  const directory = t.testdir()
  const config = ['-subj', '/CN=x', '-days', '9', '-nodes', '-newkey', 'rsa:2048']
  const files = ['-keyout', join(directory, 'authority.key'), '-out', join(directory, 'authority.pem')]
  await run('openssl', ['req', '-x509', ...config, ...files])
  t.equal(
    codeOf(() => openAuthority(directory)),
    'ERR_CA_KEY_TYPE',
  )
})

void t.test('P8: an authority out of its time neither opens nor issues', async t => {
  const directory = t.testdir()
  const [past, future] = [join(directory, 'past'), join(directory, 'future')]
  const old = await atDaysFromNow(-3_660, () => createAuthority(past, permitted))
  t.equal(
    codeOf(() => openAuthority(past)),
    'ERR_CA_EXPIRED',
  )
  t.equal(
    codeOf(() => old.issue(['localhost'])),
    'ERR_CA_EXPIRED',
  )
  await atDaysFromNow(2, () => createAuthority(future, permitted))
  t.equal(
    codeOf(() => openAuthority(future)),
    'ERR_CA_NOT_YET_VALID',
  )
  t.equal((await renewAuthority(past, permitted)).covers('localhost'), true, 'an expired one can be renewed')
})

void t.test('authority: a leaf never outlives it', async t => {
  const authority = await atDaysFromNow(-3_650, () => createAuthority(t.testdir(), permitted))
  t.same(authority.issue(['localhost']).notAfter, authority.notAfter)
})

void t.test(
  'renew: the new authority has a new key and new hosts; the old pair stays whole under a dated name',
  async t => {
    const directory = t.testdir()
    const before = await createAuthority(directory, permitted)
    const files = contentOf(directory)
    const after = await renewAuthority(directory, { dns: ['new.example'], addresses: [] })
    t.same(after.permitted, { dns: ['new.example'], addresses: [] })
    t.not(after.fingerprint256, before.fingerprint256)
    t.equal(openAuthority(directory).fingerprint256, after.fingerprint256)
    const kept = readdirSync(directory).filter(file => /^authority-\d{8}T\d{9}Z\.(key|pem)$/.test(file))
    t.equal(kept.length, 2)
    for (const file of kept) {
      t.equal(readFileSync(join(directory, file), 'utf8'), files[`authority.${file.slice(-3)}`])
      t.equal(modeOf(join(directory, file)), file.endsWith('key') ? 0o600 : 0o644)
    }
    t.equal(readdirSync(directory).length, 5, 'and a note for the log')
    t.equal(await rejectionOf(renewAuthority(join(directory, 'empty'), permitted)), 'ERR_CA_MISSING')
  },
)

/** Runs `verb` in a process of its own that is killed at the n-th step; false when it came to its end. */
const killedAt = async (verb: 'create' | 'renew', directory: string, step: number): Promise<boolean> =>
  run(process.execPath, [join(import.meta.dirname, 'crash-run.ts'), verb, directory, String(step)]).then(
    () => false,
    error => {
      if (error.signal === 'SIGKILL') return true
      throw error
    },
  )

const STEPS = { create: 5, renew: 10 }

void t.test('P8: kill -9 at any step of making one leaves a state with a name, which is never overwritten', async t => {
  const root = t.testdir()
  const seen: string[] = []
  for (let step = 1; step <= STEPS.create; step++) {
    const directory = join(root, String(step))
    t.ok(await killedAt('create', directory, step), `step ${step}`)
    const files = contentOf(directory)
    const opening = codeOf(() => openAuthority(directory))
    const making = await rejectionOf(createAuthority(directory, permitted))
    seen.push(`${opening} ${making}`)
    if (making !== 'none') t.same(contentOf(directory), files, 'nothing was touched')
  }
  t.same(seen, [
    'ERR_CA_MISSING none',
    'ERR_CA_INCOMPLETE ERR_CA_INCOMPLETE',
    'ERR_CA_INCOMPLETE ERR_CA_INCOMPLETE',
    'ERR_CA_INCOMPLETE ERR_CA_INCOMPLETE',
    'none ERR_CA_EXISTS',
  ])
  t.notOk(await killedAt('create', join(root, 'whole'), STEPS.create + 1), 'every step was tried')
})

void t.test('P8: kill -9 at any step of renewing leaves one complete authority, the old or the new', async t => {
  const root = t.testdir()
  await createAuthority(join(root, 'model'), { dns: ['first.example'], addresses: [] })
  const tried = Array.from({ length: STEPS.renew }, (_, index) => index + 1)
  for (const step of tried) {
    const directory = join(root, String(step))
    cpSync(join(root, 'model'), directory, { recursive: true })
    t.ok(await killedAt('renew', directory, step), `step ${step}`)
    const [host] = openAuthority(directory).permitted?.dns ?? []
    t.equal(host, step < STEPS.renew ? 'first.example' : 'second.example')
    const again = await rejectionOf(renewAuthority(directory, { dns: ['third.example'], addresses: [] }))
    t.equal(again, step === 1 || step === STEPS.renew ? 'none' : 'ERR_CA_RENEWAL_INCOMPLETE')
    t.equal(openAuthority(directory).permitted?.dns[0], again === 'none' ? 'third.example' : 'first.example')
  }
  t.notOk(await killedAt('renew', join(root, 'model'), STEPS.renew + 1), 'every step was tried')
})

void t.test('errors: one that cannot be written says which file, and nothing of what was to be in it', async t => {
  const directory = join(t.testdir({ file: 'not a folder' }), 'file', 'ca')
  const error = await createAuthority(directory, permitted).then(
    () => undefined,
    (error: unknown) => error,
  )
  t.ok(error instanceof CertError)
  t.match(error, { code: 'ERR_CA_NOT_WRITTEN', message: directory })
  t.notMatch(String(error), 'PRIVATE')
})
