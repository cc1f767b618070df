import { Command, Option } from 'commander'
import { version } from '../proxy/version.ts'
import { blockedCommand } from './commands/blocked.ts'
import { certsCommand } from './commands/certs.ts'
import { demoCommand } from './commands/demo.ts'
import { doctorCommand } from './commands/doctor.ts'
import { initCommand } from './commands/init.ts'
import { logCommand } from './commands/log.ts'
import { rulesCommand } from './commands/rules.ts'
import { serveCommand } from './commands/serve.ts'
import { statusCommand } from './commands/status.ts'

/** What all commands share stands in one place, so that it is spelled and explained alike. */
const withCommonOptions = (command: Command): Command => {
  command
    .exitOverride()
    .showHelpAfterError('sluice: hint: run the command with --help for its options and examples')
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error:/, 'sluice: error:')) })
  for (const inner of command.commands) withCommonOptions(inner)
  // On the command that acts alone: one that stood on its parents too would be taken by them.
  if (command.commands.length === 0)
    command
      .addOption(
        new Option('--data <folder>', 'data folder of the appliance').env('SLUICE_DATA').default('sluice-data'),
      )
      .option('--json', 'print JSON: one document, or one a line')
  return command
}

export const program = withCommonOptions(
  new Command('sluice')
    .description('Lets instrument telemetry out of the lab and keeps sequencing data and personal or health data in.')
    .version(version)
    .addCommand(initCommand())
    .addCommand(serveCommand())
    .addCommand(statusCommand())
    .addCommand(doctorCommand())
    .addCommand(logCommand())
    .addCommand(blockedCommand())
    .addCommand(rulesCommand())
    .addCommand(certsCommand())
    .addCommand(demoCommand())
    .addHelpText(
      'after',
      '\nExit codes: 0 done, 1 failed, 2 usage, 3 not found, 4 permission, 5 refused by the appliance, 7 two policies differ,\n8 a check found something, 10 tampering, 11 inconclusive, 12 the appliance is not reachable, 130 interrupted.',
    ),
)
