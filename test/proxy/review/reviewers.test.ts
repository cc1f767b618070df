import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { createLog } from '../../../log/writing/create-log.ts'
import { openJournal, type Journal } from '../../../log/writing/journal.ts'
import { openLogReader } from '../../../log/reading/query.ts'
import { createReviewer, openReviewerKey, type ReviewerKey } from '../../../log/review/reviewer-key.ts'
import { loadReviewer, publicPart } from '../../../log/review/reviewer.ts'
import { open, rewrap, seal } from '../../../log/held/seal.ts'
import { verifyLog } from '../../../log/verify/verify.ts'
import { dataFolder, type DataFolder } from '../../../proxy/data-folder.ts'
import { openReviewers } from '../../../proxy/review/reviewers.ts'
import { blockOf, origin } from '../../log/samples.ts'

const people = t.testdir({ first: {}, second: {} })
const privateKeys = new Map<string, ReviewerKey>()
for (const who of ['first/ada', 'first/grace', 'second/ada']) {
  const [place = '', name = ''] = who.split('/')
  const { privateFile } = await createReviewer(join(people, place), name)
  privateKeys.set(who, await openReviewerKey(privateFile, () => ''))
}
const publicFile = (who: string): string => readFileSync(join(people, `${who}.pub`), 'utf8')
const keyOf = (who: string): ReviewerKey => privateKeys.get(who)!
const printOf = (who: string): string => keyOf(who).fingerprint

/** A data folder in which payloads are sealed to the first key of ada. */
const folderIn = (root: string): DataFolder => {
  const folder = dataFolder(root)
  createLog(folder.log, origin)
  mkdirSync(folder.reviewers)
  copyFileSync(join(people, 'first/ada.pub'), join(folder.reviewers, 'ada.pub'))
  return folder
}

/** Every change of keys that the log tells of, as `actor action reviewer`. */
const changesIn = (folder: DataFolder): readonly string[] => {
  const reader = openLogReader(folder.log)
  const changes = reader.reviewerKeys().map(({ actor, action, reviewer }) => `${actor} ${action} ${reviewer}`)
  reader.close()
  return changes
}

/** Refuses its next append when told to. */
const failing = (journal: Journal): Journal & { failNext: boolean } => {
  const wrapped = {
    ...journal,
    failNext: false,
    append: async (...args: Parameters<Journal['append']>) => {
      if (!wrapped.failNext) return journal.append(...args)
      wrapped.failNext = false
      throw new Error('made up')
    },
  }
  return wrapped
}

t.test(
  'reviewers: each change is in the folder, in use and on record, with the key that checks signatures',
  async t => {
    const folder = folderIn(t.testdir())
    const journal = await openJournal({ directory: folder.log })
    const reviewers = await openReviewers(folder, journal)
    const names = () => reviewers.current().map(({ name }) => name)
    await reviewers.add({ name: 'grace', publicFile: publicFile('first/grace'), actor: 'root' })
    t.same(names(), ['ada', 'grace'])
    await reviewers.rotate({ name: 'ada', publicFile: publicFile('second/ada'), actor: 'root' })
    t.same(reviewers.current()[0]?.fingerprint, printOf('second/ada'))
    await reviewers.retire({ name: 'grace', actor: 'root' })
    t.same(names(), ['ada'])
    const print16 = (who: string) => printOf(who).slice(7, 23)
    t.same(readdirSync(folder.reviewers).sort(), ['ada.pub', 'retired'])
    t.same(readdirSync(join(folder.reviewers, 'retired')).sort(), [
      `ada.${print16('first/ada')}.pub`,
      `grace.${print16('first/grace')}.pub`,
    ])
    t.same(changesIn(folder), ['sluice add ada', 'root add grace', 'root rotate ada', 'root retire grace'])
    const reader = openLogReader(folder.log)
    t.match(reader.reviewerKeys()[2], {
      id: 'key-3',
      previous: printOf('first/ada'),
      fingerprint: printOf('second/ada'),
      signingKey: publicPart(keyOf('second/ada').signingKey),
    })
    reader.close()
    await journal.close()
    t.match(await verifyLog(folder.log, { deep: true }), { kind: 'intact' })
  },
)

t.test('reviewers: the last one stays; one key is not two people; keys that were retired do not come back', async t => {
  const folder = folderIn(t.testdir())
  const journal = await openJournal({ directory: folder.log })
  const reviewers = await openReviewers(folder, journal)
  const ask = (name: string, who: string) => ({ name, publicFile: publicFile(who), actor: 'root' })
  await t.rejects(reviewers.retire({ name: 'ada', actor: 'root' }), { code: 'ERR_REVIEWER_LAST' })
  await t.rejects(reviewers.retire({ name: 'eve', actor: 'root' }), { code: 'ERR_REVIEWER_UNKNOWN' })
  await t.rejects(reviewers.rotate(ask('eve', 'first/grace')), { code: 'ERR_REVIEWER_UNKNOWN' })
  await t.rejects(reviewers.add(ask('ada', 'first/grace')), { code: 'ERR_REVIEWER_EXISTS' })
  await t.rejects(reviewers.add(ask('eve', 'first/ada')), { code: 'ERR_REVIEWER_SAME_KEY' })
  await t.rejects(reviewers.add(ask('../eve', 'first/grace')), { code: 'ERR_REVIEWER_NAME' })
  const [opening, signing] = [publicFile('first/grace'), publicFile('first/ada')].map(text =>
    text.split(/(?<=END PUBLIC KEY-----\n)/),
  )
  const mixed = { name: 'eve', publicFile: `${opening![0]}${signing![1]}`, actor: 'root' }
  await t.rejects(
    reviewers.add(mixed),
    { code: 'ERR_REVIEWER_SAME_KEY' },
    "her own key to open with, and ada's to sign with",
  )
  await reviewers.rotate(ask('ada', 'second/ada'))
  await t.rejects(reviewers.add(ask('eve', 'first/ada')), { code: 'ERR_REVIEWER_SAME_KEY' })
  t.same(changesIn(folder), ['sluice add ada', 'root rotate ada'])
  await journal.close()
})

t.test('P4: a key is not used before it is on record, and what cannot be recorded is taken back', async t => {
  const folder = folderIn(t.testdir())
  const journal = failing(await openJournal({ directory: folder.log }))
  const reviewers = await openReviewers(folder, journal)
  await reviewers.add({ name: 'grace', publicFile: publicFile('first/grace'), actor: 'root' })
  const before = [reviewers.current(), readdirSync(folder.reviewers).sort()] as const
  const rotated = { name: 'ada', publicFile: publicFile('second/ada'), actor: 'root' }
  for (const attempt of [
    () => reviewers.add({ ...rotated, name: 'eve' }),
    () => reviewers.rotate(rotated),
    () => reviewers.retire({ name: 'grace', actor: 'root' }),
  ]) {
    journal.failNext = true
    await t.rejects(attempt(), { message: 'made up' })
    t.equal(reviewers.current(), before[0])
    t.same(
      readdirSync(folder.reviewers)
        .filter(name => name !== 'retired')
        .sort(),
      before[1],
    )
    t.equal(loadReviewer(join(folder.reviewers, 'ada.pub')).fingerprint, printOf('first/ada'))
  }
  await journal.close()
})

t.test('P5: what was changed in the folder by hand is on record when the appliance has started', async t => {
  const folder = folderIn(t.testdir())
  const start = async () => {
    const journal = await openJournal({ directory: folder.log })
    try {
      await openReviewers(folder, journal)
    } finally {
      await journal.close()
    }
  }
  await start()
  copyFileSync(join(people, 'first/grace.pub'), join(folder.reviewers, 'grace.pub'))
  copyFileSync(join(people, 'second/ada.pub'), join(folder.reviewers, 'ada.pub'))
  await start()
  rmSync(join(folder.reviewers, 'grace.pub'))
  await start()
  await start()
  t.same(changesIn(folder), ['sluice add ada', 'sluice rotate ada', 'sluice add grace', 'sluice retire grace'])
  copyFileSync(join(people, 'second/ada.pub'), join(folder.reviewers, 'eve.pub'))
  await t.rejects(start(), { code: 'ERR_REVIEWER_SAME_KEY' }, 'a key under two names stops the start')
  rmSync(join(folder.reviewers, 'eve.pub'))
  rmSync(join(folder.reviewers, 'ada.pub'))
  await t.rejects(start(), { code: 'ERR_NO_REVIEWER' })
})

t.test(
  'P4: after a reseal the new key opens the payload and the old one does not; the log is whole, and says so',
  async t => {
    const folder = folderIn(t.testdir())
    const journal = await openJournal({ directory: folder.log })
    const reviewers = await openReviewers(folder, journal)
    await reviewers.add({ name: 'grace', publicFile: publicFile('first/grace'), actor: 'root' })
    const blocks = [blockOf({ held: true }), blockOf({ held: true })]
    const payload = Buffer.from('made up')
    for (const block of blocks) await journal.append(block, await seal(reviewers.current(), block.id, payload))
    const [{ id }, other] = blocks as [(typeof blocks)[0], (typeof blocks)[0]]
    await journal.append({
      kind: 'purge',
      time: other.time,
      decision: other.id,
      cause: 'reviewer',
      because: null,
      actor: 'os:root',
    })

    const reader = openLogReader(folder.log)
    const [old, next] = [keyOf('first/ada'), keyOf('second/ada')]
    await reviewers.rotate({ name: 'ada', publicFile: publicFile('second/ada'), actor: 'root' })
    const before = reader.heldGet(id)!
    const recipient = await rewrap(before.recipients, id, old.key, reviewers.current()[0]!)
    const request = { name: 'ada', previous: old.fingerprint, actor: 'root' }
    const gone = { decision: other.id, recipient }
    await reviewers.reseal({ ...request, resealed: [{ decision: id, recipient }, gone] })
    const after = reader.heldGet(id)!
    t.same([after.nonce, after.ciphertext], [before.nonce, before.ciphertext])
    t.ok(payload.equals(await open(after, id, next.key)))
    t.ok(payload.equals(await open(after, id, keyOf('first/grace').key)), 'others open it as before')
    await t.rejects(open(after, id, old.key), { code: 'ERR_SEAL_NOT_RECIPIENT' })
    t.same(
      reader.heldByKey(),
      new Map([
        [printOf('first/grace'), 1],
        [next.fingerprint, 1],
      ]),
    )
    t.equal(reader.heldGet(other.id), null, 'what was purged in the meantime stays so')

    for (const wrong of [
      { ...recipient, fingerprint: old.fingerprint },
      { ...recipient, wrapped: '' },
      { ...recipient, more: 1 },
    ])
      await t.rejects(reviewers.reseal({ ...request, resealed: [{ decision: id, recipient: wrong }] }), {
        code: 'ERR_REVIEWER_KEY',
      })
    t.same(changesIn(folder).slice(-2), ['root rotate ada', 'root reseal ada'])
    reader.close()
    await journal.close()
    t.match(await verifyLog(folder.log, { deep: true }), { kind: 'intact' })
  },
)
