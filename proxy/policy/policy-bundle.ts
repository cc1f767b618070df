import { hash } from 'node:crypto'
import { openNote, signNote, type NoteKey } from '../../log/proofs/checkpoint.ts'
import { canonicalize } from '../../rules/canonical.ts'
import type { PolicyTexts } from './policy-file.ts'

/**
 * A policy with all it needs in one file, for many appliances: itself, the files that it refers to, its cases and their payloads. Nothing
 * in it can be exchanged for a part of another bundle.
 */
export type PolicyBundle = PolicyTexts & {
  readonly v: 1
  readonly kind: 'policy-bundle'
  /** Counted up by who signs; an appliance takes none that is older than the newest that it has had. */
  readonly serial: number
  /** RFC 3339, UTC, milliseconds. */
  readonly issued: string
  readonly expires: string
  /** Digest of the policy. */
  readonly policy: string
  /** Text of `cases.yaml`, and the payloads that it names, in base64 by their paths; null where there are none. */
  readonly cases: { readonly text: string; readonly files: Readonly<Record<string, string>> } | null
}

export type OpenedBundle =
  | { readonly kind: 'verified'; readonly bundle: PolicyBundle; readonly digest: string; readonly signer: string }
  | { readonly kind: 'malformed' | 'unsigned' | 'forged' }

/** Longest bundle, in characters; on the way, where it is UTF-8, in octets. */
export const MAX_BUNDLE = 32 * 1024 ** 2
/** Longest time from `issued` to `expires`, in milliseconds: shorter than any log is kept, which remembers the serial numbers. */
export const MAX_VALIDITY = 400 * 86_400_000

/**
 * Writes and signs a bundle: a signed note (https://c2sp.org/signed-note) whose text is one line of canonical JSON, so that what is not signed is
 * never parsed. The same content makes the same file.
 */
export const writeBundle = (bundle: PolicyBundle, signer: NoteKey): string =>
  signNote(`${canonicalize({ ...bundle })}\n`, signer)

/** Checks the signature, then reads what was signed. Never throws. */
export const openBundle = (text: string, verifier: NoteKey): OpenedBundle => {
  const opened = openNote(text, verifier, MAX_BUNDLE)
  if (opened.kind !== 'verified') return opened
  const bundle = parsed(opened.text)
  if (bundle === null) return { kind: 'malformed' }
  return { kind: 'verified', bundle, digest: `sha256:${hash('sha256', opened.text)}`, signer: verifier.name }
}

/** Why a good signature is not enough. Codes are stable. */
export const staleness = {
  expired: 'it is valid no more',
  early: 'it is from the future: this machine or the one that signed has a wrong clock',
  older: 'it is older than one that was in force here',
  'serial-taken': 'another bundle with its serial number was in force here',
} as const

/** Clocks may differ by so many milliseconds. */
const SKEW_MS = 3_600_000

/**
 * @param last - the newest bundle that there was, by its serial number
 * @param now - milliseconds since the epoch
 */
export const stalenessOf = (
  { bundle, digest }: Extract<OpenedBundle, { kind: 'verified' }>,
  last: { readonly serial: number; readonly digest: string } | null,
  now: number,
): keyof typeof staleness | null => {
  if (now >= Date.parse(bundle.expires)) return 'expired'
  if (now < Date.parse(bundle.issued) - SKEW_MS) return 'early'
  if (last === null || bundle.serial > last.serial) return null
  if (bundle.serial < last.serial) return 'older'
  return digest === last.digest ? null : 'serial-taken'
}

const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/

const parsed = (text: string): PolicyBundle | null => {
  try {
    const value = JSON.parse(text) as PolicyBundle
    return isBundle(value) ? value : null
  } catch {
    return null
  }
}

const isTexts = (value: unknown): value is Readonly<Record<string, string>> =>
  typeof value === 'object' && value !== null && Object.values(value).every(text => typeof text === 'string')

const isBundle = (value: PolicyBundle): boolean => {
  const { v, kind, serial, issued, expires, policy, text, references, cases } = value
  const lasts = Date.parse(expires) - Date.parse(issued)
  return (
    v === 1 &&
    kind === 'policy-bundle' &&
    Number.isSafeInteger(serial) &&
    serial > 0 &&
    time.test(issued) &&
    time.test(expires) &&
    lasts > 0 &&
    lasts <= MAX_VALIDITY &&
    /^sha256:[0-9a-f]{64}$/.test(policy) &&
    typeof text === 'string' &&
    isTexts(references) &&
    (cases === null ||
      (typeof cases.text === 'string' && isTexts(cases.files) && Object.keys(cases.files).every(isInnerPath)))
  )
}

/** Whether a path leads to a file beside or below, whatever the system. */
export const isInnerPath = (path: string): boolean =>
  /^[A-Za-z0-9_][A-Za-z0-9._-]*(\/[A-Za-z0-9_][A-Za-z0-9._-]*)*$/.test(path) && path.length <= 200
