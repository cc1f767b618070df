import { Command } from 'commander'
import { openLogReader } from '../../log/query.ts'
import type { ReplayRequest, ReplayResult } from '../../proxy/control-handlers.ts'
import { callControl } from '../../proxy/control.ts'
import type { DataFolder } from '../../proxy/data-folder.ts'
import type { HeldPayload } from '../../proxy/held-payload.ts'
import { readyFolder, type CommonOptions } from '../context.ts'
import { examples } from '../examples.ts'
import { exitCodes } from '../exit-codes.ts'
import { Failure } from '../failure.ts'
import { actor, openHeld, recordReviews, unsealHeld } from '../held.ts'
import { outlineOf } from '../outline.ts'
import { passphraseOption } from '../passphrase.ts'
import { fields, json, line, table } from '../print.ts'
import { keyOption, reviewerKeys, type KeyOptions } from '../reviewer-keys.ts'

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

type OpenOptions = CommonOptions & KeyOptions

const showCommand = (): Command =>
  new Command('show')
    .description('show the structure of a blocked payload: places, types, lengths; values stay masked. Is recorded.')
    .argument('<id>', 'id of the decision')
    .addOption(keyOption())
    .addOption(passphraseOption())
    .addHelpText('after', examples('sluice blocked show 019aa0f2-7d1c-7abc-9def-0123456789ab --key ~/reviewer.key'))
    .action(async (id: string, options: OpenOptions) => {
      const folder = readyFolder(options)
      const payload = await openHeld(folder, id, await reviewerKeys(folder, options))
      await recordReviews(folder, [id], 'show')
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
    .addOption(keyOption())
    .addOption(passphraseOption())
    .addHelpText('after', examples('sluice blocked replay 019aa0f2-7d1c-7abc-9def-0123456789ab'))
    .action(async (id: string, options: OpenOptions) => {
      const folder = readyFolder(options)
      const keys = await reviewerKeys(folder, options)
      const payload = Buffer.from(await unsealHeld(folder, id, keys)).toString('base64')
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
