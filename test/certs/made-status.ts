/** What authorities say of certificates that they issued, for the tests: OCSP responses and revocation lists, sound and unsound. */
import { createHash } from 'node:crypto'
import { Constructed, Enumerated, GeneralizedTime, Null, OctetString, Primitive, Sequence } from 'asn1js'
import {
  AlgorithmIdentifier,
  BasicOCSPResponse,
  CertID,
  Certificate,
  CertificateRevocationList,
  Extension,
  OCSPResponse,
  ResponseBytes,
  RevokedCertificate,
  SingleResponse,
  Time,
  TimeType,
} from 'pkijs'
import type { Made } from './made-certificate.ts'

const DAY = 86_400_000
const SHA1 = '1.3.14.3.2.26'

/** Days are counted from now. */
export type StatusWish = {
  readonly status?: 'good' | 'revoked' | 'unknown'
  readonly from?: number
  /** Null: it does not say. */
  readonly to?: number | null
  /** Who signs in place of the issuer; `sent`: with its certificate. */
  readonly signer?: Made
  readonly sent?: true
  readonly critical?: true
}

const inDays = (days: number): Date => new Date(Date.now() + days * DAY)
const parse = ({ certificate }: Pick<Made, 'certificate'>): Certificate =>
  Certificate.fromBER(Uint8Array.from(certificate.raw))
const signingKey = ({ key }: Pick<Made, 'key'>) =>
  key.toCryptoKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign'])
const sha1 = (data: Uint8Array): ArrayBuffer => Uint8Array.from(createHash('sha1').update(data).digest()).buffer

const context = (tagNumber: number): { readonly tagClass: 3; readonly tagNumber: number } => ({
  tagClass: 3,
  tagNumber,
})

const statusOf = (status: StatusWish['status']) => {
  if (status === 'revoked')
    return new Constructed({ idBlock: context(1), value: [new GeneralizedTime({ valueDate: inDays(-1) })] })
  return new Primitive({ idBlock: context(status === 'unknown' ? 2 : 0) })
}

/** An OCSP response about a certificate, as its issuer would staple it. */
export const makeStaple = async (subject: Made, issuer: Made, wish: StatusWish = {}): Promise<Buffer> => {
  const [certificate, authority] = [parse(subject), parse(issuer)]
  const response = new BasicOCSPResponse()
  response.tbsResponseData.responderID = authority.subject
  response.tbsResponseData.producedAt = new Date()
  const single = new SingleResponse({
    certID: new CertID({
      hashAlgorithm: new AlgorithmIdentifier({ algorithmId: SHA1, algorithmParams: new Null() }),
      issuerNameHash: new OctetString({ valueHex: sha1(new Uint8Array(certificate.issuer.valueBeforeDecode)) }),
      issuerKeyHash: new OctetString({
        valueHex: sha1(authority.subjectPublicKeyInfo.subjectPublicKey.valueBlock.valueHexView),
      }),
      serialNumber: certificate.serialNumber,
    }),
    thisUpdate: inDays(wish.from ?? -1),
  })
  single.certStatus = statusOf(wish.status)
  if (wish.to !== null) single.nextUpdate = inDays(wish.to ?? 5)
  if (wish.critical)
    single.singleExtensions = [new Extension({ extnID: '1.2.3.4', critical: true, extnValue: new ArrayBuffer(1) })]
  response.tbsResponseData.responses = [single]
  const signer = wish.signer ?? issuer
  await response.sign(signingKey(signer), 'SHA-256')
  if (wish.sent) response.certs = [parse(signer)]
  return wrap(new Uint8Array(response.toSchema().toBER()))
}

const wrap = (basic: Uint8Array): Buffer => {
  const whole = new OCSPResponse({
    responseStatus: new Enumerated({ value: 0 }),
    responseBytes: new ResponseBytes({
      responseType: '1.3.6.1.5.5.7.48.1.1',
      response: new OctetString({ valueHex: Uint8Array.from(basic).buffer }),
    }),
  })
  return Buffer.from(whole.toSchema().toBER())
}

/** A responder that cannot answer: tryLater (RFC 6960 section 4.2.1). */
export const tryLater = Buffer.from(new Sequence({ value: [new Enumerated({ value: 3 })] }).toBER())

export type CrlWish = { readonly from?: number; readonly to?: number; readonly signer?: Made }

/** A revocation list in DER. */
export const makeCrl = async (issuer: Made, revoked: readonly Made[] = [], wish: CrlWish = {}): Promise<Buffer> => {
  const crl = new CertificateRevocationList()
  crl.version = 1
  crl.issuer = parse(issuer).subject
  crl.thisUpdate = new Time({ type: TimeType.UTCTime, value: inDays(wish.from ?? -1) })
  crl.nextUpdate = new Time({ type: TimeType.UTCTime, value: inDays(wish.to ?? 5) })
  if (revoked.length > 0)
    crl.revokedCertificates = revoked.map(
      one =>
        new RevokedCertificate({
          userCertificate: parse(one).serialNumber,
          revocationDate: new Time({ type: TimeType.UTCTime, value: inDays(-1) }),
        }),
    )
  await crl.sign(signingKey(wish.signer ?? issuer), 'SHA-256')
  return Buffer.from(crl.toSchema(true).toBER())
}
