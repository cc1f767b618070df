import type { ShareLimits } from './connection-shares.ts'

/** What a client on the lab side may take of the appliance, whatever it asks for. Times are milliseconds. */
export type LabLimits = ShareLimits & {
  /** For the first octet, of a connection and of a tunnel. */
  readonly firstByte: number
  readonly handshake: number
  /** For a header section, and for a whole request with its content. */
  readonly head: number
  readonly request: number
  /** Between two requests. */
  readonly idle: number
  /** For a client to take the answer. */
  readonly answer: number
  /** Octets of content a second, over any stretch of `rateWindow` milliseconds. */
  readonly minBytesPerSecond: number
  readonly rateWindow: number
  /** Octets of request line and header section. */
  readonly maxHeaderBytes: number
  /** Requests that wait behind another one of the same connection. */
  readonly maxPipelined: number
}

/** They suit instruments: a few connections each, requests of some megabytes at the most, and networks that are slow at times. */
export const defaultLabLimits: LabLimits = {
  maxConnections: 1_024,
  maxConnectionsPerAddress: 128,
  firstByte: 10_000,
  handshake: 10_000,
  head: 15_000,
  request: 60_000,
  idle: 65_000,
  answer: 30_000,
  minBytesPerSecond: 256,
  rateWindow: 10_000,
  maxHeaderBytes: 16 * 1024,
  maxPipelined: 32,
}
