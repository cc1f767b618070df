import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import t from 'tap'
import { packsFolder } from '../../proxy/policy/policy-file.ts'
import { sluice } from '../kit/sluice.ts'

const pack = join(packsFolder, 'illumina-proactive')
const sampleFile = join(pack, 'samples', 'run-performance', 'novaseq-6000.json')
const sample = JSON.parse(readFileSync(sampleFile, 'utf8')) as Record<string, unknown>
const policy = ['--policy', join(pack, 'policy.yaml')]
const read = 'GATTACAGATTACACCGTTAGCATGCAT'

t.test('rules scan: clean telemetry, allow and exit code 0', async t => {
  const { code, stdout, stderr } = await sluice(['rules', 'scan', sampleFile])
  t.same([code, stdout, stderr], [0, 'allow\n', ''])
})

t.test('rules scan --json: a read in a string, one document with its place and exit code 8', async t => {
  const { code, stdout } = await sluice(['rules', 'scan', '--json'], JSON.stringify({ a: [{ b: read }] }))
  t.equal(code, 8)
  const { index, verdict, findings } = JSON.parse(stdout) as { index: number; verdict: string; findings: object[] }
  t.match({ index, verdict }, { index: 0, verdict: 'block' })
  t.match(findings, [{ detector: 'nucleotide-run', category: 'sequence', place: '/a/0/b' }])
})

t.test(
  'rules scan --ndjson: one result a line in the order of the payloads, the file and standard input alike',
  async t => {
    const vcf = gzipSync('##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\n').toString('base64')
    const lines = [
      JSON.stringify(sample),
      JSON.stringify({ note: read }),
      JSON.stringify({ blob: vcf }),
      '{"broken',
      '[]',
    ]
    const file = join(t.testdir(), 'payloads.ndjson')
    writeFileSync(file, `${lines.join('\n')}\n`)
    const fromFile = await sluice(['rules', 'scan', '--ndjson', file])
    const fromInput = await sluice(['rules', 'scan', '--ndjson'], lines.join('\r\n'))
    t.equal(fromFile.code, 8)
    t.equal(fromInput.stdout, fromFile.stdout)
    const results = fromFile.stdout
      .trim()
      .split('\n')
      .map(line => JSON.parse(line) as { index: number; verdict: string; reason?: string })
    t.same(
      results.map(({ index }) => index),
      [0, 1, 2, 3, 4],
    )
    t.same(
      results.map(({ verdict }) => verdict),
      ['allow', 'block', 'block', 'block', 'allow'],
    )
    t.equal(results[3]!.reason, 'json-malformed', 'what is not JSON is not called clean')
  },
)

t.test('rules scan --ndjson: nothing found in any line, exit code 0', async t => {
  const { code } = await sluice(['rules', 'scan', '--ndjson'], `${JSON.stringify(sample)}\n`.repeat(3))
  t.equal(code, 0)
})

t.test('P7: rules scan: what was found is never printed, not even when it is a property name', async t => {
  const payload = JSON.stringify({ [read]: { x: 'jane.doe@example.org' }, list: [read] })
  for (const options of [[], ['--json'], ['--ndjson']]) {
    const { stdout, stderr } = await sluice(['rules', 'scan', ...options], payload)
    t.notMatch(stdout + stderr, new RegExp(`${read}|jane`))
  }
})

t.test('rules check --route: the verdict that the proxy would give', async t => {
  const good = await sluice(['rules', 'check', ...policy, '--route', 'run-performance', sampleFile])
  t.same([good.code, good.stdout], [0, 'forward\n'])
  const bad = JSON.stringify({ ...sample, gasket: 'B' })
  const blocked = await sluice(['rules', 'check', ...policy, '--route', 'run-performance', '--json'], bad)
  t.equal(blocked.code, 8)
  t.match(JSON.parse(blocked.stdout), { verdict: 'block', reason: 'schema-violation', rule: 'additionalProperties' })
})

t.test('rules check --route: an unknown route, exit code 3 and the routes there are', async t => {
  const { code, stderr } = await sluice(['rules', 'check', ...policy, '--route', 'nope', sampleFile])
  t.equal(code, 3)
  t.match(stderr, /^sluice: error: .*nope\nsluice: hint: .*run-performance/)
})

t.test('rules check: a policy in order, its digest; one with mistakes, each with line, column and key', async t => {
  const good = await sluice(['rules', 'check', ...policy, '--json'])
  t.equal(good.code, 0)
  t.match((JSON.parse(good.stdout) as { digest: string }).digest, /^sha256:[0-9a-f]{64}$/)
  const file = join(t.testdir(), 'policy.yaml')
  writeFileSync(
    file,
    readFileSync(join(pack, 'policy.yaml'), 'utf8')
      .replace('method: POST', 'metod: POST')
      .replace('127.0.0.1', '1.2.3'),
  )
  const bad = await sluice(['rules', 'check', '--policy', file])
  t.equal(bad.code, 8)
  t.match(bad.stdout, /policy\.yaml:\d+:\d+ routes\[0\]\.metod: unknown key/)
})

t.test('rules check: a policy that is not there, two lines on standard error', async t => {
  const { code, stdout, stderr } = await sluice(['rules', 'check', '--policy', '/nowhere/policy.yaml'])
  t.same([code, stdout], [1, ''])
  t.match(stderr, /^sluice: error: [^\n]+\nsluice: hint: [^\n]+\n$/)
})
