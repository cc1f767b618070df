import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { asksForStaple, checkStaple } from '../../certs/ocsp-staple.ts'
import { seeded } from '../kit/random.ts'
import { makeCertificate, type Made } from './made-certificate.ts'
import { makeStaple } from './made-status.ts'

const root = makeCertificate({ ca: true, commonName: 'Vendor root' })
const server = makeCertificate({ dns: ['telemetry.vendor.test'] }, root)
const codeOf = (staple: Buffer, now?: number): string =>
  checkStaple(staple, server.certificate, root.certificate, now)?.code ?? 'good'

const hasOpenssl = (() => {
  try {
    return execFileSync('openssl', ['version']).length > 0
  } catch {
    return false
  }
})()

t.test(
  'OCSP: what OpenSSL answers is understood',
  { skip: hasOpenssl ? false : 'there is no openssl on this machine' },
  async t => {
    const folder = t.testdir()
    const file = (name: string): string => join(folder, name)
    const openssl = (...args: readonly string[]) => execFileSync('openssl', args, { stdio: 'pipe', cwd: folder })
    const write = (name: string, { pem, keyPem }: Made): void => {
      writeFileSync(file(`${name}.pem`), pem)
      writeFileSync(file(`${name}.key`), keyPem)
    }
    write('root', root)
    write('server', server)
    write('responder', makeCertificate({ commonName: 'Responder', usage: 'ocspSigning' }, root))
    const { serialNumber } = server.certificate
    openssl('ocsp', '-issuer', 'root.pem', '-cert', 'server.pem', '-reqout', 'request.der', '-no_nonce')
    const answer = (line: string, signer: string, ...more: readonly string[]): Buffer => {
      writeFileSync(file('index.txt'), `${line}\t${serialNumber}\tunknown\t/CN=Made for a test\n`)
      const files = ['-index', 'index.txt', '-CA', 'root.pem', '-rsigner', `${signer}.pem`, '-rkey', `${signer}.key`]
      openssl('ocsp', ...files, '-reqin', 'request.der', '-respout', 'response.der', '-ndays', '3', ...more)
      return readFileSync(file('response.der'))
    }
    const valid = 'V\t491231235959Z\t'
    t.equal(codeOf(answer(valid, 'root')), 'good')
    t.equal(codeOf(answer(valid, 'responder')), 'good', 'from a delegate')
    t.equal(codeOf(answer(valid, 'responder', '-resp_key_id')), 'good', 'that is named by its key')
    t.equal(
      codeOf(answer(valid, 'responder', '-resp_no_certs')),
      'ERR_PEER_STAPLE_UNSIGNED',
      'and does not show itself',
    )
    t.equal(codeOf(answer(valid, 'root', '-rmd', 'sha384')), 'good')
    t.equal(codeOf(answer(valid, 'root', '-rmd', 'sha1')), 'ERR_PEER_STAPLE_UNSIGNED', 'SHA-1 does not count')
    t.equal(codeOf(answer(valid, 'server')), 'ERR_PEER_STAPLE_UNSIGNED')
    t.equal(codeOf(answer('R\t491231235959Z\t251231235959Z', 'root')), 'ERR_PEER_REVOKED')
    t.equal(codeOf(answer(valid, 'root'), Date.now() + 4 * 86_400_000), 'ERR_PEER_STAPLE_STALE')
  },
)

t.test('P8: OCSP: no octet of a response can be another one', async t => {
  const staple = await makeStaple(server, root, { status: 'revoked' })
  const { below } = seeded(7)
  const verdicts = new Set<string>()
  for (let round = 0; round < 200; round++) {
    const mutant = Buffer.from(staple)
    const at = below(mutant.length)
    mutant[at] = mutant[at]! ^ (1 + below(255))
    verdicts.add(codeOf(mutant))
    verdicts.add(codeOf(mutant.subarray(0, at)))
  }
  t.notOk(verdicts.has('good'), [...verdicts].join())
  t.equal(codeOf(Buffer.alloc(70_000, 0x30)), 'ERR_PEER_STAPLE_INVALID', 'nor is a long one read')
  t.equal(codeOf(Buffer.from('3080'.repeat(5_000), 'hex')), 'ERR_PEER_STAPLE_INVALID', 'nor a deep one')
})

t.test('OCSP: a certificate may ask for a staple itself', async t => {
  t.ok(asksForStaple(makeCertificate({ mustStaple: true }).certificate))
  t.notOk(asksForStaple(server.certificate))
})
