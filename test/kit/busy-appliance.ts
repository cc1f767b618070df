import { unsealHeld } from '../../cli/review/held.ts'
import { reviewerKeys } from '../../cli/review/reviewer-keys.ts'
import { openLogReader } from '../../log/reading/query.ts'
import { callControl } from '../../proxy/watch/control.ts'
import type { DataFolder } from '../../proxy/data-folder.ts'
import type { ReviewResult } from '../../proxy/review/review-desk.ts'
import { makeFolder, startInProcess } from './appliance.ts'
import { postJson, requestText, sendRaw } from './raw-client.ts'
import { sluice, type Finished } from './sluice.ts'
import { addresses, testPolicy } from './test-policy.ts'
import { startVendor, vendorAuthority, vendorHost } from './vendor.ts'

/** The part of a tap test that this needs. */
type Test = { readonly teardown: (done: () => Promise<unknown> | void) => void }

/** A log that a real appliance wrote, and what is known of it. */
export type BusyLog = {
  readonly folder: DataFolder
  /** `host:port` of the vendor, and of a destination that does not answer. */
  readonly vendor: string
  readonly dead: string
  /** Ids of decisions: read in a note, forwarded first, replayed. */
  readonly ids: { readonly withRead: string; readonly forwarded: string; readonly replay: string }
  /** Runs the command line on the data folder. */
  readonly run: (...args: readonly string[]) => Promise<Finished>
  /** What was sent, and must be nowhere in what is said of it. */
  readonly canaries: readonly string[]
}

const read = 'GATTACAGATTACAGGATCCATTGACCATGACCTGA'
const mail = 'erika.mustermann@example.org'

const person = 'Jane Doe'

/** Lets a name pass in one field. */
const exception = {
  id: 'kit-names',
  owner: 'sequencing-it',
  expires: new Date(Date.now() + 86_400_000).toISOString(),
  reason: 'kits are named after people',
  detector: 'person-name',
  route: 'serial',
  instrument: 'novaseq-01',
  maxLength: 40,
  pointer: '/note',
}

/**
 * A day in the life of an appliance: telemetry that passes, a vendor that cannot be reached, reads and an address in a payload, a stranger,
 * a schema that does not fit, a review, a replay and a change of policy.
 */
export const busyLog = async (t: Test): Promise<BusyLog> => {
  const vendor = await startVendor()
  t.teardown(() => vendor.close())
  const further = [{ id: 'dead', host: 'dead.vendor.test', port: 9, addresses: ['127.0.0.1'], ca: 'vendor-ca.pem' }]
  const policy = JSON.stringify({
    ...(JSON.parse(testPolicy(vendor.port, further)) as object),
    exceptions: [exception],
  })
  const folder = await makeFolder(t, policy)
  const appliance = await startInProcess(t, folder)
  const send = async (path: string, body: object, from: string = addresses.known): Promise<string> =>
    (await sendRaw(appliance, postJson(path, JSON.stringify(body)), { from })).fields['sluice-decision'] ?? ''

  const forwarded = await send('/v1/serial', { serial: 1, status: 'idle' })
  for (let count = 0; count < 3; count++) await send('/v1/serial', { serial: 2 + count })
  await send('/v1/others', { temperature: 21.5 }, addresses.other)
  await send('/to/dead', { serial: 3 })
  await send('/v1/serial', { note: person })
  const withRead = await send('/v1/serial', { lanes: [{ lane: 1, note: read }] })
  await send('/v1/others', { note: mail, lanes: [{ lane: 1, note: read }] }, addresses.other)
  await send('/v1/serial', { note: `${mail} again` })
  await send('/v1/serial', { temperature: 'warm' })
  await send('/v1/serial', { serial: 1 }, addresses.stranger)
  await sendRaw(appliance, requestText('GET', '/nowhere'))

  const about = { decision: withRead, actor: 'os:ada' }
  await callControl(folder.control, 'POST /reviews', { ...about, action: 'show' })
  const payload = Buffer.from(await unsealHeld(folder, withRead, await reviewerKeys(folder, {}))).toString('base64')
  const wanted = { ...about, action: 'replay', payload, because: 'to see whether it passes now' }
  const replayed = await callControl(folder.control, 'POST /reviews', wanted)
  await callControl(folder.control, 'POST /activations', {
    text: JSON.stringify({ ...(JSON.parse(policy) as object), limits: { maxBodyBytes: 1_000 } }),
    references: { 'vendor-ca.pem': vendorAuthority.pem },
    cause: 'activate',
    actor: 'ada',
  })
  await appliance.appliance.stop()
  return {
    folder,
    vendor: `${vendorHost}:${vendor.port}`,
    dead: 'dead.vendor.test:9',
    ids: { withRead, forwarded, replay: sentAs(replayed.document as ReviewResult) },
    run: (...args) => sluice([...args, '--data', folder.root]),
    canaries: [read, mail, 'mustermann', 'GATTACA', 'warm', person, 'Jane'],
  }
}

const sentAs = (result: ReviewResult): string => (result.kind === 'done' ? (result.sent?.decision ?? '') : '')

/** Number of records in a log. */
export const sizeOf = (folder: DataFolder): number => {
  const reader = openLogReader(folder.log)
  try {
    return Number(reader.checkpoint().split('\n')[1])
  } finally {
    reader.close()
  }
}
