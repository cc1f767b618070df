import { accessSync, constants } from 'node:fs'
import { LogError } from '../../log/log-error.ts'
import { openLogReader } from '../../log/reading/query.ts'
import type { Notice } from '../../proxy/watch/notice.ts'
import { requireAnchored } from '../../proxy/keeping/require-anchored.ts'
import { anchorInterval } from '../../proxy/settings.ts'
import { shareHeld, spellHeld } from '../review/held-room.ts'
import { attempt, found, holds, type Finding } from './finding.ts'
import type { Subject } from './subject.ts'

/** From which share on there is too little room left to look away. */
const MOST_HELD = 0.8
/** Intervals after which an anchor is missed. */
const LATE = 2

/** The log, what is held in it, and the checkpoints that are kept of it. */
export const examineLog = async function* (subject: Subject): AsyncGenerator<Finding> {
  const { folder, settings } = subject
  yield attempt('log', 'run "sluice log verify"', () => {
    openLogReader(folder.log).close()
    return folder.log
  })
  yield heldRoom(subject)
  yield attempt('anchors', 'see that the share is mounted and that the appliance may make files in it', () => {
    const { every, folder: anchors } = settings.anchors
    if (anchors === null) return `every ${every}, to standard output only`
    accessSync(anchors, constants.W_OK | constants.X_OK)
    return `every ${every}, to ${anchors}${requireFresh(subject)}`
  })
  if (settings.anchors.folder !== null) yield rollback(folder.log, settings.anchors.folder)
}

/** When the last anchor was written, as far as an appliance runs. @throws Error when one is missed */
const requireFresh = ({ appliance, settings, now }: Subject): string => {
  if (appliance === null) return ''
  const { written, fault } = appliance.anchors
  if (fault !== null) throw new Error(`the last one could not be written (${fault})`)
  const since = Date.parse(written?.time ?? appliance.started)
  if (now - since > LATE * anchorInterval(settings))
    throw new Error(`none was written since ${written?.time ?? 'the start'}`)
  return written === null ? '' : `, last of ${written.size} records at ${written.time}`
}

/** Whether the log is an older copy of itself, restored or slipped in. */
const rollback = async (log: string, anchors: string): Promise<Finding> => {
  const check = 'newest anchor'
  const notices: Notice[] = []
  try {
    await requireAnchored(log, anchors, notice => notices.push(notice))
  } catch (error) {
    if (!(error instanceof LogError)) throw error
    return found(check, error.message, 'find out who put an older copy there, and run "sluice log verify --anchor"')
  }
  const unread = notices.find(notice => notice.kind === 'anchor-unread')
  if (unread) return found(check, `cannot be read (${unread.code})`, 'see that the share is mounted')
  return holds(check, 'the log begins with what it anchors')
}

const heldRoom = ({ folder, settings: { held } }: Subject): Finding =>
  attempt(
    'held payloads',
    'review the blocked payloads and purge what was judged, or raise "held" in appliance.yaml',
    () => {
      const reader = openLogReader(folder.log)
      const total = reader.heldTotal()
      reader.close()
      const seen = spellHeld({ ...total, isFull: false }, held)
      if (shareHeld(total, held) > MOST_HELD) throw new Error(`${seen}: nearly full`)
      return seen
    },
  )
