import { Command } from 'commander'
import { checkpointCommand } from './log-checkpoint.ts'
import { exportCommand } from './log-export.ts'
import { listCommand } from './log-list.ts'
import { proveCommand, verifyProofCommand } from './log-prove.ts'
import { reportCommand } from './log-report.ts'
import { shipCommand } from './log-ship.ts'
import { showCommand } from './log-show.ts'
import { statsCommand } from './log-stats.ts'
import { tailCommand } from './log-tail.ts'
import { verifyCommand } from './log-verify.ts'

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
    .addCommand(proveCommand())
    .addCommand(verifyProofCommand())
