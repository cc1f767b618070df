import { spawnSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { chromium } from 'playwright-core'
import t from 'tap'
import { labPageFor, labPaths, SELF_TEST } from '../../../rules/lab-page.ts'
import { parsePolicy } from '../../../rules/policy/parse-policy.ts'
import { changeAuthorityOf } from '../../../cli/change-authority.ts'
import { makeFolder, startInProcess } from '../../kit/appliance.ts'
import { run } from '../../kit/client.ts'
import { requestText, sendRaw, type RawAnswer, type RawOptions } from '../../kit/raw-client.ts'
import { addresses, testPolicy } from '../../kit/test-policy.ts'
import { startVendor, vendorHost } from '../../kit/vendor.ts'

const vendor = await startVendor()
t.teardown(() => vendor.close())
const policy = testPolicy(vendor.port)
const folder = await makeFolder(t, policy)
const appliance = await startInProcess(t, folder)
const here = `127.0.0.1:${appliance.port}`

const plain = (bytes: string, options: RawOptions = {}): Promise<RawAnswer> =>
  sendRaw(appliance, bytes, { way: 'plain', ...options })
const get = (target: string, host = here, fields = {}): string => requestText('GET', target, fields, null, host)

const curl = async (path: string): Promise<string | null> => {
  const { code, stdout } = await run('curl', ['--silent', '--fail', '--output', '-', `http://${here}${path}`], '')
  return code === 0 ? stdout : null
}

t.test('lab page: instructions, certificate and fingerprint, with nothing that loads or runs', async t => {
  const answer = await plain(get('/'))
  const fingerprint = new X509Certificate(appliance.ca).fingerprint256
  t.equal(answer.status, 200)
  t.match(answer.fields, {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': /^default-src 'none'; style-src 'sha256-/,
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
    connection: 'close',
  })
  t.equal(Number(answer.fields['content-length']), Buffer.byteLength(answer.body, 'latin1'))
  t.ok(answer.body.includes(fingerprint))
  for (const word of [
    'certutil -addstore',
    'update-ca-certificates',
    'update-ca-trust',
    'keytool',
    'NODE_EXTRA_CA_CERTS',
  ])
    t.match(answer.body, word)
  t.notMatch(Buffer.from(answer.body, 'latin1').toString(), '\u{FFFD}')
  t.notMatch(answer.body, /<script|src=|@import|url\(/)
  const links = [...answer.body.matchAll(/href="([^"]+)"/g)].map(([, link]) => link)
  t.same(
    links.filter(
      link => !/^(data:,|\/sluice-ca[\w.-]+|https:\/\/127\.0\.0\.1:\d+\/\.well-known\/sluice\/self-test)$/.test(link!),
    ),
    [],
  )
})

t.test('lab page: the certificate in each form, with its media type, as openssl and Python read it', async t => {
  const der = new X509Certificate(appliance.ca).raw
  const forms = {
    '/sluice-ca.pem': 'application/x-pem-file',
    '/sluice-ca.cer': 'application/x-x509-ca-cert',
    '/sluice-ca.mobileconfig': 'application/x-apple-aspen-config',
  }
  for (const [path, type] of Object.entries(forms)) {
    const { status, fields, body } = await plain(get(path))
    t.match(
      { status, fields },
      {
        status: 200,
        fields: { 'content-type': type, 'content-disposition': `attachment; filename="${path.slice(1)}"` },
      },
    )
    if (path.endsWith('.cer')) t.same(Buffer.from(body, 'latin1'), der)
    const head = await sendRaw(appliance, requestText('HEAD', path, {}, null, here), { way: 'plain' })
    t.notMatch(head.raw, 'CERTIFICATE')
  }
  const pem = await curl('/sluice-ca.pem')
  if (pem === null) return t.comment('skipped: there is no curl on this machine')
  const read = await run('openssl', ['x509', '-noout', '-fingerprint', '-sha256'], pem)
  t.match(read.stdout, new X509Certificate(appliance.ca).fingerprint256)
  const script =
    'import plistlib,sys,json; p=plistlib.loads(sys.stdin.buffer.read()); c=p["PayloadContent"][0]; print(json.dumps([p["PayloadType"], c["PayloadType"], c["PayloadContent"].hex(), len(c["PayloadUUID"])]))'
  const profile = await run('python3', ['-c', script], (await curl('/sluice-ca.mobileconfig'))!)
  if (profile.code === null) return t.comment('skipped: there is no python3 on this machine')
  t.same(JSON.parse(profile.stdout), ['Configuration', 'com.apple.security.root', der.toString('hex'), 36])
})

t.test('lab page: whoever reaches the lab side may have it; it is counted, and takes no place in the log', async t => {
  const before = appliance.decisions.all().length
  const served = appliance.appliance.status().pages['/'] ?? 0
  t.equal((await plain(get('/'), { from: addresses.stranger })).status, 200)
  t.equal((await plain(get('/', `appliance.test:${appliance.port}`))).status, 200)
  t.equal((await plain(get('/sluice-ca-next.cer'))).status, 404, 'there is no other certificate')
  t.equal(appliance.decisions.all().length, before)
  t.equal(appliance.appliance.status().pages['/'], served + 2)
  t.match(appliance.appliance.status().requests, { forwarded: 0, blocked: 0 })
})

const others: Readonly<Record<string, string>> = {
  'another Host': get('/', vendorHost),
  'a Host that only begins like ours': get('/', 'appliance.test.evil.example'),
  'an absolute target': get(`http://${here}/`),
  'an absolute target of the vendor': get(`http://${vendorHost}/`, vendorHost),
  'a query': get('/?x=1'),
  'another path': get('/index.html'),
  'another spelling': get('//'),
  'a dotted path': get('/x/../'),
  'another method': requestText('POST', '/', {}, null, here),
  content: requestText('GET', '/', {}, 'x', here),
  'chunked content': `GET / HTTP/1.1\r\nHost: ${here}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  'a repeated Host': `GET / HTTP/1.1\r\nHost: ${here}\r\nHost: ${here}\r\n\r\n`,
  'no Host': 'GET / HTTP/1.1\r\n\r\n',
  'an upgrade': get('/', here, { Connection: 'Upgrade', Upgrade: 'h2c' }),
  'an older version': `GET / HTTP/1.0\r\nHost: ${here}\r\n\r\n`,
  'the self-test in the clear': get(SELF_TEST),
}

t.test('P1: what is not exactly a request for a page is refused in the clear as before, with a record', async t => {
  for (const [what, bytes] of Object.entries(others)) {
    const { status, fields, body } = await plain(bytes)
    t.ok(status >= 400, `${what}: ${status}`)
    t.equal(appliance.decisions.of(fields['sluice-decision'] ?? '')?.verdict, 'block', what)
    t.notMatch(body, 'certutil')
  }
  t.equal(vendor.connections(), 0)
})

t.test('lab page: over TLS there is only the self-test, and a route of the policy goes before it', async t => {
  const trusted = await sendRaw(appliance, requestText('GET', SELF_TEST))
  t.match(trusted, { status: 200, body: /This program trusts the lab/ })
  for (const path of labPaths) t.equal((await sendRaw(appliance, requestText('GET', path))).status, 403, path)
  const vendorsOwn = requestText('GET', SELF_TEST, {}, null, vendorHost)
  t.equal((await sendRaw(appliance, vendorsOwn, { way: 'redirect' })).status, 403, "the vendor's own is the vendor's")

  const document = JSON.parse(policy) as { readonly routes: readonly object[] }
  const parsed = (routes: readonly object[]) =>
    parsePolicy(JSON.stringify({ ...document, routes }), () => ({ ok: false }) as never)
  const head = { method: 'GET', target: SELF_TEST, version: '1.1', fields: [['Host', 'appliance.test'] as const] }
  const caller = { client: '127.0.0.1', ingress: { kind: 'gateway', names: ['appliance.test'], port: 443 } } as const
  const own = { id: 'own', method: 'GET', path: '/.well-known/{a}/{b}', destination: 'vendor', body: { kind: 'none' } }
  const segment = { schema: { type: 'string', pattern: '^[a-z-]{1,20}$', maxLength: 20 } }
  const routed = parsed([{ ...own, pathParameters: { a: segment, b: segment } }])
  const plainPolicy = parsed([{ ...own, path: '/other' }])
  t.ok(plainPolicy.ok && labPageFor(caller, head, ['appliance.test'], plainPolicy.policy))
  t.ok(routed.ok && labPageFor(caller, head, ['appliance.test'], routed.policy) === null)
})

t.test('lab page: during a rotation both authorities are there', async t => {
  const other = await makeFolder(t, policy)
  const rotating = await startInProcess(t, other)
  const at = `127.0.0.1:${rotating.port}`
  const { anchors } = await changeAuthorityOf(other, { action: 'new', actor: 'ada' })
  const { body } = await sendRaw(rotating, get('/', at), { way: 'plain' })
  t.equal(anchors.length, 2)
  for (const { fingerprint } of anchors) t.ok(body.includes(fingerprint))
  const next = await sendRaw(rotating, get('/sluice-ca-next.pem', at), { way: 'plain' })
  t.equal(new X509Certificate(next.body).fingerprint256, anchors[1]?.fingerprint)
  await changeAuthorityOf(other, { action: 'activate', actor: 'ada' })
  const previous = await sendRaw(rotating, get('/sluice-ca-previous.pem', at), { way: 'plain' })
  t.equal(new X509Certificate(previous.body).fingerprint256, anchors[0]?.fingerprint)
})

const browser = ['chromium-headless-shell', 'chromium', 'chromium-browser', 'google-chrome'].find(
  name => spawnSync(name, ['--version']).status === 0,
)

t.test(
  'lab page: a browser shows it styled, without an error or a further request, and finds the self-test',
  { skip: browser === undefined && 'no chromium here (Debian: chromium-headless-shell)' },
  async t => {
    const executablePath = spawnSync('sh', ['-c', `command -v ${browser}`], { encoding: 'utf8' }).stdout.trim()
    const launched = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
    t.teardown(() => launched.close())
    const trusting = await launched.newContext({ ignoreHTTPSErrors: true, viewport: { width: 500, height: 900 } })
    const page = await trusting.newPage()
    const trouble: string[] = []
    const requests: string[] = []
    page.on('console', message => trouble.push(message.text()))
    page.on('pageerror', error => trouble.push(error.message))
    page.on('request', request => requests.push(request.url()))
    await page.goto(`http://${here}/`)
    t.same([trouble, requests], [[], [`http://${here}/`]])
    const shown = await page.evaluate<readonly [number, string, string]>(
      `[document.documentElement.scrollWidth, getComputedStyle(document.querySelector('section')).borderTopStyle, document.title]`,
    )
    t.same([shown[0] <= 500, shown[1]], [true, 'solid'])
    if (process.env.SLUICE_SCREENSHOTS !== undefined)
      await page.screenshot({ path: `${process.env.SLUICE_SCREENSHOTS}/lab-page.png`, fullPage: true })
    await page.click(`a[href$="${SELF_TEST}"]`)
    t.match(await page.textContent('h1'), /trusts the lab/)
    t.same(trouble, [])
    const wary = await (await launched.newContext()).newPage()
    await t.rejects(wary.goto(`https://${here}${SELF_TEST}`), /ERR_CERT_AUTHORITY_INVALID/)
  },
)
