import { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import {
  checkServerIdentity,
  createSecureContext,
  getCACertificates,
  type DetailedPeerCertificate,
  type PeerCertificate,
  type SecureContext,
} from 'node:tls'
import { CertError } from './cert-error.ts'
import { parseName } from './name.ts'
import { spkiPin } from './spki-pin.ts'
import { strongTls } from './strong-tls.ts'

/**
 * What a destination asks for beyond the usual. `extraCaPem`: one or more certificates that are trusted besides the
 * usual roots. `pins`: public keys of which one must stand in the verified chain; none asked for when empty.
 */
export type TrustOptions = { readonly extraCaPem?: string; readonly pins?: readonly string[] }

/**
 * Options for an `https.Agent` that serves one destination. The roots are parsed once, in `secureContext`: given to an
 * agent as `ca` they would be parsed at each connection (14 ms) and joined into a key at each request (0.3 ms).
 */
export type Trust = {
  readonly secureContext: SecureContext
  readonly minVersion: 'TLSv1.2'
  /** For SNI; empty for an IP address, which SNI does not carry (RFC 6066 section 3). */
  readonly servername: string
  /** Said outright, because NODE_TLS_REJECT_UNAUTHORIZED=0 changes the default. */
  readonly rejectUnauthorized: true
  /** A resumed session skips `checkServerIdentity`, so none is kept. */
  readonly maxCachedSessions: 0
  readonly checkServerIdentity: (host: string, certificate: PeerCertificate) => Error | undefined
}

const PEM_BLOCK = /-----BEGIN CERTIFICATE-----[A-Za-z\d+/=\s]+-----END CERTIFICATE-----/g
/** RFC 7469 section 2.4: SHA-256 has 32 octets, so the last character but one carries four bits and two zeros. */
const PIN = /^sha256\/[A-Za-z\d+/]{42}[AEIMQUYcgkosw048]=$/

const parseCertificates = (pem: string): readonly string[] => {
  const blocks = pem.match(PEM_BLOCK) ?? []
  const others = pem.replace(PEM_BLOCK, '').includes('-----BEGIN')
  if (blocks.length === 0 || others)
    throw new CertError(
      'ERR_TRUST_CA_INVALID',
      'the extra CA file does not hold certificates, or not only certificates',
    )
  blocks.forEach((block, index) => {
    try {
      new X509Certificate(block) // oxlint-disable-line no-new -- throws on what is not a certificate
    } catch {
      throw new CertError('ERR_TRUST_CA_INVALID', `certificate number ${index + 1} of the extra CA file is damaged`)
    }
  })
  return blocks
}

const parsePins = (pins: readonly string[]): ReadonlySet<string> => {
  const bad = pins.findIndex(pin => !PIN.test(pin))
  if (bad >= 0) throw new CertError('ERR_TRUST_PIN_INVALID', `pin number ${bad + 1} is not in the form sha256/<base64>`)
  return new Set(pins)
}

/**
 * The peer's certificate and those above it, as far as each signature holds. Node lists what the peer sent and links
 * it by name alone, so a peer could slip in a certificate with the pinned key that has signed nothing.
 */
const signedChain = (peer: PeerCertificate): readonly X509Certificate[] => {
  const chain = [new X509Certificate(peer.raw)]
  let above = (peer as Partial<DetailedPeerCertificate>).issuerCertificate
  while (above && chain.length < 16) {
    const issuer = new X509Certificate(above.raw)
    const child = chain.at(-1)
    if (!child || !issuer.ca || issuer.fingerprint256 === child.fingerprint256 || !child.verify(issuer.publicKey)) break
    chain.push(issuer)
    above = above.issuerCertificate
  }
  return chain
}

const hasName = (certificate: X509Certificate, host: string): boolean =>
  isIP(host) === 0
    ? certificate.checkHost(host, { subject: 'never', partialWildcards: false }) !== undefined
    : certificate.checkIP(host) !== undefined

const checkName = (host: string, peer: PeerCertificate): CertError | undefined => {
  const certificate = new X509Certificate(peer.raw)
  if (!/(?:^|, )(?:DNS|IP Address):/.test(certificate.subjectAltName ?? ''))
    return new CertError('ERR_PEER_NAME_MISSING', "the server's certificate names no host in subjectAltName")
  if (!hasName(certificate, host) || checkServerIdentity(host, peer) !== undefined)
    return new CertError('ERR_PEER_NAME_MISMATCH', "the server's certificate is for another host")
  return undefined
}

const checkPins = (pins: ReadonlySet<string>, peer: PeerCertificate): CertError | undefined =>
  pins.size === 0 || signedChain(peer).some(certificate => pins.has(spkiPin(certificate)))
    ? undefined
    : new CertError('ERR_PEER_PIN_MISMATCH', "none of the pinned keys stands in the server's certificate chain")

/** Node does not expect `checkServerIdentity` to throw: an odd certificate from a server would end the process. */
const refusalOf = (check: () => CertError | undefined): CertError | undefined => {
  try {
    return check()
  } catch (cause) {
    return new CertError('ERR_PEER_UNREADABLE', "the server's certificate chain cannot be read", { cause })
  }
}

/**
 * What a vendor's server must show: a chain to a root that Node trusts (bundled, system and NODE_EXTRA_CA_CERTS as Node
 * was started) or to `extraCaPem`, a subjectAltName for `host` (the common name and URIs do not count), and one of the
 * pinned keys if there are any. There is no way to turn this off. Refusals appear as the `error` of the connection:
 * a CertError ERR_PEER_… from here, or OpenSSL's verdict as Node names it (CERT_HAS_EXPIRED,
 * DEPTH_ZERO_SELF_SIGNED_CERT, UNABLE_TO_VERIFY_LEAF_SIGNATURE, …).
 * @param host - the DNS name or IP literal of the policy; checked whatever address is dialled
 * @throws CertError ERR_NAME_INVALID, ERR_TRUST_CA_INVALID, ERR_TRUST_PIN_INVALID
 * @see RFC 9525 (service identity in TLS)
 */
export const trustFor = (host: string, { extraCaPem, pins }: TrustOptions): Trust => {
  const name = parseName(host)
  const accepted = parsePins(pins ?? [])
  const ca = [...getCACertificates('default'), ...(extraCaPem === undefined ? [] : parseCertificates(extraCaPem))]
  return {
    secureContext: createSecureContext({ ...strongTls, ca }),
    minVersion: strongTls.minVersion,
    servername: name.kind === 'dns' ? name.text : '',
    rejectUnauthorized: true,
    maxCachedSessions: 0,
    checkServerIdentity: (_, peer) => refusalOf(() => checkName(name.text, peer) ?? checkPins(accepted, peer)),
  }
}
