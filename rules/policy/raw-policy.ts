import type { Rate } from '../budget/rate.ts'
import type { InteropMetric } from '../body/interop-layout.ts'
import type { ValueRulesSource } from '../body/read-value-rules.ts'
import type { DeliveryPromise } from '../delivery.ts'
import type { Limits } from '../policy.ts'
import type { Surface } from '../verdict.ts'

/** A policy document as `policy.schema.json` admits it: nothing in it is checked beyond that. */
export type RawPolicy = {
  readonly instruments: readonly RawInstrument[]
  readonly destinations: readonly RawDestination[]
  readonly proxy?: RawProxy
  readonly routes: readonly RawRoute[]
  readonly limits?: Partial<Limits>
  readonly detectors?: Readonly<Record<string, RawDetector>>
  readonly exceptions?: readonly RawException[]
  readonly neverRelease?: readonly string[]
}

/** Beside these keys stand the settings of the detector. */
export type RawDetector = {
  readonly enabled?: boolean
  readonly reason?: string
  readonly [setting: string]: unknown
}

export type RawException = {
  readonly id: string
  readonly owner: string
  readonly expires: string
  readonly reason: string
  readonly detector: string
  readonly route: string
  readonly instrument?: string
  readonly surface?: Surface
  readonly pointer: string
  readonly maxLength?: number
}

export type RawInstrument = {
  readonly id: string
  readonly serial?: string
  readonly address?: string
  readonly network?: string
  readonly certificate?: string
  readonly enabled?: boolean
  readonly maxNucleotidesPerHour?: number
  readonly maxNucleotidesPerDay?: number
}

export type RawDestination = {
  readonly id: string
  readonly host: string
  readonly port?: number
  readonly addresses?: readonly string[]
  readonly networks?: readonly string[]
  readonly ca?: string
  readonly pins?: readonly string[]
  readonly revocation?: { readonly staple?: 'check' | 'require'; readonly crls?: readonly string[] }
  readonly clientCertificate?: string
  readonly proxy?: 'direct' | RawProxy
  readonly splice?: RawSplice
}

export type RawSplice = {
  readonly instruments: readonly string[]
  readonly bytesPerHour: number
  readonly bytesPerDay: number
  readonly connectionsPerHour: number
  readonly maxBytesPerConnection?: number
  readonly owner: string
  readonly expires: string
  readonly reason: string
}

export type RawProxy = {
  readonly host: string
  readonly port: number
  readonly tls?: boolean
  readonly addresses?: readonly string[]
  readonly networks?: readonly string[]
  readonly ca?: string
  readonly credentials?: string
}

export type RawRoute = {
  readonly id: string
  readonly mode?: 'enforce' | 'report-only'
  readonly destination: string
  readonly instruments?: readonly string[]
  readonly method: string
  readonly path: string
  readonly pathParameters?: RawParameters
  readonly query?: RawParameters
  readonly headers?: RawParameters
  readonly upgradeInsecure?: boolean
  readonly body: RawBody
  readonly rate?: Rate
  readonly capacity?: CapacityBudget
  readonly forward?: 'canonical' | 'exact'
  readonly response?: {
    readonly mode?: 'relay' | 'status-only'
    readonly headers?: readonly string[]
    readonly maxBytes?: number
  }
  readonly delivery?: 'direct' | 'spool'
  readonly spool?: { readonly promise?: DeliveryPromise; readonly expires?: string; readonly idempotencyKey?: boolean }
  readonly onBlock?: { readonly status: number; readonly contentType?: string; readonly body?: string }
}

/** Bits that may be chosen freely, as `rules/capacity/` reckons them: what lint holds the route to. */
export type CapacityBudget = { readonly perMessage?: number; readonly perDay?: number }

export type RawParameters = Readonly<Record<string, RawParameter>>

export type RawParameter = { readonly schema: object; readonly required?: boolean; readonly credential?: boolean }

/** In place, or the name of a file that holds one. */
export type RawSchema = object | string

export type RawBody = { readonly kind: 'none' } | RawJson | RawLines | RawForm | RawInterop | RawLog | RawMultipart

export type RawJson = ValueRulesSource & {
  readonly kind: 'json'
  readonly contentTypes?: readonly string[]
  readonly schema: RawSchema
}

export type RawLines = ValueRulesSource & {
  readonly kind: 'ndjson'
  readonly contentTypes?: readonly string[]
  readonly schema: RawSchema
  readonly maxLines: number
}

export type RawForm = {
  readonly kind: 'form'
  readonly contentTypes?: readonly string[]
  readonly parameters: RawParameters
}

export type RawInterop = {
  readonly kind: 'interop'
  readonly metric: InteropMetric
  readonly version?: number
  readonly contentTypes?: readonly string[]
  readonly schema?: RawSchema
}

export type RawLog = {
  readonly kind: 'log'
  readonly templates: Readonly<Record<string, string>>
  readonly onUnmatched?: 'block' | 'drop'
  readonly contentTypes?: readonly string[]
}

export type RawMultipart = { readonly kind: 'multipart'; readonly parts: Readonly<Record<string, RawPart>> }

export type RawPart = {
  readonly body: RawText | RawJson | RawLines | RawInterop | RawLog
  readonly required?: boolean
  readonly maxItems?: number
  readonly fileName?: 'drop' | { readonly schema: object; readonly required?: boolean }
}

export type RawText = { readonly kind: 'text'; readonly schema: object }
