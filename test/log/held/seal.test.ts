import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { createLog } from '../../../log/writing/create-log.ts'
import { createReviewer, openReviewerKey } from '../../../log/review/reviewer-key.ts'
import { fingerprintOf, loadReviewers } from '../../../log/review/reviewer.ts'
import { open, seal } from '../../../log/held/seal.ts'
import { uuidV7 } from '../../../log/writing/uuid-v7.ts'
import { origin } from '../samples.ts'

/** The same octets with one bit turned over; `at` may count from the end. */
const flip = (bytes: Uint8Array, at: number) =>
  Buffer.from(bytes).fill(bytes.at(at)! ^ 1, at < 0 ? bytes.length + at : at)

const payload = Buffer.from('{"sample":"made up"}')

const openingKey = async (file: string) => (await openReviewerKey(file, () => '')).key

const newKey = async (folder: string, name: string) => openingKey((await createReviewer(folder, name)).privateFile)

t.test('P4: each of two reviewers opens what was sealed for both', async t => {
  const folder = t.testdir()
  const keys = [await newKey(folder, 'ada'), await newKey(folder, 'grace')]
  const id = uuidV7()
  const sealed = await seal(loadReviewers(folder), id, payload)
  t.same(
    sealed.recipients.map(({ name }) => name),
    ['ada', 'grace'],
  )
  for (const key of keys) t.ok(payload.equals(await open(sealed, id, key)))
  t.notOk(Buffer.from(sealed.ciphertext).includes('made up'))
})

t.test('P4: a key of nobody named, another decision, and every altered part are refused', async t => {
  const folder = t.testdir()
  const key = await newKey(folder, 'ada')
  const id = uuidV7()
  const sealed = await seal(loadReviewers(folder), id, payload)
  const stranger = generateKeyPairSync('x25519').privateKey
  await t.rejects(open(sealed, id, stranger), { code: 'ERR_SEAL_NOT_RECIPIENT' })
  await t.rejects(open(sealed, uuidV7(), key), { code: 'ERR_SEAL_BROKEN' })
  const flipText = (text: string) => flip(Buffer.from(text, 'base64url'), 3).toString('base64url')
  const [recipient] = sealed.recipients
  const broken = {
    nonce: { ...sealed, nonce: flip(sealed.nonce, 0) },
    ciphertext: { ...sealed, ciphertext: flip(sealed.ciphertext, 0) },
    tag: { ...sealed, ciphertext: flip(sealed.ciphertext, -1) },
    'cut short': { ...sealed, ciphertext: sealed.ciphertext.subarray(0, 10) },
    'encapsulated key': { ...sealed, recipients: [{ ...recipient!, encapsulated: flipText(recipient!.encapsulated) }] },
    'wrapped key': { ...sealed, recipients: [{ ...recipient!, wrapped: flipText(recipient!.wrapped) }] },
  }
  for (const [part, altered] of Object.entries(broken)) {
    await t.rejects(open(altered, id, key), { code: 'ERR_SEAL_BROKEN' }, part)
  }
})

t.test('P4: nothing in the folders that the serving side uses opens a sealed payload', async t => {
  const folder = t.testdir()
  const [away, serving, log] = ['away', 'serving', 'log'].map(name => join(folder, name)) as [string, string, string]
  mkdirSync(away)
  mkdirSync(serving)
  const { publicFile } = await createReviewer(away, 'ada')
  writeFileSync(join(serving, 'ada.pub'), readFileSync(publicFile))
  createLog(log, origin)
  const id = uuidV7()
  const sealed = await seal(loadReviewers(serving), id, payload)
  const files = [serving, log].flatMap(place => readdirSync(place).map(file => join(place, file)))
  t.ok(files.length >= 5)
  for (const file of files) {
    const bytes = readFileSync(file)
    await t.rejects(async () => open(sealed, id, await openingKey(file)), { code: 'ERR_REVIEWER_KEY' }, 'as a key file')
    for (const part of [bytes.subarray(0, 32), bytes.subarray(-32)]) {
      const prefix = Buffer.from('302e020100300506032b656e04220420', 'hex')
      const raw = createPrivateKey({ key: Buffer.concat([prefix, part]), format: 'der', type: 'pkcs8' })
      await t.rejects(open(sealed, id, raw), { code: 'ERR_SEAL_NOT_RECIPIENT' }, 'as raw octets')
      const claimed = { ...sealed.recipients[0]!, fingerprint: fingerprintOf(raw) }
      await t.rejects(open({ ...sealed, recipients: [claimed] }, id, raw), { code: 'ERR_SEAL_BROKEN' }, 'as its key')
    }
  }
})

t.test('seal: without reviewers nothing is sealed', async t => {
  await t.rejects(seal([], uuidV7(), payload), { code: 'ERR_SEAL_NO_REVIEWER' })
})
