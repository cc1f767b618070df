import { Command } from 'commander'

/** The commands of the group, in the order of the help. Each is loaded when it is called: most of them bring the whole appliance along. */
const commands: Readonly<Record<string, () => Promise<Command>>> = {
  list: async () => (await import('./blocked-list.ts')).listCommand(),
  show: async () => (await import('./blocked-show.ts')).showCommand(),
  reveal: async () => (await import('./blocked-reveal.ts')).revealCommand(),
  review: async () => (await import('./blocked-review.ts')).reviewCommand(),
  reevaluate: async () => (await import('./blocked-reevaluate.ts')).reevaluateCommand(),
  export: async () => (await import('./blocked-export.ts')).exportCommand(),
  unseal: async () => (await import('./blocked-unseal.ts')).unsealCommand(),
  note: async () => (await import('./blocked-decide.ts')).noteCommand(),
  approve: async () => (await import('./blocked-approve.ts')).approveCommand(),
  reject: async () => (await import('./blocked-decide.ts')).rejectCommand(),
  release: async () => (await import('./blocked-resend.ts')).releaseCommand(),
  replay: async () => (await import('./blocked-resend.ts')).replayCommand(),
  purge: async () => (await import('./blocked-decide.ts')).purgeCommand(),
  resume: async () => (await import('./blocked-resume.ts')).resumeCommand(),
}

/** @param name - what was typed behind `blocked`: where that names one of the commands, only that one is loaded */
export const blockedCommand = async (name = ''): Promise<Command> => {
  const called = Object.hasOwn(commands, name) ? [commands[name]!] : Object.values(commands)
  const group = new Command('blocked').description(
    'review blocked payloads: look, approve, release once, or send again when today’s policy lets them',
  )
  for (const load of called) group.addCommand(await load())
  return group
}
