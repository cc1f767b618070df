/** Certificates that only an old authority would issue: short RSA keys, signatures with SHA-1 or MD5. */
import { generateKeyPairSync, X509Certificate, type KeyObject, type KeyPairKeyObjectResult } from 'node:crypto'
import forge from 'node-forge'
import type { Made } from './made-certificate.ts'

const DAY = 86_400_000

export type WeakWish = { readonly host?: string; readonly bits?: number; readonly digest?: 'sha1' | 'md5' | 'sha256' }

type Issuer = { readonly certificate: X509Certificate; readonly key: KeyObject }

const pem = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }).toString()

/** Making one takes a tenth of a second. */
const pairs = new Map<number, KeyPairKeyObjectResult>()
const pairOf = (bits: number): KeyPairKeyObjectResult => {
  const pair = pairs.get(bits) ?? generateKeyPairSync('rsa', { modulusLength: bits })
  pairs.set(bits, pair)
  return pair
}

/** Makes an RSA certificate: of an authority without `host`, else of a server. */
export const makeWeakCertificate = ({ host, bits = 2048, digest = 'sha256' }: WeakWish, issuer?: Issuer): Made => {
  const { privateKey, publicKey } = pairOf(bits)
  const certificate = forge.pki.createCertificate()
  certificate.publicKey = forge.pki.publicKeyFromPem(publicKey.export({ type: 'spki', format: 'pem' }).toString())
  certificate.serialNumber = `01${Math.floor(Math.random() * 2 ** 32).toString(16)}`
  certificate.validity = { notBefore: new Date(Date.now() - DAY), notAfter: new Date(Date.now() + 30 * DAY) }
  const subject = [{ shortName: 'CN', value: host ?? 'Old root' }]
  certificate.setSubject(subject)
  const above = issuer && forge.pki.certificateFromPem(issuer.certificate.toString())
  certificate.setIssuer(above?.subject.attributes ?? subject)
  certificate.setExtensions(
    host === undefined
      ? [
          { name: 'basicConstraints', critical: true, cA: true },
          { name: 'keyUsage', critical: true, keyCertSign: true, cRLSign: true },
        ]
      : [
          { name: 'extKeyUsage', serverAuth: true },
          { name: 'subjectAltName', altNames: [{ type: 2, value: host }] },
        ],
  )
  certificate.sign(forge.pki.privateKeyFromPem(pem(issuer?.key ?? privateKey)), forge.md[digest].create())
  const text = forge.pki.certificateToPem(certificate)
  return { pem: text, keyPem: pem(privateKey), certificate: new X509Certificate(text), key: privateKey }
}
