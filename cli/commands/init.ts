import { resolve } from 'node:path'
import { Command, Option } from 'commander'
import { parseDocument } from 'yaml'
import { loadReviewer } from '../../log/review/reviewer.ts'
import { isSetUp } from '../../proxy/data-folder.ts'
import { setUp, shippedPolicy } from '../../proxy/set-up.ts'
import { defaultSettings, parseListen, policyFile, type Settings } from '../../proxy/settings.ts'
import { folderOf, type CommonOptions } from '../context.ts'
import { examples } from '../terminal/examples.ts'
import { exitCodes } from '../exit-codes.ts'
import { Failure } from '../failure.ts'
import { composeEnvironment, writeEnvironment } from '../init/env-file.ts'
import { labSides, sideOf } from '../init/lab-sides.ts'
import { spellSteps, stepsHere, stepsInDocker, type Step } from '../init/next-steps.ts'
import { askFor, canAsk } from '../init/questions.ts'
import { composeFiles, parseInstrument, type ComposeKind, type Wishes } from '../init/wishes.ts'
import { json, line } from '../terminal/print.ts'

type InitOptions = CommonOptions &
  Omit<Wishes, 'compose'> & {
    readonly compose?: ComposeKind
    readonly envTo: string
    readonly policy?: string
    readonly yes?: boolean
  }

const collect = (value: string, before: readonly string[]): readonly string[] => [...before, value]

export const initCommand = (): Command =>
  new Command('init')
    .description(
      'make the data folder of a new appliance: settings, policy, certificate authority, reviewer key, log; on a terminal it asks for what no option says',
    )
    .option('--listen <address:port>', `lab-side address and port (else ${defaultSettings.listen})`)
    .option('--name <name>', 'DNS name of the appliance in the lab, for gateway clients; may be repeated', collect, [])
    .option('--instrument <id=address>', 'an instrument and its address or network; may be repeated', collect, [])
    .option('--destination <host>', "the vendor's host")
    .option(
      '--reviewer <file>',
      'public file of a reviewer, NAME.pub; may be repeated; without one, a key pair to try things with is made here',
      collect,
      [],
    )
    .option('--policy <file>', 'keep the policy there instead of in the data folder; one that is there already is used')
    .addOption(
      new Option(
        '--compose <kind>',
        'write .env for Docker Compose instead, and print the commands that make the rest',
      ).choices(Object.keys(composeFiles)),
    )
    .option('--lab-interface <name>', 'with --compose: the network card on the side of the instruments')
    .option('--lab-subnet <network>', 'with --compose: the network of the instruments, such as 10.77.1.0/24')
    .option('--env-to <file>', 'with --compose: the file to write', '.env')
    .option('--yes', 'ask nothing: what no option says is as shipped')
    .addHelpText(
      'after',
      examples(
        'sluice init',
        'sluice init --listen 10.77.1.10:8443 --name sluice.lab.example \\',
        '    --instrument novaseq-01=10.77.1.20 --destination telemetry.vendor.example --reviewer ada.pub',
        'sluice init --compose ipvlan --listen 10.77.1.10:8443 --lab-interface enp3s0 --lab-subnet 10.77.1.0/24',
      ),
    )
    .action(init)

const init = async (options: InitOptions): Promise<void> => {
  const folder = folderOf(options)
  if (isSetUp(folder) && options.compose === undefined)
    throw new Failure(`there is an appliance in ${folder.root} already`, 'use it, or name another folder with --data')
  const given: Wishes = { ...options, compose: options.compose ?? null }
  const wishes = canAsk() && !options.yes ? await askFor(given, labSides()) : given
  const listen = wishes.listen ?? defaultSettings.listen
  parseListen(listen)
  const instruments = wishes.instrument.map(parseInstrument)
  if (wishes.compose !== null) return placeContainers(wishes.compose, { ...wishes, listen }, options)
  const reviewers = wishes.reviewer.map(file => loadReviewer(file))
  const settings: Settings = {
    ...defaultSettings,
    listen,
    names: wishes.name.length > 0 ? wishes.name : defaultSettings.names,
    ...(options.policy !== undefined && { policy: resolve(options.policy) }),
  }
  await setUp(folder, settings, writePolicy(instruments, wishes.destination), reviewers)
  const policy = policyFile(folder, settings)
  const data = folder.root === resolve('sluice-data') || process.env.SLUICE_DATA !== undefined ? null : folder.root
  report({ made: folder.root, policy, listen }, stepsHere(data, policy, listen), options)
}

/** The containers make their own data folder, with the user that it belongs to. */
const placeContainers = (
  kind: ComposeKind,
  wishes: Wishes & { readonly listen: string },
  options: InitOptions,
): void => {
  const { address, port } = parseListen(wishes.listen)
  const side = sideOf(labSides(), address)
  const labInterface = wishes.labInterface ?? side?.interface ?? null
  const labSubnet = wishes.labSubnet ?? side?.network ?? null
  if (kind !== 'published' && (labInterface === null || labSubnet === null))
    throw new Failure(
      `no network card of this machine is in the network of ${address}`,
      'name it with --lab-interface, and its network with --lab-subnet',
      exitCodes.usage,
    )
  writeEnvironment(options.envTo, composeEnvironment({ kind, address, port, labInterface, labSubnet }))
  report({ made: resolve(options.envTo), listen: wishes.listen }, stepsInDocker(wishes), options)
}

type Made = { readonly made: string; readonly policy?: string; readonly listen: string }

const report = (made: Made, steps: readonly Step[], options: InitOptions): void => {
  if (options.json) return json({ ...made, next: steps })
  line(`made ${made.made}`)
  line(`next:\n${spellSteps(steps)}`)
}

/** The shipped policy with the lab's own instruments and destination in it; its comments stay. */
const writePolicy = (instruments: readonly object[], destination: string | undefined): string => {
  const document = parseDocument(shippedPolicy())
  if (instruments.length > 0) document.set('instruments', document.createNode(instruments))
  if (destination !== undefined) document.setIn(['destinations', 0, 'host'], destination)
  return document.toString({ lineWidth: 120 })
}
