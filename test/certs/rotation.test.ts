import { execFile } from 'node:child_process'
import { createPublicKey, X509Certificate } from 'node:crypto'
import { cpSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { createAuthority, openAuthority, type Anchor, type Authority } from '../../certs/authority.ts'
import { forgetChanges, notedChanges } from '../../certs/authority-changes.ts'
import { CertError } from '../../certs/cert-error.ts'
import { clientVerdict } from '../../certs/client-verdict.ts'
import {
  activateSuccessor,
  addSuccessor,
  anchorsOf,
  discardSuccessor,
  importSuccessor,
  openRotation,
  retirePredecessor,
} from '../../certs/rotation.ts'
import { makeAuthority, type LabAuthority, type LabWish } from './lab-authority.ts'

const run = promisify(execFile)
const actor = { actor: 'ada' }
const permitted = { dns: ['telemetry.vendor.example', 'localhost'], addresses: ['127.0.0.1'] }
const names = ['telemetry.vendor.example', '127.0.0.1']

const codeOf = async (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'none',
    error => (error instanceof CertError ? error.code : String(error)),
  )

const takes = async (authority: Authority, anchor: Anchor, name = 'localhost'): Promise<boolean> =>
  (await clientVerdict(authority.issue([name]), anchor, name)) === null

t.test('rotation: the next authority is made and given away, and signs only after its activation', async t => {
  const directory = t.testdir()
  const old = await createAuthority(directory, permitted)
  const next = await addSuccessor(directory, { ...permitted, dns: [...permitted.dns, 'new.example'] }, actor)
  t.equal(openAuthority(directory).fingerprint256, old.fingerprint256)
  t.equal(statSync(join(directory, 'successor.key')).mode & 0o777, 0o600)
  t.same(
    anchorsOf(openRotation(directory)).map(({ role, fingerprint256 }) => [role, fingerprint256]),
    [
      ['current', old.fingerprint256],
      ['next', next.fingerprint256],
    ],
  )
  t.equal(await codeOf(addSuccessor(directory, permitted, actor)), 'ERR_CA_ROTATION_UNDER_WAY')
  t.equal(await codeOf(retirePredecessor(directory, actor)), 'ERR_CA_NO_PREDECESSOR')

  const { current, successor, predecessor } = await activateSuccessor(directory, 'localhost', actor)
  t.same([current.fingerprint256, successor], [next.fingerprint256, null])
  t.equal(predecessor?.fingerprint256, old.fingerprint256)
  t.ok(current.isCrossSigned)
  t.ok(await takes(current, next.anchor), 'who trusts the new one')
  t.ok(await takes(current, old.anchor), 'who trusts the old one only')
  t.ok(await takes(current, next.anchor, 'new.example'))
  t.notOk(await takes(current, old.anchor, 'new.example'), 'the limits of the old one stay')
  t.equal(await codeOf(activateSuccessor(directory, 'localhost', actor)), 'ERR_CA_NO_SUCCESSOR')

  const ended = await retirePredecessor(directory, actor)
  t.same([ended.predecessor, ended.current.isCrossSigned], [null, false])
  t.ok(await takes(ended.current, next.anchor))
  t.notOk(await takes(ended.current, old.anchor))
  t.same(
    readdirSync(directory).filter(file => file.endsWith('.key')),
    ['authority.key'],
    'the old private key is gone',
  )
  t.match(notedChanges(directory), [
    { action: 'add', certificate: /^[0-9a-f]{64}$/, previous: null, actor: 'ada' },
    { action: 'activate', previous: old.fingerprint256.replaceAll(':', '').toLowerCase() },
    { action: 'retire', previous: null },
  ])
  forgetChanges(directory)
  t.same(notedChanges(directory), [])
})

t.test('rotation: openssl takes the cross certificate, trusting either authority', async t => {
  const directory = t.testdir()
  const old = await createAuthority(directory, permitted)
  await addSuccessor(directory, permitted, actor)
  const { current } = await activateSuccessor(directory, 'localhost', actor)
  const leaf = current.issue(['localhost'])
  const file = (name: string, text: string): string => {
    writeFileSync(join(directory, name), text)
    return join(directory, name)
  }
  const chain = file('chain', leaf.chainPem)
  for (const anchor of [old.anchor, current.anchor]) {
    const args = ['verify', '-x509_strict', '-verify_hostname', 'localhost', '-purpose', 'sslserver']
    const cafile = ['-CAfile', file('anchor', anchor.pem), '-untrusted', chain, chain]
    t.match((await run('openssl', [...args, ...cafile])).stdout, /: OK/)
  }
})

t.test(
  'rotation: one that was made before there was room for another below it is replaced without a cross certificate',
  async t => {
    const directory = t.testdir()
    const old = await createAuthority(directory, permitted)
    const narrow = makeAuthority({ permitted, selfSigned: true, pathLength: 0 })
    writeFileSync(join(directory, 'authority.key'), narrow.keyPem)
    writeFileSync(join(directory, 'authority.pem'), narrow.chain)
    await addSuccessor(directory, permitted, actor)
    const { current, predecessor } = await activateSuccessor(directory, 'localhost', actor)
    t.notOk(current.isCrossSigned)
    t.ok(await takes(current, current.anchor))
    t.ok(predecessor && predecessor.fingerprint256 !== old.fingerprint256)
  },
)

t.test('rotation: what waits can be discarded, and is then given to nobody', async t => {
  const directory = t.testdir()
  await createAuthority(directory, permitted)
  await addSuccessor(directory, permitted, actor)
  await discardSuccessor(directory, actor)
  t.equal(openRotation(directory).successor, null)
  t.notOk(existsSync(join(directory, 'successor.key')))
  t.equal(await codeOf(discardSuccessor(directory, actor)), 'ERR_CA_NO_SUCCESSOR')
  t.equal(await codeOf(activateSuccessor(directory, 'localhost', actor)), 'ERR_CA_NO_SUCCESSOR')
})

t.test(
  'P8: kill -9 at any step of an activation leaves the old authority or the new one, and it can be done again',
  async t => {
    const root = t.testdir()
    const old = await createAuthority(join(root, 'model'), permitted)
    const next = await addSuccessor(join(root, 'model'), permitted, actor)
    const seen: string[] = []
    for (let step = 1; ; step++) {
      const directory = join(root, String(step))
      cpSync(join(root, 'model'), directory, { recursive: true })
      const crash = join(import.meta.dirname, 'crash-run.ts')
      const isKilled = await run(process.execPath, [crash, 'activate', directory, String(step)]).then(
        () => false,
        error => error.signal === 'SIGKILL',
      )
      const { current, successor, predecessor } = openRotation(directory)
      const isNew = current.fingerprint256 === next.fingerprint256
      t.equal(successor === null, isNew, 'what signs does not wait')
      t.equal(predecessor?.fingerprint256 ?? null, isNew ? old.fingerprint256 : null, 'what is in use is not past')
      t.ok(await takes(current, old.anchor), `step ${step}`)
      seen.push(isNew ? 'new' : 'old')
      if (!isKilled) break
    }
    t.ok(seen.length > 10, `${seen.length} steps`)
    t.equal(seen.indexOf('new'), seen.lastIndexOf('old') + 1, 'from one step on it is the new one')
  },
)

const brought = (wish: LabWish = {}): LabAuthority => makeAuthority(wish)

t.test('import: an intermediate of the lab signs, and what instruments trust is the root of the lab', async t => {
  for (const kind of ['P-256', 'P-384', 'RSA'] as const) {
    const directory = t.testdir({ [kind]: {} })
    await createAuthority(join(directory, kind), permitted)
    const { chain, keyPem, root } = brought({ kind })
    const next = await importSuccessor(join(directory, kind), { chain, key: keyPem }, names, actor)
    t.equal(next.anchor.fingerprint256, root.fingerprint256)
    const { current, predecessor } = await activateSuccessor(join(directory, kind), 'localhost', actor)
    t.ok(await takes(current, next.anchor, 'telemetry.vendor.example'), kind)
    t.ok(predecessor)
    const [leaf, intermediate, ...more] =
      current.issue(['localhost']).chainPem.match(/-----BEGIN[^]*?-----END.*/g) ?? []
    t.ok(new X509Certificate(leaf!).checkIssued(new X509Certificate(intermediate!)))
    t.equal(more.length, 0, 'the root is not sent')
    t.equal(current.covers('anything.example'), true, 'it was not limited')
    const client = current.issueClient('novaseq-a', createPublicKey(current.issue(['a.example']).privateKeyPem), {
      days: 9,
    })
    t.ok(new X509Certificate(client.certificatePem).checkIssued(new X509Certificate(intermediate!)))
    await retirePredecessor(join(directory, kind), actor)
    t.ok(await takes(openAuthority(join(directory, kind)), next.anchor))
    await addSuccessor(join(directory, kind), permitted, actor)
    const back = await activateSuccessor(join(directory, kind), 'localhost', actor)
    t.ok(await takes(back.current, back.current.anchor), 'and back to one of our own')
  }
})

const refused: Readonly<Record<string, readonly [code: string, wish: LabWish]>> = {
  'a key of another certificate': ['ERR_CA_KEY_MISMATCH', { foreignKey: true }],
  'a chain without its root': ['ERR_CA_CHAIN_BROKEN', { dropRoot: true }],
  'a chain in the wrong order': ['ERR_CA_UNCONSTRAINED', { reversed: true }],
  'the certificate of a server': ['ERR_CA_NOT_CA', { isServer: true }],
  'one that has expired': ['ERR_CA_EXPIRED', { to: -1 }],
  'one that is not valid yet': ['ERR_CA_NOT_YET_VALID', { from: 2 }],
  'a root that has expired': ['ERR_CA_EXPIRED', { rootTo: -1 }],
  'an RSA key of 1024 bits': ['ERR_CA_WEAK', { kind: 'RSA-1024' }],
  'a key that clients do not know': ['ERR_CA_WEAK', { kind: 'Ed25519' }],
  'one that may not sign certificates': ['ERR_CA_NOT_CA', { usage: 'crl' }],
  'one that may vouch for clients only': ['ERR_CA_CHAIN_REFUSED', { purpose: 'clientAuth' }],
  'a root that allows no intermediate': ['ERR_CA_CHAIN_REFUSED', { rootPathLength: 0 }],
  'one that is limited to other hosts': [
    'ERR_NAME_NOT_PERMITTED',
    { permitted: { dns: ['other.example'], addresses: [] } },
  ],
  'one that signed itself and is not limited': ['ERR_CA_UNCONSTRAINED', { selfSigned: true }],
}

t.test('import: what is not sound is refused, each for its own reason, and nothing is written', async t => {
  const directory = t.testdir()
  await createAuthority(directory, permitted)
  const before = readdirSync(directory)
  for (const [what, [code, wish]] of Object.entries(refused)) {
    const { chain, keyPem } = brought(wish)
    t.equal(await codeOf(importSuccessor(directory, { chain, key: keyPem }, names, actor)), code, what)
  }
  const { chain, keyPem } = brought()
  t.equal(await codeOf(importSuccessor(directory, { chain: 'no', key: keyPem }, names, actor)), 'ERR_CA_UNREADABLE')
  t.equal(await codeOf(importSuccessor(directory, { chain, key: chain }, names, actor)), 'ERR_CA_UNREADABLE')
  t.same(readdirSync(directory), before)
})

t.test('P7: a key that cannot be read is not quoted', async t => {
  const directory = t.testdir()
  await createAuthority(directory, permitted)
  const { chain } = brought()
  const key = '-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n'
  await t.rejects(importSuccessor(directory, { chain, key }, names, actor), {
    message: /^(?!.*c2VjcmV0)/,
    cause: undefined,
  })
  t.notMatch(readFileSync(join(directory, 'authority.pem'), 'utf8'), 'PRIVATE')
})
