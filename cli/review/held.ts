import { userInfo } from 'node:os'
import { openLogReader, type HeldRow } from '../../log/reading/query.ts'
import type { ReviewerKey } from '../../log/review/reviewer-key.ts'
import { open as unseal, type Sealed } from '../../log/held/seal.ts'
import type { DataFolder } from '../../proxy/data-folder.ts'
import { decodeHeld, type HeldPayload } from '../../proxy/review/held-payload.ts'
import { exitCodes } from '../exit-codes.ts'
import { Failure } from '../failure.ts'

/** Who is asking, as the operating system knows them. */
export const actor = (): string => userInfo().username

/** More payloads than anybody reviews at once. */
const MOST_HELD = 10_000

/** The payloads that are held, newest first; of one route when it is named. */
export const heldRows = (folder: DataFolder, route?: string): readonly HeldRow[] => {
  const reader = openLogReader(folder.log)
  try {
    return reader.heldList({ ...(route !== undefined && { route }), limit: MOST_HELD })
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
