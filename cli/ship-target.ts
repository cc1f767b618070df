import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { hostname } from 'node:os'
import { formats, type Format } from '../log/export/formats.ts'
import type { Sender } from '../log/export/encoder.ts'
import { LogError } from '../log/log-error.ts'
import { otlpReceiver } from '../log/ship/otlp.ts'
import type { Receiver, TlsFiles } from '../log/ship/receiver.ts'
import { syslogReceiver } from '../log/ship/syslog-tls.ts'
import { exitCodes } from './exit-codes.ts'
import { Failure } from './failure.ts'

export type CollectorOptions = TlsFiles & {
  readonly to: string
  /** File with one `name: value` a line. */
  readonly headers?: string
}

export type TargetOptions = CollectorOptions & { readonly format: Format; readonly maxMessage: number }

/** Port of syslog over TLS, RFC 5425 section 4.1. */
const SYSLOG_PORT = 6514

/**
 * The receiver that an address names.
 * @throws LogError `ERR_SHIP_TARGET` for one that is not known, or would be reached in the clear; Failure
 */
export const receiverOf = (options: TargetOptions, sender: Sender): Receiver => {
  const url = urlOf(options.to)
  if (url.protocol === 'syslog+tls:')
    return syslogReceiver({
      host: hostOf(url),
      port: url.port === '' ? SYSLOG_PORT : Number(url.port),
      hostname: hostname(),
      maxOctets: options.maxMessage,
      encoder: formats[options.format],
      tls: tlsOf(options),
      sender,
    })
  return otlpReceiver({ ...collectorOf(options), sender })
}

/**
 * A collector of OTLP.
 * @throws LogError `ERR_SHIP_TARGET` for an address that is none, or would be reached in the clear; Failure
 */
export const collectorOf = (options: CollectorOptions) => {
  const url = urlOf(options.to)
  const isSafe = url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url))
  if (!isSafe) throw unknownTarget()
  return { url: url.href, headers: headersOf(options.headers), tls: tlsOf(options) }
}

const unknownTarget = (): LogError => new LogError('ERR_SHIP_TARGET', 'nothing can be delivered to this address')

const urlOf = (text: string): URL => {
  const url = URL.canParse(text) ? new URL(text) : null
  const isKnown = url !== null && ['syslog+tls:', 'https:', 'http:'].includes(url.protocol)
  if (!isKnown || url.hostname === '' || url.username !== '' || url.password !== '') throw unknownTarget()
  return url
}

const hostOf = ({ hostname }: URL): string => hostname.replaceAll(/^\[|\]$/g, '')

/** In the clear only to a collector on this machine. */
const isLoopback = (url: URL): boolean => {
  const host = hostOf(url)
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
}

const tlsOf = ({ ca, cert, key }: TlsFiles) => ({
  ...(ca !== undefined && { ca: readFileSync(ca) }),
  ...(cert !== undefined && { cert: readFileSync(cert) }),
  ...(key !== undefined && { key: readFileSync(key) }),
})

const headersOf = (file: string | undefined): Readonly<Record<string, string>> => {
  if (file === undefined) return {}
  const lines = readFileSync(file, 'utf8').split(/\r?\n/).filter(Boolean)
  const fields = lines.map(line => /^([A-Za-z0-9-]+):[ \t]*(.*)$/.exec(line))
  if (fields.some(field => field === null))
    throw new Failure(`${file} is not a list of headers`, 'write one "name: value" a line', exitCodes.usage)
  return Object.fromEntries(fields.map(field => [field![1]!, field![2]!]))
}
