import { Command } from 'commander'
import { openLogReader } from '../../log/query.ts'
import type { DataFolder } from '../../proxy/data-folder.ts'
import type { HeldPayload } from '../../proxy/held-payload.ts'
import { readyFolder, type CommonOptions } from '../context.ts'
import { heldFilterOf, withHeldFilter, type HeldFilterOptions } from '../decision-filter.ts'
import { examples } from '../examples.ts'
import { openHeld } from '../held.ts'
import { outlineOf } from '../outline.ts'
import { passphraseOption } from '../passphrase.ts'
import { fields, json, line, table } from '../print.ts'
import { recordLooks } from '../review-client.ts'
import { keyOption, reviewerKeys, type KeyOptions } from '../reviewer-keys.ts'
import { approveCommand } from './blocked-approve.ts'
import { noteCommand, purgeCommand, rejectCommand } from './blocked-decide.ts'
import { releaseCommand, replayCommand } from './blocked-resend.ts'
import { resumeCommand } from './blocked-resume.ts'
import { revealCommand } from './blocked-reveal.ts'

export const blockedCommand = (): Command =>
  new Command('blocked')
    .description('review blocked payloads: look, approve, release once, or send again when today’s policy lets them')
    .addCommand(listCommand())
    .addCommand(showCommand())
    .addCommand(revealCommand())
    .addCommand(noteCommand())
    .addCommand(approveCommand())
    .addCommand(rejectCommand())
    .addCommand(releaseCommand())
    .addCommand(replayCommand())
    .addCommand(purgeCommand())
    .addCommand(resumeCommand())

const listCommand = (): Command =>
  withHeldFilter(new Command('list'))
    .description('list the blocked payloads that are held for review, newest first')
    .addHelpText('after', examples('sluice blocked list --state held', 'sluice blocked list --json | jq -r .decision'))
    .action((options: HeldFilterOptions) => {
      const reader = openLogReader(readyFolder(options).log)
      try {
        const rows = reader.heldList(heldFilterOf(options))
        if (options.json) return rows.forEach(json)
        const cells = rows.map(row => [
          row.time,
          row.decision,
          row.state,
          row.instrument,
          row.route,
          row.reason,
          row.bytes,
        ])
        table(['time', 'id', 'state', 'instrument', 'route', 'reason', 'octets sealed'], cells)
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
      await recordLooks(folder, [id], 'show')
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
