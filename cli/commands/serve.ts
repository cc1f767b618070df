import { Command, Option } from 'commander'
import { confine, grantsFor } from '../../proxy/confinement.ts'
import { isSetUp, type DataFolder } from '../../proxy/data-folder.ts'
import { defaultSettings, readSettings, type Settings } from '../../proxy/settings.ts'
import { folderOf, type CommonOptions } from '../context.ts'
import { logFormats, logLevels, type LogFormat, type LogLevel } from '../log-level.ts'
import { examples } from '../terminal/examples.ts'

type ServeOptions = CommonOptions & {
  readonly listen?: string
  readonly logFormat?: LogFormat
  readonly logLevel: LogLevel
}

export const serveCommand = (): Command =>
  new Command('serve')
    .description('run the appliance until it is stopped with Ctrl-C or SIGTERM')
    .option('--listen <address:port>', 'lab-side address and port, instead of the one in appliance.yaml')
    .addOption(
      new Option(
        '--log-format <format>',
        'what is printed: text on a terminal, otherwise a line of JSON for each event',
      )
        .choices(logFormats)
        .env('SLUICE_LOG_FORMAT'),
    )
    .addOption(
      new Option('--log-level <level>', 'the least that is printed; with debug also each request that was let out')
        .choices(logLevels)
        .default('info')
        .env('SLUICE_LOG_LEVEL'),
    )
    .addHelpText('after', examples('sluice serve', 'sluice serve --data /var/lib/sluice --listen 10.77.1.10:8443'))
    .action(serve)

/**
 * Sets up what is missing, then gives up all that an appliance does not need, and only then loads the modules that speak to a network:
 * the second pass through here is the confined one.
 */
const serve = async (options: ServeOptions): Promise<void> => {
  const folder = folderOf(options)
  if (!isSetUp(folder)) await makeNew(folder, options)
  const settings = { ...readSettings(folder), ...listenOf(options) }
  confine(grantsFor(folder, settings))
  const { runAppliance } = await import('../serve.ts')
  const format = options.json || !process.stdout.isTTY ? 'json' : 'text'
  await runAppliance(folder, settings, options.logFormat ?? format, options.logLevel)
}

const makeNew = async (folder: DataFolder, options: ServeOptions): Promise<void> => {
  const { setUp, shippedPolicy } = await import('../../proxy/set-up.ts')
  await setUp(folder, { ...defaultSettings, ...listenOf(options) }, shippedPolicy())
}

const listenOf = ({ listen }: ServeOptions): Partial<Settings> => (listen === undefined ? {} : { listen })
