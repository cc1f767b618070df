import { join } from 'node:path'
import t from 'tap'
import { createLog } from '../../../log/writing/create-log.ts'
import { openJournal } from '../../../log/writing/journal.ts'
import { openLogReader } from '../../../log/reading/query.ts'
import type { ApproveEntry, DecisionEntry, KeyEntry, LogRecord, SignatureRecord } from '../../../log/record.ts'
import { signAct } from '../../../log/review/review-signature.ts'
import { readCase } from '../../../log/review/case.ts'
import { statementBytes, statementOf, statementTypes, type Statement } from '../../../log/review/statement.ts'
import { createReviewer, openReviewerKey, type ReviewerKey } from '../../../log/review/reviewer-key.ts'
import { publicPart } from '../../../log/review/reviewer.ts'
import { uuidV7 } from '../../../log/writing/uuid-v7.ts'
import { verifyLog } from '../../../log/verify/verify.ts'
import { blockOf, origin, sealedSample } from '../samples.ts'

const folder = t.testdir({})
const [ada, bob] = (await Promise.all(
  ['ada', 'bob'].map(async name => openReviewerKey((await createReviewer(folder, name)).privateFile, () => '')),
)) as [ReviewerKey, ReviewerKey]

const minutes = (count: number): string =>
  new Date(Date.parse('2026-03-01T09:00:00.000Z') + count * 60_000).toISOString()

const policy = `sha256:${'cd'.repeat(32)}`
const expires = minutes(240)

let changes = 0
const keyChange = (reviewer: string, key: ReviewerKey | null, time: string): KeyEntry => ({
  kind: 'key.rotate',
  id: `key-${++changes}`,
  time,
  action: key ? 'add' : 'retire',
  reviewer,
  previous: null,
  fingerprint: key?.fingerprint ?? null,
  signingKey: key && publicPart(key.signingKey),
  resealed: 0,
  actor: 'os:root',
})

type Held = LogRecord & DecisionEntry

/** Who signs what by which name, where that differs from what ada should do; `time` is that of the approval. */
type Deed = {
  readonly name: string
  readonly key?: ReviewerKey
  readonly reviewer?: string
  readonly action?: keyof typeof statementTypes
  readonly over?: (statement: Statement) => Statement
  readonly says?: Partial<ApproveEntry>
  readonly time?: string
}

const right: readonly Deed[] = [
  { name: 'signed by ada' },
  { name: 'signed by bob', key: bob, reviewer: 'bob' },
  { name: 'recorded a moment after the key was retired', time: minutes(30.5) },
]

const wrong: readonly Deed[] = [
  { name: 'by the key of another', key: bob },
  { name: 'in the name of another', reviewer: 'bob' },
  { name: 'in a name that nobody has', reviewer: 'eve' },
  { name: 'by a key that was retired an hour ago', time: minutes(90) },
  { name: 'of a release', action: 'release' },
  { name: 'of another decision', over: statement => ({ ...statement, decision: uuidV7() }) },
  { name: 'of another sealed payload', over: statement => ({ ...statement, seal: policy }) },
  { name: 'of another policy', over: statement => ({ ...statement, policy: statement.seal }) },
  { name: 'that ends at another time', says: { expires: minutes(480) } },
  { name: 'for another destination', says: { destination: 'elsewhere.example:443' } },
]

const signed = (
  decision: Held,
  { key = ada, reviewer = 'ada', action = 'approve', over = same => same }: Deed,
): SignatureRecord => ({
  reviewer,
  fingerprint: key.signingFingerprint,
  value: signAct(key.signingKey, statementTypes[action], statementBytes(over(statementOf(decision, policy, expires)))),
})

t.test(
  'P5: a signature that does not fit is found and named, though whoever made it up has the key of the log',
  async t => {
    const directory = join(folder, 'log')
    createLog(directory, origin)
    const journal = await openJournal({ directory })
    t.teardown(() => journal.close())
    const hold = async (): Promise<Held> => {
      const { id, ...entry } = blockOf({ held: true, payload: journal.digest(Buffer.from('made up')) })
      await journal.append({ ...entry, id }, sealedSample)
      await journal.append({
        kind: 'review.open',
        time: minutes(10),
        decision: id,
        actor: 'os:ada',
        action: 'show',
        because: null,
      })
      const reader = openLogReader(directory)
      const { decision } = readCase(reader, id)!
      reader.close()
      return decision
    }
    const approve = async (deed: Deed): Promise<number> => {
      const decision = await hold()
      const { payload, destination } = decision
      const entry: ApproveEntry = {
        kind: 'review.approve',
        time: deed.time ?? minutes(20),
        decision: decision.id,
        actor: 'os:ada',
        because: 'a lot number',
        payload: payload!,
        policy,
        destination: destination!,
        expires,
        signature: signed(decision, deed),
        ...deed.says,
      }
      return (await journal.append(entry)).sequence
    }
    const release = async (by: Deed): Promise<number> => {
      const approval = await approve({ name: 'ada approves' })
      const reader = openLogReader(directory)
      const [last] = reader.heldList({ limit: 1 })
      const { decision } = readCase(reader, last!.decision)!
      reader.close()
      const { sequence } = await journal.append({
        kind: 'review.release',
        time: minutes(25),
        decision: decision.id,
        actor: 'os:bob',
        because: 'ticket 4711',
        release: uuidV7(),
        approvals: [approval],
        people: 2,
        key: uuidV7(),
        signature: signed(decision, by),
      })
      return sequence
    }

    await journal.append(keyChange('ada', ada, minutes(0)))
    await journal.append(keyChange('bob', bob, minutes(0)))
    const byBob = { name: 'bob releases', key: bob, reviewer: 'bob', action: 'release' } as const
    for (const deed of right.slice(0, 2)) await approve(deed)
    await release(byBob)
    t.match(await verifyLog(directory), { kind: 'intact' })

    const forged = new Map<number, string>()
    for (const deed of wrong.filter(({ time }) => time === undefined)) forged.set(await approve(deed), deed.name)
    forged.set(await release({ ...byBob, action: 'approve' }), 'a release with the signature of an approval')
    forged.set(await release({ ...byBob, key: ada }), 'a release by the key of another')
    await journal.append(keyChange('ada', null, minutes(30)))
    for (const deed of right.filter(({ time }) => time !== undefined)) await approve(deed)
    for (const deed of wrong.filter(({ time }) => time !== undefined)) forged.set(await approve(deed), deed.name)

    const result = await verifyLog(directory)
    const evidence = result.kind === 'tampered' ? result.evidence : []
    t.ok(evidence.every(({ what }) => what === 'signature-forged'))
    t.same(
      evidence.map(({ sequence }) => forged.get(sequence!) ?? `record ${sequence}`).toSorted(),
      [...forged.values()].toSorted(),
    )
  },
)
