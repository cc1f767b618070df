/** Certificates of every sound and unsound kind for the tests, written with the project's own writer. */
import { generateKeyPairSync, X509Certificate, type KeyObject } from 'node:crypto'
import {
  authorityKeyIdentifier,
  subjectKeyIdentifier,
  writeCertificate,
  type Extension,
} from '../../certs/certificate.ts'
import { sequence, tagged, toPem } from '../../certs/der.ts'

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
  readonly usage?: 'serverAuth' | 'clientAuth'
  readonly publicKey?: KeyObject
  readonly bareIdentifiers?: boolean
}

const DAY = 86_400_000

const altNames = ({ dns = [], uris = [], addresses = [] }: Wish): readonly Extension[] => {
  const names = [
    ...dns.map(name => tagged(2, Buffer.from(name))),
    ...uris.map(uri => tagged(6, Buffer.from(uri))),
    ...addresses.map(octets => tagged(7, Buffer.from(octets))),
  ]
  return names.length === 0 ? [] : [{ id: '2.5.29.17', value: sequence(...names) }]
}

const purposes = ({ ca = false, usage = 'serverAuth' }: Wish): readonly Extension[] =>
  ca
    ? [
        { name: 'basicConstraints', critical: true, cA: true, pathLenConstraint: 3 },
        { name: 'keyUsage', critical: true, keyCertSign: true, cRLSign: true },
      ]
    : [
        { name: 'keyUsage', critical: true, digitalSignature: true },
        { name: 'extKeyUsage', [usage]: true },
      ]

/** Makes a certificate, signed by `issuer` or by itself. */
export const makeCertificate = (wish: Wish, issuer?: Pick<Made, 'certificate' | 'key'>): Made => {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const publicKey = wish.publicKey ?? pair.publicKey
  const identifiers = [
    subjectKeyIdentifier(publicKey),
    ...(issuer ? [authorityKeyIdentifier(issuer.certificate.publicKey)] : []),
  ]
  const der = writeCertificate({
    subject: [{ shortName: 'CN', value: wish.commonName ?? 'Made for a test' }],
    issuer: issuer ? { certificateDer: issuer.certificate.raw } : 'self',
    notBefore: new Date(Date.now() + (wish.from ?? -1) * DAY),
    notAfter: new Date(Date.now() + (wish.to ?? 30) * DAY),
    publicKey,
    signingKey: issuer?.key ?? pair.privateKey,
    extensions: [...purposes(wish), ...altNames(wish), ...(wish.bareIdentifiers ? [] : identifiers)],
  })
  return {
    pem: toPem('CERTIFICATE', der),
    keyPem: pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    certificate: new X509Certificate(der),
    key: pair.privateKey,
  }
}
