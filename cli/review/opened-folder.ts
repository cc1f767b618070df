import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { isExisting, writeExclusive } from '../../log/writing/exclusive-file.ts'
import type { HeldPayload } from '../../proxy/review/held-payload.ts'
import { exitCodes } from '../exit-codes.ts'
import { Failure } from '../failure.ts'
import type { HeldCase } from './held-case.ts'
import { spellJson } from '../terminal/print.ts'

/** Opened payloads on the disk, for whoever made the folder and nobody else. */
export type OpenedFolder = {
  /**
   * Writes a payload as `<id>.body`, octet for octet as it was received, and beside it `<id>.json`: the case, and the header section without
   * credentials. Both are new files of mode 0600.
   */
  readonly add: (found: HeldCase, payload: HeldPayload) => void
}

/** @throws Failure when there is something of this name already */
export const makeOpenedFolder = (directory: string): OpenedFolder => {
  try {
    mkdirSync(directory, { mode: 0o700 })
  } catch (error) {
    if (!isExisting(error)) throw error
    throw new Failure(`${directory} is there already`, 'name a new folder: nothing is overwritten', exitCodes.usage)
  }
  return {
    add: (found, { head, client, content }) => {
      const file = join(directory, found.decision)
      writeExclusive(`${file}.json`, `${spellJson({ ...found, client, head })}\n`, 0o600)
      writeExclusive(`${file}.body`, content, 0o600)
    },
  }
}
