import type { LogReader } from '../../log/reading/query.ts'
import type { FindingRecord } from '../../log/record.ts'
import { readCase } from '../../log/review/case.ts'
import { outcomeOf, saidIn, type Outcome, type Said } from '../../log/review/said.ts'
import type { State } from '../../log/review/states.ts'
import type { HeldPayload } from '../../proxy/review/held-payload.ts'
import { blockReasons } from '../../rules/verdict.ts'
import { exitCodes } from '../exit-codes.ts'
import { Failure } from '../failure.ts'
import type { Cell } from '../terminal/print.ts'
import { MAX_ROWS, outlineOf, outlineOfHead, type OutlineRow } from './outline.ts'

/** All that the log says of a held payload, for people: nothing in it was opened, and nothing is a value of the payload. */
export type HeldCase = {
  readonly decision: string
  /** When it was blocked: RFC 3339. */
  readonly time: string
  readonly state: State
  readonly outcome: Outcome
  readonly instrument: string | null
  readonly client: string
  readonly destination: string | null
  readonly route: string | null
  readonly method: string | null
  /** The route's template. */
  readonly path: string | null
  readonly reason: string | null
  /** The reason in words. */
  readonly meaning: string | null
  readonly rule: string | null
  readonly place: { readonly surface: string; readonly pointer: string } | null
  readonly findings: readonly FindingRecord[]
  readonly exceptions: readonly string[]
  /** Digest of the policy that blocked it. */
  readonly policy: string
  /** Octets of the body as received. */
  readonly bytes: number
  readonly seal: string
  /** Who can open it. */
  readonly reviewers: readonly string[]
  /** How often somebody looked at it. */
  readonly looks: number
  readonly said: readonly Said[]
}

/** @throws Failure when nothing is held under the id */
export const heldCase = (reader: Pick<LogReader, 'show' | 'heldList'>, id: string): HeldCase => {
  const [row] = reader.heldList({ ids: [id], limit: 1 })
  const found = readCase(reader, id)
  if (!row || !found)
    throw new Failure(
      `no payload is held for ${id}`,
      'run "sluice blocked list" for those that are; one that was purged is gone',
      exitCodes.notFound,
    )
  const { decision, state, events } = found
  const { reason, exceptions = [] } = decision
  return {
    decision: id,
    time: decision.time,
    state,
    outcome: outcomeOf(events),
    instrument: decision.instrument,
    client: decision.client,
    destination: decision.destination,
    route: decision.route,
    method: decision.method,
    path: decision.path,
    reason,
    meaning: meaningOf(reason),
    rule: decision.rule,
    place: decision.place,
    findings: decision.findings,
    exceptions,
    policy: decision.policy,
    bytes: decision.bytesIn,
    seal: row.seal,
    reviewers: row.reviewers,
    looks: events.filter(({ kind }) => kind === 'review.open').length,
    said: saidIn(events),
  }
}

/** Null also for a code of another version. */
export const meaningOf = (reason: string | null): string | null =>
  reason === null ? null : ((blockReasons as Readonly<Record<string, string>>)[reason] ?? null)

/** What a payload is made of, its values masked. `isCut`: there is more than is listed. */
export type Structure = {
  readonly head: readonly OutlineRow[]
  readonly outline: readonly OutlineRow[]
  readonly isCut: boolean
}

export const structureOf = ({ head, content }: HeldPayload): Structure => {
  const outline = outlineOf(content, head)
  return { head: outlineOfHead(head), outline, isCut: outline.length === MAX_ROWS }
}

/** What the log says of a case, as names and values. */
export const factsOf = (found: HeldCase): readonly (readonly [string, Cell])[] => [
  ['decision', found.decision],
  ['blocked at', found.time],
  ['state', found.state],
  ['instrument', found.instrument],
  ['client', found.client],
  ['destination', found.destination],
  ['route', found.route],
  ['request', `${found.method ?? '?'} ${found.path ?? '?'}, ${found.bytes} octets`],
  ['policy', found.policy],
  ['reason', found.meaning === null ? found.reason : `${found.reason}: ${found.meaning}`],
  ...(found.rule === null ? [] : [['rule', found.rule] as const]),
  ...(found.place === null ? [] : [['place', `${found.place.surface} ${found.place.pointer || '/'}`] as const]),
  ...[...new Set(found.findings.map(spellFinding))].map(text => ['found', text] as const),
  ...(found.exceptions.length === 0 ? [] : [['exceptions', found.exceptions.join(', ')] as const]),
  ['sealed to', found.reviewers.join(', ')],
  ['looked at', `${found.looks} times`],
  ...found.said.map(
    ({ what, time, actor, signedBy, because }) => [what, spellSaid(time, actor, signedBy, because)] as const,
  ),
]

const spellSaid = (time: string, actor: string, signedBy: string | null, because: string): string =>
  `${time} ${signedBy === null ? actor : `${actor}, signed by ${signedBy}`}: ${because}`

const spellFinding = ({ detector, category, surface, pointer, length, chain }: FindingRecord): string => {
  const where = `${surface} ${pointer || '/'}, ${length} long`
  return `${detector} (${category}) in ${where}${chain.length === 0 ? '' : `, within ${chain.join(' in ')}`}`
}
