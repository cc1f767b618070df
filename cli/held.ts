import { userInfo } from 'node:os'
import { openJournal } from '../log/journal.ts'
import { openLogReader, type HeldRow } from '../log/query.ts'
import type { ReviewerKey } from '../log/reviewer-key.ts'
import { open as unseal, type Sealed } from '../log/seal.ts'
import type { ReviewRequest } from '../proxy/control-handlers.ts'
import { callControl } from '../proxy/control.ts'
import type { DataFolder } from '../proxy/data-folder.ts'
import { decodeHeld, type HeldPayload } from '../proxy/held-payload.ts'
import { ProxyError } from '../proxy/proxy-error.ts'
import { exitCodes } from './exit-codes.ts'
import { Failure } from './failure.ts'

/** Who is asking, as the operating system knows them. */
export const actor = (): string => userInfo().username

/** More payloads than anybody reviews at once. */
const MOST_HELD = 10_000

/** The payloads that are held, newest first; of one route when it is named. */
export const heldRows = (folder: DataFolder, route?: string): readonly HeldRow[] => {
  const reader = openLogReader(folder.log)
  try {
    return reader.heldList(MOST_HELD).filter(row => route === undefined || row.route === route)
  } finally {
    reader.close()
  }
}

/**
 * The octets of a held payload, opened with the first key that fits.
 * @throws Failure when nothing is held under the id, or no key fits; LogError
 */
export const unsealHeld = async (folder: DataFolder, id: string, keys: readonly ReviewerKey[]): Promise<Uint8Array> => {
  const sealed = findHeld(folder, id)
  const fitting = keys.find(({ fingerprint }) =>
    sealed.recipients.some(recipient => recipient.fingerprint === fingerprint),
  )
  if (fitting) return unseal(sealed, id, fitting.key)
  throw new Failure(
    keys.length === 0
      ? 'no private key of a reviewer is in the data folder'
      : `the payload was sealed for ${sealed.recipients.map(({ name }) => name).join(', ')}, and not for this key`,
    'name the key file of a reviewer with --key; "sluice blocked list --json" says for whom each payload was sealed',
    exitCodes.permission,
  )
}

export const openHeld = async (folder: DataFolder, id: string, keys: readonly ReviewerKey[]): Promise<HeldPayload> =>
  decodeHeld(await unsealHeld(folder, id, keys))

const findHeld = (folder: DataFolder, id: string): Sealed => {
  const reader = openLogReader(folder.log)
  try {
    const sealed = reader.heldGet(id)
    if (sealed) return sealed
  } finally {
    reader.close()
  }
  throw new Failure(`no payload is held for ${id}`, 'run "sluice blocked list" for those that are', exitCodes.notFound)
}

/**
 * Records that payloads are looked at, before they are: through the running appliance, which is the log's one writer; by
 * ourselves when there is none.
 */
export const recordReviews = async (
  folder: DataFolder,
  decisions: readonly string[],
  action: ReviewRequest['action'],
): Promise<void> => {
  const reviews = decisions.map(decision => ({ decision, action, actor: actor() }))
  const [first, ...more] = reviews
  if (first === undefined) return
  try {
    await recordThroughAppliance(folder, first)
  } catch (error) {
    if (!(error instanceof ProxyError)) throw error
    return recordAlone(folder, reviews)
  }
  for (const review of more) await recordThroughAppliance(folder, review)
}

const recordThroughAppliance = async (folder: DataFolder, review: ReviewRequest): Promise<void> => {
  const { status } = await callControl(folder.control, 'POST /reviews', review)
  if (status !== 200) throw new Failure('the review could not be recorded, so nothing is shown', 'see "sluice status"')
}

const recordAlone = async (folder: DataFolder, reviews: readonly ReviewRequest[]): Promise<void> => {
  const journal = await openJournal({ directory: folder.log })
  try {
    for (const review of reviews) await journal.append({ kind: 'review', time: new Date().toISOString(), ...review })
  } finally {
    await journal.close()
  }
}
