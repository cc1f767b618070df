import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { isAnchorName } from '../../log/proofs/anchor-files.ts'
import { openCheckpoint } from '../../log/proofs/checkpoint.ts'
import { LogError } from '../../log/log-error.ts'
import { loadVerifier } from '../../log/writing/log-keys.ts'
import { verifyLog } from '../../log/verify/verify.ts'
import type { Notify } from '../watch/notice.ts'

/** Milliseconds that the folder of anchors gets to answer. */
const READ_MS = 10_000
/** Files that are looked at for one that the log's key has signed. */
const MOST_TRIED = 20

/**
 * Holds the log against the newest of its own anchors before anything is written to it: an older copy of the log, restored or slipped in,
 * would otherwise grow on and look whole. Only hashes are read. A folder that cannot be read, or has no anchor, is no reason not to start:
 * whoever can unplug a file server would otherwise stop the lab.
 * @param log - folder of the log
 * @param anchors - folder of anchors, if there is one
 * @throws LogError (as a rejection) `ERR_LOG_ROLLED_BACK`, `ERR_LOG_DAMAGED`, `ERR_LOG_UNREADABLE`
 */
export const requireAnchored = async (log: string, anchors: string | null, notify: Notify): Promise<void> => {
  if (anchors === null) return
  const late = setTimeout(READ_MS, 'ETIMEDOUT', { ref: false })
  const newest = await Promise.race([newestAnchor(log, anchors).catch(codeOf), late])
  if (typeof newest === 'string') return notify({ kind: 'anchor-unread', code: newest })
  if (newest === null) return
  const end = Number.MAX_SAFE_INTEGER
  const result = await verifyLog(log, { anchors: [newest.note], from: end, to: end })
  if (result.kind === 'intact') return
  if (result.kind === 'inconclusive')
    throw new LogError('ERR_LOG_UNREADABLE', 'the log cannot be compared with its anchor')
  const found = result.evidence.map(({ what }) => what)
  if (found.includes('rolled-back'))
    throw new LogError('ERR_LOG_ROLLED_BACK', `the log is shorter than the ${newest.size} records of its newest anchor`)
  if (found.includes('anchor-mismatch'))
    throw new LogError(
      'ERR_LOG_ROLLED_BACK',
      `the log does not begin with the ${newest.size} records of its newest anchor`,
    )
  throw new LogError('ERR_LOG_DAMAGED', `the log is not what was signed (${found[0]})`)
}

const codeOf = (fault: NodeJS.ErrnoException): string => fault.code ?? 'EIO'

type Anchor = { readonly note: string; readonly size: number }

/** By their names the largest comes last; what another log, or nobody, signed is passed over. */
const newestAnchor = async (log: string, folder: string): Promise<Anchor | null> => {
  const verifier = loadVerifier(log)
  const names = (await readdir(folder)).filter(isAnchorName).sort().toReversed()
  for (const name of names.slice(0, MOST_TRIED)) {
    const note = await readFile(join(folder, name), 'utf8')
    const opened = openCheckpoint(note, verifier)
    if (opened.kind === 'verified') return { note, size: opened.checkpoint.size }
  }
  return null
}
