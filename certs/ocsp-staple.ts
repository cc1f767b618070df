import { createHash, verify, X509Certificate, type KeyObject } from 'node:crypto'
import { BasicOCSPResponse, Certificate, OCSPResponse, type AlgorithmIdentifier, type SingleResponse } from 'pkijs'
import { CertError } from './cert-error.ts'

/** Octets; a response with the chain of its responder has a few thousand. */
const MAX_OCTETS = 65_536
/** Milliseconds by which the clocks of the responder and of this machine may differ. */
const SKEW_MS = 5 * 60_000

const BASIC = '1.3.6.1.5.5.7.48.1.1'
/** id-kp-OCSPSigning: what an authority gives to who may answer for it (RFC 6960 section 4.2.2.2). */
const OCSP_SIGNING = '1.3.6.1.5.5.7.3.9'
/** id-pe-tlsfeature (RFC 7633). */
const TLS_FEATURE = '1.3.6.1.5.5.7.1.24'

type Algorithm = { readonly key: 'rsa' | 'ec' | 'ed25519'; readonly hash: string | null }

/** Signatures that are taken, by OID (RFC 4055, RFC 5758, RFC 8410). SHA-1 is not among them. */
const algorithms: Readonly<Record<string, Algorithm>> = {
  '1.2.840.113549.1.1.11': { key: 'rsa', hash: 'sha256' },
  '1.2.840.113549.1.1.12': { key: 'rsa', hash: 'sha384' },
  '1.2.840.113549.1.1.13': { key: 'rsa', hash: 'sha512' },
  '1.2.840.10045.4.3.2': { key: 'ec', hash: 'sha256' },
  '1.2.840.10045.4.3.3': { key: 'ec', hash: 'sha384' },
  '1.2.840.10045.4.3.4': { key: 'ec', hash: 'sha512' },
  '1.3.101.112': { key: 'ed25519', hash: null },
}

/** Digests that name the issuer in a CertID. No strength is asked of them: the signature covers what they stand for. */
const digests: Readonly<Record<string, string>> = {
  '1.3.14.3.2.26': 'sha1',
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
}

const parse = (certificate: X509Certificate): Certificate => Certificate.fromBER(Uint8Array.from(certificate.raw))

/** The content of a BIT STRING or OCTET STRING, or of an INTEGER, as pkijs holds it. */
const octetsOf = (value: { readonly valueBlock: { readonly valueHexView: Uint8Array } }): Buffer =>
  Buffer.from(value.valueBlock.valueHexView)

const invalid = (what: string): CertError =>
  new CertError('ERR_PEER_STAPLE_INVALID', `the stapled OCSP response ${what}`)

/** @throws CertError, and whatever pkijs throws on what is not DER of this form */
const readResponse = (staple: Buffer): BasicOCSPResponse => {
  if (staple.length > MAX_OCTETS) throw invalid('is too long')
  const { responseStatus, responseBytes } = OCSPResponse.fromBER(Uint8Array.from(staple))
  if (responseStatus.valueBlock.valueDec !== 0) throw invalid('says that the responder could not answer')
  if (responseBytes?.responseType !== BASIC) throw invalid('is of no known type')
  return BasicOCSPResponse.fromBER(Uint8Array.from(octetsOf(responseBytes.response)))
}

/** RFC 6960 section 4.1.1: serial number, and digests of the issuer's name and key. */
const isFor = ({ certID }: SingleResponse, certificate: Certificate, issuer: Certificate): boolean => {
  const digest = digests[certID.hashAlgorithm.algorithmId]
  if (digest === undefined) return false
  const hash = (data: Uint8Array): Buffer => createHash(digest).update(data).digest()
  return (
    octetsOf(certID.serialNumber).equals(octetsOf(certificate.serialNumber)) &&
    octetsOf(certID.issuerNameHash).equals(hash(new Uint8Array(certificate.issuer.valueBeforeDecode))) &&
    octetsOf(certID.issuerKeyHash).equals(hash(octetsOf(issuer.subjectPublicKeyInfo.subjectPublicKey)))
  )
}

const isSignedBy = (key: KeyObject, { algorithmId }: AlgorithmIdentifier, data: Uint8Array, signature: Buffer) => {
  const algorithm = algorithms[algorithmId]
  return algorithm?.key === key.asymmetricKeyType && verify(algorithm?.hash, data, key, signature)
}

/** Node's types do not say that there may be none. */
const purposesOf = (certificate: X509Certificate): readonly string[] =>
  (certificate as { readonly keyUsage?: readonly string[] }).keyUsage ?? []

/** The issuer itself, and those among the certificates sent along to which it has given the right to answer. */
const respondersOf = (response: BasicOCSPResponse, issuer: X509Certificate, now: number): readonly X509Certificate[] =>
  [issuer].concat(
    (response.certs ?? []).flatMap(sent => {
      const certificate = new X509Certificate(Buffer.from(sent.toSchema().toBER()))
      const isDelegate =
        certificate.checkIssued(issuer) &&
        isSignedBy(issuer.publicKey, sent.signatureAlgorithm, sent.tbsView, octetsOf(sent.signatureValue)) &&
        purposesOf(certificate).includes(OCSP_SIGNING) &&
        Date.parse(certificate.validFrom) <= now &&
        now <= Date.parse(certificate.validTo)
      return isDelegate ? [certificate] : []
    }),
  )

const isSigned = (response: BasicOCSPResponse, issuer: X509Certificate, now: number): boolean => {
  const { tbsResponseData, signatureAlgorithm, signature } = response
  return respondersOf(response, issuer, now).some(({ publicKey }) =>
    isSignedBy(publicKey, signatureAlgorithm, tbsResponseData.tbsView, octetsOf(signature)),
  )
}

/** Extensions that have to be understood, of which we know none (RFC 6960 section 4.4). */
const hasCritical = ({ tbsResponseData: { responseExtensions = [] } }: BasicOCSPResponse, answer: SingleResponse) =>
  [...responseExtensions, ...(answer.singleExtensions ?? [])].some(({ critical }) => critical)

const checkTime = ({ thisUpdate, nextUpdate }: SingleResponse, now: number): CertError | undefined => {
  if (thisUpdate.getTime() > now + SKEW_MS)
    return new CertError('ERR_PEER_STAPLE_STALE', 'the stapled OCSP response is from the future')
  if (nextUpdate === undefined || nextUpdate.getTime() < now - SKEW_MS)
    return new CertError('ERR_PEER_STAPLE_STALE', 'the stapled OCSP response is out of date')
  return undefined
}

/** Tags of CertStatus (RFC 6960 section 4.2.1). */
const checkStatus = ({ certStatus }: SingleResponse): CertError | undefined => {
  const { tagNumber } = (certStatus as { readonly idBlock: { readonly tagNumber: number } }).idBlock
  if (tagNumber === 0) return undefined
  if (tagNumber === 1) return new CertError('ERR_PEER_REVOKED', "the server's certificate was revoked")
  return new CertError('ERR_PEER_STATUS_UNKNOWN', "the responder does not know the server's certificate")
}

const judge = (staple: Buffer, shown: X509Certificate, issuer: X509Certificate, now: number): CertError | undefined => {
  const response = readResponse(staple)
  const [certificate, authority] = [parse(shown), parse(issuer)]
  const answer = response.tbsResponseData.responses.find(answer => isFor(answer, certificate, authority))
  if (!answer) return new CertError('ERR_PEER_STAPLE_OTHER', 'the stapled OCSP response is for another certificate')
  if (hasCritical(response, answer)) return invalid('has an extension that is not understood')
  if (!isSigned(response, issuer, now))
    return new CertError('ERR_PEER_STAPLE_UNSIGNED', 'the stapled OCSP response is not signed by who may answer')
  return checkTime(answer, now) ?? checkStatus(answer)
}

/**
 * Judges an OCSP response that a server stapled to its certificate: signed by the issuer or by who it named for it, for
 * this certificate, of now, and good. pkijs reads it, node:crypto verifies it.
 * @param issuer - whose signature on `certificate` was verified
 * @param now - milliseconds since 1970
 * @returns what speaks against the certificate; never throws
 * @see RFC 6960 section 3.2, RFC 6066 section 8
 */
export const checkStaple = (
  staple: Buffer,
  certificate: X509Certificate,
  issuer: X509Certificate,
  now = Date.now(),
): CertError | undefined => {
  try {
    return judge(staple, certificate, issuer, now)
  } catch (cause) {
    return cause instanceof CertError ? cause : invalid('cannot be read')
  }
}

/** Whether a certificate says itself that it is to be shown with a staple only. @throws on what is not a certificate */
export const asksForStaple = (certificate: X509Certificate): boolean =>
  parse(certificate).extensions?.some(({ extnID }) => extnID === TLS_FEATURE) ?? false
