import { encodeVerifierKey, parseVerifierKey, type NoteKey } from '../log/proofs/checkpoint.ts'
import { LogError } from '../log/log-error.ts'
import { FleetError } from './fleet-error.ts'
import type { FleetStore } from './store.ts'

/** An appliance of the fleet. `verifier` bears the name of its log. */
export type FleetAppliance = { readonly id: number; readonly verifier: NoteKey }

/**
 * Takes an appliance into the fleet: from now on its records are loaded, and its checkpoints believed.
 * @param key - text of `checkpoint.pub`
 * @returns the name of its log, and whether it is new
 * @throws FleetError (as a rejection) `ERR_FLEET_KEY`; `ERR_FLEET_ENROLLED` when the log is known with another key
 */
export const enrol = async (
  store: FleetStore,
  key: string,
): Promise<{ readonly log: string; readonly isNew: boolean }> => {
  const verifier = readKey(key)
  const values = [verifier.name, encodeVerifierKey(verifier)]
  const added = await store.change(
    'INSERT INTO sluice.appliance (log, key) VALUES ($1, $2) ON CONFLICT (log) DO NOTHING',
    values,
  )
  const same = await store.rows('SELECT 1 FROM sluice.appliance WHERE log = $1 AND key = $2', values)
  if (same.length === 0)
    throw new FleetError('ERR_FLEET_ENROLLED', `the log ${verifier.name} is enrolled with another key`)
  return { log: verifier.name, isNew: added === 1 }
}

const readKey = (text: string): NoteKey => {
  try {
    return parseVerifierKey(text.trim())
  } catch (fault) {
    if (!(fault instanceof LogError)) throw fault
    throw new FleetError('ERR_FLEET_KEY', 'this is not the public key of a log')
  }
}

/** All of them, by the names of their logs. */
export const appliancesOf = async (store: FleetStore): Promise<readonly FleetAppliance[]> => {
  const rows = await store.rows<{ id: number; key: string }>('SELECT id, key FROM sluice.appliance ORDER BY log')
  return rows.map(({ id, key }) => ({ id, verifier: readKey(key) }))
}
