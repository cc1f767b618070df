import type { Category } from './detector.ts'
import { detectors } from './registry.ts'
import type { BlockReason, Finding } from './verdict.ts'

/**
 * What an approval can override: what was found in the content, and nothing that says whether the request is one at all, whom it is from,
 * where it goes, or how much leaves. What cannot be read to its end cannot be judged by people either.
 */
export const releasableReasons = {
  'sensitive-content': true,
  'schema-violation': true,
  'instrument-unknown': false,
  'instrument-disabled': false,
  'instrument-not-allowed': false,
  'request-malformed': false,
  'request-incomplete': false,
  'request-looped': false,
  'transport-insecure': false,
  'authority-mismatch': false,
  'destination-not-allowed': false,
  'path-not-allowed': false,
  'method-not-allowed': false,
  'route-ambiguous': false,
  'query-not-allowed': false,
  'header-not-allowed': false,
  'content-type-not-allowed': false,
  'content-encoding-not-allowed': false,
  'body-not-allowed': false,
  'body-too-large': false,
  'body-undecodable': false,
  'decoded-too-large': false,
  'json-malformed': false,
  'json-too-deep': false,
  'json-too-large': false,
  'json-string-too-long': false,
  'json-duplicate-name': false,
  'json-number-not-representable': false,
  'json-lone-surrogate': false,
  'inspection-budget': false,
  'inspection-failed': false,
  'rate-exceeded': false,
  'log-space-low': false,
  paused: false,
  'handshake-failed': false,
  'outside-lab': false,
  'connections-exceeded': false,
  'requests-exceeded': false,
  'held-full': false,
  'spool-full': false,
  'not-equivalent': false,
  'never-release': false,
  'approval-void': false,
  'splice-not-allowed': false,
  'splice-expired': false,
  'splice-budget': false,
  'splice-hello': false,
} as const satisfies Record<BlockReason, boolean>

export const isReleasable = (reason: string): boolean =>
  Object.hasOwn(releasableReasons, reason) && releasableReasons[reason as BlockReason]

/**
 * What no approval can let out: direct identifiers of persons, credentials, and what goes by a structure that telemetry does not have. A
 * false alarm among them is for an exception of the policy, which says where and how long; then a replay sends it.
 */
export const neverReleasedCategories = {
  identity: true,
  secret: true,
  health: false,
  sequence: false,
} as const satisfies Record<Category, boolean>

const mandatory: ReadonlySet<string> = new Set(
  detectors.flatMap(detector => ('mandatory' in detector ? [detector.id] : [])),
)

const categories: Readonly<Record<string, boolean>> = neverReleasedCategories

/**
 * @param finding - also one of the log, whose category another version may have written: what is not known is never released
 * @param marked - ids of detectors and categories that the policy marks besides
 */
export const isNeverReleased = (
  { detector, category }: { readonly [Name in keyof Pick<Finding, 'detector' | 'category'>]: string },
  marked: ReadonlySet<string>,
): boolean => (categories[category] ?? true) || mandatory.has(detector) || marked.has(detector) || marked.has(category)
