import { execFileSync } from 'node:child_process'
import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import {
  encodeVerifierKey,
  openCheckpoint,
  openNote,
  parseVerifierKey,
  signCheckpoint,
  signNote,
} from '../../../log/proofs/checkpoint.ts'

/** Keys and note of the tests of golang.org/x/mod/sumdb/note. */
const peterKey = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW'
const peterSeed = 'AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz'
const enochKey = 'EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop'
const text = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
const peterLine =
  '— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n'
const enochLine =
  '— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n'

/** An Ed25519 private key from its seed (RFC 8410). */
const fromSeed = (seed: Buffer) =>
  createPrivateKey({
    key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]),
    format: 'der',
    type: 'pkcs8',
  })
const peter = { name: 'PeterNeumann', key: fromSeed(Buffer.from(peterSeed, 'base64').subarray(1)) }
const enoch = { name: 'EnochRoot', key: fromSeed(Buffer.alloc(32)) }

t.test('note: the published notes come out byte for byte', async t => {
  t.equal(signNote(text, peter), `${text}\n${peterLine}`)
  t.equal(signNote(text, enoch), `${text}\n${enochLine}`)
})

t.test('note: the published verifier keys come out and go in', async t => {
  t.equal(encodeVerifierKey(peter), peterKey)
  t.equal(encodeVerifierKey(enoch), enochKey)
  t.equal(encodeVerifierKey(parseVerifierKey(enochKey)), enochKey)
})

t.test('note: no mangled verifier key is accepted', async t => {
  const mangled = [
    peterKey.slice(1),
    peterKey.slice(0, -1),
    peterKey.replace('c74f20a3', 'c74f20a4'),
    'PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==',
    'PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW',
    '',
  ]
  for (const key of mangled) t.throws(() => parseVerifierKey(key), { code: 'ERR_LOG_KEY' }, key)
})

t.test('note: what the published verifier says of published and spoiled notes', async t => {
  const verifier = parseVerifierKey(peterKey)
  const kindOf = (note: string): string => openNote(note, verifier).kind
  t.equal(kindOf(`${text}\n${peterLine}`), 'verified')
  t.equal(kindOf(`${text}\n${enochLine}${peterLine}`), 'verified', 'beside the signature of another')
  t.equal(kindOf(`${text}\n${enochLine}`), 'unsigned')
  t.equal(kindOf(`${text.replace('answer', 'Answer')}\n${peterLine}`), 'forged')
  t.equal(kindOf(`${text}\n${peterLine.replace('x08go/ZJ', 'x08go/ZK')}`), 'forged')
  const malformed = {
    'no signatures': text,
    'an empty block of signatures': `${text}\n`,
    'no blank line': text + peterLine,
    'no final newline': `${text}\n${peterLine.trimEnd()}`,
    'a hyphen for the dash': `${text}\n${peterLine.replace('—', '-')}`,
    'broken base64': `${text}\n${peterLine.replace('AM=', 'AM')}`,
    'a control character': `${text.replace(' ', '\t')}\n${peterLine}`,
    'a carriage return': `${text}\r\n${peterLine}`,
    'a hundred and one signatures': `${text}\n${peterLine.repeat(101)}`,
  }
  for (const [what, note] of Object.entries(malformed)) t.equal(kindOf(note), 'malformed', what)
})

t.test('note: the signature is one that OpenSSL verifies', async t => {
  const folder = t.testdir()
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const line = signNote(text, { name: 'lab.example/log', key: privateKey }).split('\n').at(-2)!
  writeFileSync(join(folder, 'text'), text)
  writeFileSync(join(folder, 'signature'), Buffer.from(line.split(' ')[2]!, 'base64').subarray(4))
  writeFileSync(join(folder, 'key.pem'), publicKey.export({ type: 'spki', format: 'pem' }))
  const args = '-verify -pubin -inkey key.pem -rawin -in text -sigfile signature'.split(' ')
  t.match(execFileSync('openssl', ['pkeyutl', ...args], { cwd: folder, encoding: 'utf8' }), 'Verified Successfully')
})

t.test('checkpoint: comes back as it was signed', async t => {
  const { privateKey } = generateKeyPairSync('ed25519')
  const signer = { name: 'lab.example/log', key: privateKey }
  const root = Buffer.alloc(32, 7)
  const note = signCheckpoint({ origin: signer.name, size: 20_852_163, root }, signer)
  t.ok(note.startsWith(`lab.example/log\n20852163\n${root.toString('base64')}\n\n— lab.example/log `))
  const opened = openCheckpoint(note, parseVerifierKey(encodeVerifierKey(signer)))
  t.match(opened, { kind: 'verified', checkpoint: { origin: 'lab.example/log', size: 20_852_163 } })
  t.equal(openCheckpoint(note, peter).kind, 'unsigned')
})

t.test('checkpoint: a signed text that is no checkpoint is malformed', async t => {
  const signer = { name: 'PeterNeumann', key: peter.key }
  const root = Buffer.alloc(32).toString('base64')
  const kindOf = (body: string): string => openCheckpoint(signNote(body, signer), signer).kind
  t.equal(kindOf(`PeterNeumann\n1\n${root}\n`), 'verified')
  t.equal(kindOf(`PeterNeumann\n1\n${root}\nan extension\n`), 'verified')
  t.equal(kindOf(`EnochRoot\n1\n${root}\n`), 'malformed', 'the origin of another log')
  t.equal(kindOf(`PeterNeumann\n01\n${root}\n`), 'malformed', 'a leading zero')
  t.equal(kindOf(`PeterNeumann\n-1\n${root}\n`), 'malformed', 'a sign')
  t.equal(kindOf(`PeterNeumann\n1\n${root.slice(4)}\n`), 'malformed', 'a short root')
  t.equal(kindOf('PeterNeumann\n1\n'), 'malformed', 'no root')
})
