import { tamperings } from '../log/verify/evidence.ts'

/** What verification of a fleet can find. Codes are stable; those that a single log has as well mean the same here. */
export const findings = {
  'record-missing': tamperings['record-missing'],
  'log-truncated': 'the appliance signed more records than arrived; the first that is missing is given',
  'record-edited': 'the record in the store is not the one that arrived',
  'record-misplaced': tamperings['record-misplaced'],
  'record-malformed': tamperings['record-malformed'],
  'record-not-canonical': tamperings['record-not-canonical'],
  'record-cut': 'the record arrived shortened: it was longer than what carried it takes',
  'record-conflict': 'two different records arrived under one number; both are kept, the first in its place',
  'root-mismatch': 'the records from here on are not those that the appliance signed',
  'rolled-back':
    'the appliance signed two histories: its log was rolled back or written anew, or somebody else has its key',
  'redaction-forged': tamperings['redaction-forged'],
  'requests-unaccounted': tamperings['requests-unaccounted'],
  'checkpoint-forged': tamperings['checkpoint-forged'],
} as const satisfies Record<string, string>

export type Finding = keyof typeof findings

/** `sequence` is null for what is about the log as a whole. */
export type FleetEvidence = { readonly what: Finding; readonly sequence: number | null }

/** Why nothing can be said of an appliance. */
export const doubts = {
  'never-signed': 'no checkpoint of the log has arrived: ship or export with "--checkpoints"',
} as const
