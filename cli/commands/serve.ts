import { Command } from 'commander'
import { confine, grantsFor } from '../../proxy/confinement.ts'
import { isSetUp, type DataFolder } from '../../proxy/data-folder.ts'
import { defaultSettings, readSettings, type Settings } from '../../proxy/settings.ts'
import { folderOf, type CommonOptions } from '../context.ts'
import { examples } from '../examples.ts'

type ServeOptions = CommonOptions & { readonly listen?: string }

export const serveCommand = (): Command =>
  new Command('serve')
    .description('run the appliance until it is stopped with Ctrl-C or SIGTERM')
    .option('--listen <address:port>', 'lab-side address and port, instead of the one in appliance.yaml')
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
  await runAppliance(folder, settings, options.json === true)
}

const makeNew = async (folder: DataFolder, options: ServeOptions): Promise<void> => {
  const { setUp, shippedPolicy } = await import('../../proxy/set-up.ts')
  await setUp(folder, { ...defaultSettings, ...listenOf(options) }, shippedPolicy())
}

const listenOf = ({ listen }: ServeOptions): Partial<Settings> => (listen === undefined ? {} : { listen })
