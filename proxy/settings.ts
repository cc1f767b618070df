import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { parse, stringify } from 'yaml'
import type { JsonValue } from '../rules/canonical.ts'
import type { RailSettings } from './review/review-rails.ts'
import type { DataFolder } from './data-folder.ts'
import { requireLabAddress } from './lab/lab-address.ts'
import type { LabLimits } from './lab/lab-limits.ts'
import { ProxyError } from './proxy-error.ts'

/** How an appliance is set up, as against what its policy says. */
export type Settings = {
  /** `address:port`, an IPv6 address in brackets. */
  readonly listen: string
  /** Networks whose callers are answered, besides the instruments of the policy; absent: that of the address to listen on. */
  readonly labNetworks?: readonly string[]
  /** Further names under which gateway clients reach the appliance. */
  readonly names: readonly string[]
  /** Policy file, absolute or relative to the data folder. */
  readonly policy: string
  /** How often a checkpoint of the log goes out (`30m`, `1h`, `1d`), and to which folder besides standard output, if any. */
  readonly anchors: { readonly every: string; readonly folder: string | null }
  /** What a client on the lab side may take of the appliance; what is not given is as `defaultLabLimits` has it. */
  readonly limits?: RawLimits
  /** Blocked payloads that are held for the reviewers. */
  readonly held: {
    /** How long each is held: `90d`, `12h`, `30m`. */
    readonly keepFor: string
    /** How many may be held, and how many octets they may have together. */
    readonly maxPayloads: number
    readonly maxBytes: number
    readonly whenFull: WhenFull
  }
  /** Requests that were accepted and wait until their destination takes them. */
  readonly spool: {
    /** How many may wait, and how many octets they may have together. */
    readonly maxItems: number
    readonly maxBytes: number
    /** The key under which they are sealed, absolute or relative to the data folder. */
    readonly keyFile: string
  }
  readonly reviews: ReviewSettings
  /**
   * Policies that come as signed bundles. `key`: public key (`name.pub`) of who signs them, absolute or relative to the data folder.
   * `required`: no policy comes into force in any other way. `url`: where the appliance fetches them itself, if it does, and `every` so
   * often (`15m`, `1h`, `1d`); `server`: how that is reached and trusted; see `bundle-source.ts`.
   */
  readonly bundles: {
    readonly key: string | null
    readonly required: boolean
    readonly url: string | null
    readonly every: string
    readonly server: BundleServer
  }
  /** A folder into which the metrics are written as `sluice.prom`, if any, and how often: for the textfile collector of node_exporter. */
  readonly metrics: { readonly every: string; readonly folder: string | null }
}

/** Keys of a destination of a policy; `parseDestination` reads what they hold. Files are absolute or relative to the data folder. */
export type BundleServer = { readonly [key in (typeof serverKeys)[number]]?: JsonValue }

const serverKeys = ['addresses', 'networks', 'ca', 'pins', 'revocation', 'clientCertificate', 'proxy'] as const

/** What the release of a blocked payload takes. */
export type ReviewSettings = {
  /** How many different people: one approves, the other releases. 1 is the one-person mode. */
  readonly people: 1 | 2
  /** How long an approval holds (`30m`, `4h`, `1d`). */
  readonly approvalExpires: string
  readonly releasesPerHour: number
  /** Releases that failed one after the other, after which no more are made until a person says so. */
  readonly stopAfterFailures: number
}

/** The limits of `LabLimits` as the file spells them: times in seconds. */
export type RawLimits = { readonly [name in keyof typeof limitNames]?: number }

const limitNames = {
  maxConnections: 'maxConnections',
  maxConnectionsPerAddress: 'maxConnectionsPerAddress',
  firstByteSeconds: 'firstByte',
  handshakeSeconds: 'handshake',
  headSeconds: 'head',
  requestSeconds: 'request',
  idleSeconds: 'idle',
  answerSeconds: 'answer',
  minBytesPerSecond: 'minBytesPerSecond',
  maxHeaderBytes: 'maxHeaderBytes',
  maxPipelined: 'maxPipelined',
} as const satisfies Record<string, keyof LabLimits>

/** The least and the most that each limit may be. */
const limitRange = (name: string): object => {
  if (name.endsWith('Seconds')) return { type: 'number', minimum: 0.1, maximum: 3_600 }
  if (name === 'maxHeaderBytes') return { type: 'integer', minimum: 1_024, maximum: 65_536 }
  return { type: 'integer', minimum: name === 'minBytesPerSecond' || name === 'maxPipelined' ? 0 : 1, maximum: 65_535 }
}

/** The limits that the settings give. */
export const labLimits = ({ limits = {} }: Settings): Partial<LabLimits> =>
  Object.fromEntries(
    Object.entries(limits).map(([name, value]) => {
      const limit = limitNames[name as keyof RawLimits]
      return [limit, name.endsWith('Seconds') ? value * 1_000 : value]
    }),
  )

/**
 * What becomes of a blocked request when there is no room to hold its payload: `refuse` answers 503, so that the instrument keeps its data;
 * `drop-payload` answers as for any other block, and the record says that the payload was not held. Nothing is let out either way.
 */
export type WhenFull = 'refuse' | 'drop-payload'

export const defaultSettings: Settings = {
  listen: '127.0.0.1:8443',
  names: ['localhost'],
  policy: 'policy.yaml',
  anchors: { every: '1h', folder: null },
  held: { keepFor: '90d', maxPayloads: 100_000, maxBytes: 1024 ** 3, whenFull: 'refuse' },
  spool: { maxItems: 100_000, maxBytes: 1024 ** 3, keyFile: 'spool.key' },
  bundles: { key: null, required: false, url: null, every: '15m', server: {} },
  reviews: { people: 2, approvalExpires: '4h', releasesPerHour: 20, stopAfterFailures: 3 },
  metrics: { every: '15s', folder: null },
}

type Given = Partial<Omit<Settings, 'anchors' | 'held' | 'spool' | 'reviews' | 'bundles' | 'metrics'>> & {
  readonly bundles?: Partial<Settings['bundles']>
  readonly anchors?: Partial<Settings['anchors']>
  readonly metrics?: Partial<Settings['metrics']>
  readonly held?: Partial<Settings['held']>
  readonly spool?: Partial<Settings['spool']>
  readonly reviews?: Partial<ReviewSettings>
}

/** https alone, and nothing that could say more than which file: no user, no query, no fragment, no percent-encoding. */
const bundleUrl = '^https://[a-z0-9.-]{1,253}(:[1-9][0-9]{0,4})?(/[A-Za-z0-9_-][A-Za-z0-9._-]*)+$'

const validate = new Ajv2020({ strict: true, allowUnionTypes: true }).compile<Given>({
  type: 'object',
  additionalProperties: false,
  properties: {
    listen: { type: 'string' },
    labNetworks: { type: 'array', items: { type: 'string', pattern: '^[0-9A-Fa-f.:]{2,45}/[0-9]{1,3}$' } },
    names: { type: 'array', items: { type: 'string', pattern: '^[a-z0-9.:-]{1,253}$' } },
    policy: { type: 'string', minLength: 1 },
    anchors: {
      type: 'object',
      additionalProperties: false,
      properties: {
        every: { type: 'string', pattern: '^[1-9][0-9]{0,2}[mhd]$' },
        folder: { type: ['string', 'null'], minLength: 1 },
      },
    },
    metrics: {
      type: 'object',
      additionalProperties: false,
      properties: {
        every: { type: 'string', pattern: '^[1-9][0-9]{0,2}[sm]$' },
        folder: { type: ['string', 'null'], minLength: 1 },
      },
    },
    limits: {
      type: 'object',
      additionalProperties: false,
      properties: Object.fromEntries(Object.keys(limitNames).map(name => [name, limitRange(name)])),
    },
    held: {
      type: 'object',
      additionalProperties: false,
      properties: {
        keepFor: { type: 'string', pattern: '^[1-9][0-9]{0,3}[mhd]$' },
        maxPayloads: { type: 'integer', minimum: 1, maximum: 10_000_000 },
        maxBytes: { type: 'integer', minimum: 1, maximum: 1024 ** 4 },
        whenFull: { enum: ['refuse', 'drop-payload'] },
      },
    },
    spool: {
      type: 'object',
      additionalProperties: false,
      properties: {
        maxItems: { type: 'integer', minimum: 1, maximum: 1_000_000 },
        maxBytes: { type: 'integer', minimum: 1, maximum: 1024 ** 4 },
        keyFile: { type: 'string', minLength: 1 },
      },
    },
    bundles: {
      type: 'object',
      additionalProperties: false,
      properties: {
        key: { type: ['string', 'null'], minLength: 1 },
        required: { type: 'boolean' },
        url: { type: ['string', 'null'], maxLength: 200, pattern: bundleUrl },
        every: { type: 'string', pattern: '^[1-9][0-9]{0,2}[mhd]$' },
        server: {
          type: 'object',
          additionalProperties: false,
          properties: Object.fromEntries(serverKeys.map(key => [key, {}])),
        },
      },
    },
    reviews: {
      type: 'object',
      additionalProperties: false,
      properties: {
        people: { enum: [1, 2] },
        approvalExpires: { type: 'string', pattern: '^[1-9][0-9]{0,2}[mhd]$' },
        releasesPerHour: { type: 'integer', minimum: 0, maximum: 10_000 },
        stopAfterFailures: { type: 'integer', minimum: 1, maximum: 1_000 },
      },
    },
  },
})

/** @throws ProxyError `ERR_SETTINGS_UNREADABLE`, `ERR_SETTINGS_INVALID` */
export const readSettings = (folder: DataFolder): Settings => {
  let value: unknown
  try {
    value = parse(readFileSync(folder.settings, 'utf8')) ?? {}
  } catch (cause) {
    throw new ProxyError('ERR_SETTINGS_UNREADABLE', `${folder.settings} cannot be read as YAML`, { cause })
  }
  if (validate(value))
    return {
      ...defaultSettings,
      ...value,
      anchors: { ...defaultSettings.anchors, ...value.anchors },
      held: { ...defaultSettings.held, ...value.held },
      spool: { ...defaultSettings.spool, ...value.spool },
      reviews: { ...defaultSettings.reviews, ...value.reviews },
      bundles: { ...defaultSettings.bundles, ...value.bundles },
      metrics: { ...defaultSettings.metrics, ...value.metrics },
    }
  const [error] = validate.errors ?? []
  throw new ProxyError(
    'ERR_SETTINGS_INVALID',
    `${folder.settings}: ${error?.instancePath || 'the file'} ${error?.message}`,
  )
}

export const writeSettings = (settings: Settings): string =>
  `# How this appliance is set up; what may leave stands in the policy.\n${stringify(settings)}`

export const policyFile = (folder: DataFolder, { policy }: Settings): string =>
  resolve(dirname(folder.settings), policy)

/** The file of the key under which requests wait. */
export const spoolKeyFile = (folder: DataFolder, { spool: { keyFile } }: Settings): string =>
  resolve(folder.root, keyFile)

/** The files that `bundles` names, in absolute paths. */
export const bundleFiles = (folder: DataFolder, { bundles: { key, server } }: Settings): readonly string[] =>
  [key, server.ca, proxyCa(server)].flatMap(file => (typeof file === 'string' ? [resolve(folder.root, file)] : []))

const proxyCa = ({ proxy }: BundleServer): unknown =>
  typeof proxy === 'object' && proxy !== null ? (proxy as { readonly ca?: unknown }).ca : undefined

const units = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

const milliseconds = (span: string): number => Number.parseInt(span) * units[span.at(-1) as keyof typeof units]

/** Milliseconds from one anchor to the next. */
export const anchorInterval = ({ anchors: { every } }: Settings): number => milliseconds(every)

/** Milliseconds from one request for a bundle to the next. */
export const bundleInterval = ({ bundles: { every } }: Settings): number => milliseconds(every)

/** Milliseconds from one file of metrics to the next. */
export const metricsInterval = ({ metrics: { every } }: Settings): number => milliseconds(every)

/** Milliseconds that a blocked payload is held. */
export const heldFor = ({ held: { keepFor } }: Settings): number => milliseconds(keepFor)

/** The settings of reviews as rails go by them. */
export const railSettings = ({ reviews }: Settings): RailSettings => ({
  ...reviews,
  approvalExpires: milliseconds(reviews.approvalExpires),
})

/**
 * Splits `address:port`; the address has to be one of the lab.
 * @throws ProxyError `ERR_LISTEN_ADDRESS`, `ERR_LISTEN_WILDCARD`, `ERR_LISTEN_PUBLIC`
 */
export const parseListen = (text: string): { readonly address: string; readonly port: number } => {
  const match = /^(?:\[(?<v6>[^\]]+)\]|(?<v4>[^:[\]]+)):(?<port>\d{1,5})$/.exec(text)
  const port = Number(match?.groups?.port)
  if (!match?.groups || port > 65_535)
    throw new ProxyError('ERR_LISTEN_ADDRESS', `${text} is not of the form address:port`)
  return { address: requireLabAddress((match.groups.v6 ?? match.groups.v4)!), port }
}
