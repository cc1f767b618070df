import { Command } from 'commander'
import { openLogReader } from '../../log/reading/query.ts'
import { readyFolder, type CommonOptions } from '../context.ts'
import { examples } from '../terminal/examples.ts'
import { json } from '../terminal/print.ts'

export const checkpointCommand = (): Command =>
  new Command('checkpoint')
    .description(
      'print the signed checkpoint of the log; kept elsewhere, it shows a log that was rolled back or written anew',
    )
    .addHelpText('after', examples('sluice log checkpoint > /mnt/safe/checkpoint.txt'))
    .action((options: CommonOptions) => {
      const reader = openLogReader(readyFolder(options).log)
      try {
        const note = reader.checkpoint()
        if (options.json) json({ checkpoint: note })
        else process.stdout.write(note)
      } finally {
        reader.close()
      }
    })
