import type { Network } from './address.ts'
import type { Rate } from './budget/rate.ts'
import type { InteropMetric } from './body/interop-layout.ts'
import type { LogTemplates } from './body/log-lines.ts'
import type { ValueRules } from './body/value-rules.ts'
import type { DecodeLimits } from './decode.ts'
import type { SpoolTerms } from './delivery.ts'
import type { DripBudget } from './drip/drip-rules.ts'
import type { Fixed } from './drip/spelled-nucleotides.ts'
import type { EmbeddedPlaces } from './embedded-places.ts'
import type { Exception } from './exception.ts'
import type { JsonLimits } from './json.ts'
import type { Panels } from './panel.ts'
import type { PathTemplate } from './path-template.ts'
import type { Validator } from './schema.ts'
import type { Splice } from './splice/splice.ts'

/** What may leave, read and compiled once by `parsePolicy`. Everything here can be trusted. */
export type Policy = {
  /** `sha256:` and 64 hexadecimal digits over the canonical document with all its schemas: names the policy in the log. */
  readonly digest: string
  readonly instruments: readonly Instrument[]
  readonly destinations: readonly Destination[]
  /** What may leave: the routes that are enforced, and no others. */
  readonly routes: readonly Route[]
  /** Routes on trial beside them, of which a request fits at most one. Nothing leaves by them. */
  readonly candidates: readonly Candidate[]
  readonly limits: Limits
  /** The detectors that are asked, with their settings. */
  readonly panels: Panels
  readonly exceptions: readonly Exception[]
  /** Categories and ids of detectors: what they find no approval can let out, besides what `releasable.ts` says of all policies. */
  readonly neverRelease: ReadonlySet<string>
}

export type Instrument = {
  readonly id: string
  readonly serial: string | null
  readonly enabled: boolean
  /** Where it calls from; a single address is a network of its full length. Null: from anywhere, by its certificate alone. */
  readonly network: Network | null
  /** `sha256/…` of the public key that it has to prove in the TLS handshake (RFC 7469 section 2.4); null: none. */
  readonly certificate: string | null
  readonly drip: DripBudget
}

/** What may be dialled under a name. */
export type Endpoint = {
  readonly host: string
  readonly port: number
  /** Fixed addresses; when there are none, DNS is asked. */
  readonly addresses: readonly string[]
  /** Networks that are not public and yet allowed as a target. */
  readonly networks: readonly Network[]
  /** PEM of further trusted authorities. */
  readonly ca: string | null
}

export type Destination = Endpoint & {
  readonly id: string
  /** SubjectPublicKeyInfo pins, `sha256/…`. */
  readonly pins: readonly string[]
  readonly revocation: Revocation
  /** Name of the certificate and key that are shown to it, in the folder `upstream`; null: none. */
  readonly clientCertificate: string | null
  /** The proxy through which it is reached, which then resolves its name; null: directly. */
  readonly proxy: UpstreamProxy | null
  /** Under which terms connections to it pass without inspection; null, as almost always: none does. */
  readonly splice: Splice | null
}

/**
 * How it is learnt that a certificate was revoked. `staple`: an OCSP response in the handshake, which has to hold where it comes
 * (`check`), or also has to come (`require`). `crls`: files in the folder `upstream`.
 */
export type Revocation = { readonly staple: 'check' | 'require' | null; readonly crls: readonly string[] }

/** An HTTP proxy of the site that is asked to CONNECT. */
export type UpstreamProxy = Endpoint & {
  /** Whether TLS is spoken with the proxy itself; that with the destination is inside in any case. */
  readonly tls: boolean
  /** Name of the file with `name:password`, in the folder `upstream`; null: none. */
  readonly credentials: string | null
}

/** A path or query parameter or a header field. */
export type Parameter = {
  readonly name: string
  readonly required: boolean
  readonly credential: boolean
  readonly validate: Validator
  /** Nucleotide fragments that its schema spells. */
  readonly fixed: Fixed
}

export type BodyRule =
  | { readonly kind: 'none' }
  | {
      readonly kind: 'json'
      readonly contentTypes: readonly string[]
      readonly validate: Validator
      /** Property names that the schema names, and that findings may therefore repeat. */
      readonly names: ReadonlySet<string>
      /** Nucleotide fragments that the schema spells. */
      readonly fixed: Fixed
      /** The orders in which the schema lists its properties; `forward: exact` accepts these. */
      readonly orders: readonly (readonly string[])[]
      /** Where strings hold JSON, which is read before it is validated; null where none does. */
      readonly embedded: EmbeddedPlaces | null
      readonly rules: ValueRules
    }
  | {
      readonly kind: 'ndjson'
      readonly contentTypes: readonly string[]
      readonly maxLines: number
      /** Of one line, as all that follows. */
      readonly validate: Validator
      readonly names: ReadonlySet<string>
      readonly fixed: Fixed
      readonly orders: readonly (readonly string[])[]
      readonly embedded: EmbeddedPlaces | null
      readonly rules: ValueRules
    }
  | {
      readonly kind: 'form'
      readonly contentTypes: readonly string[]
      readonly parameters: ReadonlyMap<string, Parameter>
      readonly names: ReadonlySet<string>
      readonly fixed: Fixed
    }
  | {
      readonly kind: 'interop'
      readonly contentTypes: readonly string[]
      /** The file does not say which metrics it holds. */
      readonly metric: InteropMetric
      readonly validate: Validator
      readonly names: ReadonlySet<string>
      readonly fixed: Fixed
    }
  | {
      readonly kind: 'log'
      readonly contentTypes: readonly string[]
      /** They bound every value, so no schema stands beside them. */
      readonly templates: LogTemplates
      /** What becomes of a log with a line that no template reads: it is blocked, or goes on without the line. */
      readonly onUnmatched: 'block' | 'drop'
      readonly names: ReadonlySet<string>
      readonly fixed: Fixed
    }
  | {
      readonly kind: 'multipart'
      readonly contentTypes: readonly string[]
      /** In the order in which they leave. */
      readonly parts: ReadonlyMap<string, PartRule>
      readonly names: ReadonlySet<string>
      readonly fixed: Fixed
    }

/** A named part of a form. */
export type PartRule = {
  readonly name: string
  readonly required: boolean
  /** Null: it comes once at the most, and is no list. */
  readonly maxItems: number | null
  /** What becomes of a file name: the form is blocked, it is left out, or it is held to a schema and leaves. */
  readonly fileName:
    'refuse' | 'drop' | { readonly required: boolean; readonly validate: Validator; readonly fixed: Fixed }
  readonly body:
    | Extract<BodyRule, { kind: 'json' | 'ndjson' | 'interop' | 'log' }>
    | {
        readonly kind: 'text'
        readonly contentTypes: readonly string[]
        readonly validate: Validator
        readonly fixed: Fixed
      }
}

/** What of the answer goes back. `status-only`: its status code and nothing else, whatever came. */
export type ResponseRule = {
  readonly mode: 'relay' | 'status-only'
  readonly headers: ReadonlySet<string>
  readonly maxBytes: number
}

/** What a request has to be like, to take a route. */
export type RouteRules = {
  readonly id: string
  readonly destination: Destination
  /** Null: every instrument of the policy. */
  readonly instruments: ReadonlySet<string> | null
  readonly method: string
  readonly path: PathTemplate
  readonly pathParameters: ReadonlyMap<string, Parameter>
  readonly query: ReadonlyMap<string, Parameter>
  readonly headers: ReadonlyMap<string, Parameter>
  readonly upgradeInsecure: boolean
  readonly body: BodyRule
  /** Of each instrument; null: no bound. */
  readonly rate: Rate | null
  readonly forward: 'canonical' | 'exact'
  readonly response: ResponseRule
  /** On which terms a request waits until the destination takes it; null: it is sent at once, and the instrument waits for the answer. */
  readonly spool: SpoolTerms | null
  readonly onBlock: { readonly status: number; readonly contentType: string; readonly body: string } | null
}

/** A route by which requests leave. */
export type Route = RouteRules & { readonly mode: 'enforce' }

/**
 * A route with `mode: report-only`: requests are judged by it, and the verdict is only recorded. The mode keeps it from every
 * place that takes a `Route`.
 * @see https://www.w3.org/TR/CSP3/#cspro-header (where the term comes from)
 */
export type Candidate = RouteRules & { readonly mode: 'report-only' }

export type Limits = DecodeLimits &
  JsonLimits & {
    /** Octets of content as received. */
    readonly maxBodyBytes: number
    /** Field lines in the header section of a request. */
    readonly maxHeaderFields: number
    /** Requests of one instrument that are under way at a time, and that begin within a second. */
    readonly maxConcurrentRequests: number
    readonly maxRequestsPerSecond: number
    /** Characters and octets that nested encodings may unfold to. */
    readonly maxUnfolded: number
    /** Encodings within encodings. */
    readonly maxNesting: number
    /** Nucleotides in fragments too short for any detector, of each instrument over all routes: see `drip/drip-rules.ts`. */
    readonly maxNucleotidesPerHour: number
    readonly maxNucleotidesPerDay: number
  }

export const defaultLimits: Limits = {
  maxBodyBytes: 2 * 1024 * 1024,
  maxDecodedBytes: 8 * 1024 * 1024,
  maxHeaderFields: 100,
  maxConcurrentRequests: 128,
  maxRequestsPerSecond: 500,
  maxRatio: 100,
  maxDepth: 32,
  maxMembers: 200_000,
  maxStringLength: 65_536,
  maxUnfolded: 16 * 1024 * 1024,
  maxNesting: 6,
  maxNucleotidesPerHour: 48,
  maxNucleotidesPerDay: 96,
}
