import type { ApplianceStatus } from '../../proxy/watch/control-handlers.ts'
import type { HandshakeStatus } from '../../proxy/lab/handshakes.ts'
import { spellAuthority } from '../../rules/framing.ts'
import { spellPaused } from '../commands/pause.ts'
import { spellCaller } from '../spell-caller.ts'
import { spellSplice } from '../spell-splice.ts'
import { found, holds, unproven, warning, type Finding } from './finding.ts'
import { examineSpool } from './spool.ts'
import type { Subject } from './subject.ts'

/** The running appliance, what passes it unopened, and whether the instruments take its certificate. */
export const examineRunning = function* (subject: Subject): Generator<Finding> {
  const { appliance } = subject
  if (appliance === null) return yield found('appliance', 'is not running', 'start it with "sluice serve"')
  yield service(appliance)
  yield traffic(spellPaused(appliance.paused))
  yield* appliance.splices.map(uninspected)
  yield* examineSpool(appliance.spool)
  yield* trust(subject, appliance)
}

const service = ({ log, disk }: ApplianceStatus): Finding => {
  if (log.state !== 'ready') return found('appliance', `fails closed: the log is ${log.state}`, 'see "sluice status"')
  if (disk.state === 'refusing') return found('appliance', 'refuses everything: the disk is full', 'make room on it')
  return holds('appliance', 'is running')
}

/** A pause is easily forgotten, and then looks like a fault of the appliance. */
const traffic = (paused: string | null): Finding =>
  paused === null
    ? holds('traffic', 'nothing is paused')
    : found('traffic', `paused: ${paused}`, 'run "sluice resume" (with --instrument) to let it out again')

/** What passes unopened is shown whenever somebody looks, and is a fault when it needs somebody. */
const uninspected = (splice: ApplianceStatus['splices'][number]): Finding => {
  const { state, bytesLastHour, bytesPerHour, bytesLastDay, bytesPerDay } = splice
  const check = `UNINSPECTED ${splice.destination}`
  const seen = spellSplice(splice)
  if (bytesLastHour > 0.9 * bytesPerHour || bytesLastDay > 0.9 * bytesPerDay)
    return found(check, seen, 'look at what the instrument sends so much of, before the budget is raised')
  if (state === 'in-force') return holds(check, seen)
  const hint = 'renew "expires" under "splice" of the destination if it is still needed, else remove it'
  return state === 'ends-soon' ? warning(check, seen, hint) : found(check, seen, hint)
}

/** One line for each instrument that takes our certificate or was not seen, and for each host that one refuses it for. */
const trust = function* ({ policy }: Subject, appliance: ApplianceStatus): Generator<Finding> {
  const troubles = appliance.handshakes.filter(isTrouble)
  yield* troubles.map(handshakeFinding)
  const { address, port } = appliance.listen
  const refusing = new Set(troubles.map(({ instrument }) => instrument))
  for (const { id, enabled } of policy?.instruments ?? []) {
    const check = `trust of ${id}`
    if (!enabled || refusing.has(id)) continue
    if (appliance.trustedBy.includes(id)) yield holds(check, 'takes our certificate')
    else
      yield unproven(
        check,
        'nothing has come from it since the start',
        `open http://${spellAuthority({ host: address, port })}/ on it, which shows how the CA is installed, and have it send something`,
      )
  }
}

/** Who only looks in and is no instrument is nobody's trouble. */
const isTrouble = ({ diagnosis, instrument }: HandshakeStatus): boolean =>
  diagnosis !== 'trusts' && (instrument !== null || (diagnosis !== 'left' && diagnosis !== 'broken-off'))

const handshakeFinding = (seen: HandshakeStatus): Finding =>
  found(
    `TLS of ${spellCaller(seen)}`,
    `${seen.meaning} (${seen.refused} times, last ${seen.last}: ${seen.code})`,
    seen.todo,
  )
