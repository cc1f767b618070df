import type { LaneStatus, SpoolStatus } from '../proxy/spool/spool.ts'

const MIB = 1024 ** 2

/** How much waits, of how much may, in one line; and what needs a person. */
export const spellSpool = ({ items, bytes, maxItems, maxBytes, unknown, stuck, counts }: SpoolStatus): string => {
  const people = [
    ...(unknown > 0 ? [`${unknown} UNKNOWN`] : []),
    ...(stuck > 0 ? [`${stuck} STUCK`] : []),
    ...(unknown + stuck > 0 ? ['see "sluice spool list"'] : []),
  ]
  const parts = [
    `${items} of ${maxItems}, ${Math.ceil(bytes / MIB)} of ${Math.floor(maxBytes / MIB)} MiB`,
    `since the start ${counts.delivered} delivered, ${counts.blocked} blocked, ${counts.expired} expired`,
    ...people,
  ]
  return parts.join('; ')
}

/** What one instrument has waiting for one destination. */
export const spellLane = ({ waiting, bytes, oldest, next, isPaused, failures, last }: LaneStatus): string => {
  const when = isPaused ? 'PAUSED' : next === null ? 'is tried now' : `is tried at ${next}`
  const trouble = failures === 0 ? '' : `; ${failures} attempts failed, the last with ${last}`
  return `${waiting} wait, ${bytes} octets, since ${oldest}; ${when}${trouble}`
}

/** How much of the room is taken: 0 to 1. */
export const shareSpooled = ({ items, bytes, maxItems, maxBytes }: SpoolStatus): number =>
  Math.max(items / maxItems, bytes / maxBytes)
