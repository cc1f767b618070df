import { readdirSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { openJournal } from '../log/journal.ts'
import { LogError } from '../log/log-error.ts'
import { openLogReader, type HeldRow } from '../log/query.ts'
import { loadReviewerKey } from '../log/reviewer.ts'
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
 * The octets of a held payload, opened with the key that is named, or with the first one in the data folder that fits.
 * @throws Failure when nothing is held under the id, or no key fits; LogError
 */
export const unsealHeld = async (folder: DataFolder, id: string, keyFile?: string): Promise<Uint8Array> => {
  const sealed = findHeld(folder, id)
  if (keyFile !== undefined) return unseal(sealed, id, loadReviewerKey(keyFile))
  const files = readdirSync(folder.reviewers).filter(name => name.endsWith('.key'))
  for (const file of files) {
    try {
      return await unseal(sealed, id, loadReviewerKey(join(folder.reviewers, file)))
    } catch (error) {
      if (!(error instanceof LogError && error.code === 'ERR_SEAL_NOT_RECIPIENT')) throw error
    }
  }
  throw new Failure(
    'no private key of a reviewer that fits is in the data folder',
    'name the key file with --key; the payload was sealed for the reviewers of "sluice blocked list --json"',
    exitCodes.permission,
  )
}

export const openHeld = async (folder: DataFolder, id: string, keyFile?: string): Promise<HeldPayload> =>
  decodeHeld(await unsealHeld(folder, id, keyFile))

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
