import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import forge from 'node-forge'
import { createAuthority, type Authority } from '../../../certs/authority.ts'
import { leafStore } from '../../../certs/leaf.ts'
import { measure, type Spread } from '../measure.ts'
import type { Report, Suite } from '../suite.ts'

const ROUNDS = 8
/** Certificates of one round. RSA keys take from 10 to 200 ms each, as luck has it. */
const MANY = 200
const FEW = 4
const MOST = 20_000
const DAY = 86_400_000

/** A certificate as the documentation of node-forge has it: RSA-2048, SHA-256. */
const forgeLeaf = (name: string, keys: forge.pki.rsa.KeyPair, signer: forge.pki.rsa.PrivateKey): string => {
  const certificate = forge.pki.createCertificate()
  certificate.publicKey = keys.publicKey
  certificate.serialNumber = '01'
  certificate.validity.notBefore = new Date(Date.now() - DAY)
  certificate.validity.notAfter = new Date(Date.now() + 30 * DAY)
  certificate.setSubject([{ name: 'commonName', value: name }])
  certificate.setIssuer([{ name: 'commonName', value: 'bench' }])
  certificate.setExtensions([{ name: 'subjectAltName', altNames: [{ type: 2, value: name }] }])
  certificate.sign(signer, forge.md.sha256.create())
  return forge.pki.certificateToPem(certificate) + forge.pki.privateKeyToPem(keys.privateKey)
}

const repeat = (times: number, work: () => void): void => {
  for (let count = 0; count < times; count++) work()
}

/** Milliseconds of a round as certificates a second of one core. */
const aSecond = ({ median, mean, p10, p90, runs }: Spread, certificates: number): Spread => {
  const rate = (time: number): number => (certificates * 1_000) / time
  return { median: rate(median), mean: rate(mean), p10: rate(p90), p90: rate(p10), runs }
}

const mint = (report: Report, authority: Authority): void => {
  let number = 0
  const next = (): string => `host-${++number}.vendor.example`
  const store = leafStore(authority)
  const signer = forge.pki.rsa.generateKeyPair(2_048)
  const one = forge.pki.rsa.generateKeyPair(2_048)
  const kept = 'kept.vendor.example'
  void store.contextFor(kept)
  const ways = {
    'node-forge, RSA-2048, a key for each': [
      FEW,
      () => forgeLeaf(next(), forge.pki.rsa.generateKeyPair(2_048), signer.privateKey),
    ],
    'node-forge, RSA-2048, one key for all': [FEW, () => forgeLeaf(next(), one, signer.privateKey)],
    'a P-256 key pair alone': [MANY * 10, () => generateKeyPairSync('ec', { namedCurve: 'P-256' })],
    'sluice, certificate and P-256 key': [MANY, () => authority.issue([next()])],
    'sluice, context for TLS, name new': [MANY, () => void store.contextFor(next())],
    'sluice, context for TLS, name known': [MOST, () => void store.contextFor(kept)],
  } as const satisfies Record<string, readonly [number, () => unknown]>
  const works = Object.entries<readonly [number, () => unknown]>(ways)
  const times = measure(ROUNDS, () =>
    Object.fromEntries(works.map(([name, [count, work]]) => [name, () => repeat(count, work)])),
  )
  const rates = new Map(works.map(([name, [count]]) => [name, aSecond(times[name]!, count)]))
  const plain = rates.get('node-forge, RSA-2048, a key for each')!
  for (const [name, time] of rates) {
    const ratio = name.startsWith('sluice') && { to: 'node-forge, a key for each', value: time.mean / plain.mean }
    report.row({ name, unit: 'certificates/s', time, bytes: 0, ...(ratio && { ratio }) })
  }
}

export const mintSuite: Suite = {
  name: 'mint',
  title: 'leaf certificates that one core mints in a second of its time, beside node-forge by itself',
  async run(report) {
    const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-'))
    try {
      mint(report, await createAuthority(join(folder, 'authority'), { dns: ['vendor.example'], addresses: [] }))
    } finally {
      rmSync(folder, { recursive: true })
    }
  },
}
