import { UpstreamError, type UpstreamFault } from './upstream-fault.ts'

/** Codes of Node, of OpenSSL's verdicts as Node names them, and of CertError. */
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
  CERT_HAS_EXPIRED: 'certificate_expired',
  CERT_NOT_YET_VALID: 'certificate_not_yet_valid',
  HOSTNAME_MISMATCH: 'certificate_name_mismatch',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'certificate_self_signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'certificate_authority_unknown',
  UNABLE_TO_GET_ISSUER_CERT: 'certificate_chain_incomplete',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'certificate_chain_incomplete',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'certificate_chain_incomplete',
  INVALID_CA: 'certificate_authority_invalid',
  PATH_LENGTH_EXCEEDED: 'certificate_path_too_long',
  CERT_CHAIN_TOO_LONG: 'certificate_path_too_long',
  INVALID_PURPOSE: 'certificate_purpose_wrong',
  CERT_SIGNATURE_FAILURE: 'certificate_signature_invalid',
  UNABLE_TO_DECRYPT_CERT_SIGNATURE: 'certificate_signature_invalid',
  UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY: 'certificate_unreadable',
  CERT_REVOKED: 'certificate_revoked',
  UNABLE_TO_GET_CRL: 'crl_missing',
  CRL_HAS_EXPIRED: 'crl_expired',
  CRL_NOT_YET_VALID: 'crl_not_yet_valid',
  CRL_SIGNATURE_FAILURE: 'crl_unusable',
  UNABLE_TO_DECRYPT_CRL_SIGNATURE: 'crl_unusable',
  ERR_PEER_UNREADABLE: 'certificate_unreadable',
  ERR_PEER_NAME_MISSING: 'certificate_name_missing',
  ERR_PEER_NAME_MISMATCH: 'certificate_name_mismatch',
  ERR_PEER_WILDCARD_WIDE: 'certificate_wildcard_wide',
  ERR_PEER_KEY_USAGE: 'certificate_purpose_wrong',
  ERR_PEER_PIN_MISMATCH: 'certificate_pin_mismatch',
  ERR_PEER_REVOKED: 'certificate_revoked',
  ERR_PEER_STATUS_UNKNOWN: 'ocsp_status_unknown',
  ERR_PEER_STAPLE_MISSING: 'ocsp_staple_missing',
  ERR_PEER_STAPLE_INVALID: 'ocsp_staple_invalid',
  ERR_PEER_STAPLE_OTHER: 'ocsp_staple_other',
  ERR_PEER_STAPLE_UNSIGNED: 'ocsp_staple_unsigned',
  ERR_PEER_STAPLE_STALE: 'ocsp_staple_stale',
  ERR_TRUST_CRL_MISSING: 'crl_unusable',
  ERR_TRUST_CRL_INVALID: 'crl_unusable',
  ERR_TRUST_CRL_EXPIRED: 'crl_expired',
  ERR_CLIENT_CERT_MISSING: 'client_certificate_unusable',
  ERR_CLIENT_CERT_INVALID: 'client_certificate_unusable',
  ERR_CLIENT_CERT_EXPIRED: 'client_certificate_unusable',
  ERR_CLIENT_KEY_EXPOSED: 'client_certificate_unusable',
  ERR_CLIENT_KEY_MISMATCH: 'client_certificate_unusable',
}

/** Words of OpenSSL for what Node has no code of its own for. */
const byWords: readonly (readonly [RegExp, UpstreamFault])[] = [
  [/certificate key too weak|(?:ee|ca) key too small|dh key too small/, 'certificate_key_weak'],
  [/(?:digest|md) (?:algorithm )?too weak/, 'certificate_signature_weak'],
  [/key usage does not include certificate signing|invalid ca certificate/, 'certificate_authority_invalid'],
  [/subtree violation|name constraint/, 'certificate_constraints_broken'],
  [/unsupported or invalid name syntax/, 'certificate_constraints_broken'],
  [/key usage does not include crl signing|crl/, 'crl_unusable'],
  [/wrong certificate type|key ?usage|unsuitable certificate purpose/, 'certificate_purpose_wrong'],
  [/certificate.required/, 'client_certificate_required'],
  [
    /alert (?:bad certificate|unknown ca|unsupported certificate|certificate (?:revoked|expired|unknown)|access denied)/,
    'client_certificate_refused',
  ],
  [/protocol version|unsupported protocol|tls version too low|no protocols available/, 'tls_version_unsupported'],
  [
    /alert handshake failure|no shared cipher|insufficient security|wrong cipher|unsupported signature|bad ecpoint/,
    'tls_cipher_unsupported',
  ],
  [/wrong version number|http request|packet length too long|record layer failure/, 'tls_not_spoken'],
  [/certificate|x509/, 'tls_certificate_error'],
]

/** What OpenSSL says: its codes in words, since Node gives now a code, now a line of its error stack. */
const wordsOf = ({ code = '', message }: NodeJS.ErrnoException): string =>
  `${code.replaceAll('_', ' ')} ${message}`.toLowerCase()

const isTls = (code: string): boolean => /^(?:EPROTO|UNSPECIFIED|ERR_SSL_|ERR_TLS_|ERR_OSSL_)/.test(code)

/** Names the fault behind an error of Node's or of our own; what is not known counts as unavailable. */
export const faultOf = (error: unknown): UpstreamFault => {
  if (error instanceof UpstreamError) return error.fault
  if (!(error instanceof Error)) return 'destination_unavailable'
  const { code = '' } = error as NodeJS.ErrnoException
  if (Object.hasOwn(byCode, code)) return byCode[code]!
  if (code.startsWith('HPE_')) return 'http_protocol_error'
  if (!isTls(code)) return 'destination_unavailable'
  return byWords.find(([words]) => words.test(wordsOf(error)))?.[1] ?? 'tls_protocol_error'
}
