/** Certificates of every sound and unsound kind for the tests, written with the project's own writer. */
import { generateKeyPairSync, X509Certificate, type KeyObject } from 'node:crypto'
import {
  authorityKeyIdentifier,
  subjectKeyIdentifier,
  writeCertificate,
  type Extension,
} from '../../certs/certificate.ts'
import { fromDer, sequence, tagged, toPem, type Der } from '../../certs/der.ts'
import { nameConstraints } from '../../certs/name-constraints.ts'

export type Made = {
  readonly pem: string
  readonly keyPem: string
  readonly certificate: X509Certificate
  readonly key: KeyObject
}

/** What deviates from a sound server certificate for nobody. Days are counted from now. */
export type Wish = {
  readonly commonName?: string
  readonly dns?: readonly string[]
  readonly uris?: readonly string[]
  readonly addresses?: readonly (readonly number[])[]
  readonly from?: number
  readonly to?: number
  readonly ca?: boolean
  readonly usage?: 'serverAuth' | 'clientAuth' | 'ocspSigning'
  readonly keyUsage?: Readonly<Record<string, boolean>>
  /** Of an authority. */
  readonly pathLength?: number
  /** Of an authority: it does not say that it is one. */
  readonly withoutConstraints?: true
  /** Of an authority: the only hosts that it may vouch for. */
  readonly permitted?: readonly string[]
  readonly mustStaple?: true
  /** The last octet of the signature is another one. */
  readonly damaged?: true
  readonly publicKey?: KeyObject
  readonly bareIdentifiers?: boolean
}

const DAY = 86_400_000

const integer = (value: number): Der => fromDer(Buffer.from([2, 1, value]))

const altNames = ({ dns = [], uris = [], addresses = [] }: Wish): readonly Extension[] => {
  const names = [
    ...dns.map(name => tagged(2, Buffer.from(name))),
    ...uris.map(uri => tagged(6, Buffer.from(uri))),
    ...addresses.map(octets => tagged(7, Buffer.from(octets))),
  ]
  return names.length === 0 ? [] : [{ id: '2.5.29.17', value: sequence(...names) }]
}

const OCSP_SIGNING = '1.3.6.1.5.5.7.3.9'
/** id-pe-tlsfeature with status_request (RFC 7633). */
const mustStaple: Extension = { id: '1.3.6.1.5.5.7.1.24', value: sequence(integer(5)) }

const purposes = (wish: Wish): readonly Extension[] => (wish.ca ? authorityPurposes(wish) : leafPurposes(wish))

const authorityPurposes = ({ pathLength = 3, withoutConstraints, permitted, keyUsage }: Wish): readonly Extension[] => [
  ...(withoutConstraints
    ? []
    : [{ name: 'basicConstraints', critical: true, cA: true, pathLenConstraint: pathLength } as const]),
  { name: 'keyUsage', critical: true, ...(keyUsage ?? { keyCertSign: true, cRLSign: true }) },
  ...(permitted ? [nameConstraints({ dns: permitted, addresses: [] })] : []),
]

const leafPurposes = ({ usage = 'serverAuth', keyUsage, ...wish }: Wish): readonly Extension[] => [
  { name: 'keyUsage', critical: true, ...(keyUsage ?? { digitalSignature: true }) },
  { name: 'extKeyUsage', [usage === 'ocspSigning' ? OCSP_SIGNING : usage]: true },
  ...(wish.mustStaple ? [mustStaple] : []),
]

const flipLast = (der: Buffer): Buffer => Buffer.concat([der.subarray(0, -1), Buffer.from([der.at(-1)! ^ 1])])

/** Makes a certificate, signed by `issuer` or by itself. */
export const makeCertificate = (wish: Wish, issuer?: Pick<Made, 'certificate' | 'key'>): Made => {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const publicKey = wish.publicKey ?? pair.publicKey
  const identifiers = [subjectKeyIdentifier(publicKey), ...(issuer ? [authorityKeyIdentifier(issuer.certificate)] : [])]
  const written = writeCertificate({
    subject: [{ shortName: 'CN', value: wish.commonName ?? 'Made for a test' }],
    issuer: issuer ? { certificateDer: issuer.certificate.raw } : 'self',
    notBefore: new Date(Date.now() + (wish.from ?? -1) * DAY),
    notAfter: new Date(Date.now() + (wish.to ?? 30) * DAY),
    publicKey,
    signingKey: issuer?.key ?? pair.privateKey,
    extensions: [...purposes(wish), ...altNames(wish), ...(wish.bareIdentifiers ? [] : identifiers)],
  })
  const der = wish.damaged ? flipLast(written) : written
  return {
    pem: toPem('CERTIFICATE', der),
    keyPem: pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    certificate: new X509Certificate(der),
    key: pair.privateKey,
  }
}
