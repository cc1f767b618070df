import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import t from 'tap'
import { Aes256Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from '@hpke/core'
import { hpkeOpener } from '../../../log/held/hpke-open.ts'
import { publicPart } from '../../../log/review/reviewer.ts'

const hex = (text: string): Uint8Array<ArrayBuffer> => new Uint8Array(Buffer.from(text, 'hex'))

const privateKeyOf = (octets: string) =>
  createPrivateKey({
    key: Buffer.from(`302e020100300506032b656e04220420${octets}`, 'hex'),
    format: 'der',
    type: 'pkcs8',
  })

t.test('P4: HPKE opens the vector of RFC 9180 appendix A.1.1, and nothing that differs from it', async t => {
  const key = privateKeyOf('4612c550263fc8ad58375df3f557aac531d26850903e55a9f23f21d8534e8ac8')
  t.equal(
    Buffer.from(publicPart(key), 'base64url').toString('hex'),
    '3948cfe0ad1ddb695d780e59077195da6c56506b027329794ab02bca80815c4d',
  )
  const info = hex('4f6465206f6e2061204772656369616e2055726e')
  const enc = hex('37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431')
  const associated = hex('436f756e742d30')
  const ciphertext = hex('f938558b5d72f1a23810b4be2ab4f84331acc02fc97babc53a52ae8218a355a96d8770ac83d07bea87e13c512a')
  const open = hpkeOpener(key, info, 'aes-128-gcm')
  t.equal(Buffer.from(open(enc, ciphertext, associated)).toString(), 'Beauty is truth, truth beauty')
  const flipped = (octets: Uint8Array) => octets.map((octet, at) => (at === 3 ? octet ^ 1 : octet))
  t.throws(() => open(flipped(enc), ciphertext, associated))
  t.throws(() => open(enc, flipped(ciphertext), associated))
  t.throws(() => open(enc, ciphertext, flipped(associated)))
  t.throws(() => hpkeOpener(key, flipped(info), 'aes-128-gcm')(enc, ciphertext, associated))
  t.throws(() => open(enc.subarray(1), ciphertext, associated), 'a short key')
  t.throws(() => open(enc, ciphertext.subarray(0, 8), associated), 'cut short')
  // RFC 7748 section 6.1: the secret that such a point leads to is all zeros
  t.throws(() => open(new Uint8Array(32), ciphertext, associated), 'a point of small order')
})

t.test('P4: HPKE with AES-256-GCM opens what another implementation sealed', async t => {
  const suite = new CipherSuite({
    kem: new DhkemX25519HkdfSha256(),
    kdf: new HkdfSha256(),
    aead: new Aes256Gcm(),
  })
  const { privateKey, publicKey } = generateKeyPairSync('x25519')
  const info = hex('00ff')
  const recipientPublicKey = await suite.kem.importKey(
    'raw',
    new Uint8Array(Buffer.from(publicPart(publicKey), 'base64url')),
    true,
  )
  const open = hpkeOpener(privateKey, info)
  for (const size of [0, 1, 48, 1_000]) {
    const plain = new Uint8Array(size).fill(size)
    const { enc, ct } = await suite.seal({ recipientPublicKey, info }, plain, hex('0102'))
    t.same(new Uint8Array(open(new Uint8Array(enc), new Uint8Array(ct), hex('0102'))), plain)
  }
})
