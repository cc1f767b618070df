import { hints as logHints } from '../log/log-error.ts'
import type { BundleFault, BundlePullStatus } from '../proxy/policy/bundle-puller.ts'
import type { ApplianceStatus } from '../proxy/watch/control-handlers.ts'
import { hints as proxyHints } from '../proxy/proxy-error.ts'
import { isFault, upstreamFaults } from '../proxy/upstream/upstream-fault.ts'

/** The bundle in force, in one line. @param now - milliseconds since the epoch */
export const spellBundle = (bundle: ApplianceStatus['policy']['bundle'], now: number): string => {
  if (bundle === null) return 'none: the policy came as a file'
  const { serial, signer, expires } = bundle
  const isOver = Date.parse(expires) <= now
  return `${serial} of ${signer}, ${isOver ? 'EXPIRED' : 'valid until'} ${expires}${isOver ? ': ask for a newer one' : ''}`
}

/** Where newer ones come from, and how that went, in one line. */
export const spellPull = (pull: BundlePullStatus | null): string => {
  if (pull === null) return 'by hand: appliance.yaml names no "bundles.url"'
  const { url, asked, confirmed, fault } = pull
  const last = confirmed === null ? 'never yet' : confirmed
  if (fault !== null) return `${url}: ${spellFault(fault)} since ${fault.since}; the newest was in force ${last}`
  return `${url}: ${asked === null ? 'not asked yet' : `nothing newer at ${last}`}`
}

const meanings = {
  away: 'NOT FETCHED',
  refused: 'NOT TAKEN',
  unasked: 'NOT ASKED',
} as const satisfies Record<BundleFault['kind'], string>

const spellFault = ({ kind, code, status }: BundleFault): string =>
  `${meanings[kind]} (${code}${status === null ? '' : `, status ${status}`})`

const hints: Readonly<Record<string, string>> = { ...logHints, ...proxyHints }

/** What an IT person does about it. */
export const bundleHint = ({ code }: BundleFault): string =>
  isFault(code) ? upstreamFaults[code].hint : (hints[code] ?? 'this should not happen: please report it')
