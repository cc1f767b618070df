import type { Database } from 'better-sqlite3'
import { boundValues, conditionOf, type DecisionFilter } from '../reading/decision-filter.ts'
import { placeShape } from './place-shape.ts'
import type { DecisionEntry, FindingRecord } from '../record.ts'
import type { State } from '../review/states.ts'
import type { Recipient } from './seal.ts'

/** A payload that is held, without its content: what the record of its decision says of it. */
export type HeldRow = Pick<
  DecisionEntry,
  'time' | 'instrument' | 'route' | 'destination' | 'reason' | 'rule' | 'place' | 'policy'
> & {
  readonly decision: string
  readonly state: State
  readonly findings: readonly FindingRecord[]
  /** Octets of the sealed payload. */
  readonly bytes: number
  /** `sealDigest` of the sealed payload, as the record of the decision has it. */
  readonly seal: string
  /** Names of the reviewers who can open it. */
  readonly reviewers: readonly string[]
}

/** Which held payloads are meant: by their decisions, by their state, by their ids, and by what was found in them. */
export type HeldFilter = DecisionFilter & {
  readonly state?: State
  readonly ids?: readonly string[]
  /** Id of a detector that found something. */
  readonly detector?: string
  /** `placeShape` of where something was found or broken. */
  readonly where?: string
  /** Digest of the policy that blocked, or how it begins. */
  readonly policy?: string
}

type Stored = {
  readonly decision: string
  readonly state: State
  readonly bytes: number
  readonly recipients: string
  readonly body: string
}

/**
 * Newest first. Decisions whose payload is held are in no segment (`sealable`), so the database itself has them all; and each body is
 * parsed once, here: each column that is asked of the table would parse it anew.
 */
export const heldList = (database: Database, filter: HeldFilter, limit: number): readonly HeldRow[] => {
  const { state, ids, detector, where, policy, ...decisions } = filter
  const isInState = state === undefined ? 'TRUE' : 'h.state = @state'
  const isNamed = ids === undefined ? 'TRUE' : 'h.decision IN (SELECT value FROM json_each(@ids))'
  const values = {
    ...boundValues(decisions),
    ...(state !== undefined && { state }),
    ...(ids && { ids: JSON.stringify(ids) }),
  }
  const rows = database
    .prepare(
      `SELECT h.decision, h.state, length(h.ciphertext) AS bytes, h.recipients, r.body, r.sequence
       FROM main.held h JOIN main.record r ON r.id = h.decision AND r.kind = 'decision'
       WHERE ${conditionOf(decisions, column => `r.${column}`)} AND ${isInState} AND ${isNamed}
       ORDER BY r.sequence DESC`,
    )
    .iterate(values) as IterableIterator<Stored>
  return Iterator.from(rows)
    .map(rowOf)
    .filter(row => isMeant(row, { detector, where, policy }))
    .take(limit)
    .toArray()
}

const rowOf = ({ decision, state, bytes, recipients, body }: Stored): HeldRow => {
  const { time, instrument, route, destination, reason, rule, place, policy, findings, seal } = JSON.parse(
    body,
  ) as DecisionEntry & { readonly seal: string }
  const reviewers = (JSON.parse(recipients) as Recipient[]).map(({ name }) => name)
  return {
    decision,
    time,
    state,
    instrument,
    route,
    destination,
    reason,
    rule,
    place,
    findings,
    policy,
    bytes,
    seal,
    reviewers,
  }
}

/** What the table has no column for. */
const isMeant = (
  row: HeldRow,
  { detector, where, policy }: { readonly [Part in 'detector' | 'where' | 'policy']: string | undefined },
): boolean =>
  (detector === undefined || row.findings.some(finding => finding.detector === detector)) &&
  (where === undefined || placesOf(row).includes(where)) &&
  (policy === undefined || row.policy.replace('sha256:', '').startsWith(policy.replace('sha256:', '')))

/** The places at which something was found, or else broken, as `placeShape` has them; each once. */
export const placesOf = ({ findings, place }: Pick<HeldRow, 'findings' | 'place'>): readonly string[] => {
  const places = findings.length > 0 ? findings : place === null ? [] : [place]
  return [...new Set(places.map(placeShape))]
}
