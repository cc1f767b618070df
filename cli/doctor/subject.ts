import type { ApplianceStatus } from '../../proxy/watch/control-handlers.ts'
import { callControl } from '../../proxy/watch/control.ts'
import type { DataFolder } from '../../proxy/data-folder.ts'
import type { Settings } from '../../proxy/settings.ts'
import type { Policy } from '../../rules/policy.ts'

/** What is examined. */
export type Subject = {
  readonly folder: DataFolder
  readonly settings: Settings
  /** The policy file; null when it is not in order. */
  readonly policy: Policy | null
  /** Null when no appliance runs on the folder. */
  readonly appliance: ApplianceStatus | null
  /** Milliseconds since the epoch. */
  readonly now: number
}

/** What the running appliance says of itself. */
export const askAppliance = async (folder: DataFolder): Promise<ApplianceStatus | null> => {
  try {
    return (await callControl(folder.control, 'GET /status')).document as ApplianceStatus
  } catch {
    return null
  }
}

const DAY_MS = 86_400_000

/** Whether something ends within so many days. */
export const endsWithin = (days: number, end: Date, now: number): boolean => end.getTime() - now < days * DAY_MS

export const dayOf = (date: Date): string => date.toISOString().slice(0, 10)
