import { vendorHost } from './vendor.ts'

const matching = (pattern: string, maxLength: number) => ({ type: 'string', pattern, maxLength })
const integer = (maximum: number) => ({ type: 'integer', minimum: 0, maximum })

const metricsSchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    serial: integer(1_000_000_000),
    temperature: { type: 'number', minimum: -50, maximum: 200 },
    status: { enum: ['idle', 'running'] },
    // Wide enough for what only a detector can stop.
    note: matching('^[A-Za-z0-9 .:@_-]{0,200}$', 200),
    lanes: {
      type: 'array',
      maxItems: 3_000,
      items: {
        type: 'object',
        additionalProperties: false,
        properties: { lane: integer(8), note: matching('^[A-Za-z0-9 ]{0,80}$', 80) },
      },
    },
  },
}

const json = { kind: 'json', schema: metricsSchema }
const none = { kind: 'none' }
const run = { runId: { schema: matching('^[A-Z0-9_]{1,40}$', 40) } }
const seen = { headers: ['content-type', 'etag'] }
/** Kinds of the illumina-proactive pack. */
export const packKinds = [
  'instrument-performance',
  'run-performance',
  'run-status',
  'instrument-configuration',
  'run-configuration',
]

/** Instruments of the tests, by the loopback addresses that they call from; the stranger is in no policy. */
export const addresses = {
  known: '127.0.0.1',
  disabled: '127.0.0.2',
  stranger: '127.0.0.3',
  other: '127.0.0.4',
} as const

/** A destination as a policy file spells it. */
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
  readonly proxy?: unknown
}

const routes = [
  {
    id: 'metrics',
    method: 'PUT',
    path: '/v1/runs/{runId}/metrics/{lane}',
    pathParameters: { ...run, lane: { schema: matching('^[1-8]$', 1) } },
    query: {
      mode: { schema: { enum: ['full', 'short'] }, required: true },
      cycle: { schema: matching('^[0-9]{1,3}$', 3) },
    },
    headers: {
      authorization: { schema: matching('^Bearer [A-Za-z0-9._~-]{1,200}$', 210), credential: true },
      'x-instrument-model': { schema: { enum: ['NovaSeq 6000', 'MiSeq'] } },
    },
    body: json,
  },
  { id: 'serial', method: 'POST', path: '/v1/serial', body: json },
  { id: 'signed', method: 'POST', path: '/v1/signed', body: json, forward: 'exact' },
  { id: 'quiet', method: 'POST', path: '/v1/quiet', body: json, onBlock: { status: 202, body: '{"taken":true}' } },
  { id: 'insecure', method: 'POST', path: '/v1/insecure', body: json, upgradeInsecure: true },
  { id: 'settings', method: 'GET', path: '/v1/settings', body: none, response: seen },
  { id: 'settings-head', method: 'HEAD', path: '/v1/settings', body: none, response: seen },
  { id: 'run-delete', method: 'DELETE', path: '/v1/runs/{runId}', pathParameters: run, body: none },
  { id: 'dotted', method: 'POST', path: "/v1/a.b/c;d=e/(f)'s", body: json },
  { id: 'small', method: 'POST', path: '/v1/small', body: json, response: { maxBytes: 1_000 } },
  { id: 'others', method: 'POST', path: '/v1/others', instruments: ['other'], body: json },
]

/**
 * A policy that uses each thing a policy can say. Its CA file is `vendor-ca.pem`.
 * @param further - destinations besides the vendor; each gets the route `POST /to/<id>`
 * @param kinds - kinds of the illumina-proactive pack to take in, each as `POST /proactive/v1/<kind>`
 */
export const testPolicy = (
  vendorPort: number,
  further: readonly RawDestination[] = [],
  kinds: readonly string[] = [],
): string =>
  JSON.stringify({
    version: 1,
    instruments: [
      { id: 'novaseq-01', serial: 'A00187', address: addresses.known },
      { id: 'retired', address: addresses.disabled, enabled: false },
      { id: 'other', address: addresses.other },
    ],
    destinations: [
      { id: 'vendor', host: vendorHost, port: vendorPort, addresses: ['127.0.0.1'], ca: 'vendor-ca.pem' },
      ...further,
    ],
    routes: [
      ...routes.map(route => ({ ...route, destination: 'vendor' })),
      ...kinds.map(kind => ({
        id: kind,
        destination: 'vendor',
        method: 'POST',
        path: `/proactive/v1/${kind}`,
        body: { kind: 'json', schema: `pack:illumina-proactive/${kind}` },
      })),
      ...further.map(({ id }) => ({ id: `to-${id}`, destination: id, method: 'POST', path: `/to/${id}`, body: json })),
    ],
    // One instrument of a test sends as much as a hundred in a lab.
    limits: { maxBodyBytes: 262_144, maxDecodedBytes: 1_048_576, maxRequestsPerSecond: 10_000 },
  })
