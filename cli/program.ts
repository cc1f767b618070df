import { Command, Option } from 'commander'
import { version } from '../proxy/version.ts'

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

/** The groups of commands, in the order of the help. Each is loaded when it is called: together they are 900 modules. */
const groups: Readonly<Record<string, (name?: string) => Promise<Command>>> = {
  init: async () => (await import('./commands/init.ts')).initCommand(),
  serve: async () => (await import('./commands/serve.ts')).serveCommand(),
  status: async () => (await import('./commands/status.ts')).statusCommand(),
  doctor: async () => (await import('./commands/doctor.ts')).doctorCommand(),
  metrics: async () => (await import('./commands/metrics.ts')).metricsCommand(),
  pause: async () => (await import('./commands/pause.ts')).pauseCommand(),
  resume: async () => (await import('./commands/pause.ts')).resumeCommand(),
  log: async () => (await import('./commands/log.ts')).logCommand(),
  blocked: async name => (await import('./commands/blocked.ts')).blockedCommand(name),
  spool: async () => (await import('./commands/spool.ts')).spoolCommand(),
  keys: async () => (await import('./commands/keys.ts')).keysCommand(),
  rules: async () => (await import('./commands/rules.ts')).rulesCommand(),
  certs: async () => (await import('./commands/certs.ts')).certsCommand(),
  fleet: async () => (await import('./commands/fleet.ts')).fleetCommand(),
  completion: async () => (await import('./commands/completion.ts')).completionCommand(() => programFor([])),
  demo: async () => (await import('./commands/demo.ts')).demoCommand(),
}

/**
 * The command line.
 * @param args - what was typed, without the program: where that names one group, only that one is loaded; otherwise all are
 */
export const programFor = async ([first = '', second]: readonly string[]): Promise<Command> => {
  const called = Object.hasOwn(groups, first) ? [groups[first]!] : Object.values(groups)
  const program = new Command('sluice')
    .description('Lets instrument telemetry out of the lab and keeps sequencing data and personal or health data in.')
    .version(version)
    .addHelpText(
      'after',
      '\nExit codes: 0 done, 1 failed, 2 usage, 3 not found, 4 permission, 5 refused by the appliance or a rail, 6 partly,\n7 two policies differ, or changed since the dry run, 8 a check found something, 10 tampering, 11 inconclusive,\n12 the appliance is not reachable, 130 interrupted.',
    )
  for (const load of called) program.addCommand(await load(second))
  return withCommonOptions(program)
}
