import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import https from 'node:https'
import { DEFAULT_CIPHERS, type PeerCertificate, type SecureVersion } from 'node:tls'
import t from 'tap'
import { CertError } from '../../certs/cert-error.ts'
import { spkiPin } from '../../certs/spki-pin.ts'
import { trustFor, type TrustOptions } from '../../certs/trust.ts'
import { makeCertificate, type Made, type Wish } from './made-certificate.ts'
import { handshake, listen, refusalOf } from './tls-peer.ts'

const HOST = 'telemetry.vendor.example'
const root = makeCertificate({ ca: true, commonName: 'Vendor root' })
const intermediate = makeCertificate({ ca: true, commonName: 'Vendor intermediate' }, root)
const stranger = makeCertificate({ ca: true, commonName: 'Stranger root' })
const leaf = (wish: Wish = {}, issuer: Made = intermediate): Made => makeCertificate({ dns: [HOST], ...wish }, issuer)

type Server = {
  readonly shown: Made
  readonly also?: readonly Made[]
  readonly maxVersion?: SecureVersion
}

/** What an exchange through an agent with this trust comes to: `200`, or the code of the refusal. */
const request = async (port: number, agent: https.Agent, hostname: string): Promise<string> => {
  const lookup = ((_: string, options: { all?: boolean }, done: (...answer: unknown[]) => void) =>
    options.all ? done(null, [{ address: '127.0.0.1', family: 4 }]) : done(null, '127.0.0.1', 4)) as never
  const outgoing = https.get({ hostname, port, agent, lookup })
  try {
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage]
    response.resume()
    await once(response, 'close')
    return String(response.statusCode)
  } catch (error) {
    return refusalOf(error)
  }
}

const serverFor = async ({ shown, also = [intermediate], maxVersion = 'TLSv1.3' }: Server) =>
  listen({
    key: shown.keyPem,
    cert: [shown, ...also].map(made => made.pem).join(''),
    minVersion: 'TLSv1',
    maxVersion,
    ciphers: `${DEFAULT_CIPHERS}:@SECLEVEL=0`, // so that it shows what no sound server would
  })

const attempt = async (server: Server, trust: TrustOptions = {}, host = HOST): Promise<string> => {
  const { port, close } = await serverFor(server)
  const agent = new https.Agent(trustFor(host, { extraCaPem: root.pem, ...trust }))
  try {
    return await request(port, agent, host)
  } finally {
    agent.destroy()
    close()
  }
}

const codeOf = (work: () => unknown): string => {
  try {
    work()
    return 'none'
  } catch (error) {
    return error instanceof CertError ? error.code : String(error)
  }
}

void t.test('trust: sound servers are accepted', async t => {
  const shown = leaf()
  const address = leaf({ dns: [], addresses: [[127, 0, 0, 1]] })
  t.equal(await attempt({ shown }), '200', 'by name')
  t.equal(await attempt({ shown, maxVersion: 'TLSv1.2' }), '200', 'with TLS 1.2')
  t.equal(await attempt({ shown }, {}, HOST.toUpperCase()), '200', 'in capitals')
  t.equal(await attempt({ shown: leaf({ dns: ['*.vendor.example'] }) }), '200', 'by a whole-label wildcard')
  t.equal(await attempt({ shown: address }, {}, '127.0.0.1'), '200', 'by address')
  t.equal(await attempt({ shown: leaf({}, root), also: [] }), '200', 'straight from the root')
  const pair = `${stranger.pem}# a comment\n${root.pem}`
  t.equal(await attempt({ shown }, { extraCaPem: pair }), '200', 'with two extra authorities in one file')
})

void t.test(
  'trust: a pin may be the key of the server, of an intermediate or of the root that is not sent',
  async t => {
    const shown = leaf()
    const other = spkiPin(stranger.certificate)
    for (const pinned of [shown, intermediate, root])
      t.equal(await attempt({ shown }, { pins: [other, spkiPin(pinned.certificate)] }), '200')
  },
)

void t.test('P8: every unsound server is refused in the handshake, each with its own code', async t => {
  const selfSigned = makeCertificate({ dns: [HOST] })
  const notAnAuthority = leaf()
  const refused: Record<string, readonly [Server, string]> = {
    expired: [{ shown: leaf({ from: -9, to: -1 }) }, 'CERT_HAS_EXPIRED'],
    'not yet valid': [{ shown: leaf({ from: 1 }) }, 'CERT_NOT_YET_VALID'],
    'for another host': [{ shown: leaf({ dns: ['other.example'] }) }, 'ERR_PEER_NAME_MISMATCH'],
    'another host, this one in CN': [
      { shown: leaf({ dns: ['other.example'], commonName: HOST }) },
      'ERR_PEER_NAME_MISMATCH',
    ],
    'a wildcard one level up': [{ shown: leaf({ dns: ['*.example'] }) }, 'ERR_PEER_NAME_MISMATCH'],
    'a wildcard within a label': [{ shown: leaf({ dns: ['tele*.vendor.example'] }) }, 'ERR_PEER_NAME_MISMATCH'],
    'CN only': [{ shown: leaf({ dns: [], commonName: HOST }) }, 'ERR_PEER_NAME_MISSING'],
    'CN and a URI': [
      { shown: leaf({ dns: [], uris: [`https://${HOST}/`], commonName: HOST }) },
      'ERR_PEER_NAME_MISSING',
    ],
    'self-signed': [{ shown: selfSigned, also: [] }, 'DEPTH_ZERO_SELF_SIGNED_CERT'],
    'unknown authority, sent along': [{ shown: leaf({}, stranger), also: [stranger] }, 'SELF_SIGNED_CERT_IN_CHAIN'],
    'unknown authority': [{ shown: leaf({}, stranger), also: [] }, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
    'intermediate missing': [{ shown: leaf(), also: [] }, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
    'signed by a server certificate': [
      { shown: leaf({}, notAnAuthority), also: [notAnAuthority, intermediate] },
      'key usage does not include certificate signing',
    ],
    'a client certificate': [{ shown: leaf({ usage: 'clientAuth' }) }, 'INVALID_PURPOSE'],
    'TLS 1.1 only': [{ shown: leaf(), maxVersion: 'TLSv1.1' }, 'tlsv1 alert protocol version'],
  }
  for (const [what, [server, code]] of Object.entries(refused)) t.equal(await attempt(server), code, what)
  t.equal(await attempt({ shown: leaf() }, {}, '127.0.0.1'), 'ERR_PEER_NAME_MISMATCH', 'an address that is not named')
  const dnsAddress = leaf({ dns: ['127.0.0.1'] })
  t.equal(await attempt({ shown: dnsAddress }, {}, '127.0.0.1'), 'ERR_PEER_NAME_MISMATCH', 'an address as a DNS name')
})

void t.test('P8: a server with no pinned key in its chain is refused', async t => {
  const pins = [spkiPin(stranger.certificate)]
  t.equal(await attempt({ shown: leaf() }, { pins }), 'ERR_PEER_PIN_MISMATCH')
})

void t.test('P8: a certificate with the pinned key that signed nothing does not count', async t => {
  const { publicKey } = stranger.certificate
  const issuer = makeCertificate({ ca: true, commonName: 'Vendor signer', bareIdentifiers: true }, root)
  const likeIssuer: Wish = { ca: true, commonName: 'Vendor signer', bareIdentifiers: true, publicKey }
  const shown = leaf({ bareIdentifiers: true }, issuer)
  const pins = [spkiPin(stranger.certificate)]
  for (const wish of [likeIssuer, { ...likeIssuer, from: -9, to: -1 }]) {
    const decoy = makeCertificate(wish, stranger)
    t.equal(spkiPin(decoy.certificate), pins[0], 'it does carry the pinned key')
    for (const also of [
      [issuer, decoy],
      [decoy, issuer],
    ])
      t.match(await attempt({ shown, also }, { pins }), /^(ERR_PEER_PIN_MISMATCH|CERT_SIGNATURE_FAILURE)$/)
  }
})

void t.test('P8: a chain with a key of no known kind is refused, and ends nothing but the connection', async t => {
  const issuer = makeCertificate({ ca: true, commonName: 'Vendor signer', bareIdentifiers: true }, root)
  const odd = makeCertificate(
    { ca: true, commonName: 'Vendor signer', bareIdentifiers: true, from: -9, to: -1 },
    stranger,
  )
  const der = Buffer.from(odd.certificate.raw)
  der.write('2a8648ce3d037f', der.indexOf('2a8648ce3d0301', 'hex'), 'hex') // the curve becomes an unknown one
  const pem = `-----BEGIN CERTIFICATE-----\n${der.toString('base64')}\n-----END CERTIFICATE-----\n`
  const shown = leaf({ bareIdentifiers: true }, issuer)
  for (const also of [
    [{ ...odd, pem }, issuer],
    [issuer, { ...odd, pem }],
  ])
    t.match(
      await attempt({ shown, also }, { pins: [spkiPin(stranger.certificate)] }),
      /^ERR_PEER_(UNREADABLE|PIN_MISMATCH)$/,
    )
  const { checkServerIdentity } = trustFor(HOST, {})
  t.match(checkServerIdentity(HOST, {} as PeerCertificate), { code: 'ERR_PEER_UNREADABLE' }, 'no certificate at all')
})

void t.test('P8: no session is resumed, for a resumed one would not be checked', async t => {
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    const { port, resumed, close } = await serverFor({ shown: leaf(), maxVersion })
    const usual = new https.Agent({ ca: root.pem, servername: HOST })
    const ours = new https.Agent(trustFor(HOST, { extraCaPem: root.pem }))
    const pins = [spkiPin(stranger.certificate)]
    const pinned = new https.Agent(trustFor(HOST, { extraCaPem: root.pem, pins }))
    for (let round = 0; round < 3; round++) t.equal(await request(port, usual, HOST), '200')
    t.equal(resumed(), 2, 'the server does offer sessions')
    for (let round = 0; round < 3; round++) t.equal(await request(port, ours, HOST), '200')
    for (let round = 0; round < 3; round++) t.equal(await request(port, pinned, HOST), 'ERR_PEER_PIN_MISMATCH')
    t.equal(resumed(), 2, 'and none is taken')
    for (const agent of [usual, ours, pinned]) agent.destroy()
    close()
  }
})

void t.test('P8: NODE_TLS_REJECT_UNAUTHORIZED=0 turns nothing off', async t => {
  const before = process.env['NODE_TLS_REJECT_UNAUTHORIZED']
  t.teardown(() => {
    if (before === undefined) delete process.env['NODE_TLS_REJECT_UNAUTHORIZED']
    else process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = before
  })
  process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0'
  t.equal(await attempt({ shown: makeCertificate({ dns: [HOST] }), also: [] }), 'DEPTH_ZERO_SELF_SIGNED_CERT')
  t.equal(await attempt({ shown: leaf({ dns: ['other.example'] }) }), 'ERR_PEER_NAME_MISMATCH')
})

void t.test('P8: the host of the policy is checked, whatever name the connection is made with', async t => {
  const { port, close } = await serverFor({ shown: leaf({ dns: ['other.example'] }) })
  const options = { ...trustFor(HOST, { extraCaPem: root.pem }), servername: 'other.example' }
  t.same(await handshake(port, options), { refused: 'ERR_PEER_NAME_MISMATCH' })
  close()
})

void t.test('P8: trust that cannot be read is refused before anything connects', async t => {
  const good = spkiPin(root.certificate)
  const noCa = [
    '',
    'nonsense',
    root.keyPem,
    root.pem + root.keyPem,
    root.pem.slice(0, 200),
    root.pem.replace('MII', 'AAA'),
  ]
  for (const [index, extraCaPem] of [...noCa, root.pem.replace(/MI../, 'AAAA')].entries())
    t.equal(
      codeOf(() => trustFor(HOST, { extraCaPem })),
      'ERR_TRUST_CA_INVALID',
      `CA ${index}`,
    )
  const noPins = [
    '',
    'sha256/',
    good.slice(7),
    good.toUpperCase(),
    good.replace('sha256', 'sha1'),
    `${good} `,
    good.slice(0, -1),
  ]
  for (const pin of [...noPins, `sha256/${'A'.repeat(42)}B=`])
    t.equal(
      codeOf(() => trustFor(HOST, { pins: [good, pin] })),
      'ERR_TRUST_PIN_INVALID',
      JSON.stringify(pin),
    )
  for (const host of ['', '*.vendor.example', 'vendor.example:443', 'https://vendor.example'])
    t.equal(
      codeOf(() => trustFor(host, {})),
      'ERR_NAME_INVALID',
      JSON.stringify(host),
    )
  t.doesNotThrow(() => trustFor(HOST, { extraCaPem: root.pem, pins: [good] }))
})

void t.test('P7: an error about a CA file does not quote it', async t => {
  t.throws(() => trustFor(HOST, { extraCaPem: root.keyPem }), { message: /^(?!.*BEGIN)/, cause: undefined })
})
