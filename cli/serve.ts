import { startAppliance, type Appliance } from '../proxy/appliance.ts'
import { confinement } from '../proxy/confinement.ts'
import type { DataFolder } from '../proxy/data-folder.ts'
import type { Notice } from '../proxy/notice.ts'
import { policyFile, type Settings } from '../proxy/settings.ts'
import { calledAs } from './called-as.ts'
import { json, line } from './print.ts'
import { keyFilesIn } from './reviewer-keys.ts'

/** Runs an appliance on a data folder that is set up, until a signal stops it. */
export const runAppliance = async (folder: DataFolder, settings: Settings, asJson: boolean): Promise<void> => {
  // Listened for from the first moment: a signal that comes while the appliance starts stops it as well.
  const stopped = stopSignal()
  const appliance = await startAppliance(folder, settings, notify)
  if (asJson) json(readyDocument(appliance, folder))
  else greet(appliance, folder, settings)
  await stopped
  await appliance.stop()
  if (!asJson) line('stopped: requests under way have ended, the log is closed')
}

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
  kept: file => `in force before; ${file} differs, and "${calledAs} rules activate" would take it`,
} satisfies Record<Appliance['startedWith'], (file: string) => string>

/** What an IT person needs to go on from here. */
const greet = (
  { listener, inForce, startedWith, authority, status }: Appliance,
  folder: DataFolder,
  settings: Settings,
): void => {
  const port = listener.port
  const { number, policy } = inForce()
  const isFirst = number === 1 && startedWith === 'edited'
  const at = listener.address.includes(':') ? `[${listener.address}]` : listener.address
  line(`sluice listens on ${at} port ${port}, and nowhere else${isFirst ? ` (new data folder: ${folder.root})` : ''}`)
  line(
    `  policy      ${number}: ${policy.routes.length} routes to ${policy.destinations.map(({ host }) => host).join(', ')}`,
  )
  line(`              ${startNotes[startedWith](policyFile(folder, settings))}`)
  line(`  CA          ${folder.authority}/authority.pem, to be trusted by the instruments`)
  line(`              SHA-256 ${authority().anchor.fingerprint256}`)
  const hasKeys = keyFilesIn(folder.reviewers).length > 0
  line(
    `  reviewers   ${status().reviewers.join(', ')}${hasKeys ? `: a key is in ${folder.reviewers}; see "${calledAs} doctor"` : ''}`,
  )
  if (!confinement().isConfined) line('  NOT confined: this system cannot start it with Node’s permission model')
  line(`  try it      curl --cacert ${folder.authority}/authority.pem https://${at}:${port}/proactive/v1/run-status \\`)
  line(`                -H 'content-type: application/json' -d '{"note":"ACGTTGCAACGTGCAT"}'   (is blocked: 403)`)
  line(`  decisions   ${calledAs} log list      blocked payloads: ${calledAs} blocked list      Ctrl-C stops`)
}

/** Notices go to standard output as lines of JSON: they hold codes and addresses, nothing of a payload. */
const notify = (notice: Notice): void => json({ time: new Date().toISOString(), ...notice })

const stopSignal = (): Promise<void> =>
  new Promise(resolve => {
    process.once('SIGINT', () => resolve())
    process.once('SIGTERM', () => resolve())
  })
