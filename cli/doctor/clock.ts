import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { openLogReader } from '../../log/reading/query.ts'
import type { VendorClock } from '../../proxy/upstream/vendor-clocks.ts'
import { found, holds, unproven, type Finding } from './finding.ts'
import type { Subject } from './subject.ts'

/** Written by systemd-timesyncd once it has set the clock. */
const TIMESYNC = '/run/systemd/timesync/synchronized'
const ASK_MS = 5_000
/** Seconds by which two sound clocks may differ, with the time that an answer takes. */
const MAX_AHEAD = 60

/** What is known of the clock of this machine. `synchronized`: whether the kernel counts it as set by a time server; null: unknown. */
export type ClockFacts = {
  readonly synchronized: boolean | null
  readonly vendors: readonly VendorClock[]
  /** Time of the newest decision in the log, RFC 3339. */
  readonly newest: string | null
  readonly now: number
}

/** Every record of the log bears the time of this clock, and certificates are judged by it. Time zones do not matter: all is UTC. */
export const examineClock = function* ({ folder, appliance, now }: Subject): Generator<Finding> {
  const vendors = appliance?.vendorClocks ?? []
  yield judgeClock({ synchronized: isSynchronized(), vendors, newest: newestIn(folder.log), now })
}

export const judgeClock = ({ synchronized, vendors, newest, now }: ClockFacts): Finding => {
  const check = 'clock'
  const time = `${new Date(now).toISOString().slice(0, 19)}Z`
  const set = 'set it with a time server: "timedatectl set-ntp true", or chrony (of a container: on its host)'
  if (newest !== null && Date.parse(newest) > now + MAX_AHEAD * 1_000)
    return found(check, `${time}, but the log has a decision of ${newest}: it was set back`, set)
  const off = vendors.find(({ ahead }) => Math.abs(ahead) > MAX_AHEAD)
  if (off) return found(check, `${time}, which is ${spellAhead(off.ahead)} that of ${off.host}`, set)
  if (synchronized === false) return found(check, `${time}, and no time server has set it`, set)
  const [vendor] = vendors
  if (vendor) return holds(check, `${time}, as ${vendor.host} has it (${vendor.time})`)
  if (synchronized) return holds(check, `${time}, set by a time server`)
  return unproven(check, time, 'see that a time server sets it: "timedatectl" (of a container: on its host)')
}

const spellAhead = (seconds: number): string => `${Math.abs(seconds)} s ${seconds > 0 ? 'ahead of' : 'behind'}`

const isSynchronized = (): boolean | null => {
  if (existsSync(TIMESYNC)) return true
  try {
    const answer = execFileSync('timedatectl', ['show', '--property=NTPSynchronized', '--value'], {
      encoding: 'utf8',
      timeout: ASK_MS,
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim()
    return answer === 'yes' || (answer === 'no' ? false : null)
  } catch {
    return null
  }
}

const newestIn = (log: string): string | null => {
  try {
    const reader = openLogReader(log)
    const [newest] = reader.list({ limit: 1 })
    reader.close()
    return newest?.time ?? null
  } catch {
    return null
  }
}
