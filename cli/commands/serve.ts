import { Command } from 'commander'
import { startAppliance, type Appliance } from '../../proxy/appliance.ts'
import { isSetUp, type DataFolder } from '../../proxy/data-folder.ts'
import type { Notice } from '../../proxy/notice.ts'
import { setUp, shippedPolicy } from '../../proxy/set-up.ts'
import { defaultSettings, policyFile, readSettings, type Settings } from '../../proxy/settings.ts'
import { folderOf, type CommonOptions } from '../context.ts'
import { examples } from '../examples.ts'
import { json, line } from '../print.ts'
import { keyFilesIn } from '../reviewer-keys.ts'

type ServeOptions = CommonOptions & { readonly listen?: string }

export const serveCommand = (): Command =>
  new Command('serve')
    .description('run the appliance until it is stopped with Ctrl-C or SIGTERM')
    .option('--listen <address:port>', 'lab-side address and port, instead of the one in appliance.yaml')
    .addHelpText('after', examples('sluice serve', 'sluice serve --data /var/lib/sluice --listen 10.77.1.10:8443'))
    .action(serve)

const serve = async (options: ServeOptions): Promise<void> => {
  // Listened for from the first moment: a signal that comes while the appliance starts stops it as well.
  const stopped = stopSignal()
  const folder = folderOf(options)
  const isNew = !isSetUp(folder)
  if (isNew) await setUp(folder, { ...defaultSettings, ...listenOf(options) }, shippedPolicy())
  const settings = { ...readSettings(folder), ...listenOf(options) }
  const appliance = await startAppliance(folder, settings, notify)
  if (options.json) json(readyDocument(appliance, folder))
  else greet(appliance, folder, settings, isNew)
  await stopped
  await appliance.stop()
  if (!options.json) line('stopped: requests under way have ended, the log is closed')
}

const listenOf = ({ listen }: ServeOptions): Partial<Settings> => (listen === undefined ? {} : { listen })

const readyDocument = ({ inForce, startedWith, status }: Appliance, folder: DataFolder) => {
  const { number, policy } = inForce()
  const { address, port, connections } = status().listen
  const activation = { number, digest: policy.digest, file: startedWith }
  return { kind: 'ready', address, port, connections, data: folder.root, policy: activation }
}

/** How the policy of the start was chosen. */
const startNotes = {
  edited: file => `activated now, from ${file}`,
  same: file => `in force before, and the same as ${file}`,
  kept: file => `in force before; ${file} differs, and "${sluice} rules activate" would take it`,
} satisfies Record<Appliance['startedWith'], (file: string) => string>

/** What an IT person needs to go on from here. */
const greet = (
  { listener, inForce, startedWith, authority, status }: Appliance,
  folder: DataFolder,
  settings: Settings,
  isNew: boolean,
): void => {
  const port = listener.port
  const hasKeys = keyFilesIn(folder.reviewers).length > 0
  const { number, policy } = inForce()
  const at = listener.address.includes(':') ? `[${listener.address}]` : listener.address
  line(`sluice listens on ${at} port ${port}, and nowhere else${isNew ? ` (new data folder: ${folder.root})` : ''}`)
  line(
    `  policy      ${number}: ${policy.routes.length} routes to ${policy.destinations.map(({ host }) => host).join(', ')}`,
  )
  line(`              ${startNotes[startedWith](policyFile(folder, settings))}`)
  line(`  CA          ${folder.authority}/authority.pem, to be trusted by the instruments`)
  line(`              SHA-256 ${authority().anchor.fingerprint256}`)
  line(
    `  reviewers   ${status().reviewers.join(', ')}${hasKeys ? `: a key is in ${folder.reviewers}; see "${sluice} doctor"` : ''}`,
  )
  line(`  try it      curl --cacert ${folder.authority}/authority.pem https://${at}:${port}/proactive/v1/run-status \\`)
  line(`                -H 'content-type: application/json' -d '{"note":"ACGTTGCAACGTGCAT"}'   (is blocked: 403)`)
  line(`  decisions   ${sluice} log list      blocked payloads: ${sluice} blocked list      Ctrl-C stops`)
}

/** How the command is called here: npm, when it started us, puts the Node that sluice needs on the path. */
const sluice = process.env.npm_lifecycle_event === undefined ? 'sluice' : 'npm run sluice --'

/** Notices go to standard output as lines of JSON: they hold codes and addresses, nothing of a payload. */
const notify = (notice: Notice): void => json({ time: new Date().toISOString(), ...notice })

const stopSignal = (): Promise<void> =>
  new Promise(resolve => {
    process.once('SIGINT', () => resolve())
    process.once('SIGTERM', () => resolve())
  })
