import type { ApplianceStatus } from '../../proxy/watch/control-handlers.ts'
import { isFault, upstreamFaults } from '../../proxy/upstream/upstream-fault.ts'
import { shareSpooled, spellLane, spellSpool } from '../spell-spool.ts'
import { found, holds, type Finding } from './finding.ts'

/** Half of the room is as much as one instrument gets. */
const MOST_SPOOLED = 0.4

/** What waits for its destination, and why. */
export const examineSpool = function* (spool: ApplianceStatus['spool']): Generator<Finding> {
  yield waiting(spool)
  for (const lane of spool.lanes.filter(({ failures }) => failures > 0)) {
    const { last, instrument } = lane
    const hint =
      typeof last === 'string' && isFault(last) ? upstreamFaults[last].hint : 'ask the vendor what it answers'
    yield found(`spool of ${instrument}`, spellLane(lane), hint)
  }
}

const waiting = (spool: ApplianceStatus['spool']): Finding => {
  const seen = spellSpool(spool)
  if (spool.unknown + spool.stuck > 0)
    return found('spool', seen, 'ask the vendor what it has, then run "sluice spool retry" or "sluice spool drop"')
  if (shareSpooled(spool) > MOST_SPOOLED)
    return found('spool', `${seen}: nearly full`, 'find out why it is not taken, or raise "spool" in appliance.yaml')
  return holds('spool', seen)
}
