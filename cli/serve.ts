import { startAppliance, type Appliance } from '../proxy/appliance.ts'
import { confinement } from '../proxy/confinement.ts'
import type { DataFolder } from '../proxy/data-folder.ts'
import { policyFile, type Settings } from '../proxy/settings.ts'
import { calledAs } from './called-as.ts'
import { openEventLog } from './event-log.ts'
import type { LogFormat, LogLevel } from './log-level.ts'
import { keyFilesIn } from './review/reviewer-keys.ts'

/**
 * Runs an appliance on a data folder that is set up, until a signal stops it. What it has to say goes to standard output, and nowhere in the way
 * of requests.
 */
export const runAppliance = async (
  folder: DataFolder,
  settings: Settings,
  format: LogFormat,
  level: LogLevel,
): Promise<void> => {
  // Listened for from the first moment: a signal that comes while the appliance starts stops it as well.
  const stopped = stopSignal()
  const events = openEventLog(format, level)
  try {
    const appliance = await startAppliance(folder, settings, events.tell, { linesLost: events.lost })
    if (format === 'json') events.tell(readyEvent(appliance, folder))
    else events.write(`${greeting(appliance, folder, settings).join('\n')}\n`)
    await stopped
    await appliance.stop()
    if (format === 'json') events.tell({ kind: 'stopped' })
    else events.write('stopped: requests under way have ended, the log is closed\n')
  } finally {
    await events.close()
  }
}

const readyEvent = ({ inForce, startedWith, status }: Appliance, folder: DataFolder) => {
  const { number, policy } = inForce()
  const { address, port, connections } = status().listen
  const activation = { number, digest: policy.digest, file: startedWith }
  return { kind: 'ready', address, port, connections, data: folder.root, policy: activation } as const
}

/** How the policy of the start was chosen. */
const startNotes = {
  edited: file => `activated now, from ${file}`,
  same: file => `in force before, and the same as ${file}`,
  kept: file => `in force before; ${file} differs, and "${calledAs} rules activate" would take it`,
} satisfies Record<Appliance['startedWith'], (file: string) => string>

/** What an IT person needs to go on from here. */
const greeting = (
  { listener, inForce, startedWith, authority, status }: Appliance,
  folder: DataFolder,
  settings: Settings,
): readonly string[] => {
  const port = listener.port
  const { number, policy } = inForce()
  const isFirst = number === 1 && startedWith === 'edited'
  const at = listener.address.includes(':') ? `[${listener.address}]` : listener.address
  const hosts = policy.destinations.map(({ host }) => host).join(', ')
  const hasKeys = keyFilesIn(folder.reviewers).length > 0
  const keys = hasKeys ? `: a key is in ${folder.reviewers}; see "${calledAs} doctor"` : ''
  return [
    `sluice listens on ${at} port ${port}, and nowhere else${isFirst ? ` (new data folder: ${folder.root})` : ''}`,
    `  policy      ${number}: ${policy.routes.length} routes to ${hosts}`,
    `              ${startNotes[startedWith](policyFile(folder, settings))}`,
    `  CA          ${folder.authority}/authority.pem, to be trusted by the instruments`,
    `              SHA-256 ${authority().anchor.fingerprint256}`,
    `  reviewers   ${status().reviewers.join(', ')}${keys}`,
    ...(confinement().isConfined ? [] : ['  NOT confined: this system cannot start it with Node’s permission model']),
    `  try it      curl --cacert ${folder.authority}/authority.pem https://${at}:${port}/proactive/v1/run-status \\`,
    `                -H 'content-type: application/json' -d '{"note":"ACGTTGCAACGTGCAT"}'   (is blocked: 403)`,
    `  decisions   ${calledAs} log list      blocked payloads: ${calledAs} blocked list      Ctrl-C stops`,
  ]
}

const stopSignal = (): Promise<void> =>
  new Promise(resolve => {
    process.once('SIGINT', () => resolve())
    process.once('SIGTERM', () => resolve())
  })
