import { Command } from 'commander'
import type { DataFolder } from '../../proxy/data-folder.ts'
import { ProxyError } from '../../proxy/proxy-error.ts'
import { policyFile, readSettings } from '../../proxy/settings.ts'
import { startPolicy } from '../../proxy/policy/start-policy.ts'
import { activate, checkCandidate, printActivation } from '../rules/activate.ts'
import { readyFolder, type CommonOptions } from '../context.ts'
import { examples } from '../terminal/examples.ts'
import { exitCodes } from '../exit-codes.ts'
import { Failure } from '../failure.ts'

export const activateCommand = (): Command =>
  new Command('activate')
    .description(
      'check, lint and test a policy, then have the running appliance decide by it; on any error the old one stays in force',
    )
    .argument('[file]', 'policy file; the one of the appliance when absent')
    .addHelpText('after', examples('sluice rules activate', 'sluice rules activate candidate.yaml'))
    .action(async (named: string | undefined, options: CommonOptions) => {
      const folder = readyFolder(options)
      const file = named ?? policyFile(folder, readSettings(folder))
      const isJson = options.json ?? false
      const candidate = checkCandidate(file, isJson)
      try {
        printActivation(file, candidate, await activate(folder, candidate, 'activate'), isJson)
      } catch (error) {
        throw isUnreachable(error) ? notRunning(folder, file, candidate.digest) : error
      }
    })

const isUnreachable = (error: unknown): boolean =>
  error instanceof ProxyError && error.code === 'ERR_CONTROL_UNREACHABLE'

/** Says what a start will do, because it is not always what was asked for. */
const notRunning = (folder: DataFolder, file: string, digest: string): Failure => {
  const message = `no appliance is running on this data folder, so ${file} was checked and not activated`
  const isNext = startsWith(folder, digest)
  const hint = isNext
    ? 'start it with "sluice serve": it will take this policy'
    : `start it with "sluice serve" and activate then, or put this policy in ${policyFile(folder, readSettings(folder))}`
  return new Failure(message, hint, exitCodes.unreachable)
}

const startsWith = (folder: DataFolder, digest: string): boolean => {
  try {
    return startPolicy(folder, readSettings(folder)).policy.digest === digest
  } catch {
    return false
  }
}
