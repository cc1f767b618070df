import { Command } from 'commander'
import { approveCommand } from './blocked-approve.ts'
import { noteCommand, purgeCommand, rejectCommand } from './blocked-decide.ts'
import { listCommand } from './blocked-list.ts'
import { releaseCommand, replayCommand } from './blocked-resend.ts'
import { resumeCommand } from './blocked-resume.ts'
import { revealCommand } from './blocked-reveal.ts'
import { showCommand } from './blocked-show.ts'

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
