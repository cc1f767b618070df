import type { Limits } from '../policy.ts'

/** What an instrument, or an address of none, asks of the appliance right now: the request in question included. */
export type Load = {
  /** Requests that have not been answered. */
  readonly concurrent: number
  /** Requests that began in the last second. */
  readonly lastSecond: number
}

/** Who is no instrument of the policy gets answers so often that a person can see what is wrong, and no oftener. */
const stranger = { maxConcurrentRequests: 16, maxRequestsPerSecond: 10 } as const

type LoadLimits = Pick<Limits, 'maxConcurrentRequests' | 'maxRequestsPerSecond'>

/**
 * The limit that a load exceeds; null where there is none.
 * @param isKnown - whether it is the load of an instrument of the policy
 */
export const overLoad = (load: Load, limits: LoadLimits, isKnown: boolean): keyof LoadLimits | null => {
  const { maxConcurrentRequests, maxRequestsPerSecond } = isKnown ? limits : stranger
  if (load.concurrent > maxConcurrentRequests) return 'maxConcurrentRequests'
  return load.lastSecond > maxRequestsPerSecond ? 'maxRequestsPerSecond' : null
}
