import { openCheckpoint, type Checkpoint } from '../log/proofs/checkpoint.ts'
import { collectEvidence } from '../log/verify/evidence.ts'
import { examineRows, recordExaminer, type ChunkResult, type Row } from '../log/verify/examine-rows.ts'
import { joinChunks } from '../log/verify/join-chunks.ts'
import {
  decodeFrontier,
  emptyFrontier,
  encodeFrontier,
  leafHashOfText,
  rootOf,
  type Frontier,
} from '../log/proofs/merkle.ts'
import type { RedactEntry } from '../log/record.ts'
import { PIECE } from '../log/segments/segments.ts'
import { checkRequests } from '../log/verify/verify-requests.ts'
import { appliancesOf, type FleetAppliance } from './appliances.ts'
import { findings, type doubts, type Finding, type FleetEvidence } from './findings.ts'
import type { FleetStore } from './store.ts'

/** What was found of one appliance. `from` to `size`: the records that were read. */
export type FleetVerdict = {
  readonly log: string
  readonly from: number
  /** How many records the newest checkpoint signs. */
  readonly size: number
  /** Records behind it, which no checkpoint signs yet. */
  readonly unsigned: number
  readonly redacted: number
} & (
  | { readonly kind: 'intact'; readonly root: string }
  | { readonly kind: 'tampered'; readonly evidence: readonly FleetEvidence[] }
  | { readonly kind: 'inconclusive'; readonly why: keyof typeof doubts }
)

export type FleetVerifyOptions = {
  /** Names of logs; all when absent. */
  readonly logs?: readonly string[]
  /** Only what came since the last verification that found nothing. What has been altered in the store before it is not seen. */
  readonly onlyNew?: boolean
  readonly onProgress?: (records: number) => void
}

/**
 * Proves that what the store holds is what the appliances signed: recomputes each record's hash and the RFC 6962 root at each checkpoint,
 * with the code that verifies a single log. What it says of each appliance is written into the store.
 */
export const verifyFleet = async function* (
  store: FleetStore,
  { logs, onlyNew = false, onProgress }: FleetVerifyOptions = {},
): AsyncGenerator<FleetVerdict> {
  for (const appliance of await appliancesOf(store)) {
    if (logs !== undefined && !logs.includes(appliance.verifier.name)) continue
    const [verdict, frontier] = await store.transaction('still', () => verifyOne(store, appliance, onlyNew, onProgress))
    await store.transaction('write', () => keepVerdict(store, appliance, verdict, frontier))
    yield verdict
  }
}

/** Checkpoints that the appliance signed, by size; and how many bear its name and not its signature. */
type Signed = { readonly checkpoints: readonly Checkpoint[]; readonly forged: number }

const verifyOne = async (
  store: FleetStore,
  appliance: FleetAppliance,
  onlyNew: boolean,
  onProgress: FleetVerifyOptions['onProgress'],
): Promise<readonly [FleetVerdict, Frontier | null]> => {
  const log = appliance.verifier.name
  const { checkpoints, forged } = await signedBy(store, appliance)
  const start = onlyNew ? await lastProven(store, appliance, checkpoints) : emptyFrontier
  const end = await endOf(store, appliance)
  const size = checkpoints.at(-1)?.size ?? 0
  const collector = collectEvidence()
  const sizes = [...new Set(checkpoints.map(checkpoint => checkpoint.size))]
  const results = await examine(store, appliance, { start: start.size, end: Math.min(size, end), sizes, onProgress })
  const { tree, atSizes } = joinChunks(results, { signed: size, end }, collector, start)
  const whole = !collector.has('record-missing') && end >= size
  if (whole && start.size === 0) checkRequests(results, false, collector)
  const redacted = results.reduce((sum, result) => sum + result.redacted, 0)
  const checked = { log, from: start.size, size, unsigned: Math.max(0, end - size), redacted }

  const found = evidenceIn(collector, tree)
  if (end < size) found.push({ what: 'log-truncated', sequence: end })
  const lost = Math.min(...found.filter(({ what }) => isLoss(what)).map(({ sequence }) => sequence ?? 0), end)
  found.push(...unlikeSigned(checkpoints, atSizes, lost))
  found.push(...(await refusedOf(store, appliance)))
  if (forged > 0) found.push({ what: 'checkpoint-forged', sequence: null })
  if (found.length > 0) return [{ ...checked, kind: 'tampered', evidence: found }, null]
  if (checkpoints.length === 0) return [{ ...checked, kind: 'inconclusive', why: 'never-signed' }, null]
  return [{ ...checked, kind: 'intact', root: rootOf(tree).toString('base64') }, tree]
}

const isLoss = (what: Finding): boolean => what === 'record-missing' || what === 'log-truncated'

/** What the examination of a log finds, as far as it can be found in a store. */
const evidenceIn = (collector: ReturnType<typeof collectEvidence>, tree: Frontier): FleetEvidence[] => {
  const nothing = { from: 0, to: 0, anchored: null, purged: [], redacted: 0 }
  const verdict = collector.verdict(tree, nothing)
  return verdict.kind === 'tampered'
    ? verdict.evidence.map(({ what, sequence }) => ({ what: what as Finding, sequence })).filter(isKnown)
    : []
}

const isKnown = ({ what }: FleetEvidence): boolean => Object.hasOwn(findings, what)

const signedBy = async (store: FleetStore, { id, verifier }: FleetAppliance): Promise<Signed> => {
  const notes = await store.rows<{ note: string }>('SELECT note FROM sluice.checkpoint WHERE appliance = $1', [id])
  const opened = notes.map(({ note }) => openCheckpoint(note, verifier))
  const checkpoints = opened.flatMap(one => (one.kind === 'verified' ? [one.checkpoint] : []))
  return { checkpoints: checkpoints.sort((a, b) => a.size - b.size), forged: opened.length - checkpoints.length }
}

/**
 * The whole pieces of what was proven last. The store is not believed: the tree that it kept has to have a root that the appliance signed.
 */
const lastProven = async (
  store: FleetStore,
  { id }: FleetAppliance,
  checkpoints: readonly Checkpoint[],
): Promise<Frontier> => {
  const [last] = await store.rows<{ frontier: Buffer }>(
    `SELECT frontier FROM sluice.verification WHERE appliance = $1 AND verdict = 'intact' ORDER BY time DESC LIMIT 1`,
    [id],
  )
  const tree = last === undefined ? null : decodeFrontier(last.frontier)
  if (tree === null) return emptyFrontier
  const isSigned = checkpoints.some(({ size, root }) => size === tree.size && rootOf(tree).equals(root))
  if (!isSigned) return emptyFrontier
  const pieces = Math.floor(tree.size / PIECE)
  return { size: pieces * PIECE, hashes: tree.hashes.slice(0, pieces.toString(2).replaceAll('0', '').length) }
}

const endOf = async (store: FleetStore, { id }: FleetAppliance): Promise<number> => {
  const [row = { end: 0 }] = await store.rows<{ end: number }>(
    'SELECT coalesce(max(sequence) + 1, 0)::float8 AS end FROM sluice.record WHERE appliance = $1',
    [id],
  )
  return row.end
}

type Range = {
  readonly start: number
  readonly end: number
  readonly sizes: readonly number[]
  readonly onProgress: FleetVerifyOptions['onProgress']
}

/** Piece after piece, where there are records. */
const examine = async (
  store: FleetStore,
  { id }: FleetAppliance,
  { start, end, sizes, onProgress }: Range,
): Promise<readonly ChunkResult[]> => {
  const examineRecord = recordExaminer({
    leafOf: (_schema, _sequence, body) => leafHashOfText(body as string),
    redactionOf: await redactionsOf(store, id),
    // What is known of payloads, of keys of reviewers and of the order of records is for "sluice log verify" on the appliance, which signed all of it.
    namesDecision: () => true,
    payloadFault: () => null,
    isSignedRightly: () => true,
  })
  const results: ChunkResult[] = []
  for (let next = start; next < end;) {
    const from = next - (next % PIECE)
    const to = Math.min(from + PIECE, end)
    const rows = await store.rows<StoredRow>(
      `SELECT sequence::float8 AS sequence, coalesce(body, '{}') AS body, encode(leaf, 'hex') AS leaf
       FROM sluice.record WHERE appliance = $1 AND sequence >= $2 AND sequence < $3 ORDER BY sequence`,
      [id, from, to],
    )
    const cuts = sizes.filter(size => size > from && size <= to)
    const task = { schema: 'sluice', from, to, read: { from, to }, cuts, isSigned: true }
    results.push(
      examineRows(task, [rows.map(({ sequence, body, leaf }): Row => [sequence, body, leaf])], examineRecord),
    )
    onProgress?.(rows.length)
    next = rows.length > 0 ? to : await firstFrom(store, id, to, end)
  }
  return results
}

type StoredRow = { readonly sequence: number; readonly body: string; readonly leaf: string }

/** Where the next record is, so that a gap of millions takes no time. */
const firstFrom = async (store: FleetStore, id: number, from: number, end: number): Promise<number> => {
  const [row] = await store.rows<{ next: number | null }>(
    'SELECT min(sequence)::float8 AS next FROM sluice.record WHERE appliance = $1 AND sequence >= $2',
    [id, from],
  )
  return row?.next ?? end
}

const redactionsOf = async (store: FleetStore, id: number) => {
  const rows = await store.rows<{ body: string }>(
    `SELECT body FROM sluice.record WHERE appliance = $1 AND kind = 'redact' ORDER BY sequence`,
    [id],
  )
  const entries = rows.map(({ body }) => JSON.parse(body) as RedactEntry)
  return (sequence: number, stored: string): RedactEntry | null =>
    entries.find(({ target, leaf }) => target === sequence && leaf === stored) ?? null
}

/**
 * The checkpoints whose root is not that of the records. One that a larger one disowns was signed for another history. Behind the first
 * record that is lost no root can be computed.
 */
const unlikeSigned = (
  checkpoints: readonly Checkpoint[],
  atSizes: ReadonlyMap<number, Frontier>,
  lost: number,
): readonly FleetEvidence[] => {
  const known = checkpoints.filter(({ size }) => size <= lost && atSizes.has(size))
  const fits = ({ size, root }: Checkpoint): boolean => rootOf(atSizes.get(size)!).equals(root)
  const proven = known.findLast(fits)?.size ?? 0
  const unlike = known.filter(checkpoint => !fits(checkpoint))
  const forks = unlike.filter(({ size }) => size <= proven)
  return [
    ...forks.map(({ size }): FleetEvidence => ({ what: 'rolled-back', sequence: size - 1 })),
    ...(unlike.length > forks.length ? [{ what: 'root-mismatch', sequence: proven } as const] : []),
  ]
}

const refusedOf = async (store: FleetStore, { id }: FleetAppliance): Promise<readonly FleetEvidence[]> => {
  const rows = await store.rows<{ what: Finding; sequence: number | null }>(
    `SELECT what, sequence::float8 AS sequence FROM sluice.refused WHERE appliance = $1
     ORDER BY what, sequence LIMIT 100`,
    [id],
  )
  return rows.filter(isKnown)
}

/** Redactions that are proven are done: the store forgets what the log forgot. */
const keepVerdict = async (
  store: FleetStore,
  { id }: FleetAppliance,
  verdict: FleetVerdict,
  frontier: Frontier | null,
): Promise<void> => {
  const evidence = verdict.kind === 'tampered' ? verdict.evidence : []
  await store.change(
    `INSERT INTO sluice.verification (appliance, verdict, first, size, frontier, evidence)
     VALUES ($1, $2, $3, $4, $5, $6::jsonb)`,
    [id, verdict.kind, verdict.from, verdict.size, frontier && encodeFrontier(frontier), JSON.stringify(evidence)],
  )
  if (verdict.kind !== 'intact') return
  await store.change(
    `UPDATE sluice.record t SET body = NULL FROM sluice.record r
     WHERE r.appliance = $1 AND r.kind = 'redact' AND r.sequence < $2
       AND t.appliance = $1 AND t.body IS NOT NULL AND t.sequence = (r.body::jsonb ->> 'target')::bigint
       AND t.leaf = decode(r.body::jsonb ->> 'leaf', 'hex')`,
    [id, verdict.size],
  )
}

/** Names under which records arrived that nobody enrolled. */
export type Stranger = { readonly log: string; readonly lines: number; readonly last: Date }

export const strangersOf = (store: FleetStore): Promise<readonly Stranger[]> =>
  store.rows('SELECT log, lines::float8 AS lines, last FROM sluice.stranger ORDER BY log')
