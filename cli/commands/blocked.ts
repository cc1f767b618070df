import { readdirSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { openJournal } from '../../log/journal.ts'
import { LogError } from '../../log/log-error.ts'
import { openLogReader } from '../../log/query.ts'
import { loadReviewerKey } from '../../log/reviewer.ts'
import { open as unseal, type Sealed } from '../../log/seal.ts'
import type { ReplayRequest, ReplayResult, ReviewRequest } from '../../proxy/control-handlers.ts'
import { callControl } from '../../proxy/control.ts'
import type { DataFolder } from '../../proxy/data-folder.ts'
import { decodeHeld, type HeldPayload } from '../../proxy/held-payload.ts'
import { ProxyError } from '../../proxy/proxy-error.ts'
import { readyFolder, type CommonOptions } from '../context.ts'
import { examples } from '../examples.ts'
import { exitCodes } from '../exit-codes.ts'
import { Failure } from '../failure.ts'
import { outlineOf } from '../outline.ts'
import { fields, json, line, table } from '../print.ts'

export const blockedCommand = (): Command =>
  new Command('blocked')
    .description('review blocked payloads, and send them again when today’s policy lets them')
    .addCommand(listCommand())
    .addCommand(showCommand())
    .addCommand(replayCommand())

const listCommand = (): Command =>
  new Command('list')
    .description('list the blocked payloads that are held for review, newest first')
    .addHelpText('after', examples('sluice blocked list', 'sluice blocked list --json | jq -r .decision'))
    .action((options: CommonOptions) => {
      const reader = openLogReader(readyFolder(options).log)
      try {
        const rows = reader.heldList()
        if (options.json) return rows.forEach(json)
        const cells = rows.map(row => [row.time, row.decision, row.instrument, row.route, row.reason, row.bytes])
        table(['time', 'id', 'instrument', 'route', 'reason', 'octets sealed'], cells)
      } finally {
        reader.close()
      }
    })

type KeyOptions = CommonOptions & { readonly key?: string }

const showCommand = (): Command =>
  new Command('show')
    .description('show the structure of a blocked payload: places, types, lengths; values stay masked. Is recorded.')
    .argument('<id>', 'id of the decision')
    .option('--key <file>', "the reviewer's private key; by default the one in the data folder")
    .addHelpText('after', examples('sluice blocked show 019aa0f2-7d1c-7abc-9def-0123456789ab --key ~/reviewer.key'))
    .action(async (id: string, options: KeyOptions) => {
      const folder = readyFolder(options)
      const payload = await openHeld(folder, id, options.key)
      await recordReview(folder, { decision: id, action: 'show', actor: actor() })
      showHeld(folder, id, payload, options)
    })

const showHeld = (folder: DataFolder, id: string, payload: HeldPayload, options: CommonOptions): void => {
  const { head, content, instrument, destination } = payload
  const reader = openLogReader(folder.log)
  const [decision] = reader.show(id)
  reader.close()
  const record = decision?.record.kind === 'decision' ? decision.record : null
  const outline = outlineOf(content, head)
  if (options.json) return json({ decision: id, instrument, destination, reason: record?.reason, outline })
  fields([
    ['decision', id],
    ['instrument', instrument],
    ['destination', destination],
    ['method', head.method],
    ['reason', record?.reason ?? null],
    ...(record?.findings ?? []).map(
      ({ detector, surface, pointer, length }) =>
        [`found ${detector}`, `${surface} ${pointer || '/'} (${length} long)`] as const,
    ),
  ])
  line()
  table(
    ['place', 'type', 'size', 'shape'],
    outline.map(({ pointer, type, size, shape }) => [pointer || '/', type, size, shape]),
  )
}

const replayCommand = (): Command =>
  new Command('replay')
    .description("send a blocked payload through the running appliance again: it leaves only if today's policy lets it")
    .argument('<id>', 'id of the decision')
    .option('--key <file>', "the reviewer's private key; by default the one in the data folder")
    .addHelpText('after', examples('sluice blocked replay 019aa0f2-7d1c-7abc-9def-0123456789ab'))
    .action(async (id: string, options: KeyOptions) => {
      const folder = readyFolder(options)
      const sealed = findHeld(folder, id)
      const payload = Buffer.from(await unsealWith(folder, id, sealed, options.key)).toString('base64')
      const request: ReplayRequest = { decision: id, actor: actor(), payload }
      const { status, document } = await callControl(folder.control, 'POST /replays', request)
      if (status !== 200)
        throw new Failure('the appliance could not take the replay', 'see "sluice status" for its state')
      tellReplay(document as ReplayResult, options)
    })

const tellReplay = (result: ReplayResult, options: CommonOptions): void => {
  const isSent = result.verdict === 'forward' && result.code === null
  if (!isSent) process.exitCode = result.verdict === 'block' ? exitCodes.found : exitCodes.failed
  if (options.json) return json(result)
  if (isSent) return line(`sent: the vendor answered ${result.status}; decision ${result.decision}`)
  const what = {
    block: 'blocked again',
    forward: 'let through, but it did not arrive',
    unrecorded: 'not sent, the log cannot be written',
  }
  line(
    `${what[result.verdict]}${result.code ? `: ${result.code}, ${result.explanation}` : ''}; decision ${result.decision}`,
  )
}

/** Who is asking, as the operating system knows them. */
const actor = (): string => userInfo().username

const openHeld = async (folder: DataFolder, id: string, keyFile?: string): Promise<HeldPayload> =>
  decodeHeld(await unsealWith(folder, id, findHeld(folder, id), keyFile))

const findHeld = (folder: DataFolder, id: string): Sealed => {
  const reader = openLogReader(folder.log)
  try {
    const sealed = reader.heldGet(id)
    if (sealed) return sealed
  } finally {
    reader.close()
  }
  throw new Failure(`no payload is held for ${id}`, 'run "sluice blocked list" for those that are', exitCodes.notFound)
}

/** Opens with the key that was named, or with the first one in the data folder that fits. */
const unsealWith = async (folder: DataFolder, id: string, sealed: Sealed, keyFile?: string): Promise<Uint8Array> => {
  if (keyFile !== undefined) return unseal(sealed, id, loadReviewerKey(keyFile))
  const files = readdirSync(folder.reviewers).filter(name => name.endsWith('.key'))
  for (const file of files) {
    try {
      return await unseal(sealed, id, loadReviewerKey(join(folder.reviewers, file)))
    } catch (error) {
      if (!(error instanceof LogError && error.code === 'ERR_SEAL_NOT_RECIPIENT')) throw error
    }
  }
  throw new Failure(
    'no private key of a reviewer that fits is in the data folder',
    'name the key file with --key; the payload was sealed for the reviewers of "sluice blocked list --json"',
    exitCodes.permission,
  )
}

/** Through the running appliance, which is the log's one writer; by ourselves when there is none. */
const recordReview = async (folder: DataFolder, review: ReviewRequest): Promise<void> => {
  try {
    const { status } = await callControl(folder.control, 'POST /reviews', review)
    if (status !== 200)
      throw new Failure('the review could not be recorded, so nothing is shown', 'see "sluice status"')
  } catch (error) {
    if (!(error instanceof ProxyError)) throw error
    const journal = await openJournal({ directory: folder.log })
    try {
      await journal.append({ kind: 'review', time: new Date().toISOString(), ...review })
    } finally {
      await journal.close()
    }
  }
}
