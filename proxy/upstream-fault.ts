/** What can go wrong on the way to the vendor and back. The codes are the error types of Proxy-Status where it has one. */
export const upstreamFaults = {
  dns_error: 'the host name of the destination could not be resolved',
  destination_ip_prohibited: 'the host name resolves to an address that the policy does not allow',
  connection_refused: 'the destination refused the connection',
  connection_timeout: 'the destination did not answer in time when connecting',
  connection_terminated: 'the destination closed the connection before it had answered',
  destination_unavailable: 'the destination cannot be reached',
  tls_certificate_error: 'the certificate of the destination was not accepted',
  tls_protocol_error: 'the TLS handshake with the destination failed',
  http_response_timeout: 'the destination did not answer in time',
  http_response_incomplete: 'the destination ended its answer half-way',
  http_response_body_size: 'the answer of the destination exceeds the size limit of the route',
  http_protocol_error: 'the destination answered with something that is not acceptable HTTP/1.1',
  traffic_paused: 'people have stopped what this instrument sends, so the request was broken off on its way',
  client_gone: 'the instrument closed the connection before the destination had answered',
} as const

/** @see RFC 9209 section 2.3; `traffic_paused` and `client_gone` are our own. */
export type UpstreamFault = keyof typeof upstreamFaults

/** A refusal of our own while connecting; Node passes it through as the error of the request. */
export class UpstreamError extends Error {
  override readonly name = 'UpstreamError'
  readonly fault: UpstreamFault
  constructor(fault: UpstreamFault) {
    super(upstreamFaults[fault])
    this.fault = fault
  }
}

const byCode: Readonly<Record<string, UpstreamFault>> = {
  ENOTFOUND: 'dns_error',
  EAI_AGAIN: 'dns_error',
  ENODATA: 'dns_error',
  ECONNREFUSED: 'connection_refused',
  ECONNRESET: 'connection_terminated',
  EPIPE: 'connection_terminated',
  ETIMEDOUT: 'connection_timeout',
  ECONNECT_TIMEOUT: 'connection_timeout',
  EHOSTUNREACH: 'destination_unavailable',
  ENETUNREACH: 'destination_unavailable',
  EADDRNOTAVAIL: 'destination_unavailable',
  EPROTO: 'tls_protocol_error',
}

const certificateCodes =
  /^(ERR_PEER_|ERR_TLS_CERT|CERT_|UNSPECIFIED|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|HOSTNAME_MISMATCH|INVALID_(CA|PURPOSE)|PATH_LENGTH|CRL_)/

/** Names the fault behind an error of Node's; what is not known counts as unavailable. */
export const faultOf = (error: unknown): UpstreamFault => {
  if (error instanceof UpstreamError) return error.fault
  const code = (error as NodeJS.ErrnoException | null)?.code ?? ''
  if (Object.hasOwn(byCode, code)) return byCode[code]!
  if (certificateCodes.test(code)) return 'tls_certificate_error'
  if (code.startsWith('ERR_SSL') || code.startsWith('ERR_TLS')) return 'tls_protocol_error'
  return code.startsWith('HPE_') ? 'http_protocol_error' : 'destination_unavailable'
}
