import { Command } from 'commander'
import { readyFolder, type CommonOptions } from '../context.ts'
import { examples } from '../terminal/examples.ts'
import { line } from '../terminal/print.ts'
import { osIdentity, withReviews } from '../review/review-client.ts'
import { railFailure } from '../review/review-report.ts'

export const resumeCommand = (): Command =>
  new Command('resume')
    .description('let releases go on after too many of them in a row had failed')
    .requiredOption('--because <text>', 'what was found out and done about it, for the log')
    .addHelpText('after', examples("sluice blocked resume --because 'the vendor had renewed its certificate'"))
    .action(async (options: CommonOptions & { readonly because: string }) => {
      const fault = await withReviews(readyFolder(options), reviews => reviews.resume(osIdentity(), options.because))
      if (fault) throw railFailure('reason-unfit', fault.explanation)
      if (!options.json) line('recorded; releases go on')
    })
