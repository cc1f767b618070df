import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { NoteKey } from '../../log/proofs/checkpoint.ts'
import { LogError } from '../../log/log-error.ts'
import { openLogReader } from '../../log/reading/query.ts'
import type { BundleRecord } from '../../log/record.ts'
import { readVerifierKey } from '../../log/review/signing-key.ts'
import type { DataFolder } from '../data-folder.ts'
import { openBundle, staleness, stalenessOf, type OpenedBundle, type PolicyBundle } from './policy-bundle.ts'
import { writeCopy } from './policy-copies.ts'
import { ProxyError, type ProxyErrorCode } from '../proxy-error.ts'
import type { Settings } from '../settings.ts'

/** A bundle that this appliance may take, and what its record says of it. */
export type Acceptable = { readonly bundle: PolicyBundle; readonly record: BundleRecord }

/**
 * Opens a bundle as an appliance has to: signed with the one key that its settings pin, not expired, and not older than the newest that
 * was ever in force, of which the decision log tells.
 * @throws ProxyError `ERR_BUNDLE_KEY`, `ERR_BUNDLE_FORGED`, `ERR_BUNDLE_EXPIRED`, `ERR_BUNDLE_OLDER`; LogError
 */
export const requireBundle = (folder: DataFolder, settings: Settings, text: string): Acceptable => {
  const opened = openBundle(text, pinnedKey(folder, settings))
  if (opened.kind !== 'verified')
    throw new ProxyError('ERR_BUNDLE_FORGED', `the bundle is not to be trusted: ${unopened[opened.kind]}`)
  const { bundle, digest, signer } = opened
  const stale = stalenessOf(opened, newestBundle(folder), Date.now())
  if (stale !== null)
    throw new ProxyError(codes[stale], `bundle ${bundle.serial} of ${bundle.issued} is not taken: ${staleness[stale]}`)
  return { bundle, record: { serial: bundle.serial, digest, expires: bundle.expires, signer } }
}

export const unopened = {
  malformed: 'it is none, or was damaged',
  unsigned: 'it was not signed with the key of this appliance',
  forged: 'it was altered after it was signed',
} as const satisfies Record<Exclude<OpenedBundle['kind'], 'verified'>, string>

const codes = {
  expired: 'ERR_BUNDLE_EXPIRED',
  early: 'ERR_BUNDLE_EXPIRED',
  older: 'ERR_BUNDLE_OLDER',
  'serial-taken': 'ERR_BUNDLE_OLDER',
} as const satisfies Record<keyof typeof staleness, ProxyErrorCode>

const pinnedKey = (folder: DataFolder, { bundles: { key } }: Settings): NoteKey => {
  if (key === null) throw new ProxyError('ERR_BUNDLE_KEY', 'the settings of this appliance name no key for bundles')
  try {
    return readVerifierKey(resolve(folder.root, key))
  } catch (cause) {
    if (cause instanceof LogError || (cause as NodeJS.ErrnoException).code !== undefined)
      throw new ProxyError('ERR_BUNDLE_KEY', `the key for bundles cannot be read from ${key}`, { cause })
    throw cause
  }
}

/** The bundle with the highest serial number that was ever in force; null before the first. */
export const newestBundle = (folder: DataFolder): BundleRecord | null => {
  const reader = openLogReader(folder.log)
  try {
    const records = reader.activations().flatMap(({ bundle }) => bundle ?? [])
    return records.reduce<BundleRecord | null>((best, one) => (best && best.serial >= one.serial ? best : one), null)
  } finally {
    reader.close()
  }
}

/** Writes out what a bundle holds, as a policy that can be checked, linted and tested. @returns its file */
export const unpackBundle = async (folder: string, { text, references, cases }: PolicyBundle): Promise<string> => {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  await writeCopy(folder, { text, references }, 'same')
  if (cases !== null) {
    writeFileSync(join(folder, 'cases.yaml'), cases.text, { flag: 'wx' })
    for (const [path, content] of Object.entries(cases.files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(join(folder, path), Buffer.from(content, 'base64'), { flag: 'wx' })
    }
  }
  return join(folder, 'policy.yaml')
}
