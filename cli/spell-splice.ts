import type { SpliceStatus } from '../proxy/splice/splice-ledger.ts'

const spelledStates = {
  'in-force': '',
  'ends-soon': 'ENDS SOON, ',
  expired: 'EXPIRED, ',
  'too-long': 'ENDS TOO FAR AHEAD TO COUNT, ',
} as const satisfies Record<SpliceStatus['state'], string>

/** How much passes unopened, of how much may, in one line. */
export const spellSplice = (splice: SpliceStatus): string => {
  const { state, bytesLastHour, bytesPerHour, bytesLastDay, bytesPerDay, connectionsLastHour, connectionsPerHour } =
    splice
  const used = [
    `${bytesLastHour} of ${bytesPerHour} octets in an hour`,
    `${bytesLastDay} of ${bytesPerDay} in a day`,
    `${connectionsLastHour} of ${connectionsPerHour} connections in an hour`,
    `${splice.open} open`,
  ]
  const { instruments, owner, expires } = splice
  return `${spelledStates[state]}from ${instruments.join(', ')}, until ${expires}, owner ${owner}: ${used.join(', ')}`
}
