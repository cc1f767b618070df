import { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import {
  checkServerIdentity,
  connect,
  createSecureContext,
  getCACertificates,
  type ConnectionOptions,
  type PeerCertificate,
  type SecureContext,
  type TLSSocket,
} from 'node:tls'
import { getPublicSuffix } from 'tldts'
import { CertError } from './cert-error.ts'
import type { ClientIdentity } from './client-identity.ts'
import { maySign } from './key-usage.ts'
import { parseName } from './name.ts'
import { asksForStaple, checkStaple } from './ocsp-staple.ts'
import { signedChain } from './peer-chain.ts'
import { spkiPin } from './spki-pin.ts'
import { strongTls } from './strong-tls.ts'

/**
 * What a destination asks for beyond the usual. `extraCaPem`: one or more certificates that are trusted besides the
 * usual roots. `pins`: public keys of which one must stand in the verified chain; none asked for when empty. `staple`: whether
 * an OCSP response is asked for, which has to hold where it comes (`check`), or also has to come (`require`). `crls`: lists in
 * PEM; where there are any, each certificate of the chain needs one of its issuer. `identity`: shown to a server that asks.
 */
export type TrustOptions = {
  readonly extraCaPem?: string
  readonly pins?: readonly string[]
  readonly staple?: 'check' | 'require' | null
  readonly crls?: readonly string[]
  readonly identity?: ClientIdentity | null
}

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
  /** As if no OCSP response had been stapled; `connectTls` asks `checkPeer`. */
  readonly checkServerIdentity: (host: string, certificate: PeerCertificate) => Error | undefined
  readonly requestOCSP: boolean
  /** @param staple - the OCSP response that came with the certificate; null: none */
  readonly checkPeer: (certificate: PeerCertificate, staple: Buffer | null) => CertError | undefined
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

/** The name of a certificate that stands for the host; undefined when there is none. */
const nameFor = (certificate: X509Certificate, host: string): string | undefined =>
  isIP(host) === 0
    ? certificate.checkHost(host, { subject: 'never', partialWildcards: false })
    : certificate.checkIP(host)

/** A wildcard right below a public suffix such as co.uk would stand for the hosts of strangers. */
const isTooWide = (name: string): boolean => {
  const [star, ...base] = name.split('.')
  return star === '*' && getPublicSuffix(base.join('.')) === base.join('.').toLowerCase()
}

const checkName = (host: string, peer: PeerCertificate): CertError | undefined => {
  const certificate = new X509Certificate(peer.raw)
  if (!/(?:^|, )(?:DNS|IP Address):/.test(certificate.subjectAltName ?? ''))
    return new CertError('ERR_PEER_NAME_MISSING', "the server's certificate names no host in subjectAltName")
  const name = nameFor(certificate, host)
  if (name === undefined || checkServerIdentity(host, peer) !== undefined)
    return new CertError('ERR_PEER_NAME_MISMATCH', "the server's certificate is for another host")
  if (isTooWide(name))
    return new CertError('ERR_PEER_WILDCARD_WIDE', "the server's certificate is for all hosts below a public suffix")
  return undefined
}

type Chain = readonly X509Certificate[]

const checkUsage = ([certificate]: Chain): CertError | undefined =>
  certificate && !maySign(certificate)
    ? new CertError('ERR_PEER_KEY_USAGE', "the key of the server's certificate is not meant for signing")
    : undefined

const checkPins = (pins: ReadonlySet<string>, chain: Chain): CertError | undefined =>
  pins.size === 0 || chain.some(certificate => pins.has(spkiPin(certificate)))
    ? undefined
    : new CertError('ERR_PEER_PIN_MISMATCH', "none of the pinned keys stands in the server's certificate chain")

const missingStaple = (): CertError =>
  new CertError('ERR_PEER_STAPLE_MISSING', 'the server stapled no OCSP response to its certificate')

const checkRevocation = (
  mode: 'check' | 'require' | null,
  [certificate, issuer]: Chain,
  staple: Buffer | null,
): CertError | undefined => {
  if (mode === null || certificate === undefined) return undefined
  if (staple === null) return mode === 'require' || asksForStaple(certificate) ? missingStaple() : undefined
  return issuer === undefined
    ? new CertError('ERR_PEER_STAPLE_UNSIGNED', 'the issuer, who would have to sign the OCSP response, is not known')
    : checkStaple(staple, certificate, issuer)
}

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
 * pinned keys if there are any; where `staple` or `crls` say so, also that it was not revoked. There is no way to turn this off. Refusals appear as the `error` of the connection:
 * a CertError ERR_PEER_… from here, or OpenSSL's verdict as Node names it (CERT_HAS_EXPIRED,
 * DEPTH_ZERO_SELF_SIGNED_CERT, UNABLE_TO_VERIFY_LEAF_SIGNATURE, …).
 * @param host - the DNS name or IP literal of the policy; checked whatever address is dialled
 * @throws CertError ERR_NAME_INVALID, ERR_TRUST_CA_INVALID, ERR_TRUST_PIN_INVALID
 * @see RFC 9525 (service identity in TLS)
 */
export const trustFor = (host: string, options: TrustOptions): Trust => {
  const { extraCaPem, staple = null, crls = [], identity } = options
  const name = parseName(host)
  const pins = parsePins(options.pins ?? [])
  const ca = [...getCACertificates('default'), ...(extraCaPem === undefined ? [] : parseCertificates(extraCaPem))]
  /** The certificate that was last read for it, which takes milliseconds. */
  let soundUsage: string | undefined
  const checkPeer = (peer: PeerCertificate, response: Buffer | null): CertError | undefined =>
    refusalOf(() => {
      const wrongName = checkName(name.text, peer)
      if (wrongName) return wrongName
      const chain = signedChain(peer)
      if (chain[0]?.fingerprint256 !== soundUsage) {
        const wrongUsage = checkUsage(chain)
        if (wrongUsage) return wrongUsage
        soundUsage = chain[0]?.fingerprint256
      }
      return checkPins(pins, chain) ?? checkRevocation(staple, chain, response)
    })
  return {
    secureContext: createSecureContext({
      ...strongTls,
      ca,
      ...(crls.length > 0 && { crl: [...crls] }),
      ...(identity && { cert: identity.chainPem, key: identity.keyPem }),
    }),
    minVersion: strongTls.minVersion,
    servername: name.kind === 'dns' ? name.text : '',
    rejectUnauthorized: true,
    maxCachedSessions: 0,
    requestOCSP: staple !== null,
    checkPeer,
    checkServerIdentity: (_, peer) => checkPeer(peer, null),
  }
}

/**
 * Begins a TLS connection under a trust, over a connection of its own or over `socket`.
 * @returns the socket; what the server shows is judged before it is usable (`secureConnect`), and a refusal is its `error`
 */
export const connectTls = (trust: Trust, options: ConnectionOptions): TLSSocket => {
  let staple: Buffer | null = null
  const judge = (_: string, peer: PeerCertificate) => trust.checkPeer(peer, staple)
  const socket = connect({ ...options, ...trust, checkServerIdentity: judge })
  socket.once('OCSPResponse', (response: Buffer | null) => {
    staple = response !== null && response.length > 0 ? response : null
  })
  return socket
}
