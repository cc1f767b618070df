import { Command } from 'commander'
import { SEAL_AFTER } from '../../log/segments/seal-segment.ts'
import { changeLog } from '../change-log.ts'
import { readyFolder, type CommonOptions } from '../context.ts'
import { examples } from '../terminal/examples.ts'
import { json, line } from '../terminal/print.ts'
import { parseAge } from '../time.ts'

type Options = CommonOptions & { readonly olderThan: number }

export const sealCommand = (): Command =>
  new Command('seal')
    .description(
      'move old records into a sealed, read-only segment file; the appliance does so by itself, about once a year. Everything goes on seeing the whole log.',
    )
    .option('--older-than <age>', 'move records that are older than this; 90 days when absent', parseAge, SEAL_AFTER)
    .addHelpText('after', examples('sluice log seal', 'sluice log seal --older-than 180d'))
    .action(async ({ olderThan, ...options }: Options) => {
      const { segment } = await changeLog(readyFolder(options), 'seal', { age: olderThan })
      if (options.json) return json(segment)
      if (segment === null) return line('nothing to seal: there are no 8192 records in a row that are old enough')
      line(`sealed: records ${segment.first} to ${segment.last} in segments/${segment.file}, root ${segment.root}`)
    })
