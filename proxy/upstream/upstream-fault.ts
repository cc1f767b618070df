import { hints } from '../../certs/cert-error.ts'

/** Error types of Proxy-Status that are used. @see RFC 9209 section 2.3 */
type ErrorType =
  | 'dns_error'
  | 'destination_ip_prohibited'
  | 'destination_unavailable'
  | 'connection_refused'
  | 'connection_terminated'
  | 'connection_timeout'
  | 'tls_certificate_error'
  | 'tls_protocol_error'
  | 'tls_alert_received'
  | 'http_response_timeout'
  | 'http_response_incomplete'
  | 'http_response_body_size'
  | 'http_protocol_error'
  | 'http_request_denied'
  | 'proxy_configuration_error'
  | 'proxy_internal_error'

/** `type`: for machines that know RFC 9209 only. `hint`: what an IT person does about it. */
type Fault = { readonly type: ErrorType; readonly meaning: string; readonly hint: string }

const certificate = (meaning: string, hint: string): Fault => ({ type: 'tls_certificate_error', meaning, hint })
const ours = (meaning: string, hint: string): Fault => ({ type: 'proxy_configuration_error', meaning, hint })

const askVendor = 'ask the vendor to repair its certificate; do not work around it'

/** What can go wrong on the way to the vendor and back. The codes are stable: they stand in the log. */
export const upstreamFaults = {
  dns_error: {
    type: 'dns_error',
    meaning: 'the host name of the destination could not be resolved',
    hint: 'correct the host in the policy, or the DNS server of this machine, or give "addresses"',
  },
  destination_ip_prohibited: {
    type: 'destination_ip_prohibited',
    meaning: 'the host name resolves to an address that the policy does not allow',
    hint: 'find out who answers DNS for this host; if the vendor really is there, name the network under "networks"',
  },
  connection_refused: {
    type: 'connection_refused',
    meaning: 'the destination refused the connection',
    hint: 'check the port in the policy, and whether a firewall stands in between',
  },
  connection_timeout: {
    type: 'connection_timeout',
    meaning: 'the destination did not answer in time when connecting',
    hint: 'let the firewall pass this machine to the host and port of the destination, or name the proxy of the site',
  },
  connection_terminated: {
    type: 'connection_terminated',
    meaning: 'the destination closed the connection before it had answered',
    hint: 'try again; if it stays so, look for a firewall that ends TLS connections',
  },
  destination_unavailable: {
    type: 'destination_unavailable',
    meaning: 'the destination cannot be reached',
    hint: 'check the network and the default route of this machine',
  },
  proxy_unreachable: {
    type: 'destination_unavailable',
    meaning: 'the upstream proxy cannot be reached, or does not speak as it should',
    hint: 'check host, port and "tls" of the proxy in the policy, and that it is running',
  },
  proxy_ip_prohibited: {
    type: 'destination_ip_prohibited',
    meaning: 'the upstream proxy resolves to an address that the policy does not allow',
    hint: 'name the network of the proxy under "networks" of "proxy"',
  },
  proxy_credentials_refused: {
    type: 'proxy_configuration_error',
    meaning: 'the upstream proxy asks for other credentials',
    hint: 'put name:password of an account of the proxy into the file that "credentials" names, mode 600',
  },
  proxy_denied: {
    type: 'http_request_denied',
    meaning: 'the upstream proxy does not let this destination pass',
    hint: 'have the proxy let this machine CONNECT to the host and port, without opening TLS',
  },
  proxy_failed: {
    type: 'destination_unavailable',
    meaning: 'the upstream proxy could not reach the destination',
    hint: 'ask who runs the proxy: it resolves the name and connects',
  },
  tls_certificate_error: certificate('the certificate of the destination was not accepted', askVendor),
  certificate_expired: certificate(
    'the certificate of the destination, or one above it, has expired',
    'check the clock of this machine; if it is right, ask the vendor to renew',
  ),
  certificate_not_yet_valid: certificate(
    'the certificate of the destination, or one above it, is not valid yet',
    'check the clock of this machine; if it is right, ask the vendor',
  ),
  certificate_name_missing: certificate(
    'the certificate of the destination names no host in subjectAltName',
    hints.ERR_PEER_NAME_MISSING,
  ),
  certificate_name_mismatch: certificate(
    'the certificate of the destination is for another host',
    hints.ERR_PEER_NAME_MISMATCH,
  ),
  certificate_wildcard_wide: certificate(
    'the certificate of the destination is for all hosts below a public suffix',
    hints.ERR_PEER_WILDCARD_WIDE,
  ),
  certificate_self_signed: certificate(
    'the certificate of the destination is signed by itself',
    'another machine may be answering; if it is the right one, give its certificate as "ca" after comparing fingerprints',
  ),
  certificate_authority_unknown: certificate(
    'the certificate of the destination comes from an authority that is not trusted',
    'something may be opening TLS on the way; have it leave this destination alone, or give the authority of the vendor as "ca"',
  ),
  certificate_chain_incomplete: certificate(
    'no trusted authority issued the certificate, or one in between was not sent',
    'ask the vendor to send the whole chain; for an authority of its own give the certificate as "ca"',
  ),
  certificate_authority_invalid: certificate(
    'a certificate of the chain was issued by one that is no authority',
    'ask the vendor to send a chain in which every authority says that it is one (basicConstraints, RFC 5280)',
  ),
  certificate_path_too_long: certificate(
    'an authority of the chain stands deeper than the one above it allows (pathLenConstraint)',
    askVendor,
  ),
  certificate_constraints_broken: certificate(
    'an authority of the chain may not vouch for this name (nameConstraints)',
    'someone may misuse an authority: ask the vendor before anything else',
  ),
  certificate_purpose_wrong: certificate('the certificate is not meant for a TLS server', askVendor),
  certificate_key_weak: certificate('a key of the certificate chain is too short', askVendor),
  certificate_signature_weak: certificate(
    'a certificate of the chain is signed with SHA-1, MD5 or the like',
    askVendor,
  ),
  certificate_signature_invalid: certificate(
    'a signature in the certificate chain is wrong',
    'someone may be in between: compare the fingerprint with the vendor',
  ),
  certificate_revoked: certificate('the certificate of the destination was revoked', hints.ERR_PEER_REVOKED),
  certificate_pin_mismatch: certificate('no pinned key stands in the certificate chain', hints.ERR_PEER_PIN_MISMATCH),
  certificate_unreadable: certificate('the certificate chain cannot be read', hints.ERR_PEER_UNREADABLE),
  ocsp_staple_missing: certificate('no OCSP response was stapled', hints.ERR_PEER_STAPLE_MISSING),
  ocsp_staple_invalid: certificate('the stapled OCSP response is damaged', hints.ERR_PEER_STAPLE_INVALID),
  ocsp_staple_other: certificate('the stapled OCSP response is for another certificate', hints.ERR_PEER_STAPLE_OTHER),
  ocsp_staple_unsigned: certificate(
    'the stapled OCSP response is not signed by who may answer',
    hints.ERR_PEER_STAPLE_UNSIGNED,
  ),
  ocsp_staple_stale: certificate('the stapled OCSP response is out of date', hints.ERR_PEER_STAPLE_STALE),
  ocsp_status_unknown: certificate('the OCSP responder does not know the certificate', hints.ERR_PEER_STATUS_UNKNOWN),
  crl_missing: certificate(
    'there is no revocation list for an authority of the chain',
    'name under "crls" a list of each authority in the chain, that of the root included',
  ),
  crl_expired: certificate('a revocation list is out of date', hints.ERR_TRUST_CRL_EXPIRED),
  crl_not_yet_valid: certificate('a revocation list is from the future', 'check the clock of this machine'),
  crl_unusable: ours(
    'a revocation list is missing, damaged or not signed by its authority',
    hints.ERR_TRUST_CRL_INVALID,
  ),
  client_certificate_unusable: ours(
    'the client certificate for the destination, or its key, cannot be used',
    'run "sluice doctor", which says what is wrong with it',
  ),
  client_certificate_required: {
    type: 'tls_alert_received',
    meaning: 'the destination asks for a client certificate',
    hint: 'get one from the vendor and name it as "clientCertificate" of the destination',
  },
  client_certificate_refused: {
    type: 'tls_alert_received',
    meaning: 'the destination does not accept the client certificate',
    hint: 'ask the vendor whether it knows the certificate, and send the chain above it in the same file',
  },
  proxy_credentials_unusable: ours(
    'the file with the credentials for the upstream proxy cannot be used',
    'put name:password on one line into the file that "credentials" names, mode 600',
  ),
  tls_version_unsupported: {
    type: 'tls_protocol_error',
    meaning: 'the destination speaks no TLS 1.2 or newer',
    hint: 'ask the vendor to switch TLS 1.2 or 1.3 on',
  },
  tls_cipher_unsupported: {
    type: 'tls_protocol_error',
    meaning: 'the destination has no cipher suite, curve or signature in common with us',
    hint: 'ask the vendor for suites with ECDHE and AES-GCM or ChaCha20-Poly1305 (RFC 9325)',
  },
  tls_not_spoken: {
    type: 'tls_protocol_error',
    meaning: 'the destination does not speak TLS on this port',
    hint: 'check the port in the policy, and whether a captive portal or a proxy answers in its place',
  },
  tls_protocol_error: {
    type: 'tls_protocol_error',
    meaning: 'the TLS handshake with the destination failed',
    hint: 'try "openssl s_client -connect HOST:PORT" from this machine and send the vendor what it says',
  },
  http_response_timeout: {
    type: 'http_response_timeout',
    meaning: 'the destination did not answer in time',
    hint: 'ask the vendor whether its service is slow; the instrument keeps its data and may send again',
  },
  http_response_incomplete: {
    type: 'http_response_incomplete',
    meaning: 'the destination ended its answer half-way',
    hint: 'try again; if it stays so, ask the vendor',
  },
  http_response_body_size: {
    type: 'http_response_body_size',
    meaning: 'the answer of the destination exceeds the size limit of the route',
    hint: 'if such answers are to be expected, raise "maxBytes" under "response" of the route',
  },
  http_protocol_error: {
    type: 'http_protocol_error',
    meaning: 'the destination answered with something that is not acceptable HTTP/1.1',
    hint: 'ask the vendor; a proxy on the way may also be answering in its place',
  },
  traffic_paused: {
    type: 'http_request_denied',
    meaning: 'people have stopped what this instrument sends, so the request was broken off on its way',
    hint: 'run "sluice resume" when it may go on; the vendor may have taken the request all the same',
  },
  splice_bytes_used: {
    type: 'connection_terminated',
    meaning: 'the octets that were set aside for a connection that passes unopened were used up, so it was cut',
    hint: 'look at what it carries so much of; if it has to, raise the budgets under "splice" of the destination',
  },
  splice_time_over: {
    type: 'connection_terminated',
    meaning: 'a connection that passes unopened has lasted an hour, or until the policy ends such connections',
    hint: 'have the instrument connect again; renew "expires" under "splice" of the destination if that is over',
  },
  splice_idle: {
    type: 'connection_terminated',
    meaning: 'nothing passed for five minutes over a connection that passes unopened',
    hint: 'have the instrument connect when it has something to send',
  },
  splice_withdrawn: {
    type: 'http_request_denied',
    meaning: 'the policy changed while a connection passed unopened, so it was cut',
    hint: 'have the instrument connect again; the policy in force decides anew',
  },
  splice_stopped: {
    type: 'connection_terminated',
    meaning: 'the appliance stopped while a connection passed unopened',
    hint: 'have the instrument connect again',
  },
  appliance_stopped: {
    type: 'connection_terminated',
    meaning: 'the appliance stopped while a spooled request was under way, before the destination had answered',
    hint: 'start it again; what was promised of the request says whether it is sent again',
  },
  client_gone: {
    type: 'proxy_internal_error',
    meaning: 'the instrument closed the connection before the destination had answered',
    hint: 'raise the time-out of the instrument, or ask the vendor why the answer takes long',
  },
} as const satisfies Record<string, Fault>

export type UpstreamFault = keyof typeof upstreamFaults

export const isFault = (text: string): text is UpstreamFault => Object.hasOwn(upstreamFaults, text)

/**
 * Faults of which it is certain that nothing of the request was written: they come before there is a verified connection, and no other
 * time. What is not listed may have reached the destination.
 */
const unsentFaults: ReadonlySet<UpstreamFault> = new Set([
  'dns_error',
  'destination_ip_prohibited',
  'connection_refused',
])

export const isCertainlyUnsent = (fault: UpstreamFault): boolean =>
  unsentFaults.has(fault) || upstreamFaults[fault].type === 'tls_certificate_error'

/** A refusal of our own while connecting; Node passes it through as the error of the request. */
export class UpstreamError extends Error {
  override readonly name = 'UpstreamError'
  readonly fault: UpstreamFault
  constructor(fault: UpstreamFault, options?: ErrorOptions) {
    super(upstreamFaults[fault].meaning, options)
    this.fault = fault
  }
}
