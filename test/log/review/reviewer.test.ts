import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { isSigned, signAct } from '../../../log/review/review-signature.ts'
import { createReviewer, isProtected, openReviewerKey } from '../../../log/review/reviewer-key.ts'
import { loadReviewer, loadReviewers } from '../../../log/review/reviewer.ts'

/** scrypt at a cost that suits a test. */
const protection = { passphrase: 'four words made up', workFactor: 8 }

const neverAsked = (): string => {
  throw new Error('asked for a passphrase')
}

t.test('reviewer: the private file is 0600, and nothing is overwritten', async t => {
  const folder = t.testdir()
  const { privateFile, publicFile } = await createReviewer(folder, 'ada')
  t.equal(statSync(privateFile).mode & 0o777, 0o600)
  const before = [readFileSync(privateFile, 'utf8'), readFileSync(publicFile, 'utf8')]
  await t.rejects(createReviewer(folder, 'ada'), { code: 'ERR_REVIEWER_EXISTS' })
  t.same([readFileSync(privateFile, 'utf8'), readFileSync(publicFile, 'utf8')], before)
  writeFileSync(join(folder, 'grace.pub'), 'taken')
  await t.rejects(createReviewer(folder, 'grace'), { code: 'ERR_REVIEWER_EXISTS' })
  t.notOk(readdirSync(folder).includes('grace.key'), 'half a pair is not left behind')
})

t.test('reviewer: names that could leave the folder are refused', async t => {
  for (const name of ['', '../ada', 'Ada', 'a'.repeat(33), 'a.b'])
    await t.rejects(createReviewer(t.testdirName, name), { code: 'ERR_REVIEWER_NAME' }, name)
})

t.test('reviewer: only .pub files are read, and only pairs of public keys are taken', async t => {
  const folder = t.testdir()
  const { privateFile, publicFile } = await createReviewer(folder, 'ada')
  writeFileSync(join(folder, 'broken.key'), 'not a key')
  mkdirSync(join(folder, 'unreadable.key'))
  t.same(
    loadReviewers(folder).map(({ name }) => name),
    ['ada'],
  )
  const [first = '', second = ''] = readFileSync(publicFile, 'utf8').split(/(?<=END PUBLIC KEY-----\n)/)
  const slips = {
    'a private key': readFileSync(privateFile, 'utf8'),
    'a private key behind public ones': readFileSync(publicFile, 'utf8') + readFileSync(privateFile, 'utf8'),
    'one key': first,
    'one key twice': second + second,
    'three keys': first + second + first,
    'no key': 'ssh-ed25519 AAAA',
  }
  for (const [slip, text] of Object.entries(slips)) {
    writeFileSync(join(folder, 'slip.pub'), text)
    t.throws(() => loadReviewers(folder), { code: 'ERR_REVIEWER_KEY' }, slip)
  }
})

t.test(
  'P4: a private file with a passphrase is an age file, opens with that passphrase only, and shows no key',
  async t => {
    const folder = t.testdir()
    const { privateFile, publicFile } = await createReviewer(folder, 'ada', protection)
    t.match(
      readFileSync(privateFile, 'utf8'),
      /^-----BEGIN AGE ENCRYPTED FILE-----\n[^]+-----END AGE ENCRYPTED FILE-----\n$/,
    )
    t.match(
      Buffer.from(readFileSync(privateFile, 'utf8').split('\n')[1]!, 'base64').toString(),
      /^age-encryption.org\/v1\n/,
    )
    t.ok(isProtected(privateFile))
    const key = await openReviewerKey(privateFile, () => protection.passphrase)
    const { fingerprint, signingFingerprint } = loadReviewer(publicFile)
    t.match(key, { fingerprint, signingFingerprint }, 'and is the private half of the public file')
    await t.rejects(
      openReviewerKey(privateFile, () => 'four words made-up'),
      { code: 'ERR_PASSPHRASE_WRONG' },
    )
    const altered = readFileSync(privateFile, 'utf8').replace(/(?<=\n[^\n]{62})\w(?=.*\n[^\n]+\n-----END)/, letter =>
      letter === 'A' ? 'B' : 'A',
    )
    writeFileSync(privateFile, altered)
    await t.rejects(
      openReviewerKey(privateFile, () => protection.passphrase),
      { code: 'ERR_PASSPHRASE_WRONG' },
      'altered',
    )
    await t.rejects(createReviewer(folder, 'grace', { passphrase: 'elevenchars' }), { code: 'ERR_PASSPHRASE_SHORT' })
    t.notOk(readdirSync(folder).includes('grace.key'))
  },
)

t.test('reviewer: a private file in the clear asks for nothing, and openssl reads both of its keys', async t => {
  const folder = t.testdir()
  const { privateFile } = await createReviewer(folder, 'ada')
  t.notOk(isProtected(privateFile))
  await openReviewerKey(privateFile, neverAsked)
  const [first = '', second = ''] = readFileSync(privateFile, 'utf8').split(/(?<=END PRIVATE KEY-----\n)/)
  const kinds = [first, second].map(
    input => execFileSync('openssl', ['pkey', '-noout', '-text'], { input }).toString().split(' ')[0],
  )
  t.same(kinds, ['X25519', 'ED25519'])
  writeFileSync(join(folder, 'other.key'), first)
  await t.rejects(openReviewerKey(join(folder, 'other.key'), neverAsked), { code: 'ERR_REVIEWER_KEY' }, 'half of it')
})

t.test('review signature: holds for that act, of that type, by that reviewer, and for nothing else', async t => {
  const folder = t.testdir()
  const ada = await openReviewerKey((await createReviewer(folder, 'ada')).privateFile, neverAsked)
  await createReviewer(folder, 'grace')
  const [adaPublic, gracePublic] = loadReviewers(folder)
  const act = Buffer.from('{"decision":"made up"}')
  const type = 'application/vnd.sluice.approval+json'
  const signature = signAct(ada.signingKey, type, act)
  t.ok(isSigned(adaPublic!.signingKey, type, act, signature))
  t.notOk(isSigned(gracePublic!.signingKey, type, act, signature), 'another reviewer')
  t.notOk(isSigned(adaPublic!.signingKey, 'application/vnd.sluice.rejection+json', act, signature), 'another type')
  t.notOk(isSigned(adaPublic!.signingKey, type, Buffer.from('{"decision":"another"}'), signature), 'another act')
  t.notOk(
    isSigned(adaPublic!.signingKey, `${type} 22 {"de`, Buffer.from('cision":"made up"}'), signature),
    'cut elsewhere',
  )
  for (const broken of ['', '=', `${signature}=`, `${signature} `, signature.slice(0, -2), signature.replace(/./, '*')])
    t.notOk(isSigned(adaPublic!.signingKey, type, act, broken), `as ${broken.length} characters`)
})
