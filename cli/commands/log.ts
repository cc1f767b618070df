import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { openLogReader } from '../../log/query.ts'
import { tamperings, verifyLog, type Verification } from '../../log/verify.ts'
import { readyFolder, type CommonOptions } from '../context.ts'
import { examples } from '../examples.ts'
import { exitCodes } from '../exit-codes.ts'
import { json, line, progress, table } from '../print.ts'
import { exportCommand } from './log-export.ts'
import { listCommand } from './log-list.ts'
import { showCommand } from './log-show.ts'
import { reportCommand } from './log-report.ts'
import { shipCommand } from './log-ship.ts'
import { statsCommand } from './log-stats.ts'
import { tailCommand } from './log-tail.ts'

export const logCommand = (): Command =>
  new Command('log')
    .description('read, export and verify the decision log')
    .addCommand(listCommand())
    .addCommand(showCommand())
    .addCommand(tailCommand())
    .addCommand(statsCommand())
    .addCommand(exportCommand())
    .addCommand(shipCommand())
    .addCommand(reportCommand())
    .addCommand(verifyCommand())
    .addCommand(checkpointCommand())

type VerifyOptions = CommonOptions & { readonly anchor?: string; readonly deep?: boolean }

const verifyCommand = (): Command =>
  new Command('verify')
    .description('prove that no record was changed, removed, inserted or moved; exits with 10 on evidence of tampering')
    .option('--anchor <file>', 'a checkpoint that was kept elsewhere: shows a log that was rolled back as a whole')
    .option('--deep', 'also have the database compare its indexes with its tables')
    .addHelpText('after', examples('sluice log verify', 'sluice log verify --anchor /mnt/safe/checkpoint.txt'))
    .action(async (options: VerifyOptions) => {
      const { log } = readyFolder(options)
      const anchor = options.anchor === undefined ? {} : { anchor: readFileSync(options.anchor, 'utf8') }
      const onProgress = ({ done, total }: { done: number; total: number }) =>
        progress(`verified ${done} of ${total} records`)
      const result = await verifyLog(log, { ...anchor, deep: options.deep ?? false, onProgress })
      progress('')
      if (options.json) json(result)
      else tellVerification(result)
      process.exitCode = verificationCodes[result.kind]
    })

const checkpointCommand = (): Command =>
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

const verificationCodes = {
  intact: exitCodes.done,
  tampered: exitCodes.tampering,
  inconclusive: exitCodes.inconclusive,
} as const

const tellVerification = (result: Verification): void => {
  if (result.kind === 'intact') return line(`intact: ${result.size} records, root ${result.root}`)
  if (result.kind === 'inconclusive') return line(`inconclusive: ${result.why}`)
  line('TAMPERED: the log is not what was written')
  table(
    ['record', 'what', 'meaning'],
    result.evidence.map(({ sequence, what }) => [sequence, what, tamperings[what]]),
  )
}
