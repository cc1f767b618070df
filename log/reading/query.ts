import type { Database } from 'better-sqlite3'
import { boundValues, conditionOf, type DecisionFilter } from './decision-filter.ts'
import { heldList, type HeldFilter, type HeldRow } from '../held/held-list.ts'
import { countOrphans, heldTotal, type HeldTotal } from '../held/held-table.ts'
import { openLastingReader, type LastingReader } from './reader.ts'
import type { ActivationEntry, ConfigEntry, KeyEntry, LogRecord, TrafficEntry } from '../record.ts'
import { pastCases, type PastCase } from '../review/past-cases.ts'
import type { Recipient, Sealed } from '../held/seal.ts'
import { spoolGet, spoolRows, type SpoolFilter, type SpoolRow } from '../spool/spool-rows.ts'
import type { SpoolSealed } from '../spool/spool-seal.ts'
import { countTraffic, type Traffic, type TrafficProgress } from './traffic.ts'

export type { HeldFilter, HeldRow }

/** A row of the view `decisions`: one decision and how it ended. See `record.ts` for units and forms. */
export type DecisionRow = {
  readonly sequence: number
  readonly time: string
  readonly id: string
  readonly instrument: string | null
  readonly client: string
  readonly ingress: string
  readonly method: string | null
  readonly destination: string | null
  readonly route: string | null
  readonly path: string | null
  readonly verdict: 'forward' | 'block'
  readonly reason: string | null
  readonly rule: string | null
  readonly place: string | null
  /** `detector (category) in surface pointer`, joined by `; `. */
  readonly findings: string | null
  readonly bytes_in: number
  readonly bytes_out: number | null
  readonly digest: string | null
  readonly policy: string
  readonly held: 0 | 1
  readonly replay_of: string | null
  /** The outcome; all `null` while the request is under way, or when the process died before it was known. */
  readonly result: string | null
  readonly response_status: number | null
  readonly error: string | null
  readonly response_bytes: number | null
  readonly ms: number | null
}

/** A row of the view `trials`: what was decided about a request, and what a route on trial would have said. See `record.ts`. */
export type TrialRow = Pick<
  DecisionRow,
  'sequence' | 'time' | 'id' | 'instrument' | 'destination' | 'route' | 'verdict' | 'reason'
> & {
  /** Id of the route on trial. */
  readonly candidate: string
  readonly trial: 'would-allow' | 'would-block'
  readonly trial_reason: string | null
  readonly trial_rule: string | null
  readonly trial_place: string | null
  readonly trial_findings: string | null
}

/** `trial`: only with this verdict of the route on trial. */
export type TrialFilter = DecisionFilter & { readonly trial?: 'would-allow' | 'would-block' }

/** A record with its index in the Merkle tree and its leaf hash, 32 octets. */
export type StoredRecord = { readonly record: LogRecord; readonly leaf: Uint8Array }

/** What became of releases: `recent` began since a time, `failures` ended badly in a row, up to now. */
export type ReleaseFigures = { readonly recent: number; readonly failures: number }

/** For whom a held payload is sealed. */
export type HeldKeys = { readonly decision: string; readonly recipients: readonly Recipient[] }

/** A policy that came into force; `policy` is its digest. See `ActivationEntry`. */
export type ActivationRow = Omit<ActivationEntry, 'kind' | 'id'> & {
  /** Counted from 1. */
  readonly number: number
}

/** One time that the traffic was stopped or let out again. See `TrafficEntry`. */
export type TrafficRow = Omit<TrafficEntry, 'id'> & {
  /** Counted from 1. */
  readonly number: number
}

/** Settings from a start on. `number`: counted from 1. See `ConfigEntry`. */
export type ConfigRow = Pick<ConfigEntry, 'time' | 'settings'> & { readonly number: number }

/** A request that was let out, as far as budgets go. */
export type ForwardedRow = {
  readonly time: string
  readonly instrument: string
  readonly route: string
  /** 0 in records of a time when they were not counted. */
  readonly nucleotides: number
}

/** A connection that passed unopened, as far as its budget goes. */
export type SplicedRow = {
  readonly time: string
  readonly id: string
  /** `host:port`. */
  readonly destination: string
  /** Octets both ways that were set aside, and that passed; null when nobody recorded how it ended, as is then `ms`. */
  readonly reserved: number
  readonly used: number | null
  readonly ms: number | null
}

/** The reading end of the log; it may be used beside the writer, in another process. */
export type LogReader = {
  /** Newest first. @param filter - `limit`: how many of the newest, at most; default 100 */
  readonly list: (filter?: DecisionFilter & { readonly limit?: number }) => readonly DecisionRow[]
  /** Newest first and one by one, however many: no more than a page of them is in memory, and no transaction is held. */
  readonly each: (filter?: DecisionFilter & { readonly limit?: number }) => Generator<DecisionRow>
  /** Those that a route on trial judged as well; as `each`. */
  readonly trials: (filter?: TrialFilter & { readonly limit?: number }) => Generator<TrialRow>
  /** Every record about a decision, oldest first: itself, its outcome, reviews, purge, and its replays. */
  readonly show: (id: string) => readonly StoredRecord[]
  /** Newest first. @param filter - `limit`: default 100 */
  readonly heldList: (filter?: HeldFilter & { readonly limit?: number }) => readonly HeldRow[]
  /** Every payload about which people said or decided something, held or not: for `similarCases`. */
  readonly pastCases: () => readonly PastCase[]
  /** Releases since a time (RFC 3339, UTC, milliseconds), and those that failed since the last one that did not, or since they were resumed. */
  readonly releaseFigures: (since: string) => ReleaseFigures
  readonly heldGet: (decision: string) => Sealed | null
  /** Those of them that are held, by their decisions: for whoever opens many. */
  readonly heldGetAll: (decisions: readonly string[]) => ReadonlyMap<string, Sealed>
  /** How many of the held payloads each key opens, by its fingerprint. */
  readonly heldByKey: () => ReadonlyMap<string, number>
  /** Payloads that a key opens, in the order of their ids, without their content. @param after - id from which to go on */
  readonly heldFor: (fingerprint: string, after: string, limit: number) => readonly HeldKeys[]
  /** Payloads that were blocked before a time (RFC 3339, UTC, milliseconds), oldest first. */
  readonly heldBefore: (time: string, limit: number) => readonly string[]
  readonly heldTotal: () => HeldTotal
  /** Payloads that are held for which there is no decision. */
  readonly heldOrphans: () => number
  /** Payloads that wait to be sent, or for a person, in the order in which they were accepted. @param filter - `limit`: default all */
  readonly spoolList: (filter?: SpoolFilter & { readonly limit?: number }) => readonly SpoolRow[]
  readonly spoolGet: (decision: string) => SpoolSealed | null
  /** Every change of the keys to which payloads are sealed, oldest first. */
  readonly reviewerKeys: () => readonly KeyEntry[]
  /** Every policy that came into force, oldest first. */
  readonly activations: () => readonly ActivationRow[]
  /** Settings of each start at which they were others than before, oldest first. */
  readonly configs: () => readonly ConfigRow[]
  /** Every time that the traffic was stopped or let out again, oldest first. */
  readonly switches: () => readonly TrafficRow[]
  /**
   * Every request that was let out, oldest first, from the first record on that says to be no older than `time`.
   * @param use - gets them one by one, and may not keep the iterator
   */
  readonly forwardedSince: <Result>(time: string, use: (rows: Iterable<ForwardedRow>) => Result) => Result
  /** Every connection that passed unopened; as `forwardedSince`. */
  readonly splicedSince: (time: string) => readonly SplicedRow[]
  /** The last signed checkpoint: a signed note (C2SP) that names the log, its size and the root of its tree. */
  readonly checkpoint: () => string
  /** Decisions from a time on (RFC 3339, UTC, milliseconds), counted by how they came and what was decided. */
  readonly traffic: (since: string, onProgress?: (progress: TrafficProgress) => void) => readonly Traffic[]
  readonly close: () => void
}

const DEFAULT_LIMIT = 100
/** More than SQLite ever has. */
const ALL = Number.MAX_SAFE_INTEGER

/** @throws LogError `ERR_LOG_MISSING`, `ERR_LOG_VERSION`, `ERR_LOG_UNREADABLE` */
export const openLogReader = (directory: string): LogReader => {
  const reader = openLastingReader(directory)
  const { read, close } = reader
  return {
    list: ({ limit = DEFAULT_LIMIT, ...filter } = {}) => [...each(reader, filter, limit)],
    each: ({ limit = Infinity, ...filter } = {}) => each(reader, filter, limit),
    trials: ({ limit = Infinity, ...filter } = {}) => trials(reader, filter, limit),
    show: id => read(database => show(database, id)),
    heldList: ({ limit = DEFAULT_LIMIT, ...filter } = {}) => read(database => heldList(database, filter, limit)),
    pastCases: () => read(pastCases),
    releaseFigures: since => read(database => releaseFigures(database, since)),
    heldGet: decision => heldGetAll(reader, [decision]).get(decision) ?? null,
    heldGetAll: decisions => heldGetAll(reader, decisions),
    heldByKey: () => read(heldByKey),
    heldFor: (fingerprint, after, limit) => read(database => heldFor(database, fingerprint, after, limit)),
    heldBefore: (time, limit) => read(database => heldBefore(database, time, limit)),
    heldTotal: () => read(heldTotal),
    heldOrphans: () => read(countOrphans),
    spoolList: ({ limit = ALL, ...filter } = {}) => read(database => spoolRows(database, filter, limit)),
    spoolGet: decision => read(database => spoolGet(database, decision)),
    reviewerKeys: () => read(reviewerKeys),
    activations: () => read(activations),
    configs: () => read(configs),
    switches: () => read(switches),
    forwardedSince: (time, use) => read(database => use(forwardedSince(database, time))),
    splicedSince: time => read(database => splicedSince(database, time)),
    traffic: (since, onProgress) => read(database => countTraffic(database, since, onProgress)),
    checkpoint: () => read(database => database.prepare('SELECT checkpoint FROM tree').pluck().get() as string),
    close,
  }
}

const PAGE = 1_000

const each = (reader: LastingReader, filter: DecisionFilter, limit: number): Generator<DecisionRow> =>
  pages(reader, `SELECT * FROM decisions WHERE ${conditionOf(filter)}`, boundValues(filter), limit)

const trials = (reader: LastingReader, { trial, ...filter }: TrialFilter, limit: number): Generator<TrialRow> => {
  const said = trial === undefined ? '' : ' AND trial = @trial'
  const values = { ...boundValues(filter), ...(trial !== undefined && { trial }) }
  return pages(reader, `SELECT * FROM trials WHERE ${conditionOf(filter)}${said}`, values, limit)
}

/** @param query - selects rows of a view by a condition that can be added to */
const pages = function* <Row extends { readonly sequence: number }>(
  { read }: LastingReader,
  query: string,
  values: Readonly<Record<string, string>>,
  limit: number,
): Generator<Row> {
  const page = `${query} AND sequence < @before ORDER BY sequence DESC LIMIT @page`
  let before = Number.MAX_SAFE_INTEGER
  for (let left = limit; left > 0; left -= PAGE) {
    const bound = { ...values, before, page: Math.min(left, PAGE) }
    const rows = read(database => database.prepare(page).all(bound) as Row[])
    yield* rows
    if (rows.length < Math.min(left, PAGE)) return
    before = rows.at(-1)!.sequence
  }
}

const show = (database: Database, id: string): readonly StoredRecord[] => {
  const rows = database
    .prepare(
      'SELECT sequence, body, leaf FROM record WHERE id = @id OR decision = @id OR replay_of = @id ORDER BY sequence',
    )
    .all({ id }) as { body: string; leaf: Uint8Array }[]
  return rows.map(({ body, leaf }) => ({ record: JSON.parse(body) as LogRecord, leaf }))
}

/** By the index of what befell held payloads; its condition has to stand in the query for that. */
const releaseFigures = (database: Database, since: string): ReleaseFigures =>
  database
    .prepare(
      `WITH event AS (SELECT sequence, kind, time FROM record WHERE kind >= 'review.' AND kind < 'review/')
       SELECT (SELECT count(*) FROM event WHERE kind = 'review.release' AND time >= @since) AS recent,
         (SELECT count(*) FROM event WHERE kind IN ('review.release-failed', 'review.release-unknown') AND sequence >
           (SELECT coalesce(max(sequence), -1) FROM event WHERE kind IN ('review.released', 'review.resume'))) AS failures`,
    )
    .get({ since }) as ReleaseFigures

const heldGetAll = ({ read }: LastingReader, decisions: readonly string[]): ReadonlyMap<string, Sealed> => {
  type Row = { decision: string; nonce: Uint8Array; ciphertext: Uint8Array; recipients: string }
  const rows = read(
    database =>
      database
        .prepare(
          `SELECT decision, nonce, ciphertext, recipients FROM held WHERE decision IN (SELECT value FROM json_each(?))`,
        )
        .all(JSON.stringify(decisions)) as Row[],
  )
  return new Map(
    rows.map(({ decision, recipients, ...sealed }) => [decision, { ...sealed, recipients: recipientsOf(recipients) }]),
  )
}

const heldByKey = (database: Database): ReadonlyMap<string, number> =>
  new Map(
    database
      .prepare(
        `SELECT key.value ->> '$.fingerprint', count(*) FROM held, json_each(held.recipients) key GROUP BY 1 ORDER BY 1`,
      )
      .raw()
      .all() as [string, number][],
  )

const heldFor = (database: Database, fingerprint: string, after: string, limit: number): readonly HeldKeys[] => {
  const rows = database
    .prepare(
      `SELECT decision, recipients FROM held
       WHERE decision > @after
         AND EXISTS (SELECT 1 FROM json_each(recipients) key WHERE key.value ->> '$.fingerprint' = @fingerprint)
       ORDER BY decision LIMIT @limit`,
    )
    .all({ fingerprint, after, limit }) as { decision: string; recipients: string }[]
  return rows.map(({ decision, recipients }) => ({ decision, recipients: recipientsOf(recipients) }))
}

const heldBefore = (database: Database, time: string, limit: number): readonly string[] =>
  database
    .prepare(
      `SELECT h.decision FROM held h JOIN record r ON r.id = h.decision AND r.kind = 'decision'
       WHERE r.time < ? AND h.state <> 'releasing' ORDER BY h.decision LIMIT ?`,
    )
    .pluck()
    .all(time, limit) as string[]

const activations = (database: Database): readonly ActivationRow[] =>
  numbered<ActivationEntry>(database, 'activation').map(({ number, entry }) => {
    const { time, policy, previous, cause, actor, bundle } = entry
    return { number, time, policy, previous, cause, actor, ...(bundle && { bundle }) }
  })

const configs = (database: Database): readonly ConfigRow[] =>
  numbered<ConfigEntry>(database, 'config').map(({ number, entry: { time, settings } }) => ({ number, time, settings }))

const switches = (database: Database): readonly TrafficRow[] =>
  numbered<TrafficEntry>(database, 'traffic').map(({ number, entry }) => {
    const { kind, time, instrument, actor } = entry
    return { number, kind, time, instrument, actor }
  })

const reviewerKeys = (database: Database): readonly KeyEntry[] =>
  numbered<KeyEntry>(database, 'key').map(({ entry }) => entry)

/**
 * Records whose ids are a word and their number, oldest first. They are found by the range of their ids, because ids have an
 * index and kinds have none: `.` follows `-` in ASCII.
 */
const numbered = <Entry extends { readonly id: string }>(
  database: Database,
  word: string,
): readonly { readonly number: number; readonly entry: Entry }[] => {
  const bodies = database
    .prepare('SELECT body, sequence FROM record WHERE id >= ? AND id < ? ORDER BY sequence')
    .pluck()
    .all(`${word}-`, `${word}.`) as string[]
  return bodies.map(body => {
    const entry = JSON.parse(body) as Entry
    return { number: Number(entry.id.slice(word.length + 1)), entry }
  })
}

/** In the order of the log, which no clock can change: records behind the first may say to be older. */
const forwardedSince = (database: Database, time: string): Iterable<ForwardedRow> => {
  const first = database.prepare('SELECT min(sequence) FROM record WHERE time >= ?').pluck().get(time) as number | null
  return database
    .prepare(
      `SELECT time, instrument, route, coalesce(body ->> '$.nucleotides', 0) AS nucleotides FROM record
       WHERE sequence >= ? AND kind = 'decision' AND verdict = 'forward' AND route IS NOT NULL
       ORDER BY sequence`,
    )
    .iterate(first ?? Number.MAX_SAFE_INTEGER) as IterableIterator<ForwardedRow>
}

/** Likewise. The outcome is found by its index, also where the log is made up of several files. */
const splicedSince = (database: Database, time: string): readonly SplicedRow[] => {
  const first = database.prepare('SELECT min(sequence) FROM record WHERE time >= ?').pluck().get(time) as number | null
  const ofOutcome = (what: string): string =>
    `(SELECT ${what} FROM record o WHERE o.decision = d.id AND o.kind = 'outcome' LIMIT 1)`
  return database
    .prepare(
      `SELECT d.time, d.id, d.destination, d.body ->> '$.splice.reserved' AS reserved,
         ${ofOutcome("coalesce(o.body ->> '$.bytes', 0) + coalesce(o.body ->> '$.bytesUp', 0)")} AS used,
         ${ofOutcome("o.body ->> '$.ms'")} AS ms, d.sequence
       FROM record d WHERE d.sequence >= ? AND d.kind = 'decision' AND d.verdict = 'forward' AND d.route IS NULL
         AND d.body -> '$.splice' IS NOT NULL
       ORDER BY d.sequence`,
    )
    .all(first ?? Number.MAX_SAFE_INTEGER) as SplicedRow[]
}

const recipientsOf = (json: string): Recipient[] => JSON.parse(json) as Recipient[]
