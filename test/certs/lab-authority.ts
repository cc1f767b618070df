/** Authorities as labs bring them along, sound and unsound, written with the project's own writer. */
import { generateKeyPairSync, X509Certificate, type KeyObject } from 'node:crypto'
import {
  authorityKeyIdentifier,
  subjectKeyIdentifier,
  writeCertificate,
  type Extension,
} from '../../certs/certificate.ts'
import { toPem } from '../../certs/der.ts'
import { nameConstraints, type Permitted } from '../../certs/name-constraints.ts'

/** What deviates from a sound intermediate under a sound root. Days are counted from now. */
export type LabWish = {
  readonly kind?: 'P-256' | 'P-384' | 'RSA' | 'RSA-1024' | 'Ed25519'
  readonly permitted?: Permitted
  readonly selfSigned?: boolean
  readonly pathLength?: number
  readonly rootPathLength?: number
  readonly from?: number
  readonly to?: number
  readonly rootTo?: number
  readonly usage?: 'crl'
  readonly purpose?: 'clientAuth'
  readonly isServer?: boolean
  readonly foreignKey?: boolean
  readonly dropRoot?: boolean
  readonly reversed?: boolean
}

export type LabAuthority = { readonly chain: string; readonly keyPem: string; readonly root: X509Certificate }

type KeyPair = { readonly publicKey: KeyObject; readonly privateKey: KeyObject }

const DAY = 86_400_000

const keyPair = (kind: LabWish['kind']): KeyPair => {
  if (kind === 'RSA') return generateKeyPairSync('rsa', { modulusLength: 2_048 })
  if (kind === 'RSA-1024') return generateKeyPairSync('rsa', { modulusLength: 1_024 })
  if (kind === 'Ed25519') return generateKeyPairSync('ed25519')
  return generateKeyPairSync('ec', { namedCurve: kind ?? 'P-256' })
}

const extensionsOf = (wish: LabWish): readonly Extension[] => {
  if (wish.isServer) return [{ name: 'keyUsage', critical: true, digitalSignature: true }]
  const usage = wish.usage === 'crl' ? { cRLSign: true } : { keyCertSign: true, cRLSign: true }
  return [
    { name: 'basicConstraints', critical: true, cA: true, pathLenConstraint: wish.pathLength ?? 0 },
    { name: 'keyUsage', critical: true, ...usage },
    ...(wish.purpose ? [{ name: 'extKeyUsage', [wish.purpose]: true } as const] : []),
    ...(wish.permitted ? [nameConstraints(wish.permitted)] : []),
  ]
}

type Issuer = { readonly certificate: X509Certificate; readonly key: KeyObject }

const make = (name: string, wish: LabWish, pair: KeyPair, issuer?: Issuer): X509Certificate =>
  new X509Certificate(
    writeCertificate({
      subject: [{ shortName: 'CN', value: name }],
      issuer: issuer ? { certificateDer: issuer.certificate.raw } : 'self',
      notBefore: new Date(Date.now() + (wish.from ?? -1) * DAY),
      notAfter: new Date(Date.now() + (wish.to ?? 365) * DAY),
      publicKey: pair.publicKey,
      signingKey: issuer?.key ?? pair.privateKey,
      extensions: [
        ...extensionsOf(wish),
        subjectKeyIdentifier(pair.publicKey),
        ...(issuer ? [authorityKeyIdentifier(issuer.certificate)] : []),
      ],
    }),
  )

const pemOf = (certificate: X509Certificate): string => toPem('CERTIFICATE', certificate.raw)

export const makeAuthority = (wish: LabWish): LabAuthority => {
  const pair = keyPair(wish.kind)
  const key = wish.foreignKey ? keyPair('P-256') : pair
  const keyPem = key.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  if (wish.selfSigned) {
    const root = make('Lab root', wish, pair)
    return { chain: pemOf(root), keyPem, root }
  }
  const rootPair = keyPair('P-256')
  const root = make('Lab root', { pathLength: wish.rootPathLength ?? 1, from: -9, to: wish.rootTo ?? 3_650 }, rootPair)
  const intermediate = make('Lab TLS', wish, pair, { certificate: root, key: rootPair.privateKey })
  const whole = [intermediate, ...(wish.dropRoot ? [] : [root])].map(pemOf)
  if (!wish.reversed) return { chain: whole.join(''), keyPem, root }
  const rootKey = rootPair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  return { chain: whole.toReversed().join(''), keyPem: rootKey, root }
}
