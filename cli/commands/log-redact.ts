import { Command, Option } from 'commander'
import { redactReasons, type RedactReason } from '../../log/record.ts'
import { changeLog } from '../change-log.ts'
import { readyFolder, type CommonOptions } from '../context.ts'
import { examples } from '../terminal/examples.ts'
import { exitCodes } from '../exit-codes.ts'
import { Failure } from '../failure.ts'
import { actor } from '../review/held.ts'
import { json, line } from '../terminal/print.ts'

type Options = CommonOptions & { readonly reason: RedactReason }

export const redactCommand = (): Command =>
  new Command('redact')
    .description(
      'empty one record for good, and leave its hash, so that the log stays as provable as before. Is recorded, with the reason.',
    )
    .argument('<id>', 'id of the decision, or number of a decision, an outcome or a review')
    .addOption(
      new Option('--reason <reason>', 'why; a closed list, so that no text says again what is to be forgotten')
        .choices([...redactReasons])
        .makeOptionMandatory(),
    )
    .addHelpText('after', examples('sluice log redact 019aa0f2-7d1c-7abc-9def-0123456789ab --reason erasure-request'))
    .action(async (id: string, options: Options) => {
      const record = /^\d{1,15}$/.test(id) ? Number(id) : id
      const request = { record, reason: options.reason, actor: actor() }
      const { redaction } = await changeLog(readyFolder(options), 'redact', request)
      if (redaction === null)
        throw new Failure(
          `there is no record ${id} that could be redacted`,
          'run "sluice log list" for the ids there are; "sluice log show" of a redacted one shows the redaction',
          exitCodes.notFound,
        )
      if (options.json) return json(redaction)
      line(`redacted: record ${redaction.target} (${redaction.was}); its hash ${redaction.leaf} stays`)
    })
