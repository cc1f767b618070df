import { X509Certificate } from 'node:crypto'
import { chmodSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { sluice } from '../kit/sluice.ts'
import { serving, type Serving } from '../kit/serving.ts'

const read = 'GATTACAGATTACACCGTTAGCATGCAT'
// A short path, because a Unix socket takes no long one.
const data = join(mkdtempSync(join(tmpdir(), 'sluice-')), 'data')
const run = (...args: string[]) => sluice([...args, '--data', data])
const rows = (stdout: string) =>
  stdout
    .trim()
    .split('\n')
    .filter(Boolean)
    .map(line => JSON.parse(line) as Record<string, unknown>)

const post = (port: number, path: string, body: string): Promise<{ status: number | undefined; body: string }> =>
  new Promise((resolve, reject) => {
    const ca = readFileSync(join(data, 'ca', 'authority.pem'))
    const options = {
      host: '127.0.0.1',
      port,
      path,
      method: 'POST',
      ca,
      headers: { 'content-type': 'application/json' },
    }
    const outgoing = request({ ...options, agent: false }, answer => {
      let text = ''
      answer.on('data', (chunk: Buffer) => (text += chunk.toString()))
      answer.on('end', () => resolve({ status: answer.statusCode, body: text }))
    })
    outgoing.once('error', reject)
    outgoing.end(body)
  })

let appliance: Serving
let id: string

t.test('init: a wildcard or public address is refused, and nothing is made (P6)', async t => {
  for (const address of ['0.0.0.0:8443', '[::]:8443', '8.8.8.8:8443']) {
    const { code, stderr } = await run('init', '--listen', address)
    t.equal(code, 1, address)
    t.match(stderr, /^sluice: error: .*\nsluice: hint: .*\n$/)
  }
  t.notOk(existsSync(data))
})

t.test('init: makes a data folder for its owner only, with the lab’s names in the policy', async t => {
  const flags = ['--listen', '127.0.0.1:0', '--instrument', 'miseq-07=127.0.0.1', '--destination', 'vendor.invalid']
  t.equal((await run('init', ...flags)).code, 0)
  t.equal(statSync(data).mode & 0o777, 0o700)
  for (const secret of ['ca/authority.key', 'reviewers/default.key', 'log/checkpoint.key', 'log/digest.key'])
    t.equal(statSync(join(data, secret)).mode & 0o777, 0o600, secret)
  const policy = readFileSync(join(data, 'policy.yaml'), 'utf8')
  t.match(policy, /id: miseq-07\n\s+address: 127\.0\.0\.1/)
  t.match(policy, /host: vendor\.invalid/)
})

t.test('init: a second time, refused', async t => {
  t.equal((await run('init')).code, 1)
})

t.test('serve: starts, and status says so', async t => {
  const started = await serving(['--json', '--data', data], /"ready"/)
  appliance = started
  const { port } = JSON.parse(started.line) as { port: number }
  const { code, stdout } = await run('status', '--json')
  t.equal(code, 0)
  t.match(JSON.parse(stdout), {
    listen: { address: '127.0.0.1', port },
    log: { state: 'ready' },
    reviewers: ['default'],
  })
  t.equal((await run('status', '--health')).code, 0)
  const blocked = await post(port, '/proactive/v1/run-status', JSON.stringify({ note: read }))
  t.equal(blocked.status, 403)
  id = (JSON.parse(blocked.body) as { decision: string }).decision
  t.equal((await post(port, '/nope', '{}')).status, 403)
})

t.test('serve: a second time on the same folder, refused', async t => {
  const { code, stderr } = await run('serve')
  t.equal(code, 1)
  t.match(stderr, /another sluice process writes this log/)
})

t.test('log list: newest first, filtered, plain when piped', async t => {
  t.same(
    rows((await run('log', 'list', '--json')).stdout).map(({ reason }) => reason),
    ['path-not-allowed', 'sensitive-content'],
  )
  const filtered = rows((await run('log', 'list', '--json', '--reason', 'sensitive-content', '--since', '1h')).stdout)
  t.same(
    filtered.map(row => row.id),
    [id],
  )
  const [heading, first] = (await run('log', 'list')).stdout.split('\n')
  t.match(heading, /^time\tid\tinstrument\t/)
  t.equal(first!.split('\t').length, heading!.split('\t').length)
})

t.test('log show: the records of one decision; an unknown id, exit code 3', async t => {
  const [record] = rows((await run('log', 'show', id, '--json')).stdout)
  t.match(record, { kind: 'decision', id, instrument: 'miseq-07', verdict: 'block', held: true })
  t.equal((await run('log', 'show', '019aa0f2-7d1c-7abc-9def-0123456789ab')).code, 3)
})

t.test('blocked: listed, shown without its values, and the look is in the log (P4, P7)', async t => {
  t.ok(rows((await run('blocked', 'list', '--json')).stdout).some(({ decision }) => decision === id))
  const shown = await run('blocked', 'show', id)
  t.equal(shown.code, 0)
  t.match(shown.stdout, /\/note\tstring\t28\tA+\n/)
  t.notMatch(shown.stdout, read)
  const records = rows((await run('log', 'show', id, '--json')).stdout)
  t.match(records.at(-1), { kind: 'review.open', action: 'show', decision: id })
})

t.test('blocked replay: still blocked today, exit code 8, a new decision that names the old one', async t => {
  const { code, stdout } = await run('blocked', 'replay', id, '--because', 'to see whether it passes now', '--json')
  t.equal(code, 8)
  const { sent } = JSON.parse(stdout) as { sent: { decision: string } }
  t.match(sent, { verdict: 'block', code: 'sensitive-content' })
  const [record] = rows((await run('log', 'show', sent.decision, '--json')).stdout)
  t.match(record, { ingress: 'replay', replayOf: id })
})

t.test('blocked: without the reviewer’s key, exit code 4; with it from elsewhere, shown', async t => {
  const key = join(data, 'reviewers', 'default.key')
  const elsewhere = join(data, '..', 'mine.key')
  renameSync(key, elsewhere)
  t.equal((await run('blocked', 'show', id)).code, 4)
  t.equal((await run('blocked', 'show', id, '--key', elsewhere)).code, 0)
  t.equal((await run('blocked', 'show', '019aa0f2-7d1c-7abc-9def-0123456789ab', '--key', elsewhere)).code, 3)
  renameSync(elsewhere, key)
})

t.test('certs: exported as PEM and as DER, listed with what it may vouch for', async t => {
  const pem = (await run('certs', 'ca', 'export')).stdout
  const { ca, fingerprint256, raw } = new X509Certificate(pem)
  t.ok(ca)
  const der = await sluice(['certs', 'ca', 'export', '--format', 'der', '--data', data])
  t.same(Buffer.from(der.bytes), raw)
  const [row] = rows((await run('certs', 'list', '--json')).stdout)
  t.match(row, { kind: 'authority', fingerprint: fingerprint256, names: ['localhost', 'vendor.invalid', '127.0.0.1'] })
})

t.test('doctor: names what is wrong and what to do, exit code 8', async t => {
  const { code, stdout } = await run('doctor')
  t.equal(code, 8)
  t.match(stdout, /✗ DNS of vendor\.invalid: the name does not resolve\n {2}→ /)
  t.match(stdout, /✗ key custody/)
  t.match(stdout, /✓ appliance: is running/)
  chmodSync(data, 0o755)
  t.match((await run('doctor')).stdout, /✗ permissions: other users may enter/)
  chmodSync(data, 0o700)
})

t.test('log verify: intact while the appliance writes it', async t => {
  const { code, stdout } = await run('log', 'verify', '--json')
  t.same([code, (JSON.parse(stdout) as { kind: string }).kind], [0, 'intact'])
})

t.test('P5: log checkpoint: kept elsewhere, it anchors the log; one of another log does not', async t => {
  const file = join(data, '..', 'checkpoint.txt')
  writeFileSync(file, (await run('log', 'checkpoint')).stdout)
  const anchored = await run('log', 'verify', '--anchor', file, '--require-anchor', '1h', '--from', '2')
  t.equal(anchored.code, 0)
  t.match(anchored.stdout, /^intact: .*\nread: records 2 to \d+; of the others the hashes\nanchored: the first \d+ /)
  t.equal(anchored.stderr, '', 'no progress bar where there is no terminal')
  t.equal((await run('log', 'verify', '--require-anchor', '1h')).code, 11, 'required, and not given')
  t.equal((await run('log', 'verify', '--from', 'yesterday')).code, 2)
  writeFileSync(
    file,
    readFileSync(file, 'utf8').replace(/^\d+$/m, size => String(Number(size) + 1)),
  )
  t.equal((await run('log', 'verify', '--anchor', file)).code, 11, 'a note that was edited says nothing')
})

t.test('serve: Ctrl-C stops it cleanly; then status says it is unreachable, exit code 12', async t => {
  t.equal(await appliance.stop('SIGINT'), 0)
  t.notMatch(appliance.output(), read)
  t.equal((await run('status')).code, 12)
})

t.test('blocked show: while the appliance is stopped, shown and recorded all the same', async t => {
  t.equal((await run('blocked', 'show', id)).code, 0)
  t.match(rows((await run('log', 'show', id, '--json')).stdout).at(-1), { kind: 'review.open', action: 'show' })
})

t.test('serve: a destination that the authority may not vouch for, refused until it is renewed (P8)', async t => {
  const policy = join(data, 'policy.yaml')
  writeFileSync(policy, readFileSync(policy, 'utf8').replace('vendor.invalid', 'other.invalid'))
  const refused = await run('serve')
  t.equal(refused.code, 1)
  t.match(refused.stderr, /may not vouch for other\.invalid\nsluice: hint: run "sluice certs ca new"/)
  t.equal((await run('certs', 'ca', 'renew')).code, 0)
  const started = await serving(['--json', '--data', data], /"ready"/)
  t.equal(await started.stop('SIGTERM'), 0)
})

t.test('serve: a policy with a mistake, refused with its line (P8)', async t => {
  const policy = join(data, 'policy.yaml')
  writeFileSync(policy, readFileSync(policy, 'utf8').replace('kind: json', 'kind: jsn'))
  const { code, stderr } = await run('serve')
  t.equal(code, 1)
  t.match(stderr, /policy\.yaml:\d+:\d+ routes\[0\]\.body/)
})

t.test('serve: on a folder that is not there, makes one and tells in five to ten lines what to do next', async t => {
  const fresh = join(data, '..', 'fresh')
  const started = await serving(['--log-format', 'text', '--listen', '127.0.0.1:0', '--data', fresh], /Ctrl-C stops/)
  const lines = started.output().trim().split('\n')
  t.ok(lines.length >= 5 && lines.length <= 10, `${lines.length} lines`)
  t.match(
    started.output(),
    /listens on 127\.0\.0\.1 port \d+[^]*authority\.pem[^]*curl --cacert[^]*sluice (-- )?log list/,
  )
  t.equal(await started.stop(), 0)
})

t.teardown(() => rmSync(join(data, '..'), { recursive: true, force: true }))
