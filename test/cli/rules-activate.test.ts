import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { serving, type Serving } from '../kit/serving.ts'
import { sluice } from '../kit/sluice.ts'

// A short path, because a Unix socket takes no long one.
const lab = mkdtempSync(join(tmpdir(), 'sluice-'))
const data = join(lab, 'data')
t.teardown(() => rmSync(lab, { recursive: true, force: true }))
const run = (...args: string[]) => sluice([...args, '--data', data])

const schema = (maximum: number): string =>
  JSON.stringify({
    type: 'object',
    additionalProperties: false,
    properties: { cycle: { type: 'integer', minimum: 0, maximum } },
  })

const policyOf = (schemaFile: string, host = 'vendor.invalid'): string => `version: 1
instruments: [{ id: one, address: 127.0.0.1 }]
destinations: [{ id: vendor, host: ${host} }]
routes:
  - id: cycles
    destination: vendor
    method: POST
    path: /v1/cycles
    body: { kind: json, schema: ${schemaFile} }
    rate: { messages: 60, per: hour }
    capacity: { perMessage: 20 }
`

const policy = join(data, 'policy.yaml')
const candidate = join(data, 'candidate.yaml')

const casesOf = (expect: 'allow' | 'block'): string => `version: 1
cases:
  - { name: a late cycle, route: cycles, json: { cycle: 700 }, expect: ${expect} }
`

type Row = Readonly<Record<string, unknown>>

const history = async (): Promise<readonly Row[]> =>
  (await run('rules', 'history', '--json')).stdout
    .trim()
    .split('\n')
    .filter(Boolean)
    .map(text => JSON.parse(text) as Row)

const ready = async (): Promise<Serving & { readonly policy: Row }> => {
  const started = await serving(['--json', '--data', data], /"ready"/)
  return { ...started, policy: (JSON.parse(started.line) as { policy: Row }).policy }
}

let appliance: Serving

t.test('rules activate: before the first start, checked, exit code 12, and a start takes it', async t => {
  const flags = ['--listen', '127.0.0.1:0', '--instrument', 'one=127.0.0.1', '--destination', 'vendor.invalid']
  t.equal((await run('init', ...flags)).code, 0)
  writeFileSync(join(data, 'small.json'), schema(500))
  writeFileSync(join(data, 'large.json'), schema(900))
  writeFileSync(policy, policyOf('small.json'))
  writeFileSync(candidate, policyOf('large.json'))
  t.same(await history(), [])
  const own = await run('rules', 'activate')
  t.equal(own.code, 12)
  t.match(
    own.stderr,
    /^sluice: error: no appliance is running [^\n]* not activated\nsluice: hint: [^\n]*will take this/,
  )
  const other = await run('rules', 'activate', candidate)
  t.equal(other.code, 12)
  t.match(other.stderr, /hint: start it with "sluice serve" and activate then, or put this policy in .*policy\.yaml\n$/)
  appliance = await ready()
  t.match(await history(), [{ number: 1, cause: 'start', actor: 'sluice', previous: null, inForce: true }])
})

t.test('rules activate: another file, and status says that the policy file differs', async t => {
  const { code, stdout } = await run('rules', 'activate', candidate, '--json')
  t.equal(code, 0)
  t.match(JSON.parse(stdout), { activated: true, number: 2, digest: /^sha256:/, cases: null, findings: [] })
  const status = JSON.parse((await run('status', '--json')).stdout) as Row
  t.match(status, { policy: { number: 2 }, policyFile: { differs: true } })
  t.match(
    (await run('status')).stdout,
    /policy in force\t2, sha256:[^]*policy file\t[^\n]*policy\.yaml differs from it\n/,
  )
  const [first, second] = await history()
  t.match([first, second], [{ inForce: false }, { cause: 'activate', previous: first?.digest, inForce: true }])
})

t.test('rules activate: once more, nothing to do', async t => {
  const { code, stdout } = await run('rules', 'activate', candidate)
  t.equal(code, 0)
  t.match(stdout, /^checked: 0 warnings, no cases\nwas in force already: 2, sha256:[0-9a-f]{64}\n$/)
  t.equal((await history()).length, 2)
})

t.test('rules activate: what lint or a case finds leaves the old one, exit code 8 and two lines', async t => {
  writeFileSync(join(data, 'open.json'), schema(900).replace('"additionalProperties":false,', ''))
  writeFileSync(policy, policyOf('open.json'))
  const open = await run('rules', 'activate')
  t.equal(open.code, 8)
  t.match(open.stdout, /^severity\tcode\tat\t[^\n]*\nerror\topen-schema\t/)
  t.match(open.stderr, /^sluice: error: .*policy\.yaml has 1 error, so nothing was changed\nsluice: hint: [^\n]*\n$/)
  writeFileSync(policy, policyOf('small.json'))
  writeFileSync(join(data, 'cases.yaml'), casesOf('allow'))
  const failing = await run('rules', 'activate')
  t.equal(failing.code, 8)
  t.match(failing.stdout, /a late cycle\tcycles\tallow\tblock\tschema-violation/)
  t.match(failing.stderr, /^sluice: error: 1 case of .*cases\.yaml failed, so nothing was changed\nsluice: hint: .*\n$/)
})

t.test('rules activate: what the appliance refuses leaves the old one, exit code 5 and two lines', async t => {
  rmSync(join(data, 'cases.yaml'))
  writeFileSync(policy, policyOf('small.json', 'elsewhere.invalid'))
  const { code, stderr } = await run('rules', 'activate')
  t.equal(code, 5)
  t.match(
    stderr,
    /^sluice: error: the lab's authority may not vouch for elsewhere\.invalid; nothing was changed\nsluice: hint: run "sluice certs ca new"[^\n]*\n$/,
  )
  t.equal((await history()).length, 2)
  writeFileSync(policy, policyOf('small.json'))
})

t.test('rules rollback: to the policy before, from its copy, although its files have changed', async t => {
  writeFileSync(join(data, 'small.json'), schema(1))
  const { code, stdout } = await run('rules', 'rollback')
  t.equal(code, 0)
  t.match(stdout, /\nin force: 3, sha256:/)
  const [first, second, third] = await history()
  t.match(third, { cause: 'rollback', digest: first?.digest, previous: second?.digest })
  const unknown = await run('rules', 'rollback', '77')
  t.same([unknown.code, unknown.stderr.split('\n').length], [3, 3])
  t.match(
    (await run('rules', 'history')).stdout,
    /^number\ttime\tdigest\tcause\tactor\tin force\n1\t[^]*\n3\t[^\n]*\tyes\n$/,
  )
})

t.test('serve: a start takes an edited file and says so, and otherwise keeps what is in force', async t => {
  t.equal(await appliance.stop(), 0)
  writeFileSync(join(data, 'small.json'), schema(2))
  const edited = await ready()
  t.match(edited.policy, { number: 4, file: 'edited' }, 'a file that it refers to was edited, which counts')
  t.equal((await run('rules', 'activate', candidate)).code, 0)
  t.equal(await edited.stop(), 0)
  const kept = await serving(['--log-format', 'text', '--data', data], /Ctrl-C stops/)
  t.match(kept.output(), /policy {6}5: 1 routes to vendor\.invalid\n {14}in force before; .*policy\.yaml differs/)
  t.equal(await kept.stop(), 0)
  t.match(
    (await history()).map(({ cause }) => cause),
    ['start', 'activate', 'rollback', 'start', 'activate'],
  )
  const back = await run('rules', 'rollback', '1')
  t.equal(back.code, 12)
  writeFileSync(policy, readFileSync(policy, 'utf8').replace('kind: json', 'kind: jsn'))
  const refused = await run('serve')
  t.same([refused.code, /policy\.yaml:\d+:\d+ routes\[0\]\.body/.test(refused.stderr)], [1, true])
  t.equal((await run('log', 'verify')).code, 0)
})
