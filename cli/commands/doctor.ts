import { Argument, Command } from 'commander'
import { readyFolder, type CommonOptions } from '../context.ts'
import { examine } from '../doctor/examine.ts'
import { spellFinding, type Finding } from '../doctor/finding.ts'
import { examineIsolation, printNftables, type IsolationOptions } from '../doctor/isolation.ts'
import { examples } from '../terminal/examples.ts'
import { exitCodes } from '../exit-codes.ts'
import { Failure } from '../failure.ts'
import { json, line } from '../terminal/print.ts'

export const doctorCommand = (): Command =>
  new Command('doctor')
    .description(
      'check what usually goes wrong in an installation: ✓ holds, ! needs somebody soon, ? could not be shown, ✗ is wrong; exits with 8 when something is',
    )
    .addArgument(
      new Argument('[part]', '"isolation": only what keeps connections from outside away').choices(['isolation']),
    )
    .option('--no-dial', 'connect with no destination; otherwise each is asked for a TLS handshake, and sent nothing')
    .option('--print-nftables', 'with isolation: print the packet filter for this appliance instead')
    .option('--lab-interface <name>', 'with isolation: the interface of the instruments (else by the listen address)')
    .option('--egress-interface <name>', 'with isolation: the interface to the internet (else by the default route)')
    .option('--ntp <address...>', 'with --print-nftables: time servers that may be asked')
    .addHelpText(
      'after',
      examples(
        'sluice doctor',
        'sluice doctor --json',
        'sluice doctor --no-dial',
        'sluice doctor isolation',
        'sluice doctor isolation --print-nftables > sluice.nft',
      ),
    )
    .action(examineAsked)

type DoctorOptions = CommonOptions & IsolationOptions & { readonly printNftables?: boolean; readonly dial: boolean }

const examineAsked = (part: 'isolation' | undefined, options: DoctorOptions): Promise<void> => {
  const { printNftables: isPrinting, labInterface, egressInterface, ntp } = options
  if (part === undefined && [isPrinting, labInterface, egressInterface, ntp].some(option => option !== undefined))
    throw new Failure('these options belong to "doctor isolation"', 'put "isolation" behind "doctor"', exitCodes.usage)
  if (part === undefined) return doctor(options)
  const folder = readyFolder(options)
  return isPrinting ? printNftables(folder, options) : examineIsolation(folder, options)
}

const doctor = async (options: DoctorOptions): Promise<void> => {
  const findings: Finding[] = []
  for await (const finding of examine(readyFolder(options), options.dial)) {
    findings.push(finding)
    if (options.json) json(finding)
    else line(spellFinding(finding))
  }
  if (findings.some(({ state }) => state === 'found')) process.exitCode = exitCodes.found
}
