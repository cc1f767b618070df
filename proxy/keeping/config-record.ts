import { hash } from 'node:crypto'
import type { Journal } from '../../log/writing/journal.ts'
import { openLogReader } from '../../log/reading/query.ts'
import { isSettingText, type ConfigEntry } from '../../log/record.ts'
import { canonicalize } from '../../rules/canonical.ts'
import type { Settings } from '../settings.ts'

type Setting = string | number | boolean | null | readonly Setting[] | { readonly [name: string]: Setting | undefined }
type Flat = ConfigEntry['settings']

/** Each setting by its path, such as `reviews.people`. A text that is not of the log's closed form, such as a path with a blank, is told by its digest. */
export const flatSettings = (settings: Settings): Flat => Object.fromEntries(flatten(settings, ''))

const flatten = (
  value: Setting | undefined,
  path: string,
): readonly (readonly [string, string | number | boolean])[] => {
  if (value === null || value === undefined) return []
  if (typeof value === 'object')
    return Object.entries(value).flatMap(([name, member]) => flatten(member, path === '' ? name : `${path}.${name}`))
  if (typeof value === 'number' || typeof value === 'boolean') return [[path, value]]
  return [[path, isSettingText(value) ? value : `sha256:${hash('sha256', value)}`]]
}

/**
 * Records the settings of a start when they are others than those that the log has: who may release what, what becomes of a payload for
 * which there is no room, and where the appliance listens are not in the policy.
 * @throws LogError (as a rejection)
 */
export const recordConfig = async (log: string, journal: Journal, settings: Settings): Promise<void> => {
  const last = lastConfig(log)
  const now = flatSettings(settings)
  if (last !== null && canonicalize({ ...last.settings }) === canonicalize({ ...now })) return
  const number = (last?.number ?? 0) + 1
  const time = new Date().toISOString()
  await journal.append({ kind: 'config.change', id: `config-${number}`, time, settings: now })
}

const lastConfig = (log: string) => {
  const reader = openLogReader(log)
  try {
    return reader.configs().at(-1) ?? null
  } finally {
    reader.close()
  }
}
