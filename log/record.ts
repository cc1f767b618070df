import { METHODS } from 'node:http'
import { isIP } from 'node:net'
import type { DeliveryPromise } from '../rules/delivery.ts'
import { LogError } from './log-error.ts'

/**
 * What can stand in the log. No field can hold a payload's value, a query string or a credential: each has a closed
 * form that `checkEntry` enforces at run time, whatever the types were told.
 */

/** RFC 3339, UTC, milliseconds: `2026-03-01T09:30:00.000Z`. */
type Time = string
/** A UUIDv7 (RFC 9562) in lower case. */
type DecisionId = string

/** Where something was found and by which detector; see `rules/verdict.ts`. `length` in UTF-16 code units or octets. */
export type FindingRecord = {
  readonly detector: string
  readonly category: string
  readonly surface: string
  readonly pointer: string
  readonly chain: readonly string[]
  readonly length: number
}

/** A finding that a named exception of the policy let pass; `exception` is its id. */
export type ExceptedRecord = FindingRecord & { readonly exception: string }

/** What a route with `mode: report-only` would have said of the request; it had no part in the verdict. See `rules/verdict.ts`. */
export type TrialRecord = {
  readonly route: string
  readonly verdict: 'would-allow' | 'would-block'
  readonly reason: string | null
  readonly rule: string | null
  readonly place: { readonly surface: string; readonly pointer: string } | null
  readonly findings: readonly FindingRecord[]
  /** Ids of the exceptions without which there would have been findings, or more of them. */
  readonly exceptions: readonly string[]
}

/** What was decided about one request, before any of it was let out. */
export type DecisionEntry = {
  readonly kind: 'decision'
  readonly id: DecisionId
  readonly time: Time
  readonly ingress: 'connect' | 'gateway' | 'redirect' | 'plain' | 'replay'
  /** IP address of the peer; `::` where it is not known, or where the record is of many. */
  readonly client: string
  /** Ids of the policy. */
  readonly instrument: string | null
  readonly route: string | null
  /** `host:port`. */
  readonly destination: string | null
  /** One of the methods that Node's HTTP parser knows. */
  readonly method: string | null
  /** The route's template, such as `/v1/runs/{runId}`; never the path that was sent. */
  readonly path: string | null
  readonly verdict: 'forward' | 'block'
  readonly reason: string | null
  /** The schema keyword, framing rule or limit that was broken, and where. */
  readonly rule: string | null
  readonly place: { readonly surface: string; readonly pointer: string } | null
  readonly findings: readonly FindingRecord[]
  /** Ids of the exceptions that were used, and what they let pass; absent when none was. */
  readonly exceptions?: readonly string[]
  readonly excepted?: readonly ExceptedRecord[]
  /** `sha256:` and 64 hexadecimal digits. */
  readonly policy: string
  /** Octets of the body as received, and as it would be sent. */
  readonly bytesIn: number
  readonly bytesOut: number | null
  /**
   * How many nucleotides a forwarded request spells in fragments too short for any detector; null for a blocked one. Records of a
   * time when they were not counted do not have it.
   */
  readonly nucleotides?: number | null
  /** Lines of a log that no template of the route reads, and that stayed behind; absent where there were none. */
  readonly linesDropped?: number
  /**
   * How many were decided on in the same way, for the same client, in the minute before, of which only the first has a record of its own;
   * absent in a record of one.
   */
  readonly times?: number
  /** Keyed digest of the received body, from `Journal.digest`. */
  readonly digest: string | null
  /** The decision whose held payload this is, sent again: by a release where `release` stands, else by a replay; or whose spooled payload it is, blocked by now. */
  readonly replayOf: DecisionId | null
  /** What a release let out although inspection blocks it, `findings` and `place` included; absent for everything else. */
  readonly release?: { readonly overrode: string | null }
  /** Whether the payload was sealed and kept for the reviewers. */
  readonly held: boolean
  /** Only where a payload would have been held, and was not because there was no room for it. */
  readonly dropped?: 'held-full'
  /** Keyed digest of the whole held payload, with its header section: names what may be sent again. Only where it is held. */
  readonly payload?: string
  /** Only where a route was on trial. */
  readonly trial?: TrialRecord
  /**
   * Only of a connection that was to pass unopened, so that nobody saw what it carried. `reserved`: octets both ways that were set aside for
   * it; 0 where it was blocked.
   */
  readonly splice?: { readonly reserved: number }
  /**
   * Only where the request waits for its destination: the instrument was answered 202. On which promise, how many octets are sealed, and until
   * when it waits. The decision itself lets nothing out: each attempt is a `spool.send`.
   */
  readonly spool?: { readonly promise: DeliveryPromise; readonly bytes: number; readonly expires: Time }
}

/**
 * How a request ended: `answered` by the appliance itself, `relayed` from the vendor, or `failed` on the way; `spliced`: a connection that passed
 * unopened, with `error` where it was cut; `delivered`: after it was spooled, so that nothing of the answer went back.
 */
export type OutcomeEntry = {
  readonly kind: 'outcome'
  readonly time: Time
  readonly decision: DecisionId
  readonly result: 'relayed' | 'failed' | 'answered' | 'spliced' | 'delivered'
  readonly status: number | null
  readonly error: string | null
  /** Octets of response content that went back; of a connection that passed unopened, all that came back. */
  readonly bytes: number
  /** Octets that left by a connection that passed unopened; absent for requests. */
  readonly bytesUp?: number
  readonly ms: number
  /** `proxy`: it went through an upstream proxy, which resolved the host, so no address was checked here; absent: directly. */
  readonly via?: 'proxy'
  /** `status-only`: of the vendor's answer nothing but the status went back; absent: what the route lets back. */
  readonly response?: 'status-only'
}

/**
 * What befell a held payload; `review/states.ts` says which state it leads to, and the writer changes the state in the same transaction.
 * `actor` is `os:` and the operating system's name for whoever asked, or `sluice` for what the appliance found out itself.
 */
type Reviewed<Kind extends string> = {
  readonly kind: Kind
  readonly time: Time
  readonly decision: DecisionId
  readonly actor: string
}

/** Why somebody did it, in their own words: 200 characters at the most, and nothing in it that a detector finds. */
type Because = { readonly because: string }

/** Signed with a reviewer's key; `review/statement.ts` says over what. `value`: Ed25519 (RFC 8032), 64 octets in base64url. */
export type SignatureRecord = { readonly reviewer: string; readonly fingerprint: string; readonly value: string }

/** Somebody looked at the payload: recorded before it is shown. `because` is null where only its structure was shown. */
export type OpenEntry = Reviewed<'review.open'> & {
  readonly action: 'show' | 'reveal'
  readonly because: string | null
}

/** A command read the payload, for counts or a schema: nobody saw it. */
export type ReadEntry = Reviewed<'review.read'>

export type NoteEntry = Reviewed<'review.note'> & { readonly note: string }

/** A release was approved: of this payload, to this destination, under this policy, up to this time. */
export type ApproveEntry = Reviewed<'review.approve'> &
  Because & {
    readonly payload: string
    readonly policy: string
    readonly destination: string
    readonly expires: Time
    readonly signature: SignatureRecord | null
  }

/** `leak`: it was stopped rightly. `false-positive`: the policy has to be mended, and a replay may then send it. */
export type RejectEntry = Reviewed<'review.reject'> & Because & { readonly finding: 'leak' | 'false-positive' }

/** The approval fell away. */
export type ExpireEntry = Reviewed<'review.expire'> & { readonly cause: 'time' | 'policy' | 'destination' }

/**
 * A release begins: stands in one transaction with the decision whose id is `release`. `approvals` are the sequences of the approvals on
 * which it rests, `people` how many different ones the settings asked for.
 */
export type ReleaseEntry = Reviewed<'review.release'> &
  Because & {
    readonly release: DecisionId
    readonly approvals: readonly number[]
    readonly people: 1 | 2
    /** What was sent as `Idempotency-Key`. */
    readonly key: string
    readonly signature: SignatureRecord | null
  }

/** How a release ended, in one transaction with its outcome. `status` is the vendor's, `error` a fault on the way. */
export type ReleaseEndEntry = Reviewed<'review.released' | 'review.release-failed' | 'review.release-unknown'> & {
  readonly release: DecisionId
  readonly status: number | null
  readonly error: string | null
}

/** Today's policy lets it through: stands in one transaction with the decision whose id is `replay`. */
export type ReplayEntry = Reviewed<'review.replay'> & Because & { readonly replay: DecisionId }

/** Somebody tried to send it again, and inspection blocked it: stands in one transaction with the decision whose id is `attempt`. */
export type BlockedEntry = Reviewed<'review.blocked'> & Because & { readonly attempt: DecisionId }

/** Nothing of a replay was written upstream, so that it can be replayed again. */
export type UnsentEntry = Reviewed<'review.unsent'> & { readonly replay: DecisionId; readonly error: string }

/** A held payload was deleted; the writer deletes it in the same transaction. */
export type PurgeEntry = Reviewed<'purge'> & {
  readonly cause: 'retention' | 'reviewer'
  readonly because: string | null
}

export type ReviewEntry =
  | OpenEntry
  | ReadEntry
  | NoteEntry
  | ApproveEntry
  | RejectEntry
  | ExpireEntry
  | ReleaseEntry
  | ReleaseEndEntry
  | ReplayEntry
  | BlockedEntry
  | UnsentEntry
  | PurgeEntry

/**
 * What befell a spooled payload; `spool/states.ts` says which state it leads to, and the writer changes the state in the same transaction.
 * `actor` is `os:` and the operating system's name for whoever asked, or `sluice`.
 */
type Spooled<Kind extends string> = {
  readonly kind: Kind
  readonly time: Time
  readonly decision: DecisionId
  readonly actor: string
}

/** An attempt begins: durable before its first octet leaves. `policy`: the one that let it out anew; `attempt` is counted from 1. */
export type SendEntry = Spooled<'spool.send'> & { readonly policy: string; readonly attempt: number }

/** How an attempt ended that is not the last: `next` is when it is tried again at the earliest. `status` is the vendor's, `error` a fault on the way. */
export type AttemptEndEntry = Spooled<'spool.unsent' | 'spool.again'> & {
  readonly status: number | null
  readonly error: string | null
  readonly next: Time
}

/** The vendor took it, does not take it, or nobody knows; `error` of `spool.stuck` may also be why it could not even be sent. */
export type SpoolEndEntry = Spooled<'spool.delivered' | 'spool.stuck' | 'spool.unknown'> & {
  readonly status: number | null
  readonly error: string | null
}

/** The policy blocks it by now: stands in one transaction with that decision, whose id is `attempt`. */
export type SpoolBlockedEntry = Spooled<'spool.blocked'> & { readonly attempt: DecisionId }

/** A person decided, and says why. */
export type SpoolPersonEntry = Spooled<'spool.retry' | 'spool.dropped'> & Because

export type SpoolEntry =
  | SendEntry
  | AttemptEndEntry
  | SpoolEndEntry
  | SpoolBlockedEntry
  | SpoolPersonEntry
  | Spooled<'spool.expired' | 'spool.withdrawn'>

/** Releases go on after too many of them had failed. */
export type ResumeEntry = Because & { readonly kind: 'review.resume'; readonly time: Time; readonly actor: string }

/** The appliance runs. `id` is `run-` and the number of the run in ten digits, counted from 1; its end has the same. */
export type StartEntry = {
  readonly kind: 'start'
  readonly id: string
  readonly time: Time
  readonly version: string
  readonly policy: string
}

export type StopEntry = {
  readonly kind: 'stop'
  readonly id: string
  readonly time: Time
  readonly cause: 'signal' | 'request' | 'fault'
  readonly requests: RequestCounts
}

/**
 * Requests since the start of the run, counted in different places so that they can be compared: `accepted` where they come
 * in, of which `open` have not been answered; `decided` where the log says that their decision is durable, `refused` where it
 * says that it is not; `sent` where they go out.
 */
export type RequestCounts = {
  readonly accepted: number
  readonly open: number
  readonly decided: number
  readonly refused: number
  readonly sent: number
}

/**
 * The checkpoint of `size` and `root` (base64) went out to be kept elsewhere: as a line of standard output, and to the folder of
 * anchors when there is one. `file` is null when there is none.
 */
export type AnchorEntry = {
  readonly kind: 'anchor'
  readonly time: Time
  readonly size: number
  readonly root: string
  readonly file: 'written' | 'failed' | null
  /** What the operating system said of a file that could not be written, such as `ENOSPC`. */
  readonly error: string | null
  readonly requests: RequestCounts
}

/**
 * A policy came into force. Requests that began before may still be decided under the one before it; no request was decided
 * under this one earlier. `id` is `activation-` and the number of the activation, counted from 1 (so that it is found by
 * the index of ids); the copy of the policy is kept under that number. `actor` is `sluice` for what the appliance did itself.
 */
export type ActivationEntry = {
  readonly kind: 'rules.activate'
  readonly id: string
  readonly time: Time
  /** Digest of the policy, and of the one that was in force before it: null for the first of all. */
  readonly policy: string
  readonly previous: string | null
  readonly cause: 'start' | 'activate' | 'rollback'
  readonly actor: string
  /** The signed bundle that it came in; absent where it came in none. */
  readonly bundle?: BundleRecord
}

/** `digest`: of the text that was signed. `signer`: name of the key. The highest `serial` there is keeps older bundles out. */
export type BundleRecord = {
  readonly serial: number
  readonly digest: string
  readonly expires: Time
  readonly signer: string
}

/**
 * The appliance asks the server of its policy bundles for the newest: durable before anything leaves. Nothing goes there but the URL of
 * the settings (which `config.change` has), and with `unless` the entity tag under which the server gave out the bundle of that digest, which
 * it need not send again. `id` names the fetch.
 */
export type FetchEntry = {
  readonly kind: 'bundle.fetch'
  readonly id: DecisionId
  readonly time: Time
  /** `host:port`. */
  readonly destination: string
  readonly unless: string | null
}

/**
 * How that ended; missing where the process died in between. `unchanged`: the server has nothing newer than what was in force here.
 * `activated`: what came is in force now, as the `rules.activate` right before says. `refused`: what came is not taken. `failed`: nothing
 * came. After the last two the policy in force stays; `error` is a code that says why.
 */
export type FetchedEntry = {
  readonly kind: 'bundle.fetched'
  readonly time: Time
  readonly fetch: DecisionId
  readonly result: 'unchanged' | 'activated' | 'refused' | 'failed'
  /** Of HTTP; null when there was no answer. */
  readonly status: number | null
  readonly error: string | null
  /** Octets of content that came. */
  readonly bytes: number
  readonly ms: number
}

/**
 * A person stopped what an instrument sends, or everything (`instrument` null), or let it out again. `id` is `traffic-` and the number
 * of the record among those, counted from 1. The two are switches of their own: to let everything out lifts no pause of an instrument.
 */
export type TrafficEntry = {
  readonly kind: 'traffic.pause' | 'traffic.resume'
  readonly id: string
  readonly time: Time
  readonly instrument: string | null
  readonly actor: string
}

/**
 * The appliance started with other settings (appliance.yaml) than the last time; `settings` has all of them, by their paths. `id` is `config-`
 * and a number counted from 1.
 */
export type ConfigEntry = {
  readonly kind: 'config.change'
  readonly id: string
  readonly time: Time
  readonly settings: Readonly<Record<string, string | number | boolean>>
}

/**
 * From `since` to `time` nothing could be written. `refused` appends were turned away, so nothing left for them; null when the process
 * had ended without a word (`process-died`; `since` is then the time of its last record), and nobody counted.
 */
export type GapEntry = {
  readonly kind: 'gap'
  readonly time: Time
  readonly since: Time
  readonly cause: 'commit-failed' | 'writer-died' | 'process-died'
  readonly refused: number | null
}

/**
 * The lab's certificate authority changed: a new one was added, to be trusted besides (`add`); it signs from now on (`activate`); the one
 * before it is given to no instrument any more (`retire`); one that never signed was dropped (`discard`). `certificate` and `previous` are
 * SHA-256 digests of certificates: of the one that the change is about, and of the one whose place it takes, if any.
 */
export type AuthorityEntry = {
  readonly kind: 'ca.rotate'
  readonly time: Time
  readonly action: 'add' | 'activate' | 'retire' | 'discard'
  readonly certificate: string
  readonly previous: string | null
  readonly actor: string
}

/**
 * The keys to which payloads are sealed changed: a reviewer's keys were added or retired, or replaced by new ones (`rotate`); or payloads that
 * are held were sealed to the new keys in place of the old ones (`reseal`), in the same transaction. From this record on, and no
 * earlier, are payloads sealed so. `id` is `key-` and a number counted from 1 (so that it is found by the index of ids). `actor` is `sluice` for
 * what the appliance found changed in its folder when it started.
 */
export type KeyEntry = {
  readonly kind: 'key.rotate'
  readonly id: string
  readonly time: Time
  readonly action: 'add' | 'retire' | 'rotate' | 'reseal'
  readonly reviewer: string
  /** Fingerprint (`sha256:…`) of the key that payloads were sealed to before, and are from now on. */
  readonly previous: string | null
  readonly fingerprint: string | null
  /** The Ed25519 key that checks the reviewer's signatures from now on: 32 octets in base64url. */
  readonly signingKey: string | null
  /** How many payloads were sealed anew. */
  readonly resealed: number
  readonly actor: string
}

/** `swept` payloads were held for which there was no decision; the writer deletes them in the same transaction. */
export type SweepEntry = { readonly kind: 'held.sweep'; readonly time: Time; readonly swept: number }

/**
 * Records `first` to `last` were moved into a sealed segment file, and dropped from the database after this. `root`: RFC 6962 root of
 * these records alone, in base64. `id` is `sealed-` and the first of them.
 */
export type SealEntry = {
  readonly kind: 'segment.seal'
  readonly id: string
  readonly time: Time
  readonly first: number
  readonly last: number
  readonly root: string
}

/**
 * The segment with the records `first` to `last` was deleted, as all before it was by then. `root`: what a checkpoint of the log of
 * `last` + 1 records signs, so that this one record vouches for all that is gone. `id` is `purged-` and the first of them.
 */
export type DropEntry = {
  readonly kind: 'segment.purge'
  readonly id: string
  readonly time: Time
  readonly first: number
  readonly last: number
  readonly count: number
  readonly root: string
  readonly actor: string
}

/**
 * The body of record `target` was emptied; its leaf hash (`leaf`, hexadecimal) stays where it was. What others rely on is kept here: what
 * it was, and the decision that it was or was about. `id` is `redacted-` and the target.
 */
export type RedactEntry = {
  readonly kind: 'redact'
  readonly id: string
  readonly time: Time
  readonly target: number
  readonly leaf: string
  readonly was: (typeof redactable)[number]
  readonly decision: DecisionId
  readonly verdict: 'forward' | 'block' | null
  readonly reason: RedactReason
  readonly actor: string
}

/** Kinds whose records can be redacted: those that tell of somebody's request or review. The log cannot be understood without the others. */
export const redactable = [
  'decision',
  'outcome',
  'review.open',
  'review.read',
  'review.note',
  'review.approve',
  'review.reject',
  'review.expire',
  'review.release',
  'review.released',
  'review.release-failed',
  'review.release-unknown',
  'review.replay',
  'review.blocked',
  'review.unsent',
  'spool.retry',
  'spool.dropped',
] as const satisfies readonly Entry['kind'][]

/** Why a record is redacted: a closed list, because a text could say again what is to be forgotten. */
export const redactReasons = [
  'personal-data',
  'health-data',
  'sequence-data',
  'credential',
  'erasure-request',
  'legal-order',
] as const

export type RedactReason = (typeof redactReasons)[number]

/** What callers append. */
export type Entry =
  | DecisionEntry
  | OutcomeEntry
  | ReviewEntry
  | SpoolEntry
  | ResumeEntry
  | StartEntry
  | StopEntry
  | ActivationEntry
  | AuthorityEntry
  | KeyEntry
  | SweepEntry
  | AnchorEntry
  | FetchEntry
  | FetchedEntry
  | TrafficEntry
  | ConfigEntry
  | GapEntry
  | SealEntry
  | DropEntry
  | RedactEntry

/**
 * What the journal adds. `salt`: 16 random octets in base64url, so that a record can be redacted while its hash stays.
 * `seal`: `sealDigest` of the held or spooled payload, so that it cannot be exchanged unseen.
 */
type Added = { readonly v: 1; readonly salt: string; readonly seal: string | null }

export type Salted = Entry & Added

/** A record as it is hashed and stored. `sequence` is its index in the Merkle tree, from 0. */
export type LogRecord = Salted & { readonly sequence: number }

type Check = ((value: unknown) => boolean) & { readonly isOptional?: true }

const matching =
  (pattern: RegExp): Check =>
  value =>
    typeof value === 'string' && pattern.test(value)

const oneOf =
  (...values: readonly (string | boolean)[]): Check =>
  value =>
    (values as readonly unknown[]).includes(value)

const orNull =
  (check: Check): Check =>
  value =>
    value === null || check(value)

/** Of a field that may be left out; it is not written as null or undefined then. */
const optional = (check: Check): Check => Object.assign((value: unknown) => check(value), { isOptional: true as const })

const listOf =
  (check: Check, limit: number): Check =>
  value =>
    Array.isArray(value) && value.length <= limit && value.every(check)

const shape =
  (fields: Readonly<Record<string, Check>>): Check =>
  value =>
    typeof value === 'object' && value !== null && wrongField(value, fields) === null

const count: Check = value => Number.isSafeInteger(value) && (value as number) >= 0
const time = matching(/^\d{4}-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-6]\d\.\d{3}Z$/)
const uuid = matching(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
const id = matching(/^[a-z0-9][a-z0-9-]{0,62}$/)
const keyword = matching(/^[A-Za-z$][A-Za-z0-9_.:-]{0,63}$/)
const actor = matching(/^[A-Za-z0-9][A-Za-z0-9._@:-]{0,127}$/)
const sha256 = matching(/^sha256:[0-9a-f]{64}$/)
/** A root hash. */
const base64Root = matching(/^[A-Za-z0-9+/]{43}=$/)
const keyedDigest = matching(/^hmac-sha256:[0-9a-f]{64}$/)
const destination = matching(/^([a-z0-9._-]{1,253}|\[[0-9a-f:.]{2,45}\]):[0-9]{1,5}$/)
/** A person's own words; `rules/free-text.ts` has looked through them before. */
const words = matching(/^[^\p{C}\p{Zl}\p{Zp}]{1,200}$/u)
const surface = oneOf('path', 'query', 'header', 'body')
/** JSON Pointer (RFC 6901) without control characters. */
const pointer: Check = value => matching(/^(\/[^\p{Cc}]{0,2048})?$/u)(value) && (value as string).isWellFormed()

/** Longest list of findings that a record takes; more must be cut by the caller. */
export const MAX_FINDINGS = 1_000

/** As many as a policy may have. */
const MAX_EXCEPTIONS = 200

const findingFields = {
  detector: id,
  category: id,
  surface,
  pointer,
  chain: listOf(keyword, 32),
  length: count,
} satisfies Record<keyof FindingRecord, Check>

const excepted = shape({ ...findingFields, exception: id } satisfies Record<keyof ExceptedRecord, Check>)

const trial = shape({
  route: id,
  verdict: oneOf('would-allow', 'would-block'),
  reason: orNull(keyword),
  rule: orNull(keyword),
  place: orNull(shape({ surface, pointer })),
  findings: listOf(shape(findingFields), MAX_FINDINGS),
  exceptions: listOf(id, MAX_EXCEPTIONS),
} satisfies Record<keyof TrialRecord, Check>)

/** Whether a record takes it. */
export const isTrialRecord = (value: object): boolean => trial(value)

const decision = {
  kind: oneOf('decision'),
  id: uuid,
  time,
  ingress: oneOf('connect', 'gateway', 'redirect', 'plain', 'replay'),
  client: value => typeof value === 'string' && isIP(value) !== 0 && !value.includes('%'),
  instrument: orNull(id),
  route: orNull(id),
  destination: orNull(destination),
  method: orNull(oneOf(...METHODS)),
  path: orNull(matching(/^\/[A-Za-z0-9._~!$&'()*+,;=:@{}/-]{0,1023}$/)),
  verdict: oneOf('forward', 'block'),
  reason: orNull(keyword),
  rule: orNull(keyword),
  place: orNull(shape({ surface, pointer })),
  findings: listOf(shape(findingFields), MAX_FINDINGS),
  exceptions: optional(listOf(id, MAX_EXCEPTIONS)),
  excepted: optional(listOf(excepted, MAX_FINDINGS)),
  policy: sha256,
  bytesIn: count,
  bytesOut: orNull(count),
  nucleotides: optional(orNull(count)),
  linesDropped: optional(count),
  times: optional(count),
  digest: orNull(keyedDigest),
  replayOf: orNull(uuid),
  release: optional(shape({ overrode: orNull(keyword) })),
  held: oneOf(true, false),
  dropped: optional(oneOf('held-full')),
  payload: optional(keyedDigest),
  trial: optional(trial),
  splice: optional(shape({ reserved: count })),
  spool: optional(shape({ promise: oneOf('at-most-once', 'at-least-once'), bytes: count, expires: time })),
} satisfies Record<keyof Required<DecisionEntry>, Check>

const outcome = {
  kind: oneOf('outcome'),
  time,
  decision: uuid,
  result: oneOf('relayed', 'failed', 'answered', 'spliced', 'delivered'),
  status: orNull(count),
  error: orNull(keyword),
  bytes: count,
  bytesUp: optional(count),
  ms: count,
  via: optional(oneOf('proxy')),
  response: optional(oneOf('status-only')),
} satisfies Record<keyof Required<OutcomeEntry>, Check>

const reviewed = <Kind extends ReviewEntry['kind']>(kind: Kind) => ({ kind: oneOf(kind), time, decision: uuid, actor })

const signature = shape({
  reviewer: id,
  fingerprint: sha256,
  value: matching(/^[A-Za-z0-9_-]{86}$/),
} satisfies Record<keyof SignatureRecord, Check>)

const open = {
  ...reviewed('review.open'),
  action: oneOf('show', 'reveal'),
  because: orNull(words),
} satisfies Record<keyof OpenEntry, Check>

const read = reviewed('review.read') satisfies Record<keyof ReadEntry, Check>

const note = { ...reviewed('review.note'), note: words } satisfies Record<keyof NoteEntry, Check>

const approve = {
  ...reviewed('review.approve'),
  because: words,
  payload: keyedDigest,
  policy: sha256,
  destination,
  expires: time,
  signature: orNull(signature),
} satisfies Record<keyof ApproveEntry, Check>

const reject = {
  ...reviewed('review.reject'),
  because: words,
  finding: oneOf('leak', 'false-positive'),
} satisfies Record<keyof RejectEntry, Check>

const expire = {
  ...reviewed('review.expire'),
  cause: oneOf('time', 'policy', 'destination'),
} satisfies Record<keyof ExpireEntry, Check>

const release = {
  ...reviewed('review.release'),
  because: words,
  release: uuid,
  approvals: listOf(count, 100),
  people: value => value === 1 || value === 2,
  key: uuid,
  signature: orNull(signature),
} satisfies Record<keyof ReleaseEntry, Check>

const releaseEnd = <Kind extends ReleaseEndEntry['kind']>(kind: Kind) =>
  ({
    ...reviewed(kind),
    release: uuid,
    status: orNull(count),
    error: orNull(keyword),
  }) satisfies Record<keyof ReleaseEndEntry, Check>

const replay = {
  ...reviewed('review.replay'),
  because: words,
  replay: uuid,
} satisfies Record<keyof ReplayEntry, Check>

const blockedAgain = {
  ...reviewed('review.blocked'),
  because: words,
  attempt: uuid,
} satisfies Record<keyof BlockedEntry, Check>

const unsent = {
  ...reviewed('review.unsent'),
  replay: uuid,
  error: keyword,
} satisfies Record<keyof UnsentEntry, Check>

const purge = {
  ...reviewed('purge'),
  cause: oneOf('retention', 'reviewer'),
  because: orNull(words),
} satisfies Record<keyof PurgeEntry, Check>

const spooled = <Kind extends SpoolEntry['kind']>(kind: Kind) => ({ kind: oneOf(kind), time, decision: uuid, actor })

const send = {
  ...spooled('spool.send'),
  policy: sha256,
  attempt: count,
} satisfies Record<keyof SendEntry, Check>

const answered = { status: orNull(count), error: orNull(keyword) }

const attemptEnd = <Kind extends AttemptEndEntry['kind']>(kind: Kind) =>
  ({ ...spooled(kind), ...answered, next: time }) satisfies Record<keyof AttemptEndEntry, Check>

const spoolEnd = <Kind extends SpoolEndEntry['kind']>(kind: Kind) =>
  ({ ...spooled(kind), ...answered }) satisfies Record<keyof SpoolEndEntry, Check>

const spoolBlocked = {
  ...spooled('spool.blocked'),
  attempt: uuid,
} satisfies Record<keyof SpoolBlockedEntry, Check>

const byPerson = <Kind extends SpoolPersonEntry['kind']>(kind: Kind) =>
  ({ ...spooled(kind), because: words }) satisfies Record<keyof SpoolPersonEntry, Check>

const resume = {
  kind: oneOf('review.resume'),
  time,
  actor,
  because: words,
} satisfies Record<keyof ResumeEntry, Check>

const run = matching(/^run-\d{10}$/)

const requests = shape({
  accepted: count,
  open: count,
  decided: count,
  refused: count,
  sent: count,
} satisfies Record<keyof RequestCounts, Check>)

const start = {
  kind: oneOf('start'),
  id: run,
  time,
  version: matching(/^[0-9A-Za-z.+-]{1,64}$/),
  policy: sha256,
} satisfies Record<keyof StartEntry, Check>

const stop = {
  kind: oneOf('stop'),
  id: run,
  time,
  cause: oneOf('signal', 'request', 'fault'),
  requests,
} satisfies Record<keyof StopEntry, Check>

const activation = {
  kind: oneOf('rules.activate'),
  id: matching(/^activation-[1-9]\d{0,8}$/),
  time,
  policy: sha256,
  previous: orNull(sha256),
  cause: oneOf('start', 'activate', 'rollback'),
  actor,
  bundle: optional(
    shape({
      serial: count,
      digest: sha256,
      expires: time,
      signer: matching(/^[^\s+\p{C}]{1,255}$/u),
    } satisfies Record<keyof BundleRecord, Check>),
  ),
} satisfies Record<keyof Required<ActivationEntry>, Check>

const fetchOfBundle = {
  kind: oneOf('bundle.fetch'),
  id: uuid,
  time,
  destination,
  unless: orNull(sha256),
} satisfies Record<keyof FetchEntry, Check>

const fetchedBundle = {
  kind: oneOf('bundle.fetched'),
  time,
  fetch: uuid,
  result: oneOf('unchanged', 'activated', 'refused', 'failed'),
  status: orNull(count),
  error: orNull(keyword),
  bytes: count,
  ms: count,
} satisfies Record<keyof FetchedEntry, Check>

const authority = {
  kind: oneOf('ca.rotate'),
  time,
  action: oneOf('add', 'activate', 'retire', 'discard'),
  certificate: sha256,
  previous: orNull(sha256),
  actor,
} satisfies Record<keyof AuthorityEntry, Check>

const keys = {
  kind: oneOf('key.rotate'),
  id: matching(/^key-[1-9]\d{0,8}$/),
  time,
  action: oneOf('add', 'retire', 'rotate', 'reseal'),
  reviewer: matching(/^[a-z0-9-]{1,32}$/),
  previous: orNull(sha256),
  fingerprint: orNull(sha256),
  signingKey: orNull(matching(/^[A-Za-z0-9_-]{43}$/)),
  resealed: count,
  actor,
} satisfies Record<keyof KeyEntry, Check>

const sweep = { kind: oneOf('held.sweep'), time, swept: count } satisfies Record<keyof SweepEntry, Check>

const anchor = {
  kind: oneOf('anchor'),
  time,
  size: count,
  root: base64Root,
  file: orNull(oneOf('written', 'failed')),
  error: orNull(keyword),
  requests,
} satisfies Record<keyof AnchorEntry, Check>

/** Addresses, names, durations and plain paths. */
const settingText = matching(/^[A-Za-z0-9._:/[\]-]{1,200}$/)
export const isSettingText = (text: string): boolean => settingText(text)

const setting: Check = value => typeof value === 'boolean' || Number.isFinite(value) || settingText(value)
const settingName = matching(/^[A-Za-z][A-Za-z0-9.]{0,63}$/)

const config = {
  kind: oneOf('config.change'),
  id: matching(/^config-[1-9]\d{0,8}$/),
  time,
  settings: value =>
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.keys(value).length <= 500 &&
    Object.entries(value).every(([name, member]) => settingName(name) && setting(member)),
} satisfies Record<keyof ConfigEntry, Check>

const traffic = {
  kind: oneOf('traffic.pause', 'traffic.resume'),
  id: matching(/^traffic-[1-9]\d{0,8}$/),
  time,
  instrument: orNull(id),
  actor,
} satisfies Record<keyof TrafficEntry, Check>

const gap = {
  kind: oneOf('gap'),
  time,
  since: time,
  cause: oneOf('commit-failed', 'writer-died', 'process-died'),
  refused: orNull(count),
} satisfies Record<keyof GapEntry, Check>

const segmentSeal = {
  kind: oneOf('segment.seal'),
  id: matching(/^sealed-(0|[1-9]\d{0,15})$/),
  time,
  first: count,
  last: count,
  root: base64Root,
} satisfies Record<keyof SealEntry, Check>

const segmentPurge = {
  kind: oneOf('segment.purge'),
  id: matching(/^purged-(0|[1-9]\d{0,15})$/),
  time,
  first: count,
  last: count,
  count,
  root: base64Root,
  actor,
} satisfies Record<keyof DropEntry, Check>

const redact = {
  kind: oneOf('redact'),
  id: matching(/^redacted-(0|[1-9]\d{0,15})$/),
  time,
  target: count,
  leaf: matching(/^[0-9a-f]{64}$/),
  was: oneOf(...redactable),
  decision: uuid,
  verdict: orNull(oneOf('forward', 'block')),
  reason: oneOf(...redactReasons),
  actor,
} satisfies Record<keyof RedactEntry, Check>

const forms = {
  decision,
  outcome,
  'review.open': open,
  'review.read': read,
  'review.note': note,
  'review.approve': approve,
  'review.reject': reject,
  'review.expire': expire,
  'review.release': release,
  'review.released': releaseEnd('review.released'),
  'review.release-failed': releaseEnd('review.release-failed'),
  'review.release-unknown': releaseEnd('review.release-unknown'),
  'review.replay': replay,
  'review.blocked': blockedAgain,
  'review.unsent': unsent,
  purge,
  'spool.send': send,
  'spool.unsent': attemptEnd('spool.unsent'),
  'spool.again': attemptEnd('spool.again'),
  'spool.delivered': spoolEnd('spool.delivered'),
  'spool.stuck': spoolEnd('spool.stuck'),
  'spool.unknown': spoolEnd('spool.unknown'),
  'spool.blocked': spoolBlocked,
  'spool.expired': spooled('spool.expired'),
  'spool.withdrawn': spooled('spool.withdrawn'),
  'spool.retry': byPerson('spool.retry'),
  'spool.dropped': byPerson('spool.dropped'),
  'review.resume': resume,
  start,
  stop,
  'rules.activate': activation,
  'bundle.fetch': fetchOfBundle,
  'bundle.fetched': fetchedBundle,
  'ca.rotate': authority,
  'key.rotate': keys,
  'held.sweep': sweep,
  anchor,
  'config.change': config,
  'traffic.pause': traffic,
  'traffic.resume': traffic,
  gap,
  'segment.seal': segmentSeal,
  'segment.purge': segmentPurge,
  redact,
} satisfies Record<Entry['kind'], Readonly<Record<string, Check>>>

/** Name of a field that is missing, of the wrong form, or (as `…`) not known; `null` when all is well. */
const wrongField = (value: object, fields: Readonly<Record<string, Check>>): string | null => {
  const wrong = Object.entries(fields).find(([name, check]) =>
    Object.hasOwn(value, name) ? !check((value as Record<string, unknown>)[name]) : !check.isOptional,
  )
  if (wrong) return wrong[0]
  return Object.keys(value).every(name => Object.hasOwn(fields, name)) ? null : '…'
}

/**
 * Refuses what has no place in the log.
 * @throws LogError `ERR_LOG_RECORD`, naming the field and never its value
 */
export const checkEntry = (entry: Entry): void => {
  if (!Object.hasOwn(forms, entry.kind)) throw new LogError('ERR_LOG_RECORD', 'a record is of no known kind')
  const wrong = wrongField(entry, forms[entry.kind])
  if (wrong !== null) throw new LogError('ERR_LOG_RECORD', `field ${wrong} of a ${entry.kind} record may not be logged`)
}
