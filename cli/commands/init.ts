import { Command } from 'commander'
import { parseDocument } from 'yaml'
import { loadReviewer } from '../../log/reviewer.ts'
import { isSetUp } from '../../proxy/data-folder.ts'
import { setUp, shippedPolicy } from '../../proxy/set-up.ts'
import { defaultSettings, parseListen, type Settings } from '../../proxy/settings.ts'
import { requireLabAddress } from '../../proxy/lab-address.ts'
import { folderOf, type CommonOptions } from '../context.ts'
import { examples } from '../examples.ts'
import { Failure } from '../failure.ts'
import { line } from '../print.ts'

type InitOptions = CommonOptions & {
  readonly listen: string
  readonly name: readonly string[]
  readonly instrument: readonly string[]
  readonly destination?: string
  readonly reviewer: readonly string[]
}

const collect = (value: string, before: readonly string[]): readonly string[] => [...before, value]

export const initCommand = (): Command =>
  new Command('init')
    .description('make the data folder of a new appliance: settings, policy, certificate authority, reviewer key, log')
    .option('--listen <address:port>', 'lab-side address and port', defaultSettings.listen)
    .option('--name <name>', 'DNS name of the appliance in the lab, for gateway clients; may be repeated', collect, [])
    .option('--instrument <id=address>', 'an instrument and its address or network; may be repeated', collect, [])
    .option('--destination <host>', "the vendor's host")
    .option(
      '--reviewer <file>',
      'public file of a reviewer, NAME.pub; may be repeated; without one, a key pair to try things with is made here',
      collect,
      [],
    )
    .addHelpText(
      'after',
      examples(
        'sluice init --listen 10.77.1.10:8443 --name sluice.lab.example \\',
        '    --instrument novaseq-01=10.77.1.20 --destination telemetry.vendor.example --reviewer ada.pub',
      ),
    )
    .action(init)

const init = async (options: InitOptions): Promise<void> => {
  const folder = folderOf(options)
  if (isSetUp(folder))
    throw new Failure(`there is an appliance in ${folder.root} already`, 'use it, or name another folder with --data')
  requireLabAddress(parseListen(options.listen).address)
  const names = options.name.length > 0 ? options.name : defaultSettings.names
  const settings: Settings = { ...defaultSettings, listen: options.listen, names }
  const reviewers = options.reviewer.map(file => loadReviewer(file))
  await setUp(folder, settings, writePolicy(options), reviewers)
  line(`made ${folder.root}`)
  line(`next: look through ${folder.root}/policy.yaml, then run "sluice serve"`)
}

/** The shipped policy with the lab's own instruments and destination in it; its comments stay. */
const writePolicy = ({ instrument, destination }: InitOptions): string => {
  const document = parseDocument(shippedPolicy())
  if (instrument.length > 0) document.set('instruments', document.createNode(instrument.map(parseInstrument)))
  if (destination !== undefined) document.setIn(['destinations', 0, 'host'], destination)
  return document.toString({ lineWidth: 120 })
}

const parseInstrument = (text: string): object => {
  const [id, place] = text.split('=')
  if (!id || !place)
    throw new Failure(
      `${text} is not of the form id=address`,
      'write for example --instrument novaseq-01=10.77.1.20',
      2,
    )
  return place.includes('/') ? { id, network: place } : { id, address: place }
}
