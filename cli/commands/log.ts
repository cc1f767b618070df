import { Command } from 'commander'
import { attachCommand } from './log-attach.ts'
import { checkpointCommand } from './log-checkpoint.ts'
import { exportCommand } from './log-export.ts'
import { listCommand } from './log-list.ts'
import { proveCommand, verifyProofCommand } from './log-prove.ts'
import { purgeCommand } from './log-purge.ts'
import { redactCommand } from './log-redact.ts'
import { reportCommand } from './log-report.ts'
import { sealCommand } from './log-seal.ts'
import { shipCommand } from './log-ship.ts'
import { showCommand } from './log-show.ts'
import { statsCommand } from './log-stats.ts'
import { tailCommand } from './log-tail.ts'
import { verifyCommand } from './log-verify.ts'

export const logCommand = (): Command =>
  new Command('log')
    .description('read, export, verify and keep the decision log')
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
    .addCommand(attachCommand())
    .addCommand(sealCommand())
    .addCommand(purgeCommand())
    .addCommand(redactCommand())
