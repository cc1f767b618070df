import { openLogReader, type DecisionRow } from '../../log/reading/query.ts'
import { callControl } from '../../proxy/watch/control.ts'
import type { ApplianceStatus } from '../../proxy/watch/control-handlers.ts'
import type { DataFolder } from '../../proxy/data-folder.ts'
import type { Family } from '../../proxy/watch/metrics.ts'
import { ProxyError } from '../../proxy/proxy-error.ts'
import type { RequestNotice } from '../../proxy/watch/request-notice.ts'

/** What is known of an appliance at one time. */
export type Snapshot = {
  /** Milliseconds since the epoch. */
  readonly time: number
  /** Null when it does not answer. */
  readonly status: ApplianceStatus | null
  readonly instruments: readonly InstrumentCounts[]
  /** The last blocks, the newest first. */
  readonly blocks: readonly DecisionRow[]
}

export type InstrumentCounts = {
  /** Empty for whoever is none of the policy. */
  readonly instrument: string
  readonly forwarded: number
  readonly blocked: number
  /** On the way, or because the log could not be written. */
  readonly failed: number
}

/** More than fit on a screen are of no use. */
const BLOCKS = 50

export const takeSnapshot = async (folder: DataFolder): Promise<Snapshot> => {
  const time = Date.now()
  try {
    const [status, metrics] = await Promise.all([
      callControl(folder.control, 'GET /status'),
      callControl(folder.control, 'GET /metrics.json'),
    ])
    const { families } = metrics.document as { readonly families: readonly Family[] }
    const instruments = countsOf(families)
    return { time, status: status.document as ApplianceStatus, instruments, blocks: lastBlocks(folder) }
  } catch (error) {
    if (!(error instanceof ProxyError && error.code === 'ERR_CONTROL_UNREACHABLE')) throw error
    return { time, status: null, instruments: [], blocks: lastBlocks(folder) }
  }
}

const lastBlocks = (folder: DataFolder): readonly DecisionRow[] => {
  const reader = openLogReader(folder.log)
  try {
    return reader.list({ verdict: 'block', limit: BLOCKS })
  } finally {
    reader.close()
  }
}

/** What waits for its destination was let out by its decision. */
const columns = {
  forwarded: 'forwarded',
  spooled: 'forwarded',
  spliced: 'forwarded',
  blocked: 'blocked',
  failed: 'failed',
  unrecorded: 'failed',
  overtaken: 'failed',
} as const satisfies Record<RequestNotice['verdict'], Exclude<keyof InstrumentCounts, 'instrument'>>

const countsOf = (families: readonly Family[]): readonly InstrumentCounts[] => {
  const counts = new Map<string, { forwarded: number; blocked: number; failed: number }>()
  const samples = families.find(({ name }) => name === 'sluice_requests_total')?.samples ?? []
  for (const { labels, value } of samples) {
    const instrument = String(labels.instrument)
    const count = counts.get(instrument) ?? { forwarded: 0, blocked: 0, failed: 0 }
    count[columns[labels.verdict as keyof typeof columns]] += value
    counts.set(instrument, count)
  }
  const sorted = [...counts].toSorted(([a], [b]) => a.localeCompare(b))
  return sorted.map(([instrument, count]) => ({ instrument, ...count }))
}
