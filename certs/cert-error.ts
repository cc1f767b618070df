/** What can be wrong with keys, certificates and names. Codes are stable: they stand in logs and in docs. */
export type CertErrorCode =
  | 'ERR_CA_EXISTS'
  | 'ERR_CA_MISSING'
  | 'ERR_CA_INCOMPLETE'
  | 'ERR_CA_RENEWAL_INCOMPLETE'
  | 'ERR_CA_KEY_MISSING'
  | 'ERR_CA_KEY_EXPOSED'
  | 'ERR_CA_KEY_MISMATCH'
  | 'ERR_CA_KEY_TYPE'
  | 'ERR_CA_UNREADABLE'
  | 'ERR_CA_NOT_WRITTEN'
  | 'ERR_CA_NOT_CA'
  | 'ERR_CA_UNCONSTRAINED'
  | 'ERR_CA_EXPIRED'
  | 'ERR_CA_NOT_YET_VALID'
  | 'ERR_CA_CHAIN_BROKEN'
  | 'ERR_CA_CHAIN_REFUSED'
  | 'ERR_CA_WEAK'
  | 'ERR_CA_ROTATION_UNDER_WAY'
  | 'ERR_CA_NO_SUCCESSOR'
  | 'ERR_CA_NO_PREDECESSOR'
  | 'ERR_NAME_INVALID'
  | 'ERR_NAME_NOT_PERMITTED'
  | 'ERR_TRUST_CA_INVALID'
  | 'ERR_TRUST_PIN_INVALID'
  | 'ERR_TRUST_CRL_MISSING'
  | 'ERR_TRUST_CRL_INVALID'
  | 'ERR_TRUST_CRL_EXPIRED'
  | 'ERR_CLIENT_CERT_MISSING'
  | 'ERR_CLIENT_CERT_INVALID'
  | 'ERR_CLIENT_CERT_EXPIRED'
  | 'ERR_CLIENT_KEY_EXPOSED'
  | 'ERR_CLIENT_KEY_MISMATCH'
  | 'ERR_PEER_UNREADABLE'
  | 'ERR_PEER_NAME_MISSING'
  | 'ERR_PEER_NAME_MISMATCH'
  | 'ERR_PEER_WILDCARD_WIDE'
  | 'ERR_PEER_KEY_USAGE'
  | 'ERR_PEER_PIN_MISMATCH'
  | 'ERR_PEER_REVOKED'
  | 'ERR_PEER_STATUS_UNKNOWN'
  | 'ERR_PEER_STAPLE_MISSING'
  | 'ERR_PEER_STAPLE_INVALID'
  | 'ERR_PEER_STAPLE_OTHER'
  | 'ERR_PEER_STAPLE_UNSIGNED'
  | 'ERR_PEER_STAPLE_STALE'

/** A fault of keys, certificates or names. The message says what is wrong, `hints[code]` what to do about it. */
export class CertError extends Error {
  override readonly name = 'CertError'
  readonly code: CertErrorCode
  constructor(code: CertErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** What an IT person does about each fault; the second line of the message. */
export const hints = {
  ERR_CA_EXISTS: 'use the authority that is there; "sluice certs ca new" begins to replace it',
  ERR_CA_MISSING: 'run "sluice init" to make one, or point the data folder at the one you have',
  ERR_CA_INCOMPLETE:
    'making the authority was interrupted before any certificate was issued: move authority.* out of the folder, then run "sluice init"',
  ERR_CA_RENEWAL_INCOMPLETE:
    'the authority in use is unharmed: move authority.next.* out of the folder, then run "sluice certs ca renew" again',
  ERR_CA_KEY_MISSING:
    'restore authority.key from your backup; without one, move authority.pem away and run "sluice init"',
  ERR_CA_KEY_EXPOSED:
    'run "chmod 600" on the key file; if others may have read it, run "sluice certs ca renew" and install the new certificate',
  ERR_CA_KEY_MISMATCH: 'restore authority.key and authority.pem from the same backup',
  ERR_CA_KEY_TYPE:
    'use an authority made by "sluice init", which has an ECDSA key on the curve P-256, or import an intermediate ("sluice certs ca import")',
  ERR_CA_UNREADABLE: 'check the owner and the content of the file, or restore it from your backup',
  ERR_CA_NOT_WRITTEN: 'check that the disk has room and that the folder belongs to the user that runs sluice',
  ERR_CA_NOT_CA: 'put the certificate of the authority itself into authority.pem, not one that it issued',
  ERR_CA_UNCONSTRAINED:
    'use an authority made by "sluice init", which is limited to the hosts of your policy, or import an intermediate with its root ("sluice certs ca import")',
  ERR_CA_EXPIRED: 'run "sluice certs ca renew", then install the new certificate on every instrument',
  ERR_CA_NOT_YET_VALID: 'set the clock of this machine, or wait for the day on which the certificate begins',
  ERR_CA_CHAIN_BROKEN:
    'give one PEM file: the certificate of the key first, then each issuer, the root last; it is the root that instruments trust',
  ERR_CA_CHAIN_REFUSED:
    'ask whoever issued it for an intermediate that may sign server certificates (keyCertSign; serverAuth if it names purposes) for these hosts',
  ERR_CA_WEAK:
    'ask for a chain of ECDSA keys (P-256 to P-521) or RSA keys of 2048 bits or more, signed with SHA-256 or better',
  ERR_CA_ROTATION_UNDER_WAY:
    'see "sluice certs list"; end the rotation with "sluice certs ca activate" and "sluice certs ca retire", or undo it with "sluice certs ca discard"',
  ERR_CA_NO_SUCCESSOR: 'make one with "sluice certs ca new", or bring one along with "sluice certs ca import"',
  ERR_CA_NO_PREDECESSOR: 'nothing is left to do: instruments are given one authority only',
  ERR_NAME_INVALID:
    'write host names in ASCII (xn-- for others) with no wildcard or port, and IP addresses without brackets',
  ERR_NAME_NOT_PERMITTED:
    'name the host in the policy, then exchange the authority ("sluice certs ca new"); ask whoever issued one that you bring along for limits that allow the host',
  ERR_TRUST_CA_INVALID: 'give a PEM file that holds certificates (BEGIN CERTIFICATE) and nothing else',
  ERR_TRUST_PIN_INVALID:
    'write each pin as sha256/ and the base64 of the SHA-256 of the SubjectPublicKeyInfo (44 characters)',
  ERR_TRUST_CRL_MISSING:
    'put the file into the folder "upstream" of the data folder, readable for the user that runs sluice',
  ERR_TRUST_CRL_INVALID: 'fetch the list anew from the authority (PEM or DER), and move it into place whole',
  ERR_TRUST_CRL_EXPIRED: 'fetch the current list from the authority, on a schedule shorter than the life of a list',
  ERR_CLIENT_CERT_MISSING:
    'put NAME.pem and NAME.key into the folder "upstream" of the data folder, for the user that runs sluice',
  ERR_CLIENT_CERT_INVALID:
    'give the certificate and its key in PEM, the key without passphrase (openssl pkey -in old.key -out NAME.key)',
  ERR_CLIENT_CERT_EXPIRED: 'get a new certificate from the vendor and replace both files; no restart is needed',
  ERR_CLIENT_KEY_EXPOSED:
    'run "chmod 600" on the key file; if others may have read it, ask the vendor for a new certificate',
  ERR_CLIENT_KEY_MISMATCH: 'put the certificate and the key that belong together into the folder',
  ERR_PEER_UNREADABLE:
    'ask the vendor for a certificate chain with RSA or ECDSA keys on common curves, in the usual encoding',
  ERR_PEER_NAME_MISSING:
    'ask the vendor for a certificate with the host in subjectAltName; the common name alone is not taken',
  ERR_PEER_NAME_MISMATCH: 'check the host in the policy and where DNS sends it: another server may be answering',
  ERR_PEER_WILDCARD_WIDE:
    'ask the vendor for a certificate that names the host, or a wildcard below a domain of its own',
  ERR_PEER_KEY_USAGE: 'ask the vendor for a certificate whose key may sign (keyUsage digitalSignature)',
  ERR_PEER_PIN_MISMATCH:
    'ask the vendor whether its key has changed before you change the pin; otherwise someone may be in between',
  ERR_PEER_REVOKED: 'ask the vendor: its authority has withdrawn the certificate, so the key may be in wrong hands',
  ERR_PEER_STATUS_UNKNOWN: 'ask the vendor which authority issued the certificate: its responder does not know of it',
  ERR_PEER_STAPLE_MISSING:
    'ask the vendor to switch OCSP stapling on, or use "staple: check" or a CRL file for this destination',
  ERR_PEER_STAPLE_INVALID: 'ask the vendor to repair OCSP stapling on its server',
  ERR_PEER_STAPLE_OTHER: 'ask the vendor: its server staples the response of another certificate',
  ERR_PEER_STAPLE_UNSIGNED:
    'ask the vendor: the stapled response does not come from its authority; someone may be in between',
  ERR_PEER_STAPLE_STALE:
    'check the clock of this machine; if it is right, ask the vendor to renew what its server staples',
} as const satisfies Record<CertErrorCode, string>
