import { statfsSync } from 'node:fs'
import { holdBallast, releaseBallast } from './ballast.ts'

/** `low`: somebody should make room. `refusing`: new traffic is refused, while there is room to record the refusals. */
export type DiskState = 'enough' | 'low' | 'refusing'

/** In octets. */
export type DiskLimits = {
  readonly warnBelow: number
  readonly refuseBelow: number
  /** Room that is kept aside for the records of refusals. */
  readonly ballast: number
}

export const defaultDiskLimits: DiskLimits = {
  warnBelow: 1024 ** 3,
  refuseBelow: 128 * 1024 ** 2,
  ballast: 16 * 1024 ** 2,
}

export type DiskStatus = DiskLimits & { readonly state: DiskState; readonly freeBytes: number }

export type DiskWatch = {
  readonly status: () => DiskStatus
  /** Looks now instead of at the next tick. */
  readonly look: () => void
  readonly close: () => void
}

const LOOK_MS = 1_000

/**
 * Watches over the room on the disk of the log. When it becomes too little a file that was kept for it (the ballast) is removed, so
 * that refusals can still be recorded; it is laid down again when there is room for it beyond the limit.
 * @param directory - folder of the log
 */
export const watchDisk = (directory: string, limits: DiskLimits, onChange: (status: DiskStatus) => void): DiskWatch => {
  let state: DiskState = 'enough'
  let freeBytes = Number.POSITIVE_INFINITY

  const look = (): void => {
    freeBytes = freeOn(directory)
    const next = nextState(state, freeBytes, limits)
    if (next === 'refusing') releaseBallast(directory)
    else holdBallast(directory, limits.ballast, freeBytes - limits.refuseBelow)
    if (next === state) return
    state = next
    onChange({ ...limits, state, freeBytes })
  }

  look()
  const timer = setInterval(look, LOOK_MS)
  timer.unref()
  return { status: () => ({ ...limits, state, freeBytes }), look, close: () => clearInterval(timer) }
}

/** What refuses goes on refusing until there is room for the ballast as well: else it would turn with every file that comes and goes. */
const nextState = (state: DiskState, free: number, { warnBelow, refuseBelow, ballast }: DiskLimits): DiskState => {
  if (free < refuseBelow || (state === 'refusing' && free < refuseBelow + ballast)) return 'refusing'
  return free < warnBelow ? 'low' : 'enough'
}

/** Octets that this process may still take; none when nobody can say. */
const freeOn = (directory: string): number => {
  try {
    const { bavail, bsize } = statfsSync(directory)
    return bavail * bsize
  } catch {
    return 0
  }
}
