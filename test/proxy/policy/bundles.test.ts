import { generateKeyPairSync } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { NoteKey } from '../../../log/proofs/checkpoint.ts'
import { openLogReader } from '../../../log/reading/query.ts'
import { createSigningKey, openSigningKey, readVerifierKey } from '../../../log/review/signing-key.ts'
import { requireBundle, unpackBundle } from '../../../proxy/policy/bundles.ts'
import { callControl, refusalIn } from '../../../proxy/watch/control.ts'
import { openBundle, stalenessOf, writeBundle, type PolicyBundle } from '../../../proxy/policy/policy-bundle.ts'
import { loadPolicy } from '../../../proxy/policy/policy-file.ts'
import { readSettings } from '../../../proxy/settings.ts'
import { makeFolder, startInProcess, testSettings } from '../../kit/appliance.ts'
import { testPolicy } from '../../kit/test-policy.ts'
import { vendorAuthority } from '../../kit/vendor.ts'

const signerOf = (name: string): NoteKey => ({ name, key: generateKeyPairSync('ed25519').privateKey })
const signer = signerOf('policy.hospital.test')
const hour = 3_600_000
const at = (offset: number): string => new Date(Date.now() + offset).toISOString()

const texts = (maxBodyBytes: number): Pick<PolicyBundle, 'text' | 'references'> => ({
  text: JSON.stringify({ ...(JSON.parse(testPolicy(9)) as object), limits: { maxBodyBytes } }),
  references: { 'vendor-ca.pem': vendorAuthority.pem },
})

const bundleOf = (serial: number, given: Partial<PolicyBundle> = {}): PolicyBundle => ({
  v: 1,
  kind: 'policy-bundle',
  serial,
  issued: at(-hour),
  expires: at(hour),
  policy: `sha256:${'ab'.repeat(32)}`,
  cases: null,
  ...texts(1_000),
  ...given,
})

t.test('bundle: the same content makes the same file, and comes out as it went in', async t => {
  const bundle = bundleOf(1, { cases: { text: 'version: 1\n', files: { 'payloads/a.bin': 'AAEC' } } })
  const text = writeBundle(bundle, signer)
  t.equal(writeBundle(bundle, signer), text)
  t.match(openBundle(text, signer), { kind: 'verified', bundle, signer: signer.name, digest: /^sha256:/ })
  const file = await unpackBundle(t.testdir(), bundle)
  t.equal(readFileSync(file, 'utf8'), bundle.text)
  t.equal(readFileSync(join(file, '../payloads/a.bin'), 'hex'), '000102')
  t.ok(loadPolicy(file).digest)
})

t.test('bundle: whatever was changed after it was signed shows, and so does another key', async t => {
  const text = writeBundle(bundleOf(1), signer)
  const kinds = (changed: string, key = signer): string => openBundle(changed, key).kind
  t.equal(kinds(text.replace('"serial":1', '"serial":2')), 'forged')
  t.equal(kinds(text.replace(vendorAuthority.pem.slice(100, 104), 'AAAA')), 'forged')
  t.equal(kinds(text, signerOf(signer.name)), 'unsigned')
  t.equal(kinds(text, signerOf('other.test')), 'unsigned')
  t.equal(kinds(text.slice(0, 500)), 'malformed')
  t.equal(kinds(''), 'malformed')
  for (const wrong of [
    { serial: 0 },
    { expires: at(401 * 24 * hour) },
    { expires: at(-2 * hour) },
    { cases: { text: '', files: { '../policy.yaml': '' } } },
    { cases: { text: '', files: { '/etc/passwd': '' } } },
  ] as const)
    t.equal(kinds(writeBundle(bundleOf(1, wrong), signer)), 'malformed', JSON.stringify(wrong))
})

t.test('bundle: one that is older, expired or from the future is stale, whoever signed it', async t => {
  const staleness = (bundle: PolicyBundle, last: { serial: number; digest: string } | null): string | null => {
    const opened = openBundle(writeBundle(bundle, signer), signer)
    return opened.kind === 'verified' ? stalenessOf(opened, last, Date.now()) : opened.kind
  }
  const other = `sha256:${'cd'.repeat(32)}`
  t.equal(staleness(bundleOf(1), null), null)
  t.equal(staleness(bundleOf(2), { serial: 1, digest: other }), null)
  t.equal(staleness(bundleOf(1), { serial: 2, digest: other }), 'older')
  t.equal(staleness(bundleOf(2), { serial: 2, digest: other }), 'serial-taken')
  t.equal(staleness(bundleOf(3, { expires: at(-1_000) }), null), 'expired')
  t.equal(staleness(bundleOf(3, { issued: at(2 * hour), expires: at(3 * hour) }), null), 'early')
})

t.test('bundle: a key pair is made once, and what belongs to another pair signs nothing', async t => {
  const folder = t.testdir()
  const file = join(folder, 'policy')
  await createSigningKey(file, 'policy.hospital.test', { passphrase: 'a long enough one', workFactor: 4 })
  t.match(readFileSync(`${file}.key`, 'utf8'), /BEGIN AGE ENCRYPTED FILE/)
  const key = await openSigningKey(`${file}.key`, () => 'a long enough one')
  t.match(openBundle(writeBundle(bundleOf(1), key), readVerifierKey(`${file}.pub`)), { kind: 'verified' })
  await t.rejects(createSigningKey(file, 'policy.hospital.test', null), { code: 'ERR_SIGNER_EXISTS' })
  await t.rejects(createSigningKey(file, 'two words', null), { code: 'ERR_SIGNER_NAME' })
  await createSigningKey(join(folder, 'other'), 'policy.hospital.test', null)
  writeFileSync(`${file}.pub`, readFileSync(join(folder, 'other.pub')))
  await t.rejects(
    openSigningKey(`${file}.key`, () => 'a long enough one'),
    { code: 'ERR_SIGNER_KEY' },
  )
})

t.test(
  'bundle: an appliance takes newer ones of its own key, remembers in its log, and takes nothing else',
  async t => {
    const bundles = { ...testSettings.bundles, key: 'policy.pub', required: true }
    const settings = { ...testSettings, bundles }
    const folder = await makeFolder(t, texts(500).text, settings)
    const started = await startInProcess(t, folder)
    const apply = async (bundle: PolicyBundle, key = signer, sent = bundle): Promise<unknown> => {
      const request = { text: sent.text, references: sent.references, cause: 'activate', actor: 'ada' }
      const answer = await callControl(folder.control, 'POST /activations', {
        ...request,
        bundle: writeBundle(bundle, key),
      })
      return answer.status === 200 ? (answer.document as { number: number }).number : refusalIn(answer.document)?.code
    }
    t.equal(await apply(bundleOf(5)), 'ERR_BUNDLE_KEY', 'no key is there')
    const { createPublicKey } = await import('node:crypto')
    const { encodeVerifierKey } = await import('../../../log/proofs/checkpoint.ts')
    const verifier = encodeVerifierKey({ name: signer.name, key: createPublicKey(signer.key) })
    writeFileSync(join(folder.root, 'policy.pub'), `${verifier}\n`)

    const fifth = bundleOf(5)
    t.equal(await apply(fifth), 2)
    t.match(started.appliance.status().policy, {
      number: 2,
      bundle: { serial: 5, signer: signer.name, expires: fifth.expires },
    })
    t.equal(await apply(fifth), 2, 'the same again changes nothing')
    t.equal(await apply(bundleOf(4, texts(2_000))), 'ERR_BUNDLE_OLDER')
    t.equal(await apply(bundleOf(5, texts(2_000))), 'ERR_BUNDLE_OLDER', 'another one of its number')
    t.equal(await apply(bundleOf(6, { expires: at(-1_000) })), 'ERR_BUNDLE_EXPIRED')
    t.equal(await apply(bundleOf(6), signerOf(signer.name)), 'ERR_BUNDLE_FORGED')
    t.equal(
      await apply(bundleOf(6), signer, bundleOf(6, texts(9_000))),
      'ERR_BUNDLE_FORGED',
      'another policy beside it',
    )
    const bare = { ...texts(9_000), cause: 'activate', actor: 'ada' }
    const unsigned = await callControl(folder.control, 'POST /activations', bare)
    t.equal(refusalIn(unsigned.document)?.code, 'ERR_BUNDLE_REQUIRED')
    t.equal(started.appliance.inForce().number, 2)
    t.equal(await apply(bundleOf(7)), 3, 'the same policy under a new number is recorded')

    await started.appliance.stop()
    t.throws(() => requireBundle(folder, readSettings(folder), writeBundle(bundleOf(6), signer)), {
      code: 'ERR_BUNDLE_OLDER',
    })
    const reader = openLogReader(folder.log)
    t.match(
      reader.activations().map(({ bundle }) => bundle?.serial),
      [undefined, 5, 7],
    )
    reader.close()
    writeFileSync(join(folder.root, 'policy.yaml'), texts(9_000).text)
    await t.rejects(
      startInProcess(t, folder),
      { code: 'ERR_BUNDLE_REQUIRED' },
      'nor does a restart take an edited file',
    )
  },
)
