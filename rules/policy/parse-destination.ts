import type { JsonValue } from '../canonical.ts'
import type { Destination } from '../policy.ts'
import policySchema from './policy.schema.json' with { type: 'json' }
import { Proofreader, type ReadReference } from './proofreader.ts'
import type { RawDestination } from './raw-policy.ts'
import { readDestinations } from './read-destinations.ts'
import { readDetectors } from './read-detectors.ts'
import { documentSchema, keyOf, schemaFaults } from './yaml-document.ts'

export type DestinationReading =
  | { readonly ok: true; readonly destination: Destination }
  /** `key: message` for each problem. */
  | { readonly ok: false; readonly problems: readonly string[] }

const schema = documentSchema({ $ref: '#/$defs/destination', $defs: policySchema.$defs })

/** Reads a destination that stands in no policy, in the same form, by the same rules, and trusted for the same reasons as one that does. */
export const parseDestination = (raw: JsonValue, readReference: ReadReference): DestinationReading => {
  const faults = schemaFaults(raw, schema()).map(([path, message]) => `${keyOf(path)}: ${message}`)
  if (faults.length > 0) return { ok: false, problems: faults }
  const nowhere = () => ({ line: 1, column: 1 })
  const proof = new Proofreader(nowhere, readReference, readDetectors(undefined).panels.whole)
  const known = { instruments: [], destinations: [], routes: [] }
  const [destination] = readDestinations([raw as unknown as RawDestination], undefined, known, proof)
  const problems = proof.problems.map(({ key, message }) => `${key.replace('destinations[0].', '')}: ${message}`)
  return problems.length > 0 ? { ok: false, problems } : { ok: true, destination: destination! }
}
