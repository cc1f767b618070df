import { mkdirSync, writeFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { spkiPin } from '../../../certs/spki-pin.ts'
import { setUp } from '../../../proxy/set-up.ts'
import { upstreamFaults, type UpstreamFault } from '../../../proxy/upstream/upstream-fault.ts'
import { makeCertificate, type Made, type Wish } from '../../certs/made-certificate.ts'
import { makeCrl, makeStaple, tryLater } from '../../certs/made-status.ts'
import { makeWeakCertificate } from '../../certs/weak-certificate.ts'
import { newFolder, startInProcess, testSettings } from '../../kit/appliance.ts'
import { requestText, sendRaw } from '../../kit/raw-client.ts'
import { addresses, type RawDestination } from '../../kit/test-policy.ts'
import { startVendor, type VendorOptions } from '../../kit/vendor.ts'

const HOST = 'telemetry.vendor.test'
const root = makeCertificate({ ca: true, commonName: 'Vendor root' })
const oldRoot = makeWeakCertificate({})
const stranger = makeCertificate({ ca: true, commonName: 'Stranger root' })
const made = (wish: Wish = {}, issuer: Made = root): Made => makeCertificate({ dns: [HOST], ...wish }, issuer)
const authority = (wish: Wish = {}, issuer: Made = root): Made =>
  makeCertificate({ ca: true, commonName: 'Vendor intermediate', ...wish }, issuer)

/** Its servers show what no sound one would. */
const anything = { minVersion: 'TLSv1', ciphers: 'ALL:@SECLEVEL=0' } as const

type Kind = {
  readonly shows: VendorOptions
  readonly to?: Partial<RawDestination>
  /** Files in the folder `upstream`, put there when the appliance runs. */
  readonly files?: Readonly<Record<string, Buffer>>
  readonly fault: UpstreamFault | null
}

const showing = (certificate: Made, also: readonly Made[] = []): VendorOptions => ({ certificate, also, tls: anything })
const kind = (shown: VendorOptions, fault: UpstreamFault | null, more: Omit<Kind, 'shows' | 'fault'> = {}): Kind => ({
  shows: shown,
  fault,
  ...more,
})

const issuedBy = (wish: Wish): VendorOptions => {
  const issuer = authority(wish)
  return showing(made({}, issuer), [issuer])
}

const chainsOf = (): Readonly<Record<string, Kind>> => {
  const [self, leaf, middle] = [makeCertificate({ dns: [HOST] }), made(), authority()]
  const noRoom = authority({ pathLength: 0 })
  const tooDeep = authority({ commonName: 'Vendor lower' }, noRoom)
  const once = authority({ to: -1, from: -9 })
  return {
    sound: kind(showing(made()), null),
    'sound-with-intermediate': kind(showing(made({}, middle), [middle]), null),
    expired: kind(showing(made({ from: -9, to: -1 })), 'certificate_expired'),
    'not-yet-valid': kind(showing(made({ from: 1 })), 'certificate_not_yet_valid'),
    'intermediate-expired': kind(showing(made({}, once), [once]), 'certificate_expired'),
    'self-signed': kind(showing(self), 'certificate_self_signed'),
    'unknown-authority': kind(showing(made({}, stranger)), 'certificate_chain_incomplete'),
    'unknown-authority-sent': kind(showing(made({}, stranger), [stranger]), 'certificate_authority_unknown'),
    'intermediate-missing': kind(showing(made({}, middle)), 'certificate_chain_incomplete'),
    'leaf-as-authority': kind(showing(made({}, leaf), [leaf]), 'certificate_authority_invalid'),
    'authority-without-constraints': kind(issuedBy({ withoutConstraints: true }), 'certificate_authority_invalid'),
    'authority-that-may-not-sign': kind(
      issuedBy({ keyUsage: { digitalSignature: true } }),
      'certificate_authority_invalid',
    ),
    'path-too-long': kind(showing(made({}, tooDeep), [tooDeep, noRoom]), 'certificate_path_too_long'),
    'constraints-broken': kind(issuedBy({ permitted: ['other.test'] }), 'certificate_constraints_broken'),
    'constraints-kept': kind(issuedBy({ permitted: ['vendor.test'] }), null),
    'damaged-signature': kind(showing(made({ damaged: true })), 'certificate_signature_invalid'),
    'signed-by-a-namesake': kind(
      showing(made({ bareIdentifiers: true }, makeCertificate({ ca: true, commonName: 'Vendor root' }))),
      'certificate_signature_invalid',
    ),
  }
}

const namesOf = (): Readonly<Record<string, Kind>> => ({
  'wildcard-of-its-own': kind(showing(made({ dns: ['*.vendor.test'] })), null),
  'wrong-name': kind(showing(made({ dns: ['other.test'] })), 'certificate_name_mismatch'),
  'cn-only': kind(showing(made({ dns: [], commonName: HOST })), 'certificate_name_missing'),
  'uri-only': kind(showing(made({ dns: [], uris: [`https://${HOST}/`] })), 'certificate_name_missing'),
  'address-only': kind(showing(made({ dns: [], addresses: [[127, 0, 0, 1]] })), 'certificate_name_mismatch'),
  'wildcard-one-level-up': kind(showing(made({ dns: ['*.test'] })), 'certificate_name_mismatch'),
  'wildcard-in-label': kind(showing(made({ dns: ['tele*.vendor.test'] })), 'certificate_name_mismatch'),
  'wildcard-of-a-suffix': kind(showing(made({ dns: ['*.co.uk'] })), 'certificate_wildcard_wide', {
    to: { host: 'vendor.co.uk' },
  }),
  'other-address': kind(showing(made({ dns: [], addresses: [[127, 0, 0, 9]] })), 'certificate_name_mismatch', {
    to: { host: '127.0.0.1' },
  }),
  'address-as-name': kind(showing(made({ dns: ['127.0.0.1'] })), 'certificate_name_mismatch', {
    to: { host: '127.0.0.1' },
  }),
})

/** A fatal TLS alert (RFC 8446 section 6.2); 48 is unknown_ca. */
const alerting = (description: number) => (socket: Socket) =>
  void socket.end(Buffer.from([21, 3, 3, 0, 2, 2, description]))

const strengthsOf = (): Readonly<Record<string, Kind>> => {
  const weak = (wish: { bits?: number; digest?: 'sha1' | 'md5' }) =>
    showing(makeWeakCertificate({ host: HOST, ...wish }, oldRoot))
  const server = made()
  const tls = (options: VendorOptions['tls']): VendorOptions => ({ certificate: server, tls: options ?? {} })
  return {
    'rsa-2048': kind(weak({}), null),
    'rsa-1024': kind(weak({ bits: 1024 }), 'certificate_key_weak'),
    sha1: kind(weak({ digest: 'sha1' }), 'certificate_signature_weak'),
    md5: kind(weak({ digest: 'md5' }), 'certificate_signature_weak'),
    'client-purpose': kind(showing(made({ usage: 'clientAuth' })), 'certificate_purpose_wrong'),
    'key-usage': kind(showing(made({ keyUsage: { nonRepudiation: true } })), 'certificate_purpose_wrong'),
    'key-agreement-only': kind(showing(made({ keyUsage: { keyAgreement: true } })), 'certificate_purpose_wrong'),
    'pin-mismatch': kind(showing(made()), 'certificate_pin_mismatch', {
      to: { pins: [spkiPin(stranger.certificate)] },
    }),
    'tls-1-1': kind(tls({ ...anything, maxVersion: 'TLSv1.1' }), 'tls_version_unsupported'),
    'no-common-cipher': kind(
      tls({ maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-SHA256' }),
      'tls_cipher_unsupported',
    ),
    'no-common-curve': kind(tls({ ecdhCurve: 'brainpoolP256r1', maxVersion: 'TLSv1.2' }), 'tls_cipher_unsupported'),
    'no-tls': kind({ onConnection: socket => socket.write('HTTP/1.1 400 Bad\r\n\r\n') }, 'tls_not_spoken'),
    'refuses-our-certificate': kind({ onConnection: alerting(48) }, 'client_certificate_refused'),
    'wants-a-client-certificate': kind(
      tls({ requestCert: true, ca: root.pem, minVersion: 'TLSv1.3' }),
      'client_certificate_required',
    ),
  }
}

const staplesOf = async (): Promise<Readonly<Record<string, Kind>>> => {
  const server = made()
  const delegate = made({ dns: [], commonName: 'Responder', usage: 'ocspSigning' })
  const pretender = made({ dns: [], commonName: 'Responder' })
  const late = made({ dns: [], commonName: 'Responder', usage: 'ocspSigning', from: -9, to: -1 })
  const stapled = async (wish: Parameters<typeof makeStaple>[2], subject = server): Promise<VendorOptions> => ({
    certificate: server,
    staple: await makeStaple(subject, root, wish),
  })
  const required = { to: { revocation: { staple: 'require' } } } as const
  const checked = { to: { revocation: { staple: 'check' } } } as const
  return {
    'staple-good': kind(await stapled({}), null, required),
    'staple-of-a-delegate': kind(await stapled({ signer: delegate, sent: true }), null, required),
    'staple-absent-and-not-required': kind({ certificate: server }, null, checked),
    'staple-nobody-asked-for': kind(await stapled({ status: 'revoked' }), null),
    'staple-missing': kind({ certificate: server }, 'ocsp_staple_missing', required),
    'staple-that-the-certificate-asks-for': kind(showing(made({ mustStaple: true })), 'ocsp_staple_missing', checked),
    'staple-revoked': kind(await stapled({ status: 'revoked' }), 'certificate_revoked', checked),
    'staple-unknown': kind(await stapled({ status: 'unknown' }), 'ocsp_status_unknown', required),
    'staple-stale': kind(await stapled({ from: -9, to: -1 }), 'ocsp_staple_stale', required),
    'staple-without-end': kind(await stapled({ to: null }), 'ocsp_staple_stale', required),
    'staple-of-tomorrow': kind(await stapled({ from: 1 }), 'ocsp_staple_stale', required),
    'staple-of-another': kind(await stapled({}, made()), 'ocsp_staple_other', required),
    'staple-of-a-stranger': kind(await stapled({ signer: stranger, sent: true }), 'ocsp_staple_unsigned', required),
    'staple-of-a-pretender': kind(await stapled({ signer: pretender, sent: true }), 'ocsp_staple_unsigned', required),
    'staple-of-a-late-delegate': kind(await stapled({ signer: late, sent: true }), 'ocsp_staple_unsigned', required),
    'staple-by-the-server-itself': kind(
      await stapled({ signer: server, sent: true }),
      'ocsp_staple_unsigned',
      required,
    ),
    'staple-try-later': kind({ certificate: server, staple: tryLater }, 'ocsp_staple_invalid', required),
    'staple-nonsense': kind({ certificate: server, staple: Buffer.from('nonsense') }, 'ocsp_staple_invalid', required),
    'staple-with-more-to-say': kind(await stapled({ critical: true }), 'ocsp_staple_invalid', required),
  }
}

const listsOf = async (): Promise<Readonly<Record<string, Kind>>> => {
  const [server, middle] = [made(), authority()]
  const below = made({}, middle)
  const listed = (
    crl: Buffer,
    name: string,
    fault: UpstreamFault | null,
    shows: VendorOptions = { certificate: server },
  ) => kind(shows, fault, { to: { revocation: { crls: [name] } }, files: { [name]: crl } })
  return {
    'crl-good': listed(await makeCrl(root, [made()]), 'good.crl', null),
    'crl-revoked': listed(await makeCrl(root, [server]), 'revoked.crl', 'certificate_revoked'),
    'crl-expired': listed(await makeCrl(root, [], { from: -9, to: -1 }), 'expired.crl', 'crl_expired'),
    'crl-of-tomorrow': listed(await makeCrl(root, [], { from: 1 }), 'tomorrow.crl', 'crl_not_yet_valid'),
    'crl-of-another': listed(await makeCrl(stranger), 'another.crl', 'crl_missing'),
    'crl-forged': listed(await makeCrl(root, [], { signer: stranger }), 'forged.crl', 'crl_unusable'),
    'crl-not-of-all': listed(await makeCrl(root), 'root.crl', 'crl_missing', showing(below, [middle])),
    'crl-nonsense': listed(Buffer.from('nonsense'), 'nonsense.crl', 'crl_unusable'),
    'crl-empty': listed(Buffer.from(''), 'empty.crl', 'crl_unusable'),
  }
}

const kinds: Readonly<Record<string, Kind>> = {
  ...chainsOf(),
  ...namesOf(),
  ...strengthsOf(),
  ...(await staplesOf()),
  ...(await listsOf()),
}

const vendors = new Map(
  await Promise.all(Object.entries(kinds).map(async ([id, { shows }]) => [id, await startVendor(shows)] as const)),
)
t.teardown(() => Promise.all([...vendors.values()].map(({ close }) => close())))

const destinations = Object.entries(kinds).map(([id, { to = {} }]) => ({
  id,
  host: HOST,
  port: vendors.get(id)!.port,
  addresses: ['127.0.0.1'],
  ca: 'roots.pem',
  ...to,
}))
/** Without content, so that no schema takes its time. */
const routes = destinations.map(({ id }) => ({
  id,
  destination: id,
  method: 'GET',
  path: `/to/${id}`,
  body: { kind: 'none' },
}))
const instruments = [{ id: 'novaseq-01', address: addresses.known }]
const policy = JSON.stringify({ version: 1, instruments, destinations, routes })
const folder = newFolder(t)
mkdirSync(folder.root, { mode: 0o700 })
writeFileSync(join(folder.root, 'roots.pem'), root.pem + oldRoot.pem)
await setUp(folder, testSettings, policy)
const soundList = await makeCrl(root)
for (const { files = {} } of Object.values(kinds))
  for (const name of Object.keys(files)) writeFileSync(join(folder.upstream, name), soundList)
const appliance = await startInProcess(t, folder)
for (const { files = {} } of Object.values(kinds))
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder.upstream, name), bytes)

t.test('P8: a server that does not prove who it is gets nothing, and the record says why', async t => {
  for (const [id, { fault }] of Object.entries(kinds)) {
    const answer = await sendRaw(appliance, requestText('GET', `/to/${id}`))
    const row = appliance.decisions.of(answer.fields['sluice-decision'] ?? '')
    if (fault === null) {
      t.match(row, { result: 'relayed', error: null }, `${id} is let through`)
      continue
    }
    t.match(row, { verdict: 'forward', result: 'failed', error: fault, response_status: null }, id)
    t.match(JSON.parse(answer.body || '{}'), { code: fault.replaceAll('_', '-') }, id)
    t.match(answer.fields['proxy-status'], `error=${upstreamFaults[fault].type};`, id)
    t.equal(vendors.get(id)!.octets(), 0, `${id} is told nothing`)
  }
})

t.test('P8: bad certificates are told apart', async t => {
  const bad = Object.values(kinds).filter(({ fault }) => fault !== null)
  t.ok(bad.length >= 50, `${bad.length} kinds`)
  t.ok(new Set(bad.map(({ fault }) => fault)).size >= 25, `${new Set(bad.map(({ fault }) => fault)).size} reasons`)
})
