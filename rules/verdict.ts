import type { Category } from './detector.ts'
import type { Route } from './policy.ts'

/** The parts of a request that may carry something out. */
export type Surface = 'path' | 'query' | 'header' | 'body'

/** Where something is: never what it is. */
export type Place = {
  readonly surface: Surface
  /**
   * JSON Pointer (RFC 6901) into the surface. A property name that the policy does not name may itself be sensitive, so it
   * is given as its position in the object instead: `/lanes/0/#3`.
   */
  readonly pointer: string
}

/** Something sensitive was found. There is no field for the text itself, so no log line can print it. */
export type Finding = Place & {
  readonly detector: string
  readonly category: Category
  /** The encodings that were undone to see it, outermost first. */
  readonly chain: readonly string[]
  /** Length of the match: UTF-16 code units of text, octets of bytes, members of an array or object. */
  readonly length: number
}

/** A finding that a named exception of the policy let pass. */
export type ExceptedFinding = Finding & { readonly exception: string }

/** What a decision owes to exceptions: nothing, almost always. */
export type Excepted = {
  /** Ids of the exceptions that were used. */
  readonly exceptions: readonly string[]
  /** The first of what they let pass, at most a hundred. */
  readonly excepted: readonly ExceptedFinding[]
}

/** Why a request does not leave, with what to tell the person who runs the instrument. Codes are stable. */
export const blockReasons = {
  'instrument-unknown': 'no instrument of the policy has this address, or shows this certificate',
  'instrument-disabled': 'this instrument is switched off in the policy',
  'instrument-not-allowed': 'the route is not open to this instrument',
  'request-malformed': 'the request is not acceptable HTTP/1.1',
  'request-incomplete': 'the request ended before all of it had arrived',
  'transport-insecure': 'the request came without TLS',
  'authority-mismatch': 'CONNECT, server name and Host do not name the same host',
  'destination-not-allowed': 'the policy names no such destination',
  'path-not-allowed': 'no route of this destination has this path',
  'method-not-allowed': 'no route has this method for the path',
  'route-ambiguous': 'more than one route fits; the policy has to tell them apart',
  'query-not-allowed': 'a query parameter is not named by the route or does not fit its schema',
  'header-not-allowed': 'a header field does not fit its schema',
  'content-type-not-allowed': 'the content type is missing or not named by the route',
  'content-encoding-not-allowed': 'the content coding is unknown or stacked',
  'body-not-allowed': 'the route admits no body',
  'body-too-large': 'the body exceeds the size limit',
  'body-undecodable': 'the body does not decode: broken compression or not UTF-8',
  'decoded-too-large': 'the body exceeds the size limit once decompressed',
  'json-malformed': 'the body is not JSON',
  'json-too-deep': 'the JSON is nested too deeply',
  'json-too-large': 'the JSON has too many members',
  'json-string-too-long': 'a JSON string exceeds the length limit',
  'json-duplicate-name': 'a JSON object names a member twice',
  'json-number-not-representable': 'a JSON number cannot be represented exactly as an IEEE 754 double',
  'json-lone-surrogate': 'a JSON string holds half of a surrogate pair',
  'schema-violation': 'the body does not fit the schema of the route',
  'sensitive-content': 'something resembling sequencing data, personal or health data, or a credential was found',
  'inspection-budget': 'the payload hides more layers or more data than inspection is allowed to unfold',
  'inspection-failed': 'inspection itself failed; nothing that was not inspected leaves',
  'handshake-failed': 'the TLS handshake failed, so that no request could be made',
  'outside-lab':
    'the caller is in none of the networks of the lab, and no instrument of the policy calls from there: dropped, with nothing read',
  'connections-exceeded': 'too many connections are open, from this address or in all',
  'requests-exceeded': 'the instrument makes more requests, at once or in a second, than it may',
  'rate-exceeded': 'the instrument has sent as many messages on this route as the policy admits in that time',
  'log-space-low':
    'the disk of the decision log is nearly full, so nothing is let out until there is room; the appliance says so in "sluice status"',
  paused: 'people have stopped what this instrument sends, or everything; "sluice resume" lets it out again',
  'held-full':
    'it was blocked for what "rule" says, and there is no room to hold its payload for review: keep it, and send it again later',
  'spool-full':
    'nothing is wrong with it, but as much waits to be sent for this instrument as may wait: keep it, and send it again later',
  'request-looped': 'the request came from this appliance itself: it had sent it upstream, and got it back',
  'never-release': 'something was found that no approval can let out',
  'approval-void': 'the approval is for another policy, another destination, or an earlier time',
  'splice-not-allowed': 'connections to this destination pass unopened, and it is not open to this instrument',
  'splice-expired': 'the time for which the policy lets connections to this destination pass unopened is over',
  'splice-budget': 'the octets or connections to this destination that may pass unopened in that time are used up',
  'splice-hello':
    'the connection did not begin with a TLS ClientHello that says in the clear, and in one way only, where it goes',
  'not-equivalent': 'the bytes say more than their value does, and the route forwards bytes unchanged',
} as const

export type BlockReason = keyof typeof blockReasons

declare const released: unique symbol

/**
 * A request that may leave. Only `rules/inspect.ts` makes one, and `proxy/upstream/forwarder.ts` takes nothing else, so that
 * what was not inspected cannot be forwarded.
 */
export type Released = {
  readonly destination: string
  readonly method: string
  /** Path and query in origin form (RFC 9112 section 3.2.1), written from the inspected values. */
  readonly target: string
  /** Header fields from the allowlist; `host` and `content-length` are the forwarder's. */
  readonly fields: readonly (readonly [name: string, value: string])[]
  readonly body: Uint8Array
  readonly [released]: true
}

/** What the request was recognised as, as far as it got. Ids come from the policy, never from the request. */
export type Subject = {
  readonly instrument: string | null
  /** `host:port`; one that the policy does not name only when nothing sensitive is found in it. */
  readonly destination: string | null
  readonly route: string | null
}

export type Block = Subject &
  Excepted & {
    readonly kind: 'block'
    readonly reason: BlockReason
    /** The schema keyword, framing rule or limit that was broken, when there is one. */
    readonly rule: string | null
    readonly place: Place | null
    readonly findings: readonly Finding[]
    /** Seconds after which the same request would not be blocked for this reason; null where time changes nothing. */
    readonly retryAfter: number | null
  }

export type Forward = Subject &
  Excepted & {
    readonly kind: 'forward'
    readonly instrument: string
    readonly route: string
    readonly request: Released
    /** How many nucleotides it spells in fragments too short for any detector; never which. */
    readonly nucleotides: number
    /** Lines of a log that stay behind, because no template of the route reads them. */
    readonly linesDropped: number
  }

export type Verdict = Forward | Block

/** People's approval of one request that inspection blocks. Who gave it, and for which bytes, was checked before. */
export type Approval = {
  /** Digest of the policy under which it holds. */
  readonly policy: string
  /** `host:port`. */
  readonly destination: string
  /** Milliseconds since the epoch. */
  readonly expires: number
}

/** What inspection has against a request. */
export type Objection = Pick<Block, 'reason' | 'rule' | 'place' | 'findings'>

/** A request that leaves because it was approved. `overrode` is null where inspection would have let it pass. */
export type Release = Forward & { readonly overrode: Objection | null }
declare const spliced: unique symbol

/**
 * A connection that may pass unopened, and how much of it. Only `rules/inspect.ts` makes one, and `proxy/splice/splicer.ts` takes nothing else.
 */
export type Splicing = Subject & {
  readonly kind: 'splice'
  readonly instrument: string
  readonly destination: string
  readonly route: null
  /** Octets both ways that are set aside of the budget: not one more passes. */
  readonly reserved: number
  /** Milliseconds after which it is cut. */
  readonly lasts: number
  readonly [spliced]: true
}

export type SpliceVerdict = Splicing | Block

/** Makes the token that lets a connection pass unopened. For `inspectSplice` alone. */
export const openSplice = (splicing: Omit<Splicing, typeof spliced>): Splicing => splicing as Splicing

/** What was said of a request, without the means to send it. Every `Verdict` is one. */
export type Judgement = Block | (Subject & Excepted & { readonly kind: 'forward' })

/** What a route on trial would have said of a request. There is no field in which the request could leave. */
export type Trial = {
  /** Id of the `report-only` route. */
  readonly route: string
  /** As in `Excepted`. */
  readonly exceptions: readonly string[]
} & (
  | {
      readonly verdict: 'would-allow'
      readonly reason: null
      readonly rule: null
      readonly place: null
      readonly findings: readonly []
    }
  | ({ readonly verdict: 'would-block' } & Pick<Block, 'reason' | 'rule' | 'place' | 'findings'>)
)

/**
 * Makes the token that lets a request out. For `inspect` alone.
 * @param _route - by which it leaves: a `Candidate` is none, so what is on trial cannot be released
 */
export const release = (request: Omit<Released, typeof released>, _route: Route): Released => request as Released
